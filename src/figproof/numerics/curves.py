"""Series of one run or of several: smoothing, and putting different step grids side by side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from figproof.errors import FigproofError, suggest
from figproof.model import FloatArray, IntArray, Metric, Run


def run_name(run: Run) -> str:
    """``"seed 3"``, or the start of the digest for a run without a seed; never the store's id."""
    return f"run {run.digest[:8]}" if run.seed is None else f"seed {run.seed}"


def metric_of_each(runs: Sequence[Run], name: str) -> tuple[Metric, ...]:
    """The named metric of every run, all in one unit.

    Raises
    ------
    FigproofError
        No run recorded it (lists those they have), some did not (names them), one has no point, or
        units differ.
    """
    lacking = [f"{run.condition} {run_name(run)}" for run in runs if name not in run.metrics]
    if len(lacking) == len(runs):
        known = sorted({metric for run in runs for metric in run.metrics})
        raise FigproofError(
            f"metric {name!r} was recorded by none of {len(runs)} runs. {suggest(name, known)}"
        )
    if lacking:
        raise FigproofError(
            f"metric {name!r} was not recorded by {', '.join(lacking)}",
            hint="leave these runs out of the pin",
        )
    metrics = tuple(run.metrics[name] for run in runs)
    empty = [
        f"{run.condition} {run_name(run)}"
        for run, metric in zip(runs, metrics, strict=True)
        if not metric.steps.size
    ]
    if empty:
        raise FigproofError(f"metric {name!r} has no point in {', '.join(empty)}")
    units = sorted({(metric.unit, metric.step_unit) for metric in metrics})
    if len(units) > 1:
        raise FigproofError(f"metric {name!r} was recorded in different units (value, step): {units}")
    return metrics


def gradient_layers(run: Run, statistic: str) -> list[int]:
    """The layers k, rising, whose ``gradient.<statistic>.layer<k>`` a run recorded."""
    pattern = re.compile(rf"gradient\.{statistic}\.layer(\d{{1,6}})")
    return sorted({int(match[1]) for name in run.metrics if (match := pattern.fullmatch(name))})


def ema(values: FloatArray, decay: float) -> FloatArray:
    """Debiased exponential moving average.

    ``m_t = decay * m_(t-1) + (1 - decay) * x_t`` from ``m_0 = 0``, divided by ``1 - decay**t``: the
    bias correction of Kingma & Ba 2015 (Adam, section 3), as TensorBoard draws it.

    Parameters
    ----------
    values : ndarray, shape (n,)
        A value that is not finite stays as it is and does not enter the average.
    decay : float
        0 (no smoothing) up to, not including, 1.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    FigproofError
        ``decay`` is outside [0, 1).
    """
    if not 0 <= decay < 1:
        raise FigproofError(f"the decay of an exponential average must be in [0, 1), not {decay}")
    smooth = np.array(values, dtype=np.float64)
    finite = np.isfinite(smooth)
    kept = smooth[finite]
    # The same recurrence for a series of ones is 1 - decay**t, without a power to round.
    mean, weight = (
        scipy.signal.lfilter([1 - decay], [1, -decay], series) for series in (kept, np.ones(kept.size))
    )
    smooth[finite] = mean / weight
    return smooth


