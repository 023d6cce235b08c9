"""Arrays that a run recorded epoch by epoch, read by epoch number, and checks of what is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from figproof.errors import FigproofError
from figproof.model import FloatArray, Frame, IntArray, Run, frame
from figproof.numerics.curves import run_name

AXES = "xyz"


class EpochArray:
    """One recorded array of shape (epochs, points, values).

    Parameters
    ----------
    run : Run
    artifact, name : str
        The artifact also holds ``epochs``, of shape (epochs,).
    points : int
        How many points there must be.

    Attributes
    ----------
    epochs : list of int
    where : str
        Names the array in messages.

    Raises
    ------
    FigproofError
        The array has another shape.
    """

    def __init__(self, run: Run, artifact: str, name: str, points: int) -> None:
        self._array = run.array(artifact, name)
        self.epochs = [int(epoch) for epoch in run.array(artifact, "epochs")]
        self.where = f"run {run.id} ({run.experiment}): {artifact}.{name}"
        if self._array.ndim != 3 or self._array.shape[:2] != (len(self.epochs), points):
            raise FigproofError(
                f"has shape {self._array.shape}, not (epochs, points, values) = "
                f"({len(self.epochs)}, {points}, ...)",
                where=self.where,
                hint="name another array in params.source",
            )

    def at(self, epoch: int) -> npt.NDArray[Any]:
        """The values of one epoch, shape (points, values).

        Raises
        ------
        FigproofError
            The epoch was not recorded (says which were).
        """
        if epoch not in self.epochs:
            raise FigproofError(
                f"epoch {epoch} was not recorded. Recorded: {_listed(self.epochs)}",
                where=self.where,
                hint="change params.epochs (or params.basis_epoch), or record with store_arrays=every",
            )
        result: npt.NDArray[Any] = self._array[self.epochs.index(epoch)]
        return result

    def between(self, shown: list[int]) -> list[int]:
        """The epochs shown and all that were recorded between the first and the last of them."""
        inside = {epoch for epoch in self.epochs if shown[0] <= epoch <= shown[-1]}
        return sorted({*shown, *inside})


def _listed(epochs: list[int]) -> str:
    if epochs == list(range(epochs[0], epochs[0] + len(epochs))) and len(epochs) > 3:
        return f"{epochs[0]} to {epochs[-1]}"
    return ", ".join(str(epoch) for epoch in epochs)


def count_classes(labels: IntArray, columns: int | None, where: str) -> int:
    """Number of classes 0..n-1; all of the columns where the data has one for each class.

    Raises
    ------
    FigproofError
        A label that is negative or has no column.
    """
    highest = int(labels.max())
    if labels.min() < 0 or (columns is not None and highest >= columns):
        allowed = "0 and above" if columns is None else f"0..{columns - 1}"
        raise FigproofError(
            f"labels run from {labels.min()} to {highest}; allowed: {allowed}",
            where=where,
            hint="record labels as classes that count from 0",
        )
    return highest + 1 if columns is None else columns


def on_other_points(runs: Sequence[Run]) -> list[Run]:
    """The runs whose ``predictions.labels`` are not those of the first: they predict other test points.

    Runs that predict the same points say less than as many runs on different ones: a figure that pools
    them must not count a point once for each run.
    """
    first = runs[0].array("predictions", "labels")
    return [run for run in runs[1:] if not np.array_equal(run.array("predictions", "labels"), first)]


def check_same_points(runs: Sequence[Run]) -> None:
    """Refuse runs that predict different test points.

    Raises
    ------
    FigproofError
        Names the runs that differ from the first.
    """
    others = on_other_points(runs)
    if others:
        raise FigproofError(
            f"{', '.join(map(run_name, others))} and {run_name(runs[0])} predict different test points "
            "and cannot be pooled",
            where=f"condition {runs[0].condition}",
            hint="set params.seed, or record the runs with one test set",
        )


def check_points(chosen: list[int], count: int, where: str) -> None:
    """Refuse indices that are no points."""
    outside = [point for point in chosen if not 0 <= point < count]
    if outside:
        raise FigproofError(
            f"params.trajectories: {outside} are no points; allowed: 0..{count - 1}",
            where=where,
            hint="change params.trajectories",
        )


def wrong_points(run: Run, labels: IntArray, epochs: list[int]) -> list[npt.NDArray[np.bool_]]:
    """For each epoch, which points ``predictions.probabilities`` puts into another class than theirs.

    Raises
    ------
    FigproofError
        The predictions belong to other points, or an epoch is missing.
    """
    if not np.array_equal(run.array("predictions", "labels"), labels):
        raise FigproofError(
            "predictions were recorded for other points than the source",
            where=f"run {run.id} ({run.experiment})",
            hint="set params.mark_errors: false",
        )
    predictions = EpochArray(run, "predictions", "probabilities", labels.size)
    return [predictions.at(epoch).argmax(axis=1) != labels for epoch in epochs]


def point_rows(epoch: int, placed: FloatArray, wrong: npt.NDArray[np.bool_], labels: IntArray) -> Frame:
    """One row a point: epoch, point, label, wrong (0 or 1) and its coordinates x, y (, z)."""
    count = labels.size
    columns = dict(zip(AXES, placed.T, strict=False))
    return frame(epoch=np.full(count, epoch), point=np.arange(count), label=labels, wrong=wrong, **columns)


def median_rows(epoch: int, placed: FloatArray, labels: IntArray) -> Frame:
    """One row a class that has points: epoch, label and the medians of the coordinates."""
    names = np.unique(labels)
    medians = np.array([np.median(placed[labels == name], axis=0) for name in names])
    columns = dict(zip(AXES, medians.T, strict=False))
    return frame(epoch=np.full(names.size, epoch), label=names, **columns)
