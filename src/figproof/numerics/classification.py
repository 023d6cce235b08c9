"""Ranked predictions against truth: ROC and precision-recall curves, their areas and intervals.

Thresholds are the distinct scores: points of one score enter together, whatever their order, so ties of
scores that were stored in half precision neither help nor hurt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from figproof.errors import FigproofError
from figproof.model import FloatArray, IntArray

RESAMPLES = 1000
LEVEL = 0.95


@dataclass(frozen=True)
class Ranking:
    """Binary truth in the order of falling scores.

    Attributes
    ----------
    order : ndarray of int64, shape (n,)
        Points by falling score.
    positive : ndarray of bool, shape (n,)
        Truth in that order.
    ends : ndarray of int64, shape (t,)
        Last place of each distinct score.
    """

    order: IntArray
    positive: npt.NDArray[np.bool_]
    ends: IntArray


def rank(positive: npt.NDArray[np.bool_], scores: FloatArray) -> Ranking:
    """Sort points by falling score.

    Parameters
    ----------
    positive : ndarray of bool, shape (n,)
    scores : ndarray, shape (n,)

    Raises
    ------
    FigproofError
        A score is not finite, or all points are of one kind.
    """
    if not np.isfinite(scores).all():
        raise FigproofError("scores are not finite", hint="choose an epoch before the run diverged")
    if positive.all() or not positive.any():
        kind = "negative" if positive.all() else "positive"
        raise FigproofError(f"there is no {kind} example: neither curve is defined")
    order = np.argsort(-scores, kind="stable").astype(np.int64)
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True)).astype(np.int64)
    return Ranking(order, positive[order], ends)


def counts_at_thresholds(
    ranking: Ranking, weights: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """True and false positives at each distinct score, from the highest; shape (..., t).

    Parameters
    ----------
    weights : ndarray, shape (..., n), optional
        How often each point counts, in the points' own order.
    """
    counted = np.ones(ranking.order.size) if weights is None else weights[..., ranking.order]
    hits = np.cumsum(counted * ranking.positive, axis=-1)[..., ranking.ends]
    misses = np.cumsum(counted * ~ranking.positive, axis=-1)[..., ranking.ends]
    return hits, misses


def roc(ranking: Ranking) -> tuple[FloatArray, FloatArray]:
    """False and true positive rate, from (0, 0) to (1, 1) (Fawcett 2006)."""
    hits, misses = counts_at_thresholds(ranking)
    return np.append(0.0, misses / misses[-1]), np.append(0.0, hits / hits[-1])


def precision_recall(ranking: Ranking) -> tuple[FloatArray, FloatArray]:
    """Recall and precision at each distinct score, from the highest; nothing is interpolated between.

    The first precision also stands at recall 0, so that steps drawn to the left enclose the average.
    """
    hits, misses = counts_at_thresholds(ranking)
    precision = hits / (hits + misses)
    return np.append(0.0, hits / hits[-1]), np.append(precision[0], precision)


def auc(ranking: Ranking, weights: FloatArray | None = None) -> FloatArray:
    """Area under the ROC curve by trapezoids: ties count one half; shape (...).

    NaN where the weights leave one of the two kinds out.
    """
    hits, misses = counts_at_thresholds(ranking, weights)
    zero = np.zeros((*hits.shape[:-1], 1))
    tall = np.concatenate([zero, hits], axis=-1)
    wide = np.diff(np.concatenate([zero, misses], axis=-1), axis=-1)
    area = (wide * (tall[..., 1:] + tall[..., :-1]) / 2).sum(axis=-1)
    total = hits[..., -1] * misses[..., -1]
    return np.asarray(np.divide(area, total, out=np.full(np.shape(area), np.nan), where=total > 0))


def average_precision(ranking: Ranking, weights: FloatArray | None = None) -> FloatArray:
    """Sum of precision times the step in recall, without interpolation, as scikit-learn defines it."""
    hits, misses = counts_at_thresholds(ranking, weights)
    steps = np.diff(np.concatenate([np.zeros((*hits.shape[:-1], 1)), hits], axis=-1), axis=-1)
    found = hits + misses
    precision = np.divide(hits, found, out=np.zeros_like(hits), where=found > 0)
    total = hits[..., -1]
    area = (precision * steps).sum(axis=-1)
    return np.asarray(np.divide(area, total, out=np.full(np.shape(area), np.nan), where=total > 0))


def resampled_weights(points: int, seed: int, resamples: int = RESAMPLES) -> FloatArray:
    """How often each point stands in each bootstrap sample, shape (resamples, points)."""
    draws = np.random.default_rng(seed).integers(0, points, size=(resamples, points))
    flat = draws + points * np.arange(resamples)[:, None]
    return np.bincount(flat.ravel(), minlength=resamples * points).reshape(resamples, points).astype(float)


def interval(values: FloatArray, level: float = LEVEL) -> tuple[float, float]:
    """Percentile interval (Efron & Tibshirani 1993, 13.3) of resampled values; NaN is left out."""
    finite = values[np.isfinite(values)]
    if not finite.size:
        return float("nan"), float("nan")
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def mean_curve(curves: list[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    """The mean of several curves at every x that one of them has; each is linear between its points.

    A vertical piece counts with its upper end, so that the mean begins where the curves do.
    """
    grid = np.unique(np.concatenate([x for x, _ in curves]))
    heights = [np.interp(grid, x, np.maximum.accumulate(y)) for x, y in curves]
    return np.append(0.0, grid), np.append(0.0, np.mean(heights, axis=0))


def mean_precision(curves: list[tuple[FloatArray, FloatArray]]) -> tuple[FloatArray, FloatArray]:
    """The mean precision of several classes at every recall above 0 that one of them has.

    A class's precision at recall r is that of its highest threshold whose recall is r or more: the steps
    of :func:`average_precision`, not interpolated (Davis & Goadrich 2006 say why lines would be wrong).
    So the area under the mean's steps is the mean of the average precisions, macro AP.

    Parameters
    ----------
    curves : list of (recall, precision)
        As :func:`precision_recall` gives them.
    """
    grid = np.unique(np.concatenate([recall[recall > 0] for recall, _ in curves]))
    heights = [precision[1:][np.searchsorted(recall[1:], grid)] for recall, precision in curves]
    mean = np.mean(heights, axis=0)
    return np.append(0.0, grid), np.append(mean[0], mean)
