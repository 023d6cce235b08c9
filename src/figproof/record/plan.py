"""A plan: the runs of a demo or a paper, with their ids, as one YAML file."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from figproof.closed import Closed, parse
from figproof.errors import FigproofError, raise_together, suggest
from figproof.project import Project
from figproof.yamlfile import load_yaml

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

Scalar = bool | int | float | str | None
Setting = Scalar | list[Scalar]


class Entry(Closed):
    """One run; or with ``grid`` one of each combination, the last key fastest, with ids that count up."""

    id: int = Field(ge=1, description="Sacred's id of the (first) run.")
    experiment: str = Field(description="A file in experiments/.")
    settings: dict[str, Setting] = Field(
        default_factory=dict, alias="with", description="Config of the runs."
    )
    grid: dict[str, list[Setting]] = Field(default_factory=dict, description="Config key -> its values.")
    after: int | None = Field(None, description="Id of a run that is read, and so recorded before.")


class Plan(Closed):
    """The file."""

    runs: list[Entry] = Field(min_length=1, description="What is recorded.")


@dataclass(frozen=True)
class PlannedRun:
    """One run of a plan.

    Attributes
    ----------
    id : int
    experiment : str
    script : Path
    config : mapping of str to scalar or list
        What differs from the experiment's defaults.
    after : int or None
        Id of the run that has to be there before.
    """

    id: int
    experiment: str
    script: Path
    config: Mapping[str, Any]
    after: int | None

    def __str__(self) -> str:
        settings = " ".join(f"{key}={value}" for key, value in self.config.items())
        return f"run {self.id} {self.experiment} {settings}".rstrip()

    def arguments(self) -> list[str]:
        """Sacred's command line; it reads values as Python literals."""
        settings = [f"{key}={value!r}" for key, value in self.config.items()]
        return ["--id", str(self.id), *(["with", *settings] if settings else [])]


def experiment_script(project: Project, name: str, where: str) -> Path:
    """The file of an experiment.

    Raises
    ------
    FigproofError
        There is none (names the nearest).
    """
    known = {path.stem: path for path in (project.root / "experiments").glob("[!_]*.py")}
    if name not in known:
        raise FigproofError(f"experiment {name!r} is unknown. {suggest(name, known)}", where=where)
    return known[name]


def load_plan(project: Project, path: Path) -> tuple[PlannedRun, ...]:
    """Read a plan and expand its grids, sorted by id.

    Raises
    ------
    FigproofError
        All that is wrong: unknown keys, experiments that do not exist, ids that are used twice, keys
        that are in ``with`` and ``grid``, ``after`` that names no earlier run of the plan.
    """
    where = str(path)
    plan = parse(Plan, load_yaml(path), where)
    runs: list[PlannedRun] = []
    errors: list[FigproofError] = []
    for number, entry in enumerate(plan.runs):
        try:
            runs += _expand(project, entry, f"{where}: runs.{number}")
        except FigproofError as error:
            errors.append(error)
    ids = [run.id for run in runs]
    errors += [
        FigproofError(f"id {run_id} is used {ids.count(run_id)} times", where=where)
        for run_id in sorted(set(ids))
        if ids.count(run_id) > 1
    ]
    errors += [
        FigproofError(
            f"run {run.id}: after: {run.after} is no run of the plan with a smaller id", where=where
        )
        for run in runs
        if run.after is not None and (run.after not in ids or run.after >= run.id)
    ]
    raise_together(errors)
    return tuple(sorted(runs, key=lambda run: run.id))


def _expand(project: Project, entry: Entry, where: str) -> list[PlannedRun]:
    script = experiment_script(project, entry.experiment, f"{where}.experiment")
    for key in (*entry.settings, *entry.grid):
        if not _KEY.fullmatch(key):
            raise FigproofError(f"{key!r} is no config key", where=where)
    twice = sorted(set(entry.settings) & set(entry.grid))
    if twice:
        raise FigproofError(f"{', '.join(twice)} is in 'with' and in 'grid'", where=where)
    empty = sorted(key for key, values in entry.grid.items() if not values)
    if empty:
        raise FigproofError(f"{', '.join(empty)} has no values", where=f"{where}.grid")
    return [
        PlannedRun(entry.id + offset, entry.experiment, script, {**entry.settings, **chosen}, entry.after)
        for offset, chosen in enumerate(_combinations(entry.grid))
    ]


def _combinations(grid: Mapping[str, list[Setting]]) -> list[dict[str, Setting]]:
    return [dict(zip(grid, values, strict=True)) for values in itertools.product(*grid.values())]
