"""Text of an SVG: where each run stands and how large; widths are those of Helvetica's kind of letters."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from pypdf._codecs.core_font_metrics import CORE_FONT_METRICS

from figproof.lint.page import Ink, Matrix, Run, apply, ink_reach, times, upright_scale
from figproof.lint.svgtree import Element, Styles
from figproof.lint.svgunits import length, numbers, transform

_MONO, _SERIF = ("courier", "mono", "consolas"), ("serif", "times", "georgia", "roman", "computer modern")
_BASELINES = {"middle": 0.35, "central": 0.35, "hanging": 0.72, "text-before-edge": 0.9, "text-top": 0.9}
_SHIFTS = {"sub": -0.2, "super": 0.4}


@dataclass
class _Piece:
    """Letters of one style, after one another."""

    text: str
    style: dict[str, str]
    size: float
    x: float | None
    y: float | None
    dx: float
    dy: float
    shift: float
    matrix: Matrix


def text_runs(
    element: Element,
    style: dict[str, str],
    matrix: Matrix,
    styles: Styles,
    ink_of: Callable[[dict[str, str]], Ink | None],
    order: int,
) -> Iterator[Run]:
    """The runs of a ``text`` element, anchored as it says."""
    pieces: list[_Piece] = []
    _collect(element, style, matrix, styles, pieces, first=True)
    chunk: list[_Piece] = []
    cursor = (0.0, 0.0)
    for piece in [*pieces, None]:
        if chunk and (piece is None or piece.x is not None or piece.y is not None):
            cursor, runs = _placed(chunk, cursor, ink_of, order)
            yield from runs
            chunk = []
        if piece is not None:
            chunk.append(piece)


def _collect(
    element: Element,
    style: dict[str, str],
    matrix: Matrix,
    styles: Styles,
    pieces: list[_Piece],
    *,
    first: bool,
) -> None:
    size = length(style.get("font-size", ""), 16.0)
    places = {name: numbers(element.get(name)) for name in ("x", "y")}
    moves = {name: length(element.get(name).split(" ")[0], 0.0, em=size) for name in ("dx", "dy")}
    usual = 0.0 if first else None
    piece = _Piece(
        text=element.text,
        style=style,
        size=size,
        x=places["x"][0] if places["x"] else usual,
        y=places["y"][0] if places["y"] else usual,
        dx=moves["dx"],
        dy=moves["dy"],
        shift=_shift(style, size),
        matrix=matrix,
    )
    pieces.append(piece)
    for child in element.children:
        if child.tag in ("tspan", "a", "textPath"):
            below = styles.resolve(child, style)
            above = length(style.get("font-size", ""), 16.0)
            below["font-size"] = f"{length(below.get('font-size', ''), above, em=above, whole=above)}px"
            if below.get("display") != "none":
                inner = times(transform(child.get("transform")), matrix)
                _collect(child, below, inner, styles, pieces, first=False)
        if child.tail:
            pieces.append(_Piece(child.tail, style, size, None, None, 0.0, 0.0, 0.0, matrix))


def _shift(style: dict[str, str], size: float) -> float:
    """How far above its line a piece stands."""
    lifted = style.get("baseline-shift", "")
    if lifted in _SHIFTS:
        return _SHIFTS[lifted] * size
    baseline = style.get("dominant-baseline") or style.get("alignment-baseline", "")
    return length(lifted, 0.0, em=size, whole=size) - _BASELINES.get(baseline, 0.0) * size


def _placed(
    chunk: list[_Piece],
    cursor: tuple[float, float],
    ink_of: Callable[[dict[str, str]], Ink | None],
    order: int,
) -> tuple[tuple[float, float], list[Run]]:
    x = chunk[0].x if chunk[0].x is not None else cursor[0]
    y = chunk[0].y if chunk[0].y is not None else cursor[1]
    words = [_collapsed(piece.text, ends=number == 0) for number, piece in enumerate(chunk)]
    widths = [_width(text, piece) for text, piece in zip(words, chunk, strict=True)]
    anchor = {"middle": 0.5, "end": 1.0}.get(chunk[0].style.get("text-anchor", "start"), 0.0)
    x -= anchor * (sum(widths) + sum(piece.dx for piece in chunk[1:]))
    runs = []
    for piece, text, width in zip(chunk, words, widths, strict=True):
        x, y = x + piece.dx, y + piece.dy
        run = _run(piece, text, (x, y), width, ink_of(piece.style), order)
        if run is not None:
            runs.append(run)
        x += width
    return (x, y), runs


def _collapsed(text: str, *, ends: bool) -> str:
    plain = " ".join(text.split())
    before = " " if text[:1].isspace() and not ends and plain else ""
    return before + plain + (" " if text[-1:].isspace() and plain else "")


def _run(
    piece: _Piece, text: str, start: tuple[float, float], width: float, ink: Ink | None, order: int
) -> Run | None:
    shown = text.strip()
    if not shown or ink is None or not piece.size:
        return None
    lead = _width(text[: len(text) - len(text.lstrip())], piece)
    low, high = ink_reach(shown)
    left, right = start[0] + lead, start[0] + lead + _width(shown, piece)
    y = start[1] - piece.shift
    size = piece.size
    # y of user units goes down.
    corners = apply(
        piece.matrix,
        [(left, y - low * size), (right, y - low * size), (right, y - high * size), (left, y - high * size)],
    )
    if not np.isfinite(corners).all():
        return None
    along = corners[1] - corners[0]
    angle = math.degrees(math.atan2(along[1], along[0]))
    seen = size * upright_scale(piece.matrix)
    return Run(shown, seen, corners, angle, ink, _family(piece.style), order)


def _family(style: dict[str, str]) -> str:
    return style.get("font-family", "serif").split(",")[0].strip().strip("'\"") or "serif"


def _width(text: str, piece: _Piece) -> float:
    """Advance in user units, by the metrics of the standard font that is nearest."""
    family = style_family = piece.style.get("font-family", "serif").lower()
    first = style_family.split(",")[0]
    if any(word in first for word in _MONO):
        family = "Courier"
    elif any(word in first for word in _SERIF) and "sans" not in first:
        family = "Times-Roman"
    else:
        family = "Helvetica"
    widths = CORE_FONT_METRICS[family].character_widths
    usual = widths.get("n", 556.0)
    return sum(float(widths.get(letter, usual)) for letter in text) / 1000 * piece.size
