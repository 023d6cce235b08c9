"""Answer a selection from a list of runs, and say for each left-out run which condition failed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from figproof.conditions import CONDITIONS_FILE, Entry
from figproof.errors import FigproofError, raise_together, suggest
from figproof.schemas import OneOf, Range, Selection

_ABSENT = object()


@dataclass(frozen=True)
class Candidate:
    """A run that fits a selection, before its content was read."""

    id: int
    condition: str
    seed: int | None


def select(
    selection: Selection,
    documents: Sequence[Mapping[str, Any]],
    where: str,
    experiments: Iterable[str] = (),
    registry: Mapping[str, Entry] = MappingProxyType({}),
) -> list[Candidate]:
    """The runs that fit, sorted by condition, seed and id.

    Parameters
    ----------
    documents : sequence of mapping
        Run documents of the selection's experiment: ``_id``, ``config``, ``result``, ``status``, and
        ``archived``: such a run is in no new pin until somebody restores it.
    where : str
        The selection's file, for errors.
    experiments : iterable of str
        Those the store has, for the error when it has no run of this one.
    registry : mapping of str to Entry
        Conditions of the paper: an entry whose ``where`` says all values of ``group_by`` names the run.

    Raises
    ------
    FigproofError
        A key that no run has, nothing fits (says how many runs fail which condition, and the nearest
        recorded value), a fitting run is not COMPLETED and the selection does not say what to do with
        it, an ``_id`` is no integer, two runs have one condition and seed, there are more seeds than
        expected, or a run is called by a condition that is another setting in the registry.
    """
    if not documents:
        raise FigproofError(
            f"selects no run: the store holds none of experiment {selection.experiment!r}. "
            + suggest(selection.experiment, experiments),
            where=where,
            hint="record some, or see `figproof store status` for the store that was asked",
        )
    _check_keys(selection, documents, where)
    failures: Counter[str] = Counter()
    fitting = []
    for document in documents:
        failed = _failed(selection, document)
        if not failed and document.get("archived"):
            failed = ["archived = false"]
        failures.update(failed)
        if not failed:
            fitting.append(document)
    if not fitting:
        raise _empty(selection, documents, failures, where)
    _check_usable(fitting, where)
    candidates = [_candidate(selection, document, where, registry) for document in fitting]
    _check_names(selection, fitting, candidates, where)
    _check_registry(registry, fitting, candidates, where)
    _check_configs(selection, fitting, candidates, where)
    _check_seeds(selection, candidates, where)
    return sorted(candidates, key=lambda c: (c.condition, c.seed is None, c.seed or 0, c.id))


def archived_fitting(selection: Selection, documents: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Ids of the runs that fit but for being archived, in their order."""
    return [d["_id"] for d in documents if d.get("archived") and not _failed(selection, d)]


def _failed(selection: Selection, document: Mapping[str, Any]) -> list[str]:
    """The conditions of a selection that a run does not meet."""
    failed = [
        f"{key} = {_spell(wanted)}"
        for key, wanted in sorted(selection.where.items())
        if not _fits(_lookup(document, key), wanted)
    ]
    if not failed and selection.status and document.get("status") != selection.status:
        failed = [f"status = {selection.status}"]
    return failed


def _lookup(document: Mapping[str, Any], key: str) -> Any:
    value: Any = document
    for part in key.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return _ABSENT
        value = value[part]
    return value


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        if "in" in wanted:
            return any(_equal(value, one) for one in OneOf.model_validate(wanted).values)
        span = Range.model_validate(wanted)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        above = span.min is None or value >= span.min
        return above and (span.max is None or value <= span.max)
    return _equal(value, wanted)


def _equal(value: Any, wanted: Any) -> bool:
    # 1 == True in Python; in a config they are different answers.
    return bool(value == wanted) and isinstance(value, bool) == isinstance(wanted, bool)


def _spell(wanted: Any) -> str:
    if isinstance(wanted, dict) and "in" in wanted:
        return "one of " + ", ".join(map(str, wanted["in"]))
    if isinstance(wanted, dict):
        return f"{wanted.get('min', '-inf')} to {wanted.get('max', 'inf')}"
    return str(wanted)


