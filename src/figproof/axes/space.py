"""A box for points in space: edges without ticks, and labels that stay upright and whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.text import Text

from figproof.axes.base import Inks, before_draw
from figproof.axes.points import on_screen
from figproof.model import FloatArray

# Seen from above a corner: the two lower front edges are about equally long, and none hides another.
_ELEVATION, _AZIMUTH = 22.0, -52.0
# Zoom at which a box whose projection is as wide or high as its diagonal is long fills the axes.
_FILL = 0.9
_GAP_PT = 2.0
# Of the longest side: the upright label needs an edge as long as itself.
_LEAST_SIDE = 0.7
# Corners of the box, in the order of the labels' edges: x and y in front below, z at the left.
_EDGES = (
    ((0, 0, 0), (1, 0, 0)),
    ((1, 0, 0), (1, 1, 0)),
    ((0, 0, 0), (0, 0, 1)),
)
# Where labels begin: off one another also in small panels.
_LABELS_AT = ((0.55, 0, 0), (1, 0.45, 0), (0, 0, 0.5))
_BEHIND = (
    ((0, 1, 0), (1, 1, 0)),
    ((0, 0, 0), (0, 1, 0)),
    ((0, 1, 0), (0, 1, 1)),
    ((0, 0, 1), (0, 1, 1)),
    ((0, 1, 1), (1, 1, 1)),
    ((1, 1, 0), (1, 1, 1)),
)


def box_frame(axes: Any, low: FloatArray, high: FloatArray, labels: Sequence[str], look: Inks) -> None:
    """Equal scales, a box around the extent, labels at its edges; no ticks: only distances mean something.

    Parameters
    ----------
    axes : Axes3D
    low, high : ndarray, shape (3,)
    labels : sequence of str
        One an axis, as plain text; ``""`` for none.
    """
    size = np.maximum(1.08 * (high - low), _LEAST_SIDE * (high - low).max())
    start = (low + high - size) / 2
    axes.set(**{f"{name}lim": (start[i], start[i] + size[i]) for i, name in enumerate("xyz")})
    # A tuple, because Matplotlib scales a given array in place.
    axes.set_box_aspect(tuple(size), zoom=_FILL * np.hypot.reduce(size) / max(_projected(size)))
    axes.set_proj_type("ortho")
    axes.view_init(elev=_ELEVATION, azim=_AZIMUTH)
    axes.set_axis_off()
    for edges, style in ((_BEHIND, "dotted"), (_EDGES, "solid")):
        for edge in edges:
            ends = start + size * np.array(edge)
            line = {"color": look.muted, "linewidth": look.line_pt(0.5), "linestyle": style}
            axes.plot(*ends.T, **line, zorder=0.5)
    _label_edges(axes, start + size * np.array(_LABELS_AT), labels, look)


def _projected(size: FloatArray) -> tuple[float, float]:
    """Width and height on the screen of a box of that size."""
    turn, tilt = np.deg2rad([_AZIMUTH, _ELEVATION])
    across, along = abs(np.cos(turn)), abs(np.sin(turn))
    width = size[0] * across + size[1] * along
    height = (size[0] * along + size[1] * across) * np.sin(tilt) + size[2] * np.cos(tilt)
    return float(width), float(height)


def _label_edges(axes: Any, anchors: FloatArray, labels: Sequence[str], look: Inks) -> None:
    """Labels off the edges: two below, level, and one upright at the left."""
    places = (("right", "top", 0), ("left", "top", 0), ("right", "center", 90))
    texts = [
        axes.add_artist(
            Text(
                0.5,
                0.5,
                label,
                fontsize=look.venue.small_pt,
                color=look.ink,
                ha=across,
                va=along,
                rotation=turn,
                clip_on=False,
                parse_math=False,
                transform=axes.transAxes,
            )
        )
        for label, (across, along, turn) in zip(labels, places, strict=True)
    ]

    def arrange() -> None:
        gap = _GAP_PT * axes.get_figure(root=True).dpi / 72
        shifts = np.array([(0, -gap), (0, -gap), (-gap, 0)])
        ends = axes.transAxes.inverted().transform(on_screen(axes, anchors) + shifts)
        for text, place in zip(texts, ends, strict=True):
            text.set_position(place)

    before_draw(axes, arrange)
