"""Where the plots of a page are and what their ticks are, found from lines and numbers alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from figproof.lint.page import Box, Page, Path, Run

_NUMBER = re.compile(r"[−–-]?(?:\d+(?:[.,]\d+)*|\.\d+)(?:[eE][−–+-]?\d+)?\s?[%kKMG]?")
# Parts of the page's size: the least of a plot; what takes more both ways is the page's own paper.
_LEAST, _MOST = 0.15, 0.9
_LONG = 0.2
_AXIS_GAP = 0.12
_CORNER_PT, _LINE_PT = 2.5, 1.5
_FEWEST_TICKS = 3
_MOST_LINES, _MOST_FRAMES = 1000, 64


@dataclass(frozen=True)
class Ticks:
    """The numbers along an axis.

    Attributes
    ----------
    side : {"x", "y"}
    box : Box
        Around all of them.
    places : tuple of float
        Centres along the axis, rising.
    size_pt : float
    """

    side: Literal["x", "y"]
    box: Box
    places: tuple[float, ...]
    size_pt: float


def number_in(text: str) -> float | None:
    """The number that a text is, None if it is none."""
    plain = text.strip()
    if not _NUMBER.fullmatch(plain):
        return None
    plain = re.sub(r"[−–]", "-", plain).rstrip("%kKMG ").replace(",", "")
    try:
        return float(plain)
    except ValueError:
        return None


def ticks_of(page: Page) -> list[Ticks]:
    """Rows and columns of at least three numbers that rise or fall, from below and from the left."""
    numbers = [(run, value) for run in page.runs if (value := number_in(run.text)) is not None]
    found = []
    level = [(run, value) for run, value in numbers if abs(run.angle) < 1]
    for group in _aligned(level, lambda run: run.box[1]):
        found += _ticks("x", group)
    for group in (*_aligned(level, lambda run: run.box[2]), *_aligned(level, lambda run: run.box[0])):
        found += _ticks("y", group)
    turned = [(run, value) for run, value in numbers if abs(abs(run.angle) - 90) < 1]
    for group in _aligned(turned, lambda run: (run.box[0] + run.box[2]) / 2):
        found += _ticks("y", group)
    return sorted(found, key=lambda ticks: (ticks.side, ticks.box[1 if ticks.side == "x" else 0]))


def _aligned(
    numbers: list[tuple[Run, float]], place: Callable[[Run], float]
) -> Iterator[list[tuple[Run, float]]]:
    """Numbers whose places are the same but for a point and a half."""
    group: list[tuple[Run, float]] = []
    for item in sorted(numbers, key=lambda item: place(item[0])):
        if group and place(item[0]) - place(group[0][0]) > _LINE_PT:
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def _ticks(side: Literal["x", "y"], group: list[tuple[Run, float]]) -> list[Ticks]:
    """The ticks of a row or column: numbers in order; it ends where they start again in another plot."""
    low, high = (0, 2) if side == "x" else (1, 3)
    ordered = sorted(group, key=lambda item: item[0].box[low])
    parts: list[list[tuple[Run, float]]] = [[]]
    for item in ordered:
        part = parts[-1]
        if len(part) >= 2 and np.sign(item[1] - part[-1][1]) != np.sign(part[-1][1] - part[-2][1]):
            parts.append([])
        parts[-1].append(item)
    found = []
    for part in parts:
        values = np.array([value for _, value in part])
        if len(part) >= _FEWEST_TICKS and (np.diff(values) != 0).all():
            boxes = np.array([run.box for run, _ in part])
            box = (*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())
            places = tuple(((boxes[:, low] + boxes[:, high]) / 2).tolist())
            found.append(Ticks(side, box, places, part[0][0].size_pt))
    return found


def frames_of(page: Page) -> list[Box]:
    """Boxes of the plots of a page: framed, on a panel, or between two axes; none inside another."""
    boxes = [path.box for path in page.paths if _is_rectangle(path)]
    boxes += _between_axes(page)
    kept: list[Box] = []
    for box in sorted(set(boxes), key=lambda box: (-(box[2] - box[0]) * (box[3] - box[1]), box)):
        if len(kept) >= _MOST_FRAMES:
            break
        wide, high = (box[2] - box[0]) / page.width_pt, (box[3] - box[1]) / page.height_pt
        if min(wide, high) < _LEAST or min(wide, high) > _MOST:
            continue
        if not any(is_inside(box, other, _CORNER_PT) for other in kept):
            kept.append(box)
    return kept


def _is_rectangle(path: Path) -> bool:
    if path.curved or len(path.parts) != 1 or not 4 <= path.points <= 6:
        return False
    steps = np.abs(np.diff(path.parts[0], axis=0))
    return bool((steps.min(axis=1) < 0.05).all())


def _between_axes(page: Page) -> list[Box]:
    """Boxes spanned by a long level and a long upright line that meet at a corner."""
    level, upright = [], []
    for path in page.paths[:_MOST_LINES]:
        left, bottom, right, top = path.box
        if path.stroke is None or path.points > 3:
            continue
        if top - bottom < 0.1 and right - left > _LONG * page.width_pt:
            level.append(path.box)
        elif right - left < 0.1 and top - bottom > _LONG * page.height_pt:
            upright.append(path.box)
    meeting = [
        (row[0], column[1], row[2], column[3])
        for row in level
        for column in upright
        if abs(row[0] - column[0]) < _CORNER_PT and abs(row[1] - column[1]) < _CORNER_PT
    ]
    return meeting or _spanned(level, upright) or _apart(page, level, upright)


def _apart(page: Page, level: list[Box], upright: list[Box]) -> list[Box]:
    """Boxes of two axes that stand away from the data and do not meet, as R draws them."""
    gap_x, gap_y = _AXIS_GAP * page.width_pt, _AXIS_GAP * page.height_pt
    return [
        (column[0], row[1], max(row[2], column[2]), max(row[3], column[3]))
        for row in level
        for column in upright
        if 0 <= row[0] - column[0] < gap_x and 0 <= column[1] - row[1] < gap_y
    ]


def _spanned(level: list[Box], upright: list[Box]) -> list[Box]:
    """Boxes of a grid without axes: lines of one length cross lines of another."""
    rows = {(round(row[0]), round(row[2])): row for row in level}
    columns = {(round(column[1]), round(column[3])): column for column in upright}
    return [
        (row[0], column[1], row[2], column[3])
        for row in rows.values()
        for column in columns.values()
        if row[0] - 1 < column[0] < row[2] + 1 and column[1] - 1 < row[1] < column[3] + 1
    ]


def is_inside(box: Box, other: Box, slack: float = 0.0) -> bool:
    """Whether a box lies in another one."""
    return (
        box[0] >= other[0] - slack
        and box[1] >= other[1] - slack
        and box[2] <= other[2] + slack
        and box[3] <= other[3] + slack
    )
