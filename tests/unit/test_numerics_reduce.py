"""Reduction keeps what the eye would miss: extremes, ends, gaps."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from figproof.numerics.reduce import keep_extremes

long_series = arrays(
    np.float64, st.tuples(st.integers(1, 3), st.integers(1, 300)), elements=st.floats(-1e9, 1e9)
)


@given(long_series, st.integers(1, 20))
def test_each_bucket_keeps_its_minimum_and_maximum(series, buckets):
    kept = keep_extremes(series, buckets)
    edges = np.linspace(0, series.shape[1], buckets + 1).astype(int)
    for values in series:
        for start, stop in pairwise(edges):
            inside = kept[(kept >= start) & (kept < stop)]
            if stop > start:
                assert values[inside].min() == values[start:stop].min()
                assert values[inside].max() == values[start:stop].max()


@given(long_series, st.integers(1, 20))
def test_points_stay_in_order_with_both_ends_and_within_the_budget(series, buckets):
    kept = keep_extremes(series, buckets)
    assert (np.diff(kept) > 0).all()
    assert kept[0] == 0 and kept[-1] == series.shape[1] - 1
    assert kept.size <= max(2 * buckets, 2 * buckets * series.shape[0] + 2)


def test_a_short_series_is_not_touched():
    assert keep_extremes(np.zeros((1, 20)), 10).tolist() == list(range(20))


def test_a_single_nan_among_thousands_is_kept():
    values = np.sin(np.arange(10_000.0))[None]
    values[0, 4321] = np.nan
    assert 4321 in keep_extremes(values, 100)


def test_a_single_spike_among_thousands_is_kept():
    values = np.zeros((1, 10_000))
    values[0, 1234] = 1e6
    assert 1234 in keep_extremes(values, 100)
