"""feature_visualisation: the best start, the units shown, saliency's size, what is refused, what is drawn."""

from pathlib import Path

import numpy as np
import pytest

from figproof.canonical import digest_bytes
from figproof.canvas import render
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.kinds import example_run, load_kind
from figproof.look import load_look, venue_names
from figproof.model import Snapshot
from figproof.tables import read_table, table_files

ROOT = Path(__file__).resolve().parents[2]
KIND = load_kind(ROOT / "figures", "feature_visualisation")

# Layer 1 has two of five units, layer 2 three classes; two starts, two test inputs, images of 2 x 3.
UNITS = {
    "layer": np.array([1, 1, 2, 2, 2]),
    "unit": np.array([0, 1, 0, 1, 2]),
    "width": np.array([5, 5, 3, 3, 3]),
    "inputs": (np.arange(60) / 64).reshape(5, 2, 2, 3).astype(np.float16),
    "values": np.array([[1.0, 2.0], [4.0, 3.0], [5.0, 5.01], [-2.0, -1.0], [0.0, 0.0]]),
    "real": np.array([[7, 8], [9, 1], [2, 3], [4, 5], [6, 0]]),
    "real_values": np.array([[0.5, 0.4], [-1.0, -2.0], [3.0, 2.0], [1.0, 0.0], [9.0, 8.0]]),
    "real_labels": np.array([[0, 1], [2, 2], [0, 0], [1, 1], [2, 0]]),
    "real_inputs": (np.arange(60)[::-1] / 64).reshape(5, 2, 2, 3).astype(np.float16),
    "epoch": np.array(40),
    "norm": np.array(3.9),
    "test_inputs": np.array(10),
}
SALIENCY = {
    "input": np.array([3, 8, 5]),
    "images": np.stack([np.full((2, 3), grey) for grey in (0.0, 0.5, 1.0)]),
    "gradient": np.stack([np.full((2, 3), slope) for slope in (-4.0, 1.0, 2.0)]).astype(np.float32),
    "labels": np.array([0, 2, 1]),
    "predicted": np.array([0, 1, 1]),
    "logits": np.array([2.0, 3.0, 4.0]),
    "epoch": np.array(40),
    "test_inputs": np.array(10),
    "test_wrong": np.array(1),
}


def snapshot(**changes):
    artifacts = {
        name: {key: changes.get(key, array) for key, array in arrays.items()}
        for name, arrays in (("features", UNITS), ("saliency", SALIENCY))
    }
    return Snapshot("pin", (example_run(1, "adam", artifacts=artifacts),))


def derived(changes=None, **params):
    return KIND.derive(snapshot(**(changes or {})), KIND.params(**params))


def test_the_best_start_of_each_unit_is_shown_with_its_value_and_the_lowest_start():
    table = derived()
    units = table.frame("units")
    assert list(units["value"]) == [2.0, 4.0, 5.01, -1.0, 0.0]
    assert list(units["lowest_start"]) == [1.0, 3.0, 5.0, -2.0, 0.0]
    assert list(units["unit"]) == ["1", "2", "0", "1", "2"]
    pixels = table.frame("pixels")
    first = (pixels["place"] == 0) & (pixels["rank"] == 0)
    np.testing.assert_array_equal(pixels["value"][first], UNITS["inputs"][0, 1].ravel())
    assert list(zip(pixels["row"][first], pixels["column"][first], strict=True))[3] == (1, 0)


def test_units_whose_starts_all_come_within_one_percent_are_counted():
    # 5.00 and 5.01 are, 0 and 0 are; the others are not.
    facts = derived().facts
    assert (facts["alike"], facts["starts"]) == (2, 2)


def test_test_inputs_stand_in_order_with_their_number_class_and_value():
    real = derived(real=2, class_labels=["cat", "dog", "eel"]).frame("real")
    assert list(real["input"][:4]) == [7, 8, 9, 1]
    assert list(real["rank"][:4]) == [1, 2, 1, 2]
    assert list(real["true"][:4]) == ["cat", "dog", "eel", "eel"]
    assert list(real["value"][:4]) == [0.5, 0.4, -1.0, -2.0]
    pixels = derived(real=2).frame("pixels")
    second = (pixels["place"] == 1) & (pixels["rank"] == 2)
    np.testing.assert_array_equal(pixels["value"][second], UNITS["real_inputs"][1, 1].ravel())


def test_layers_units_and_the_row_limit_choose_what_is_shown():
    assert list(derived(layers=[2]).frame("units")["layer"]) == [2, 2, 2]
    chosen = derived(layers=[1], units=[2, 1]).frame("units")
    assert list(chosen["unit"]) == ["2", "1"] and list(chosen["value"]) == [4.0, 2.0]
    assert list(derived(columns=1).frame("units")["unit"]) == ["1", "0", "1", "2"], "classes all stay"


