"""Colour bars, and ticks of logarithmic and symlog axes that are readable at the venue's size."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.ticker import (
    FixedLocator,
    Formatter,
    FuncFormatter,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)

from figproof.axes.base import Inks, before_draw
from figproof.model import FloatArray

_PLAIN_DECADES = (-3, 3)


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
    bar.outline.set_linewidth(look.line_pt(0.5))
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
    between = np.linspace(low, high, 5)[1:-1]
    digits = 2
    while digits < 9 and np.unique([float(f"{value:.{digits}g}") for value in between]).size < between.size:
        digits += 1
    return np.array([float(f"{value:.{digits}g}") for value in between])


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
