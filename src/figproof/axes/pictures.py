"""Groups of rows of small pictures and words, aligned in columns, as large as the page lets them be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.collections import LineCollection

from figproof.axes.base import Inks, in_inches, size_in, text_width_in
from figproof.axes.cells import thumbnail
from figproof.errors import FigproofError
from figproof.model import FloatArray

_LEAST_SIDE_IN, _MOST_SIDE_IN = 0.2, 0.75
_PAGE_PAD_IN = 0.05
# Of the small text's size: a line, a picture's distance from what is above, a group's from the next.
_LINE, _ABOVE, _GAP = 1.35, 0.4, 0.7
# Of a column's width: the picture, and what a word may take.
_FILLED, _WORD = 0.92, 0.95


@dataclass(frozen=True)
class PictureRow:
    """One row: a label at the left, then words or pictures, one a column.

    Attributes
    ----------
    label : str
    words : sequence of str
        Empty for a row of pictures.
    bold : bool
        Whether the words are bold.
    pictures : ndarray, shape (n, height, width), or None
        None for a row of words.
    cmap : Colormap or str
    largest : float
        Value at the upper end of the colours; the lower is 0.
    outlines : ndarray of bool, shape (n, height, width), or None
        Lines are drawn around their true pixels.
    outline_colour : str
    """

    label: str
    words: Sequence[str] = ()
    bold: bool = False
    pictures: npt.NDArray[Any] | None = None
    cmap: Any = "Greys"
    largest: float = 1.0
    outlines: npt.NDArray[np.bool_] | None = None
    outline_colour: str = "white"


def picture_rows(
    fig: Any,
    groups: Sequence[Sequence[PictureRow]],
    about: str,
    look: Inks,
    *,
    beside_in: float = 0.0,
) -> tuple[Any, Any]:
    """Draw groups of rows, one below the other, under a small text.

    Parameters
    ----------
    groups : sequence of sequences of PictureRow
        All pictures have one shape.
    about : str
        Small text at the top left; may have several lines.
    beside_in : float
        Width to keep free, for a colour bar.

    Returns
    -------
    axes, image
        In inches from the middle; the last picture drawn, for the colour bar.

    Raises
    ------
    FigproofError
        Words are wider than their column, or pictures would be too small to be seen.
    """
    place = _place(fig, groups, about.count("\n") + 1, look, beside_in)
    axes = in_inches(fig)
    size = look.venue.small_pt
    text = {"fontsize": size, "color": look.ink, "parse_math": False}
    right = (size_in(fig)[0] - beside_in) / 2 - _PAGE_PAD_IN
    widest = max(text_width_in(fig, line, size) for line in about.split("\n"))
    axes.text(min(place.left, right - widest), place.top, about, va="top", linespacing=1.15, **text)
    top, image = place.top + _LINE * (about.count("\n") + 1) * size / 72, None
    for group in groups:
        top += _GAP * size / 72
        for at, row in enumerate(group):
            top += _above(at, row) * size / 72
            image = _draw_row(axes, row, place, top, look) or image
            top += _LINE * size / 72 if row.pictures is None else place.deep_in
    for artist in (*axes.texts, *axes.patches, *axes.images, *axes.collections):
        artist.set_in_layout(False)
    return axes, image


@dataclass(frozen=True)
class _Place:
    """Where the grid begins, and how large its parts are, in inches."""

    left: float
    top: float
    label_in: float
    column_in: float
    side_in: float
    deep_in: float


def _above(at: int, row: PictureRow) -> float:
    """Space above a row: words belong to the picture above them, a group's first ones to that below."""
    return _ABOVE if at > 1 and row.pictures is not None else 0.0


