"""The state of a classifier epoch by epoch, as one curve an epoch."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from figproof.model import FloatArray, IntArray

LEVELS = np.linspace(0.0, 1.0, 101)


def confidence_profile(probabilities: npt.NDArray[np.floating], labels: IntArray) -> FloatArray:
    """Probability given to the true class, examples sorted: its quantiles at 0, 1, ... 100 %.

    Parameters
    ----------
    probabilities : ndarray, shape (n, classes)
    labels : ndarray of int, shape (n,)

    Returns
    -------
    ndarray, shape (101,)
        Rising (numpy's linear interpolation between order statistics); all NaN if a probability is
        not finite.
    """
    right = probabilities[np.arange(labels.size), labels].astype(np.float64)
    if not np.isfinite(probabilities).all():
        return np.full(LEVELS.size, np.nan)
    return np.asarray(np.quantile(right, LEVELS), dtype=np.float64)


def accuracy_profile(probabilities: npt.NDArray[np.floating], labels: IntArray) -> FloatArray:
    """Share of each true class whose most probable class, the first of equals, is the right one.

    Returns
    -------
    ndarray, shape (classes,)
        NaN for a class without an example; all NaN if a probability is not finite.
    """
    classes = probabilities.shape[1]
    if not np.isfinite(probabilities).all():
        return np.full(classes, np.nan)
    support = np.bincount(labels, minlength=classes).astype(np.float64)
    hit = np.bincount(labels[np.argmax(probabilities, axis=1) == labels], minlength=classes)
    share: FloatArray = np.divide(hit, support, out=np.full(classes, np.nan), where=support > 0)
    return share


def spread_epochs(recorded: list[int], most: int) -> list[int]:
    """At most so many of the recorded epochs, evenly spread, the first and the last among them."""
    at = np.unique(np.round(np.linspace(0, len(recorded) - 1, min(most, len(recorded)))).astype(np.int64))
    return [recorded[index] for index in at]
