"""ROC and precision-recall against scikit-learn and against their definitions."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from figproof.errors import FigproofError
from figproof.numerics.classification import (
    auc,
    average_precision,
    interval,
    mean_curve,
    mean_precision,
    precision_recall,
    rank,
    resampled_weights,
    roc,
)

RANDOM = np.random.default_rng(0)
TRUTH = RANDOM.random(200) < 0.3
SCORES = np.round(RANDOM.normal(size=200) + TRUTH, 1)  # many ties


def test_areas_are_scikit_learns_with_ties_and_weights():
    ranking = rank(TRUTH, SCORES)
    weights = RANDOM.integers(0, 3, 200).astype(float)
    assert auc(ranking) == pytest.approx(roc_auc_score(TRUTH, SCORES), rel=1e-12)
    assert average_precision(ranking) == pytest.approx(average_precision_score(TRUTH, SCORES), rel=1e-12)
    both = np.stack([np.ones(200), weights])
    assert auc(ranking, both)[1] == pytest.approx(roc_auc_score(TRUTH, SCORES, sample_weight=weights))
    assert average_precision(ranking, both)[1] == pytest.approx(
        average_precision_score(TRUTH, SCORES, sample_weight=weights)
    )


def test_curves_pass_through_scikit_learns_points():
    ranking = rank(TRUTH, SCORES)
    theirs = np.array(roc_curve(TRUTH, SCORES, drop_intermediate=False)[:2])
    assert np.array(roc(ranking)) == pytest.approx(theirs)
    precision, recall, _ = precision_recall_curve(TRUTH, SCORES)
    assert precision_recall(ranking)[0][1:] == pytest.approx(recall[:-1][::-1])
    assert precision_recall(ranking)[1][1:] == pytest.approx(precision[:-1][::-1])


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 4)), min_size=2, max_size=12))
def test_the_area_is_the_share_of_pairs_in_the_right_order(points):
    truth = np.array([kind for kind, _ in points])
    scores = np.array([float(score) for _, score in points])
    if truth.all() or not truth.any():
        return
    pairs = list(itertools.product(scores[truth], scores[~truth]))
    wins = sum(1.0 if a > b else 0.5 if a == b else 0.0 for a, b in pairs)
    assert auc(rank(truth, scores)) == pytest.approx(wins / len(pairs))


def test_the_order_of_the_points_does_not_matter():
    turned = rank(TRUTH[::-1], SCORES[::-1])
    assert average_precision(turned) == average_precision(rank(TRUTH, SCORES))


def test_resamples_draw_every_point_once_on_average_and_the_same_each_time():
    weights = resampled_weights(50, seed=3, resamples=400)
    assert (weights.sum(axis=1) == 50).all() and weights.mean() == 1.0
    assert np.array_equal(weights, resampled_weights(50, seed=3, resamples=400))


def test_an_interval_holds_the_middle_and_leaves_out_what_is_not_defined():
    low, high = interval(np.append(np.arange(1001.0), np.nan))
    assert (low, high) == pytest.approx((25.0, 975.0))


def test_a_resample_without_positives_has_no_area():
    weights = np.where(TRUTH, 0.0, 1.0)[None]
    assert np.isnan(auc(rank(TRUTH, SCORES), weights)[0])


def test_the_mean_of_one_curve_is_that_curve():
    x, y = roc(rank(TRUTH, SCORES))
    grid, mean = mean_curve([(x, y)])
    for at, height in zip(grid[1:], mean[1:], strict=True):
        assert height == pytest.approx(y[x == at].max())


def test_the_mean_precision_is_the_classes_mean_by_brute_force_and_encloses_macro_ap():
    labels = RANDOM.integers(0, 3, 90)
    scores = np.round(np.eye(3)[labels] + RANDOM.normal(size=(90, 3)), 1)
    truth = np.eye(3, dtype=bool)[labels]
    recall, precision = mean_precision(
        [precision_recall(rank(truth[:, at], scores[:, at])) for at in range(3)]
    )
    for r, height in zip(recall[1:], precision[1:], strict=True):
        reached = []
        for at in range(3):
            theirs, recalls, _ = precision_recall_curve(truth[:, at], scores[:, at])
            reached.append(theirs[recalls >= r][-1])  # scikit-learn's thresholds rise
        assert height == pytest.approx(np.mean(reached))
    macro = average_precision_score(truth, scores, average="macro")
    assert (np.diff(recall) * precision[1:]).sum() == pytest.approx(macro, rel=1e-12)


@pytest.mark.parametrize(
    "truth, scores, part",
    [
        ([True, True], [0.1, 0.2], "no negative example"),
        ([False, False], [0.1, 0.2], "no positive"),
        ([True, False], [0.1, np.nan], "not finite"),
    ],
)
def test_what_has_no_curve_is_refused(truth, scores, part):
    with pytest.raises(FigproofError, match=part):
        rank(np.array(truth), np.array(scores))
