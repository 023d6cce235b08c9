"""Curvature maps: ratios and what is stated, what did not converge, what is refused."""

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
KIND = load_kind(ROOT / "figures", "loss_curvature")
RUN = KIND.example().snapshot.runs[0]
ARRAYS = RUN.artifacts["landscape"]
LOOK = load_look(ROOT, "icml2025", "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml"))


def derived(params=None, **arrays):
    run = replace(RUN, artifacts={"landscape": {**ARRAYS, **arrays}})
    return KIND.derive(Snapshot("example", (run,)), KIND.params(**(params or {})))


def drawn(table):
    figure = Figure((3.25, 2.8), dpi=100)
    with clean_matplotlib(LOOK):
        KIND.draw(figure, table, KIND.params(), LOOK)
        figure.draw_without_rendering()
    return figure


def test_the_ratio_is_of_the_smallest_to_the_largest_eigenvalue_without_sign():
    table = derived(lambda_min=np.full((15, 15), -0.5), lambda_max=np.full((15, 15), 2.0))
    np.testing.assert_array_equal(table.frame("grid")["ratio"], 0.25)
    plane = table.frame("planes")
    assert (plane["median_ratio"][0], plane["ratio_at_weights"][0], plane["examples"][0]) == (0.25, 0.25, 512)
    assert table.facts["largest"] == 0.25


def test_what_did_not_converge_is_hatched_and_counted():
    low = ARRAYS["lambda_min"].copy()
    low[2, 3] = low[0, 0] = np.nan
    table = derived(lambda_min=low)
    assert table.frame("planes")["unknown"][0] == 2
    axes = drawn(table).axes[0]
    assert "2 not converged" in " ".join(text.get_text() for text in axes.texts)
    hatched = [c for c in axes.collections if c.get_hatch()]
    middles = [c.get_paths()[0].get_extents() for c in hatched]
    side = ARRAYS["curvature_alpha"]
    places = sorted(((box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2) for box in middles)
    np.testing.assert_allclose(places, [(side[0], side[0]), (side[2], side[3])])


def test_the_map_has_alpha_across_and_beta_upwards():
    low = np.full((15, 15), -0.1)
    low[14, 0] = -1.5
    mesh = drawn(derived(lambda_min=low)).axes[0].collections[0]
    shown = mesh.get_array().reshape(15, 15)
    assert np.unravel_index(shown.argmax(), shown.shape) == (0, 14)


def test_a_bound_of_the_scale_clips_and_says_how_many():
    facts = derived({"largest": 0.05}).facts
    ratio = derived().frame("grid")["ratio"]
    assert facts["clipped"] == (ratio > 0.05).sum() > 0
    assert drawn(derived({"largest": 0.05})).axes[-1].get_title(loc="left") == "≥"


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"lambda_min": np.zeros((4, 15))}, r"lambda_min has shape \(4, 15\), not \(alpha, beta\)"),
        ({"lambda_max": np.full((15, 15), np.nan)}, "holds no eigenvalues"),
        ({"curvature_alpha": ARRAYS["curvature_alpha"][::-1]}, "alpha and beta must rise"),
    ],
)
def test_a_map_that_cannot_be_drawn_is_refused(arrays, said):
    with pytest.raises(FigproofError, match=said):
        derived(**arrays)


def test_a_landscape_without_curvature_is_refused():
    arrays = {name: array for name, array in ARRAYS.items() if not name.startswith("curv")}
    run = replace(RUN, artifacts={"landscape": arrays})
    with pytest.raises(FigproofError, match="curvature_alpha"):
        KIND.derive(Snapshot("example", (run,)), KIND.params())
