"""Confusion counts, shares and the best cell."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from figproof.errors import FigproofError
from figproof.numerics.matrices import best_cell, confusion_counts, predicted_classes, row_shares

pairs = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60)


@given(pairs)
def test_counts_are_scikit_learns(both):
    labels, predicted = np.array(both).T
    expected = confusion_matrix(labels, predicted, labels=range(5))
    assert np.array_equal(confusion_counts(labels, predicted, 5), expected)


@given(pairs)
def test_shares_of_a_row_add_to_one_and_rows_without_members_are_unknown(both):
    labels, predicted = np.array(both).T
    shares = row_shares(confusion_counts(labels, predicted, 5))
    present = np.isin(np.arange(5), labels)
    assert shares[present].sum(axis=1) == pytest.approx(1)
    assert np.isnan(shares[~present]).all()


def test_the_first_of_equal_probabilities_is_the_prediction():
    assert predicted_classes(np.array([[0.2, 0.4, 0.4], [0.5, 0.5, 0.0]], np.float16)).tolist() == [1, 0]


def test_predictions_of_a_diverged_run_are_refused_and_not_counted_as_class_zero():
    with pytest.raises(FigproofError, match="1 of 2 predictions are not finite"):
        predicted_classes(np.array([[np.nan, np.nan], [0.5, 0.5]]))


@pytest.mark.parametrize("labels, predicted", [([0, 5], [0, 1]), ([0, -1], [0, 1])])
def test_a_class_without_a_column_is_refused(labels, predicted):
    with pytest.raises(FigproofError, match="do not fit 5 columns"):
        confusion_counts(np.array(labels), np.array(predicted), 5)


def test_labels_and_predictions_of_other_lengths_are_refused():
    with pytest.raises(FigproofError, match="3 labels do not fit 2 predictions"):
        confusion_counts(np.zeros(3, int), np.zeros(2, int), 5)


def test_the_best_cell_ignores_what_diverged():
    values = np.array([[np.nan, 3.0], [np.inf, 1.0]])
    assert best_cell(values, higher_is_better=True) == (0, 1)
    assert best_cell(values, higher_is_better=False) == (1, 1)
    assert best_cell(np.full((2, 2), np.nan), higher_is_better=True) is None
