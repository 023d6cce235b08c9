"""Points in a common frame: PCA on a named basis, and star coordinates of class probabilities."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from figproof.errors import FigproofError
from figproof.model import FloatArray


@dataclass(frozen=True)
class Basis:
    """The first principal directions and where they start.

    Attributes
    ----------
    mean : ndarray, shape (h,)
    directions : ndarray, shape (dimensions, h)
        Orthonormal rows; in each, the entry of largest magnitude is positive.
    explained : ndarray, shape (dimensions,)
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
            f"the data has shape {points.shape}, not (3 or more points, 1 or more values)",
            where=where,
            hint="name an array of shape (epochs, points, values) with at least 3 points in params.source",
        )
    bad = ~np.isfinite(points).all(axis=1)
    if bad.any():
        raise FigproofError(
            f"{int(bad.sum())} of {bad.size} points hold NaN or infinities, first point {int(bad.argmax())}",
            where=where,
            hint="leave out this epoch, or record float32 if float16 overflowed",
        )
    return points


def pca_basis(data: FloatArray, dimensions: int = 2, where: str = "pca") -> Basis:
    """The first principal directions by singular value decomposition of the centred data.

    The sign of a direction is free; here its entry of largest magnitude (the first of equals) is
    positive, which is scikit-learn's rule too.

    Raises
    ------
    FigproofError
        The data has fewer independent directions than that.
    """
    mean = data.mean(axis=0)
    _, singular, directions = np.linalg.svd(data - mean, full_matrices=False)
    tolerance = singular[0] * max(data.shape) * np.finfo(np.float64).eps
    rank = int((singular > tolerance).sum())
    if rank < dimensions:
        raise FigproofError(
            f"the data has rank {rank} around its mean; {dimensions} principal directions need rank "
            f"{dimensions}",
            where=where,
            hint="choose another basis_epoch or source, or fewer dimensions: these points lie on a line, "
            "in a plane or coincide",
        )
    chosen = directions[:dimensions]
    largest = np.abs(chosen).argmax(axis=1)
    signs = np.sign(chosen[np.arange(dimensions), largest])
    return Basis(mean, chosen * signs[:, None], singular[:dimensions] ** 2 / np.sum(singular**2))


def project(data: FloatArray, basis: Basis) -> FloatArray:
    """Coordinates on a basis, shape (n, dimensions)."""
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
