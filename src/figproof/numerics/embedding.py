"""Points in the plane: PCA on a named basis, star coordinates, a UMAP chain, and what each kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

from figproof.errors import FigproofError
from figproof.model import FloatArray, IntArray

ROWS_AT_ONCE = 512
"""Rows of a distance matrix held at a time, so that 10,000 points need 40 MB and not 800."""


@dataclass(frozen=True)
class Basis:
    """Two principal directions and where they start.

    Attributes
    ----------
    mean : ndarray, shape (h,)
    directions : ndarray, shape (2, h)
        Orthonormal rows; in each, the entry of largest magnitude is positive.
    explained : ndarray, shape (2,)
        Fraction of the total variance along each direction.
    """

    mean: FloatArray
    directions: FloatArray
    explained: FloatArray


def checked(data: npt.ArrayLike, where: str) -> FloatArray:
    """Data as float64 of shape (n, h), n >= 3, all finite.

    Raises
    ------
    FigproofError
        Another shape, or NaN or infinities (with the first row that holds one).
    """
    points = np.asarray(data, dtype=np.float64)
    if points.ndim != 2 or points.shape[0] < 3 or points.shape[1] < 1:
        raise FigproofError(
            f"the data has shape {points.shape}, not (3 or more points, 1 or more values)", where=where
        )
    bad = ~np.isfinite(points).all(axis=1)
    if bad.any():
        raise FigproofError(
            f"{int(bad.sum())} of {bad.size} points hold NaN or infinities, first point {int(bad.argmax())}",
            where=where,
            hint="leave out this epoch, or record float32 if float16 overflowed",
        )
    return points


def pca_basis(data: FloatArray, where: str = "pca") -> Basis:
    """The first two principal directions by singular value decomposition of the centred data.

    The sign of a direction is free; here its entry of largest magnitude (the first of equals) is
    positive, which is scikit-learn's rule too.

    Raises
    ------
    FigproofError
        The data has fewer than two independent directions.
    """
    mean = data.mean(axis=0)
    _, singular, directions = np.linalg.svd(data - mean, full_matrices=False)
    tolerance = singular[0] * max(data.shape) * np.finfo(np.float64).eps
    rank = int((singular > tolerance).sum())
    if rank < 2:
        raise FigproofError(
            f"the data has rank {rank} around its mean; two principal directions need rank 2",
            where=where,
            hint="choose another basis_epoch or source: these points lie on a line or coincide",
        )
    chosen = directions[:2]
    largest = np.abs(chosen).argmax(axis=1)
    signs = np.sign(chosen[np.arange(2), largest])
    return Basis(mean, chosen * signs[:, None], singular[:2] ** 2 / np.sum(singular**2))


def project(data: FloatArray, basis: Basis) -> FloatArray:
    """Coordinates on a basis, shape (n, 2)."""
    result: FloatArray = (data - basis.mean) @ basis.directions.T
    return result


def explained_variance(data: FloatArray, basis: Basis) -> float:
    """Fraction of the data's own variance that its projection on the basis keeps, 0..1.

    The basis may come from other data; points that all coincide keep 0.
    """
    total = float(data.var(axis=0).sum())
    kept = float(project(data, basis).var(axis=0).sum())
    return kept / total if total > 0 else 0.0


def star_axes(classes: int) -> FloatArray:
    """Ends of the star's axes, shape (classes, 2): (cos 2 pi i / k, sin 2 pi i / k)."""
    angle = 2 * np.pi * np.arange(classes) / classes
    return np.column_stack([np.cos(angle), np.sin(angle)])


def star_coordinates(probabilities: FloatArray, tolerance: float = 5e-3, where: str = "star") -> FloatArray:
    """Kandogan's star coordinates (2001) of class probabilities: x = sum_i p_i (cos, sin)(2 pi i / k).

    Parameters
    ----------
    probabilities : ndarray, shape (n, k)
        Rows that sum to 1 within ``tolerance``; float16 keeps sums within 5e-3 for k up to 10.

    Returns
    -------
    ndarray, shape (n, 2)
        Inside the regular k-gon whose corners are the classes.

    Raises
    ------
    FigproofError
        Fewer than three classes, or rows that are not probabilities.
    """
    if probabilities.shape[1] < 3:
        raise FigproofError(
            f"star coordinates need three classes or more, {probabilities.shape[1]} given",
            where=where,
            hint="use method pca for two classes",
        )
    off = np.abs(probabilities.sum(axis=1) - 1)
    bad = (off > tolerance) | (probabilities < -tolerance).any(axis=1)
    if bad.any():
        raise FigproofError(
            f"{int(bad.sum())} of {bad.size} rows are not probabilities: "
            f"row {int(bad.argmax())} sums to {probabilities[bad.argmax()].sum():.6g}",
            where=where,
            hint="star coordinates need class probabilities; set params.source to predictions.probabilities",
        )
    result: FloatArray = probabilities @ star_axes(probabilities.shape[1])
    return result


