"""Recorded histograms as densities, and which of many to show."""

from __future__ import annotations

import numpy as np

from figproof.errors import FigproofError
from figproof.model import FloatArray, IntArray


def densities(counts: IntArray, edges: FloatArray) -> FloatArray:
    """Counts divided by their sum and by the bins' widths: each row integrates to 1.

    Parameters
    ----------
    counts : ndarray of int, shape (rows, bins)
    edges : ndarray, shape (bins + 1,)

    Returns
    -------
    ndarray, shape (rows, bins)
        NaN in rows without any count.

    Raises
    ------
    FigproofError
        Shapes do not fit, edges do not rise, or a count is negative.
    """
    if counts.ndim != 2 or edges.shape != (counts.shape[1] + 1,) or not (np.diff(edges) > 0).all():
        raise FigproofError(
            f"counts {counts.shape} need rising edges of one more bin, not {edges.shape}",
            hint="record the histograms again",
        )
    if (counts < 0).any():
        raise FigproofError("a histogram holds a negative count", hint="record the histograms again")
    total = counts.sum(axis=1, keepdims=True).astype(np.float64)
    share = np.divide(counts, total, out=np.full(counts.shape, np.nan), where=total > 0)
    return np.asarray(share / np.diff(edges))


def evenly(count: int, most: int) -> IntArray:
    """At most ``most`` of ``count`` places, as evenly as whole numbers allow, with the first and the last."""
    if count <= most:
        return np.arange(count, dtype=np.int64)
    return np.unique(np.round(np.linspace(0, count - 1, most)).astype(np.int64))
