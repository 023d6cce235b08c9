"""What a placement kept agrees with scikit-learn, ties included; displacements are those of known motions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.manifold import trustworthiness as sklearn_trustworthiness
from sklearn.neighbors import KNeighborsClassifier

from figproof.errors import FigproofError
from figproof.numerics.embedding import pca_basis, project
from figproof.numerics.embedding_quality import (
    ROWS_AT_ONCE,
    displacement,
    knn_accuracy,
    nearest,
    quality,
    trustworthiness,
    turned_onto,
)

RANDOM = np.random.default_rng(1)
DATA = RANDOM.normal(size=(60, 7)) * np.arange(1, 8)
LABELS = np.arange(60) % 4
PLANE = project(DATA, pca_basis(DATA))


@pytest.mark.parametrize("neighbours", [1, 5, 10])
@pytest.mark.parametrize("dimensions", [2, 3])
def test_trustworthiness_is_scikit_learns(neighbours, dimensions):
    placed = project(DATA, pca_basis(DATA, dimensions))
    theirs = sklearn_trustworthiness(DATA, placed, n_neighbors=neighbours)
    assert trustworthiness(DATA, nearest(placed, neighbours)) == pytest.approx(theirs, abs=1e-12)


def test_blocks_of_rows_join_without_a_seam():
    data = RANDOM.normal(size=(2 * ROWS_AT_ONCE + 30, 3))
    theirs = sklearn_trustworthiness(data, data[:, :2], n_neighbors=10)
    assert trustworthiness(data, nearest(data[:, :2], 10)) == pytest.approx(theirs, abs=1e-12)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_among_equal_distances_the_earlier_point_is_nearer(seed):
    """On a coarse grid most distances are equal; the definition, by sorting everything."""
    random = np.random.default_rng(seed)
    data, placed = random.integers(0, 3, (30, 3)) * 1.0, random.integers(0, 3, (30, 2)) * 1.0

    def order(points):
        distance = ((points[:, None] - points[None]) ** 2).sum(axis=2)
        np.fill_diagonal(distance, np.inf)
        return np.argsort(distance, axis=1, kind="stable")

    near = order(placed)[:, :5]
    np.testing.assert_array_equal(nearest(placed, 5), near)
    ranks = np.argsort(order(data), axis=1, kind="stable") + 1
    penalty = np.maximum(np.take_along_axis(ranks, near, axis=1) - 5, 0).sum()
    assert trustworthiness(data, near) == pytest.approx(1 - 2 * penalty / (30 * 5 * (60 - 15 - 1)))


def test_a_faithful_plane_is_trusted_fully_and_a_shuffled_one_is_not():
    plane = RANDOM.normal(size=(80, 2))
    assert trustworthiness(plane @ [[1.0, 0, 0], [0, 1.0, 0]], nearest(plane, 10)) == 1.0
    assert trustworthiness(RANDOM.permutation(plane), nearest(plane, 10)) < 0.7


def test_knn_accuracy_is_scikit_learns_with_each_point_left_out():
    plane = RANDOM.normal(size=(60, 2)) + np.stack([LABELS, LABELS % 2], axis=1)
    theirs = [
        KNeighborsClassifier(7).fit(np.delete(plane, i, 0), np.delete(LABELS, i)).predict(plane[i : i + 1])[0]
        for i in range(60)
    ]
    assert knn_accuracy(LABELS, nearest(plane, 7)) == pytest.approx(np.mean(np.array(theirs) == LABELS))


def test_quality_is_both_numbers_of_the_same_neighbours():
    near = nearest(PLANE, 5)
    expected = [trustworthiness(DATA, near), knn_accuracy(LABELS, near)]
    assert quality(DATA, PLANE, LABELS, 5, "epoch 1").tolist() == expected


def test_neighbours_beyond_what_the_formulas_allow_are_refused():
    assert nearest(PLANE[:21], 10).shape == (21, 10)
    with pytest.raises(FigproofError, match=r"allowed are 1\.\.9[\s\S]*record more points"):
        nearest(PLANE[:20], 10)


def test_a_shift_by_one_radius_is_a_displacement_of_one():
    radius = np.sqrt(PLANE.var(axis=0).sum())
    assert displacement(PLANE, PLANE + np.array([radius, 0])) == pytest.approx(1.0)
    assert displacement(7 * PLANE, 7 * PLANE + np.array([7 * radius, 0])) == pytest.approx(1.0)
    assert displacement(PLANE, PLANE) == 0.0
    assert displacement(np.ones((5, 2)), np.ones((5, 2))) == 0.0


@given(st.floats(0, 6.2), st.booleans())
@settings(max_examples=20, deadline=None)
def test_turning_mirroring_and_shifting_the_whole_is_no_displacement(angle, mirrored):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = PLANE @ turn * [1, -1 if mirrored else 1] + [3.0, -8.0]
    assert displacement(PLANE, turned_onto(PLANE, moved)) == pytest.approx(0, abs=1e-9)


def test_turning_keeps_distances_between_points():
    other = RANDOM.normal(size=PLANE.shape)
    turned = turned_onto(PLANE, other)
    np.testing.assert_allclose(
        np.diff(turned, axis=0)[0] @ np.diff(turned, axis=0)[0],
        np.diff(other, axis=0)[0] @ np.diff(other, axis=0)[0],
        rtol=1e-6,
    )
    assert displacement(PLANE, turned) < displacement(PLANE, other)
