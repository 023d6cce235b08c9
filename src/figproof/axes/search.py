"""Settings of a search as lines through upright axes, or as points of which several may share a place."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from figproof.axes.base import Inks, before_draw
from figproof.axes.names import wrapped
from figproof.axes.unit import ROOM
from figproof.model import FloatArray

_LOST_DASH = (0, (2.0, 1.5))
_GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))
_DOT_PT = 3.4
_MANY = 200
_CORNER_INSET = 0.06
# Of the points around one place: their radius, so that they stay off the next.
_WIDEST_PT = 9.0


def ways(axes: Any, places: FloatArray, metric: FloatArray, colours: Any, look: Inks) -> None:
    """A line a setting, the best thick and on top; grey and dashed where there is no metric.

    Parameters
    ----------
    places : ndarray, shape (settings, axes)
        From the best setting to the worst.
    metric : ndarray, shape (settings,)
        NaN for a setting that diverged.
    colours : ScalarMappable
        Of the metric.
    """
    across = np.broadcast_to(np.arange(places.shape[1]), places.shape)
    lines = np.stack([across, places], axis=2)
    lost = ~np.isfinite(metric)
    line, best = look.line_pt(0.7), look.line_pt(2.6 * 0.7)
    style: dict[str, Any] = {"clip_on": False, "capstyle": "round"}
    grey: dict[str, Any] = {"colors": look.muted, "linestyles": [_LOST_DASH], "linewidths": line}
    axes.add_collection(LineCollection(list(lines[lost]), **grey, **style))
    # Worst first, so that the best lie on top.
    rows = np.flatnonzero(~lost)[::-1]
    thick = np.where(rows == 0, best, line)
    shades = colours.to_rgba(metric[rows])
    axes.add_collection(
        LineCollection(list(lines[rows]), colors=shades, linewidths=thick, zorder=2.1, **style)
    )


def crowded_points(axes: Any, pairs: FloatArray, metric: FloatArray, colours: Any, look: Inks) -> None:
    """Dots, the best ringed and on top; those of one place stand around it, the best of them inside.

    Parameters
    ----------
    pairs : ndarray, shape (settings, 2)
        Places from 0 to 1, from the best setting to the worst.
    metric, colours
        As for :func:`ways`; crosses where there is no metric.
    """
    rank = np.zeros(metric.size)
    for pair in np.unique(pairs, axis=0):
        same = (pairs == pair).all(axis=1)
        rank[same] = np.arange(same.sum())
    dot, edge = (_DOT_PT, 0.3) if metric.size <= _MANY else (0.6 * _DOT_PT, 0)
    finite = np.isfinite(metric)
    rows = np.flatnonzero(finite)[::-1]
    style = {"s": dot**2, "linewidths": edge, "edgecolors": "white", "clip_on": False}
    dots = axes.scatter(*pairs[rows].T, c=colours.to_rgba(metric[rows]), **style)
    lost = np.flatnonzero(~finite)
    cross = {"s": dot**2, "linewidths": look.line_pt(0.9), "marker": "x", "clip_on": False, "zorder": 0.9}
    crosses = axes.scatter(*pairs[lost].T, c=look.muted, **cross)
    ringed = {"s": (1.7 * _DOT_PT) ** 2, "linewidths": look.line_pt(0.9), "clip_on": False, "zorder": 3}
    ring = axes.scatter(*pairs[:1].T, facecolors="none", edgecolors=look.ink, **ringed)

    def arrange() -> None:
        inch = axes.bbox.size / axes.get_figure(root=True).dpi / (1 + 2 * ROOM)
        step = min(0.85 * dot, _WIDEST_PT / np.sqrt(max(rank.max(), 1)))
        reach, turn = step / 72 * np.sqrt(rank), rank * _GOLDEN_ANGLE
        placed = pairs + np.column_stack([reach * np.cos(turn), reach * np.sin(turn)]) / inch
        for artist, shown in ((dots, rows), (crosses, lost), (ring, [0])):
            artist.set_offsets(placed[shown])

    before_draw(axes, arrange)


def corner_bar(
    host: Any, size_in: tuple[float, float], colours: Any, label: str, text: str, look: Inks
) -> None:
    """Note and colour bar in the empty corner of a matrix of panels.

    Parameters
    ----------
    host : Axes
        In the corner; it shows nothing of its own.
    size_in : tuple of float
        Width and height of the host.
    colours : ScalarMappable
    label, text : str
        Of the bar; the note, whose lines are broken between words where they are wider than the host.
    """
    host.set_axis_off()
    small, (width_in, height_in) = look.venue.small_pt, size_in
    room_in = (1 - _CORNER_INSET) * width_in
    lines = [part for line in text.split("\n") for part in wrapped(host.figure, line, room_in, small)]
    style = {"fontsize": small, "color": look.ink, "va": "top", "linespacing": 1.15, "parse_math": False}
    host.text(_CORNER_INSET, 1, "\n".join(lines), in_layout=False, **style)
    below = (len(lines) + 1) * 1.2 * small / 72 / height_in
    bar_axes = host.inset_axes((_CORNER_INSET, 1 - below - 0.09, 1 - _CORNER_INSET, 0.09))
    bar = host.figure.colorbar(colours, cax=bar_axes, orientation="horizontal")
    bar.set_label(label, parse_math=False)
    bar.outline.set_linewidth(look.line_pt(0.5))
    bar.locator = MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10])
    bar.update_ticks()
