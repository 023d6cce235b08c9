"""loss_curves: the numbers of its table, then what stands in the picture."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from figproof.canvas import render
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import load_kind
from figproof.look import load_look
from figproof.model import Metric, Run, Snapshot

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "loss_curves")
LOSS = "validation.loss"


def run(condition, seed, values, *, metric=LOSS, unit="nat", steps=None):
    values = np.asarray(values, dtype=float)
    steps = np.arange(values.size) if steps is None else np.asarray(steps)
    digest = f"{condition}-{seed}".encode().hex().ljust(64, "0")
    return Run(
        1, digest, "e", condition, seed, {}, {metric: Metric(metric, unit, steps, values, "epoch")}, {}
    )


def derive(runs, expected=None, **params):
    params = {"metrics": [LOSS], "band": "none", **params}
    return KIND.derive(Snapshot("p", tuple(runs), expected), KIND.params(**params))


def picture(table, **params):
    """The axes as drawn for ICML's full width."""
    look = load_look(
        ROOT, "icml2025", "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml")
    )
    figures = []

    def draw(fig):
        KIND.draw(fig, table, KIND.params(**{"metrics": [LOSS], "band": "none", **params}), look)
        figures.append(fig)

    render(draw, look, (6.75, 2.4), ["png"], {"figure": "t"})
    return figures[0].axes[0], look


def texts(axes):
    legend = axes.get_legend()
    inside = [*legend.get_texts(), legend.get_title()] if legend else []
    return [text.get_text().replace("\n", " ") for text in (*axes.texts, *inside)]


def test_the_centre_is_the_mean_and_the_band_its_range():
    table = derive([run("sgd", 0, [1, 2]), run("sgd", 1, [3, 6])], band="minmax")
    lines = table.frame("lines")
    assert lines["value"].tolist() == [2, 4]
    assert lines["low"].tolist() == [1, 2] and lines["high"].tolist() == [3, 6]
    assert lines["runs"].tolist() == [2, 2]


def test_smoothing_comes_before_averaging_and_the_raw_centre_is_kept():
    runs = [run("sgd", 0, [0, 3, 0]), run("sgd", 1, [0, 0, 9])]
    table = derive(runs, smoothing="moving_average", window=3, centre="median")
    # Smoothed per run: [0, 1, 0] and [0, 3, 9]; smoothing the medians [0, 1.5, 4.5] gives another middle.
    assert table.frame("lines")["value"].tolist() == [0, 2, 4.5]
    assert table.frame("raw")["value"].tolist() == [0, 1.5, 4.5]


def test_without_a_centre_every_run_is_a_line():
    table = derive([run("sgd", 0, [1, 2]), run("sgd", 7, [3, 6])], centre="none")
    assert list(dict.fromkeys(table.frame("lines")["line"])) == ["seed 0", "seed 7"]
    assert table.frame("lines")["value"].tolist() == [1, 2, 3, 6]


def test_a_missing_seed_is_named_in_the_table_and_in_the_picture():
    runs = [run("sgd", seed, [1, 2]) for seed in range(3)] + [run("adam", seed, [2, 3]) for seed in (0, 2)]
    table = derive(runs, expected=3)
    frame = {name: values.tolist() for name, values in table.frame("runs").items()}
    assert frame["condition"] == ["adam", "sgd"] and frame["n"] == [2, 3] and frame["missing"] == ["1", ""]
    axes, _ = picture(table)
    assert "mean, n = 3 seeds, Adam 2 (no seed 1)" in texts(axes)


def test_fewer_seeds_than_the_selection_expects_are_stated():
    axes, _ = picture(derive([run("sgd", 0, [1, 2]), run("sgd", 1, [1, 2])], expected=5))
    assert "mean, n = 2 of 5 seeds" in texts(axes)


def test_a_single_run_is_called_one_run_and_drawn_as_wide_as_a_mean():
    table = derive([run("sgd", 0, [2, 1])], centre="none")
    axes, look = picture(table, centre="none")
    assert "one run" in texts(axes)
    assert axes.lines[0].get_linewidth() == look.rc.get("lines.linewidth")


def test_a_value_that_is_not_finite_is_marked_where_it_happens_and_stops_the_centre():
    table = derive([run("sgd", 0, [4, 3, 2, 1]), run("sgd", 1, [4, 3, np.nan, np.inf])])
    marks = {name: values.tolist() for name, values in table.frame("marks").items()}
    assert (marks["run"], marks["step"], marks["kind"], marks["value"]) == (["seed 1"], [2], ["nan"], [3])
    assert np.isnan(table.frame("lines")["value"]).tolist() == [False, False, True, True]
    axes, look = picture(table)
    crosses = [line for line in axes.lines if line.get_marker() == "x"]
    assert [tuple(cross.get_xydata()[0]) for cross in crosses] == [(2, 3)]
    assert crosses[0].get_color() == look.colour("sgd")
    assert any("×: NaN or infinite" in text for text in texts(axes))


