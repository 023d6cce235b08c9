"""Matrices as coloured cells: gaps, hatches and frames, and numbers that can be read on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from figproof.axes.base import Inks, before_draw
from figproof.model import FloatArray

MISSING_HATCH = "/////"
_CELL_PADDING = 0.85


def ink_on(colour: Any) -> str:
    """Black or white, whichever reads better on the colour; the contrast is always 4.5:1 or more.

    Relative luminance and contrast ratio as WCAG 2.2 defines them; with black and white to choose
    from, the worse case is sqrt(21) = 4.58.
    """
    luminance = relative_luminance(colour)
    return "#000000" if (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) else "#ffffff"


def relative_luminance(colour: Any) -> float:
    """Relative luminance of an sRGB colour, 0 to 1 (WCAG 2.2)."""
    channels = np.asarray(to_rgb(colour))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))


def cells(
    axes: Any,
    values: npt.NDArray[Any],
    cmap: Any,
    norm: Any,
    look: Inks,
    *,
    gaps: bool,
    x_edges: FloatArray | None = None,
) -> Any:
    """A matrix as coloured cells; row 0 on top, cell (row, column) centred on (column, row).

    Parameters
    ----------
    values : masked or plain array, shape (rows, columns)
        Masked and NaN cells stay empty; mark them with :func:`hatch_cell`.
    gaps : bool
        White lines between the cells, for few and large ones. Without, cells touch and are rasterised:
        viewers show seams between touching vector shapes.
    x_edges : ndarray, shape (columns + 1,), optional
        Where cells begin and end, for columns that stand on a scale.
    """
    rows, columns = values.shape
    mesh = axes.pcolormesh(
        np.arange(columns + 1) - 0.5 if x_edges is None else x_edges,
        np.arange(rows + 1) - 0.5,
        np.ma.masked_invalid(values),
        cmap=cmap,
        norm=norm,
        edgecolors="white" if gaps else "none",
        linewidth=look.line_pt(0.6) if gaps else 0,
        antialiased=gaps,
        rasterized=not gaps,
    )
    axes.set_ylim(rows - 0.5, -0.5)
    axes.tick_params(which="both", length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return mesh


def hatch_cell(
    axes: Any,
    row: int,
    column: int,
    look: Inks,
    *,
    hatch: str = MISSING_HATCH,
    x_edges: FloatArray | None = None,
) -> None:
    """Fill one cell of :func:`cells` with a hatch: nothing was recorded there, or nothing with a colour."""
    left, right = (column - 0.5, column + 0.5) if x_edges is None else x_edges[column : column + 2]
    axes.add_patch(
        Rectangle(
            (left, row - 0.5),
            right - left,
            1,
            facecolor="white",
            edgecolor=look.muted,
            hatch=hatch,
            linewidth=0,
            zorder=1.2,
        )
    )


def shade_cell(axes: Any, row: int, column: int, colour: str) -> None:
    """Fill one cell of :func:`cells` with a colour that is not of the scale."""
    axes.add_patch(
        Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=colour, edgecolor="white", zorder=1.2)
    )


def frame_cell(axes: Any, row: int, column: int, colour: str, width_pt: float) -> None:
    """Draw a frame around one cell."""
    axes.add_patch(
        Rectangle(
            (column - 0.5, row - 0.5),
            1,
            1,
            fill=False,
            edgecolor=colour,
            linewidth=width_pt,
            zorder=3,
            clip_on=False,
        )
    )


def thumbnail(
    axes: Any,
    values: npt.NDArray[Any],
    corner: tuple[float, float],
    size: tuple[float, float],
    cmap: Any,
    largest: float,
    look: Inks,
) -> Any:
    """A small image with a thin frame, on axes of :func:`figproof.axes.in_inches`; returns the image.

    Parameters
    ----------
    values : ndarray, shape (rows, columns)
    corner, size : (float, float)
        Left and top; width and height, in inches.
    cmap : Colormap or str
        Its ends are 0 and ``largest``.
    """
    (left, top), (width, height) = corner, size
    place = (left, left + width, top + height, top)
    image = axes.imshow(
        values, extent=place, cmap=cmap, vmin=0, vmax=largest, interpolation="none", aspect="auto"
    )
    style: dict[str, Any] = {"color": look.muted, "linewidth": look.line_pt(0.5), "fill": False}
    axes.add_patch(Rectangle(corner, width, height, **style))
    return image


@dataclass(frozen=True)
class CellText:
    """What stands in one cell, and in which ink."""

    row: int
    column: int
    text: str
    ink: str
    bold: bool = False


def write_cells(axes: Any, entries: Sequence[CellText], look: Inks) -> None:
    """Write into cells at the largest size, up to the small text's, at which every entry fits.

    Where the venue's minimum size does not fit, nothing is written: colours and the colour bar speak.
    """
    texts = [
        axes.text(
            entry.column,
            entry.row,
            entry.text,
            ha="center",
            va="center",
            color=entry.ink,
            fontsize=look.venue.small_pt,
            fontweight="bold" if entry.bold else "normal",
            linespacing=1.05,
            parse_math=False,
            zorder=4,
            clip_on=True,
        )
        for entry in entries
    ]

    def arrange() -> None:
        corners = axes.transData.transform([(0, 0), (1, 1)])
        room = np.abs(corners[1] - corners[0]) * _CELL_PADDING
        largest, least = look.venue.small_pt, look.venue.min_text_pt
        for text in texts:
            text.set_visible(True)
            text.set_fontsize(largest)
        boxes = [text.get_window_extent() for text in texts]
        need = max(max(box.width / room[0], box.height / room[1]) for box in boxes)
        size = largest / max(need, 1.0)
        for text in texts:
            text.set_visible(size >= least)
            text.set_fontsize(max(size, least))

    if texts:
        before_draw(axes, arrange)
