"""What flows through the house: run -> snapshot -> table -> figure, as frozen values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from figproof.errors import FigproofError, suggest

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Arrays = Mapping[str, npt.NDArray[Any]]
Frame = Mapping[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Metric:
    """One recorded series.

    Attributes
    ----------
    name : str
    unit : str
        As the experiment declared it; ``""`` where it did not or where the metric has none.
    steps : ndarray of int64, shape (n,)
        Strictly increasing.
    values : ndarray of float64, shape (n,)
        NaN and infinities only where the experiment declared that they may occur.
    step_unit : str
        What one step is, e.g. ``"epoch"``.
    """

    name: str
    unit: str
    steps: IntArray
    values: FloatArray
    step_unit: str = "step"


@dataclass(frozen=True)
class Run:
    """One recorded run, as a figure kind may see it: content only, no clock, host or path.

    Attributes
    ----------
    id : int
        The store's ``_id``; a name for people, never an identity.
    digest : str
        SHA-256 of the run's content.
    experiment, condition : str
        Experiment name; name of the run's group in the pin.
    seed : int or None
    config : mapping
        As Sacred stored it.
    metrics : mapping of str to Metric
        Loaded when first read.
    artifacts : mapping of str to mapping of str to ndarray
        Artifact name without ``.npz`` -> array name -> array; loaded when first read.
    """

    id: int
    digest: str
    experiment: str
    condition: str
    seed: int | None
    config: Mapping[str, Any]
    metrics: Mapping[str, Metric]
    artifacts: Mapping[str, Arrays]

    def metric(self, name: str) -> Metric:
        """The named metric, or an error that lists those the run has."""
        if name not in self.metrics:
            raise FigproofError(
                f"metric {name!r} was not recorded. {suggest(name, self.metrics)}",
                where=f"run {self.id} ({self.experiment})",
            )
        return self.metrics[name]

    def arrays(self, artifact: str) -> Arrays:
        """The named artifact's arrays, or an error that lists the artifacts the run has."""
        if artifact not in self.artifacts:
            raise FigproofError(
                f"artifact {artifact!r} was not recorded. {suggest(artifact, self.artifacts)}",
                where=f"run {self.id} ({self.experiment})",
            )
        return self.artifacts[artifact]

    def array(self, artifact: str, name: str) -> npt.NDArray[Any]:
        """One array of an artifact, or an error that lists the arrays it holds."""
        arrays = self.arrays(artifact)
        if name not in arrays:
            raise FigproofError(
                f"artifact {artifact!r} holds no array {name!r}. {suggest(name, arrays)}",
                where=f"run {self.id} ({self.experiment})",
            )
        return arrays[name]


@dataclass(frozen=True)
class Snapshot:
    """The runs of one pin, sorted by condition, seed and digest.

    Attributes
    ----------
    pin : str
    runs : tuple of Run
    expected_seeds : int or None
        Seeds that the selection wanted for each condition.
    """

    pin: str
    runs: tuple[Run, ...]
    expected_seeds: int | None = None

    def conditions(self) -> tuple[str, ...]:
        """Condition names, sorted."""
        return tuple(sorted({run.condition for run in self.runs}))

    def of(self, condition: str) -> tuple[Run, ...]:
        """The runs of one condition."""
        if condition not in self.conditions():
            raise FigproofError(
                f"condition {condition!r} is not in the pin. {suggest(condition, self.conditions())}",
                where=f"pin {self.pin}",
            )
        return tuple(run for run in self.runs if run.condition == condition)


@dataclass(frozen=True)
class Table:
    """The numbers in a figure: named frames of equally long columns, and single facts.

    A frame is stored as one CSV and drawn from what is stored, so a reader can redraw the figure
    from the CSVs alone. Columns hold float64 (stored with 9 significant digits), int64 or str.

    Attributes
    ----------
    frames : mapping of str to mapping of str to ndarray
        Frame name -> column name -> array of shape (rows,).
    facts : mapping of str to str, int, float, bool or list of these
        Numbers of the figure that have no axis: n, missing seeds, explained variance, units.
    """

    frames: Mapping[str, Frame]
    facts: Mapping[str, Any] = field(default_factory=dict)

    def frame(self, name: str) -> Frame:
        """The named frame; a kind asks only for frames that its own ``derive`` made."""
        return self.frames[name]


def frame(**columns: npt.ArrayLike) -> dict[str, npt.NDArray[Any]]:
    """Build a frame; every column has the same length and is float64, int64 or str.

    Raises
    ------
    ValueError
        Columns differ in length, are not one-dimensional or hold another type.
    """
    arrays = {name: np.asarray(values) for name, values in columns.items()}
    built: dict[str, npt.NDArray[Any]] = {}
    for name, array in arrays.items():
        if array.ndim != 1:
            raise ValueError(f"column {name!r} has shape {array.shape}, not one dimension")
        if array.dtype.kind == "f" or array.size == 0:
            built[name] = array.astype(np.float64)
        elif array.dtype.kind in "iub":
            built[name] = array.astype(np.int64)
        elif array.dtype.kind == "U":
            built[name] = array
        else:
            raise ValueError(f"column {name!r} holds {array.dtype}, not float, int or str")
    if len({array.size for array in built.values()}) > 1:
        raise ValueError(f"columns differ in length: { {n: a.size for n, a in built.items()} }")
    return built


def concatenate(frames: Iterable[Frame]) -> dict[str, npt.NDArray[Any]]:
    """Put frames of the same columns one below the other."""
    parts = list(frames)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
