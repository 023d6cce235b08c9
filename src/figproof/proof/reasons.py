"""What differs between the provenance of a built figure and the one that it would have now."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from figproof.project import Project
from figproof.schemas import FigureSpec

_MOST_RUNS = 5


@dataclass(frozen=True)
class Reason:
    """Why a figure is stale.

    Attributes
    ----------
    kind : str
        never built, cannot be built, spec, pin, kind, style, conditions, library, lock, packages,
        provenance, snapshot, numbers, file or store.
    text : str
        For people.
    """

    kind: str
    text: str


def changed_inputs(
    stored: Mapping[str, Any], now: Mapping[str, Any], params: Sequence[str] = ()
) -> tuple[Reason, ...]:
    """Every input that a figure was made from and that is another now.

    Parameters
    ----------
    stored, now : mapping
        Provenance as the built figure carries it, and as it would be written now.
    params : sequence of str
        Names of the params that changed, where they are known.
    """
    reasons = [
        *_spec(stored, now, params),
        *_parts(stored, now),
        *_styles(_mapping(stored, "styles"), now["styles"]),
        *_conditions(stored.get("conditions"), now["conditions"]),
        *_code(stored, now),
    ]
    if not reasons and stored != now:
        keys = sorted(key for key in {*stored, *now} if stored.get(key) != now.get(key))
        reasons.append(Reason("provenance", f"it says otherwise of: {', '.join(keys)}"))
    return tuple(reasons)


def _mapping(stored: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = stored.get(key)
    return value if isinstance(value, dict) else {}


def _spec(stored: Mapping[str, Any], now: Mapping[str, Any], params: Sequence[str]) -> Iterable[Reason]:
    if stored.get("spec") != now["spec"]:
        what = f": {', '.join(params)}" if params else ""
        yield Reason("spec", f"config/figures/{now['figure']}.yaml changed{what}")


def changed_params(project: Project, figure: str, spec: FigureSpec) -> list[str]:
    """Params that differ from those of the last build's key file; none if a later build has read them."""
    path = project.key_file("derive", figure)
    try:
        parts = {part["panel"]: part["params"] for part in json.loads(path.read_bytes())["parts"]}
        return [
            f"{f'panel {letter}: ' if letter else ''}{key}"
            for letter, panel in spec.parts()
            for key in sorted({*parts[letter], *panel.params})
            if parts[letter].get(key) != panel.params.get(key)
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []


def _parts(stored: Mapping[str, Any], now: Mapping[str, Any]) -> Iterable[Reason]:
    before = {part.get("panel"): part for part in stored["parts"] if isinstance(part, dict)}
    for part in now["parts"]:
        old = before.get(part["panel"])
        panel = f"panel {part['panel']}: " if part["panel"] else ""
        if old is None:
            yield Reason("spec", f"{panel}is new")
            continue
        kind, old_kind = part["kind"], _mapping(old, "kind")
        if kind["name"] != old_kind.get("name"):
            yield Reason("spec", f"{panel}kind {old_kind.get('name')} is now {kind['name']}")
        elif kind != old_kind:
            yield Reason("kind", f"{panel}the code of kind {kind['name']} changed")
        pin, old_pin = part["pin"], _mapping(old, "pin")
        if pin["name"] != old_pin.get("name"):
            yield Reason("spec", f"{panel}pin {old_pin.get('name')} is now {pin['name']}")
        if pin != old_pin and (changed := _runs(old.get("runs"), part["runs"])):
            yield Reason("pin", f"{panel}pin {pin['name']}: {changed}")
        elif pin["sha256"] != old_pin.get("sha256"):
            yield Reason("pin", f"{panel}config/pins/{pin['name']}.json changed")


def _runs(before: Any, now: Iterable[Mapping[str, Any]]) -> str:
    """Runs that a pin has more, less, or with other content; empty if none."""
    listed = before if isinstance(before, list) else []
    old = {run.get("id"): run.get("digest") for run in listed if isinstance(run, dict)}
    new = {run["id"]: run["digest"] for run in now}
    said = [
        (new.keys() - old.keys(), "added"),
        (old.keys() - new.keys(), "taken out"),
        ({i for i in old.keys() & new.keys() if old[i] != new[i]}, "with other content"),
    ]
    return "; ".join(f"{_listed(ids)} {what}" for ids, what in said if ids)


def _listed(ids: Iterable[Any]) -> str:
    names = sorted(ids, key=lambda i: (not isinstance(i, int), str(i).zfill(20)))
    more = f" and {len(names) - _MOST_RUNS} more" if len(names) > _MOST_RUNS else ""
    plural = "" if len(names) == 1 else "s"
    return f"run{plural} {', '.join(map(str, names[:_MOST_RUNS]))}{more}"


def _styles(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterable[Reason]:
    for name in sorted({*before, *now}):
        if name not in now:
            yield Reason("style", f"{name} is no longer used, or not found")
        elif name not in before:
            yield Reason("style", f"{name} is used now, and was not")
        elif before[name] != now[name]:
            yield Reason("style", f"{name} changed")


def _conditions(before: Any, now: Iterable[Any]) -> Iterable[Reason]:
    pairs = before if isinstance(before, list) else []
    old = {str(pair[0]): pair[1] for pair in pairs if isinstance(pair, list) and len(pair) == 2}
    new = {pair[0]: pair[1] for pair in now}
    for name in sorted({*old, *new}):
        if name not in old or name not in new:
            how = "is shown now" if name in new else "is no longer shown"
            yield Reason("conditions", f"condition {name} {how}")
        elif old[name] != new[name]:
            yield Reason("conditions", f"the look of condition {name} changed in config/conditions.yaml")
    if old == new and list(old) != list(new):
        yield Reason("conditions", "the order of its conditions changed in config/conditions.yaml")


def _code(stored: Mapping[str, Any], now: Mapping[str, Any]) -> Iterable[Reason]:
    if stored.get("library") != now["library"]:
        yield Reason("library", "figproof's own code changed")
    if stored.get("lock") != now["lock"]:
        yield Reason("lock", "requirements.lock changed")
    before, versions = _mapping(stored, "versions"), now["versions"]
    for name in sorted({*before, *versions}):
        if before.get(name) != versions.get(name):
            told = f"{name} {before.get(name, 'was not used')} is now {versions.get(name, 'not used')}"
            yield Reason("packages", told)