def test_saliency_is_the_gradients_size_of_the_right_inputs_first():
    table = derived(view="saliency")
    rows, pixels = table.frame("inputs"), table.frame("pixels")
    assert list(rows["input"]) == [3, 5, 8]
    assert list(rows["true"]) == ["0", "1", "2"] and list(rows["predicted"]) == ["0", "1", "1"]
    assert list(rows["wrong"]) == [0, 0, 1] and list(rows["logit"]) == [2.0, 4.0, 3.0]
    assert list(pixels["saliency"]) == [4.0] * 6 + [2.0] * 6 + [1.0] * 6
    assert list(pixels["value"]) == [0.0] * 6 + [1.0] * 6 + [0.5] * 6
    assert table.facts["largest"] == 4.0
    assert list(derived(view="saliency", right=1, wrong=0).frame("inputs")["input"]) == [3]


@pytest.mark.parametrize(
    "changes, params, part",
    [
        ({}, {"layers": [3]}, r"layers \[3\] were not recorded; recorded: \[1, 2\]"),
        ({}, {"units": [1, 6]}, r"units \[6\] of layer 1 were not recorded"),
        ({}, {"real": 3}, "2 test inputs of each unit were recorded, not 3"),
        ({}, {"class_labels": ["cat", "dog"]}, r"classes \[2\] have no name among 2 class_labels"),
        ({"values": UNITS["values"][:4]}, {}, r"values has shape \(4, 2\).*with U = 5"),
        ({"values": UNITS["values"] * np.nan}, {}, "10 values of values are not finite"),
        ({"unit": UNITS["unit"] * 1.0}, {}, "unit has shape .* type float64, not whole numbers"),
        ({"epoch": np.array([1, 2])}, {}, "epoch has shape .*, not whole numbers, one number"),
        (
            {"inputs": UNITS["inputs"] * 9},
            {},
            r"grey values run from .* to 7\.45.*; allowed are",
        ),
        ({"gradient": SALIENCY["gradient"][:, :1]}, {"view": "saliency"}, "gradient has shape"),
        ({}, {"view": "saliency", "right": 0, "wrong": 0}, "no input is left of 2 right and 1 wrong"),
    ],
)
def test_what_does_not_fit_is_refused(changes, params, part):
    with pytest.raises(FigproofError, match=part) as caught:
        derived(changes, **params)
    assert caught.value.hint


def drawn(tmp_path, venue="icml2025", changes=None, **params):
    """Texts, images and lines of the figure, at the full width of the venue."""
    look = load_look(ROOT, venue, "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml"))
    files = table_files(derived(changes, **params))
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    table = read_table(tmp_path, {name: digest_bytes(content) for name, content in files.items()})
    kept = []

    def draw(fig):
        KIND.draw(fig, table, KIND.params(**params), look)
        kept.append(fig.axes[0])

    render(draw, look, (look.venue.widths_in["full"], 3.6), ["png"], {"figure": "test"})
    axes = kept[0]
    return [text.get_text() for text in axes.texts], axes.images, axes.collections


def test_values_stand_under_their_images_and_the_note_says_what_was_done(tmp_path):
    texts, images, _ = drawn(tmp_path)
    assert len(images) == 10
    np.testing.assert_array_equal(images[0].get_array(), UNITS["inputs"][0, 1])
    assert {image.get_clim() for image in images} == {(0, 1)}
    for expected in ("layer 1, unit", "class", "pre-activation", "logit", "test input", "\u22121.0", "9.0"):
        assert expected in texts
    note = texts[0].replace("\n", " ")
    assert "best of 2 ascents, which end alike for 2 of 5" in note and "norm \u2264 3.90" in note
    assert "layer 1: 2 of 5 units" in note and "layer 2" not in note


def test_layers_that_show_equally_many_units_are_named_together(tmp_path):
    three = UNITS | {"layer": np.array([1, 1, 2, 2, 3]), "width": np.array([5, 5, 5, 5, 1])}
    texts, *_ = drawn(tmp_path, changes=three)
    assert "layers 1, 2: 2 of 5 units each" in texts[0].replace("\n", " ")


@pytest.mark.parametrize("venue", venue_names(ROOT))
def test_saliency_has_one_scale_an_outline_and_the_classes(tmp_path, venue):
    texts, images, lines = drawn(tmp_path, venue, view="saliency")
    scales = [image.get_clim() for image in images if image.get_cmap().name == "viridis"]
    assert scales == [(0, 4)] * 3
    assert "2 \u2192 1" in texts and "right" in texts and "wrong" in texts
    assert "1 of 10 test inputs are wrong" in texts[0].replace("\n", " ")
    # Nothing of the black image is outlined; of the grey one and the white one all: 2 x (2 + 3) sides.
    assert [len(line.get_segments()) for line in lines] == [0, 10, 10]
    assert not drawn(tmp_path, venue, view="saliency", outline=None)[2]
