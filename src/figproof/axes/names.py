"""Names of lines and notes: at the lines' ends where they fit, or above the axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.text import Text

from figproof.axes.base import Inks, before_draw, size_in, text_width_in
from figproof.model import FloatArray

_LINE_SPACING = 1.2
_NOTE_SPACING = 1.15
_LEADER_PT = 6.0
_HANDLE_EM, _HANDLE_PAD_EM, _COLUMN_EM = 2.2, 0.5, 1.2
# What ticks, labels and a colour bar or names at the lines' ends take of a figure's width.
_BESIDE_AXES_IN = 1.15


def spread(targets: Sequence[float], gap: float, low: float, high: float) -> FloatArray:
    """Positions nearest to the targets, in their order, at least ``gap`` apart and inside [low, high].

    Least squares under an order constraint, by pooling adjacent violators. Where not everything
    fits, the positions are evenly spread and closer than ``gap``.
    """
    order = np.argsort(np.asarray(targets, dtype=np.float64), kind="stable")
    count = len(order)
    if count == 0:
        return np.zeros(0)
    gap = min(gap, (high - low) / max(count - 1, 1))
    offsets = gap * np.arange(count)
    pools: list[tuple[float, int]] = []
    for target in np.asarray(targets, dtype=np.float64)[order] - offsets:
        mean, size = float(target), 1
        while pools and pools[-1][0] > mean:
            before, before_size = pools.pop()
            mean = (mean * size + before * before_size) / (size + before_size)
            size += before_size
        pools.append((mean, size))
    flat = np.concatenate([np.full(size, mean) for mean, size in pools])
    placed = np.empty(count)
    placed[order] = np.clip(flat, low, high - offsets[-1]) + offsets
    return placed


@dataclass(frozen=True)
class EndLabel:
    """A label for the end of a line.

    Attributes
    ----------
    text : str
    y : float
        Data coordinate of the line's end.
    x : float
        Data coordinate of the line's end.
    colour : str
        Of the leader that joins line and text; the text itself is in ink, to stay readable.
    """

    text: str
    x: float
    y: float
    colour: str


def end_labels_fit(fig: Any, labels: Sequence[str], look: Inks, *, share: float = 0.3) -> bool:
    """Whether labels beside the axes take at most ``share`` of the width and have a line each."""
    width, height = size_in(fig)
    size = look.venue.small_pt
    widest = max((text_width_in(fig, text, size) for text in labels), default=0.0)
    return widest <= share * width and len(labels) * size * _LINE_SPACING / 72 <= 0.6 * height


def label_ends(axes: Any, labels: Sequence[EndLabel], look: Inks) -> None:
    """Write a label to the right of the axes for each line, without overlap, joined by a leader."""
    size = look.venue.small_pt
    texts, leaders = [], []
    for label in labels:
        texts.append(
            axes.annotate(
                label.text,
                (1, 0.5),
                xycoords="axes fraction",
                xytext=(_LEADER_PT + 2, 0),
                textcoords="offset points",
                fontsize=size,
                color=look.ink,
                va="center",
                ha="left",
                annotation_clip=False,
                parse_math=False,
            )
        )
        leader = Line2D([], [], color=label.colour, linewidth=look.line_pt(0.6), clip_on=False, zorder=1.5)
        leader.set_in_layout(False)
        leaders.append(axes.add_artist(leader))

    def arrange() -> None:
        scale = axes.get_figure(root=True).dpi / 72
        box = axes.bbox
        ends = axes.transData.transform([(label.x, label.y) for label in labels])
        heights = np.clip(ends[:, 1], box.y0, box.y1)
        half = size * scale / 2
        placed = spread(list(heights), size * _LINE_SPACING * scale, box.y0 + half, box.y1 - half)
        for text, leader, end, height, place in zip(texts, leaders, ends, heights, placed, strict=True):
            text.xy = (1, (place - box.y0) / box.height)
            points = [(end[0], height), (box.x1, height), (box.x1 + _LEADER_PT * scale, place)]
            # A line that ends early must not look as if it went on.
            leader.set_linestyle("solid" if end[0] > box.x1 - 0.05 * box.width else (0, (1, 3)))
            leader.set_data(*axes.transAxes.inverted().transform(points).T)
            leader.set_transform(axes.transAxes)

    if labels:
        before_draw(axes, arrange)


def _width_above_in(fig: Any, look: Inks) -> float:
    """Room above the axes: text wider than they are would make the layout shrink them."""
    width = size_in(fig)[0]
    return max(width - look.room_in(_BESIDE_AXES_IN), 0.5 * width)


def fit_lines(fig: Any, parts: Sequence[str], look: Inks, *, columns: float = 1) -> str:
    """Parts joined by commas, broken where small text would be wider than one of so many axes abreast."""
    size_pt, width_in = look.venue.small_pt, _width_above_in(fig, look) / columns
    lines: list[str] = []
    for part in parts:
        longer = f"{lines[-1]}, {part}" if lines else part
        if lines and text_width_in(fig, longer, size_pt) <= width_in:
            lines[-1] = longer
        else:
            lines.append(part)
    return ",\n".join(lines)


def note(axes: Any, text: str, look: Inks) -> Text:
    """Small text above the axes, at their left: what was averaged, n, what is missing."""
    return axes.annotate(  # type: ignore[no-any-return]
        text,
        (0, 1),
        xycoords="axes fraction",
        xytext=(0, 3),
        textcoords="offset points",
        fontsize=look.venue.small_pt,
        color=look.ink,
        va="bottom",
        ha="left",
        linespacing=_NOTE_SPACING,
        annotation_clip=False,
        parse_math=False,
    )


def _columns_that_fit(widths: Sequence[float], room: float) -> int:
    """The most columns, filled one after the other, that are together no wider than the room."""
    for columns in range(len(widths), 1, -1):
        # As Matplotlib fills them: the first columns take one more where the entries do not divide.
        parts = np.array_split(np.asarray(widths), columns)
        if sum(part.max() for part in parts) <= room:
            return columns
    return 1


def legend_above(
    fig: Any,
    axes: Any,
    handles: Sequence[Any],
    labels: Sequence[str],
    look: Inks,
    *,
    title: str = "",
) -> Any:
    """A frameless legend above the axes, with as many columns as the width holds.

    Parameters
    ----------
    fig : Figure or SubFigure
        What the columns must fit.
    title : str
        A note, written above the entries; see :func:`fit_lines`.
    """
    size = look.venue.small_pt
    handle_in = (_HANDLE_EM + _HANDLE_PAD_EM + _COLUMN_EM) * size / 72
    widths = [text_width_in(fig, text, size) + handle_in for text in labels]
    columns = _columns_that_fit(widths, _width_above_in(fig, look))
    legend = axes.legend(
        handles,
        list(labels),
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=columns,
        frameon=False,
        fontsize=size,
        handlelength=_HANDLE_EM,
        handletextpad=_HANDLE_PAD_EM,
        columnspacing=_COLUMN_EM,
        labelspacing=0.3,
        borderpad=0,
        borderaxespad=0.4,
        alignment="left",
        title=title or None,
        title_fontsize=size,
    )
    for text in (*legend.get_texts(), legend.get_title()):
        text.set_parse_math(False)
        text.set_color(look.ink)
    legend.get_title().set_linespacing(_NOTE_SPACING)
    return legend


def legend_below(fig: Any, handles: Sequence[Any], labels: Sequence[str], look: Inks) -> Any:
    """A frameless legend under everything, with as many columns as the width holds."""
    return _legend_outside(fig, handles, labels, look, "outside lower center")


def legend_over(fig: Any, handles: Sequence[Any], labels: Sequence[str], look: Inks) -> Any:
    """The same over everything, for figures whose shared x label stands below."""
    return _legend_outside(fig, handles, labels, look, "outside upper left")


def _legend_outside(fig: Any, handles: Sequence[Any], labels: Sequence[str], look: Inks, place: str) -> Any:
    size = look.venue.small_pt
    handle_in = (_HANDLE_EM + _HANDLE_PAD_EM + _COLUMN_EM) * size / 72
    widths = [text_width_in(fig, text, size) + handle_in for text in labels]
    legend = fig.legend(
        handles,
        list(labels),
        loc=place,
        ncols=_columns_that_fit(widths, size_in(fig)[0]),
        frameon=False,
        fontsize=size,
        handlelength=_HANDLE_EM,
        handletextpad=_HANDLE_PAD_EM,
        columnspacing=_COLUMN_EM,
        labelspacing=0.3,
        borderpad=0,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
        text.set_color(look.ink)
    return legend
