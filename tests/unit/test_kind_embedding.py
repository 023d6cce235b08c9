"""Embeddings: what is placed, what is said about it, what is drawn, what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from pydantic import ValidationError

from figproof.axes.points import on_screen
from figproof.canvas import clean_matplotlib, render
from figproof.errors import FigproofError
from figproof.kinds import load_kind
from figproof.look import load_look
from figproof.model import Snapshot

ROOT = Path(__file__).parents[2]
KIND = load_kind(ROOT / "figures", "embedding")
SNAPSHOT = KIND.example().snapshot
RUN = SNAPSHOT.runs[0]
LOOK = load_look(ROOT, "icml2025", "petroff10", "viridis", {})


def derived(snapshot=SNAPSHOT, **params):
    return KIND.derive(snapshot, KIND.params(**{"epochs": [2, 20], **params}))


def changed(artifact, **arrays):
    """The example with some arrays of an artifact replaced."""
    artifacts = {**RUN.artifacts, artifact: {**RUN.artifacts[artifact], **arrays}}
    return Snapshot("example", (replace(RUN, artifacts=artifacts),))


def drawn(table, **params):
    figure = Figure((6.75, 2.5), dpi=100)
    with clean_matplotlib(LOOK):
        KIND.draw(figure, table, KIND.params(**{"epochs": [2, 20], **params}), LOOK)
        figure.draw_without_rendering()
    return figure


def class_names(axes):
    return [text for text in axes.texts if text.get_fontweight() == "bold" and text.get_visible()]


def test_every_point_has_a_row_at_every_shown_epoch():
    points = derived().frame("points")
    count = RUN.array("hidden", "labels").size
    assert points["epoch"].tolist() == [2] * count + [20] * count
    assert points["point"].tolist() == [*range(count), *range(count)]
    np.testing.assert_array_equal(points["label"][:count], RUN.array("hidden", "labels"))


def test_all_epochs_use_the_basis_of_the_named_epoch():
    alone = derived(epochs=[2], basis_epoch=20).frame("points")
    both = derived(basis_epoch=20)
    np.testing.assert_array_equal(alone["x"], both.frame("points")["x"][: alone["x"].size])
    assert both.facts["basis_epoch"] == derived().facts["basis_epoch"] == 20
    quality = both.frame("quality")
    assert quality["kept_variance"][1] == pytest.approx(sum(both.facts["explained_variance"]))
    assert quality["kept_variance"][0] < quality["kept_variance"][1]


def test_class_labels_stand_at_medians():
    table = derived()
    points, classes = table.frame("points"), table.frame("classes")
    chosen = (points["epoch"] == 20) & (points["label"] == 3)
    row = (classes["epoch"] == 20) & (classes["label"] == 3)
    assert classes["x"][row] == np.median(points["x"][chosen])


def test_misclassified_points_are_counted_from_the_predictions():
    table = derived()
    scores = RUN.array("predictions", "probabilities")[1]
    wrong = scores.argmax(axis=1) != RUN.array("predictions", "labels")
    assert table.frame("quality")["wrong"][0] == wrong.sum() > 0
    np.testing.assert_array_equal(table.frame("points")["wrong"][: wrong.size], wrong)


def test_a_run_without_predictions_says_that_no_errors_are_marked():
    hidden_only = Snapshot("p", (replace(RUN, artifacts={"hidden": RUN.artifacts["hidden"]}),))
    table = derived(hidden_only)
    assert table.facts["errors_marked"] is False
    assert "wrong" not in " ".join(text.get_text() for text in drawn(table).axes[0].texts)


def test_quality_rises_while_the_classes_part():
    quality = derived(epochs=[0, 20]).frame("quality")
    assert quality["knn_accuracy"][0] < 0.5 < 0.9 < quality["knn_accuracy"][1]


def test_the_star_has_an_axis_for_every_class_even_one_without_examples():
    labels = RUN.array("predictions", "labels")
    few = changed("predictions", labels=np.where(labels == 5, 0, labels))
    assert derived(few, method="star", source="predictions.probabilities").facts["classes"] == 6


def test_umap_states_its_seed_and_follows_points():
    table = derived(method="umap", epochs=[8, 20], n_neighbors=10, layout_seed=5)
    assert table.facts["layout"]["seed"] == 5
    assert table.frame("quality")["trustworthiness"].min() > 0.8
    assert "kept_variance" not in table.frame("quality")


def test_t_sne_states_how_far_points_move_in_the_chain_and_without_it():
    table = derived(method="tsne", epochs=[8, 20], perplexity=10.0, independent=[20])
    movement = table.frame("movement")
    assert movement["fit"].tolist() == ["chain", "independent"]
    assert movement["displacement"][0] < movement["displacement"][1]
    assert table.facts["layout"]["perplexity"] == 10.0
    assert table.frame("quality")["trustworthiness"].min() > 0.8


def test_every_recorded_epoch_between_those_shown_is_placed_and_judged_on_demand():
    table = derived(place="between", epochs=[0, 20])
    assert table.frame("quality")["epoch"].tolist() == [0, 2, 8, 20]
    assert np.unique(table.frame("points")["epoch"]).tolist() == [0, 2, 8, 20]
    figure = drawn(table, place="between", epochs=[0, 20], trajectories=[7])
    assert len(figure.axes) == 2
    path = figure.axes[1].lines[0]
    assert path.get_xdata().size == 4, "the path passes through every placed epoch"


@pytest.mark.parametrize("method", ["pca", "umap", "tsne"])
def test_three_dimensions_are_placed_stored_and_drawn(method):
    table = derived(method=method, dimensions=3)
    points, classes = table.frame("points"), table.frame("classes")
    assert {"x", "y", "z"} <= points.keys() & classes.keys()
    figure = drawn(table, method=method, dimensions=3)
    axes = figure.axes[1]
    assert axes.name == "3d"
    here = points["epoch"] == 20
    offsets = np.concatenate([np.column_stack(c._offsets3d) for c in axes.collections])
    np.testing.assert_allclose(
        np.sort(offsets, axis=0), np.sort(np.column_stack([points[name][here] for name in "xyz"]), axis=0)
    )


def test_three_dimensions_keep_more_than_two():
    plane, space = derived().frame("quality"), derived(dimensions=3).frame("quality")
    assert (space["kept_variance"] > plane["kept_variance"]).all()
    assert (space["trustworthiness"] > plane["trustworthiness"]).all()


def test_in_space_class_names_stand_where_their_medians_are_projected():
    table = derived(dimensions=3, epochs=[20])
    figure = drawn(table, dimensions=3, epochs=[20])
    axes = figure.axes[0]
    classes = table.frame("classes")
    names = {text.get_text(): text for text in class_names(axes)}
    for row, label in enumerate(classes["label"].tolist()):
        target = on_screen(axes, np.array([[classes[name][row] for name in "xyz"]]))[0]
        centre = names[str(label)].get_window_extent()
        away = np.hypot(*(np.array([centre.x0 + centre.width / 2, centre.y0 + centre.height / 2]) - target))
        assert away < 3.5 * centre.height
    assert {text.get_text() for text in axes.texts} >= {
        f"PC {number} ({100 * share:.0f} %)"
        for number, share in enumerate(table.facts["explained_variance"], 1)
    }


def test_all_panels_have_the_same_limits_and_the_points_of_their_epoch():
    figure = drawn(derived())
    first, last = figure.axes
    assert first.get_xlim() == last.get_xlim() and first.get_ylim() == last.get_ylim()
    shown = sum(len(c.get_offsets()) for c in last.findobj(PathCollection))
    assert shown == RUN.array("hidden", "labels").size


def test_each_panel_says_its_epoch_and_what_was_kept():
    table = derived()
    written = [text.get_text() for text in drawn(table).axes[1].texts]
    assert "epoch 20 (basis)" in written
    said = ", ".join(written)
    assert f"trust. {table.frame('quality')['trustworthiness'][1]:.2f}" in said
    assert f"10-NN {100 * table.frame('quality')['knn_accuracy'][1]:.0f} %" in said
    assert f"{100 * table.frame('quality')['kept_variance'][1]:.0f} % var." in said


def test_a_basis_that_is_not_shown_is_named_on_the_axes():
    share = f"{100 * derived().facts['explained_variance'][0]:.0f} %"
    assert drawn(derived()).axes[0].get_xlabel() == f"PC 1 ({share})"
    other = derived(epochs=[0, 2], basis_epoch=20)
    assert drawn(other, epochs=[0, 2], basis_epoch=20).axes[0].get_xlabel() == f"PC 1 of epoch 20 ({share})"


def test_misclassified_points_are_crosses_and_explained():
    figure = drawn(derived())
    crosses = figure.axes[0].collections[1]
    assert len(crosses.get_offsets()) == derived().frame("quality")["wrong"][0]
    assert "misclassified" in figure.legends[0].get_texts()[0].get_text()


def test_class_labels_do_not_overlap_where_classes_do():
    figure = drawn(derived(epochs=[0]), epochs=[0])
    boxes = [text.get_window_extent() for text in class_names(figure.axes[0])]
    assert len(boxes) == 6
    for i, box in enumerate(boxes):
        assert not any(box.shrunk(0.98, 0.98).overlaps(other) for other in boxes[i + 1 :])


def test_a_panel_whose_classes_coincide_leaves_their_names_to_the_others():
    first, last = drawn(derived(epochs=[0, 20]), epochs=[0, 20]).axes
    assert class_names(first) == [] and len(class_names(last)) == 6


def test_many_points_are_rasterised_and_few_are_not():
    table = derived()
    assert not drawn(table).axes[0].collections[0].get_rasterized()
    points = {name: np.tile(column, 10) for name, column in table.frame("points").items()}
    many = replace(table, frames={**table.frames, "points": points})
    assert drawn(many).axes[0].collections[0].get_rasterized()


def test_a_trajectory_goes_up_to_the_panels_epoch():
    table = derived(epochs=[0, 2, 20], trajectories=[7])
    figure = drawn(table, epochs=[0, 2, 20], trajectories=[7])
    assert [axes.lines[0].get_xdata().size for axes in figure.axes] == [1, 2, 3]


@pytest.mark.parametrize("method", ["pca", "star"])
@pytest.mark.parametrize(("venue", "width"), [("icml2025", "single"), ("nature", "full")])
def test_every_method_is_camera_ready_in_narrow_and_wide_venues(method, venue, width):
    look = load_look(ROOT, venue, "petroff10", "viridis", {})
    params = KIND.params(epochs=[2, 20], method=method)
    table = KIND.derive(SNAPSHOT, params)
    size = (look.venue.widths_in[width], 2.6)
    assert render(lambda figure: KIND.draw(figure, table, params, look), look, size, ("png",), {})


def test_epochs_that_were_not_recorded_are_refused_with_those_that_were():
    with pytest.raises(FigproofError, match=r"epoch 3 was not recorded\. Recorded: 0, 2, 8, 20"):
        derived(epochs=[3])
    with pytest.raises(FigproofError, match=r"epoch 9 was not recorded[\s\S]*params\.basis_epoch"):
        derived(basis_epoch=9)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"epochs": [20, 2]}, "epochs must rise"),
        ({"method": "star", "basis_epoch": 2}, "basis_epoch is for method pca; the method here is star"),
        ({"n_neighbors": 5}, "n_neighbors is for method umap"),
        ({"method": "mds"}, "'pca', 'umap', 'tsne' or 'star'"),
        ({"method": "star", "dimensions": 3}, "dimensions is for method pca, umap or tsne"),
        ({"perplexity": 5.0}, "perplexity is for method tsne"),
        ({"method": "tsne", "independent": [20, 2]}, "independent must rise"),
        ({"trajectories": [4, 4]}, "names a point twice"),
        ({"trajectories": [1, 2, 3, 4, 5, 6, 7]}, "at most 6"),
        ({"epochs": []}, "at least 1 item"),
        ({"source": "activations"}, "should match pattern"),
    ],
)
def test_params_that_do_not_belong_together_are_refused(given, said):
    with pytest.raises(ValidationError, match=said):
        KIND.params(**{"epochs": [2, 20], **given})


def test_activations_are_refused_as_a_star():
    with pytest.raises(FigproofError, match="rows are not probabilities"):
        derived(method="star", source="hidden.activations")


def test_nan_is_refused_with_epoch_and_point():
    values = RUN.array("hidden", "activations").copy()
    values[1, 4, 0] = np.nan
    with pytest.raises(FigproofError, match=r"hidden\.activations epoch 2: 1 of 240 points .* first point 4"):
        derived(changed("hidden", activations=values))


def test_arrays_that_do_not_belong_together_are_refused():
    with pytest.raises(FigproofError, match=r"shape \(4, 240, 12\), not .*\(4, 239,"):
        derived(changed("hidden", labels=RUN.array("hidden", "labels")[1:]))
    with pytest.raises(FigproofError, match=r"other points than the source[\s\S]*mark_errors: false"):
        derived(changed("predictions", labels=RUN.array("predictions", "labels")[::-1]))
    with pytest.raises(FigproofError, match=r"labels run from -1 to 5"):
        derived(changed("hidden", labels=RUN.array("hidden", "labels") - 1 + (np.arange(240) == 5)))


def test_a_point_that_does_not_exist_has_no_trajectory():
    with pytest.raises(FigproofError, match=r"\[240\] are no points; allowed: 0\.\.239"):
        derived(trajectories=[240])


def test_an_epoch_without_a_neighbour_to_compare_with_is_refused():
    with pytest.raises(FigproofError, match=r"epoch 20 has no neighbour .*\. Placed: \[2, 8, 20"):
        derived(method="umap", epochs=[2, 8, 20], independent=[20])


def test_paths_end_in_their_class_colour_with_a_marker_each():
    table = derived(epochs=[0, 20], trajectories=[7, 8])
    figure = drawn(table, epochs=[0, 20], trajectories=[7, 8])
    paths = figure.axes[1].lines[:2]
    labels = table.frame("points")["label"]
    assert [p.get_markerfacecolor() for p in paths] == [LOOK.class_colours(6)[labels[i]] for i in (7, 8)]
    assert len({p.get_marker() for p in paths}) == 2
    texts = [text.get_text() for text in figure.legends[0].get_texts()]
    assert texts[1:] == [f"path of example {i} (class {labels[i]})" for i in (7, 8)]


def test_too_many_neighbours_are_refused():
    with pytest.raises(FigproofError, match=r"n_neighbors is 240"):
        derived(method="umap", n_neighbors=240)
