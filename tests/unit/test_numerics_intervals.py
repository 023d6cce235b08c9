"""Centres and bands, against scipy and against definitions written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from figproof.errors import FigproofError
from figproof.numerics.intervals import CENTRES, band, bootstrap_band, iqm, over_runs

runs = arrays(
    np.float64, st.tuples(st.integers(2, 8), st.integers(1, 4)), elements=st.integers(-1000, 1000).map(float)
)
KINDS = ("sd", "sem", "minmax", "bootstrap95")


@given(runs)
def test_iqm_is_scipys_trimmed_mean(values):
    np.testing.assert_allclose(iqm(values), stats.trim_mean(values, 0.25, axis=0), atol=1e-9)


def test_iqm_of_eight_is_the_mean_of_the_middle_four():
    assert iqm(np.array([[100.0], [1], [2], [3], [4], [-50], [5], [6]]))[0] == 3.5


def test_iqm_does_not_trim_a_nan_away():
    assert np.isnan(iqm(np.array([[1.0], [2], [3], [4], [np.nan]])))[0]


@settings(max_examples=30)
@given(runs, st.sampled_from(KINDS))
def test_every_band_contains_the_mean(values, kind):
    low, high = band(values, "mean", kind, seed=0)
    middle = values.mean(axis=0)
    assert (low <= middle + 1e-9).all() and (middle <= high + 1e-9).all()


@settings(max_examples=30)
@given(runs, st.sampled_from(KINDS), st.randoms(use_true_random=False))
def test_the_order_of_the_runs_does_not_matter(values, kind, random):
    order = list(range(len(values)))
    random.shuffle(order)
    np.testing.assert_allclose(band(values, "mean", kind, 0), band(values[order], "mean", kind, 0), atol=1e-9)


def test_sd_and_sem_are_the_sample_ones():
    values = np.array([[1.0], [2.0], [4.0]])
    low, high = band(values, "mean", "sd", 0)
    assert (high - low)[0] / 2 == pytest.approx(np.sqrt(7 / 3))
    low, high = band(values, "mean", "sem", 0)
    assert (high - low)[0] / 2 == pytest.approx(np.sqrt(7 / 3) / np.sqrt(3))


@pytest.mark.parametrize("centre", ["mean", "median", "iqm"])
def test_the_bootstrap_agrees_with_scipys(centre):
    values = np.random.default_rng(1).lognormal(size=(9, 1))
    reference = stats.bootstrap(
        (values[:, 0],),
        lambda sample, axis: CENTRES[centre](np.moveaxis(sample, axis, 0), axis=0),
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(2),
    ).confidence_interval
    low, high = bootstrap_band(values, CENTRES[centre], seed=0)
    width = reference.high - reference.low
    assert low[0] == pytest.approx(reference.low, abs=0.05 * width)
    assert high[0] == pytest.approx(reference.high, abs=0.05 * width)


def test_counting_equal_resamples_gives_the_quantiles_of_all_resamples():
    values = np.array([[0.3], [1.0], [2.5], [7.0], [11.0]])
    draws = np.random.default_rng(5).integers(0, 5, size=(10_000, 5))
    expected = np.quantile(np.sort(values, axis=0)[draws, 0].mean(axis=1), [0.025, 0.975])
    assert np.ravel(bootstrap_band(values, CENTRES["mean"], seed=5)) == pytest.approx(expected, abs=1e-12)


def test_the_bootstrap_repeats_for_a_seed_and_moves_with_it():
    values = np.random.default_rng(1).normal(size=(7, 5))
    once, again, other = (bootstrap_band(values, CENTRES["mean"], seed) for seed in (3, 3, 4))
    assert np.array_equal(once, again) and not np.array_equal(once, other)


def test_the_bootstrap_is_the_same_when_computed_in_pieces(monkeypatch):
    values = np.random.default_rng(1).normal(size=(4, 50))
    whole = bootstrap_band(values, CENTRES["median"], seed=0)
    monkeypatch.setattr("figproof.numerics.intervals._CHUNK_VALUES", 500)
    assert np.array_equal(whole, bootstrap_band(values, CENTRES["median"], seed=0))


def test_one_run_has_no_band():
    with pytest.raises(FigproofError, match="at least two runs"):
        band(np.ones((1, 3)), "mean", "sd", 0)


def test_a_standard_deviation_around_a_median_is_refused():
    with pytest.raises(FigproofError, match="around a mean"):
        band(np.ones((3, 3)), "median", "sd", 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_failed_run_stops_centre_and_band_at_its_step_and_nowhere_else(kind, bad):
    values = np.arange(12.0).reshape(3, 4)
    values[1, 2] = bad
    over = over_runs(values, np.ones((3, 4), bool), "mean", kind, 0)
    for series in (over.centre, over.low, over.high):
        assert np.isnan(series).tolist() == [False, False, True, False]


def test_steps_that_some_runs_lack_use_the_others_and_say_how_many():
    values = np.array([[1.0, 2.0, 3.0], [3.0, 4.0, np.nan], [5.0, np.nan, np.nan]])
    over = over_runs(values, np.isfinite(values), "mean", "minmax", 0)
    assert over.runs.tolist() == [3, 2, 1]
    assert over.centre.tolist() == [3, 3, 3]
    assert over.low[:2].tolist() == [1, 2] and over.high[:2].tolist() == [5, 4]
    assert np.isnan(over.low[2]) and np.isnan(over.high[2])
