"""Points in the plane or in a cube: crosses for the wrong ones, names of groups, paths, frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from figproof.axes.base import Inks, before_draw, size_in, text_width_in
from figproof.model import FloatArray
from figproof.numerics.placement import clearest, spread_apart

# A marker's edge, not a line of the figure: thinner than a venue's lines, or crowded crosses turn black.
EDGE_PT = 0.3
_MANY_POINTS = 2000
# Label sizes between the outermost groups, below which names could only stand far from what they name.
_LEAST_SPREAD = 3.0
_DOT_AT, _NAME_AT = 1.1, 1.25
_PATH_MARKER_PT = 3.2


def square_grid(fig: Any, panels: int, look: Inks) -> tuple[int, int]:
    """Rows and columns that leave square panels, each with a heading, the most room."""
    width, height = size_in(fig)
    title = 3.5 * look.venue.small_pt / 72

    def side(columns: int) -> float:
        rows = -(-panels // columns)
        return float(min(width / columns, height / rows - title))

    columns = max(range(1, panels + 1), key=lambda count: (round(side(count), 3), count))
    return -(-panels // columns), columns


def square_frame(axes: Any, low: FloatArray, high: FloatArray, look: Inks) -> None:
    """Equal scales, the same limits for all panels that are given the same extent, no ticks."""
    middle, half = (low + high) / 2, 0.54 * (high - low).max()
    axes.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half))
    axes.set_aspect("equal")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=look.muted, linewidth=look.line_pt(0.5))


def star_rim(axes: Any, ends: FloatArray, colours: Sequence[str], look: Inks) -> None:
    """Axes of a star, and at the rim the class that each stands for, with its colour."""
    line = {"color": look.muted, "linewidth": look.line_pt(0.5), "zorder": 0.5}
    for name, (end, colour) in enumerate(zip(ends, colours, strict=True)):
        axes.plot([0, end[0]], [0, end[1]], **line)
        axes.plot(*(_DOT_AT * end), "o", markersize=look.mark_pt(2.5), markeredgewidth=0, color=colour)
        axes.text(
            *(_NAME_AT * end),
            str(name),
            fontsize=look.venue.small_pt,
            color=look.ink,
            ha="center",
            va="center_baseline",
        )
    axes.plot(*np.vstack([ends, ends[:1]]).T, **line)
    axes.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), xticks=[], yticks=[])
    axes.set_aspect("equal")
    for spine in axes.spines.values():
        spine.set_visible(False)


def marked_points(
    axes: Any,
    places: FloatArray,
    colours: npt.NDArray[np.str_],
    wrong: npt.NDArray[np.bool_],
    look: Inks,
    *,
    side_in: float,
) -> None:
    """Dots, and crosses with a dark edge where ``wrong``; many points become one image.

    Parameters
    ----------
    axes : Axes or Axes3D
    places : ndarray, shape (n, 2) or (n, 3)
    side_in : float
        Side of the panel: points cover the same share of it, whatever their number.
    """
    many = len(places) > _MANY_POINTS
    unit = look.mark_pt(1.0) ** 2
    size = float(np.clip(0.06 * (72 * side_in) ** 2 / len(places), 0.8 * unit, 6.0 * unit))
    # In space, points are painted from far to near; a shade for depth would change a class's colour.
    common = {"rasterized": many} | ({"depthshade": False} if axes.name == "3d" else {})
    axes.scatter(*places[~wrong].T, s=size, c=colours[~wrong], linewidths=0, zorder=2, **common)
    axes.scatter(
        *places[wrong].T,
        s=max(2.2 * size, (2.0 if many else 6.0) * unit),
        c=colours[wrong],
        marker="X",
        edgecolors=look.ink,
        linewidths=EDGE_PT / 2 if many else EDGE_PT,
        zorder=3,
        **common,
    )


def cross_style(look: Inks) -> dict[str, Any]:
    """Line properties that show a cross of :func:`marked_points` in a legend."""
    return {
        "linestyle": "",
        "marker": "X",
        "markersize": look.mark_pt(3.5),
        "markerfacecolor": "white",
        "markeredgecolor": look.ink,
        "markeredgewidth": EDGE_PT,
    }


def path_style(colour: str, marker: str, look: Inks) -> dict[str, Any]:
    """Line properties of a path: its line in ink, its end in the colour of its class."""
    return {
        "color": look.ink,
        "linewidth": look.line_pt(0.6),
        "marker": marker,
        "markersize": look.mark_pt(_PATH_MARKER_PT),
        "markerfacecolor": colour,
        "markeredgecolor": look.ink,
        "markeredgewidth": 2 * EDGE_PT,
    }


def path(axes: Any, way: FloatArray, style: dict[str, Any]) -> None:
    """The way of one point, shape (steps, 2 or 3), with a marker where it has come to."""
    axes.plot(*way.T, **style, markevery=[-1], path_effects=halo(2 * style["linewidth"]), zorder=7)


def halo(width_pt: float) -> list[Any]:
    """Path effects of a text or line that is to be read on others."""
    return [withStroke(linewidth=width_pt, foreground="white")]


def on_screen(axes: Any, places: FloatArray) -> FloatArray:
    """Pixels of points in the plane, or of points in space as they are projected when drawn."""
    if axes.name == "3d":
        homogeneous = np.column_stack([places, np.ones(len(places))]) @ np.asarray(axes.M).T
        places = homogeneous[:, :2] / homogeneous[:, 3:]
    result: FloatArray = axes.transData.transform(places)
    return result


def name_groups(
    axes: Any,
    names: Sequence[str],
    targets: FloatArray,
    points: FloatArray,
    look: Inks,
    *,
    may_be_left_out: bool,
) -> None:
    """Names at or beside their groups, where they cover least; arranged when the layout is known.

    Parameters
    ----------
    targets, points : ndarray, shape (groups, 2 or 3), (n, 2 or 3)
    may_be_left_out : bool
        Leave out the names of a panel whose groups coincide: they could only stand around the points,
        far from what they name.
    """
    texts = [
        axes.add_artist(
            Text(
                0.5,
                0.5,
                name,
                fontsize=look.venue.small_pt,
                fontweight="bold",
                color=look.ink,
                path_effects=halo(1.8),
                ha="center",
                va="center_baseline",
                clip_on=False,
                parse_math=False,
                zorder=8,
                transform=axes.transAxes,
                in_layout=False,
            )
        )
        for name in names
    ]

    def arrange() -> None:
        for text in texts:
            # A text that was left out at the last drawing has no extent.
            text.set_visible(True)
        boxes = [text.get_window_extent() for text in texts]
        # Wider than the text, or neighbours 1 and 7 would read 17.
        sizes = np.array([(box.width + 0.6 * box.height, 1.05 * box.height) for box in boxes])
        ends = on_screen(axes, targets)
        spread = np.ptp(ends, axis=0) / sizes.max(axis=0)
        for text in texts:
            text.set_visible(not may_be_left_out or bool(spread.max() >= _LEAST_SPREAD))
        placed = spread_apart(clearest(ends, sizes, on_screen(axes, points)), sizes)
        inside = np.clip(placed, axes.bbox.min + sizes / 2, axes.bbox.max - sizes / 2)
        for text, place in zip(texts, axes.transAxes.inverted().transform(inside), strict=True):
            text.set_position(place)

    before_draw(axes, arrange)


def heading(axes: Any, title: str, items: Sequence[str], look: Inks, *, room_in: float) -> None:
    """A title above the axes and under it, in small text, items in as many lines as they need."""
    size = look.venue.small_pt
    lines: list[str] = []
    for item in items:
        longer = f"{lines[-1]}, {item}" if lines else item
        if lines and text_width_in(axes.figure, longer, size) <= room_in:
            lines[-1] = longer
        else:
            lines.append(item)
    # One text a line: the height of a line within one text depends on the letters in it.
    titles = [(line, size) for line in reversed(lines)] + [(title, look.venue.text_pt)]
    lift = 3.0
    for text, size_pt in titles:
        axes.annotate(
            text,
            (0.5, 1),
            (0, lift),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="center",
            va="baseline",
            fontsize=size_pt,
            color=look.ink,
            annotation_clip=False,
            parse_math=False,
        )
        lift += 1.25 * size_pt
