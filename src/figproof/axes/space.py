"""A cube for points in space: edges without ticks, and labels that stay upright and whole."""

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
_ZOOM = 1.12
_GAP_PT = 2.0
# Corners of the unit cube, in the order of the labels' edges: x and y in front below, z at the left.
_EDGES = (
    ((0, 0, 0), (1, 0, 0)),
    ((1, 0, 0), (1, 1, 0)),
    ((0, 0, 0), (0, 0, 1)),
)
_BEHIND = (
    ((0, 1, 0), (1, 1, 0)),
    ((0, 0, 0), (0, 1, 0)),
    ((0, 1, 0), (0, 1, 1)),
    ((0, 0, 1), (0, 1, 1)),
    ((0, 1, 1), (1, 1, 1)),
    ((1, 1, 0), (1, 1, 1)),
)


def cube_frame(axes: Any, low: FloatArray, high: FloatArray, labels: Sequence[str], look: Inks) -> None:
    """Equal scales, the same limits for all panels that are given the same extent, edges and labels.

    Parameters
    ----------
    axes : Axes3D
    low, high : ndarray, shape (3,)
    labels : sequence of str
        One an axis, as plain text; ``""`` for none.
    """
    middle, half = (low + high) / 2, 0.54 * (high - low).max()
    start = middle - half
    axes.set(**{f"{name}lim": (start[i], start[i] + 2 * half) for i, name in enumerate("xyz")})
    axes.set_box_aspect((1, 1, 1), zoom=_ZOOM)
    axes.set_proj_type("ortho")
    axes.view_init(elev=_ELEVATION, azim=_AZIMUTH)
    axes.set_axis_off()
    for edges, style in ((_BEHIND, "dotted"), (_EDGES, "solid")):
        for edge in edges:
            ends = start + 2 * half * np.array(edge)
            line = {"color": look.muted, "linewidth": look.venue.min_line_pt, "linestyle": style}
            axes.plot(*ends.T, **line, zorder=0.5)
    middles = start + half * np.array(_EDGES).sum(axis=1)
    _label_edges(axes, middles, labels, look)


def _label_edges(axes: Any, middles: FloatArray, labels: Sequence[str], look: Inks) -> None:
    """Labels off the middles of the edges: two below, turned to neither side, one at the left."""
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
        ends = axes.transAxes.inverted().transform(on_screen(axes, middles) + shifts)
        for text, place in zip(texts, ends, strict=True):
            text.set_position(place)

    before_draw(axes, arrange)
