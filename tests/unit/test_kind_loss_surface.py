"""Loss surfaces: heights, common scales, what is refused."""

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
KIND = load_kind(ROOT / "figures", "loss_surface")
RUN = KIND.example().snapshot.runs[0]
ARRAYS = RUN.artifacts["landscape"]
LOOK = load_look(ROOT, "icml2025", "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml"))


def snapshot(*losses):
    names = ("adam", "sgd")
    runs = [
        replace(
            RUN, id=n, digest=str(n) * 64, condition=name, artifacts={"landscape": {**ARRAYS, "loss": loss}}
        )
        for n, (name, loss) in enumerate(zip(names, losses, strict=False), 1)
    ]
    return Snapshot("example", tuple(runs))


def surfaces(table, **params):
    figure = Figure((6.5, 2.8), dpi=100)
    with clean_matplotlib(LOOK):
        KIND.draw(figure, table, KIND.params(**params), LOOK)
        figure.draw_without_rendering()
    # What a surface was made of: corners of its faces, (faces * corners, 3).
    return [axes.collections[0]._faces.reshape(-1, 3) for axes in figure.axes if axes.name == "3d"]


def test_heights_are_the_logarithm_of_the_loss_on_a_scale_that_all_share():
    loss = ARRAYS["loss"]
    table = KIND.derive(snapshot(loss, 10 * loss), KIND.params())
    assert (table.facts["lowest"], table.facts["highest"]) == (loss.min(), 10 * loss.max())
    low, high = surfaces(table)
    decades = np.log10(10 * loss.max() / loss.min())
    np.testing.assert_allclose(low[:, 2].min(), 0, atol=1e-12)
    np.testing.assert_allclose(low[:, 2].max(), 0.8 * (decades - 1) / decades)
    np.testing.assert_allclose(high[:, 2].max(), 0.8)
    np.testing.assert_allclose(high[:, 2].min(), 0.8 / decades)


def test_a_bound_of_the_height_clips_and_says_how_many():
    loss = ARRAYS["loss"]
    table = KIND.derive(snapshot(loss), KIND.params(highest=2.0, scale="linear"))
    assert table.facts["clipped"] == (loss > 2).sum() > 0
    (surface,) = surfaces(table, scale="linear")
    places = {(round(x, 9), round(y, 9)): z for x, y, z in surface}
    middle = loss[15, 15]
    np.testing.assert_allclose(places[0.5, 0.5], 0.8 * (middle - loss.min()) / (2 - loss.min()))
    assert max(places.values()) == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("loss", "params", "said"),
    [
        (ARRAYS["loss"] - 3, {}, r"logarithmic scale needs positive values[\s\S]*scale: linear"),
        (np.full((31, 31), 0.5), {}, "the losses begin at 0.5 and are drawn to 0.5"),
        (ARRAYS["loss"], {"highest": 0.001}, "raise params.highest"),
        (np.where(ARRAYS["loss"] > 5, np.nan, ARRAYS["loss"]), {}, "NaN or infinite"),
    ],
)
def test_a_surface_that_cannot_be_drawn_is_refused(loss, params, said):
    with pytest.raises(FigproofError, match=said):
        KIND.derive(snapshot(loss), KIND.params(**params))


def test_a_grid_too_fine_for_a_surface_is_refused_with_advice():
    side = np.linspace(-1, 1, 501)
    arrays = {**ARRAYS, "alpha": side, "beta": side, "loss": 1 + np.hypot(side[:, None], side)}
    run = replace(RUN, artifacts={"landscape": arrays})
    with pytest.raises(FigproofError, match=r"251001 points[\s\S]*show it as loss_landscape"):
        KIND.derive(Snapshot("example", (run,)), KIND.params())
