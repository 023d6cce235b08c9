"""Small drawing helpers that every figure kind shares: labels, ticks, legends, colour bars, cells.

Nothing here computes a number of a figure; it decides only where things go, how large they are and
in which ink. What depends on the size of the axes is arranged when they are drawn, because only then
the layout is final.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.colors import LogNorm, to_rgb
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.ticker import (
    FixedLocator,
    Formatter,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)

from figproof.model import FloatArray

_LINE_SPACING = 1.2
_CELL_PADDING = 0.85
_PLAIN_DECADES = (-3, 3)
_LEADER_PT = 6.0
_HANDLE_EM, _HANDLE_PAD_EM, _COLUMN_EM = 2.2, 0.5, 1.2
_MANY_CELLS = 2500
# What ticks, labels and a colour bar or names at the lines' ends take of a figure's width.
_BESIDE_AXES_IN = 1.15
_NOTE_SPACING = 1.15
MISSING_HATCH = "/////"


class Inks(Protocol):
    """What these helpers need of a :class:`figproof.style.Look`."""

    venue: Any
    ink: str
    muted: str


def axis_label(name: str, unit: str) -> str:
    """``"loss (nat)"``, or the bare name where there is no unit."""
    return f"{name} ({unit})" if unit else name


def label_axis(axis: Any, name: str, unit: str = "") -> None:
    """Label an axis with name and unit, as plain text: names come from runs and may hold ``$``."""
    axis.set_label_text(axis_label(name, unit), parse_math=False)


def size_in(fig: Any) -> tuple[float, float]:
    """Width and height in inches of a Figure or SubFigure."""
    dpi = fig.get_figure(root=True).dpi
    return fig.bbox.width / dpi, fig.bbox.height / dpi


def text_width_in(fig: Any, text: str, size_pt: float) -> float:
    """Width in inches that a text will have in the figure's font."""
    probe = fig.text(0, 0, text, fontsize=size_pt, parse_math=False)
    width = probe.get_window_extent().width / fig.get_figure(root=True).dpi
    probe.remove()
    return float(width)


class _BeforeDraw(Artist):
    """Arranges other artists of its axes before they are drawn, when their size in pixels is known."""

    def __init__(self, arrange: Callable[[], None]) -> None:
        super().__init__()
        self._arrange = arrange
        self.set_zorder(-1e9)
        self.set_in_layout(False)

    def draw(self, renderer: Any) -> None:
        self._arrange()


def before_draw(axes: Any, arrange: Callable[[], None]) -> None:
    """Call ``arrange()`` each time the axes are drawn, before their other artists."""
    axes.add_artist(_BeforeDraw(arrange))


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
        leader = Line2D(
            [], [], color=label.colour, linewidth=max(look.venue.min_line_pt, 0.6), clip_on=False, zorder=1.5
        )
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


def _width_above_in(fig: Any) -> float:
    """Room above the axes: text wider than they are would make the layout shrink them."""
    width = size_in(fig)[0]
    return max(width - _BESIDE_AXES_IN, 0.5 * width)


def fit_lines(fig: Any, parts: Sequence[str], look: Inks, *, columns: int = 1) -> str:
    """Parts joined by commas, broken where small text would be wider than one of so many axes abreast."""
    size_pt, width_in = look.venue.small_pt, _width_above_in(fig) / columns
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
    columns = _columns_that_fit(widths, _width_above_in(fig))
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


def colour_bar(
    fig: Any, mappable: Any, axes: Any, label: str, look: Inks, *, horizontal: bool = False
) -> Any:
    """A slim colour bar beside (or under) the axes, with a label that carries the unit."""
    bar = fig.colorbar(
        mappable,
        ax=axes,
        orientation="horizontal" if horizontal else "vertical",
        pad=0.02,
        fraction=0.08,
        aspect=22,
    )
    bar.set_label(label, parse_math=False)
    bar.outline.set_linewidth(look.venue.min_line_pt)
    if isinstance(mappable.norm, LogNorm):
        log_ticks(bar.ax.xaxis if horizontal else bar.ax.yaxis, look)
    else:
        bar.locator = MaxNLocator(nbins=5)
        bar.update_ticks()
    return bar


