"""Loss profiles: lines and where they stand, what the axes say, what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from figproof.canvas import clean_matplotlib
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import load_kind
from figproof.look import load_look
from figproof.model import Snapshot

ROOT = Path(__file__).parents[2]
KIND = load_kind(ROOT / "figures", "loss_profile")
SNAPSHOT = KIND.example().snapshot
LOOK = load_look(ROOT, "icml2025", "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml"))


def changed(config=None, **arrays):
    first = SNAPSHOT.runs[0]
    artifacts = {"landscape": {**first.artifacts["landscape"], **arrays}}
    return Snapshot("example", (replace(first, artifacts=artifacts, config=config or first.config),))


def drawn(table, **params):
    figure = Figure((3.25, 2.8), dpi=100)
    with clean_matplotlib(LOOK):
        KIND.draw(figure, table, KIND.params(**params), LOOK)
        figure.draw_without_rendering()
    return figure


def test_every_line_is_the_recorded_one():
    lines = KIND.derive(SNAPSHOT, KIND.params(show=["accuracy", "loss"])).frame("lines")
    run = SNAPSHOT.of("sgd")[0]
    here = (lines["condition"] == "sgd") & (lines["part"] == "validation") & (lines["quantity"] == "accuracy")
    np.testing.assert_array_equal(lines["value"][here], run.artifacts["landscape"]["validation_accuracy"])
    np.testing.assert_array_equal(lines["alpha"][here], run.artifacts["landscape"]["alpha"])
    assert lines["alpha"].size == 37 * 2 * 2 * 2


def test_conditions_differ_by_colour_and_marker_and_parts_of_the_data_by_dash():
    axes = drawn(KIND.derive(SNAPSHOT, KIND.params())).axes[0]
    curves = [line for line in axes.lines if len(line.get_xdata()) == 37]
    looks = [(line.get_color(), line.get_marker(), line.is_dashed()) for line in curves]
    expected = [
        (LOOK.colour(name), LOOK.marker(name), dashed) for name in ("adam", "sgd") for dashed in (False, True)
    ]
    assert looks == expected


def test_both_ends_of_an_interpolation_are_marked_and_the_axis_says_which():
    axes = drawn(KIND.derive(SNAPSHOT, KIND.params())).axes[0]
    upright = [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2]
    assert upright == [0.0, 1.0]
    assert axes.get_xlabel() == "place on the line (0 first, 1 last weights)"
    assert axes.get_ylabel() == "loss (nat)"
    assert axes.get_yscale() == "log"


def test_a_random_direction_is_marked_at_the_weights():
    snapshot = changed(config={"directions": "random", "normalise": "filter"})
    axes = drawn(KIND.derive(snapshot, KIND.params())).axes[0]
    assert [line.get_xdata()[0] for line in axes.lines if len(line.get_xdata()) == 2] == [0.0]
    assert axes.get_xlabel() == "step along the direction (filter-normalised)"


def test_one_part_of_the_data_is_named_above():
    axes = drawn(KIND.derive(SNAPSHOT, KIND.params(parts=["train"])), parts=["train"]).axes[0]
    assert axes.get_legend().get_title().get_text() == "train data"


@pytest.mark.parametrize(
    ("snapshot", "said"),
    [
        (changed(train_loss=np.zeros(37)), r"logarithmic scale needs positive values[\s\S]*scale: linear"),
        (changed(train_loss=np.ones(5)), r"train_loss of shape \(5,\) does not belong to alpha"),
        (changed(validation_loss=np.full(37, np.inf)), "37 values of 37 that are NaN or infinite"),
        (changed(config={"directions": "up", "normalise": "none"}), "directions is 'up'"),
        (
            Snapshot("p", (*changed({"directions": "random", "normalise": "filter"}).runs, SNAPSHOT.runs[1])),
            "the runs follow different lines",
        ),
    ],
)
def test_profiles_that_cannot_be_drawn_are_refused(snapshot, said):
    with pytest.raises(FigproofError, match=said):
        KIND.derive(snapshot, KIND.params())
