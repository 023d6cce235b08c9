"""Matrices behind heatmaps: confusion counts, shares of a row, groups of runs as cells."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from figproof.errors import FigproofError
from figproof.model import FloatArray, IntArray


def predicted_classes(probabilities: npt.NDArray[np.floating]) -> IntArray:
    """The most probable class of each row, the first of equals; shape (n, k) -> (n,).

    Raises
    ------
    FigproofError
        A probability is not finite: the run diverged and predicts nothing.
    """
    broken = ~np.isfinite(probabilities).all(axis=1)
    if broken.any():
        raise FigproofError(
            f"{int(broken.sum())} of {broken.size} predictions are not finite",
            hint="choose an epoch before the run diverged, or leave the run out",
        )
    return np.asarray(np.argmax(probabilities, axis=1), dtype=np.int64)


def confusion_counts(labels: IntArray, predicted: IntArray, classes: int) -> IntArray:
    """Count pairs of (true, predicted) class.

    Parameters
    ----------
    labels, predicted : ndarray of int, shape (n,)
    classes : int

    Returns
    -------
    ndarray of int64, shape (classes, classes)
        Row = true class, column = predicted class.

    Raises
    ------
    FigproofError
        The lengths differ, or a class is outside 0..classes-1.
    """
    if labels.shape != predicted.shape:
        raise FigproofError(f"{labels.size} labels do not fit {predicted.size} predictions")
    both = np.concatenate([labels, predicted]).astype(np.int64)
    if both.size and not (both.min() >= 0 and both.max() < classes):
        raise FigproofError(
            f"classes {both.min()}..{both.max()} do not fit {classes} columns of probabilities"
        )
    pairs = labels.astype(np.int64) * classes + predicted
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes).astype(np.int64)


def row_shares(counts: IntArray) -> FloatArray:
    """Each row divided by its sum; NaN in rows without any count."""
    support = counts.sum(axis=1, keepdims=True).astype(np.float64)
    return np.asarray(np.divide(counts, support, out=np.full(counts.shape, np.nan), where=support > 0))


def best_cell(values: FloatArray, higher_is_better: bool) -> tuple[int, int] | None:
    """Row and column of the best finite value, the first of equals in row order; None if none is finite."""
    if not np.isfinite(values).any():
        return None
    worst = -np.inf if higher_is_better else np.inf
    usable = np.where(np.isfinite(values), values, worst)
    flat = int(np.argmax(usable) if higher_is_better else np.argmin(usable))
    return flat // values.shape[1], flat % values.shape[1]
