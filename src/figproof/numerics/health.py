"""Rules that find faults in a training run's curves, each with its measure and threshold.

The thresholds are set by hand from the definitions named beside them, not calibrated on labelled
runs; their precision and recall are not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from figproof.model import FloatArray, IntArray

OVERFIT_RISE = 0.05
"""Share of the validation loss's fall; in the manner of Prechelt 1998, whose GL stops at 5 %."""
LEARNED_FALL = 0.1
"""Share of the untrained validation loss; a smaller fall is noise, and its rise no overfitting."""
UNDERFIT_LEFT = 0.5
"""Share of the untrained training loss that is left at the end."""
OSCILLATION_RISES = 0.3
"""Sum of the later half's rises of training loss, as a share of its whole fall."""
DIVERGED_RATIO = 1.0
"""Last training loss over that of the untrained network: by definition, nothing was learned."""
VANISHING_RATIO = 1e-3
"""Mean gradient of the first layer over that of the last (the decay of Glorot & Bengio 2010)."""
EXPLODING_RATIO = 100.0
"""Largest gradient norm over its first (the jumps of Pascanu et al. 2013)."""

_TAIL = 0.1


@dataclass(frozen=True)
class Finding:
    """A fault that a rule found.

    Attributes
    ----------
    fault : str
    value, threshold : float
        What was measured, in the rule's own measure, and the bound it passed.
    step : int
        Where the fault starts.
    """

    fault: str
    value: float
    threshold: float
    step: int


def not_finite(steps: IntArray, series: Sequence[FloatArray]) -> Finding | None:
    """The first step at which any series is NaN or infinite; the value counts such steps.

    Parameters
    ----------
    steps : ndarray, shape (n,)
    series : sequence of ndarray, shape (n,)
    """
    broken = ~np.isfinite(np.stack(series)).all(axis=0)
    if not broken.any():
        return None
    return Finding("not finite", float(broken.sum()), 0.0, int(steps[np.argmax(broken)]))


def overfitting(steps: IntArray, train: FloatArray, validation: FloatArray) -> Finding | None:
    """Validation loss ends above its lowest value while training loss fell on.

    The rise is the median of the last tenth less the lowest value, as a share of the fall from the
    first value to the lowest; it starts at the step of the lowest value. A network that learned next to
    nothing does not overfit. Losses are finite and not negative, shape (n,).
    """
    best = int(np.argmin(validation))
    fall = float(validation[0] - validation[best])
    rise = _end(validation) - float(validation[best])
    if fall <= LEARNED_FALL * validation[0] or rise <= OVERFIT_RISE * fall or _end(train) >= train[best]:
        return None
    return Finding("overfitting", rise / fall, OVERFIT_RISE, int(steps[best]))


def underfitting(steps: IntArray, train: FloatArray) -> Finding | None:
    """More than half of the untrained training loss is left at the end; starts at the last step."""
    left = _end(train) / float(train[0])
    if not UNDERFIT_LEFT < left <= DIVERGED_RATIO:
        return None
    return Finding("underfitting", left, UNDERFIT_LEFT, int(steps[-1]))


def diverged(steps: IntArray, train: FloatArray) -> Finding | None:
    """Training loss ends above the untrained network's; starts where it last rose above it."""
    ratio = _end(train) / float(train[0])
    if ratio <= DIVERGED_RATIO:
        return None
    below = np.flatnonzero(train <= train[0])
    return Finding("diverged", ratio, DIVERGED_RATIO, int(steps[min(below[-1] + 1, steps.size - 1)]))


def oscillation(steps: IntArray, train: FloatArray) -> Finding | None:
    """Training loss keeps rising and falling in the later half; starts at that half's largest rise."""
    middle = train.size // 2
    rises = np.maximum(np.diff(train[middle:]), 0.0)
    fall = float(train[0] - train.min())
    if fall <= 0 or rises.sum() <= OSCILLATION_RISES * fall:
        return None
    at = int(steps[middle + 1 + int(np.argmax(rises))])
    return Finding("oscillating", float(rises.sum()) / fall, OSCILLATION_RISES, at)


def vanishing(steps: IntArray, first: FloatArray, last: FloatArray) -> Finding | None:
    """The median ratio of the first layer's mean gradient to the last layer's is below 0.001.

    Steps at which the last layer's gradient is 0 have no ratio and are left out.
    """
    known = last > 0
    if not known.any():
        return None
    ratios = first[known] / last[known]
    if np.median(ratios) >= VANISHING_RATIO:
        return None
    at = int(steps[known][np.argmax(ratios < VANISHING_RATIO)])
    return Finding("vanishing", float(np.median(ratios)), VANISHING_RATIO, at)


def exploding(steps: IntArray, norm: FloatArray) -> Finding | None:
    """A gradient norm grows to more than a hundred times its first value; starts where it first does."""
    if norm[0] <= 0 or norm.max() <= EXPLODING_RATIO * norm[0]:
        return None
    at = int(steps[np.argmax(norm > EXPLODING_RATIO * norm[0])])
    return Finding("exploding", float(norm.max() / norm[0]), EXPLODING_RATIO, at)


def _end(series: FloatArray) -> float:
    return float(np.median(series[-max(1, round(_TAIL * series.size)) :]))
