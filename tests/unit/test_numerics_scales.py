"""The axis that panels share: what sets its ends, and what lies beyond."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from figproof.numerics.scales import beyond, common_limits


def test_a_linear_axis_shows_all_and_starts_at_zero():
    low, high = common_limits([np.array([2.0, 1.0]), np.array([1.5, 0.5])], logarithmic=False)
    assert low < 0 < 0.2 and 2.0 < high < 2.3


def test_a_series_that_runs_away_does_not_flatten_the_others():
    tame, wild = np.array([2.0, 1.0, 0.5]), np.array([2.0, 1e303, 3.0])
    assert 2.6 < common_limits([tame, wild], logarithmic=False)[1] < 3.0
    assert 200 < common_limits([tame, wild], logarithmic=True)[1] < 400
    assert common_limits([np.array([2.0, 1e-30])], logarithmic=True)[0] > 1e-3


def test_a_logarithmic_axis_leaves_out_what_it_cannot_show():
    low, high = common_limits([np.array([0.0, np.nan, 1.0, np.inf, 0.1])], logarithmic=True)
    assert 0.05 < low < 0.1 and 1.0 < high < 2.0
    assert common_limits([np.array([0.0, -1.0]), np.array([np.nan])], logarithmic=True) is None


@pytest.mark.parametrize("logarithmic", [True, False])
def test_a_constant_still_makes_an_axis(logarithmic):
    low, high = common_limits([np.full(5, 0.3)], logarithmic=logarithmic)
    assert low < 0.3 < high
    assert common_limits([np.zeros(5)], logarithmic=False)[0] < 0


def test_each_stretch_beyond_the_axis_is_marked_once_at_its_extreme():
    values = np.array([1, 5, 9, 5, 1, -4, -3, 1, 8, np.nan, 7, np.inf])
    assert beyond(values, 0.0, 4.0).tolist() == [2, 5, 8, 10]
    assert beyond(np.array([0.0, 1e-9, 1.0]), 1e-3, 10.0).tolist() == [1]


SERIES = arrays(np.float64, st.integers(1, 30), elements=st.floats(1e-6, 1e6))


@given(st.lists(SERIES, min_size=1, max_size=4), st.booleans())
def test_every_value_is_on_the_axis_or_in_a_stretch_that_is_marked(series, logarithmic):
    low, high = common_limits(series, logarithmic=logarithmic)
    assert low < high
    for values in series:
        marked = beyond(values, low, high)
        outside = (values < low) | (values > high)
        assert outside[marked].all() and bool(marked.size) == bool(outside.any())
