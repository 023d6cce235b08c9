"""What the rules of :mod:`figproof.numerics.health` say of a recorded run, and in which words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from figproof.model import FloatArray, Frame, IntArray, Metric, Run, frame
from figproof.numerics import health
from figproof.numerics.curves import gradient_layers, run_name
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

NOT_FINITE = "losses are not finite"

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


def checks_frame(run: Run, checks: Sequence[Check]) -> Frame:
    """A row for each rule."""
    return frame(
        condition=[run.condition] * len(checks),
        run=[run_name(run)] * len(checks),
        fault=[check.fault for check in checks],
        checked=[check.checked for check in checks],
        found=[check.found for check in checks],
        value=[check.value for check in checks],
        threshold=[check.threshold for check in checks],
        step=[check.step for check in checks],
        why=[check.why for check in checks],
    )


def of_whole_gradient(run: Run) -> tuple[IntArray, FloatArray]:
    """Steps, shape (n,), and the norm of the gradient of all layers; empty if none was recorded."""
    norms = [*_layers(run, "norm").values()]
    if not norms:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    steps, values = _together(norms)
    return steps, np.asarray(np.hypot.reduce(values, axis=0))


def of_outer_layers(run: Run) -> list[tuple[IntArray, FloatArray]]:
    """Steps and mean absolute gradient of the first and of the last layer; empty if fewer than two."""
    means = [*_layers(run, "mean").values()]
    if len(means) < 2:
        return [(np.zeros(0, dtype=np.int64), np.zeros(0))] * 2
    return [(metric.steps, metric.values) for metric in (means[0], means[-1])]


def sentence(check: Check, step_unit: str) -> tuple[str, ...]:
    """``("oscillating from epoch 16", "late swings of 21 % (limit 8 %)")``; empty if nothing was found."""
    if not check.found:
        return ()
    start = "throughout" if check.fault == "underfitting" else f"from {step_unit} {check.step}"
    value, limit = _spelt(check.fault, check.value), _spelt(check.fault, check.threshold)
    measured = {
        "overfitting": f"validation rises {value}",
        "underfitting": f"{value} of loss left",
        "plateau": f"changes by {value}",
        "oscillating": f"late swings of {value}",
        "diverged": f"ends at {value} its start",
        "not finite": f"{value} of {step_unit}s",
        "vanishing": f"first/last layer {value}",
        "exploding": f"norm grows {value}-fold",
    }[check.fault]
    return f"{check.fault} {start}", f"{measured} (limit {limit})"


def verdict(checks: Sequence[Check], step_unit: str) -> list[tuple[str, ...]]:
    """What is written on a run's panel, line by line, each in parts that may be broken apart.

    The faults that were found, or that none was by how many rules; then the rules that were not asked
    and why, but for those of losses that are not finite, which is a fault of its own.
    """
    lines = [sentence(check, step_unit) for check in checks if check.found]
    asked = sum(check.checked for check in checks)
    if not lines:
        lines.append((f"no fault found by {asked} rule{'s' if asked != 1 else ''}",))
    for why in dict.fromkeys(check.why for check in checks if not check.checked):
        if why != NOT_FINITE:
            names = [check.fault for check in checks if not check.checked and check.why == why]
            lines.append((f"not checked: {', '.join(names)}", f"({why})"))
    return lines


def _spelt(fault: str, value: float) -> str:
    """Large ratios as a number, shares in percent."""
    if fault in ("vanishing", "exploding"):
        return _rounded(value)
    # A space that does not break: a line must not start with the unit.
    return f"{_rounded(value)}\u00a0×" if fault == "diverged" else f"{_rounded(100 * value)}\u00a0%"


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
        return NOT_FINITE
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
