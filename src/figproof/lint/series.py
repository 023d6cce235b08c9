"""What a reader takes for series: the colours, dashes and markers of lines and points of a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from figproof.lint.backdrop import ratio
from figproof.lint.page import Ink, Page, Path, Rgb
from figproof.lint.rules_line import is_line

MOST_SERIES = 12
"""More colours than this are values on a colour map, not names."""

# A line of data is longer than this part of the page's shorter side; axes and ticks are no data.
_LEAST_LENGTH = 0.08
_MARKER_PT = (0.7, 14.0)
_FEWEST_MARKERS = 3
_PAPER_CONTRAST = 1.12
_GREY, _CHROMATIC = 0.08, 0.4
_FEWEST_GRID_LINES, _GRID_CONTRAST = 3, 3.0
_FEWEST_GREY_POINTS = 5
_MOST_SHAPES = 6
_WIDER = 1.8

Shape = tuple[int, bool, tuple[int, ...]]


@dataclass
class Series:
    """Everything of one colour.

    Attributes
    ----------
    rgb : (float, float, float)
        As seen on white, alpha blended.
    dashes : set of tuple of int
        Dash patterns in half line widths; ``()`` is solid.
    shapes : set
        Shapes of its markers.
    width_pt : float
        Of its thickest line, 0 without a line.
    points : int
        Of its lines and markers.
    place : (float, float), order : int
        A point of it, and when it was painted.
    """

    rgb: Rgb
    dashes: set[tuple[int, ...]] = field(default_factory=set)
    shapes: set[Shape] = field(default_factory=set)
    width_pt: float = 0.0
    points: int = 0
    place: tuple[float, float] = (0.0, 0.0)
    order: int = 0

    def differs(self, other: Series) -> bool:
        """Whether more than colour tells them apart: dash, marker, width, or line against points."""
        if bool(self.dashes) != bool(other.dashes) or bool(self.shapes) != bool(other.shapes):
            return True
        if self.dashes and not self.dashes & other.dashes:
            return True
        if self.shapes and not self.shapes & other.shapes:
            return True
        thin, thick = sorted((self.width_pt, other.width_pt))
        return bool(thin) and thick >= _WIDER * thin


def hexadecimal(rgb: Rgb) -> str:
    """``#rrggbb``"""
    return "#" + "".join(f"{round(255 * min(max(channel, 0), 1)):02x}" for channel in rgb)


def series_of(page: Page) -> list[Series]:
    """Series of a page, at most :data:`MOST_SERIES`; none where colour stands for values."""
    least = _LEAST_LENGTH * min(page.width_pt, page.height_pt)
    lines = _without_grids([path for path in page.paths if _is_data_line(path, least)])
    found: dict[tuple[int, ...], list[tuple[float, Path, Shape | None]]] = {}
    for path in lines:
        assert path.stroke is not None
        _remember(found, path.stroke.rgb, path.stroke.alpha, path, None)
    for path, shape in _markers(page.paths):
        ink = _marker_ink(path)
        if ink is not None:
            _remember(found, ink[0], ink[1], path, shape)
    series = [_series(entries) for _, entries in sorted(found.items())]
    kept = [one for one in series if one is not None and _is_named(one)]
    return kept if len(kept) <= MOST_SERIES else []


def _without_grids(lines: list[Path]) -> list[Path]:
    """Lines, without pale grey ones of which several are alike: grids of polar plots, of plots in 3D."""
    counted = Counter(_style(path) for path in lines)
    return [path for path in lines if counted[_style(path)] < _FEWEST_GRID_LINES or not _is_pale_grey(path)]


def _style(path: Path) -> tuple[Ink | None, float, tuple[float, ...]]:
    return path.stroke, round(path.width_pt, 2), path.dash


def _is_pale_grey(path: Path) -> bool:
    rgb = path.stroke.on() if path.stroke is not None else None
    if rgb is None or max(rgb) - min(rgb) >= _GREY:
        return False
    return ratio(rgb) < _GRID_CONTRAST


def is_data_line(path: Path, page: Page) -> bool:
    """Whether a path is a line of data of its page."""
    return _is_data_line(path, _LEAST_LENGTH * min(page.width_pt, page.height_pt))


