"""histogram_ridge: densities from counts, epochs chosen, dead units stated."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from figproof.canvas import render
from figproof.errors import FigproofError
from figproof.kinds import example_run, load_kind
from figproof.look import load_look
from figproof.model import Snapshot
from figproof.numerics.histograms import densities, evenly

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "histogram_ridge")
ARRAYS = {
    "epochs": np.array([0, 1, 2]),
    "weights_layer1": np.array([[1, 3], [2, 2], [0, 0]]),
    "weights_edges_layer1": np.array([0.0, 0.5, 1.0]),
    "dead_layer1": np.array([0.0, 0.1, 0.25]),
}


def derive(arrays=ARRAYS, **params):
    snapshot = Snapshot("p", (example_run(1, "sgd", artifacts={"histograms": arrays}),))
    return KIND.derive(snapshot, KIND.params(**params))


def test_a_density_is_numpys_density():
    random = np.random.default_rng(0)
    samples = random.normal(size=(2, 500))
    edges = np.linspace(-5, 5, 31)
    counts = np.stack([np.histogram(sample, edges)[0] for sample in samples])
    wanted = np.stack([np.histogram(sample, edges, density=True)[0] for sample in samples])
    np.testing.assert_allclose(densities(counts, edges), wanted)


@given(st.integers(1, 200), st.integers(1, 60))
def test_the_first_and_last_epoch_are_always_shown(count, most):
    places = evenly(count, most)
    assert places[0] == 0 and places.size <= most
    assert most == 1 or places[-1] == count - 1


def test_a_ridge_is_the_recorded_histogram_and_an_empty_one_has_no_density():
    ridges = derive().frame("ridges")
    assert ridges["density"][:4].tolist() == [0.5, 1.5, 1.0, 1.0]
    assert np.isnan(ridges["density"][4:]).all()
    assert ridges["count"].tolist() == [1, 3, 2, 2, 0, 0]


def test_the_share_of_dead_units_at_the_last_epoch_is_stated():
    table, look, seen = derive(), load_look(ROOT, "icml2025", "petroff10", "viridis", {}), []

    def draw(fig):
        KIND.draw(fig, table, KIND.params(), look)
        seen.extend(fig.axes[0].texts)

    render(draw, look, (3.25, 2.8), ["png"], {"figure": "t"})
    assert [text.get_text() for text in seen] == ["layer 1, dead 25 %"]


@pytest.mark.parametrize(
    ("arrays", "params", "problem"),
    [
        (ARRAYS, {"layers": [2]}, r"layers \[2\] are wanted; recorded: \[1\]"),
        (ARRAYS, {"what": "gradients"}, "recorded: none"),
        ({**ARRAYS, "weights_edges_layer1": np.array([0.0, 1])}, {}, "need rising edges"),
        ({**ARRAYS, "weights_layer1": np.zeros((3, 2), int)}, {}, "every histogram is empty"),
    ],
)
def test_what_cannot_be_shown_is_refused_with_advice(arrays, params, problem):
    with pytest.raises(FigproofError, match=problem) as caught:
        derive(arrays, **params)
    assert caught.value.hint
