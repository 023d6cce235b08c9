"""What is on a page of vector graphics, whatever format it came from: texts, paths, images, fonts.

All lengths are in points of 1/72 inch as the reader of the page sees them, after every scaling; the
origin is the lower left corner of the page and y grows upwards.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

Matrix = tuple[float, float, float, float, float, float]
"""``(a, b, c, d, e, f)`` as PDF and SVG write it: x' = a x + c y + e, y' = b x + d y + f."""

Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""

Rgb = tuple[float, float, float]
Point = tuple[float, float]
Pixels = npt.NDArray[np.uint8]

IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
EVERYWHERE: Box = (-math.inf, -math.inf, math.inf, math.inf)

MOST_PATHS = 20_000


class Unreadable(Exception):
    """A file that cannot be linted, with the reason for people."""


TOO_MUCH = "paints more than is read; what is said here holds for the first part"
_CROWD = f"paints more than {MOST_PATHS} paths; of the others only the points are counted"

# Reach of a letter's ink from its baseline, in font sizes; near enough for every text font.
_X_HEIGHT, _ASCENT, _DESCENT = 0.5, 0.72, -0.21
_FLAT = frozenset("acemnorsuvwxz.,_-–−·:;αεικνοπρστυω")
_HANGING = frozenset("gjpqy,;()[]{}|Q/βγημρφχψζξ_")
_RAISED: dict[str, tuple[float, float]] = {
    "-": (0.2, 0.35),
    "–": (0.2, 0.35),
    "−": (0.2, 0.4),
    "·": (0.2, 0.4),
    ".": (0.0, 0.12),
    "_": (-0.15, -0.05),
}


@dataclass(frozen=True)
class Ink:
    """A colour as it is put on the page.

    Attributes
    ----------
    rgb : (float, float, float) or None
        sRGB, 0 to 1; None for a pattern, a gradient or a colour space that is not read.
    alpha : float
        Opacity, all groups around it included.
    """

    rgb: Rgb | None
    alpha: float = 1.0

    def on(self, paper: Rgb = (1.0, 1.0, 1.0)) -> Rgb | None:
        """The colour that is seen on an opaque paper."""
        if self.rgb is None:
            return None
        return tuple(self.alpha * c + (1 - self.alpha) * p for c, p in zip(self.rgb, paper, strict=True))  # type: ignore[return-value]


@dataclass(frozen=True)
class Run:
    """A run of glyphs in one line, one font and one size.

    Attributes
    ----------
    text : str
        Empty where the font does not tell its characters.
    size_pt : float
        Font size as seen; NaN for a Type 3 font whose own scale says nothing of it.
    corners : ndarray, shape (4, 2)
        Around the ink, from the lower left corner of the text itself.
    angle : float
        Of the baseline, degrees from -180 to 180.
    ink : Ink
    font : str
        Name as in the file, without a subset's prefix.
    order : int
        How many things were painted before it.
    """

    text: str
    size_pt: float
    corners: npt.NDArray[np.float64]
    angle: float
    ink: Ink
    font: str
    order: int

    @property
    def box(self) -> Box:
        """Upright box around the ink."""
        return box_of(self.corners)


@dataclass(frozen=True)
class Path:
    """A path as painted once.

    Attributes
    ----------
    parts : tuple of ndarray, each of shape (n, 2)
        Ends and control points of each of its parts.
    closed : bool
        Whether every part ends where it starts, or is closed by the file.
    curved : bool
        Whether it holds a curve.
    stroke, fill : Ink or None
    width_pt : float
        Line width as seen; 0 for the thinnest line that a device can draw.
    dash : tuple of float
        Lengths on and off in points as seen; empty for a solid line.
    clip : Box
        What of it can be seen at most.
    order : int
    """

    parts: tuple[npt.NDArray[np.float64], ...]
    closed: bool
    curved: bool
    stroke: Ink | None
    fill: Ink | None
    width_pt: float
    dash: tuple[float, ...]
    clip: Box
    order: int

    @functools.cached_property
    def points(self) -> int:
        """How many points it holds."""
        return sum(map(len, self.parts))

    @functools.cached_property
    def box(self) -> Box:
        """Around what can be seen of it, the line's width left out."""
        return meet(box_of(self.parts[0] if len(self.parts) == 1 else np.concatenate(self.parts)), self.clip)

    def moved(self, x: float, y: float, clip: Box, order: int) -> Path:
        """A copy of it elsewhere."""
        shift = np.array([x, y])
        return replace(self, parts=tuple(part + shift for part in self.parts), clip=clip, order=order)


