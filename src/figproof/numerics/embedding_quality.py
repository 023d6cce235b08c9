"""What a placement of points kept of the data, and how far points moved between two placements."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy

from figproof.errors import FigproofError
from figproof.model import FloatArray, IntArray
from figproof.steps import step

ROWS_AT_ONCE = 64
"""Rows of a distance matrix held at a time: with 10,000 points they stay in the processor's cache."""


def nearest(points: FloatArray, neighbours: int) -> IntArray:
    """The k nearest other points of each point, nearest first, shape (n, k); ties by index.

    Raises
    ------
    FigproofError
        k is not in 1..(n-1)/2, which trustworthiness needs.
    """
    largest = (len(points) - 1) // 2
    if not 1 <= neighbours <= largest:
        raise FigproofError(
            f"quality over {neighbours} neighbours: allowed are 1..{largest} for so few points",
            where="embedding",
            hint="record more points",
        )
    found = np.empty((len(points), neighbours), dtype=np.int64)
    for rows, distance in _distances(points):
        for place in range(neighbours):
            # argmin takes the first of equals, so equal distances rank by index.
            found[rows, place] = distance.argmin(axis=1)
            distance[np.arange(rows.size), found[rows, place]] = np.inf
    return found


def trustworthiness(data: FloatArray, near: IntArray) -> float:
    """How far neighbours in the placement are neighbours in the data, 0..1 (Venna & Kaski 2001).

    T(k) = 1 - 2 / (n k (2 n - 3 k - 1)) * sum_i sum_{j in U_k(i)} (r(i, j) - k), where U_k(i) are the
    points among the k nearest of i in the placement but not in the data, and r(i, j) is j's rank among
    i's neighbours in the data. Equal distances rank by index. Exact, over all points: ranks are
    counted for the k neighbours only, so nothing is sorted.

    Parameters
    ----------
    data : ndarray, shape (n, h)
    near : ndarray, shape (n, k)
        :func:`nearest` of the placement.
    """
    count, neighbours = near.shape[0], near.shape[1]
    penalty = 0
    for rows, distance in _distances(data):
        for row, from_row in zip(rows, distance, strict=True):
            for column in near[row]:
                penalty += max(_rank(from_row, int(column)) - neighbours, 0)
    largest = count * neighbours * (2 * count - 3 * neighbours - 1)
    return float(1 - 2 * penalty / largest)


def knn_accuracy(labels: IntArray, near: IntArray) -> float:
    """Fraction of points whose label wins the vote of their k nearest other points, 0..1.

    A tied vote goes to the smallest label, as in scikit-learn.

    Parameters
    ----------
    labels : ndarray, shape (n,)
    near : ndarray, shape (n, k)
        :func:`nearest` of the placement.
    """
    names, coded = np.unique(labels, return_inverse=True)
    votes = (coded[near][:, :, None] == np.arange(names.size)).sum(axis=1)
    return float((votes.argmax(axis=1) == coded).mean())


def quality(data: FloatArray, placed: FloatArray, labels: IntArray, neighbours: int, name: str) -> FloatArray:
    """:func:`trustworthiness` and :func:`knn_accuracy` of a placement, shape (2,), as one step.

    Parameters
    ----------
    name : str
        What is judged, for a line of progress.
    """

    def compute() -> list[float]:
        near = nearest(placed, neighbours)
        return [trustworthiness(data, near), knn_accuracy(labels, near)]

    settings = {"name": "quality", "neighbours": neighbours}
    return step(f"quality of {name}", [data, placed, labels], settings, compute)


def displacement(before: FloatArray, after: FloatArray) -> float:
    """Mean distance that points move, in units of the placements' radius.

    The radius is the root mean square distance of the points from their centroid, over both
    placements. Placements that have nothing in common score about 1.3 in the plane.

    Parameters
    ----------
    before, after : ndarray, shape (n, d)
        Row i is the same point in both.
    """
    spread = before.var(axis=0).sum() + after.var(axis=0).sum()
    moved = float(np.sqrt(((after - before) ** 2).sum(axis=1)).mean())
    return moved / float(np.sqrt(spread / 2)) if spread > 0 else 0.0


def turned_onto(before: FloatArray, after: FloatArray) -> FloatArray:
    """``after``, moved and turned (or mirrored) as a whole to lie as near as it can to ``before``.

    Orthogonal Procrustes: what a reader could still do by eye with two independent fits.
    """
    centre = after.mean(axis=0)
    turn, _ = scipy.linalg.orthogonal_procrustes(after - centre, before - before.mean(axis=0))
    result: FloatArray = (after - centre) @ turn + before.mean(axis=0)
    return result


def _distances(points: FloatArray) -> Iterator[tuple[IntArray, FloatArray]]:
    """Blocks of row indices with squared distances to all points, infinite to the row's own."""
    for first in range(0, len(points), ROWS_AT_ONCE):
        rows = np.arange(first, min(first + ROWS_AT_ONCE, len(points)))
        distance = scipy.spatial.distance.cdist(points[rows], points, "sqeuclidean")
        distance[np.arange(rows.size), rows] = np.inf
        yield rows, distance


def _rank(distance: FloatArray, column: int) -> int:
    """Rank, from 1, of one of the distances; of equal ones, the earlier is nearer."""
    # One row at a time: numpy counts a flat array of booleans many times faster than along an axis.
    chosen = distance[column]
    nearer = np.count_nonzero(distance < chosen)
    return int(nearer + np.count_nonzero(distance[:column] == chosen) + 1)
