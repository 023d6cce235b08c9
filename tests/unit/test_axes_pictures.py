"""Rows of pictures: how groups are placed, which sides are outlined, how many digits a row has."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from figproof.axes import PictureRow, borders, picture_rows, rounded
from figproof.conditions import load_conditions
from figproof.errors import FigproofError
from figproof.look import load_look


@pytest.fixture(scope="module")
def look(request):
    root = request.config.rootpath
    return load_look(
        root, "icml2025", "petroff10", "viridis", load_conditions(root / "config/conditions.yaml")
    )


def groups(count, columns=3, shape=(4, 4)):
    rows = [
        PictureRow("name", [f"g{{}}c{at}" for at in range(columns)]),
        PictureRow("picture", pictures=np.zeros((columns, *shape))),
    ]
    return [
        [PictureRow(r.label, [w.format(g) for w in r.words], pictures=r.pictures) for r in rows]
        for g in range(count)
    ]


def placed(look, size, count, **kinds):
    """Left, top, width and height of the pictures, in inches."""
    axes, _ = picture_rows(Figure(figsize=size), groups(count, **kinds), "about", look)
    boxes = []
    for image in axes.images:
        left, right, bottom, top = image.get_extent()
        boxes.append((left, top, right - left, bottom - top))
    return np.array(boxes)


def test_groups_stand_one_below_the_other_where_the_page_is_high(look):
    boxes = placed(look, (3.0, 5.0), 2)
    assert boxes[3, 0] == pytest.approx(boxes[0, 0]) and boxes[3, 1] > boxes[0, 1]


def test_groups_stand_abreast_where_the_page_is_wide_and_pictures_become_larger(look):
    boxes = placed(look, (6.5, 1.2), 2)
    assert boxes[3, 1] == pytest.approx(boxes[0, 1]) and boxes[3, 0] > boxes[2, 0] + boxes[2, 2]


@pytest.mark.parametrize("shape", [(4, 4), (3, 9), (9, 3)])
def test_pictures_keep_their_shape_and_do_not_overlap(look, shape):
    boxes = placed(look, (5.0, 4.0), 2, shape=shape)
    np.testing.assert_allclose(boxes[:, 3] / boxes[:, 2], shape[0] / shape[1])
    assert (boxes[1:3, 0] >= boxes[:2, 0] + boxes[:2, 2]).all()


def test_too_small_pictures_and_too_long_words_are_refused(look):
    with pytest.raises(FigproofError, match=r"pictures would be .* in wide, 0\.2 are needed"):
        placed(look, (3.0, 0.6), 1)
    long = [[PictureRow("", ["a name of many words " * 5]), PictureRow("", pictures=np.zeros((1, 2, 2)))]]
    with pytest.raises(FigproofError, match="words need columns of"):
        picture_rows(Figure(figsize=(3.0, 3.0)), long, "about", look)


def test_the_outline_is_what_lies_between_true_and_false_pixels():
    sides = {tuple(map(tuple, side)) for side in borders(np.array([[True, False], [True, True]]))}
    across = {((0, 0), (1, 0)), ((1, 1), (2, 1)), ((0, 2), (1, 2)), ((1, 2), (2, 2))}
    down = {((0, 0), (0, 1)), ((0, 1), (0, 2)), ((1, 0), (1, 1)), ((2, 1), (2, 2))}
    assert sides == across | down
    assert borders(np.zeros((3, 2), dtype=bool)).shape == (0, 2, 2)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([12.34, -0.5], ["12.3", "\u22120.5"]),
        ([0.5, 0.123], ["0.50", "0.12"]),
        ([1234.5, 3.0], ["1234", "3"]),
        ([2e6, 1.0], ["2.0e+06", "1.0e+00"]),
        ([0.0, 0.0], ["0", "0"]),
        ([0.01], ["1.0e\u221202"]),
    ],
)
def test_a_row_of_values_has_the_digits_that_its_largest_needs(values, words):
    assert rounded(np.array(values)) == words