def _place(
    fig: Any, groups: Sequence[Sequence[PictureRow]], lines: int, look: Inks, beside_in: float
) -> _Place:
    rows = [row for group in groups for row in group]
    width, height = size_in(fig)
    size = look.venue.small_pt
    pictures = [row.pictures for row in rows if row.pictures is not None]
    count = max(len(row.words) if row.pictures is None else len(row.pictures) for row in rows)
    deep, across = pictures[0].shape[1:]
    label_in = max(text_width_in(fig, row.label, size) for row in rows) + 0.7 * size / 72
    word_in = max(text_width_in(fig, word, size) for row in rows for word in row.words) / _WORD
    column_in = (width - 2 * _PAGE_PAD_IN - beside_in - label_in) / count
    if word_in > column_in:
        raise FigproofError(
            f"a column of {count} is {max(column_in, 0):.2f} in wide, its words need {word_in:.2f}",
            hint="set fewer columns, width: full, or shorter names",
        )
    words = _LINE * (lines + len(rows) - len(pictures)) + _GAP * len(groups)
    words += sum(_above(at, row) for group in groups for at, row in enumerate(group))
    room_in = (height - 2 * _PAGE_PAD_IN - words * size / 72) / len(pictures)
    side_in = min(_FILLED * column_in, room_in * across / deep, _MOST_SIDE_IN)
    deep_in = side_in * deep / across
    if min(side_in, deep_in) < _LEAST_SIDE_IN:
        raise FigproofError(
            f"{len(pictures)} rows of {count} pictures leave {max(side_in, 0):.2f} in for one, "
            f"{_LEAST_SIDE_IN} are needed",
            hint="raise height_in, set width: full, or show fewer",
        )
    column_in = max(side_in / _FILLED, word_in)
    left = -(label_in + count * column_in) / 2
    top = -(len(pictures) * deep_in + words * size / 72) / 2
    return _Place(left, top, label_in, column_in, side_in, deep_in)


def _draw_row(axes: Any, row: PictureRow, place: _Place, top: float, look: Inks) -> Any:
    """Label, and words or pictures; returns the last picture."""
    size = look.venue.small_pt
    middle = top + (_LINE * size / 72 if row.pictures is None else place.deep_in) / 2
    text = {"fontsize": size, "color": look.ink, "parse_math": False, "va": "center_baseline"}
    axes.text(place.left, middle, row.label, **text)
    begin = place.left + place.label_in
    for at, word in enumerate(row.words):
        weight = "bold" if row.bold else "normal"
        axes.text(begin + place.column_in * (at + 0.5), middle, word, ha="center", fontweight=weight, **text)
    if row.pictures is None:
        return None
    begin += (place.column_in - place.side_in) / 2
    for at, picture in enumerate(row.pictures):
        corner = (begin + place.column_in * at, top)
        sides = (place.side_in, place.deep_in)
        image = thumbnail(axes, picture, corner, sides, row.cmap, row.largest, look)
        if row.outlines is not None:
            pixel_in = place.side_in / picture.shape[1]
            lines = LineCollection(
                list(np.asarray(corner) + pixel_in * borders(row.outlines[at])),
                colors=row.outline_colour,
                linewidths=look.venue.min_line_pt,
                capstyle="projecting",
            )
            axes.add_collection(lines, autolim=False)
    return image


def borders(inside: npt.NDArray[np.bool_]) -> FloatArray:
    """Sides of pixels between true and false neighbours, shape (n, 2, 2): ends as (column, row).

    Pixel (row, column) reaches from (column, row) to (column + 1, row + 1); outside the image all is false.
    """
    padded = np.pad(inside, 1)
    row, column = np.nonzero(padded[1:, 1:-1] != padded[:-1, 1:-1])
    level = np.stack([np.column_stack([column, row]), np.column_stack([column + 1, row])], axis=1)
    row, column = np.nonzero(padded[1:-1, 1:] != padded[1:-1, :-1])
    upright = np.stack([np.column_stack([column, row]), np.column_stack([column, row + 1])], axis=1)
    return np.concatenate([level, upright]).astype(np.float64)
