"""network_diagram: groups and their links, what is drawn, what is refused."""

from pathlib import Path

import numpy as np
import pytest

from figproof.canvas import render
from figproof.errors import FigproofError
from figproof.kinds import example_run, load_kind
from figproof.look import load_look
from figproof.model import Snapshot
from figproof.numerics.graph import blocks, group_links, similar_units

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "network_diagram")
W1, W2 = np.array([[[1.0, -2], [3, 4]]]), np.array([[[0.5], [-1.0]]])


def derive(arrays=None, **params):
    arrays = {"epochs": np.array([5]), "W1": W1, "W2": W2, **(arrays or {})}
    snapshot = Snapshot("p", (example_run(1, "adam", artifacts={"checkpoints": arrays}),))
    return KIND.derive(snapshot, KIND.params(**params))


def test_links_between_groups_are_means_over_all_pairs():
    random = np.random.default_rng(0)
    weights, source, target = random.normal(size=(6, 4)), np.array([0, 0, 1, 1, 2, 2]), np.array([1, 0, 0, 1])
    mean, size = group_links(weights, source, target)
    for i in range(3):
        for j in range(2):
            part = weights[np.ix_(source == i, target == j)]
            assert mean[i, j] == pytest.approx(part.mean())
            assert size[i, j] == pytest.approx(np.abs(part).mean())


def test_pixels_are_grouped_into_square_blocks():
    group, shape = blocks(4, 4, 4)
    assert shape == (2, 2)
    assert group.reshape(4, 4).tolist() == [[0, 0, 1, 1]] * 2 + [[2, 2, 3, 3]] * 2
    assert blocks(8, 8, 64)[0].tolist() == list(range(64))


def test_units_of_like_weights_come_into_one_group():
    features = np.array([[0.0], [9.0], [0.1], [9.1]])
    group = similar_units(features, 2)
    assert group[0] == group[2] != group[1] == group[3]
    assert similar_units(features, 4).tolist() == [0, 1, 2, 3]


def test_every_weight_is_a_link_with_its_sign_and_the_strongest_is_on_top():
    table = derive()
    links = table.frame("links")
    assert links["mean"].tolist() == [1, -2, 3, 4, 0.5, -1]
    assert links["mean_absolute"].tolist() == [1, 2, 3, 4, 0.5, 1]
    look, figures = load_look(ROOT, "icml2025", "petroff10", "viridis", {}), []

    def draw(fig):
        KIND.draw(fig, table, KIND.params(), look)
        figures.append(fig)

    render(draw, look, (3.25, 2.8), ["png"], {"figure": "t"})
    lines = figures[0].axes[0].collections[0]
    assert (np.diff(lines.get_linewidths()) >= 0).all()
    red, _, blue, _ = lines.get_colors()[-1]
    assert red > blue, "the strongest weight is positive"


@pytest.mark.parametrize(
    ("arrays", "params", "problem"),
    [
        ({"W2": W2 * np.nan}, {}, "not finite"),
        ({"W2": np.ones((1, 3, 1))}, {}, "do not fit together"),
        ({"W2": np.ones((1, 2, 31))}, {}, "31 outputs are too many"),
        ({}, {"epoch": 4}, "epoch 4 was not recorded"),
        ({}, {"input_shape": [2, 2]}, "does not fit 2 inputs"),
    ],
)
def test_what_cannot_be_read_is_refused_with_advice(arrays, params, problem):
    with pytest.raises(FigproofError, match=problem) as caught:
        derive(arrays, **params)
    assert caught.value.hint
