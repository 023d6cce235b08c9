"""Rules that find faults in a recorded run's curves, each with what it measures and its threshold.

Thresholds are set on the calibration runs of ``benchmarks/health_runs.yaml`` alone: each is the geometric
middle of the gap between the runs that show the fault and those that do not, where the fewest of them are
judged wrong (``benchmarks/health.py`` prints the gaps). ``docs/health.md`` states precision and recall on
the runs that were held out. The measures are ratios, so the unit of a loss does not matter.

Sources: Prechelt 1998 (Neural Networks 11: stop where the validation error has risen above its lowest),
Goodfellow et al. 2016 (Deep Learning, 5.2: underfitting is a training error that stays high), PyTorch's
``ReduceLROnPlateau`` (a plateau is a metric that has stopped to improve), AutoTrainer (Zhang et al., ICSE
2021: oscillation by the size and number of swings, vanishing by the first layer's gradient over the last
layer's, 0.001 there), Pascanu et al. 2013 (ICML: exploding is a large increase of the gradient's norm
during training). None gives a number for whole recorded curves; the numbers here are ours.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from figproof.model import FloatArray, IntArray

OVERFIT_RISE = 0.005
"""Rise of the validation loss beyond its noise, as a share of its fall."""
UNDERFIT_LEFT = 0.45
"""Last training loss over the first."""
PLATEAU_LEFT = 0.16
"""Last training loss over the first, above which much was left to learn."""
PLATEAU_FALL = 0.04
"""Change of the training loss over the last third beyond its noise, as a share of its whole fall."""
OSCILLATION_SWING = 0.08
"""A rise of the training loss, as a share of the first."""
DIVERGED_RATIO = 1.1
"""Last training loss over the first."""
VANISHING_RATIO = 0.02
"""Mean absolute gradient of the first layer over that of the last, the median over training."""
EXPLODING_RATIO = 65.0
"""Norm of the gradient over what it was before."""

LEARNED_FALL = 0.1
"""Share of the first loss; a smaller fall is noise, and what comes after it no fault of its own."""
LEAST_POINTS = 10
"""Points of a loss that the rules need: a tenth of them is one point, a third three."""

_TAIL = 0.1


@dataclass(frozen=True)
class Check:
    """What one rule says of one run.

    Attributes
    ----------
    fault : str
    found : bool
    value, threshold : float
        In the rule's own measure; the value is NaN where it was not measured.
    step : int
        Where the fault starts; -1 where none was found.
    why : str
        Why the rule could not be asked, or what spoke against the fault whatever the value is; else empty.
    checked : bool
    """

    fault: str
    found: bool
    value: float
    threshold: float
    step: int
    why: str = ""
    checked: bool = True


def unchecked(fault: str, threshold: float, why: str) -> Check:
    """A rule that could not be asked, which is not the same as a fault that was not found."""
    return Check(fault, False, float("nan"), threshold, -1, why, checked=False)


def overfitting(steps: IntArray, train: FloatArray, validation: FloatArray) -> Check:
    """Validation loss ends above its lowest while training loss fell on.

    All are medians over a tenth of the run; from the rise is taken the validation loss's noise, the median
    deviation of its changes from step to step in the later half, and it is divided by the fall from the
    first value to the lowest. It starts in the middle of the lowest tenth.

    Parameters
    ----------
    steps : ndarray of int64, shape (n,)
    train, validation : ndarray, shape (n,)
        Finite, from a first value above 0; n is 10 or more, here and in the other rules for losses.
    """
    fitted, held_out = _running(train), _running(validation)
    best = int(np.argmin(held_out))
    fall = float(validation[0] - held_out[best])
    at = int(steps[best + _tail(validation) // 2])
    if fall <= LEARNED_FALL * validation[0]:
        return Check(
            "overfitting", False, 0.0, OVERFIT_RISE, -1, "the validation loss fell by less than 10 %"
        )
    rise = float(held_out[-1] - held_out[best]) - _noise(validation[validation.size // 2 :])
    against = "the training loss did not fall on" if fitted[-1] >= fitted[best] else ""
    return _judged("overfitting", rise / fall, OVERFIT_RISE, at, against)


def underfitting(steps: IntArray, train: FloatArray) -> Check:
    """Much of the first training loss is left at the end, whether or not it still falls.

    The last value is the median of the last tenth; a loss that ends above its start has diverged
    instead. The whole run underfits: it starts at the first step.
    """
    left = _end(train) / float(train[0])
    against = "it diverged" if left > DIVERGED_RATIO else ""
    return _judged("underfitting", left, UNDERFIT_LEFT, int(steps[0]), against)


def plateau(steps: IntArray, train: FloatArray) -> Check:
    """Training loss stopped falling while much was left.

    The change is twice the difference of the medians of the last third's two halves, less twice its noise
    (the median deviation of its changes from step to step); the whole fall is from the first value, or
    from the median of the first third where that is higher. It starts where the loss comes to stay
    within twice the threshold of its end, at the latest with the last third.
    """
    end, last = _end(train), train[-(train.size // 3) :]
    left = end / float(train[0])
    halves = np.median(last[: last.size // 2]), np.median(last[last.size // 2 :])
    change = max(0.0, 2 * abs(float(halves[0] - halves[1])) - 2 * _noise(last))
    fall = max(float(train[0]), float(np.median(train[: train.size // 3]))) - end
    share = change / fall if fall > 0 else (np.inf if change else 0.0)
    against = "it diverged" if left > DIVERGED_RATIO else ""
    if left <= PLATEAU_LEFT:
        against = f"only {100 * left:.2g} % of the first loss is left"
    outside = np.flatnonzero(np.abs(train - end) > 2 * PLATEAU_FALL * max(fall, 0.0))
    start = min(int(outside[-1]) + 1 if outside.size else 0, train.size - last.size)
    found = share <= PLATEAU_FALL and not against
    return Check("plateau", found, share, PLATEAU_FALL, int(steps[start]) if found else -1, against)


def oscillating(steps: IntArray, train: FloatArray) -> Check:
    """Training loss swings up at least twice after its first fall, at least once in the later half.

    A swing is a rise from a low to the next high. The value is the smaller one of the second largest
    swing and the largest that ends in the later half, over the first loss; the first fall ends half-way
    from the first value to the lowest. It starts at the first swing above the threshold.
    """
    lowest, first = float(train.min()), float(train[0])
    if first - lowest <= LEARNED_FALL * first:
        why = "the training loss fell by less than 10 %"
        return Check("oscillating", False, 0.0, OSCILLATION_SWING, -1, why)
    lows, highs = _swings(train)
    fallen = lows >= int(np.argmax(train <= (first + lowest) / 2))
    lows, highs = lows[fallen], highs[fallen]
    sizes = (train[highs] - train[lows]) / first
    late = sizes[highs > train.size // 2]
    value = min(float(np.sort(sizes)[-2]), float(late.max())) if sizes.size > 1 and late.size else 0.0
    large = lows[sizes > OSCILLATION_SWING]
    against = "it diverged" if _end(train) > DIVERGED_RATIO * first else ""
    at = int(steps[large[0]]) if large.size else -1
    return _judged("oscillating", value, OSCILLATION_SWING, at, against)


def diverged(steps: IntArray, train: FloatArray) -> Check:
    """Training loss ends above its start; it starts where the loss rose above it for good."""
    bound = DIVERGED_RATIO * float(train[0])
    below = np.flatnonzero(train <= bound)
    at = int(steps[min(int(below[-1]) + 1, steps.size - 1)])
    return _judged("diverged", _end(train) / float(train[0]), DIVERGED_RATIO, at)


def not_finite(steps: IntArray, broken: IntArray) -> Check:
    """A loss or gradient is NaN or infinite; the value is the share of such steps.

    Parameters
    ----------
    steps : ndarray of int64, shape (n,)
        All at which anything was recorded.
    broken : ndarray of int64, shape (m,)
        Those at which a series is not finite, rising.
    """
    return _judged("not finite", broken.size / steps.size, 0.0, int(broken[0]) if broken.size else -1)


def vanishing(steps: IntArray, first: FloatArray, last: FloatArray) -> Check:
    """Little or nothing of the gradient reaches the first layer through half of the training or more.

    The value is the median over steps of the first layer's mean absolute gradient divided by the last
    layer's; it is 0 where both are 0, as in a network of dead ReLUs. Steps at which only the last is 0,
    or one is not finite, are left out.
    """
    usable = np.isfinite(first) & np.isfinite(last) & ((last > 0) | (first == 0))
    if not usable.any():
        return unchecked("vanishing", VANISHING_RATIO, "no finite gradients")
    over = np.where(last[usable] > 0, last[usable], 1.0)
    ratios = first[usable] / over
    value, small = float(np.median(ratios)), np.flatnonzero(ratios < VANISHING_RATIO)
    found = value < VANISHING_RATIO
    at = int(steps[usable][small[0]]) if found else -1
    return Check("vanishing", found, value, VANISHING_RATIO, at)


def exploding(steps: IntArray, norms: FloatArray) -> Check:
    """The norm of the gradient jumps far above what it was before, while it is finite.

    The value is the largest ratio of the norm to the median of all norms before it, or to the first norm
    where that is larger: a network that leaves a plateau has more gradient than on it, and no more than
    at first. It starts at the first step above the threshold.

    Parameters
    ----------
    norms : ndarray, shape (layers, n)
        Of each layer; their Euclidean norm is that of the whole gradient.
    """
    whole = np.hypot.reduce(norms, axis=0)
    usable = np.isfinite(whole)
    if usable.sum() < 2:
        return unchecked("exploding", EXPLODING_RATIO, "fewer than 2 finite gradients")
    whole = whole[usable]
    before = np.maximum(_medians_before(whole), whole[0])
    ratios = np.divide(whole[1:], before, out=np.zeros(before.size), where=before > 0)
    above = np.flatnonzero(ratios > EXPLODING_RATIO)
    at = int(steps[usable][1 + above[0]]) if above.size else -1
    return _judged("exploding", float(ratios.max()), EXPLODING_RATIO, at)


def _judged(fault: str, value: float, threshold: float, step: int, against: str = "") -> Check:
    found = value > threshold and not against
    return Check(fault, found, float(value), threshold, step if found else -1, against)


def _tail(series: FloatArray) -> int:
    return max(1, round(_TAIL * series.size))


def _end(series: FloatArray) -> float:
    return float(np.median(series[-_tail(series) :]))


def _running(series: FloatArray) -> FloatArray:
    """Medians over each stretch of a tenth of the series."""
    return np.asarray(np.median(sliding_window_view(series, _tail(series)), axis=1))


def _noise(series: FloatArray) -> float:
    """Median deviation of the changes from step to step: 0 for a straight line."""
    changes = np.diff(series)
    return float(np.median(np.abs(changes - np.median(changes))))


def _swings(series: FloatArray) -> tuple[IntArray, IntArray]:
    """Where each rise starts and ends; a stretch of equal values belongs to the rise around it."""
    moves = np.flatnonzero(np.diff(series))
    rising = np.diff(series)[moves] > 0
    starts = moves[rising & ~np.concatenate([[False], rising[:-1]])]
    ends = moves[rising & ~np.concatenate([rising[1:], [False]])] + 1
    return starts.astype(np.int64), ends.astype(np.int64)


def _medians_before(series: FloatArray) -> FloatArray:
    """The median of all values before each but the first, in O(n log n) by two heaps."""
    low: list[float] = []
    high: list[float] = []
    medians = np.empty(series.size - 1)
    for place, value in enumerate(series[:-1].tolist()):
        heapq.heappush(low, -heapq.heappushpop(high, value))
        if len(low) > len(high):
            heapq.heappush(high, -heapq.heappop(low))
        medians[place] = high[0] if len(high) > len(low) else (high[0] - low[0]) / 2
    return medians
