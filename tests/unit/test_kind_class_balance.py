"""class_balance: counts as recorded, their ratio, and bars from zero."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from figproof.canvas import render
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import example_run, load_kind
from figproof.look import load_look
from figproof.model import Snapshot

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "class_balance")


def run(seed, train, test=(5, 5, 5), condition="sgd"):
    data = {"train": np.array(train), "test": np.array(test)}
    return example_run(seed + 1, condition, seed=seed, artifacts={"data": data})


def derive(runs, **params):
    return KIND.derive(Snapshot("p", tuple(runs)), KIND.params(**{"parts": ["train", "test"], **params}))


def picture(table, **params):
    look = load_look(
        ROOT, "icml2025", "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml")
    )
    figures = []

    def draw(fig):
        KIND.draw(fig, table, KIND.params(**{"parts": ["train", "test"], **params}), look)
        figures.append(fig)

    render(draw, look, (6.75, 2.4), ["png"], {"figure": "t"})
    return figures[0]


def test_a_bar_is_the_mean_over_seeds_with_their_range():
    table = derive([run(0, [10, 20, 30]), run(1, [14, 20, 26])])
    counts = table.frame("counts")
    train = counts["part"] == "train"
    assert counts["count"][train].tolist() == [12, 20, 28]
    assert counts["low"][train].tolist() == [10, 20, 26] and counts["high"][train].tolist() == [14, 20, 30]
    parts = table.frame("parts")
    assert parts["examples"].tolist() == [60, 15]
    assert parts["ratio"].tolist() == pytest.approx([28 / 12, 1])


def test_an_absent_class_has_an_infinite_ratio_and_says_so():
    table = derive([run(0, [0, 20, 30])])
    assert np.isinf(table.frame("parts")["ratio"][0])
    written = [text.get_text() for text in picture(table).axes[0].texts]
    assert any("a class is absent" in text for text in written)


def test_bars_start_at_zero_and_end_at_the_counts():
    fig = picture(derive([run(0, [10, 20, 30])]))
    bars = [patch for patch in fig.axes[0].patches if isinstance(patch, Rectangle)]
    assert [bar.get_x() for bar in bars] == [0, 0, 0]
    assert [bar.get_width() for bar in bars] == [10, 20, 30]
    assert fig.axes[0].get_xlim()[0] == 0
    dotted = [line.get_xdata()[0] for line in fig.axes[0].lines if len(line.get_xdata())]
    assert dotted == [20]


def test_number_of_examples_and_ratio_stand_above_each_part():
    fig = picture(derive([run(0, [10, 20, 30])]))
    above = [[text.get_text() for text in axes.texts] for axes in fig.axes]
    assert above == [["n = 60, max/min 3.00", "train"], ["n = 15, max/min 1.00", "test"]]


def test_conditions_differ_by_colour_and_hatch():
    runs = [run(0, [10, 20, 30]), run(1, [5, 5, 5], condition="adam")]
    bars = picture(derive(runs)).axes[0].patches
    assert len({(bar.get_facecolor(), bar.get_hatch()) for bar in bars}) == 2
    assert len({bar.get_hatch() for bar in bars}) == 2


@pytest.mark.parametrize(
    "train, said",
    [
        ([1.5, 2.0, 3.0], "is float64 of shape"),
        ([[1, 2, 3]], r"shape \(1, 3\)"),
        ([-1, 2, 3], "whole number"),
        ([0, 0, 0], "counts no example"),
        ([1, 2], "count different classes: 2/3"),
    ],
)
def test_counts_that_are_none_are_refused(train, said):
    with pytest.raises(FigproofError, match=said) as caught:
        derive([run(0, train)])
    assert caught.value.hint


def test_a_run_that_recorded_no_counts_says_so():
    with pytest.raises(FigproofError, match="artifact 'data' was not recorded"):
        derive([example_run(1, "sgd")])


def test_class_names_must_fit():
    with pytest.raises(FigproofError, match="2 class names for counts of 3 classes"):
        derive([run(0, [1, 2, 3])], class_labels=["a", "b"])
