"""Planes through weight space, against numbers worked out by hand and by brute force."""

from __future__ import annotations

import numpy as np
import pytest

from figproof.errors import FigproofError
from figproof.numerics.landscape import (
    distance_from_plane,
    explained_variance,
    filter_normalise,
    flatten,
    pca_directions,
    project,
    random_directions,
    unflatten,
)

RNG = np.random.default_rng(3)
WEIGHTS = [RNG.standard_normal((4, 3)), RNG.standard_normal((3, 2))]


def test_flattening_comes_back() -> None:
    for back, matrix in zip(unflatten(flatten(WEIGHTS), WEIGHTS), WEIGHTS, strict=True):
        np.testing.assert_array_equal(back, matrix)


def test_each_filter_of_a_direction_gets_the_norm_of_the_networks_filter() -> None:
    weights = [np.array([[3.0, 0.0], [4.0, 2.0]])]
    direction = [np.array([[1.0, 7.0], [0.0, 0.0]])]
    (normalised,) = filter_normalise(direction, weights)
    np.testing.assert_allclose(normalised, [[5.0, 2.0], [0.0, 0.0]])


def test_filter_normalisation_does_not_see_the_scale_of_the_direction_and_keeps_zero_filters() -> None:
    direction = [np.where(np.arange(3) == 1, 0.0, RNG.standard_normal((4, 3))), RNG.standard_normal((3, 2))]
    once = filter_normalise(direction, WEIGHTS)
    scaled = filter_normalise([100.0 * matrix for matrix in direction], WEIGHTS)
    for a, b in zip(once, scaled, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-13)
    np.testing.assert_array_equal(once[0][:, 1], 0.0)
    assert np.isfinite(flatten(once)).all()


def test_random_directions_depend_on_the_seed_only() -> None:
    pair = random_directions(WEIGHTS, np.random.default_rng(1))
    again = random_directions(WEIGHTS, np.random.default_rng(1))
    np.testing.assert_array_equal(pair, again)
    assert not np.array_equal(pair, random_directions(WEIGHTS, np.random.default_rng(2)))
    assert pair[0].shape == (18,)


def plane_trajectory(noise: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points that end in the origin of a plane in 50 dimensions, their coordinates, and the plane."""
    rng = np.random.default_rng(7)
    basis, _ = np.linalg.qr(rng.standard_normal((50, 2)))
    inside = np.column_stack([np.linspace(-5, 0, 20), np.sin(np.linspace(0, 3, 20)) * np.linspace(1, 0, 20)])
    points = 2.0 + inside @ basis.T
    points[:-1] += noise * rng.standard_normal((19, 50))
    return points, inside, basis


def test_principal_directions_span_the_plane_that_a_trajectory_lies_in() -> None:
    points, _, basis = plane_trajectory()
    first, second = pca_directions(points)
    np.testing.assert_allclose([first @ first, second @ second, first @ second], [1, 1, 0], atol=1e-12)
    np.testing.assert_allclose(basis @ (basis.T @ first), first, atol=1e-9)
    np.testing.assert_allclose(distance_from_plane(points, points[-1], first, second), 0, atol=1e-9)
    np.testing.assert_allclose(explained_variance(points, points[-1], first, second).sum(), 1.0)
    assert first[np.argmax(np.abs(first))] > 0
    assert second[np.argmax(np.abs(second))] > 0


def test_explained_variance_of_principal_directions_is_that_of_the_singular_values() -> None:
    points, _, _ = plane_trajectory(noise=0.3)
    singular = np.linalg.svd(points[:-1] - points[-1], compute_uv=False)
    explained = explained_variance(points, points[-1], *pca_directions(points))
    np.testing.assert_allclose(explained, singular[:2] ** 2 / np.sum(singular**2))
    assert 0.5 < explained.sum() < 1.0


def test_projection_recovers_coordinates_on_directions_that_are_not_orthogonal() -> None:
    first, second = np.array([1.0, 0.0, 0.0]), np.array([1.0, 1.0, 0.0])
    origin = np.array([1.0, 1.0, 1.0])
    point = origin + 2.0 * first - 3.0 * second + np.array([0.0, 0.0, 4.0])
    np.testing.assert_allclose(project(point[None], origin, first, second), [[2.0, -3.0]])
    np.testing.assert_allclose(distance_from_plane(point[None], origin, first, second), [4.0])


def test_what_spans_no_plane_is_refused_and_what_does_not_move_is_explained_by_nothing() -> None:
    with pytest.raises(FigproofError, match="three checkpoints or more, not 2"):
        pca_directions(np.ones((2, 5)))
    line = np.outer(np.arange(5.0), np.ones(4))
    with pytest.raises(FigproofError, match="on a line"):
        pca_directions(line)
    with pytest.raises(FigproofError, match="on a line"):
        pca_directions(np.ones((5, 4)))
    still = np.ones((3, 4))
    np.testing.assert_array_equal(explained_variance(still, still[-1], np.eye(4)[0], np.eye(4)[1]), [0, 0])