def _is_data_line(path: Path, least: float) -> bool:
    if not is_line(path) or path.stroke is None or path.stroke.rgb is None:
        return False
    left, bottom, right, top = path.box
    if max(right - left, top - bottom) < least or path.closed:
        return False
    return any(not _is_rule(part) for part in path.parts)


def _is_rule(part: npt.NDArray[np.float64]) -> bool:
    """Whether it is a straight upright line or a frame: an axis, a grid line, an edge."""
    if len(part) > 5:
        return False
    steps = np.abs(np.diff(part, axis=0))
    return bool((steps.min(axis=1) < 0.05).all())


def _markers(paths: Iterable[Path]) -> list[tuple[Path, Shape]]:
    """Small closed shapes that come at least three times in one colour, or in very many colours."""
    small: list[tuple[Path, Shape]] = []
    for path in paths:
        box = path.box
        side = max(box[2] - box[0], box[3] - box[1])
        if _MARKER_PT[0] <= side <= _MARKER_PT[1] and path.closed and len(path.parts) == 1:
            small.append((path, _shape(path)))
    counted = Counter((_marker_ink(path), shape) for path, shape in small)
    inks = Counter(shape for _, shape in counted)
    # More colours of one shape than a paper has names for: they stand for values.
    return [
        (path, shape)
        for path, shape in small
        if counted[_marker_ink(path), shape] >= (_FEWEST_MARKERS if inks[shape] <= MOST_SERIES else 1)
    ]


def _marker_ink(path: Path) -> tuple[Rgb, float] | None:
    for ink in (path.fill, path.stroke):
        seen = ink.on() if ink is not None else None
        if ink is not None and ink.rgb is not None and seen is not None and _stands_out(seen):
            return ink.rgb, ink.alpha
    return None


def _shape(path: Path) -> Shape:
    """Points and outline of a marker, whatever its size: tenths of its longer side."""
    points = path.parts[0]
    low = points.min(axis=0)
    side = float(np.ptp(points, axis=0).max()) or 1.0
    tenths = np.rint(10 * (points - low) / side).astype(int)
    corners = sorted({tuple(point) for point in tenths.tolist()})
    return len(corners), path.curved, tuple(value for corner in corners for value in corner)


def _remember(
    found: dict[tuple[int, ...], list[tuple[float, Path, Shape | None]]],
    rgb: Rgb | None,
    alpha: float,
    path: Path,
    shape: Shape | None,
) -> None:
    if rgb is not None:
        key = tuple(round(100 * channel) for channel in rgb)
        found.setdefault(key, []).append((alpha, path, shape))


def _series(entries: list[tuple[float, Path, Shape | None]]) -> Series | None:
    """One colour's lines and markers; what is paler than another thing of its colour stands behind it."""
    strongest = max(alpha for alpha, _, _ in entries)
    firm = [(path, shape) for alpha, path, shape in entries if alpha > strongest - 0.05]
    path, shape = firm[0]
    ink = path.stroke if shape is None else None
    rgb = ink.on() if ink is not None else None
    if shape is not None:
        marker = _marker_ink(path)
        rgb = None if marker is None else _blended(*marker)
    if rgb is None:
        return None
    series = Series(rgb, order=path.order, place=tuple(path.parts[0][len(path.parts[0]) // 2].tolist()))
    for path, shape in firm:
        series.points += 1 if shape is not None else path.points
        if shape is not None:
            series.shapes.add(shape)
        else:
            series.dashes.add(tuple(round(2 * length / max(path.width_pt, 0.1)) for length in path.dash))
            series.width_pt = max(series.width_pt, path.width_pt)
    return series


def _blended(rgb: Rgb, alpha: float) -> Rgb:
    red, green, blue = (1 - alpha + alpha * channel for channel in rgb)
    return red, green, blue


def _is_named(series: Series) -> bool:
    """Whether it can be a series: not paper-white, and if grey then with points as data have."""
    if not _stands_out(series.rgb):
        return False
    if max(series.rgb) - min(series.rgb) < _GREY:
        return series.points >= _FEWEST_GREY_POINTS and len(series.shapes) <= _MOST_SHAPES
    return True


def _stands_out(rgb: Rgb) -> bool:
    # Yellow is as light as paper, and drawn to be seen.
    return max(rgb) - min(rgb) > _CHROMATIC or ratio(rgb) > _PAPER_CONTRAST
