"""Pins: the frozen, committed answer of a selection (run ids and content digests)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, field_validator

from figproof.canonical import to_readable_json
from figproof.closed import Closed, parse
from figproof.conditions import read_entries
from figproof.content import run_content
from figproof.errors import FigproofError, Problems, raise_together, suggest
from figproof.files import write_atomic
from figproof.project import Project
from figproof.schemas import Selection
from figproof.selecting import Candidate, archived_fitting, select
from figproof.specs import how_to_pin, load_selection, pin_names, selection_names

if TYPE_CHECKING:
    from figproof.store import Store

FORMAT = "figproof-pin-1"
_DIGEST = r"^[0-9a-f]{64}$"


class PinnedRun(Closed):
    """One run of a pin."""

    condition: str
    seed: int | None
    id: int
    digest: str = Field(pattern=_DIGEST)


class Pin(Closed):
    """``config/pins/<name>.json``; no run stands in it twice."""

    format: str = Field(pattern=f"^{FORMAT}$")
    experiment: str
    expected_seeds: int | None
    runs: list[PinnedRun] = Field(min_length=1)

    @field_validator("runs")
    @classmethod
    def _each_once(cls, runs: list[PinnedRun]) -> list[PinnedRun]:
        seeds = [(run.condition, run.seed) for run in runs if run.seed is not None]
        for what, found in (("id", [r.id for r in runs]), ("condition and seed", seeds)):
            if twice := sorted(str(one) for one, count in Counter(found).items() if count > 1):
                raise ValueError(f"two runs have the same {what}: {', '.join(twice)}")
        return runs


def load_pin(project: Project, name: str) -> Pin:
    """Read one pin.

    Raises
    ------
    FigproofError
        No such pin (with the nearest name), or the file is not what ``figproof pin`` wrote.
    """
    known = pin_names(project)
    if name not in known:
        raise FigproofError(
            f"pin {name!r} is unknown. {suggest(name, known)}", hint=how_to_pin(project, name)
        )
    path = pin_path(project, name)
    where = project.relative(path)
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        hint = f"restore it from git, or {how_to_pin(project, name)}"
        raise FigproofError(f"is not a pin ({error})", where=where, hint=hint) from error
    return parse(Pin, content, where)


def pin_path(project: Project, name: str) -> Path:
    return project.pins / f"{name}.json"


def answer(project: Project, store: Store, name: str) -> Pin:
    """Ask the store a selection's question and read every run that fits.

    Raises
    ------
    FigproofError
        See :func:`figproof.selecting.select` and :func:`figproof.content.run_content`; all
        incomplete runs are named together.
    """
    from figproof.store.reader import list_runs, read_artifact, read_run

    selection = load_selection(project, name)
    candidates = _selected(project, store, selection, name, list_runs(store, selection.experiment))
    runs, errors = [], []
    for candidate in candidates:
        try:
            content = run_content(read_run(store, candidate.id), lambda a: read_artifact(store, a))
        except FigproofError as error:
            errors.append(error)
            continue
        runs.append(
            PinnedRun(
                condition=candidate.condition, seed=candidate.seed, id=candidate.id, digest=content.digest
            )
        )
    raise_together(errors)
    return Pin(format=FORMAT, experiment=selection.experiment, expected_seeds=selection.seeds, runs=runs)


def _selected(
    project: Project, store: Store, selection: Selection, name: str, documents: list[dict[str, Any]]
) -> list[Candidate]:
    """Those of an experiment's runs that fit a selection."""
    from figproof.store.reader import experiment_names

    experiments = () if documents else experiment_names(store)
    registry = read_entries(project.conditions_file)
    return select(selection, documents, f"config/selections/{name}.yaml", experiments, registry)


def missing_seeds(pin: Pin) -> list[str]:
    """A line for each condition with fewer runs than seeds expected."""
    if pin.expected_seeds is None:
        return []
    conditions = sorted({run.condition for run in pin.runs})
    counts = {c: sum(run.condition == c for run in pin.runs) for c in conditions}
    return [
        f"{condition}: {count} of {pin.expected_seeds} seeds"
        for condition, count in counts.items()
        if count < pin.expected_seeds
    ]


def write_pin(project: Project, name: str, pin: Pin) -> bool:
    """Write the pin if it says something new; whether it did."""
    content = to_readable_json(pin.model_dump())
    path = pin_path(project, name)
    if path.exists() and path.read_bytes() == content:
        return False
    write_atomic(path, content)
    return True


@dataclass(frozen=True)
class Drift:
    """What changed in the store since a pin was made."""

    pin: str
    lines: tuple[str, ...]


def check_pin(project: Project, store: Store, name: str) -> Drift:
    """Compare a pin with the store: edited, deleted and incomplete runs, and new ones that match."""
    from figproof.store.reader import list_runs, read_artifact, read_run

    pin = load_pin(project, name)
    lines = []
    for run in pin.runs:
        lines += _run_drift(
            run, lambda id_: run_content(read_run(store, id_), lambda a: read_artifact(store, a))
        )
    if name in selection_names(project):
        selection = load_selection(project, name)
        pinned = {run.id for run in pin.runs}
        try:
            documents = list_runs(store, selection.experiment)
            now = _selected(project, store, selection, name, documents)
            lines += [
                f"run {c.id} ({c.condition}, seed {c.seed}) matches now" for c in now if c.id not in pinned
            ]
            before = {run.id: run.condition for run in pin.runs}
            lines += [
                f"run {c.id} is {c.condition} by the selection, {before[c.id]} in the pin"
                for c in now
                if before.get(c.id, c.condition) != c.condition
            ]
            if selection.seeds != pin.expected_seeds:
                lines.append(f"the selection expects {selection.seeds} seeds, the pin {pin.expected_seeds}")
            archived = archived_fitting(selection, documents)
            for id_ in sorted(pinned - {c.id for c in now}):
                why = "is archived" if id_ in archived else "does not match"
                lines.append(f"run {id_} {why}: the selection leaves it out now")
        except FigproofError as error:
            lines.append(error.problem)
    return Drift(name, tuple(lines))


def _run_drift(run: PinnedRun, read: Callable[[int], Any]) -> list[str]:
    try:
        digest = read(run.id).digest
    except FigproofError as error:
        problems = [one.problem for one in (error.errors if isinstance(error, Problems) else (error,))]
        more = f" (and {len(problems) - 1} more faults)" if len(problems) > 1 else ""
        return [f"run {run.id} ({run.condition}, seed {run.seed}): {problems[0]}{more}"]
    if digest != run.digest:
        change = f"{run.digest[:12]} is now {digest[:12]}"
        return [f"run {run.id} ({run.condition}, seed {run.seed}) was edited: {change}"]
    return []