def umap_chain(
    layers: Sequence[FloatArray],
    *,
    neighbours: int,
    min_dist: float,
    seed: int,
    first_rounds: int = 500,
    next_rounds: int = 100,
    where: str = "umap",
) -> list[FloatArray]:
    """UMAP (McInnes et al. 2018) of one layer after the other, each started from the one before.

    The first layer starts cold, from UMAP's spectral layout; the others start from the previous
    coordinates, so that a point can be followed. One process, one thread, one seed for all: in the
    environment of :mod:`figproof.worker` the result is the same on every x86-64-v2 processor.

    Parameters
    ----------
    layers : sequence of ndarray, shape (n, h) each
        Row i is the same point in every layer; h may differ.
    neighbours, min_dist
        As in UMAP.
    first_rounds, next_rounds : int
        Optimisation rounds of the cold start and of each warm one.

    Returns
    -------
    list of ndarray, shape (n, 2)

    Raises
    ------
    FigproofError
        ``neighbours`` is not in 2..n-1, a layer has fewer different points than that, or a layout
        did not stay finite.
    """
    # Importing umap compiles for seconds; PCA and stars need none of it.
    from umap import UMAP

    placed: list[FloatArray] = []
    start: Any = "spectral"
    for layer in layers:
        _refuse_too_few(layer, neighbours, where)
        mapper = UMAP(
            n_neighbors=neighbours,
            min_dist=min_dist,
            n_epochs=next_rounds if placed else first_rounds,
            init=start,
            random_state=seed,
            n_jobs=1,
        )
        coordinates = np.asarray(mapper.fit_transform(layer), dtype=np.float64)
        if not np.isfinite(coordinates).all():
            raise FigproofError(
                "UMAP's layout holds NaN or infinities",
                where=where,
                hint="change params.n_neighbors or params.seed, or leave out this epoch",
            )
        placed.append(coordinates)
        start = coordinates
    return placed


def _refuse_too_few(layer: FloatArray, neighbours: int, where: str) -> None:
    different = len(np.unique(layer, axis=0))
    if not 2 <= neighbours < different:
        raise FigproofError(
            f"n_neighbors is {neighbours}, but {different} of the {layer.shape[0]} points are different; "
            f"allowed: 2..{max(2, different - 1)}",
            where=where,
            hint="lower params.n_neighbors, or choose an epoch where the points differ",
        )


def trustworthiness(data: FloatArray, placed: FloatArray, neighbours: int) -> float:
    """How far neighbours in the plane are neighbours in the data, 0..1 (Venna & Kaski 2001).

    T(k) = 1 - 2 / (n k (2 n - 3 k - 1)) * sum_i sum_{j in U_k(i)} (r(i, j) - k), where U_k(i) are the
    points among the k nearest of i in the plane but not in the data, and r(i, j) is j's rank among
    i's neighbours in the data. Equal distances rank by index.

    Parameters
    ----------
    data : ndarray, shape (n, h)
    placed : ndarray, shape (n, 2)
    neighbours : int
        k, below n / 2 as the formula needs.

    Raises
    ------
    FigproofError
        k is not in 1..n/2.
    """
    count = len(data)
    _refuse_large(neighbours, (count - 1) // 2, "trustworthiness")
    penalty = 0
    for rows, nearest in _nearest(placed, neighbours):
        order = _order(data, rows)
        ranks = np.empty_like(order)
        np.put_along_axis(ranks, order, np.arange(1, order.shape[1] + 1)[None, :], axis=1)
        penalty += int(np.maximum(np.take_along_axis(ranks, nearest, axis=1) - neighbours, 0).sum())
    return 1 - 2 * penalty / (count * neighbours * (2 * count - 3 * neighbours - 1))


def knn_accuracy(placed: FloatArray, labels: IntArray, neighbours: int) -> float:
    """Fraction of points whose label wins the vote of their k nearest other points.

    A tied vote goes to the smallest label, as in scikit-learn.

    Raises
    ------
    FigproofError
        k is not in 1..n-1.
    """
    _refuse_large(neighbours, len(placed) - 1, "kNN accuracy")
    names, coded = np.unique(labels, return_inverse=True)
    right = 0
    for rows, nearest in _nearest(placed, neighbours):
        votes = (coded[nearest][:, :, None] == np.arange(names.size)).sum(axis=1)
        right += int((votes.argmax(axis=1) == coded[rows]).sum())
    return right / len(placed)


def _refuse_large(neighbours: int, largest: int, what: str) -> None:
    if not 1 <= neighbours <= largest:
        raise FigproofError(
            f"{what} over {neighbours} neighbours: allowed are 1..{largest} for so few points",
            where="embedding",
            hint="record more points",
        )


def _order(points: FloatArray, rows: IntArray) -> IntArray:
    """Indices of all points by distance from each of the rows, the row itself last; shape (rows, n)."""
    distance = cdist(points[rows], points, "sqeuclidean")
    distance[np.arange(rows.size), rows] = np.inf
    return np.argsort(distance, axis=1, kind="stable")


def _nearest(points: FloatArray, neighbours: int) -> Iterator[tuple[IntArray, IntArray]]:
    """Blocks of row indices with their nearest other points, shape (rows, neighbours)."""
    for first in range(0, len(points), ROWS_AT_ONCE):
        rows = np.arange(first, min(first + ROWS_AT_ONCE, len(points)))
        yield rows, _order(points, rows)[:, :neighbours]
