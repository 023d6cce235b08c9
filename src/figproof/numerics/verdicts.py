"""What the rules of :mod:`figproof.numerics.health` say of a recorded run, and in which words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from figproof.model import FloatArray, IntArray, Metric, Run
from figproof.numerics import health
from figproof.numerics.curves import gradient_layers
from figproof.numerics.health import Check, unchecked

FAULTS = (
    "overfitting",
    "underfitting",
    "plateau",
    "oscillating",
    "diverged",
    "not finite",
    "vanishing",
    "exploding",
)
"""One rule each, in the order in which they are reported."""

OF_GRADIENTS = ("vanishing", "exploding")

_THRESHOLDS = {
    "overfitting": health.OVERFIT_RISE,
    "underfitting": health.UNDERFIT_LEFT,
    "plateau": health.PLATEAU_FALL,
    "oscillating": health.OSCILLATION_SWING,
    "diverged": health.DIVERGED_RATIO,
}


def check_run(run: Run, train: str, validation: str | None) -> tuple[Check, ...]:
    """Ask every rule about a run.

    Parameters
    ----------
    run : Run
        Gradients are its metrics ``gradient.mean.layer<k>`` and ``gradient.norm.layer<k>``.
    train, validation : str
        Names of the losses; None if there is no validation loss.

    Returns
    -------
    tuple of Check
        One for each of :data:`FAULTS`, in their order.

    Raises
    ------
    FigproofError
        The run did not record the losses.
    """
    fitted = run.metric(train)
    held_out = run.metric(validation) if validation else None
    means, norms = ([*_layers(run, statistic).values()] for statistic in ("mean", "norm"))
    every = [fitted, *([held_out] if held_out else []), *means, *norms]
    return (
        _overfitting(fitted, held_out),
        *_of_training(fitted),
        health.not_finite(*_broken(every)),
        _vanishing(means),
        _exploding(norms),
    )


def of_whole_gradient(run: Run) -> tuple[IntArray, FloatArray]:
    """Steps, shape (n,), and the norm of the gradient of all layers; empty if none was recorded."""
    norms = [*_layers(run, "norm").values()]
    if not norms:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    steps, values = _together(norms)
    return steps, np.asarray(np.hypot.reduce(values, axis=0))


def sentence(check: Check, step_unit: str) -> tuple[str, ...]:
    """``("oscillating from epoch 16", "swings of 21 % of the first loss (limit 8 %)")``."""
    if not check.found:
        return ()
    start = "throughout" if check.fault == "underfitting" else f"from {step_unit} {check.step}"
    value, limit = _spelt(check.fault, check.value), _spelt(check.fault, check.threshold)
    measured = {
        "overfitting": f"validation rises by {value} of its fall",
        "underfitting": f"{value} of the first loss is left",
        "plateau": f"changes by {value} of its fall",
        "oscillating": f"swings of {value} of the first loss",
        "diverged": f"ends at {value} of the first loss",
        "not finite": f"{value} of the {step_unit}s",
        "vanishing": f"first / last layer {value}",
        "exploding": f"norm grows {value}-fold",
    }[check.fault]
    return f"{check.fault} {start}", f"{measured} (limit {limit})"


def verdict(checks: Sequence[Check], step_unit: str) -> list[tuple[str, ...]]:
    """The faults that were found, or that none was, and what was not checked: a line each, in parts."""
    lines = [sentence(check, step_unit) for check in checks if check.found]
    asked = [check for check in checks if check.checked]
    if not lines:
        rules = f"{len(asked)} rule{'s' if len(asked) != 1 else ''}"
        lines.append((f"no fault found by {rules}",))
    lacking = dict.fromkeys(check.why for check in checks if not check.checked)
    return lines + [
        (f"not checked: {why} ({', '.join(c.fault for c in checks if not c.checked and c.why == why)})",)
        for why in lacking
    ]


def _spelt(fault: str, value: float) -> str:
    """A ratio as it is read: a share in percent, a large or tiny one as a number."""
    if fault in ("vanishing", "exploding"):
        return _rounded(value)
    return f"{_rounded(100 * value)} %" if value < 10 else f"{_rounded(value)} times"


def _rounded(value: float) -> str:
    """Two digits, or all before the point; powers of ten only far from 1."""
    if value != 0 and not 1e-4 <= value < 1e5:
        return f"{value:.0e}".replace("e+", "e")
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"


def _layers(run: Run, statistic: str) -> dict[int, Metric]:
    layers = gradient_layers(run, statistic)
    return {layer: run.metric(f"gradient.{statistic}.layer{layer}") for layer in layers}


def _refusal(*losses: Metric) -> str:
    """Why the rules for losses cannot be asked; empty if they can."""
    if any(not np.isfinite(loss.values).all() for loss in losses):
        return "losses are not finite"
    if any(loss.values.size < health.LEAST_POINTS for loss in losses):
        return f"fewer than {health.LEAST_POINTS} points"
    if any(loss.values[0] <= 0 for loss in losses):
        return "losses do not start above 0"
    return ""


def _of_training(train: Metric) -> list[Check]:
    why = _refusal(train)
    rules = {
        "underfitting": health.underfitting,
        "plateau": health.plateau,
        "oscillating": health.oscillating,
        "diverged": health.diverged,
    }
    if why:
        return [unchecked(fault, _THRESHOLDS[fault], why) for fault in rules]
    return [rule(train.steps, train.values) for rule in rules.values()]


def _overfitting(train: Metric, validation: Metric | None) -> Check:
    if validation is None:
        return unchecked("overfitting", health.OVERFIT_RISE, "no validation loss")
    steps, at, there = np.intersect1d(train.steps, validation.steps, return_indices=True)
    shared = [
        Metric(metric.name, metric.unit, steps, metric.values[rows])
        for metric, rows in ((train, at), (validation, there))
    ]
    why = _refusal(*shared)
    if why:
        return unchecked("overfitting", health.OVERFIT_RISE, why)
    return health.overfitting(steps, shared[0].values, shared[1].values)


def _vanishing(means: Sequence[Metric]) -> Check:
    if len(means) < 2:
        why = "no gradients of two layers" if means else "no gradients"
        return unchecked("vanishing", health.VANISHING_RATIO, why)
    steps, values = _together([means[0], means[-1]])
    return health.vanishing(steps, values[0], values[1])


def _exploding(norms: Sequence[Metric]) -> Check:
    if not norms:
        return unchecked("exploding", health.EXPLODING_RATIO, "no gradients")
    return health.exploding(*_together(norms))


def _together(metrics: Sequence[Metric]) -> tuple[IntArray, FloatArray]:
    """The steps that all recorded, and the values there, shape (metrics, steps)."""
    steps = reduce(np.intersect1d, [metric.steps for metric in metrics])
    values = [metric.values[np.searchsorted(metric.steps, steps)] for metric in metrics]
    return steps, np.array(values, dtype=np.float64)


def _broken(metrics: Sequence[Metric]) -> tuple[IntArray, IntArray]:
    """All steps, and those at which any metric is not finite."""
    every = reduce(np.union1d, [metric.steps for metric in metrics])
    broken = [metric.steps[~np.isfinite(metric.values)] for metric in metrics]
    return every, reduce(np.union1d, broken).astype(np.int64)
