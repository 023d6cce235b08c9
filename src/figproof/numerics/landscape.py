"""Planes through the space of a network's weights (Li et al. 2018, "Visualizing the Loss Landscape of
Neural Nets", sections 4 and 7). A network is a list of weight matrices; biases stay where they are.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from figproof.errors import FigproofError
from figproof.model import FloatArray

Weights = Sequence[FloatArray]


def flatten(weights: Weights) -> FloatArray:
    """All weights as one vector, matrix by matrix."""
    return np.concatenate([matrix.ravel() for matrix in weights])


def unflatten(vector: FloatArray, like: Weights) -> list[FloatArray]:
    """The inverse of :func:`flatten` for matrices shaped as ``like``."""
    ends = np.cumsum([matrix.size for matrix in like])
    parts = np.split(vector, ends[:-1])
    return [part.reshape(matrix.shape) for part, matrix in zip(parts, like, strict=True)]


def filter_normalise(direction: Weights, weights: Weights) -> list[FloatArray]:
    """Give each filter of a direction the norm of the same filter of the network.

    d_ij * ||theta_ij|| / ||d_ij||, where a filter j of layer i is what enters one output unit: a column.

    Parameters
    ----------
    direction, weights : sequence of ndarray, shape (fan_in, fan_out)

    Returns
    -------
    list of ndarray, same shapes
        A filter of the direction that is zero stays zero.
    """
    normalised = []
    for matrix, network in zip(direction, weights, strict=True):
        length = np.linalg.norm(matrix, axis=0)
        scale = np.divide(
            np.linalg.norm(network, axis=0), length, out=np.zeros_like(length), where=length > 0
        )
        normalised.append(matrix * scale)
    return normalised


def random_directions(weights: Weights, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Two Gaussian directions, flat, each of shape (parameters,); not normalised."""
    size = sum(matrix.size for matrix in weights)
    return rng.standard_normal(size), rng.standard_normal(size)


def pca_directions(trajectory: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The two first principal directions of a trajectory about its last point.

    Parameters
    ----------
    trajectory : ndarray, shape (T, parameters)
        The last row is the network in the plane's origin.

    Returns
    -------
    two ndarray of shape (parameters,)
        Unit length, orthogonal; the component of largest magnitude is positive, so the sign is fixed.

    Raises
    ------
    FigproofError
        Fewer than three points, or points on a line: the plane is not defined.
    """
    steps = trajectory[:-1] - trajectory[-1]
    if len(steps) < 2:
        raise FigproofError(
            f"a plane needs three checkpoints or more, not {len(trajectory)}",
            where="pca directions",
            hint="record the source run with a smaller checkpoint_every",
        )
    _, singular, rows = np.linalg.svd(steps, full_matrices=False)
    if singular[1] <= singular[0] * len(steps) * np.finfo(np.float64).eps:
        raise FigproofError("the checkpoints lie on a line, which spans no plane", where="pca directions")
    first, second = (row * np.sign(row[np.argmax(np.abs(row))]) for row in rows[:2])
    return first, second


def project(trajectory: FloatArray, origin: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    """Coordinates (alpha, beta) of each point by least squares; the directions need not be orthogonal.

    Parameters
    ----------
    trajectory : ndarray, shape (T, parameters)
    origin, first, second : ndarray, shape (parameters,)

    Returns
    -------
    ndarray, shape (T, 2)
    """
    basis = np.column_stack([first, second])
    solution, *_ = np.linalg.lstsq(basis, (trajectory - origin).T, rcond=None)
    return np.asarray(solution.T, dtype=np.float64)


def distance_from_plane(
    trajectory: FloatArray, origin: FloatArray, first: FloatArray, second: FloatArray
) -> FloatArray:
    """Euclidean distance of each point from the plane, shape (T,)."""
    coordinates = project(trajectory, origin, first, second)
    foot = origin + coordinates[:, :1] * first + coordinates[:, 1:] * second
    return np.asarray(np.linalg.norm(trajectory - foot, axis=1), dtype=np.float64)


def explained_variance(
    trajectory: FloatArray, origin: FloatArray, first: FloatArray, second: FloatArray
) -> FloatArray:
    """Fraction of the summed squared distances to the origin that each direction accounts for, shape (2,).

    The second counts what it adds to the first (Gram-Schmidt). For principal directions these are the
    squared singular values over their sum. Zeros for a trajectory that does not move.
    """
    steps = trajectory - origin
    total = float(np.sum(steps**2))
    if total == 0:
        return np.zeros(2)
    basis, _ = np.linalg.qr(np.column_stack([first, second]))
    return np.asarray(np.sum((steps @ basis) ** 2, axis=0) / total, dtype=np.float64)