def test_a_condition_that_is_never_finite_is_refused():
    with pytest.raises(FigproofError, match="no step at which every run is finite"):
        derive([run("sgd", 0, [np.nan, np.nan])])


def test_zero_on_a_logarithmic_axis_is_refused_with_advice():
    with pytest.raises(FigproofError, match=r"value of 0 cannot(.|\n)*symlog"):
        derive([run("sgd", 0, [1, 0])], y_scale="log")


def test_a_band_below_zero_on_a_logarithmic_axis_is_refused_with_advice():
    with pytest.raises(FigproofError, match=r"band of -(.|\n)*bootstrap95"):
        derive([run("sgd", 0, [1, 1]), run("sgd", 1, [9, 1])], y_scale="log", band="sd")


def test_different_steps_are_refused_unless_a_rule_is_chosen():
    runs = [run("sgd", 0, [1, 2, 3], steps=[0, 1, 2]), run("sgd", 1, [5, 7], steps=[0, 2])]
    with pytest.raises(FigproofError, match=r"metric validation.loss: (.|\n)*align: common"):
        derive(runs)
    common = derive(runs, align="common")
    assert common.frame("lines")["step"].tolist() == [0, 2]
    assert common.frame("lines")["value"].tolist() == [3, 5]
    assert common.facts["points_left_out_by_align"] == 1
    union = derive(runs, align="union")
    assert union.frame("lines")["value"].tolist() == [3, 2, 5]
    assert union.frame("lines")["runs"].tolist() == [2, 1, 2]


def test_an_unknown_metric_lists_those_recorded():
    with pytest.raises(
        FigproofError, match=r"'validation.los' was recorded by none of 1 runs.*Did you mean validation.loss"
    ):
        derive([run("sgd", 0, [1])], metrics=["validation.los"])


def test_a_metric_that_one_run_lacks_names_the_run():
    with pytest.raises(FigproofError, match="not recorded by sgd seed 1"):
        derive([run("sgd", 0, [1]), run("sgd", 1, [1], metric="other")])


def test_metrics_of_different_units_do_not_share_an_axis():
    both = run("sgd", 0, [1, 2])
    both = replace(
        both, metrics={**both.metrics, **run("sgd", 0, [1, 2], metric="train.accuracy", unit="%").metrics}
    )
    with pytest.raises(FigproofError, match="different units"):
        derive([both], metrics=[LOSS, "train.accuracy"])


def test_a_band_over_one_run_is_refused():
    with pytest.raises(FigproofError, match="at least two runs"):
        derive([run("sgd", 0, [1, 2])], band="bootstrap95")


def test_thinning_keeps_a_spike_and_says_how_many_points_went():
    values = np.zeros(20_000)
    values[12_345] = 99
    table = derive([run("sgd", 0, values)])
    lines = table.frame("lines")
    assert lines["value"][lines["step"] == 12_345].tolist() == [99]
    assert lines["step"].size + table.facts["points_thinned_for_drawing"] == 20_000
    assert lines["step"].size < 3000


def test_a_spike_of_one_point_in_ten_million_is_drawn():
    values = np.zeros(10_000_000)
    values[7_654_321] = 99
    lines = derive([run("sgd", 0, values)]).frame("lines")
    assert lines["value"][lines["step"] == 7_654_321].tolist() == [99]
    assert lines["value"].max() == 99 and lines["step"].size < 3000


def test_a_line_is_smoothed_at_full_resolution_and_thinned_after():
    values = np.tile([0.0, 1.0], 20_000)
    lines = derive([run("sgd", 0, values)], smoothing="moving_average", window=101).frame("lines")
    inner = lines["value"][(lines["step"] > 100) & (lines["step"] < 39_900)]
    # Thinned first, the extremes 0 and 1 would be left and their average would not be near a half.
    assert 1000 < inner.size < 5000 and np.abs(inner - 0.5).max() < 0.01


def with_metric(base, name, values, unit="s"):
    steps = base.metrics[LOSS].steps
    extra = Metric(name, unit, steps, np.asarray(values, dtype=float), "epoch")
    return replace(base, metrics={**base.metrics, name: extra})


def test_time_on_the_x_axis_is_the_mean_over_the_runs_at_a_step():
    runs = [
        with_metric(run("sgd", 0, [3, 2, 1]), "system.elapsed", [0, 1, 3]),
        with_metric(run("sgd", 1, [3, 2, 1]), "system.elapsed", [0, 2, 5]),
    ]
    table = derive(runs, x="system.elapsed", mark_best="lowest")
    assert table.frame("lines")["x"].tolist() == [0, 1.5, 4]
    assert table.frame("best")["x"].tolist() == [4] and table.frame("best")["step"].tolist() == [2]
    axes, _ = picture(table, x="system.elapsed", mark_best="lowest")
    assert axes.get_xlabel() == "system elapsed (s)"
    assert axes.lines[0].get_xdata().tolist() == [0, 1.5, 4]


