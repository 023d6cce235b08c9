"""Rules on how a plot is laid out, read from a page without knowing what drew it.

What lines and numbers mean is a guess, so a rule speaks only where the guess is safe: the measured
precision is in docs/lint.md. For figures of a project the artists themselves are asked as well.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from figproof.lint.finding import Finding, broken, quoted, some
from figproof.lint.layout import Ticks, frames_of, is_inside, number_in, ticks_of
from figproof.lint.limits import Limits
from figproof.lint.page import Box, Page, Path, Run
from figproof.lint.series import is_data_line

_LETTER = re.compile(r"[^\W\d_]")
_LETTERED = re.compile(r"\(?[A-Za-z0-9]\)?")
_NOTE = re.compile(r"[nN]\s?=\s?\d")
_HOUSE = "figproof: a reader must know what the numbers are"
_SPAN, _GRID_PT, _FEWEST_LINES = 0.96, 1.5, 3
_MIDDLE, _FEWEST_OF_MATRIX = 0.1, 4
_ENTRY, _LIKE_ENTRIES = 2.5, 1.2
_LEGEND = (0.004, 0.45)
_MOST_TITLES, _MOST_BOXES, _MOST_DATA_LINES, _MOST_TEXTS = 50, 100, 300, 1000
_LARGER, _STRIKING, _ALONG = 1.05, 1.3, 0.4
_CENTRED, _NEARLY_CENTRED, _PAGE_CENTRED = 0.06, 0.12, 0.02


def axis_labels(page: Page, limits: Limits) -> Iterator[Finding]:
    """Numbers below and at the left of the plots, with no word that says what they are."""
    words = [run for run in page.runs if _LETTER.search(run.text) and number_in(run.text) is None]
    outlined = not words
    ticks = ticks_of(page)
    frames = frames_of(page)
    rows = [one for one in ticks if one.side == "x" and any(_is_along(one, frame) for frame in frames)]
    columns = [one for one in ticks if one.side == "y" and any(_is_along(one, frame) for frame in frames)]
    missing = []
    if _named_inside(frames, words):
        return
    if rows and not outlined and not _row_is_named(rows[0], words):
        missing.append("x")
    if columns and not outlined and not _column_is_named(columns[0], words):
        missing.append("y")
    if outlined and rows and columns:
        missing = ["x", "y"]
    if missing:
        yield Finding(
            "axis-label",
            "warning",
            f"no text names the numbers of the {' and the '.join(missing)} axis",
            "a label with its unit",
            _HOUSE,
            "label the axis",
        )


def _named_inside(frames: list[Box], words: list[Run]) -> bool:
    """Whether plots hold nothing but a name at their middle: the diagonal of a matrix of scatter plots."""
    named = 0
    for left, bottom, right, top in frames:
        middles = [((run.box[0] + run.box[2]) / 2, (run.box[1] + run.box[3]) / 2) for run in words]
        wide, high = _MIDDLE * (right - left), _MIDDLE * (top - bottom)
        x, y = (left + right) / 2, (bottom + top) / 2
        named += any(abs(at[0] - x) < wide and abs(at[1] - y) < high for at in middles)
    return len(frames) >= _FEWEST_OF_MATRIX and named * named == len(frames)


def _is_along(ticks: Ticks, frame: Box) -> bool:
    """Whether numbers stand at the lower or left edge of a plot and spread along most of it."""
    low = 0 if ticks.side == "x" else 1
    across = 1 - low
    near = -2 * ticks.size_pt < frame[across] - ticks.box[2 + across] < 3 * ticks.size_pt
    spread = ticks.places[-1] - ticks.places[0]
    inside = (
        frame[low] - ticks.size_pt < ticks.places[0] and ticks.places[-1] < frame[2 + low] + ticks.size_pt
    )
    return near and inside and spread > _ALONG * (frame[2 + low] - frame[low])


def _row_is_named(row: Ticks, words: list[Run]) -> bool:
    """Whether a word stands below the lowest row of numbers, or beside its end."""
    reach = 4 * row.size_pt
    for run in words:
        left, bottom, right, top = run.box
        middle = (bottom + top) / 2
        if abs(run.angle) < 45 and middle < row.box[1] and right > row.box[0] - reach:
            return True
        if abs(middle - (row.box[1] + row.box[3]) / 2) < row.size_pt and left > row.box[2] - row.size_pt:
            return True
    return False


def _column_is_named(column: Ticks, words: list[Run]) -> bool:
    """Whether a word stands at the left of the leftmost column of numbers, or right above it."""
    for run in words:
        left, bottom, right, top = run.box
        if (left + right) / 2 < column.box[0] + 1 and top > column.box[1] - 4 * column.size_pt:
            return True
        above = 0 <= bottom - column.box[3] < 4 * column.size_pt
        if above and left < column.box[2] + column.size_pt and not _LETTERED.fullmatch(run.text):
            return True
    return False


def titles(page: Page, limits: Limits) -> Iterator[Finding]:
    """A title over the only plot of a page, or one over all of several."""
    if limits.no_title is None:
        return
    frames = frames_of(page)
    ticks = [one.size_pt for one in ticks_of(page)]
    if not frames or not ticks:
        return
    left, right = min(f[0] for f in frames), max(f[2] for f in frames)
    top = max(frame[3] for frame in frames)
    found = []
    largest_pt = max(run.size_pt for run in page.runs)
    above = [run for run in page.runs if run.box[1] > top - 1]
    level = [run for run in above if abs(run.angle) <= 1 and _LETTER.search(run.text)]
    for run in level[:_MOST_TITLES]:
        if _NOTE.match(run.text) or any(_is_above(run, other, page) for other in above):
            continue
        middle = (run.box[0] + run.box[2]) / 2
        centred = abs(middle - (left + right) / 2) < _CENTRED * (right - left)
        centred = centred or abs(middle - page.width_pt / 2) < _PAGE_CENTRED * page.width_pt
        flush = abs(run.box[0] - left) < 2 and len(frames) == 1
        larger = run.size_pt > _LARGER * float(np.median(ticks))
        striking = run.size_pt >= largest_pt and run.size_pt > _STRIKING * float(np.median(ticks))
        alone = not _has_key(run, page) and not _LETTERED.fullmatch(run.text)
        # Over several plots, words side by side are the plots' own names.
        beside = [other for other in above if other is not run and abs(other.box[1] - run.box[1]) < 2]
        alone = alone and not (len(frames) > 1 and any(_LETTER.search(other.text) for other in beside))
        near = abs(middle - (left + right) / 2) < _NEARLY_CENTRED * (right - left)
        sole = near and len(above) == 1
        if ((centred or flush) and larger and alone) or ((striking or sole) and alone):
            found.append(quoted(run.text))
    if found:
        yield broken("title-inside", limits.no_title, some(found), "no title", "put it into the caption")


def _is_above(run: Run, other: Run, page: Page) -> bool:
    """Whether a text stands over the numbers of an axis, or over the entries of a legend as its title."""
    reach = _ENTRY * run.size_pt
    beside = other.box[0] < run.box[2] + reach and run.box[0] - reach < other.box[2]
    if other is run or not -1 < run.box[1] - other.box[3] < reach or not beside:
        return False
    alike = run.size_pt < _LIKE_ENTRIES * other.size_pt
    return number_in(other.text) is not None or (alike and _has_key(other, page))


def _has_key(run: Run, page: Page) -> bool:
    """Whether a line sample or marker stands at the left of a text, as in a legend."""
    middle = (run.box[1] + run.box[3]) / 2
    size = run.box[3] - run.box[1]
    for path in page.paths:
        left, bottom, right, top = path.box
        level = abs((bottom + top) / 2 - middle) < size and top - bottom < 3 * size
        if level and right - left < 60 and 0 <= run.box[0] - right < 3 * size:
            return True
    return False


def grids(page: Page, limits: Limits) -> Iterator[Finding]:
    """Three lines of one style or more from edge to edge of a plot, where its ticks are."""
    if limits.no_grid is None:
        return
    ticks = ticks_of(page)
    for frame in frames_of(page):
        for side in ("x", "y"):
            places = _crossing_lines(page, frame, side)
            named = [place for one in ticks if one.side == side for place in one.places]
            for group in places.values():
                inner = sorted({round(place, 1) for place in group})
                if len(inner) < _FEWEST_LINES:
                    continue
                at_ticks = [p for p in inner if any(abs(p - tick) < _GRID_PT for tick in named)]
                if len(at_ticks) >= _FEWEST_LINES and 2 * len(at_ticks) >= len(inner):
                    yield broken(
                        "grid-lines",
                        limits.no_grid,
                        f"{len(inner)} lines across a plot",
                        "no grid",
                        "switch the grid off (Matplotlib: axes.grid False; ggplot2: panel.grid blank)",
                    )
                    return


def _crossing_lines(page: Page, frame: Box, side: str) -> dict[tuple[object, ...], list[float]]:
    """Places of straight lines across a frame, by their style."""
    along, across = (1, 0) if side == "x" else (0, 1)
    found: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for path in page.paths:
        if path.stroke is None or path.curved:
            continue
        for part in path.parts if len(path.parts) < 200 else ():
            if len(part) != 2:
                continue
            low, high = part.min(axis=0), part.max(axis=0)
            spans = high[along] - low[along] > _SPAN * (frame[2 + along] - frame[along])
            place = float(low[across])
            inside = frame[across] + 1 < place < frame[2 + across] - 1
            if spans and inside and high[across] - low[across] < 0.1:
                found[path.stroke.rgb, path.stroke.alpha, round(path.width_pt, 2), path.dash].append(place)
    return found


def legends(page: Page, limits: Limits) -> Iterator[Finding]:
    """Boxes with text that were painted over lines of data."""
    area = page.width_pt * page.height_pt
    lines = [path for path in page.paths if is_data_line(path, page)][:_MOST_DATA_LINES]
    runs = page.runs[:_MOST_TEXTS]
    covered = []
    # Of more boxes than a page has legends: cells, which are no legends.
    for box in itertools.islice(_boxes(page, area), _MOST_BOXES):
        texts = [run.text for run in runs if run.order > box.order and is_inside(run.box, box.box, 0.5)]
        if not any(_LETTER.search(text) for text in texts):
            continue
        if any(line.order < box.order and _crosses(line, box.box) for line in lines):
            covered.append(some([quoted(text) for text in texts], 2))
    if covered:
        yield Finding(
            "legend-over-data",
            "warning",
            f"a box with {some(covered, 2)} lies on lines",
            "beside the data",
            "figproof: what lies under a legend is not seen",
            "put the legend above or beside the axes",
        )


def _boxes(page: Page, area: float) -> Iterator[Path]:
    frames = frames_of(page)
    for path in page.paths:
        left, bottom, right, top = path.box
        share = (right - left) * (top - bottom) / area
        filled = path.fill is not None and path.fill.alpha > 0.3
        inside = any(is_inside(path.box, frame, 0.5) and path.box != frame for frame in frames)
        if filled and path.closed and path.points <= 20 and _LEGEND[0] < share < _LEGEND[1] and inside:
            yield path


def _crosses(line: Path, box: Box) -> bool:
    """Whether a line runs through a box, a point away from its edges."""
    low, high = np.array(box[:2]) + 1, np.array(box[2:]) - 1
    for part in line.parts:
        # Ends and middles of short pieces: a long straight piece is cut into twenty.
        steps = np.linspace(0, 1, 20)[:, None, None]
        between = part[None, :-1] + steps * np.diff(part, axis=0)[None]
        if ((between > low) & (between < high)).all(axis=2).any():
            return True
    return False
