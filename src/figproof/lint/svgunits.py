"""Lengths, transformations, colours and outlines as SVG writes them."""

from __future__ import annotations

import contextlib
import math
import re

from fontTools.pens.recordingPen import RecordingPen
from fontTools.svgLib.path.parser import parse_path
from matplotlib.colors import to_rgb

from figproof.lint.page import IDENTITY, Matrix, Point, Rgb, times

PX = 0.75
"""Points in a CSS pixel, 1/96 inch."""

_UNITS = {
    "": 1.0,
    "px": 1.0,
    "pt": 4 / 3,
    "pc": 16.0,
    "in": 96.0,
    "cm": 96 / 2.54,
    "mm": 96 / 25.4,
    "q": 96 / 101.6,
}
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_MOST_OUTLINE = 5_000_000
# Of one value, and of a list of transformations; patterns take the square of a hostile value's length.
_LONGEST, _LONGEST_LIST = 200, 20_000

Contour = tuple[list[Point], bool, bool]
"""Points, whether it is closed, whether it is curved."""


def length(text: str, usual: float, *, em: float = 16.0, whole: float = 0.0) -> float:
    """A length in user units; ``em`` is the font size, ``whole`` what a percentage is of."""
    match = re.fullmatch(rf"\s*({_NUMBER})\s*([a-zA-Z%]*)\s*", (text or "")[:_LONGEST])
    if not match:
        return usual
    value, unit = float(match[1]), match[2].lower()
    if unit == "%":
        return value / 100 * whole
    if unit in ("em", "rem", "ex"):
        return value * em * (0.5 if unit == "ex" else 1.0)
    return value * _UNITS[unit] if unit in _UNITS and math.isfinite(value) else usual


def numbers(text: str) -> list[float]:
    """All finite numbers of a list."""
    return [value for value in map(float, re.findall(_NUMBER, text or "")) if math.isfinite(value)]


def transform(text: str) -> Matrix:
    """The matrix of a ``transform`` attribute; what is not understood changes nothing."""
    matrix = IDENTITY
    for part in (text or "")[:_LONGEST_LIST].split(")"):
        name, _, inside = part.partition("(")
        one = _one_transform(name.strip(" ,\t\r\n"), numbers(inside))
        matrix = times(one, matrix)
    return matrix


def _one_transform(name: str, given: list[float]) -> Matrix:
    if name == "matrix" and len(given) == 6:
        return given[0], given[1], given[2], given[3], given[4], given[5]
    if name == "translate" and given:
        return 1.0, 0.0, 0.0, 1.0, given[0], given[1] if len(given) > 1 else 0.0
    if name == "scale" and given:
        return given[0], 0.0, 0.0, given[1] if len(given) > 1 else given[0], 0.0, 0.0
    if name == "rotate" and given:
        turn = math.radians(given[0])
        turned: Matrix = (math.cos(turn), math.sin(turn), -math.sin(turn), math.cos(turn), 0.0, 0.0)
        if len(given) < 3:
            return turned
        x, y = given[1], given[2]
        return times(times((1, 0, 0, 1, -x, -y), turned), (1, 0, 0, 1, x, y))
    if name in ("skewX", "skewY") and given:
        slant = math.tan(math.radians(given[0]))
        return (1.0, 0.0, slant, 1.0, 0.0, 0.0) if name == "skewX" else (1.0, slant, 0.0, 1.0, 0.0, 0.0)
    return IDENTITY


def colour(text: str, current: str = "black") -> tuple[Rgb | None, float]:
    """A paint as sRGB and its own alpha; None for a gradient or pattern, alpha 0 for ``none``."""
    text = text[:_LONGEST].strip()
    if text.lower() == "currentcolor":
        text = current[:_LONGEST].strip()
    lower = text.lower()
    if lower in ("none", "transparent", ""):
        return None, 0.0
    if lower.startswith("url"):
        return None, 1.0
    match = re.fullmatch(r"(rgb|hsl)a?\(([^)]*)\)", lower)
    if match:
        return _function(match[1], match[2])
    if re.fullmatch(r"#[0-9a-f]{4}|#[0-9a-f]{8}", lower):
        digits = lower[1:] if len(lower) == 9 else "".join(2 * digit for digit in lower[1:])
        return to_rgb("#" + digits[:6]), int(digits[6:], 16) / 255
    try:
        # Matplotlib knows the names of CSS, and a few more that no SVG has.
        return to_rgb(lower), 1.0
    except ValueError:
        return None, 1.0


def _function(name: str, inside: str) -> tuple[Rgb | None, float]:
    parts = re.findall(rf"({_NUMBER})\s*(%|deg)?", inside)
    values = [float(number) / (100 if unit == "%" else 1) for number, unit in parts]
    if len(values) < 3:
        return None, 1.0
    alpha = min(max(values[3], 0.0), 1.0) if len(values) > 3 else 1.0
    if name == "hsl":
        return _of_hsl(values[0], values[1], values[2]), alpha
    shares = [v if unit == "%" else v / 255 for v, (_, unit) in zip(values, parts, strict=True)]
    red, green, blue = (min(max(share, 0.0), 1.0) for share in shares[:3])
    return (red, green, blue), alpha


def _of_hsl(hue: float, saturation: float, light: float) -> Rgb:
    """CSS Color 4, 7.1."""
    reach = saturation * min(light, 1 - light)

    def channel(offset: float) -> float:
        place = (offset + hue / 30) % 12
        return light - reach * max(-1.0, min(place - 3, 9 - place, 1.0))

    return channel(0), channel(8), channel(4)


def outline(data: str) -> list[Contour]:
    """Contours of a ``d`` attribute, read by fontTools up to where it is wrong, as viewers do."""
    pen = RecordingPen()
    # Whatever a damaged path raises, what stands before it is drawn.
    with contextlib.suppress(Exception):
        parse_path(data[:_MOST_OUTLINE], pen)
    contours: list[Contour] = []
    for name, points in pen.value:
        if name == "moveTo":
            contours.append(([points[0]], False, False))
        elif name == "closePath" and contours:
            ends, _, curved = contours[-1]
            contours[-1] = ([*ends, ends[0]], True, curved)
        elif name in ("lineTo", "curveTo", "qCurveTo") and contours:
            ends, closed, curved = contours[-1]
            contours[-1] = (ends, closed, curved or name != "lineTo")
            ends.extend(point for point in points if point is not None)
    return contours
