"""Fewer points for drawing, without losing an extreme: the last thing done to a series."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from figproof.model import FloatArray, IntArray


def keep_extremes(series: FloatArray, buckets: int) -> IntArray:
    """Which points to draw so that every bucket keeps its smallest and largest value.

    Parameters
    ----------
    series : ndarray, shape (k, n)
        Drawn over the same x, for instance a centre and the two edges of its band; the points kept
        serve all of them.
    buckets : int
        Runs of neighbouring points, of equal length but for one.

    Returns
    -------
    ndarray of int64, shape (m,)
        Increasing indices: the first and last point, per bucket and series the first minimum and the
        first maximum, and the first value that is not finite, so that a gap stays a gap. All indices
        when there are no more than two points per bucket.
    """
    count = series.shape[1]
    if count <= 2 * buckets:
        return np.arange(count, dtype=np.int64)
    edges = np.linspace(0, count, buckets + 1).astype(np.int64)
    kept = [np.array([0, count - 1])]
    for values in series:
        finite = np.isfinite(values)
        low, high = np.where(finite, values, np.inf), np.where(finite, values, -np.inf)
        for start, stop in pairwise(edges):
            if finite[start:stop].any():
                kept.append(start + np.array([np.argmin(low[start:stop]), np.argmax(high[start:stop])]))
            if not finite[start:stop].all():
                kept.append(start + np.array([np.argmin(finite[start:stop])]))
    return np.unique(np.concatenate(kept)).astype(np.int64)
