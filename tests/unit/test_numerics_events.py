"""Events of a series: where it breaks, where a learning rate changes or restarts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from figproof.numerics.events import MOST_CHANGES, broken_starts, rate_events


@given(st.lists(st.sampled_from([1.0, np.nan, np.inf]), min_size=1, max_size=30))
def test_each_stretch_that_is_not_finite_starts_once(values):
    starts = [
        i for i, v in enumerate(values) if not np.isfinite(v) and (i == 0 or np.isfinite(values[i - 1]))
    ]
    assert broken_starts(np.array(values)).tolist() == starts


@pytest.mark.parametrize(
    ("rates", "changes", "restarts"),
    [
        ([0.1] * 5, [], []),
        ([0.1, 0.1, 0.01, 0.01, 0.001], [2, 4], []),
        # A warm-up only rises: it restarts nothing.
        ([0.01, 0.05, 0.1, 0.1, 0.01], [1, 2, 4], []),
        ([0.1, 0.01, 0.1, 0.01, 0.1], [1, 3], [2, 4]),
        # A rise by less than a factor of two is no restart.
        ([0.1, 0.05, 0.06], [1, 2], []),
    ],
)
def test_changes_and_restarts_of_a_learning_rate(rates, changes, restarts):
    found = rate_events(np.array(rates))
    assert (found[0].tolist(), found[1].tolist()) == (changes, restarts)


def test_a_cosine_with_restarts_shows_its_restarts_only():
    period = 10
    rates = 0.5 * (1 + np.cos(np.pi * (np.arange(40) % period) / period))
    changes, restarts = rate_events(rates)
    assert MOST_CHANGES < 36 and changes.size == 0
    assert restarts.tolist() == [10, 20, 30]