def _check_keys(selection: Selection, documents: Sequence[Mapping[str, Any]], where: str) -> None:
    """Refuse keys that no run has: a mistyped one would select nothing, or allow nothing to vary."""
    known = {key for document in documents for part in ("config", "result") for key in _keys(document, part)}
    known.discard("config")
    asked = (("where", selection.where), ("group_by", selection.group_by), ("varies", selection.varies))
    raise_together(
        [
            FigproofError(
                f"no run of {selection.experiment} has {key}. {suggest(key, known)}",
                where=f"{where}: {place}",
            )
            for place, keys in asked
            for key in sorted(keys)
            if key not in known
        ]
    )


def _keys(value: Any, path: str) -> Iterator[str]:
    """Every dotted key below and with a part of a run's document: ``config.data``, ``config.data.name``."""
    found = _lookup(value, path)
    if found is not _ABSENT:
        yield path
    if isinstance(found, Mapping):
        for name in found:
            # A name with a dot cannot be asked for.
            if isinstance(name, str) and "." not in name:
                yield from _keys(value, f"{path}.{name}")


def _empty(
    selection: Selection, documents: Sequence[Mapping[str, Any]], failures: Counter[str], where: str
) -> FigproofError:
    total = len(documents)
    counts = "; ".join(f"{count} of {total} fail {name}" for name, count in sorted(failures.items()))
    recorded = [
        f" {key}: {suggest(repr(wanted), {repr(value) for value in values})}"
        for key, wanted in sorted(selection.where.items())
        if not isinstance(wanted, dict)
        and (values := [v for d in documents if (v := _lookup(d, key)) is not _ABSENT])
        and not any(_fits(value, wanted) for value in values)
    ]
    return FigproofError(
        f"selects no run: {counts}.{''.join(recorded)}", where=where, hint="relax a condition"
    )


def _check_usable(fitting: list[Mapping[str, Any]], where: str) -> None:
    odd = [d["_id"] for d in fitting if isinstance(d["_id"], bool) or not isinstance(d["_id"], int)]
    if odd:
        raise FigproofError(
            f"run ids must be integers (Omniboard needs them, and Sacred counts them up); given {odd[:5]!r}",
            where=where,
            hint="narrow the selection to runs with integer ids",
        )
    unfinished = Counter(str(d.get("status")) for d in fitting if d.get("status") != "COMPLETED")
    if unfinished:
        ids = sorted(d["_id"] for d in fitting if d.get("status") != "COMPLETED")
        counts = ", ".join(f"{count} {status}" for status, count in sorted(unfinished.items()))
        raise FigproofError(
            f"fits runs that are not COMPLETED ({counts}): {ids[:20]}",
            where=where,
            hint="wait for them, or write `status: COMPLETED` to leave them out",
        )


def _candidate(
    selection: Selection, document: Mapping[str, Any], where: str, registry: Mapping[str, Entry]
) -> Candidate:
    seed = _lookup(document, "config.seed")
    return Candidate(
        id=document["_id"],
        condition=_condition(selection, document, where, registry),
        seed=seed if isinstance(seed, int) and not isinstance(seed, bool) else None,
    )


def _condition(
    selection: Selection, document: Mapping[str, Any], where: str, registry: Mapping[str, Entry]
) -> str:
    if not selection.group_by:
        return selection.condition or selection.experiment
    setting = {key: _lookup(document, key) for key in selection.group_by}
    for key, value in setting.items():
        if value is _ABSENT:
            raise FigproofError(f"run {document['_id']} has no {key}", where=f"{where}: group_by")
        if selection.names:
            return _named(selection, document["_id"], str(value), where)
    for name, entry in registry.items():
        if entry.where.keys() == setting.keys() and all(
            _equal(setting[key], wanted) for key, wanted in entry.where.items()
        ):
            return name
    several = len(setting) > 1
    parts = [
        f"{key.removeprefix('config.')}={value}" if several else str(value) for key, value in setting.items()
    ]
    # A condition is a name in files and legends: no control characters, no endless texts.
    return re.sub(r"[^\w.=,+\[\] -]", "_", ",".join(parts))[:120]


