"""What the panels of ``training_health`` show of each run, as frames: lines, rings, what lies beyond."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from figproof.model import FloatArray, Frame, IntArray, Run, frame
from figproof.numerics.health import Check
from figproof.numerics.reduce import keep_extremes
from figproof.numerics.scales import beyond, common_limits
from figproof.numerics.verdicts import of_outer_layers, of_whole_gradient

DRAWN_STRETCHES = 300
GRADIENTS = ("gradient norm", "first layer's mean |gradient|", "last layer's mean |gradient|")
_RING_ON = {"overfitting": "validation", "vanishing": GRADIENTS[1], "exploding": GRADIENTS[0]}

Lines = Mapping[str, tuple[IntArray, FloatArray]]
"""What a panel shows: name of a line -> its steps and values."""


def lines_of(run: Run, losses: Sequence[str]) -> Lines:
    """What a panel shows of a run: its losses, and of the gradient what was recorded."""
    drawn = {name: (run.metric(name).steps, run.metric(name).values) for name in losses}
    gradients = dict(zip(GRADIENTS, [of_whole_gradient(run), *of_outer_layers(run)], strict=True))
    return drawn | {name: part for name, part in gradients.items() if part[0].size}


def of_panel(panel: int, part: Frame) -> Frame:
    """The rows of a part, each with the panel that it belongs to."""
    rows = next(iter(part.values())).size
    return {"panel": np.full(rows, panel, dtype=np.int64), **part}


def line_frame(name: str, steps: IntArray, values: FloatArray) -> Frame:
    """A line of shape (n,), with the extremes of each of :data:`DRAWN_STRETCHES` stretches."""
    kept = keep_extremes(values[None, :], DRAWN_STRETCHES)
    return frame(metric=[name] * kept.size, step=steps[kept], value=values[kept])


def verdict_frame(lines: Sequence[Sequence[str]]) -> Frame:
    """A row for each part of a line; the parts of one line stand together where there is room."""
    return frame(
        line=[number for number, parts in enumerate(lines) for _ in parts],
        text=[part for parts in lines for part in parts],
    )


def rings_frame(checks: Sequence[Check], lines: Lines, train: str, validation: str | None) -> Frame:
    """Where each fault starts, on the line that shows it; where values stop being finite has a cross."""
    rows: list[tuple[str, str, int, float]] = []
    for check in checks:
        if not check.found or check.fault in ("underfitting", "not finite"):
            continue
        on = _RING_ON.get(check.fault, train)
        name = (validation or train) if on == "validation" else on
        steps, values = lines[name]
        rows.append((check.fault, name, check.step, float(values[np.searchsorted(steps, check.step)])))
    return {
        "condition": np.array([row[0] for row in rows], dtype=np.str_),
        "metric": np.array([row[1] for row in rows], dtype=np.str_),
        "x": np.array([row[2] for row in rows], dtype=np.int64),
        "value": np.array([row[3] for row in rows], dtype=np.float64),
    }


def shared_limits(every: Sequence[Lines], names: Sequence[str], logarithmic: bool) -> list[float]:
    """Ends of the axis that all panels share; empty if nothing can stand on it."""
    series = [lines[name][1] for lines in every for name in names if name in lines]
    return list(common_limits(series, logarithmic=logarithmic) or [])


def beyond_frame(name: str, steps: IntArray, values: FloatArray, limits: Sequence[float]) -> Frame:
    """What lies beyond the axis: an extreme of each stretch."""
    at = beyond(values, limits[0], limits[1]) if limits else np.zeros(0, dtype=np.int64)
    return {"metric": np.array([name] * at.size, dtype=np.str_), "x": steps[at], "value": values[at]}