def test_an_x_metric_that_falls_or_has_gaps_is_refused():
    with pytest.raises(FigproofError, match="does not rise"):
        derive([with_metric(run("sgd", 0, [3, 2]), "t", [1, 0])], x="t")
    short = replace(run("sgd", 0, [3, 2]), metrics={**run("sgd", 0, [3, 2]).metrics})
    short.metrics["t"] = Metric("t", "s", np.array([0]), np.array([0.0]), "epoch")
    with pytest.raises(FigproofError, match=r"'t' was not recorded at 1 of 2 steps, e\.g\. 1"):
        derive([short], x="t")


def test_learning_rates_that_change_and_restart_are_marked_at_the_axis():
    rates = [0.1, 0.1, 0.01, 0.1, 0.05]
    runs = [with_metric(run("sgd", seed, [5, 4, 3, 2, 1]), "learning_rate", rates, "") for seed in (0, 1)]
    table = derive(runs, mark_rate="learning_rate")
    rows = {name: column.tolist() for name, column in table.frame("rates").items()}
    assert (rows["kind"], rows["step"]) == (["change", "restart", "change"], [2, 3, 4])
    assert rows["rate"] == [0.01, 0.1, 0.05]
    axes, _ = picture(table, mark_rate="learning_rate")
    marks = [(line.get_marker(), line.get_xdata()[0]) for line in axes.lines if line.get_marker() in "v^"]
    assert sorted(marks) == [("^", 3), ("v", 2), ("v", 4)]
    assert {"learning rate changes", "learning rate restarts"} <= set(texts(axes))


def test_a_constant_learning_rate_has_no_mark_and_no_entry():
    table = derive(
        [with_metric(run("sgd", 0, [2, 1]), "learning_rate", [0.1, 0.1], "")], mark_rate="learning_rate"
    )
    assert table.frame("rates")["step"].size == 0
    axes, _ = picture(table, mark_rate="learning_rate")
    assert not any("learning rate" in text for text in texts(axes))


def test_a_run_with_gaps_is_one_line_over_the_steps_it_recorded():
    runs = [run("sgd", 0, [1, 2, 3], steps=[0, 1, 2]), run("sgd", 1, [5, 7], steps=[0, 2])]
    lines = derive(runs, align="union", centre="none").frame("lines")
    assert lines["step"][lines["line"] == "seed 1"].tolist() == [0, 2]


def test_the_best_point_is_ringed_on_the_line():
    table = derive([run("sgd", 0, [3, 1, 2])], mark_best="lowest")
    assert table.frame("best")["step"].tolist() == [1]
    axes, _ = picture(table, mark_best="lowest")
    assert (1, 1) in [
        tuple(line.get_xydata()[0]) for line in axes.lines if line.get_markerfacecolor() == "white"
    ]


def test_colour_is_the_conditions_and_dash_the_metrics():
    runs = []
    for condition, level in (("sgd", 3), ("adam", 1)):
        first = run(condition, 0, [level + 1, level])
        more = run(condition, 0, [level, level / 2], metric="train.loss").metrics
        runs.append(replace(first, metrics={**first.metrics, **more}))
    both = {"metrics": [LOSS, "train.loss"]}
    axes, look = picture(derive(runs, **both), **both)
    drawn = {
        (line.get_color(), line.is_dashed()): line.get_ydata().tolist()
        for line in axes.lines
        if line.get_marker() in (look.marker("sgd"), look.marker("adam"))
    }
    assert drawn[(look.colour("sgd"), False)] == [4, 3]
    assert drawn[(look.colour("adam"), True)] == [1, 0.5]
    assert {"validation", "train", "SGD", "Adam"} <= set(texts(axes))
    assert axes.get_ylabel() == "loss (nat)" and axes.get_xlabel() == "epoch"


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"smoothing": "ema"}, "needs decay"),
        ({"decay": 0.9}, "does not use decay"),
        ({"smoothing": "moving_average", "window": 4}, "odd"),
        ({"y_scale": "symlog"}, "symlog_threshold"),
        ({"centre": "none", "band": "sd"}, "set band: none"),
        ({"centre": "median", "band": "sem"}, "around a mean"),
        ({"y_limits": [1.0, 0.0]}, "rise"),
        ({"metrics": ["a", "a"]}, "repeat"),
    ],
)
def test_params_that_do_not_fit_together_are_refused(wrong, said):
    with pytest.raises(ValidationError, match=said):
        KIND.params(**{"metrics": [LOSS], "band": "none", **wrong})
