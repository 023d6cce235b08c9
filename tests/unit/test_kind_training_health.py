"""training_health: the verdicts in its table, then what stands in the picture; and the demo's own runs."""

import json
from pathlib import Path

import numpy as np
import pytest

from figproof.canvas import render
from figproof.completeness import complete_metrics
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import load_kind
from figproof.look import load_look
from figproof.model import Metric, Run, Snapshot
from figproof.store.reader import read_run
from figproof.store.transfer import import_runs

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "training_health")
STEPS = np.arange(41)
FALLING = 2.0 * np.exp(-STEPS / 8.0)
OVERFIT = FALLING + 0.1 + 0.02 * np.maximum(STEPS - 12, 0)
NORM, FIRST, LAST = "gradient norm", "first layer's mean |gradient|", "last layer's mean |gradient|"

DEMO = {
    1: [],
    201: ["overfitting"],
    202: ["oscillating"],
    203: ["underfitting", "plateau", "vanishing"],
    204: ["oscillating"],
    501: ["underfitting"],
    502: ["plateau"],
    503: ["diverged"],
    504: ["not finite"],
    505: ["exploding"],
    506: [],
    507: [],
}


def run(condition, train, validation=None, *, seed=1, gradients=(), config=None, unit="nat"):
    """``gradients``: of each layer, its norms; its mean is a hundredth."""
    recorded = {"train.loss": (train, unit)}
    recorded["validation.loss"] = (np.asarray(train) + 0.05 if validation is None else validation, unit)
    for layer, norms in enumerate(gradients, 1):
        recorded[f"gradient.norm.layer{layer}"] = (norms, "")
        recorded[f"gradient.mean.layer{layer}"] = (np.asarray(norms) / 100, "")
    metrics = {
        name: Metric(name, u, np.arange(len(values)), np.asarray(values, dtype=float), "epoch")
        for name, (values, u) in recorded.items()
    }
    digest = f"{condition}-{seed}".encode().hex()[:64].ljust(64, "0")
    return Run(1, digest, "e", condition, seed, config or {}, metrics, {})


def derive(runs, expected=None, **params):
    return KIND.derive(Snapshot("p", tuple(runs), expected), KIND.params(**params))


def picture(table, size=(6.75, 3.2), **params):
    """The axes of each panel as drawn for ICML, the losses' first."""
    look = load_look(
        ROOT, "icml2025", "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml")
    )
    figures = []

    def draw(fig):
        KIND.draw(fig, table, KIND.params(**params), look)
        figures.append(fig)

    render(draw, look, size, ["png"], {"figure": "t"})
    return figures[0]


def found(table):
    """Panel -> its faults."""
    checks = table.frame("checks")
    return {
        int(panel): checks["fault"][(checks["panel"] == panel) & (checks["found"] == 1)].tolist()
        for panel in table.frame("panels")["panel"]
    }


def written(axes):
    return [text.get_text().replace("\u00a0", " ") for text in reversed(axes.texts)]


def test_the_demos_runs_show_the_fault_that_they_were_made_to_have(store):
    import_runs(store, ROOT / "demo/runs.tar.gz")
    pinned = {entry["id"] for entry in json.loads((ROOT / "config/pins/health.json").read_text())["runs"]}
    assert pinned == set(DEMO) - {1}, "the figure shows other runs than are tested here"
    shown = {}
    for number in DEMO:
        stored = read_run(store, number)
        recorded = Run(number, f"{number:064x}", "e", "c", 1, stored.config, complete_metrics(stored), {})
        shown[number] = found(derive([recorded], titles=["optimizer"]))[0]
    assert shown == DEMO


def test_healthy_runs_come_first_and_runs_with_one_fault_stand_together():
    runs = [
        run("adam", FALLING, OVERFIT),
        run("sgd", FALLING),
        run("momentum", np.full(41, 2.0)),
        run("relu", FALLING, OVERFIT),
    ]
    table = derive(runs)
    assert table.frame("panels")["condition"].tolist() == ["sgd", "adam", "relu", "momentum"]
    assert found(table) == {
        0: [],
        1: ["overfitting"],
        2: ["overfitting"],
        3: ["underfitting", "plateau"],
    }


def test_every_rules_answer_is_in_the_table_with_value_and_threshold():
    table = derive([run("sgd", FALLING, OVERFIT)])
    checks = table.frame("checks")
    assert checks["fault"].size == table.facts["rules"] == 8
    assert checks["checked"].tolist() == [1] * 6 + [0, 0]
    assert checks["value"][0] > checks["threshold"][0] == 0.005
    assert table.frame("verdicts")["text"].tolist()[0].startswith("overfitting from epoch 20")
    assert table.frame("verdicts")["line"].tolist() == [0, 0, 1, 1]


def test_a_ring_stands_where_a_fault_starts_on_the_line_that_shows_it():
    norms = np.where(STEPS >= 20, 300.0, 1.0)
    table = derive([run("sgd", FALLING, OVERFIT, gradients=[norms, norms])])
    ring = table.frame("rings")
    assert ring["condition"].tolist() == ["overfitting", "exploding"]
    assert ring["metric"].tolist() == ["validation.loss", NORM]
    lowest = int(ring["x"][0])
    assert ring["value"][0] == OVERFIT[lowest] and abs(lowest - np.argmin(OVERFIT)) <= 2
    assert (ring["x"][1], ring["value"][1]) == (20, pytest.approx(300 * np.sqrt(2)))
    losses, gradients = picture(table).axes
    marks = [line for axes in (losses, gradients) for line in axes.lines if line.get_marker() == "o"]
    assert [float(mark.get_xdata()[0]) for mark in marks] == [lowest, 20]


