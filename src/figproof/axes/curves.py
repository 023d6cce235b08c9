"""Lines over steps or time: split from a table, drawn with bands, marked where something happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.transforms import ScaledTranslation, blended_transform_factory

from figproof.axes.base import Inks
from figproof.axes.names import EndLabel, end_labels_fit, label_ends, legend_above, note
from figproof.model import Frame

DASHES = ("solid", (0, (4.0, 1.6)), (0, (1.0, 1.4)), (0, (5.0, 1.5, 1.0, 1.5)))
"""One for each metric of a figure whose colours are conditions."""

_MARKERS_A_LINE = 7
_EVENT_PT = 4.5
_EVENT_MARKERS = {"change": "v", "restart": "^"}
_EVENT_LABELS = {"change": "learning rate changes", "restart": "learning rate restarts"}


def split_lines(lines: Frame, condition: str, metric: str) -> list[Frame]:
    """The lines of one condition and metric, each a frame; none of an empty frame."""
    if not lines:
        return []
    here = (lines["condition"] == condition) & (lines["metric"] == metric)
    names = dict.fromkeys(lines["line"][here].tolist())
    return [{key: column[here & (lines["line"] == name)] for key, column in lines.items()} for name in names]


def curve(
    axes: Any, part: Frame, style: Mapping[str, Any], *, marker: str | None, place: tuple[int, int]
) -> None:
    """One line with its band, where it has one, and a few markers.

    Parameters
    ----------
    part : Frame
        Columns ``x``, ``value``, ``low``, ``high``.
    style : mapping
        Line properties; the band has their colour.
    marker : str or None
        None: no markers but for a line of one point.
    place : (int, int)
        Number of the line and of all lines: markers are shifted from line to line, so that those of
        lines that coincide do not.
    """
    if np.isfinite(part["low"]).any():
        axes.fill_between(part["x"], part["low"], part["high"], color=style["color"], alpha=0.2, linewidth=0)
    every = max(1, part["x"].size // _MARKERS_A_LINE)
    marks: dict[str, Any] = {"marker": marker, "markevery": (place[0] * every // place[1], every)}
    axes.plot(part["x"], part["value"], **{**style, **(marks if marker else {})})


def crosses(axes: Any, marks: Frame, look: Any) -> None:
    """A cross where a run stops being finite, at its last finite value or at the top."""
    low, high = axes.get_ylim()
    for condition, x, value in zip(marks["condition"], marks["x"], marks["value"], strict=True):
        at = high if np.isnan(value) else min(max(value, low), high)
        axes.plot(
            [x],
            [at],
            marker="x",
            markeredgewidth=look.line_pt(1.2),
            markersize=look.mark_pt(5),
            color=look.colour(condition),
            clip_on=False,
        )


def rings(axes: Any, best: Frame, look: Any) -> None:
    """A ring around a condition's best point."""
    for condition, x, value in zip(best["condition"], best["x"], best["value"], strict=True):
        ring = {"markerfacecolor": "white", "markeredgecolor": look.colour(condition)}
        ring["markeredgewidth"] = look.line_pt(1.1)
        axes.plot([x], [value], marker="o", markersize=look.mark_pt(5), linestyle="none", zorder=3, **ring)


def rate_marks(axes: Any, events: Frame, look: Any) -> tuple[list[Any], list[str]]:
    """A thin line at each event and, at its upper end, a triangle in its condition's colour.

    Returns
    -------
    handles, labels : list
        For the legend: only the kinds of events that occur.
    """
    thin = {"color": look.muted, "linewidth": look.line_pt(0.5), "linestyle": (0, (1, 2)), "zorder": 0.8}
    for x in np.unique(events["x"]):
        axes.axvline(x, **thin)
    at_axis = blended_transform_factory(axes.transData, axes.transAxes)
    dpi_scale, size = axes.get_figure(root=True).dpi_scale_trans, look.mark_pt(_EVENT_PT)
    for x in np.unique(events["x"]):
        here = np.flatnonzero(events["x"] == x)
        for place, row in enumerate(here):
            # Side by side where conditions change at the same time.
            across = (place - (here.size - 1) / 2) * 1.5 * size / 72
            shift = ScaledTranslation(across, -0.6 * size / 72, dpi_scale)
            style = _event_style(str(events["kind"][row]), look.colour(events["condition"][row]), look)
            axes.plot([x], [1], transform=at_axis + shift, zorder=3, **style)
    kinds = [kind for kind in _EVENT_MARKERS if kind in events["kind"]]
    handles = [Line2D([], [], **_event_style(kind, look.muted, look)) for kind in kinds]
    return handles, [_EVENT_LABELS[kind] for kind in kinds]


def _event_style(kind: str, colour: str, look: Any) -> dict[str, Any]:
    filled = {"markerfacecolor": "white", "markeredgecolor": colour, "markeredgewidth": look.line_pt(0.9)}
    return {
        "marker": _EVENT_MARKERS[kind],
        "markersize": look.mark_pt(_EVENT_PT),
        "linestyle": "none",
        **filled,
    }


def metric_handles(roles: Sequence[str], colour: str) -> tuple[list[Any], list[str]]:
    """Legend entries that say which dash is which metric."""
    handles = [Line2D([], [], color=colour, linestyle=dash) for _, dash in zip(roles, DASHES, strict=False)]
    return handles, list(roles)


def condition_handles(conditions: Sequence[str], look: Any, *, solid: bool) -> tuple[list[Any], list[str]]:
    """Legend entries that say which colour and marker is which condition."""
    handles = [
        Line2D(
            [],
            [],
            color=look.colour(name),
            linestyle="solid" if solid else look.dash(name),
            marker=look.marker(name),
        )
        for name in conditions
    ]
    return handles, [look.label(name) for name in conditions]


def name_ends(fig: Any, axes: Any, ends: Sequence[EndLabel], look: Inks) -> bool:
    """Name several lines at their ends if there is room; whether it was done."""
    beside = len(ends) > 1 and end_labels_fit(fig, [end.text for end in ends], look)
    if beside:
        label_ends(axes, ends, look)
    return beside


def text_above(
    fig: Any, axes: Any, handles: Sequence[Any], labels: Sequence[str], look: Inks, text: str
) -> None:
    """The note above the axes, with a legend under it where there is something to explain."""
    if handles:
        legend_above(fig, axes, handles, labels, look, title=text)
    else:
        note(axes, text, look)