def _named(selection: Selection, run_id: Any, value: str, where: str) -> str:
    if value not in selection.names:
        raise FigproofError(
            f"run {run_id} has {selection.group_by[0]} = {value[:80]}, which has no name. "
            f"Named are {', '.join(selection.names)}",
            where=f"{where}: names",
            hint="name it, or narrow the selection's where",
        )
    return selection.names[value]


def _check_names(
    selection: Selection, documents: Sequence[Mapping[str, Any]], candidates: Sequence[Candidate], where: str
) -> None:
    """Two settings may not share a name, or their runs would be averaged as seeds of one."""
    settings: dict[str, set[str]] = {}
    for document, candidate in zip(documents, candidates, strict=True):
        values = [_lookup(document, key) for key in selection.group_by]
        settings.setdefault(candidate.condition, set()).add(repr(values)[:200])
    for condition, found in sorted(settings.items()):
        if len(found) > 1:
            raise FigproofError(
                f"different settings would both be called {condition!r}: "
                + "; ".join(ascii(values) for values in sorted(found)),
                where=f"{where}: group_by",
                hint="narrow `where` to one of them, or record them under values that differ in letters",
            )


def _check_registry(
    registry: Mapping[str, Entry],
    documents: Sequence[Mapping[str, Any]],
    candidates: Sequence[Candidate],
    where: str,
) -> None:
    """A condition is one setting in a whole paper; a run that does not record a key may be called by it."""
    errors = []
    for document, candidate in zip(documents, candidates, strict=True):
        entry = registry.get(candidate.condition)
        for key, wanted in entry.where.items() if entry is not None else ():
            value = _lookup(document, key)
            if value is not _ABSENT and not _equal(value, wanted):
                errors.append(
                    FigproofError(
                        f"run {candidate.id} would be called {candidate.condition!r}, and has {key} = "
                        f"{ascii(value)[:60]}; in {CONDITIONS_FILE} that condition is {key} = {wanted!r}",
                        where=where,
                        hint="narrow `where`, or call the runs by another condition",
                    )
                )
    raise_together(errors)


def _check_configs(
    selection: Selection, documents: Sequence[Mapping[str, Any]], candidates: Sequence[Candidate], where: str
) -> None:
    """Runs of one condition are seeds of one setting: a mean over anything else says something else."""
    allowed = {"seed", *(key.removeprefix("config.") for key in selection.varies)}
    settings: dict[tuple[str, str], dict[str, list[int]]] = {}
    for document, candidate in zip(documents, candidates, strict=True):
        for key, value in (document.get("config") or {}).items():
            if key not in allowed:
                found = settings.setdefault((candidate.condition, str(key)), {})
                found.setdefault(ascii(value)[:60], []).append(candidate.id)
    errors = []
    for (condition, key), found in sorted(settings.items()):
        if len(found) > 1:
            values = "; ".join(f"{value} (runs {_ids(ids)})" for value, ids in sorted(found.items()))
            errors.append(
                FigproofError(
                    f"runs of condition {condition!r} differ in config.{key}: {values}",
                    where=where,
                    hint=f"narrow `where`, add config.{key} to group_by, or to varies if it cannot matter",
                )
            )
    raise_together(errors)


def _ids(ids: list[int]) -> str:
    ordered = sorted(ids)
    return ", ".join(map(str, ordered[:5])) + (f" and {len(ordered) - 5} more" if len(ordered) > 5 else "")


def _check_seeds(selection: Selection, candidates: list[Candidate], where: str) -> None:
    by_key: dict[tuple[str, int | None], list[int]] = {}
    for candidate in candidates:
        by_key.setdefault((candidate.condition, candidate.seed), []).append(candidate.id)
    for (condition, seed), ids in sorted(by_key.items(), key=str):
        if len(ids) > 1 and seed is not None:
            raise FigproofError(
                f"two runs of condition {condition!r} have seed {seed}: {sorted(ids)}",
                where=where,
                hint="narrow `where`, or group by the config key in which they differ",
            )
    if selection.seeds is None:
        return
    for condition, count in sorted(Counter(c.condition for c in candidates).items()):
        if count > selection.seeds:
            raise FigproofError(
                f"condition {condition!r} has {count} runs, {selection.seeds} seeds are expected",
                where=f"{where}: seeds",
                hint="raise seeds, or narrow `where` with config.seed",
            )
