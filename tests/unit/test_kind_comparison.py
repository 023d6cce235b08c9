"""comparison: one number a run, centres with intervals, tests on the seeds that both have."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from figproof.canvas import render
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import example_run, load_kind
from figproof.look import load_look
from figproof.model import Metric, Snapshot

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "comparison")
SGD, ADAM = {1: 0.90, 2: 0.91, 3: 0.93}, {1: 0.95, 2: 0.92, 3: 0.96, 4: 0.99}


def snapshot(**conditions):
    runs = []
    for condition, values in conditions.items():
        for seed, value in values.items():
            series = np.array([0.1, value + 0.5, value])
            metrics = {"accuracy": Metric("accuracy", "", np.arange(3), series, "epoch")}
            runs.append(example_run(len(runs) + 1, condition, seed=seed, metrics=metrics))
    return Snapshot("pin", tuple(runs))


def params(**given):
    return KIND.params(**{"metric": "accuracy", "better": "higher"} | given)


def test_each_run_gives_the_number_that_was_asked_for():
    runs = snapshot(sgd=SGD)
    assert KIND.derive(runs, params()).frame("runs")["value"] == pytest.approx(list(SGD.values()))
    best = KIND.derive(runs, params(value="best")).frame("runs")["value"]
    assert best == pytest.approx([value + 0.5 for value in SGD.values()])
    lowest = KIND.derive(runs, params(value="best", better="lower")).frame("runs")["value"]
    assert lowest == pytest.approx([0.1] * 3)


def test_centre_and_interval_are_those_of_the_condition():
    row = KIND.derive(snapshot(sgd=SGD, adam=ADAM), params(band="minmax")).frame("conditions")
    at = list(row["condition"]).index("adam")
    assert row["centre"][at] == pytest.approx(np.mean(list(ADAM.values())))
    assert (row["low"][at], row["high"][at], row["n"][at]) == (pytest.approx(0.92), pytest.approx(0.99), 4)


def test_the_test_uses_only_the_seeds_that_both_have():
    table = KIND.derive(snapshot(sgd=SGD, adam=ADAM), params(test="t", baseline="sgd")).frame("tests")
    a, b = [ADAM[seed] for seed in (1, 2, 3)], list(SGD.values())
    assert (table["pairs"][0], table["difference"][0]) == (3, pytest.approx(np.mean(a) - np.mean(b)))
    assert table["p"][0] == pytest.approx(stats.ttest_rel(a, b).pvalue)


def test_a_condition_with_a_run_that_diverged_has_no_centre():
    row = KIND.derive(snapshot(sgd=SGD | {4: float("nan")}), params()).frame("conditions")
    assert np.isnan(row["centre"][0]) and row["diverged"][0] == 1


@pytest.mark.parametrize(
    "given, part",
    [
        ({"test": "t", "baseline": "adm"}, "baseline 'adm' is not shown. Known: adam, sgd"),
        ({"value": "mean_last", "last": 9}, "last asks for 9"),
    ],
)
def test_a_wrong_question_is_explained(given, part):
    with pytest.raises(FigproofError, match=part):
        KIND.derive(snapshot(sgd=SGD, adam=ADAM), params(**given))


def test_every_seed_is_drawn_and_n_is_stated():
    look = load_look(
        ROOT, "icml2025", "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml")
    )
    table = KIND.derive(snapshot(sgd=SGD, adam=ADAM), params())
    seen = {}

    def draw(fig):
        KIND.draw(fig, table, params(), look)
        axes = fig.axes[0]
        seen["dots"] = sum(line.get_xdata().size for line in axes.lines if line.get_markersize() == 2.6)
        seen["names"] = [label.get_text() for label in axes.get_yticklabels()]

    render(draw, look, (look.venue.widths_in["single"], 1.6), ["png"], {})
    assert seen["dots"] == len(SGD) + len(ADAM)
    assert seen["names"] == ["SGD\n(n = 3)", "Adam\n(n = 4)"]
