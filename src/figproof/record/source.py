"""A recorded run as the input of an experiment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from figproof.completeness import complete_metrics
from figproof.errors import FigproofError, suggest
from figproof.model import Metric
from figproof.npz import load_npz
from figproof.project import Project

if TYPE_CHECKING:
    from figproof.store.reader import StoredRun


_runs: Path | None = None


@dataclass(frozen=True)
class SourceRun:
    """A recorded run that was proved whole.

    Attributes
    ----------
    run : StoredRun
        As the store holds it: id, experiment, config.
    metrics : dict of str to Metric
    artifacts : dict of str to dict of str to ndarray
        Those that were asked for.
    """

    run: StoredRun
    metrics: dict[str, Metric]
    artifacts: dict[str, dict[str, npt.NDArray[Any]]]


def read_runs_from(folder: Path) -> None:
    """Read runs from a folder of plain files from now on: a replay has no store."""
    global _runs
    _runs = folder


def source_run(file: str, run_id: int, *artifacts: str) -> SourceRun:
    """Read a run from the project's store.

    Parameters
    ----------
    file : str
        The experiment's ``__file__``: says which project.
    run_id : int
    *artifacts : str
        Names of the artifacts to load, without ``.npz``.

    Raises
    ------
    FigproofError
        No such run, not whole, no such artifact (lists those it has), or damaged arrays.
    """
    if _runs is not None:
        from figproof.record.given import given_run

        return given_run(_runs, run_id, artifacts)
    from figproof.store import open_store
    from figproof.store.reader import read_artifact, read_run

    with open_store(Project.find(Path(file).parent).root) as store:
        run = read_run(store, run_id)
        where = f"run {run.id} ({run.experiment})"
        metrics = complete_metrics(run)
        present = {artifact.name.removesuffix(".npz"): artifact for artifact in run.artifacts}
        loaded = {}
        for name in artifacts:
            if name not in present:
                raise FigproofError(
                    f"artifact {name!r} was not recorded. {suggest(name, present)}", where=where
                )
            content = read_artifact(store, present[name])
            loaded[name] = load_npz(content, where=f"{where}: artifact {name!r}")
    return SourceRun(run, metrics, loaded)
