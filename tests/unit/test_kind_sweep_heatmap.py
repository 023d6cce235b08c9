"""sweep_heatmap: cells, missing and diverged ones, the best, and what may share a cell."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex

from figproof.canvas import render
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import load_kind
from figproof.look import load_look
from figproof.model import Metric, Run, Snapshot

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "sweep_heatmap")
BASE = {"x": "learning_rate", "y": "hidden.0", "metric": "accuracy", "better": "higher"}


def run(rate, width, seed, values, **config):
    metric = Metric("accuracy", "", np.arange(len(values)), np.array(values, float), "epoch")
    config = {"learning_rate": rate, "hidden": [width], "seed": seed, **config}
    return Run(
        1,
        f"{rate}{width}{seed}".encode().hex().ljust(64, "0"),
        "e",
        "c",
        seed,
        config,
        {"accuracy": metric},
        {},
    )


def derive(runs, **params):
    return KIND.derive(Snapshot("p", tuple(runs)), KIND.params(**{**BASE, **params}))


def cells(table):
    """(y, x) -> mean."""
    frame = table.frame("cells")
    return {
        (str(y), str(x)): value for y, x, value in zip(frame["y"], frame["x"], frame["mean"], strict=True)
    }


def picture(table, size=(6.75, 2.4), **params):
    look = load_look(
        ROOT, "icml2025", "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml")
    )
    figures = []

    def draw(fig):
        KIND.draw(fig, table, KIND.params(**{**BASE, **params}), look)
        figures.append(fig)

    render(draw, look, size, ["png"], {"figure": "t"})
    return figures[0].axes[0]


GRID = [
    run(rate, width, seed, [0, rate + width / 100 + seed])
    for rate in (0.1, 0.01)
    for width in (8, 128)
    for seed in (0, 1)
]


def test_a_cell_is_the_mean_over_its_seeds_and_numbers_are_ordered_by_size():
    table = derive(GRID)
    assert list(cells(table)) == [("8", "0.01"), ("8", "0.1"), ("128", "0.01"), ("128", "0.1")]
    assert cells(table)[("8", "0.1")] == pytest.approx(0.1 + 0.08 + 0.5)
    assert table.frame("cells")["runs"].tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize(
    "params, expected",
    [({"value": "final"}, 2), ({"value": "best"}, 9), ({"value": "mean_last", "last": 2}, 3)],
)
def test_the_value_of_a_run_is_the_one_asked_for(params, expected):
    table = derive([run(0.1, 8, 0, [1, 9, 4, 2]), run(0.1, 16, 0, [0, 0, 0, 0])], **params)
    assert cells(table)[("8", "0.1")] == expected


def test_best_is_the_lowest_where_lower_is_better():
    table = derive(GRID, better="lower", value="final")
    frame = table.frame("cells")
    assert [(str(frame["y"][at]), str(frame["x"][at])) for at in np.flatnonzero(frame["best"])] == [
        ("8", "0.01")
    ]


def test_a_setting_that_was_not_run_is_hatched():
    table = derive([run(0.1, 8, 0, [1]), run(0.01, 16, 0, [2])])
    assert table.facts["missing_cells"] == 2
    axes = picture(table)
    assert [patch.get_xy() for patch in axes.patches if patch.get_hatch()] == [(0 - 0.5, -0.5), (0.5, 0.5)]
    assert any("hatched: not run" in text.get_text() for text in axes.texts)


def test_one_diverged_seed_flags_its_cell_and_is_not_averaged_away():
    table = derive(
        [
            run(0.1, 8, 0, [1, 2]),
            run(0.1, 8, 1, [1, np.nan]),
            run(0.1, 16, 0, [3, 3]),
            run(0.1, 16, 1, [3, 4]),
        ]
    )
    assert np.isnan(cells(table)[("8", "0.1")])
    assert table.frame("cells")["diverged"].tolist() == [1, 0]
    axes = picture(table)
    written = [text.get_text() for text in axes.texts if text.get_visible()]
    assert "NaN\n1 of 2" in written and "3.50" in written
    assert "#d0d0d0" in [to_hex(patch.get_facecolor()) for patch in axes.patches]


def test_a_run_that_diverged_after_its_best_value_is_flagged_too():
    table = derive([run(0.1, 8, 0, [9, np.inf, 1]), run(0.1, 16, 0, [1, 1, 1])], value="best")
    assert table.frame("cells")["diverged"].tolist() == [1, 0]


def test_the_best_cell_is_framed_and_bold():
    axes = picture(derive(GRID))
    assert [text.get_text() for text in axes.texts if text.get_fontweight() == "bold"] == ["1.88"]
    framed = [patch for patch in axes.patches if not patch.get_fill()]
    assert [patch.get_xy() for patch in framed] == [(0.5, 0.5)]


def test_uneven_numbers_of_seeds_stand_in_the_cells():
    axes = picture(derive(GRID[:-1]))
    assert {"n=1", "n=2"} <= {
        text.get_text().split("\n")[-1] for text in axes.texts if "\n" in text.get_text()
    }
    assert any("n = 1 to 2 seeds" in text.get_text() for text in axes.texts)


def test_numbers_that_do_not_fit_at_the_least_size_are_left_out():
    many = [run(rate, width, 0, [rate * width]) for rate in range(1, 31) for width in range(1, 31)]
    axes = picture(derive(many), size=(3.25, 3.0))
    inside = [text for text in axes.texts if text.get_position()[0] >= 0 and text.get_text().isdecimal()]
    assert inside and not any(text.get_visible() for text in inside)


def test_runs_that_differ_in_more_than_the_seed_do_not_share_a_cell():
    with pytest.raises(FigproofError, match="differ in more than the seed: optimizer"):
        derive([run(0.1, 8, 0, [1], optimizer="sgd"), run(0.1, 8, 1, [1], optimizer="adam")])


def test_the_same_seed_twice_in_a_cell_is_refused():
    with pytest.raises(FigproofError, match="same seed more than once"):
        derive([run(0.1, 8, 0, [1]), run(0.1, 8, 0, [2])])


def test_an_unknown_config_key_lists_those_there_are():
    with pytest.raises(
        FigproofError, match="'rate' is not recorded; at 'rate' there is: hidden, learning_rate, seed"
    ):
        derive(GRID, x="rate")


def test_cells_that_all_diverged_are_refused():
    with pytest.raises(FigproofError, match="diverged in every cell"):
        derive([run(0.1, 8, 0, [np.nan])])


def test_a_logarithmic_scale_refuses_zero():
    with pytest.raises(FigproofError, match="logarithmic"):
        derive([run(0.1, 8, 0, [0.0]), run(0.2, 8, 0, [1.0])], colour_scale="log")


def test_text_from_a_run_is_not_typeset():
    table = derive([run("$x_1$", 8, 0, [1.0]), run("$y$", 8, 0, [2.0])])
    axes = picture(table)
    assert [label.get_text() for label in axes.get_xticklabels()] == ["$x_1$", "$y$"]
    assert not any(label.get_parse_math() for label in axes.get_xticklabels())