def moving_average(values: FloatArray, window: int) -> FloatArray:
    """Centred moving average whose window shrinks from both sides at the edges.

    The window stays centred everywhere, so a straight line comes back unchanged up to its ends, and
    the first and last value are the recorded ones.

    Parameters
    ----------
    values : ndarray, shape (n,)
        A value that is not finite stays as it is and does not enter its neighbours' averages.
    window : int
        Odd, in points.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    FigproofError
        ``window`` is even or not positive.
    """
    if window < 1 or window % 2 == 0:
        raise FigproofError(f"the window of a centred average must be odd and at least 1, not {window}")
    values = np.asarray(values, dtype=np.float64)
    finite = np.isfinite(values)
    smooth = values.copy()
    position = np.arange(values.size)
    reach = np.minimum(window // 2, np.minimum(position, values.size - 1 - position))
    total, count = (
        values * finite if finite.all() else np.where(finite, values, 0.0),
        finite.astype(np.float64),
    )
    # Sum by offset, not by difference of cumulative sums: that would lose digits after a large value.
    for offset in range(1, window // 2 + 1):
        inside = np.flatnonzero(reach >= offset)
        for neighbour in (inside - offset, inside + offset):
            total[inside] += np.where(finite[neighbour], values[neighbour], 0.0)
            count[inside] += finite[neighbour]
    smooth[finite] = total[finite] / count[finite]
    return smooth


@dataclass(frozen=True)
class Aligned:
    """Several series on one step grid.

    Attributes
    ----------
    steps : ndarray of int64, shape (n,)
        Strictly increasing.
    values : ndarray of float64, shape (series, n)
        NaN where a series has no such step, and where it recorded NaN.
    recorded : ndarray of bool, shape (series, n)
        Tells the two apart.
    left_out : int
        How many recorded points stand on steps that are not in the grid.
    """

    steps: IntArray
    values: FloatArray
    recorded: npt.NDArray[np.bool_]
    left_out: int

    def only(self, rows: list[int]) -> Aligned:
        """Some of the series, at the steps that at least one of them recorded."""
        recorded = self.recorded[rows]
        there = recorded.any(axis=0)
        if len(rows) == len(self.values) and there.all():
            return Aligned(self.steps, self.values[rows], recorded, self.left_out)
        return Aligned(self.steps[there], self.values[rows][:, there], recorded[:, there], self.left_out)


def align(grids: Sequence[IntArray], values: Sequence[FloatArray], rule: str) -> Aligned:
    """Put series on one step grid; nothing is interpolated.

    Parameters
    ----------
    grids, values : sequence of ndarray, each of shape (n_i,)
        Steps are strictly increasing.
    rule : {"equal", "common", "union"}
        ``equal`` refuses grids that differ; ``common`` keeps the steps that all share; ``union``
        keeps all steps, with gaps.

    Raises
    ------
    FigproofError
        The grids differ under ``equal``, or share no step under ``common``.
    """
    first = grids[0]
    equal = all(np.array_equal(first, grid) for grid in grids[1:])
    if rule == "equal" and not equal:
        sizes = sorted({grid.size for grid in grids})
        lasts = sorted({int(grid[-1]) for grid in grids if grid.size})
        raise FigproofError(
            f"the runs were recorded at different steps ({'/'.join(map(str, sizes))} points, "
            f"last step {'/'.join(map(str, lasts))})",
            hint="set align: common (only the steps that all share) or align: union (all steps, with gaps)",
        )
    if equal and first.size:
        whole = np.array(values, dtype=np.float64)
        return Aligned(first.astype(np.int64), whole, np.ones(whole.shape, dtype=np.bool_), 0)
    steps = first
    for grid in grids[1:]:
        steps = np.union1d(steps, grid) if rule == "union" else np.intersect1d(steps, grid)
    if steps.size == 0:
        raise FigproofError("the runs share no step", hint="set align: union")
    placed = np.full((len(grids), steps.size), np.nan)
    recorded = np.zeros((len(grids), steps.size), dtype=np.bool_)
    for row, (grid, series) in enumerate(zip(grids, values, strict=True)):
        kept = np.isin(grid, steps)
        column = np.searchsorted(steps, grid[kept])
        placed[row, column] = series[kept]
        recorded[row, column] = True
    left_out = sum(grid.size for grid in grids) - int(recorded.sum())
    return Aligned(steps.astype(np.int64), placed, recorded, left_out)


def x_of(runs: Sequence[Run], name: str | None, aligned: Aligned) -> FloatArray:
    """Where the steps of some runs stand on the x axis.

    Parameters
    ----------
    runs : sequence of Run
    name : str or None
        A metric of the runs, such as time: its mean over the runs recorded at a step. None: the step.
    aligned : Aligned
        The runs' series; each step was recorded by a run.

    Returns
    -------
    ndarray, shape (n,)
        Never falling.

    Raises
    ------
    FigproofError
        A run did not record the metric at one of its steps, or the positions fall or are not finite.
    """
    if name is None:
        return aligned.steps.astype(np.float64)
    placed = np.zeros(aligned.recorded.shape)
    for row, other in enumerate(metric_of_each(runs, name)):
        wanted = aligned.steps[aligned.recorded[row]]
        lacking = np.setdiff1d(wanted, other.steps)
        if lacking.size:
            raise FigproofError(
                f"metric {name!r} was not recorded at {lacking.size} of {wanted.size} steps, "
                f"e.g. {lacking[0]}",
                where="params.x",
                hint="record it at every step of the metric that is drawn, or leave params.x out",
            )
        placed[row, aligned.recorded[row]] = other.values[np.searchsorted(other.steps, wanted)]
    x: FloatArray = placed.sum(axis=0) / aligned.recorded.sum(axis=0)
    if not np.isfinite(x).all() or (np.diff(x) < 0).any():
        raise FigproofError(
            f"metric {name!r} does not rise from step to step and cannot be an x axis",
            where="params.x",
            hint="choose a metric that only grows; runs of different lengths need align: common",
        )
    return x
