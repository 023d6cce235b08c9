"""Groups of rows of small pictures and words, aligned in columns, as large as the page lets them be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.collections import LineCollection
from matplotlib.ticker import Formatter

from figproof.axes.base import Inks, free_in, in_inches, size_in, text_width_in
from figproof.axes.cells import thumbnail
from figproof.errors import FigproofError
from figproof.model import FloatArray

_LEAST_SIDE_IN, _MOST_SIDE_IN = 0.2, 0.75
_PAGE_PAD_IN = 0.05
# Of the small text's size: a line, a picture's distance from what is above, a group's from the next.
_LINE, _ABOVE, _GAP = 1.35, 0.4, 0.7
# Of a column's width: the picture, and what a word may take.
_FILLED, _WORD = 0.92, 0.95
# Groups stand abreast only if pictures become so much larger; and at most so far apart.
_WORTH, _MOST_GAP = 1.05, 3.0


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
    """Draw groups of rows under a small text, as many groups abreast as make the pictures largest.

    Parameters
    ----------
    groups : sequence of sequences of PictureRow
        Groups are alike in their rows, and all pictures have one shape.
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
    widest_in = max(text_width_in(fig, line, size) for line in about.split("\n"))
    left = max(min(place.left, -widest_in / 2), _PAGE_PAD_IN - (size_in(fig)[0] - beside_in) / 2)
    text = {"fontsize": size, "color": look.ink, "parse_math": False, "va": "top", "linespacing": 1.15}
    axes.text(left, place.top, about, **text)
    image = None
    for number, group in enumerate(groups):
        level, across = divmod(number, place.abreast)
        left = place.left + place.group_in * across
        top = place.top + _LINE * (about.count("\n") + 1) * size / 72 + place.level_in * level
        top += _GAP * size / 72
        for at, row in enumerate(group):
            top += _above(at, row) * size / 72
            image = _draw_row(axes, row, place, (left, top), look) or image
            top += _LINE * size / 72 if row.pictures is None else place.deep_in
    for artist in (*axes.texts, *axes.patches, *axes.images, *axes.collections):
        artist.set_in_layout(False)
    return axes, image


@dataclass(frozen=True)
class _Place:
    """Where the grid begins, how many groups stand abreast, and how large the parts are, in inches."""

    left: float
    top: float
    abreast: int
    group_in: float
    level_in: float
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
    width, height = (length - 2 * _PAGE_PAD_IN for length in free_in(fig, look))
    em_in = look.venue.small_pt / 72
    rows = [row for group in groups for row in group]
    pictures = [row.pictures for row in groups[0] if row.pictures is not None]
    count = max(len(row.words) if row.pictures is None else len(row.pictures) for row in rows)
    label_in = max(text_width_in(fig, row.label, look.venue.small_pt) for row in rows) + 0.7 * em_in
    word_in = max(text_width_in(fig, word, look.venue.small_pt) for row in rows for word in row.words) / _WORD
    words_in = em_in * (_LINE * (len(groups[0]) - len(pictures)) + _GAP)
    words_in += em_in * sum(_above(at, row) for at, row in enumerate(groups[0]))
    slope = pictures[0].shape[1] / pictures[0].shape[2]
    abreast, side_in = 0, 0.0
    for number in range(1, len(groups) + 1):
        levels = -(-len(groups) // number)
        column_in = ((width - beside_in) / number - label_in) / count - em_in * _GAP * (number > 1)
        room_in = ((height - _LINE * lines * em_in) / levels - words_in) / len(pictures)
        side = min(_FILLED * column_in, room_in / slope, look.room_in(_MOST_SIDE_IN))
        if word_in <= column_in and side > _WORTH * side_in:
            abreast, side_in = number, side
    if min(side_in, side_in * slope) < _LEAST_SIDE_IN:
        alone_in = ((width - beside_in) - label_in) / count
        raise FigproofError(
            f"{len(groups)} groups of {len(pictures)} rows of {count} pictures do not fit: "
            + (
                f"words need columns of {word_in:.2f} in, there are {max(alone_in, 0):.2f}"
                if word_in > alone_in
                else f"pictures would be {side_in:.2f} in wide, {_LEAST_SIDE_IN} are needed"
            ),
            hint="raise height_in, set width: full, show fewer, or shorten names",
        )
    column_in, levels = max(side_in / _FILLED, word_in), -(-len(groups) // abreast)
    group_in = label_in + count * column_in
    gap_in = (width - beside_in) / abreast - group_in if abreast > 1 else 0.0
    gap_in = min(gap_in, _MOST_GAP * em_in)
    level_in = words_in + len(pictures) * side_in * slope
    left = -(abreast * group_in + (abreast - 1) * gap_in) / 2
    top = -(levels * level_in + _LINE * lines * em_in) / 2
    return _Place(
        left, top, abreast, group_in + gap_in, level_in, label_in, column_in, side_in, side_in * slope
    )


def _draw_row(axes: Any, row: PictureRow, place: _Place, corner: tuple[float, float], look: Inks) -> Any:
    """Label, and words or pictures; returns the last picture."""
    (left, top), size = corner, look.venue.small_pt
    middle = top + (_LINE * size / 72 if row.pictures is None else place.deep_in) / 2
    text = {"fontsize": size, "color": look.ink, "parse_math": False, "va": "center_baseline"}
    axes.text(left, middle, row.label, **text)
    begin = left + place.label_in
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
                linewidths=look.line_pt(0.5),
                capstyle="projecting",
            )
            axes.add_collection(lines, autolim=False)
    return image


def rounded(values: FloatArray) -> list[str]:
    """Values as words of one row: with the digits that the largest of them needs, and a true minus."""
    largest = float(np.abs(values).max(initial=0.0))
    form = ".1e" if largest else ".0f"
    for least, shorter in ((0.1, ".2f"), (1.0, ".1f"), (100.0, ".0f"), (1e5, ".1e")):
        form = shorter if largest >= least else form
    return [Formatter.fix_minus(f"{value:{form}}") for value in values]


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
