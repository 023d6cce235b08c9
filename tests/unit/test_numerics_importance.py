"""importance: known shares of variance, brute force, scikit-learn's out-of-bag score, refusals."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor

from figproof.errors import FigproofError
from figproof.numerics import importance
from figproof.numerics.importance import importances, out_of_bag_shares


def drawn(count, keys, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (count, keys))


def columns(table):
    return [table[:, [at]] for at in range(table.shape[1])]


def test_an_additive_function_gives_each_part_its_share_of_the_variance():
    x = drawn(400, 4)
    parts = [3 * x[:, 0], 4 * np.abs(x[:, 1]), 1.5 * np.sign(x[:, 2])]
    known = np.array([3.0, 16 / 12, 2.25]) / (3.0 + 16 / 12 + 2.25)
    shares, r2 = out_of_bag_shares(columns(x), np.sum(parts, axis=0), 100, seed=0)
    assert r2 > 0.95
    np.testing.assert_allclose(shares[:3], known, atol=0.06)
    assert abs(shares[3]) < 0.01, "a key that does not enter has no share"
    assert shares.sum() == pytest.approx(1, abs=0.08)


def test_keys_that_only_act_together_each_have_the_whole_variance():
    # Of x1 * x2 the main effects are 0 and both total effects 1.
    x = drawn(600, 3)
    shares, _ = out_of_bag_shares(columns(x), x[:, 0] * x[:, 1], 60, seed=1)
    assert (shares[:2] > 0.8).all() and (shares[:2] < 1.1).all() and abs(shares[2]) < 0.05


def test_a_category_is_exchanged_with_all_its_indicators():
    level = np.random.default_rng(2).integers(0, 3, 400)
    other = drawn(400, 1, seed=3)
    height = np.array([0.0, 2.0, 5.0])[level]
    values = height + other[:, 0]
    shares, _ = out_of_bag_shares([np.eye(3)[level], other], values, 80, seed=0)
    np.testing.assert_allclose(shares, [height.var() / values.var(), other.var() / values.var()], atol=0.05)


def test_few_runs_get_every_exchange_as_brute_force_makes_it():
    x = drawn(12, 2, seed=4)
    values = x[:, 0] + 0.5 * x[:, 1] ** 2
    shares, r2 = out_of_bag_shares(columns(x), values, 40, seed=5)
    forest = RandomForestRegressor(40, random_state=5, oob_score=True).fit(x.astype(np.float32), values)

    def error(run, row):
        """Squared error of one run, by the trees that have not seen it."""
        pairs = zip(forest.estimators_, forest.estimators_samples_, strict=True)
        unseen = [tree.predict([row])[0] for tree, inside in pairs if run not in inside]
        return (np.mean(unseen) - values[run]) ** 2

    for key in range(2):
        rises = []
        for run in range(12):
            for donor in set(range(12)) - {run}:
                row = x[run].copy()
                row[key] = x[donor, key]
                rises.append(error(run, row) - error(run, x[run]))
        assert shares[key] == pytest.approx(np.mean(rises) / (2 * values.var()), rel=1e-6)
    assert r2 == pytest.approx(forest.oob_score_)


def test_shares_do_not_depend_on_the_metric_s_unit():
    x = drawn(60, 2, seed=6)
    values = x[:, 0] + 0.2 * x[:, 1]
    # A power of two, so that no rounding changes a split.
    first, second = (out_of_bag_shares(columns(x), y, 80, seed=0)[0] for y in (values, 1024 * values))
    np.testing.assert_allclose(first, second, rtol=1e-9)


@pytest.fixture
def small_forests(monkeypatch):
    for name, count in (("TREES", 100), ("SUBSAMPLES", 20), ("SUBSAMPLE_TREES", 30)):
        monkeypatch.setattr(importance, name, count)


def test_the_interval_holds_the_share_tells_what_matters_and_is_seeded(small_forests):
    x = drawn(60, 3, seed=7)
    values = 2 * x[:, 0] + np.random.default_rng(8).normal(0, 0.1, 60)
    found, again, other = (importances(columns(x), values, seed=seed) for seed in (3, 3, 4))
    assert (found.low < found.share).all() and (found.share < found.high).all()
    np.testing.assert_allclose(found.share - found.low, found.high - found.share)
    assert found.low[0] > 0.3 and (found.low[1:] < 0).all() and (found.high[1:] > 0).all()
    assert found.r2 > 0.8
    assert found.low.tolist() == again.low.tolist() != other.low.tolist()


def test_the_interval_is_about_as_wide_as_other_searches_differ(small_forests):
    shares, halves = [], []
    for search in range(12):
        x = drawn(40, 2, seed=[20, search])
        noise = np.random.default_rng([21, search]).normal(0, 0.3, 40)
        found = importances(columns(x), x[:, 0] + 0.5 * x[:, 1] + noise, seed=search)
        shares.append(found.share)
        halves.append(found.high - found.share)
    ratio = np.mean(halves, axis=0) / 1.96 / np.std(shares, axis=0, ddof=1)
    assert (ratio > 0.7).all() and (ratio < 2.5).all(), ratio


def test_a_forest_that_explains_nothing_is_refused(small_forests):
    x, noise = drawn(40, 3, seed=11), np.random.default_rng(12).normal(size=40)
    with pytest.raises(FigproofError, match=r"explains nothing .* R² -0\.\d\d over 40 settings(.|\n)*Hint"):
        importances(columns(x), noise, seed=0)


def test_too_few_settings_and_a_constant_metric_are_refused():
    x = drawn(9, 1)
    with pytest.raises(FigproofError, match="needs 10 settings with a finite metric, there are 9"):
        importances(columns(x), x[:, 0], seed=0)
    with pytest.raises(FigproofError, match=r"is 0\.5 in all 20 settings"):
        importances(columns(drawn(20, 1)), np.full(20, 0.5), seed=0)
