"""The centre of several runs and a band around it, step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from figproof.errors import FigproofError
from figproof.model import FloatArray, IntArray

RESAMPLES = 10_000
LEVEL = 0.95
_CHUNK_VALUES = 4_000_000

Statistic = Callable[..., FloatArray]


def mean(values: FloatArray, axis: int = 0) -> FloatArray:
    """Arithmetic mean; NaN where a value is NaN."""
    return np.asarray(np.mean(values, axis=axis))


def median(values: FloatArray, axis: int = 0) -> FloatArray:
    """Median; NaN where a value is NaN."""
    return np.asarray(np.median(values, axis=axis))


def iqm(values: FloatArray, axis: int = 0) -> FloatArray:
    """Interquartile mean: the mean without the lowest and highest quarter (Agarwal et al. 2021).

    ``floor(n / 4)`` values are cut at each end, as ``scipy.stats.trim_mean(values, 0.25)`` does, so
    up to three runs give the plain mean. NaN where a value is NaN.
    """
    count = values.shape[axis]
    cut = count // 4
    # Sorting puts NaN last, where trimming would hide it: it must stay visible.
    broken = np.isnan(values).any(axis=axis)
    ordered = np.sort(values, axis=axis, kind="stable")
    inner = np.take(ordered, np.arange(cut, count - cut), axis=axis)
    return np.where(broken, np.nan, np.mean(inner, axis=axis))


CENTRES: dict[str, Statistic] = {"mean": mean, "median": median, "iqm": iqm}


def sd_band(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean minus and plus the sample standard deviation (n - 1), shape (runs, n) -> two of (n,)."""
    centre, half = mean(values), np.std(values, axis=0, ddof=1)
    return centre - half, centre + half


def sem_band(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean minus and plus the standard error, sd / sqrt(n)."""
    centre, half = mean(values), np.std(values, axis=0, ddof=1) / np.sqrt(values.shape[0])
    return centre - half, centre + half


def minmax_band(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Smallest and largest run at each step; NaN where a value is NaN."""
    return np.min(values, axis=0), np.max(values, axis=0)


def bootstrap_band(
    values: FloatArray, statistic: Statistic, seed: int, *, resamples: int = RESAMPLES, level: float = LEVEL
) -> tuple[FloatArray, FloatArray]:
    """Percentile-bootstrap confidence interval over runs (Efron & Tibshirani 1993, section 13.3).

    Runs are resampled whole, one draw for all steps. They are first put into an order that depends
    only on their values, so the interval does not depend on the order in which they are given. Equal
    resamples are computed once and counted: with five runs there are 126 and not 10,000.

    Parameters
    ----------
    values : ndarray, shape (runs, n)
    statistic : callable (ndarray, axis) -> ndarray
    seed : int
    resamples : int
    level : float
        Of the confidence interval, in (0, 1).

    Returns
    -------
    low, high : ndarray, shape (n,)
        NaN where a value is not finite.
    """
    count, steps = values.shape
    values = values[np.lexsort(values.T[::-1])]
    draws = np.random.default_rng(seed).integers(0, count, size=(resamples, count))
    distinct, times = np.unique(np.sort(draws, axis=1), axis=0, return_counts=True)
    tail = (1 - level) / 2
    low, high = np.full(steps, np.nan), np.full(steps, np.nan)
    finite = np.flatnonzero(np.isfinite(values).all(axis=0))
    width = max(1, _CHUNK_VALUES // distinct.size)
    for start in range(0, finite.size, width):
        columns = finite[start : start + width]
        sampled = statistic(values[:, columns][distinct], axis=1)
        low[columns], high[columns] = _counted_quantiles(sampled, times.astype(np.int64), (tail, 1 - tail))
    return low, high


def _counted_quantiles(values: FloatArray, times: IntArray, levels: tuple[float, float]) -> FloatArray:
    """``np.quantile(np.repeat(values, times, axis=0), levels, axis=0)`` without the repetition."""
    order = np.argsort(values, axis=0, kind="stable")
    ordered = np.take_along_axis(values, order, axis=0)
    up_to = np.cumsum(times[order], axis=0)
    found = []
    for level in levels:
        position = level * (int(times.sum()) - 1)
        below = int(np.floor(position))
        pair = [
            np.take_along_axis(ordered, (up_to <= rank).sum(axis=0)[None, :], axis=0)[0]
            for rank in (below, int(np.ceil(position)))
        ]
        found.append(pair[0] + (position - below) * (pair[1] - pair[0]))
    return np.array(found)


def band(values: FloatArray, centre: str, kind: str, seed: int) -> tuple[FloatArray, FloatArray]:
    """The band of one kind.

    Parameters
    ----------
    values : ndarray, shape (runs, n)
    centre : {"mean", "median", "iqm"}
    kind : {"sd", "sem", "bootstrap95", "minmax"}
    seed : int
        Of the bootstrap.

    Raises
    ------
    FigproofError
        One run has no spread; ``sd`` and ``sem`` belong to a mean.
    """
    if values.shape[0] < 2:
        raise FigproofError(
            f"band {kind!r} needs at least two runs, there is {values.shape[0]}", hint="set band: none"
        )
    if kind == "bootstrap95":
        return bootstrap_band(values, CENTRES[centre], seed)
    if kind == "minmax":
        return minmax_band(values)
    if centre != "mean":
        raise FigproofError(
            f"band {kind!r} is around a mean, not a {centre}", hint="set band: bootstrap95 or minmax"
        )
    return sd_band(values) if kind == "sd" else sem_band(values)


@dataclass(frozen=True)
class OverRuns:
    """Centre and band of several runs, all of shape (n,).

    Attributes
    ----------
    centre, low, high : ndarray of float64
        NaN where a run's value is not finite (a mean over the others would hide that it failed)
        and where no run was recorded. The band is NaN, too, where fewer than two runs were recorded,
        and everywhere without a band.
    runs : ndarray of int64
        How many runs were recorded at each step.
    """

    centre: FloatArray
    low: FloatArray
    high: FloatArray
    runs: IntArray


def over_runs(
    values: FloatArray, recorded: npt.NDArray[np.bool_], centre: str, kind: str, seed: int
) -> OverRuns:
    """Centre and band at each step over the runs that were recorded there.

    Parameters
    ----------
    values : ndarray, shape (runs, n)
    recorded : ndarray of bool, shape (runs, n)
        False where a run has no such step.
    centre : {"mean", "median", "iqm"}
    kind : {"none", "sd", "sem", "bootstrap95", "minmax"}
    seed : int
        Of the bootstrap.

    Raises
    ------
    FigproofError
        As :func:`band`, when no step has two runs or the band does not belong to the centre.
    """
    steps = values.shape[1]
    if recorded.all():
        # The usual case, without a search for patterns in millions of columns.
        patterns, which = np.ones((values.shape[0], 1), dtype=np.bool_), np.zeros(steps, dtype=np.int64)
    else:
        patterns, which = np.unique(recorded, axis=1, return_inverse=True)
    middle, low, high = (np.full(steps, np.nan) for _ in range(3))
    most = int(recorded.sum(axis=0).max())
    for index, present in enumerate(patterns.T):
        if not present.any():
            continue
        columns = np.flatnonzero(which.ravel() == index)
        part = np.where(np.isfinite(values), values, np.nan)[np.ix_(present, columns)]
        middle[columns] = CENTRES[centre](part, axis=0)
        if kind != "none" and present.sum() >= min(2, most):
            low[columns], high[columns] = band(part, centre, kind, seed)
    return OverRuns(middle, low, high, recorded.sum(axis=0).astype(np.int64))
