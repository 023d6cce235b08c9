"""Whether confidence is right as often as it says: reliability bins and calibration errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy

from figproof.model import FloatArray, IntArray
from figproof.numerics.classification import interval, resampled_weights

LEVEL = 0.95
WILSON, BOOTSTRAP, NONE = "wilson", "bootstrap", "none"
# In simulated bins of 3 to 5 points in 5 runs, percentiles covered as little as 81 %, Wilson 91 % or more.
FEWEST_POINTS = 10


@dataclass(frozen=True)
class Reliability:
    """Predictions by their confidence; all arrays have shape (bins,).

    Attributes
    ----------
    low, high : ndarray
        Edges: ``low < confidence <= high``.
    count, points : ndarray of int64
        Predictions in the bin, and different test points that they are of.
    confidence, accuracy : ndarray
        Means of the bin; NaN where it is empty.
    accuracy_low, accuracy_high : ndarray
        95 % interval of the accuracy; NaN where the bin is empty.
    method : ndarray of str
        What the interval is: ``"wilson"``, ``"bootstrap"``, or ``"none"`` where the bin is empty.
    """

    low: FloatArray
    high: FloatArray
    count: IntArray
    points: IntArray
    confidence: FloatArray
    accuracy: FloatArray
    accuracy_low: FloatArray
    accuracy_high: FloatArray
    method: npt.NDArray[np.str_]

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


def wilson(share: FloatArray, count: IntArray) -> tuple[FloatArray, FloatArray]:
    """Wilson's 95 % score interval (Wilson 1927) of shares of so many; NaN where the count is 0."""
    z = float(scipy.stats.norm.ppf((1 + LEVEL) / 2))
    n = np.where(count > 0, count, np.nan)
    middle = share + z**2 / (2 * n)
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    low, high = ((middle + side * half) / (1 + z**2 / n) for side in (-1, 1))
    # Rounding may leave a share of 0 or 1 outside its own interval.
    return np.clip(low, 0, share), np.clip(high, share, 1)


def reliability(
    confidence: FloatArray,
    right: npt.NDArray[np.bool_],
    bins: int,
    rule: Literal["equal_width", "equal_mass"],
    seed: int,
) -> Reliability:
    """Sort the predictions of one or several runs for the same test points into bins of confidence.

    One run: Wilson's interval. Several runs predict the same points, so their predictions are not
    independent; test points are resampled with replacement, each with the predictions of all runs
    (clusters; Field & Welsh 2007), the bins stay as they are, and the interval is the 2.5th to 97.5th
    percentile of the bin's accuracy over 1,000 resamples, those without a point in the bin left out.
    So it is about other test points and the same runs. In a bin of fewer than 10 different points, and
    where no resample differs because all predictions are right or all wrong, it is Wilson's for as many
    trials as there are different points: the widest that runs which always agree would give.

    Parameters
    ----------
    confidence : ndarray, shape (runs, n)
        In 0..1; finite. Entry i of all runs is of the same point.
    right : ndarray of bool, shape (runs, n)
    bins : int
        Fewer with ``equal_mass`` where many points share a confidence.
    rule : {"equal_width", "equal_mass"}
        Bins of equal width in 0..1, or of equal counts (Nguyen & O'Connor 2015).
    seed : int
        Of the resamples.
    """
    edges = np.linspace(0, 1, bins + 1)
    if rule == "equal_mass":
        edges = np.unique(np.concatenate([[0.0], np.quantile(confidence, edges[1:-1]), [1.0]]))
    inside = np.clip(np.searchsorted(edges, confidence, side="left") - 1, 0, edges.size - 2)
    here = inside[:, :, None] == np.arange(edges.size - 1)
    held, hits = here.sum(axis=0), (here & right[:, :, None]).sum(axis=0)
    count, points = held.sum(axis=0), (held > 0).sum(axis=0)
    total = np.bincount(inside.ravel(), weights=confidence.ravel(), minlength=count.size)
    share, mean = (
        np.divide(value, count, out=np.full(count.size, np.nan), where=count > 0)
        for value in (hits.sum(axis=0), total)
    )
    low, high = wilson(share, points)
    method = np.where(count > 0, WILSON, NONE)
    if len(confidence) > 1:
        ends = _over_points(held, hits, seed)
        usable = (points >= FEWEST_POINTS) & (ends[0] < ends[1])
        low, high = np.where(usable, ends, (low, high))
        method = np.where(usable, BOOTSTRAP, method)
    return Reliability(
        low=edges[:-1],
        high=edges[1:],
        count=count.astype(np.int64),
        points=points.astype(np.int64),
        confidence=mean,
        accuracy=share,
        accuracy_low=low,
        accuracy_high=high,
        method=method,
    )


def _over_points(held: IntArray, hits: IntArray, seed: int) -> FloatArray:
    """Percentile interval of each bin's accuracy over resampled points; (n, bins) twice -> (2, bins)."""
    weights = resampled_weights(len(held), seed)
    drawn, right = weights @ held, weights @ hits
    shares = np.divide(right, drawn, out=np.full(drawn.shape, np.nan), where=drawn > 0)
    return np.array([interval(values, LEVEL) for values in shares.T]).T
