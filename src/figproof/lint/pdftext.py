"""Where text of a PDF is and how large: text and line matrices, advances, runs of glyphs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from figproof.lint.page import (
    IDENTITY,
    Box,
    Ink,
    Matrix,
    Run,
    apply,
    ink_reach,
    is_empty,
    meet,
    times,
    upright_scale,
)
from figproof.lint.pdffont import PdfFont

# In font sizes. Glyphs nearer than a word space go on with a run, also across operators: some programs
# show every glyph alone. Of another text object a glyph may not lie on the one before.
_WORD_GAP, _SPACE_GAP, _KERN, _APART = 0.6, 0.15, 0.3, 0.05
_OFF_LINE = 0.05
_INVISIBLE = (3, 7)
MOST_GLYPHS = 100_000


@dataclass
class TextState:
    """The part of the graphics state that text has (PDF 2.0, 9.3)."""

    font: PdfFont | None = None
    size: float = 0.0
    spacing: float = 0.0
    word_spacing: float = 0.0
    stretch: float = 1.0
    leading: float = 0.0
    rise: float = 0.0
    mode: int = 0


@dataclass
class _Open:
    """A run that may go on."""

    text: str
    start: tuple[float, float]
    end: tuple[float, float]
    along: tuple[float, float]
    up: tuple[float, float]
    size: float
    ink: Ink
    font: str
    block: int
    clip: Box
    order: int


class TextPen:
    """Follows the text operators of one page and collects runs."""

    def __init__(self, runs: list[Run]) -> None:
        self._runs = runs
        self._open: _Open | None = None
        self._block = self._glyphs = 0
        self._matrix: Matrix = IDENTITY
        self._line: Matrix = IDENTITY

    def begin(self) -> None:
        """``BT``"""
        self._matrix = self._line = IDENTITY
        self._block += 1

    def place(self, matrix: Matrix) -> None:
        """``Tm``"""
        self._matrix = self._line = matrix

    def move(self, x: float, y: float) -> None:
        """``Td``"""
        self._matrix = self._line = times((1, 0, 0, 1, x, y), self._line)

    def shift(self, thousandths: float, state: TextState) -> None:
        """A number in ``TJ``"""
        self._forward(-thousandths / 1000 * state.size * state.stretch)

    def show(self, shown: bytes, state: TextState, ctm: Matrix, clip: Box, ink: Ink, order: int) -> None:
        """``Tj``"""
        if state.font is None:
            return
        for glyph in state.font.glyphs(shown):
            self._glyphs += 1
            if state.mode not in _INVISIBLE and self._glyphs < MOST_GLYPHS:
                self._glyph(glyph.text, glyph.advance, state, ctm, clip, ink, order)
            spaces = state.spacing + (state.word_spacing if glyph.is_space else 0.0)
            self._forward((glyph.advance * state.size + spaces) * state.stretch)

    def is_full(self) -> bool:
        """Whether more was shown than is read."""
        return self._glyphs >= MOST_GLYPHS

    def finish(self) -> None:
        """Close the run that is open."""
        if self._open is not None:
            self._keep(self._open)
        self._open = None

    def _forward(self, distance: float) -> None:
        self._matrix = times((1, 0, 0, 1, distance, 0), self._matrix)

    def _glyph(
        self, text: str, advance: float, state: TextState, ctm: Matrix, clip: Box, ink: Ink, order: int
    ) -> None:
        font = state.font
        if font is None or text.isspace():
            return
        frame = times((state.size * state.stretch, 0, 0, state.size, 0, state.rise), times(self._matrix, ctm))
        start, end = apply(frame, [(0, 0), (advance, 0)])
        size = upright_scale(frame)
        length = math.hypot(frame[0], frame[1])
        if not size or not length or not all(map(math.isfinite, (*start, *end, size))):
            return
        along = (frame[0] / length, frame[1] / length)
        up = (frame[2] / math.hypot(frame[2], frame[3]), frame[3] / math.hypot(frame[2], frame[3]))
        fresh = _Open(
            text,
            tuple(start),
            tuple(end),
            along,
            up,
            size * font.em,
            ink,
            font.font.name,
            self._block,
            clip,
            order,
        )
        before = self._open
        if before is not None and (gap := _gap(before, fresh, size)) is not None:
            before.text += (" " if gap > _SPACE_GAP else "") + text
            before.end = fresh.end
        else:
            self.finish()
            self._open = fresh

    def _keep(self, run: _Open) -> None:
        size = run.size if math.isfinite(run.size) else math.dist(run.start, run.end)
        low, high = ink_reach(run.text)
        base = np.array([run.start, run.end, run.end, run.start])
        corners = base + np.outer([low, low, high, high], np.array(run.up) * size)
        shown = meet((*corners.min(axis=0), *corners.max(axis=0)), run.clip)
        if is_empty(shown) or run.ink.alpha == 0:
            return
        angle = math.degrees(math.atan2(run.along[1], run.along[0]))
        text = " ".join(run.text.split())
        self._runs.append(Run(text, run.size, corners, angle, run.ink, run.font, run.order))


def _gap(before: _Open, after: _Open, size: float) -> float | None:
    """Distance in font sizes if ``after`` goes on with the line of ``before``."""
    same = before.font == after.font and before.ink == after.ink and abs(before.size - after.size) < 0.01
    if not same and not (math.isnan(before.size) and before.font == after.font):
        return None
    if math.dist(before.along, after.along) > 0.01 or before.clip != after.clip:
        return None
    x, y = after.start[0] - before.end[0], after.start[1] - before.end[1]
    gap = (x * before.along[0] + y * before.along[1]) / size
    off = abs(x * before.along[1] - y * before.along[0]) / size
    least = -_KERN if before.block == after.block else -_APART
    return gap if off < _OFF_LINE and least < gap < _WORD_GAP else None
