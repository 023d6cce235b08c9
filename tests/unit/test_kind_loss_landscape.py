"""Loss landscapes: grid, path and levels, what the axes say, what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from figproof.canvas import clean_matplotlib, render
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import load_kind
from figproof.look import load_look
from figproof.model import Snapshot

ROOT = Path(__file__).parents[2]
KIND = load_kind(ROOT / "figures", "loss_landscape")
SNAPSHOT = KIND.example().snapshot
RUN = SNAPSHOT.runs[0]
ARRAYS = RUN.artifacts["landscape"]
CONDITIONS = load_conditions(ROOT / "config" / "conditions.yaml")
LOOK = load_look(ROOT, "icml2025", "petroff10", "viridis", CONDITIONS)


def changed(config=None, **arrays):
    """The example with another config or some arrays replaced."""
    artifacts = {"landscape": {**ARRAYS, **arrays}}
    return Snapshot("example", (replace(RUN, artifacts=artifacts, config=config or RUN.config),))


def derived(snapshot=SNAPSHOT, **params):
    return KIND.derive(snapshot, KIND.params(**params))


def drawn(table, **params):
    figure = Figure((3.25, 2.8), dpi=100)
    with clean_matplotlib(LOOK):
        KIND.draw(figure, table, KIND.params(**params), LOOK)
        figure.draw_without_rendering()
    return figure


def test_the_grid_keeps_each_loss_with_its_place():
    grid = derived().frame("grid")
    row = 3 * ARRAYS["beta"].size + 5
    assert (grid["alpha"][row], grid["beta"][row]) == (ARRAYS["alpha"][3], ARRAYS["beta"][5])
    assert grid["loss"][row] == ARRAYS["loss"][3, 5]


def test_the_lowest_loss_and_the_largest_distance_are_stated():
    plane = derived().frame("planes")
    i, j = np.unravel_index(ARRAYS["loss"].argmin(), ARRAYS["loss"].shape)
    assert [plane["lowest_alpha"][0], plane["lowest_beta"][0]] == [ARRAYS["alpha"][i], ARRAYS["beta"][j]]
    assert plane["lowest_loss"][0] == ARRAYS["loss"].min()
    assert plane["largest_distance"][0] == ARRAYS["distance"].max()


@pytest.mark.parametrize("scale", ["log", "linear"])
@pytest.mark.parametrize("wanted", [3, 12, 40])
def test_levels_rise_and_enclose_every_loss(scale, wanted):
    levels = derived(scale=scale, levels=wanted).frame("levels")["loss"]
    assert (np.diff(levels) > 0).all()
    assert levels[0] <= ARRAYS["loss"].min() and levels[-1] >= ARRAYS["loss"].max()
    assert wanted / 2.6 <= levels.size <= wanted + 2


def test_linear_levels_are_round_numbers():
    levels = derived(scale="linear", levels=10).frame("levels")["loss"]
    np.testing.assert_allclose(np.diff(levels), levels[1] - levels[0])
    assert levels[1] - levels[0] in (1.0, 0.5, 2.0)


def test_principal_directions_say_how_much_of_the_path_they_keep():
    axes = drawn(derived()).axes[0]
    assert axes.get_xlabel() == "PC 1 (85.3 % of path)"
    assert axes.get_ylabel() == "PC 2 (9.1 % of path)"
    assert "path up to 0.2 (L2) off the plane" in axes.get_legend().get_title().get_text()


def test_random_directions_are_called_filter_normalised():
    table = derived(changed(config={"directions": "random", "normalise": "filter"}))
    assert drawn(table).axes[0].get_xlabel() == "direction 1 (filter-normalised)"


def test_normalised_principal_directions_are_admitted_above_the_axes():
    table = derived(changed(config={"directions": "pca", "normalise": "filter"}))
    assert "directions filter-normalised" in drawn(table).axes[0].get_legend().get_title().get_text()


def test_the_loss_is_drawn_where_it_was_computed():
    loss = 1.0 + (ARRAYS["alpha"][:, None] > 0.5) * (ARRAYS["beta"][None, :] > 0.3)
    figure = drawn(derived(changed(loss=loss), scale="linear"), scale="linear", trajectory=False)
    highest = figure.axes[0].collections[0].get_paths()[-1].vertices
    assert highest[:, 0].min() > 0.3 and highest[:, 1].min() > 0.1


def test_the_path_starts_with_a_circle_and_ends_with_a_star():
    axes = drawn(derived()).axes[0]
    marks = {line.get_marker(): line.get_xydata()[0].tolist() for line in axes.lines if line.get_marker()}
    assert marks["o"] == ARRAYS["trajectory"][0].tolist()
    assert marks["*"] == ARRAYS["trajectory"][-1].tolist()
    plane = derived().frame("planes")
    assert marks["P"] == [plane["lowest_alpha"][0], plane["lowest_beta"][0]]


def test_without_a_path_only_the_lowest_point_is_marked():
    axes = drawn(derived(), trajectory=False).axes[0]
    assert [line.get_marker() for line in axes.lines] == ["P"]


def test_unequal_axes_are_equal_by_default_and_admitted_otherwise():
    assert drawn(derived()).axes[0].get_aspect() == 1.0
    axes = drawn(derived(equal_aspect=False), equal_aspect=False).axes[0]
    assert axes.get_aspect() == "auto"
    assert "axes scaled differently" in axes.get_legend().get_title().get_text()


def test_the_colour_bar_names_the_unit_and_real_levels():
    axes = drawn(derived()).axes[0]
    bar = axes.child_axes[0]
    assert bar.get_ylabel() == "loss (nat)"
    assert set(bar.get_yticks()) <= set(derived().frame("levels")["loss"])


def test_epoch_numbers_on_the_path_keep_clear_of_one_another():
    figure = drawn(derived())
    shown = [t.get_window_extent() for t in figure.axes[0].texts if t.get_visible()]
    assert len(shown) >= 3
    for i, box in enumerate(shown):
        assert not any(box.overlaps(other) for other in shown[i + 1 :])


@pytest.mark.parametrize(("venue", "width"), [("icml2025", "single"), ("nature", "full"), ("ieee", "single")])
def test_the_figure_is_camera_ready(venue, width):
    look = load_look(ROOT, venue, "petroff10", "viridis", {})
    params = KIND.params()
    table = KIND.derive(SNAPSHOT, params)
    size = (look.venue.widths_in[width], 2.6)
    assert render(lambda figure: KIND.draw(figure, table, params, look), look, size, ("png",), {})


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"loss": ARRAYS["loss"].T}, r"loss has shape \(27, 31\), not \(alpha, beta\) = \(31, 27\)"),
        ({"loss": np.where(ARRAYS["loss"] > 5, np.inf, ARRAYS["loss"])}, r"loss holds \d+ values .*infinite"),
        ({"loss": np.full((31, 27), 0.7)}, r"the loss is 0\.7 everywhere"),
        ({"loss": ARRAYS["loss"] - 1}, r"logarithmic scale needs positive values[\s\S]*scale: linear"),
        ({"alpha": ARRAYS["alpha"][::-1]}, "alpha and beta must rise"),
        ({"distance": np.full(16, np.nan)}, "distance holds 16 values of 16"),
    ],
)
def test_a_landscape_that_cannot_be_drawn_is_refused(arrays, said):
    with pytest.raises(FigproofError, match=said):
        derived(changed(**arrays))


def test_unknown_directions_are_refused():
    with pytest.raises(
        FigproofError, match=r"directions is 'rand'\. Known: interpolation, pca, random\. Did you mean random"
    ):
        derived(changed(config={"directions": "rand"}))
    with pytest.raises(FigproofError, match=r"config: normalise is None\. Known: filter, none"):
        derived(changed(config={"directions": "pca"}))


def test_a_run_without_a_landscape_is_refused():
    bare = Snapshot("p", (replace(RUN, artifacts={}),))
    with pytest.raises(FigproofError, match="artifact 'landscape' was not recorded"):
        derived(bare)


def pair(factor=100.0):
    """Two runs of random directions, the second one higher."""
    config = {"directions": "random", "normalise": "filter"}
    higher = {"landscape": {**ARRAYS, "loss": factor * ARRAYS["loss"]}}
    return Snapshot(
        "example",
        (
            replace(RUN, config=config),
            replace(RUN, id=2, digest="1" * 64, condition="sgd", config=config, artifacts=higher),
        ),
    )


def test_conditions_side_by_side_share_levels_and_colours():
    table = derived(pair(), conditions=["sgd", "adam"], trajectory=False)
    levels = table.frame("levels")["loss"]
    assert levels[0] <= ARRAYS["loss"].min() and levels[-1] >= 100 * ARRAYS["loss"].max()
    panels = drawn(table, trajectory=False).axes
    assert [axes.texts[0].get_text() for axes in panels[:2]] == ["lowest, 3.4 nat", "lowest, 0.034 nat"]
    assert [axes.texts[1].get_text() for axes in panels[:2]] == ["SGD", "Adam"]
    limits = [axes.collections[0].norm for axes in panels[:2]]
    assert (limits[0].vmin, limits[0].vmax) == (limits[1].vmin, limits[1].vmax)
    assert [bool(axes.get_ylabel()) for axes in panels[:2]] == [True, False]
    grid = table.frame("grid")
    assert grid["loss"][grid["condition"] == "sgd"].min() == 100 * ARRAYS["loss"].min()


def test_all_conditions_of_the_pin_are_shown_unless_some_are_named():
    assert derived(pair()).frame("planes")["condition"].tolist() == ["adam", "sgd"]
    assert derived(pair(), conditions=["sgd"]).frame("planes")["condition"].tolist() == ["sgd"]
    with pytest.raises(FigproofError, match="a condition is named twice: sgd, sgd"):
        derived(pair(), conditions=["sgd", "sgd"])
    with pytest.raises(FigproofError, match="the pin holds no run"):
        derived(Snapshot("p", ()))
