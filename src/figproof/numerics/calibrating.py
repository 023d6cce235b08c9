"""Whether confidence is right as often as it says: reliability bins and calibration errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from figproof.model import FloatArray, IntArray

LEVEL = 0.95


@dataclass(frozen=True)
class Reliability:
    """Points by their confidence; all arrays have shape (bins,).

    Attributes
    ----------
    low, high : ndarray
        Edges: ``low < confidence <= high``.
    count : ndarray of int64
    confidence, accuracy : ndarray
        Means of the bin; NaN where it is empty.
    accuracy_low, accuracy_high : ndarray
        Wilson's 95 % interval (Wilson 1927); NaN where the bin is empty.
    """

    low: FloatArray
    high: FloatArray
    count: IntArray
    confidence: FloatArray
    accuracy: FloatArray
    accuracy_low: FloatArray
    accuracy_high: FloatArray

    @property
    def ece(self) -> float:
        """Expected calibration error (Guo et al. 2017, eq. 3): mean gap, weighted by counts."""
        used = self.count > 0
        gaps = np.abs(self.accuracy[used] - self.confidence[used])
        return float((gaps * self.count[used]).sum() / self.count.sum())

    @property
    def mce(self) -> float:
        """Maximum calibration error (Guo et al. 2017, eq. 5)."""
        return float(np.nanmax(np.abs(self.accuracy - self.confidence)))


def reliability(
    confidence: FloatArray,
    right: npt.NDArray[np.bool_],
    bins: int,
    rule: Literal["equal_width", "equal_mass"],
) -> Reliability:
    """Sort points into bins of confidence.

    Parameters
    ----------
    confidence : ndarray, shape (n,)
        In 0..1; finite.
    right : ndarray of bool, shape (n,)
    bins : int
        Fewer with ``equal_mass`` where many points share a confidence.
    rule : {"equal_width", "equal_mass"}
        Bins of equal width in 0..1, or of equal counts (Nguyen & O'Connor 2015).
    """
    edges = np.linspace(0, 1, bins + 1)
    if rule == "equal_mass":
        edges = np.unique(np.concatenate([[0.0], np.quantile(confidence, edges[1:-1]), [1.0]]))
    inside = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, edges.size - 2)
    count = np.bincount(inside, minlength=edges.size - 1).astype(np.int64)
    hits = np.bincount(inside, weights=right, minlength=count.size)
    total = np.bincount(inside, weights=confidence, minlength=count.size)
    empty = np.full(count.size, np.nan)
    share = np.divide(hits, count, out=empty.copy(), where=count > 0)
    low, high = empty.copy(), empty.copy()
    for at in np.flatnonzero(count):
        found = stats.binomtest(round(hits[at]), int(count[at])).proportion_ci(LEVEL, "wilson")
        low[at], high[at] = found.low, found.high
    return Reliability(
        low=edges[:-1],
        high=edges[1:],
        count=count,
        confidence=np.divide(total, count, out=empty.copy(), where=count > 0),
        accuracy=share,
        accuracy_low=low,
        accuracy_high=high,
    )
