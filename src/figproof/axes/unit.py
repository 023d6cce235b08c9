"""Axes from 0 to 1 that hold numbers and names side by side: ticks, upright axes, labels that fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.markers import TICKLEFT, TICKRIGHT
from matplotlib.ticker import Formatter, MaxNLocator

from figproof.axes.base import Inks, label_axis, size_in, text_width_in
from figproof.axes.points import halo
from figproof.axes.scales import log_tick_text, log_tick_values
from figproof.errors import FigproofError
from figproof.model import FloatArray
from figproof.numerics.settings import FEW, OnScale

ROOM = 0.1
"""Room beyond the extremes, for what stands side by side or around a place there."""

# Of the distance between as many evenly spread texts as have room.
_CLOSEST = 0.9
_FAN_STEP = 0.012
_MOST_NUMBERS = 7
_TICK_PT = 2.5
# Of the way to the next axis, and of the figure's smaller side, that a name may take.
_NAME_SHARE, _NAME_OF_FIGURE = 0.7, 0.3


@dataclass(frozen=True)
class UnitAxis:
    """One quantity, as it is drawn.

    Attributes
    ----------
    label : str
    given : OnScale
    place : ndarray, shape (n,)
        Of each value, from 0 to 1.
    """

    label: str
    given: OnScale
    place: FloatArray


@dataclass(frozen=True)
class UnitTick:
    """A tick between 0 and 1; a name comes from a run and must not be typeset."""

    place: float
    text: str
    is_name: bool


def unit_ticks(given: OnScale, most: int, look: Inks, *, numbers: int | None = None) -> list[UnitTick]:
    """Every name, and as many numbers as there is room for, from below.

    Few different numbers are ticked where they are; many at round numbers.

    Parameters
    ----------
    most : int
        Texts that have room between 0 and 1.
    numbers : int, optional
        Most numbers, if fewer than have room.

    Raises
    ------
    FigproofError
        There are more names than room.
    """
    scale = given.scale
    places = scale.places(np.full(len(scale.names), np.nan), scale.names)
    if len(places) > 1 and (places[1] - places[0]) * most < _CLOSEST:
        raise FigproofError(
            f"{len(places)} names ({scale.names[0]}, {scale.names[1]}, ...) have no line each on their axis",
            hint="leave the key out with params.keys, or make the figure larger",
        )
    ticks = [UnitTick(float(at), name, True) for at, name in zip(places, scale.names, strict=True)]
    chosen = _round_numbers(given, min(most, numbers or most)) if scale.kind != "names" else np.zeros(0)
    for place, number in zip(scale.places(chosen, [""] * chosen.size), chosen, strict=True):
        if not ticks or place - ticks[-1].place >= _CLOSEST / most:
            ticks.append(UnitTick(float(place), _number_text(float(number), chosen, scale.kind, look), False))
    return ticks


def _number_text(number: float, among: FloatArray, kind: str, look: Inks) -> str:
    if kind == "log":
        return log_tick_text(number, among, look)
    return Formatter.fix_minus(f"{number:.12g}")


def _round_numbers(given: OnScale, most: int) -> FloatArray:
    scale = given.scale
    distinct = np.unique(given.numbers[~np.isnan(given.numbers)])
    # Drawn numbers have as many digits as a double; chosen ones are short.
    if distinct.size == 1 or (distinct.size <= FEW and (distinct == _rounded(distinct)).all()):
        return np.asarray(_rounded(distinct)[:: -(-distinct.size // most)])
    if scale.kind == "log":
        return log_tick_values(scale.low, scale.high, min(most, _MOST_NUMBERS))
    locator = MaxNLocator(nbins=min(most, _MOST_NUMBERS), steps=[1, 2, 2.5, 5, 10])
    ticks: FloatArray = np.asarray(locator.tick_values(scale.low, scale.high))
    return ticks[(ticks >= scale.low) & (ticks <= scale.high)]


def _rounded(numbers: FloatArray) -> FloatArray:
    return np.array([float(f"{number:.4g}") for number in numbers])


def fanned(places: FloatArray) -> FloatArray:
    """Places from 0 to 1 in which those that share one of a few values stand side by side, first on top.

    A fan is at most 0.6 of the way to the next value, and reaches :data:`ROOM` beyond 0 and 1.
    """
    levels, which, counts = np.unique(places, return_inverse=True, return_counts=True)
    if levels.size > FEW or levels.size == places.size:
        return places
    gap = np.diff(levels).min() if levels.size > 1 else 1.0
    step = min(_FAN_STEP, min(0.6 * gap, 2 * ROOM) / counts.max())
    moved = places.copy()
    for level, count in enumerate(counts):
        moved[which == level] += step * ((count - 1) / 2 - np.arange(count))
    return moved


def lines_in(room_in: float, size_pt: float) -> int:
    """How many texts have a line each between 0 and 1 of an axis of that length, :data:`ROOM` included."""
    return max(1, int(room_in / (1 + 2 * ROOM) * 72 / (1.2 * size_pt)))


def upright_axis(
    fig: Any,
    axes: Any,
    column: UnitAxis,
    at: tuple[float, float],
    look: Inks,
    *,
    room_in: tuple[float, float],
) -> None:
    """A vertical line in the axes, with ticks, their texts beside it and its name under it.

    Parameters
    ----------
    at : (float, float)
        Where the line stands, and where the ticks: at its left if that is the same, else beyond.
    room_in : (float, float)
        Width and height that the axis has in inches.
    """
    line = look.line_pt(0.8)
    thin = {"color": look.ink, "linewidth": line, "clip_on": False, "zorder": 3}
    axes.plot([at[0], at[0]], [-ROOM, 1 + ROOM], **thin)
    small = look.venue.small_pt
    for tick in unit_ticks(column.given, lines_in(room_in[1], small), look):
        # A name stands apart from the numbers' scale, so at the line.
        right, edge = at[1] > at[0], at[0] if tick.is_name else at[1]
        way, side, mark = (1, "left", TICKRIGHT) if right else (-1, "right", TICKLEFT)
        axes.plot([edge], [tick.place], marker=mark, markersize=_TICK_PT, markeredgewidth=line, **thin)
        if tick.is_name:
            check_width(fig, tick.text, small, _NAME_SHARE * room_in[0])
        shift = (way * (_TICK_PT + 1.5), 0)
        _write(axes, tick.text, (edge, tick.place), shift, look, ha=side, math=not tick.is_name)
    name = label_lines(fig, column.label, 0.94 * room_in[0], look)
    _write(axes, name, (at[0], -ROOM), (0, -0.7 * look.venue.text_pt), look, size_pt=look.venue.text_pt)


def _write(
    axes: Any,
    text: str,
    place: tuple[float, float],
    shift_pt: tuple[float, float],
    look: Inks,
    *,
    ha: str = "center",
    size_pt: float | None = None,
    math: bool = False,
) -> None:
    """Under the place in the given size; beside it, in small and on lines."""
    axes.annotate(
        text,
        place,
        shift_pt,
        textcoords="offset points",
        ha=ha,
        va="top" if size_pt else "center_baseline",
        fontsize=size_pt or look.venue.small_pt,
        color=look.ink,
        parse_math=math,
        annotation_clip=False,
        path_effects=None if size_pt else halo(3.0),
        zorder=4,
    )


def tick_axis(
    fig: Any, axis: Any, column: UnitAxis, room_in: float, look: Inks, *, shown: bool = True
) -> None:
    """Ticks of an axis of that length; their texts and its name if they are shown.

    Texts under an axis stand upright where they have no room beside one another.
    """
    small = look.venue.small_pt
    most = lines_in(room_in, small)
    ticks, upright = unit_ticks(column.given, most, look), False
    for name in column.given.scale.names:
        check_width(fig, name, small, _NAME_OF_FIGURE * min(size_in(fig)))
    if axis.axis_name == "x":
        fewer = (unit_ticks(column.given, most, look, numbers=n) for n in range(most, 0, -1))
        fitting = next((found for found in fewer if _beside(fig, found, room_in, small)), None)
        ticks, upright = fitting or ticks, fitting is None
    axis.set_ticks([tick.place for tick in ticks])
    axis.set_tick_params(length=2)
    texts = [tick.text if shown else "" for tick in ticks]
    axis.set_ticklabels(texts, fontsize=small, rotation=90 if upright else 0)
    for label, tick in zip(axis.get_ticklabels(), ticks, strict=True):
        label.set_parse_math(not tick.is_name)
    if shown:
        label_axis(axis, label_lines(fig, column.label, 0.95 * room_in, look))
        axis.label.set_linespacing(1.0)


def _beside(fig: Any, ticks: list[UnitTick], room_in: float, size_pt: float) -> bool:
    """Whether tick texts stand beside one another with a gap."""
    places = room_in / (1 + 2 * ROOM) * np.array([tick.place for tick in ticks])
    widths = [text_width_in(fig, tick.text, size_pt, math=not tick.is_name) for tick in ticks]
    need = (np.array(widths[1:]) + widths[:-1]) / 2 + 0.5 * size_pt / 72
    return bool((np.diff(places) >= need).all())


def check_width(fig: Any, text: str, size_pt: float, room_in: float) -> None:
    """Refuse a text that is wider than its room."""
    width = text_width_in(fig, text, size_pt)
    if width > room_in:
        raise FigproofError(
            f"{text[:40]!r} is {width:.2f} in wide, {room_in:.2f} in are there for it",
            hint="give a name in params.labels, choose fewer or other params.keys, or a wider figure",
        )


def label_lines(fig: Any, label: str, room_in: float, look: Inks) -> str:
    """A label of the text's size in as few lines as the room allows; refuses a word that is wider."""
    size = look.venue.text_pt
    lines: list[str] = []
    for word in label.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width_in(fig, longer, size) <= room_in:
            lines[-1] = longer
        else:
            check_width(fig, word, size, room_in)
            lines.append(word)
    return "\n".join(lines)
