"""Attention maps: chosen or averaged, on one scale, masked cells blank, refused if they are none."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from figproof.canvas import clean_matplotlib, render
from figproof.errors import FigproofError
from figproof.kinds import load_kind
from figproof.look import load_look
from figproof.model import Snapshot

ROOT = Path(__file__).parents[2]
KIND = load_kind(ROOT / "figures", "attention")
SNAPSHOT = KIND.example().snapshot
RUN = SNAPSHOT.runs[0]
MAPS = RUN.artifacts["attention"]["maps"]
LOOK = load_look(ROOT, "icml2025", "petroff10", "viridis", {})
LATER = np.triu(np.ones((16, 16), dtype=bool), 1)


def changed(**arrays):
    """The example with some arrays replaced."""
    artifacts = {"attention": {**RUN.artifacts["attention"], **arrays}}
    return Snapshot("example", (replace(RUN, artifacts=artifacts),))


def causal_maps(masked):
    seen = np.where(LATER, 0, MAPS)
    return np.where(LATER, masked, seen / seen.sum(axis=-1, keepdims=True))


def derived(snapshot=SNAPSHOT, **params):
    return KIND.derive(snapshot, KIND.params(**params))


def drawn(table, **params):
    figure = Figure((6.75, 2.6), dpi=100)
    with clean_matplotlib(LOOK):
        KIND.draw(figure, table, KIND.params(**params), LOOK)
        figure.draw_without_rendering()
    return figure


def maps_of(figure):
    return [mesh for mesh in figure.findobj(QuadMesh) if mesh.get_array().shape == (16, 16)]


def test_each_weight_keeps_its_layer_head_query_and_key():
    frame = derived(input=2).frame("maps")
    row = ((1 * 4 + 3) * 16 + 5) * 16 + 7
    assert [int(frame[name][row]) for name in ("layer", "head", "query", "key")] == [2, 4, 5, 7]
    assert frame["weight"][row] == MAPS[2, 1, 3, 5, 7]


def test_no_input_means_the_mean_over_inputs_and_no_image():
    table = derived(input=None)
    np.testing.assert_allclose(table.frame("maps")["weight"], MAPS.astype(float).mean(axis=0).ravel())
    assert "image" not in table.frames
    written = " ".join(axes.get_ylabel() for axes in drawn(table, input=None).axes)
    assert "mean weight over 3 inputs" in written


def test_all_maps_share_one_scale_from_zero_to_the_largest_weight():
    meshes = maps_of(drawn(derived()))
    assert len(meshes) == 8
    limits = {mesh.get_clim() for mesh in meshes}
    assert limits == {(0.0, float(MAPS[0].max()))}


def test_maps_stand_in_their_layers_row_and_their_heads_column():
    meshes = maps_of(drawn(derived(), show_input=False))
    np.testing.assert_allclose(meshes[5].get_array().reshape(16, 16), MAPS[0, 1, 1], rtol=1e-6)


def test_chosen_layers_and_heads_keep_their_numbers():
    table = derived(layers=[2], heads=[4, 2])
    maps = table.frame("maps")
    assert (set(maps["layer"]), set(maps["head"])) == ({2}, {2, 4})
    np.testing.assert_array_equal(maps["weight"].reshape(2, 16, 16), MAPS[0, 1, [1, 3]])
    figure = drawn(table, layers=[2], heads=[4, 2])
    assert [axes.get_title() for axes in figure.axes[:2]] == ["head 2", "head 4"]
    assert "layer 2" in [text.get_text() for text in figure.axes[0].texts]
    assert "1 of 2 layers; 2 of 4 heads" in figure.get_supxlabel()


@pytest.mark.parametrize("params", [{"layers": [3]}, {"heads": [0, 1]}])
def test_layers_and_heads_that_were_not_recorded_are_refused(params):
    (name,) = params
    with pytest.raises(FigproofError, match=rf"params\.{name}: is .*; recorded are {name} 1\.\.[24]"):
        derived(**params)


def test_a_table_that_nobody_can_open_is_refused_before_it_is_made():
    maps = np.broadcast_to(np.float32(1 / 200), (1, 12, 12, 200, 200))
    big = changed(maps=maps)
    with pytest.raises(FigproofError, match=r"5,760,000 weights; .* at most 2,000,000") as caught:
        derived(big, show_input=False)
    assert "params.layers and params.heads" in caught.value.hint
    assert derived(big, show_input=False, layers=[1, 12], heads=[3]).frame("maps")["weight"].size == 80_000


@pytest.mark.parametrize("masked", [0.0, np.nan])
def test_a_causal_mask_is_blank_whether_recorded_as_zero_or_nan(masked):
    table = derived(changed(maps=causal_maps(masked)), causal=True)
    weights = table.frame("maps")["weight"].reshape(8, 16, 16)
    assert np.isnan(weights[:, LATER]).all() and np.isfinite(weights[:, ~LATER]).all()
    mesh = maps_of(drawn(table, causal=True))[0]
    np.testing.assert_array_equal(np.ma.getmaskarray(mesh.get_array()).reshape(16, 16), LATER)


def test_a_mask_that_does_not_hold_is_refused():
    with pytest.raises(FigproofError, match=r"\d+ weights on later tokens are not 0"):
        derived(causal=True)


def test_the_class_token_is_named_and_patches_count_from_one():
    labelled = [t.get_text() for t in drawn(derived(), class_token=True).axes[0].get_yticklabels()]
    plain = [t.get_text() for t in drawn(derived()).axes[0].get_yticklabels()]
    assert labelled[0] == "CLS" and "CLS" not in plain
    assert plain[-1] == "16"


def test_token_labels_are_thinned_until_they_fit():
    figure = drawn(derived())
    boxes = [t.get_window_extent() for t in figure.axes[4].get_xticklabels()]
    assert 2 <= len(boxes) < 16
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))


NAMES = np.array([f"{at // 4 + 1},{at % 4 + 1}" for at in range(16)])


def test_recorded_names_label_rows_and_columns_and_are_in_the_table():
    table = derived(changed(tokens=NAMES), show_input=False)
    assert table.frame("tokens")["name"].tolist() == NAMES.tolist()
    figure = drawn(table, show_input=False)
    labelled = [tick.get_text() for tick in figure.axes[4].get_yticklabels()]
    step = 16 // len(labelled)
    assert step > 1 and labelled == NAMES[::step].tolist()
    assert [tick.get_text() for tick in figure.axes[4].get_xticklabels()] == labelled
    assert figure.axes[4].get_yticks().tolist() == list(range(0, 16, step))
    ordinal = {2: "2nd"}.get(step, f"{step}th")
    assert figure.get_supxlabel() == f"every {ordinal} token is named"


def test_names_that_are_wider_than_their_columns_stand_upright_and_long_ones_are_cut():
    figure = drawn(derived(changed(tokens=np.array(["a rather long token"] * 16))))
    labels = figure.axes[4].get_xticklabels()
    assert {tick.get_text() for tick in labels} == {"a rather lo\u2026"}
    assert {tick.get_rotation() for tick in labels} == {90}
    boxes = [tick.get_window_extent() for tick in labels]
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))


def test_a_name_is_drawn_as_it_is_written_and_never_as_math_or_as_a_command():
    names = np.array(["$x^2$", "\n", "\u202ertl", *NAMES[3:]])
    assert derived(changed(tokens=names)).frame("tokens")["name"].tolist()[:3] == [
        "$x^2$",
        "\\n",
        "\\u202ertl",
    ]
    figure = drawn(derived(changed(tokens=names)))
    assert not any(tick.get_parse_math() for tick in figure.axes[0].get_yticklabels())


@pytest.mark.parametrize("tokens", [NAMES[:-1], NAMES[None], np.arange(16)])
def test_names_that_are_not_one_text_a_token_are_refused(tokens):
    with pytest.raises(
        FigproofError, match=r"attention\.tokens: the 16 tokens have names of shape"
    ) as caught:
        derived(changed(tokens=tokens))
    assert "one text for each token" in caught.value.hint


def test_the_input_is_shown_with_its_class_and_prediction():
    table = derived(input=2)
    np.testing.assert_array_equal(
        table.frame("image")["value"].reshape(8, 8), RUN.artifacts["attention"]["images"][2]
    )
    figure = drawn(table, input=2)
    assert figure.get_supxlabel() == "input 2: class 0, predicted 8; patches 1–16, row by row"
    assert figure.axes[-1].get_title() == "input"


def test_tokens_that_are_no_square_of_patches_are_not_called_patches():
    figure = drawn(derived(), class_token=True)
    assert "patches" not in figure.get_supxlabel()


@pytest.mark.parametrize(("venue", "width"), [("icml2025", "single"), ("nature", "full"), ("ieee", "single")])
def test_the_figure_is_camera_ready(venue, width):
    look = load_look(ROOT, venue, "petroff10", "viridis", {})
    params = KIND.params()
    table = KIND.derive(SNAPSHOT, params)
    size = (look.venue.widths_in[width], 2.2)
    assert render(lambda figure: KIND.draw(figure, table, params, look), look, size, ("png",), {})


@pytest.mark.parametrize(
    ("maps", "said"),
    [
        (MAPS * 1.1, r"is no attention: .*sums to 1\.1, not to 1"),
        (np.log(MAPS), r"is no attention: weights from -"),
        (MAPS[0], r"has shape \(2, 4, 16, 16\), not \(inputs, layers, heads, tokens, tokens\)"),
        (MAPS[..., :-1], r"has shape"),
        (np.full_like(MAPS, np.nan), r"is no attention"),
    ],
)
def test_maps_that_are_no_attention_are_refused(maps, said):
    with pytest.raises(FigproofError, match=said):
        derived(changed(maps=maps))


def test_the_worst_row_is_named():
    maps = MAPS.copy()
    maps[1, 0, 2, 9] *= 2
    with pytest.raises(FigproofError, match=r"input 1, layer 0, head 2, query 9 \(from 0\) sums to 2"):
        derived(changed(maps=maps))


def test_an_input_that_was_not_recorded_is_refused():
    with pytest.raises(FigproofError, match=r"params\.input is 3; recorded are inputs 0\.\.2"):
        derived(input=3)


def test_an_image_that_is_none_is_refused():
    with pytest.raises(FigproofError, match=r"shape \(64,\)[\s\S]*show_input: false"):
        derived(changed(images=np.zeros((3, 64))))
