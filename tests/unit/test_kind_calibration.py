"""calibration: hits of every run pooled over the same test points; what is no probability is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.text import Text

from figproof.canvas import clean_matplotlib
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import example_run, load_kind
from figproof.look import load_look
from figproof.model import Snapshot

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "calibration")
LOOK = load_look(ROOT, "icml2025", "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml"))
SURE = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.6, 0.4]])
LABELS = np.array([0, 1, 1, 0])


def run(number, condition, scores=SURE, epochs=(3,)):
    arrays = {"probabilities": np.stack([scores] * len(epochs)), "labels": LABELS, "epochs": np.array(epochs)}
    return example_run(number, condition, seed=number, artifacts={"predictions": arrays})


def test_points_of_all_runs_are_pooled_into_bins():
    table = KIND.derive(Snapshot("p", (run(1, "adam"), run(2, "adam"))), KIND.params(bins=2))
    bins, row = table.frame("bins"), table.frame("conditions")
    assert list(bins["predictions"]) == [0, 8] and list(bins["points"]) == [0, 4]
    assert (row["runs"][0], row["points"][0], row["accuracy"][0]) == (2, 4, 0.75)
    assert row["ece"][0] == pytest.approx(abs(0.75 - np.mean([0.9, 0.8, 0.7, 0.6])))


def many_points(number, condition, seed=0):
    """A run that predicts the same 80 points as others do, each a little differently."""
    random = np.random.default_rng([number, seed])
    labels = np.arange(80) % 2
    first = np.clip(np.where(labels == 0, 0.7, 0.3) + random.normal(0, 0.3, 80), 0, 1)
    arrays = {
        "probabilities": np.stack([first, 1 - first], 1)[None],
        "labels": labels,
        "epochs": np.array([3]),
    }
    return example_run(number, condition, seed=number, artifacts={"predictions": arrays})


def test_five_times_the_same_run_leave_the_intervals_as_wide():
    first = many_points(1, "adam")
    again = [replace(first, seed=seed, digest=f"{seed:064x}") for seed in range(1, 6)]
    one, five = (
        KIND.derive(Snapshot("p", tuple(runs)), KIND.params(bins=4)).frame("bins")
        for runs in (again[:1], again)
    )
    used = one["predictions"] > 0
    width = {
        name: (rows["accuracy_high"] - rows["accuracy_low"])[used] for name, rows in (("1", one), ("5", five))
    }
    assert width["5"] == pytest.approx(width["1"], rel=0.25)
    assert set(five["interval"][used]) >= {"bootstrap"} and set(one["interval"][used]) == {"wilson"}


def test_runs_on_different_test_points_are_not_pooled():
    other = run(2, "adam")
    other = replace(
        other, artifacts={"predictions": {**other.artifacts["predictions"], "labels": 1 - LABELS}}
    )
    with pytest.raises(FigproofError, match="seed 2 and seed 1 predict different test points") as caught:
        KIND.derive(Snapshot("p", (run(1, "adam"), other)), KIND.params())
    assert "params.seed" in caught.value.hint


@pytest.mark.parametrize(
    "names, said",
    [
        (["adam"], ["one run, 80 test points", "bars: Wilson 95 % CI"]),
        (["adam"] * 3, ["3 runs on the same 80 test points", "95 % bootstrap CI over points"]),
        (["adam", "sgd"], ["one run each, 80 test points", "bars: Wilson"]),
        (["adam", "adam", "sgd"], ["SGD: ECE", ", one run, 80 test points", "Wilson for one run"]),
    ],
)
def test_runs_points_and_the_interval_are_stated(names, said):
    params = KIND.params(bins=2)
    table = KIND.derive(Snapshot("p", tuple(many_points(n, name) for n, name in enumerate(names))), params)
    figure = Figure((6.75, 3.6), dpi=100)
    with clean_matplotlib(LOOK):
        KIND.draw(figure, table, params, LOOK)
        written = " ".join(text.get_text() for text in figure.findobj(Text)).replace("\n", " ")
    assert all(part in written for part in said), written


def test_marks_stand_at_the_mean_confidence_and_inside_the_axes():
    params = KIND.params()
    sure = np.array([[1.0, 0.0], [0.99, 0.01], [0.0, 1.0], [1.0, 0.0]])
    table = KIND.derive(
        Snapshot("p", tuple(run(n, name, sure) for n, name in enumerate(["adam", "momentum", "sgd"]))), params
    )
    figure = Figure((3.25, 3.1), dpi=100)
    with clean_matplotlib(LOOK):
        KIND.draw(figure, table, params, LOOK)
        figure.draw_without_rendering()
    axes, bins = figure.axes[0], table.frame("bins")
    for name in ("adam", "momentum", "sgd"):
        marker = LOOK.marker(name)
        line = next(line for line in axes.lines if line.get_marker() == marker)
        here = (bins["condition"] == name) & (bins["predictions"] > 0)
        assert line.get_xdata().tolist() == bins["confidence"][here].tolist()
        place = axes.transData.transform(line.get_xydata())
        half = line.get_markersize() / 2 * figure.dpi / 72
        assert (place + half <= axes.bbox.max).all() and (place - half >= axes.bbox.min).all()
        assert line.get_markerfacecolor() == "none"


def test_half_precision_probabilities_are_divided_by_their_sum():
    table = KIND.derive(Snapshot("p", (run(1, "adam", SURE * 1.01),)), KIND.params())
    assert table.frame("conditions")["mean_confidence"][0] == pytest.approx(0.75)


@pytest.mark.parametrize("scores", [SURE * 2, SURE - 0.2, np.where(SURE > 0.85, np.nan, SURE)])
def test_what_is_no_probability_is_refused(scores):
    with pytest.raises(FigproofError, match="no probabilities") as caught:
        KIND.derive(Snapshot("p", (run(1, "adam", scores),)), KIND.params())
    assert "before the run diverged" in caught.value.hint


def test_an_epoch_and_a_seed_are_chosen():
    runs = Snapshot("p", (run(1, "adam", epochs=(3, 5)), run(2, "adam", epochs=(3, 6))))
    row = KIND.derive(runs, KIND.params()).frame("conditions")
    assert row["epochs"][0] == "5 6"
    assert KIND.derive(runs, KIND.params(epoch=3, seed=2)).frame("conditions")["runs"][0] == 1
    with pytest.raises(FigproofError, match="no run has seed 9; there are: seed 1, seed 2"):
        KIND.derive(runs, KIND.params(seed=9))
