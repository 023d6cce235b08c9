"""Reliability bins and errors against their definitions and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from sklearn.calibration import calibration_curve

from figproof.numerics import calibrating
from figproof.numerics.calibrating import wilson

RANDOM = np.random.default_rng(0)
CONFIDENCE = RANDOM.uniform(0.01, 1, 500)
RIGHT = RANDOM.random(500) < CONFIDENCE**2


def reliability(confidence, right, bins, rule, seed=0):
    return calibrating.reliability(np.atleast_2d(confidence), np.atleast_2d(right), bins, rule, seed)


def several_runs(runs=3, points=60):
    """Runs that agree on how hard a point is: few, far from sure predictions in every bin."""
    random = np.random.default_rng(1)
    level = random.uniform(0.3, 0.9, points)
    confidence = np.clip(level + random.normal(0, 0.1, (runs, points)), 0, 1)
    return confidence, random.random((runs, points)) < level


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


def test_an_interval_of_one_run_is_scipys_wilson():
    found = reliability(CONFIDENCE, RIGHT, 7, "equal_width")
    for at in range(7):
        hits = round(found.accuracy[at] * found.count[at])
        theirs = stats.binomtest(hits, int(found.count[at])).proportion_ci(0.95, "wilson")
        assert (found.accuracy_low[at], found.accuracy_high[at]) == pytest.approx((theirs.low, theirs.high))
    assert set(found.method) == {"wilson"} and list(found.points) == list(found.count)


@pytest.mark.parametrize("rule", ["equal_width", "equal_mass"])
def test_an_interval_of_several_runs_resamples_points_with_all_their_predictions(rule):
    confidence, right = several_runs()
    found = reliability(confidence, right, 3, rule, seed=5)
    draws = np.random.default_rng(5).integers(0, 60, (1000, 60))
    for at in np.flatnonzero(found.method == "bootstrap"):
        shares = []
        for drawn in draws:
            inside = (confidence[:, drawn] > found.low[at]) & (confidence[:, drawn] <= found.high[at])
            if inside.any():
                shares.append(right[:, drawn][inside].mean())
        ends = np.quantile(shares, [0.025, 0.975])
        assert (found.accuracy_low[at], found.accuracy_high[at]) == pytest.approx(tuple(ends))
    assert (found.method == "bootstrap").sum() >= 2


def test_identical_runs_say_as_much_as_one_of_them():
    confidence, right = np.full((1, 200), 0.75), np.arange(200)[None] % 4 > 0
    one = reliability(confidence, right, 2, "equal_width")
    five = reliability(np.repeat(confidence, 5, axis=0), np.repeat(right, 5, axis=0), 2, "equal_width")
    two = reliability(np.repeat(confidence, 2, axis=0), np.repeat(right, 2, axis=0), 2, "equal_width")
    assert (five.accuracy_low[1], five.accuracy_high[1]) == (two.accuracy_low[1], two.accuracy_high[1])
    width = one.accuracy_high[1] - one.accuracy_low[1]
    assert five.accuracy_high[1] - five.accuracy_low[1] == pytest.approx(width, rel=0.1)
    assert (five.count[1], five.points[1], five.method[1]) == (1000, 200, "bootstrap")


@pytest.mark.parametrize("points, right", [(9, np.arange(9) > 3), (300, np.ones(300, bool))])
def test_few_points_or_a_bin_without_an_error_get_wilsons_interval_for_the_points(points, right):
    found = reliability(np.full((5, points), 0.75), np.tile(right, (5, 1)), 2, "equal_width")
    low, high = wilson(np.array([right.mean()]), np.array([points]))
    assert (found.accuracy_low[1], found.accuracy_high[1]) == (low[0], high[0]) and low[0] < high[0]
    assert list(found.method) == ["none", "wilson"]


def test_the_order_of_the_runs_does_not_matter():
    confidence, right = several_runs()
    found = reliability(confidence, right, 4, "equal_width")
    turned = reliability(confidence[::-1], right[::-1], 4, "equal_width")
    np.testing.assert_array_equal(found.accuracy_low, turned.accuracy_low)


def test_equal_mass_bins_hold_equal_counts_and_ties_stay_together():
    assert set(reliability(CONFIDENCE, RIGHT, 10, "equal_mass").count) == {50}
    tied = reliability(np.repeat([0.2, 1.0], [10, 90]), np.ones(100, bool), 10, "equal_mass")
    assert sorted(tied.count[tied.count > 0]) == [10, 90]
