"""Points in a common frame agree with scikit-learn and with their definitions, and bad data is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from figproof.errors import FigproofError
from figproof.numerics.embedding import (
    checked,
    explained_variance,
    pca_basis,
    project,
    star_axes,
    star_coordinates,
)

RANDOM = np.random.default_rng(1)
DATA = RANDOM.normal(size=(60, 7)) * np.arange(1, 8)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_pca_is_scikit_learns_sign_and_all(dimensions):
    theirs = PCA(n_components=dimensions, svd_solver="full").fit(DATA)
    ours = pca_basis(DATA, dimensions)
    np.testing.assert_allclose(project(DATA, ours), theirs.transform(DATA), atol=1e-9)
    np.testing.assert_allclose(ours.explained, theirs.explained_variance_ratio_, rtol=1e-12)


def test_a_directions_largest_entry_is_positive_whatever_the_data():
    for data in (DATA, -DATA, DATA[:, ::-1]):
        directions = pca_basis(data).directions
        largest = np.abs(directions).argmax(axis=1)
        assert (directions[[0, 1], largest] > 0).all()


def test_the_basis_keeps_of_its_own_data_what_its_directions_explain():
    basis = pca_basis(DATA)
    assert explained_variance(DATA, basis) == pytest.approx(basis.explained.sum())


def test_a_basis_of_other_data_keeps_less_and_coinciding_points_keep_nothing():
    other = DATA[:, ::-1]
    assert explained_variance(other, pca_basis(DATA)) < explained_variance(other, pca_basis(other))
    assert explained_variance(np.ones((5, 7)), pca_basis(DATA)) == 0.0


def test_points_on_a_line_are_refused_with_their_rank():
    with pytest.raises(FigproofError, match=r"rank 1 .*need rank 2[\s\S]*basis_epoch"):
        pca_basis(np.outer(np.arange(10.0), [1.0, 2.0, 3.0]))
    with pytest.raises(FigproofError, match="rank 0"):
        pca_basis(np.ones((10, 3)))
    flat = np.random.default_rng(0).normal(size=(10, 2)) @ np.ones((2, 4))
    flat[:, 0] += np.arange(10)
    with pytest.raises(FigproofError, match=r"3 principal directions need rank 3[\s\S]*fewer dimensions"):
        pca_basis(flat, 3)


def test_the_first_point_with_nan_is_named():
    data = DATA.copy()
    data[[5, 9], 2] = np.nan
    with pytest.raises(FigproofError, match="run 3: 2 of 60 points hold NaN or infinities, first point 5"):
        checked(data, "run 3")


def test_a_vector_is_no_data():
    with pytest.raises(FigproofError, match=r"shape \(60,\)"):
        checked(DATA[:, 0], "run 3")


def test_a_sure_class_lies_on_its_corner_and_an_even_vote_in_the_middle():
    np.testing.assert_allclose(star_coordinates(np.eye(5)), star_axes(5), atol=1e-15)
    np.testing.assert_allclose(star_coordinates(np.full((1, 5), 0.2)), [[0, 0]], atol=1e-15)
    np.testing.assert_allclose(star_axes(4), [[1, 0], [0, 1], [-1, 0], [0, -1]], atol=1e-15)


@given(st.integers(3, 12), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_star_points_stay_inside_the_unit_circle_in_half_precision(classes, seed):
    scores = np.random.default_rng(seed).dirichlet(np.full(classes, 0.3), size=50)
    placed = star_coordinates(scores.astype(np.float16).astype(np.float64))
    assert (np.hypot(*placed.T) <= 1 + 5e-3).all()


@pytest.mark.parametrize("wrong", [np.full((4, 3), 0.5), np.tile([1.5, -0.5, 0.0], (4, 1))])
def test_rows_that_are_no_probabilities_are_refused(wrong):
    with pytest.raises(FigproofError, match=r"4 of 4 rows are not probabilities[\s\S]*predictions.probabil"):
        star_coordinates(wrong)


def test_two_classes_make_no_star():
    with pytest.raises(FigproofError, match="three classes or more, 2 given"):
        star_coordinates(np.full((4, 2), 0.5))
