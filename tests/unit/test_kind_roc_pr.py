"""roc_pr: areas of every class and of both averages, the worst classes, chance at the true prevalence."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.metrics import average_precision_score, roc_auc_score

from figproof.canvas import clean_matplotlib
from figproof.errors import FigproofError
from figproof.kinds import example_run, load_kind
from figproof.look import load_look
from figproof.model import Snapshot

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "roc_pr")
LOOK = load_look(ROOT, "icml2025", "petroff10", "viridis", {})
RANDOM = np.random.default_rng(0)
LABELS = np.arange(120) % 4
SCORES = 1.5 * np.eye(4)[LABELS] * np.array([0.5, 1, 2, 3]) + RANDOM.normal(size=(120, 4))


def snapshot(labels=LABELS, scores=SCORES):
    arrays = {"probabilities": scores[None], "labels": labels, "epochs": np.array([7])}
    return Snapshot("pin", (example_run(1, "adam", artifacts={"predictions": arrays}),))


def areas(table):
    rows = table.frame("areas")
    return {name: {key: rows[key][at] for key in rows} for at, name in enumerate(rows["curve"])}


def test_every_class_and_both_averages_are_scikit_learns():
    found = areas(KIND.derive(snapshot(), KIND.params()))
    truth = np.eye(4)[LABELS]
    for name in range(4):
        assert found[str(name)]["auc"] == pytest.approx(roc_auc_score(truth[:, name], SCORES[:, name]))
        assert found[str(name)]["prevalence"] == 0.25
    for average in ("micro", "macro"):
        assert found[average]["auc"] == pytest.approx(roc_auc_score(truth, SCORES, average=average))
        assert found[average]["ap"] == pytest.approx(average_precision_score(truth, SCORES, average=average))


@pytest.mark.parametrize("view, count", [("roc", 2), ("pr", 2), ("both", 4)])
def test_every_average_of_the_legend_is_drawn_in_every_view(view, count):
    params = KIND.params(view=view, classes=0)
    table = KIND.derive(snapshot(), params)
    figure = Figure((6.75, 3.2), dpi=100)
    with clean_matplotlib(LOOK):
        KIND.draw(figure, table, params, LOOK)
    averages = [line for axes in figure.axes for line in axes.lines if line.get_color() == LOOK.ink]
    assert len(averages) == count and all(len(line.get_xdata()) > 2 for line in averages)
    assert [text.get_text()[:5] for text in figure.legends[0].get_texts()] == ["micro", "macro"]


def test_the_area_under_macros_steps_is_the_mean_of_the_average_precisions():
    table = KIND.derive(snapshot(), KIND.params())
    curves = table.frame("curves")
    part = (curves["curve"] == "macro") & (curves["kind"] == "pr")
    area = (np.diff(curves["x"][part]) * curves["y"][part][1:]).sum()
    classes = [average_precision_score(name == LABELS, SCORES[:, name]) for name in range(4)]
    assert area == pytest.approx(np.mean(classes)) == pytest.approx(areas(table)["macro"]["ap"])


def test_intervals_hold_the_area_and_shrink_with_more_points():
    few = areas(KIND.derive(snapshot(), KIND.params()))["macro"]
    many = areas(KIND.derive(snapshot(np.tile(LABELS, 9), np.tile(SCORES, (9, 1))), KIND.params()))["macro"]
    assert few["auc_low"] < few["auc"] < few["auc_high"]
    assert many["auc_high"] - many["auc_low"] < 0.5 * (few["auc_high"] - few["auc_low"])


def test_the_worst_classes_are_drawn_and_all_are_in_the_table():
    table = KIND.derive(snapshot(), KIND.params(classes=2))
    assert set(table.frame("curves")["curve"]) == {"0", "1", "micro", "macro"}
    assert set(areas(table)) == {"0", "1", "2", "3", "micro", "macro"}


def test_a_class_without_an_example_is_counted_and_not_drawn():
    labels = np.where(LABELS == 3, 2, LABELS)
    table = KIND.derive(snapshot(labels), KIND.params())
    assert table.facts["classes_without_example"] == 1 and "3" not in areas(table)


def test_several_runs_are_refused_with_advice():
    runs = (snapshot().runs[0], example_run(2, "adam", seed=2, artifacts=dict(snapshot().runs[0].artifacts)))
    with pytest.raises(FigproofError, match="one run is shown, 2 fit: adam seed 1, adam seed 2") as caught:
        KIND.derive(Snapshot("pin", runs), KIND.params())
    assert "params.seed" in caught.value.hint
