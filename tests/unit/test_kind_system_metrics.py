"""system_metrics: means, ranges and medians, then axes from zero."""

from pathlib import Path

import numpy as np
import pytest

from figproof.canvas import render
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import example_run, load_kind
from figproof.look import load_look
from figproof.model import Metric, Snapshot

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "system_metrics")
TIME = "system.epoch_time"


def run(condition, seed, seconds, *, name=TIME, unit="s"):
    steps = np.arange(1, len(seconds) + 1)
    metrics = {
        name: Metric(name, unit, steps, np.asarray(seconds, dtype=float), "epoch"),
        "system.memory": Metric("system.memory", "MiB", steps, np.full(steps.size, 70.0), "epoch"),
    }
    return example_run(seed + 1, condition, seed=seed, metrics=metrics)


def derive(runs, **params):
    return KIND.derive(Snapshot("p", tuple(runs)), KIND.params(**params))


def picture(table, width="full", **params):
    look = load_look(
        ROOT, "icml2025", "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml")
    )
    figures = []

    def draw(fig):
        KIND.draw(fig, table, KIND.params(**params), look)
        figures.append(fig)

    render(draw, look, (look.venue.widths_in[width], 3.0), ["png"], {"figure": "t"})
    return figures[0]


def test_a_line_is_the_mean_the_band_the_range_and_the_number_the_median_of_all_values():
    table = derive([run("sgd", 0, [1, 2, 9]), run("sgd", 1, [3, 2, 1])], metrics=[TIME])
    series = table.frame("series")
    assert series["value"].tolist() == [2, 2, 5]
    assert series["low"].tolist() == [1, 2, 1] and series["high"].tolist() == [3, 2, 9]
    summary = table.frame("summary")
    assert summary["median"].tolist() == [2] and summary["values"].tolist() == [6]


def test_one_slow_epoch_among_a_hundred_thousand_stays_visible_and_does_not_move_the_median():
    seconds = np.full(100_000, 0.5)
    seconds[77_777] = 30
    table = derive([run("sgd", 0, seconds)], metrics=[TIME])
    series = table.frame("series")
    assert series["value"][series["x"] == 77_778].tolist() == [30] and series["x"].size < 2000
    assert table.frame("summary")["median"].tolist() == [0.5]


def test_every_panel_starts_at_zero_and_carries_its_unit():
    table = derive([run("sgd", 0, [0.2, 0.3]), run("adam", 1, [0.4, 0.5])])
    panels = picture(table).axes
    assert [axes.get_ylabel() for axes in panels] == ["epoch time (s)", "memory (MiB)"]
    assert [axes.get_ylim()[0] for axes in panels] == [0, 0]
    assert panels[1].get_ylim()[1] >= 70


def test_lines_are_named_with_their_medians():
    table = derive([run("sgd", 0, [0.2, 0.2]), run("adam", 1, [0.4, 0.5])], metrics=[TIME])
    written = {text.get_text() for text in picture(table, metrics=[TIME]).axes[0].texts}
    assert {"SGD 0.200", "Adam 0.450"} <= written


def test_panels_stand_abreast_where_there_is_room_and_stacked_where_not():
    table = derive([run("sgd", 0, [0.2, 0.3])])
    wide, narrow = (picture(table, width).axes for width in ("full", "single"))
    assert wide[0].get_position().y0 == pytest.approx(wide[1].get_position().y0, abs=0.01)
    assert narrow[0].get_position().y0 > narrow[1].get_position().y1


def test_a_measurement_that_is_not_finite_names_the_run():
    with pytest.raises(FigproofError, match=r"sgd seed 0: metric 'system\.epoch_time' holds"):
        derive([run("sgd", 0, [1, np.nan])], metrics=[TIME])


def test_a_run_that_was_not_profiled_says_what_it_has():
    with pytest.raises(
        FigproofError, match=r"'system\.epoch_time' was recorded by none.*Known: system.memory, x"
    ):
        derive([run("sgd", 0, [1], name="x")], metrics=[TIME])