def log_ticks(axis: Any, look: Inks) -> None:
    """Ticks of a logarithmic axis for its present limits: no offsets, as many labels as have room.

    Decades that are few and near 1 are written as decimals. Powers of ten are typeset only where the
    exponent (0.7 of the text) stays above the venue's minimum; elsewhere they read ``1e-5``.
    """
    low, high = sorted(axis.get_view_interval())
    axis.set_minor_formatter(NullFormatter())

    def arrange() -> None:
        ticks = log_tick_values(low, high, _most_ticks(axis, look))
        decades = bool(np.allclose(np.log10(ticks), np.round(np.log10(ticks))))
        minor = LogLocator(subs=tuple(range(2, 10)), numticks=20) if decades else NullLocator()
        axis.set_minor_locator(minor)
        _fix_ticks(axis, ticks, look)

    arrange()
    before_draw(axis.axes, arrange)


def symlog_ticks(axis: Any, threshold: float, look: Inks) -> None:
    """Ticks of a symlog axis: zero, the threshold and the decades beyond it, on both sides."""
    low, high = sorted(axis.get_view_interval())
    reach = max(abs(low), abs(high))
    decades = 10.0 ** np.arange(np.ceil(np.log10(threshold) + 1e-9), np.floor(np.log10(reach)) + 1)
    sizes = np.concatenate([[threshold], decades])
    sizes = sizes[:: -(-sizes.size // _most_ticks(axis, look))]
    ticks = np.concatenate([-sizes[::-1], [0.0], sizes])
    axis.set_minor_locator(NullLocator())
    _fix_ticks(axis, ticks[(ticks >= low) & (ticks <= high)], look)


def _most_ticks(axis: Any, look: Inks) -> int:
    """How many tick labels have room beside one another."""
    box = axis.axes.bbox
    pixels = box.height if axis.axis_name == "y" else box.width
    room_pt = pixels * 72 / axis.get_figure(root=True).dpi
    return int(np.clip(room_pt / (2 * look.venue.small_pt), 2, 6))


def _fix_ticks(axis: Any, ticks: FloatArray, look: Inks) -> None:
    axis.set_major_locator(FixedLocator(list(ticks)))
    axis.set_major_formatter(FuncFormatter(lambda value, _: log_tick_text(value, ticks, look)))


def log_tick_values(low: float, high: float, most: int) -> FloatArray:
    """Where the labelled ticks of a logarithmic axis from ``low`` to ``high`` stand."""
    exponents = np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for steps in ((1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 7.0)):
        ticks = np.array([step * 10.0**exponent for exponent in exponents for step in steps])
        # A hair of room: a limit of 1e-3 must keep its tick when its logarithm was rounded.
        inside = ticks[(ticks >= low * (1 - 1e-9)) & (ticks <= high * (1 + 1e-9))]
        if inside.size >= min(3, most):
            return inside[:: -(-inside.size // most)]
    return np.array([float(f"{value:.2g}") for value in np.linspace(low, high, 5)[1:-1]])


def log_tick_text(value: float, ticks: FloatArray, look: Inks) -> str:
    """The text of one tick among its fellows, all in one notation."""
    sizes = np.abs(ticks[ticks != 0])
    exponents = np.log10(sizes)
    if value == 0:
        return "0"
    if exponents.min() >= _PLAIN_DECADES[0] - 1e-9 and exponents.max() < _PLAIN_DECADES[1] + 1e-9:
        return Formatter.fix_minus(f"{value:g}")
    exponent = int(np.floor(np.log10(abs(value)) + 1e-9))
    factor = abs(value) / 10.0**exponent
    sign = "-" if value < 0 else ""
    if look.venue.small_pt * 0.7 < look.venue.min_text_pt:
        return Formatter.fix_minus(f"{sign}{factor:.2g}e{exponent}")
    if abs(factor - 1) < 1e-6:
        return f"${sign}10^{{{exponent}}}$"
    return f"${sign}{factor:.2g}{{\\times}}10^{{{exponent}}}$"


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
        White lines between the cells, for few and large ones. Without, cells touch and many of them
        are rasterised.
    x_edges : ndarray, shape (columns + 1,), optional
        Where cells begin and end, for columns that stand on a scale.
    """
    rows, columns = values.shape
    line = look.venue.min_line_pt
    mesh = axes.pcolormesh(
        np.arange(columns + 1) - 0.5 if x_edges is None else x_edges,
        np.arange(rows + 1) - 0.5,
        np.ma.masked_invalid(values),
        cmap=cmap,
        norm=norm,
        edgecolors="white" if gaps else "face",
        linewidth=max(line, 0.6) if gaps else line,
        rasterized=rows * columns > _MANY_CELLS,
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
