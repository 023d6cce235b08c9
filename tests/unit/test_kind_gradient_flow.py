"""gradient_flow: layers found and ordered, medians and ratios, hatched cells."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from figproof.canvas import render
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import load_kind
from figproof.look import load_look
from figproof.model import Metric, Run, Snapshot

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "gradient_flow")


def run(seed, layers, *, condition="sgd", statistic="mean"):
    metrics = {}
    for layer, values in layers.items():
        name = f"gradient.{statistic}.layer{layer}"
        metrics[name] = Metric(name, "", np.arange(len(values)), np.array(values, float), "epoch")
    return Run(seed, f"{seed:064x}", "e", condition, seed, {}, metrics, {})


def derive(runs, **params):
    return KIND.derive(Snapshot("p", tuple(runs)), KIND.params(**params))


def picture(table, **params):
    look = load_look(
        ROOT, "icml2025", "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml")
    )
    figures = []

    def draw(fig):
        KIND.draw(fig, table, KIND.params(**params), look)
        figures.append(fig)

    render(draw, look, (6.75, 3.0), ["png"], {"figure": "t"})
    return figures[0]


def test_layers_are_ordered_by_number_and_not_by_text():
    table = derive([run(0, {10: [1.0], 2: [2.0], 1: [3.0]})])
    assert table.frame("gradients")["layer"].tolist() == [1, 2, 10]
    assert table.frame("gradients")["value"].tolist() == [3, 2, 1]


def test_cells_are_the_median_over_seeds():
    table = derive([run(seed, {1: [value], 2: [1.0]}) for seed, value in enumerate([1.0, 5.0, 100.0])])
    assert table.frame("gradients")["value"].tolist() == [5, 1]


def test_the_ratio_of_first_to_last_layer_is_stated():
    table = derive([run(0, {1: [1.0, 2.0, 3.0], 2: [7.0, 7, 7], 3: [10.0, 10.0, 10.0]})])
    assert table.frame("conditions")["first_over_last"].tolist() == [0.2]
    written = [text.get_text() for text in picture(table).axes[0].texts]
    assert any("layer 1/3: 0.2" in text for text in written), written


def test_zero_and_nan_are_counted_and_hatched():
    table = derive([run(0, {1: [0.0, 1.0], 2: [np.nan, 1.0]})])
    assert table.frame("conditions")["zero_or_not_finite"].tolist() == [2]
    axes = picture(table).axes[0]
    hatched = [patch.get_xy() for patch in axes.patches if isinstance(patch, Rectangle) and patch.get_hatch()]
    assert hatched == [(-0.5, -0.5), (-0.5, 0.5)]
    assert any("hatched: 0 or not finite" in text.get_text().replace("\n", " ") for text in axes.texts)


def test_only_the_chosen_statistic_is_read():
    both = run(0, {1: [1.0], 2: [1.0]})
    both = Run(
        0, both.digest, "e", "sgd", 0, {}, {**both.metrics, **run(0, {1: [9.0]}, statistic="max").metrics}, {}
    )
    assert derive([both], statistic="max").frame("gradients")["value"].tolist() == [9]


def test_many_steps_share_columns_and_the_facts_say_how_many():
    table = derive([run(0, {1: np.arange(1.0, 1001.0)})])
    assert table.facts["steps_a_column"] == 3
    assert table.frame("gradients")["value"][:2].tolist() == [2, 5]
    assert table.frame("gradients")["step"][:2].tolist() == [0, 3]


def test_lines_name_their_layers():
    axes = picture(derive([run(0, {1: [1.0, 2.0], 2: [5.0, 9.0]})]), view="lines").axes[0]
    assert axes.get_yscale() == "log" and axes.get_ylabel() == "mean |gradient|"
    assert {"layer 1", "layer 2"} <= {text.get_text() for text in axes.texts}
    drawn = [line.get_ydata().tolist() for line in axes.lines if len(line.get_xdata()) == 2]
    assert [1, 2] in drawn and [5, 9] in drawn


def test_lines_of_two_networks_share_a_scale_and_state_each_ratio():
    healthy = run(0, {1: [4.0, 8.0], 2: [5.0, 10.0]}, condition="relu")
    vanishing = run(1, {1: [0.001, 0.002], 2: [1.0, 2.0]}, condition="sigmoid")
    panels = picture(derive([healthy, vanishing]), view="lines").axes
    assert [axes.get_ylim() for axes in panels] == [panels[0].get_ylim()] * 2
    written = [" ".join(text.get_text() for text in axes.texts).replace("\n", " ") for axes in panels]
    assert (
        "ReLU, one run, layer 1/2: 0.8" in written[0] and "Sigmoid, one run, layer 1/2: 0.001" in written[1]
    )


def test_runs_without_gradients_list_what_they_have():
    other = Run(0, "0" * 64, "e", "sgd", 0, {}, {"loss": Metric("loss", "", np.arange(1), np.ones(1))}, {})
    with pytest.raises(FigproofError, match="Recorded: loss"):
        derive([other])


def test_runs_of_different_depth_are_not_averaged():
    with pytest.raises(FigproofError, match="different layers"):
        derive([run(0, {1: [1.0]}), run(1, {1: [1.0], 2: [1.0]})])


def test_gradients_that_are_all_zero_are_refused():
    with pytest.raises(FigproofError, match="nothing to show"):
        derive([run(0, {1: [0.0, 0.0]})])
