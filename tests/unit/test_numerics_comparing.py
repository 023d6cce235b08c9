"""Paired tests against their definitions, and Holm's correction against brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from figproof.errors import FigproofError
from figproof.numerics.comparing import holm, p_text, paired

A = np.array([0.91, 0.93, 0.92, 0.96, 0.90])
B = np.array([0.90, 0.91, 0.93, 0.92, 0.88])


def test_the_t_test_is_scipys_on_related_samples():
    found = paired(A, B, "t")
    assert (found.n, found.difference) == (5, pytest.approx(np.mean(A - B)))
    assert found.p == pytest.approx(stats.ttest_rel(A, B).pvalue, rel=1e-12)


def test_the_sign_flip_test_counts_all_signs():
    difference = A - B
    means = [np.mean(np.array(signs) * difference) for signs in itertools.product((1, -1), repeat=5)]
    # Two-sided as scipy defines it: twice the smaller tail.
    tails = [np.mean(np.array(means) >= difference.mean() - 1e-12)]
    tails.append(np.mean(np.array(means) <= difference.mean() + 1e-12))
    assert paired(A, B, "sign_flip").p == pytest.approx(2 * min(tails))


def test_five_seeds_that_all_agree_cannot_give_less_than_a_sixteenth_by_ranks():
    assert paired(B + np.arange(1, 6), B, "wilcoxon").p == pytest.approx(2 / 2**5)


def test_equal_values_are_no_difference():
    assert paired(A, A, "t").p == paired(A, A, "wilcoxon").p == paired(A, A, "sign_flip").p == 1.0


def test_the_order_of_the_pairs_does_not_matter():
    turned = paired(A[::-1], B[::-1], "sign_flip")
    assert turned.p == paired(A, B, "sign_flip").p


@pytest.mark.parametrize("values, part", [(A[:1], "two seeds"), (np.array([np.nan, *A[1:]]), "diverged")])
def test_what_cannot_be_tested_is_refused_with_advice(values, part):
    with pytest.raises(FigproofError, match=part) as caught:
        paired(values, B[: values.size], "t")
    assert "test: none" in caught.value.hint


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_its_definition(p_values):
    ranked = sorted(range(len(p_values)), key=lambda index: (p_values[index], index))
    expected = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(ranked):
        highest = max(highest, (len(p_values) - rank) * p_values[index])
        expected[index] = min(highest, 1.0)
    assert holm(p_values) == pytest.approx(expected)


def test_a_small_p_is_not_printed_as_zero():
    assert (p_text(1e-9), p_text(0.0421)) == ("p < 0.001", "p = 0.042")
