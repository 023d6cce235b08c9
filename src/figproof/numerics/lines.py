"""A line of a figure as rows of its table, and whether it can be drawn."""

from __future__ import annotations

import numpy as np

from figproof.errors import FigproofError
from figproof.model import FloatArray, Frame, IntArray, Metric, frame
from figproof.numerics.intervals import OverRuns


def check_units(first: Metric, other: Metric) -> None:
    """Refuse metrics of different units, or per different steps, on one axis."""
    if (first.unit, first.step_unit) != (other.unit, other.step_unit):
        raise FigproofError(
            f"metrics of different units cannot share an axis: {first.name} ({first.unit!r} per "
            f"{first.step_unit}), {other.name} ({other.unit!r} per {other.step_unit})",
            where="params.metrics",
            hint="draw them as two panels",
        )


def check_drawable(drawn: OverRuns, before: OverRuns, where: str, logarithmic: bool) -> None:
    """Refuse a line without a finite point, and what has no place on a logarithmic axis.

    Parameters
    ----------
    drawn, before : OverRuns
        The line with its band, and the same before smoothing.
    where : str
        For the error.
    logarithmic : bool
        Whether the y axis is.
    """
    if not np.isfinite(drawn.centre).any():
        raise FigproofError(
            "has no step at which every run is finite", where=where, hint="leave the condition out"
        )
    for name, series in (("value", before.centre), ("band", drawn.low)) if logarithmic else ():
        finite = series[np.isfinite(series)]
        if finite.size and finite.min() <= 0:
            stays = ", or band: bootstrap95 or minmax, which stay within the data"
            raise FigproofError(
                f"a {name} of {finite.min():.6g} cannot stand on a logarithmic axis",
                where=where,
                hint="set y_scale: symlog with symlog_threshold" + (stays if name == "band" else ""),
            )


def line_frame(
    names: tuple[str, str, str], steps: IntArray, x: FloatArray, drawn: OverRuns, kept: IntArray
) -> Frame:
    """The kept points of a line.

    Parameters
    ----------
    names : (str, str, str)
        Condition, metric and the line's own name, repeated in every row.
    steps, x : ndarray, shape (n,)
    drawn : OverRuns
    kept : ndarray of int, shape (m,)
        Indices of the points to draw.
    """
    condition, metric, line = ([name] * kept.size for name in names)
    return frame(
        condition=condition,
        metric=metric,
        line=line,
        step=steps[kept],
        x=x[kept],
        value=drawn.centre[kept],
        low=drawn.low[kept],
        high=drawn.high[kept],
        runs=drawn.runs[kept],
    )
