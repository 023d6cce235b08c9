"""Reliability bins and errors against their definitions and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from figproof.numerics.calibrating import reliability

RANDOM = np.random.default_rng(0)
CONFIDENCE = RANDOM.uniform(0.01, 1, 500)
RIGHT = RANDOM.random(500) < CONFIDENCE**2


@pytest.mark.parametrize("rule, theirs", [("equal_width", "uniform"), ("equal_mass", "quantile")])
def test_bins_are_scikit_learns(rule, theirs):
    found = reliability(CONFIDENCE, RIGHT, 10, rule)
    accuracy, confidence = calibration_curve(RIGHT, CONFIDENCE, n_bins=10, strategy=theirs)
    used = found.count > 0
    assert found.accuracy[used] == pytest.approx(accuracy) and found.confidence[used] == pytest.approx(
        confidence
    )


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=30), st.integers(2, 12))
def test_ece_is_its_definition_and_no_point_is_lost(points, bins):
    confidence, right = np.array([p for p, _ in points]), np.array([r for _, r in points])
    found = reliability(confidence, right, bins, "equal_width")
    assert found.count.sum() == len(points)
    error, worst = 0.0, 0.0
    for low, high in zip(found.low, found.high, strict=True):
        inside = (confidence > low) & (confidence <= high) | (confidence == 0) & (low == 0)
        if inside.any():
            gap = abs(right[inside].mean() - confidence[inside].mean())
            error, worst = error + inside.sum() / len(points) * gap, max(worst, gap)
    assert (found.ece, found.mce) == (pytest.approx(error), pytest.approx(worst))


def test_an_interval_is_wilsons_closed_form():
    found = reliability(np.full(10, 0.75), np.arange(10) < 7, 2, "equal_width")
    z, p, n = 1.959963984540054, 0.7, 10
    middle, half = p + z**2 / (2 * n), z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert found.accuracy_low[1] == pytest.approx((middle - half) / (1 + z**2 / n))
    assert found.accuracy_high[1] == pytest.approx((middle + half) / (1 + z**2 / n))


def test_equal_mass_bins_hold_equal_counts_and_ties_stay_together():
    assert set(reliability(CONFIDENCE, RIGHT, 10, "equal_mass").count) == {50}
    tied = reliability(np.repeat([0.2, 1.0], [10, 90]), np.ones(100, bool), 10, "equal_mass")
    assert sorted(tied.count[tied.count > 0]) == [10, 90]