def test_vanishing_is_marked_on_the_first_layers_gradient():
    table = derive([run("sgd", FALLING, gradients=[np.full(41, 1e-6), np.ones(41)])])
    assert table.frame("rings")["metric"].tolist() == [FIRST]
    assert set(table.frame("lines")["metric"]) == {"train.loss", "validation.loss", NORM, FIRST, LAST}


def test_a_cross_stands_at_the_last_finite_loss():
    table = derive([run("sgd", np.where(STEPS >= 7, np.nan, FALLING)), run("adam", FALLING)])
    assert found(table) == {0: [], 1: ["not finite"]}
    crosses = table.frame("crosses")
    assert (crosses["panel"].tolist(), crosses["x"].tolist()) == ([1], [7])
    assert crosses["value"][0] == FALLING[6]
    panel = picture(table).axes[1]
    assert [line.get_xdata()[0] for line in panel.lines if line.get_marker() == "x"] == [7]


def test_the_verdict_is_written_above_each_panel():
    figure = picture(derive([run("sgd", FALLING), run("adam", FALLING, OVERFIT)]))
    assert written(figure.axes[0]) == [
        "sgd",
        "no fault found by 6 rules",
        "not checked: vanishing, exploding: (no gradients)",
    ]
    title, start, measured, *_ = written(figure.axes[1])
    assert title == "adam" and "overfitting from epoch" in f"{start} {measured}"
    assert "(limit 0.5 %)" in f"{start} {measured}"
    assert figure.axes[0].texts[-1].get_fontweight() == "bold"


def test_panels_share_their_scales_and_a_runaway_is_marked_at_the_border():
    away = np.where(STEPS >= 20, 1e6, FALLING)
    table = derive([run("sgd", FALLING), run("adam", away)])
    assert sorted(table.frame("beyond")["value"].tolist()) == [1e6, 1e6 + 0.05]
    figure = picture(table)
    tame, wild = figure.axes[:2]
    assert tame.get_ylim() == wild.get_ylim() and tame.get_ylim()[1] < 3
    assert tame.get_xlim() == wild.get_xlim()
    assert "up to 1e+06" in written(wild) and not any("up to" in text for text in written(tame))
    assert [line.get_marker() for line in wild.lines].count("^") == 2


def test_the_gradient_is_drawn_below_only_where_rows_have_room_for_it():
    table = derive([run("sgd", FALLING, gradients=[np.ones(41)] * 2)])
    assert len(picture(table).axes) == 2
    assert len(picture(table, size=(6.75, 1.3)).axes) == 1
    assert len(picture(table, gradients=False).axes) == 1


def test_a_run_without_gradients_says_so_beside_one_that_has_them():
    table = derive([run("adam", FALLING), run("sgd", FALLING, gradients=[np.ones(41)] * 2)])
    lower = [axes for axes in picture(table).axes if axes.get_yscale() == "log"]
    assert [written(axes) for axes in lower] == [["not recorded"], []]


def test_titles_come_from_config_keys_and_show_nothing_unprintable():
    config = {"optimizer": "sg\nd\x1b[1m", "learning_rate": 30.0, "hidden": [32, 16], "none": []}
    table = derive(
        [run("sgd", FALLING, config=config)], titles=["optimizer", "learning_rate", "hidden", "none"]
    )
    assert table.frame("panels")["title"].tolist() == ["sg d [1m, learning rate 30, hidden 32-16, none none"]
    with pytest.raises(FigproofError, match=r"'learning_rat' is not in sgd seed 1(.|\n)*learning_rate\?"):
        derive([run("sgd", FALLING, config=config)], titles=["learning_rat"])


def test_a_long_title_is_cut_and_a_condition_of_several_seeds_names_them():
    config = {"hidden": [32] * 500}
    title = derive([run("sgd", FALLING, config=config)], titles=["hidden"]).frame("panels")["title"][0]
    assert len(title) == 80 and title.endswith("...")
    figure = picture(derive([run("sgd", FALLING, seed=seed) for seed in (1, 4)]))
    assert [written(axes)[0] for axes in figure.axes] == ["sgd, seed 1", "sgd, seed 4"]


def test_missing_seeds_are_stated():
    figure = picture(derive([run("sgd", FALLING, seed=seed) for seed in (1, 2)], expected=3))
    assert figure.legends[0].get_texts()[0].get_text() == "train (2 of 3 runs are there)"


def test_a_long_series_keeps_its_spike_and_is_judged_at_full_resolution():
    steps = 20_000
    train = 2.0 * np.exp(-np.arange(steps) / 4000)
    train[[9_001, 15_001]] += 1.0
    table = derive([run("sgd", train)])
    lines = table.frame("lines")
    mine = lines["value"][lines["metric"] == "train.loss"]
    assert mine.size < 1500 and {train[9_001], train[15_001]} <= set(mine.tolist())
    assert found(table) == {0: ["oscillating"]}


def test_what_cannot_be_shown_is_refused_with_advice():
    with pytest.raises(FigproofError, match=r"no run has a finite loss(.|\n)*leave these runs out"):
        derive([run("sgd", np.full(12, np.nan))])
    with pytest.raises(FigproofError, match=r"a loss of -2 cannot(.|\n)*y_scale: linear"):
        derive([run("sgd", -FALLING)], y_scale="log")
    with pytest.raises(FigproofError, match=r"25 runs(.|\n)*params.conditions"):
        derive([run("sgd", FALLING, seed=seed) for seed in range(25)])
    with pytest.raises(FigproofError, match="different units"):
        derive([run("sgd", FALLING), run("adam", FALLING, unit="bit")])
    with pytest.raises(FigproofError, match="holds no run"):
        derive([])
