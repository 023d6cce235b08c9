"""Scales from 0 to 1 for pictures of a search: ticks of numbers and names, and labels that fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.ticker import Formatter, MaxNLocator

from figproof.axes.base import Inks, text_width_in
from figproof.axes.scales import log_tick_text, log_tick_values
from figproof.errors import FigproofError
from figproof.model import FloatArray
from figproof.numerics.settings import FEW, OnScale

ROOM = 0.1
"""Room beyond the extremes, for what stands side by side or around a place there."""

# Of the distance between as many evenly spread texts as have room.
_CLOSEST = 0.9
_FAN_STEP = 0.012


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
    numbers = _round_numbers(given, most) if scale.kind != "names" else np.zeros(0)
    for place, number in zip(scale.places(numbers, [""] * numbers.size), numbers, strict=True):
        if not ticks or place - ticks[-1].place >= _CLOSEST / most:
            ticks.append(
                UnitTick(float(place), _number_text(float(number), numbers, scale.kind, look), False)
            )
    return ticks


def _number_text(number: float, among: FloatArray, kind: str, look: Inks) -> str:
    if kind == "log":
        return log_tick_text(number, among, look)
    return Formatter.fix_minus(f"{number:.12g}")


def _round_numbers(given: OnScale, most: int) -> FloatArray:
    scale = given.scale
    distinct = np.unique(given.numbers[~np.isnan(given.numbers)])
    if distinct.size <= FEW:
        return np.asarray(distinct[:: -(-distinct.size // most)])
    if scale.kind == "log":
        return log_tick_values(scale.low, scale.high, most)
    ticks = MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]).tick_values(scale.low, scale.high)
    return np.asarray(ticks[(ticks >= scale.low) & (ticks <= scale.high)])


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


def check_width(fig: Any, text: str, size_pt: float, room_in: float) -> None:
    """Refuse a text that is wider than its room."""
    width = text_width_in(fig, text, size_pt)
    if width > room_in:
        raise FigproofError(
            f"{text!r} is {width:.2f} in wide, {room_in:.2f} in are there for it",
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