@dataclass(frozen=True)
class Image:
    """A raster image as placed.

    Attributes
    ----------
    box : Box
        Around it, cut by what clips it.
    size_px : (int, int)
        Columns and rows.
    dpi : float
        The smaller of its two effective resolutions.
    bits : int
        1 for a bitmap of black and white or a stencil.
    load : callable () -> ndarray of uint8, shape (rows, columns, 3), or None
        Its pixels, None where they cannot be read; alpha is blended with white.
    has_alpha : bool
    order : int
    """

    box: Box
    size_px: tuple[int, int]
    dpi: float
    bits: int
    load: Callable[[], Pixels | None]
    has_alpha: bool
    order: int


@dataclass(frozen=True)
class Font:
    """A font of a file.

    Attributes
    ----------
    name : str
        Without a subset's prefix.
    kind : str
        ``"Type1"``, ``"TrueType"``, ``"Type3"``, ``"CIDFontType0"``, ``"CIDFontType2"``, ``"svg"``.
    embedded : bool
    """

    name: str
    kind: str
    embedded: bool


@dataclass
class Page:
    """One page, read.

    Attributes
    ----------
    width_pt, height_pt : float
    runs, paths, images : list
        In the order in which they were painted.
    fonts : list of Font
        Each once, sorted by name.
    ramps : list of ndarray, each of shape (n, 3)
        Colours along each gradient, sRGB from 0 to 1.
    shades : list of ndarray, each of shape (n, 3)
        Colours of each shaded mesh, in no order.
    translucent : list of str
        What transparency was used for, each once.
    description : str
        Alternative text that the file carries, ``""`` for none.
    notes : list of str
        What the reader of a report must know about how the file was read.
    points : int
        Of all paths as painted; of a crowd not every path is kept.
    """

    width_pt: float
    height_pt: float
    runs: list[Run] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    fonts: list[Font] = field(default_factory=list)
    ramps: list[npt.NDArray[np.float64]] = field(default_factory=list)
    shades: list[npt.NDArray[np.float64]] = field(default_factory=list)
    translucent: list[str] = field(default_factory=list)
    description: str = ""
    notes: list[str] = field(default_factory=list)
    points: int = 0


def codes_of(colours: Pixels) -> npt.NDArray[np.uint32]:
    """One number for each colour, shape (n, 3) -> (n,): sorting rows is a hundred times slower."""
    red, green, blue = (colours[:, channel].astype(np.uint32) for channel in range(3))
    return np.asarray(red * 65536 + green * 256 + blue, dtype=np.uint32)


def is_full(page: Page) -> bool:
    """Whether no more paths are kept."""
    return len(page.paths) >= MOST_PATHS


def keep(page: Page, path: Path) -> None:
    """Put a path on a page; of more than :data:`MOST_PATHS` only the points are counted."""
    page.points += path.points
    if not is_full(page):
        page.paths.append(path)
    elif _CROWD not in page.notes:
        page.notes.append(_CROWD)


def times(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that does ``first`` and after it ``then``."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + m,
    )


def apply(matrix: Matrix, points: Iterable[Point]) -> npt.NDArray[np.float64]:
    """Points, shape (n, 2), where the matrix puts them."""
    a, b, c, d, e, f = matrix
    return np.array([(a * x + c * y + e, b * x + d * y + f) for x, y in points], dtype=np.float64)


def scale_of(matrix: Matrix) -> float:
    """How much longer a length becomes, as the square root of how much larger an area becomes."""
    a, b, c, d, _, _ = matrix
    return math.sqrt(abs(a * d - b * c))


def upright_scale(matrix: Matrix) -> float:
    """How much higher a letter becomes, measured across its baseline; a slant does not count."""
    a, b, c, d, _, _ = matrix
    along = math.hypot(a, b)
    return abs(a * d - b * c) / along if along else math.hypot(c, d)


def box_of(points: npt.NDArray[np.float64]) -> Box:
    """The upright box around points, shape (n, 2)."""
    low, high = points.min(axis=0), points.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def meet(first: Box, second: Box) -> Box:
    """What two boxes share; empty (right < left or top < bottom) if they share nothing."""
    return (
        max(first[0], second[0]),
        max(first[1], second[1]),
        min(first[2], second[2]),
        min(first[3], second[3]),
    )


def is_empty(box: Box) -> bool:
    """Whether nothing lies in the box; a line has a box, of no width."""
    return box[2] < box[0] or box[3] < box[1]


def ink_reach(text: str) -> tuple[float, float]:
    """Lowest and highest ink of a text from its baseline, in font sizes.

    From what letters look like in every text font, as the outlines of a subset may be anything;
    a font's own ascent and descent hold accents and brackets that a tick label has not.
    """
    lows, highs = [], []
    for letter in text:
        if letter in _RAISED:
            low, high = _RAISED[letter]
        else:
            low = _DESCENT if letter in _HANGING else 0.0
            high = _X_HEIGHT if letter in _FLAT else _ASCENT
        if not letter.isspace():
            lows.append(low)
            highs.append(high)
    return (min(lows), max(highs)) if lows else (0.0, _ASCENT)
