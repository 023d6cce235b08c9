"""Interpret the content of a PDF page: what is painted, where, how large and in which colour.

pypdf has no graphics state beside the text's (its visitors give no line width, clip, alpha or nested
transformation). pdfminer.six has a device that would, but its graphics
state knows neither ExtGState nor clipping, and it unpickles character maps by names from the file.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from pypdf.generic import DictionaryObject, StreamObject

from figproof.lint.page import (
    EVERYWHERE,
    IDENTITY,
    TOO_MUCH,
    Box,
    Ink,
    Matrix,
    Page,
    Path,
    apply,
    box_of,
    is_empty,
    is_full,
    keep,
    meet,
    scale_of,
    times,
)
from figproof.lint.pdffont import Fonts
from figproof.lint.pdfimage import Images, inline_image
from figproof.lint.pdfink import STATE_OPERATORS, ink_of, set_dash
from figproof.lint.pdflex import Operation, operations
from figproof.lint.pdfoutline import PATH_OPERATORS, Outline
from figproof.lint.pdfshading import Gradients
from figproof.lint.pdfstate import (
    State,
    dictionary,
    layer_of,
    matrix_of,
    matrix_or_identity,
)
from figproof.lint.pdftext import TextPen

_OF_MARKERS = frozenset(b"q Q cm m l c v y re h S s f F f* B B* b b* n w J j M i ri d".split())

MOST_OPERATORS, MOST_CONTENT, MOST_FORMS = 1_000_000, 8_000_000, 100_000
MOST_POINTS = 4_000_000
_DEEPEST = 24
_MOST_STATES = 1_000


class TooMuch(Exception):
    """More is painted than is read; what was read stays."""


class Interpreter:
    """Reads content streams into a :class:`Page`."""

    def __init__(self, page: Page, hidden: frozenset[int]) -> None:
        self._page, self._hidden = page, hidden
        self._pen = TextPen(page.runs)
        self._fonts = Fonts()
        self._parsed: dict[int, list[Operation]] = {}
        self._operators = self._points = self._order = self._bytes = self._forms = 0
        self._outline = Outline()
        self._unseen: list[bool] = []
        self._translucent: set[str] = set()
        self._stamps: dict[Any, tuple[Path, ...]] = {}
        self._depth = 0
        self._gradients = Gradients(page)
        self._images = Images()
        self._base: Matrix = IDENTITY

    def run(self, content: StreamObject, resources: Any, ctm: Matrix, clip: Box) -> None:
        """Interpret the page's content.

        Raises
        ------
        TooMuch
            After :data:`MOST_OPERATORS` operators, :data:`MOST_POINTS` points, :data:`MOST_CONTENT` bytes or
            :data:`MOST_FORMS` forms.
        """
        self._base = ctm
        try:
            self._run(content, dictionary(resources), State(ctm, clip))
        finally:
            self._pen.finish()
            if self._pen.is_full():
                self._page.notes.append(TOO_MUCH)
            self._page.fonts = self._fonts.used()
            self._page.translucent = sorted(self._translucent)

    def _run(self, content: StreamObject, resources: DictionaryObject, state: State) -> None:
        if self._depth > _DEEPEST:
            return
        self._depth += 1
        self._forms += 1
        if self._forms > MOST_FORMS:
            raise TooMuch
        self._fonts.note(dictionary(resources.get("/Font")))
        stack: list[State] = []
        unseen, self._unseen = self._unseen, [any(self._unseen)]
        for operands, operator in self._operations(content):
            self._operators += 1
            if self._operators > MOST_OPERATORS:
                raise TooMuch
            if operator == b"q":
                if len(stack) < _MOST_STATES:
                    stack.append(state.copied())
            elif operator == b"Q":
                state = stack.pop() if stack else state
            else:
                try:
                    self._obey(operator, operands, state, resources)
                except (TypeError, ValueError, IndexError, KeyError, AttributeError, OverflowError):
                    # Operands that are missing or of another type: a viewer leaves the operator out.
                    continue
        self._unseen = unseen
        self._depth -= 1

    def _obey(self, operator: bytes, operands: list[Any], state: State, resources: DictionaryObject) -> None:
        if (change := STATE_OPERATORS.get(operator)) is not None:
            change(state, operands, resources)
        elif (extend := PATH_OPERATORS.get(operator)) is not None:
            extend(self._outline, operands, state.ctm)
        elif (handler := _HANDLERS.get(operator)) is not None:
            handler(self, operands, state, resources)

    def _operations(self, content: StreamObject) -> list[Operation]:
        """Operators of a stream, kept because a form may be painted again and again."""
        key = id(content)
        if key not in self._parsed:
            data = content.get_data()
            left = MOST_CONTENT - self._bytes
            self._bytes += len(data)
            if left <= 0:
                raise TooMuch
            if len(data) > left:
                self._page.notes.append(TOO_MUCH)
            self._parsed[key] = list(itertools.islice(operations(data[:left]), MOST_OPERATORS))
        return self._parsed[key]

    # Graphics state

    def _external(self, operands: list[Any], state: State, resources: DictionaryObject) -> None:
        given = dictionary(dictionary(resources.get("/ExtGState")).get(operands[0]))
        for key, item in given.items():
            value = item.get_object()
            if key == "/CA":
                state.stroke_alpha = float(value)
            elif key == "/ca":
                state.fill_alpha = float(value)
            elif key == "/LW":
                state.width = abs(float(value))
            elif key == "/D":
                set_dash(state, value, resources)
            elif key == "/Font":
                self._use_font(value[0].get_object(), float(value[1]), state)
            elif key == "/SMask" and isinstance(value, DictionaryObject):
                self._translucent.add("a soft mask")
            elif key == "/BM" and str(value) not in ("/Normal", "/Compatible", "['/Normal']"):
                self._translucent.add("a blend mode")

    # Painting

    def _paint(self, state: State, *, stroke: bool, fill: bool, close: bool = False) -> None:
        if close:
            self._outline.close()
        outline, self._outline = self._outline, Outline()
        self._points += sum(map(len, outline.parts))
        if self._points > MOST_POINTS:
            raise TooMuch
        parts = tuple(np.array(part, dtype=np.float64) for part in outline.parts)
        clip_before = state.clip
        if outline.clips:
            state.clip = meet(state.clip, box_of(np.concatenate(parts))) if parts else (0.0, 0.0, -1.0, -1.0)
        if not parts or not (stroke or fill) or any(self._unseen):
            return
        if not all(np.isfinite(part).all() for part in parts):
            return
        scale = scale_of(state.ctm)
        # A straight line has no inside: Matplotlib fills its ticks all the same.
        fill = fill and any(len(part) > 2 for part in parts)
        inks = ink_of(state, "stroke") if stroke else None, ink_of(state, "fill") if fill else None
        path = Path(
            parts=parts,
            closed=all(outline.closed),
            curved=outline.curved,
            stroke=inks[0],
            fill=inks[1],
            width_pt=state.width * scale,
            dash=tuple(length * scale for length in state.dash),
            clip=clip_before,
            order=self._next(),
        )
        if is_empty(path.box):
            return
        for ink in inks:
            if ink is not None and 0 < ink.alpha < 1:
                self._translucent.add("alpha")
        if fill and state.tiling is not None:
            self._pattern(state, path.box)
        keep(self._page, path)

    def _next(self) -> int:
        self._order += 1
        return self._order

    def _pattern(self, state: State, box: Box) -> None:
        """A gradient, or a tiling pattern's cell, once: it may hold the only image of a page."""
        pattern = state.tiling.get_object()
        if isinstance(pattern, DictionaryObject) and pattern.get("/PatternType") == 2:
            self._gradients.note(pattern.get("/Shading"), None)
        elif isinstance(pattern, StreamObject) and pattern.get("/PatternType") == 1:
            inner = State(times(matrix_or_identity(pattern.get("/Matrix")), self._base), box)
            inner.group_alpha = state.group_alpha
            self._run(pattern, dictionary(pattern.get("/Resources")), inner)

    def _shade(self, operands: list[Any], state: State, resources: DictionaryObject) -> None:
        shading = dictionary(resources.get("/Shading")).get(operands[0])
        if shading is None or any(self._unseen) or is_empty(state.clip):
            return
        self._gradients.note(shading, dictionary(resources.get("/ColorSpace")))
        if all(map(math.isfinite, state.clip)):
            left, bottom, right, top = state.clip
            around = np.array([(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)])
            unknown = Ink(None, ink_of(state, "fill").alpha)
            keep(self._page, Path((around,), True, False, None, unknown, 0.0, (), state.clip, self._next()))

    # External objects and inline images

    def _do(self, operands: list[Any], state: State, resources: DictionaryObject) -> None:
        item = dictionary(resources.get("/XObject")).get(operands[0])
        stream = item.get_object() if item is not None else None
        if not isinstance(stream, StreamObject) or any(self._unseen):
            return
        if layer_of(stream.get("/OC"), stream) in self._hidden:
            return
        if stream.get("/Subtype") == "/Image":
            self._image(self._images.placed(stream, state.ctm, state.clip, self._next()), state)
        elif stream.get("/Subtype") == "/Form":
            self._form(stream, state, resources)

    def _form(self, stream: StreamObject, state: State, resources: DictionaryObject) -> None:
        inner = state.copied()
        inner.ctm = times(matrix_or_identity(stream.get("/Matrix")), state.ctm)
        bounds = stream.get("/BBox")
        if isinstance(bounds, list) and len(bounds) == 4:
            x0, y0, x1, y1 = (float(value.get_object()) for value in bounds)
            inner.clip = meet(state.clip, box_of(apply(inner.ctm, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)])))
        if is_empty(inner.clip):
            return
        if dictionary(stream.get("/Group")).get("/S") == "/Transparency":
            inner.group_alpha = state.group_alpha * state.fill_alpha
            inner.fill_alpha = inner.stroke_alpha = 1.0
        own = dictionary(stream.get("/Resources"))
        kept, self._outline = self._outline, Outline()
        if not self._copied(stream, inner):
            self._run(stream, own or resources, inner)
        self._outline = kept

    def _copied(self, stream: StreamObject, state: State) -> bool:
        """Paint a marker as a copy of the last one; a scatter has one form that it paints at each point.

        Interpreting 60,000 of them took 24 s.
        """
        if any(operator not in _OF_MARKERS for _, operator in self._operations(stream)):
            return False
        inks = ink_of(state, "stroke"), ink_of(state, "fill")
        look = (id(stream), *inks, state.width, state.dash, *state.ctm[:4])
        x, y = state.ctm[4:]
        if look not in self._stamps:
            before, seen = len(self._page.paths), self._page.paths
            self._page.paths = []
            self._run(stream, DictionaryObject(), replace(state, clip=EVERYWHERE, ctm=(*state.ctm[:4], 0, 0)))
            self._stamps[look], self._page.paths = tuple(self._page.paths), seen[:before]
            self._page.points -= sum(path.points for path in self._stamps[look])
        for path in self._stamps[look]:
            self._points += path.points
            if self._points > MOST_POINTS:
                raise TooMuch
            if is_full(self._page):
                keep(self._page, path)
                continue
            copy_of = path.moved(x, y, state.clip, self._next())
            if not is_empty(copy_of.box):
                keep(self._page, copy_of)
        return True

    def _inline(self, operands: Any, state: State, _: Any) -> None:
        self._image(inline_image(operands, state.ctm, state.clip, self._next()), state)

    def _image(self, image: Any, state: State) -> None:
        if image is None or any(self._unseen):
            return
        if image.has_alpha:
            self._translucent.add("an image with alpha")
        if 0 < state.fill_alpha * state.group_alpha < 1:
            self._translucent.add("alpha")
        self._page.images.append(image)

    # Layers that are switched off

    def _mark(self, operands: list[Any], _: State, resources: DictionaryObject) -> None:
        hidden = False
        if len(operands) > 1 and operands[0] == "/OC":
            held = dictionary(resources.get("/Properties")).get(operands[1])
            hidden = layer_of(held, None) in self._hidden
        self._unseen.append(hidden)

    def _unmark(self, _: Any, __: Any, ___: Any) -> None:
        if len(self._unseen) > 1:
            self._unseen.pop()

    # Text

    def _font(self, operands: list[Any], state: State, resources: DictionaryObject) -> None:
        resource = dictionary(resources.get("/Font")).get(operands[0])
        self._use_font(resource.get_object() if resource is not None else None, float(operands[1]), state)

    def _use_font(self, resource: Any, size: float, state: State) -> None:
        state.text.size, state.text.font = size, None
        state.text.font = self._fonts.of(resource)

    def _show(self, operands: list[Any], state: State, _: Any) -> None:
        for item in operands[0] if isinstance(operands[0], list) else [operands[0]]:
            if isinstance(item, bytes | str):
                shown = item if isinstance(item, bytes) else item.encode("latin-1", "replace")
                if not any(self._unseen):
                    ink = ink_of(state, "stroke" if state.text.mode in (1, 5) else "fill")
                    self._pen.show(shown, state.text, state.ctm, state.clip, ink, self._next())
                    if 0 < ink.alpha < 1:
                        self._translucent.add("alpha")
            else:
                self._pen.shift(float(item), state.text)

    def _next_line(self, _: Any, state: State, __: Any) -> None:
        self._pen.move(0, -state.text.leading)

    def _quote(self, operands: list[Any], state: State, resources: Any) -> None:
        self._next_line(None, state, None)
        self._show(operands[-1:], state, resources)

    def _double_quote(self, operands: list[Any], state: State, resources: Any) -> None:
        state.text.word_spacing, state.text.spacing = float(operands[0]), float(operands[1])
        self._quote(operands[2:], state, resources)

    def _move_text(self, operands: list[Any], state: State, _: Any, *, leading: bool = False) -> None:
        x, y = float(operands[0]), float(operands[1])
        if leading:
            state.text.leading = -y
        self._pen.move(x, y)


_Handler = Callable[[Interpreter, list[Any], State, Any], None]


def _painter(**how: bool) -> _Handler:
    how = {"stroke": False, "fill": False, **how}

    def handler(self: Interpreter, _: list[Any], state: State, __: Any) -> None:
        self._paint(state, **how)

    return handler


_HANDLERS: dict[bytes, _Handler] = {
    b"gs": Interpreter._external,
    b"n": _painter(),
    b"S": _painter(stroke=True),
    b"s": _painter(stroke=True, close=True),
    b"f": _painter(fill=True),
    b"F": _painter(fill=True),
    b"f*": _painter(fill=True),
    b"B": _painter(stroke=True, fill=True),
    b"B*": _painter(stroke=True, fill=True),
    b"b": _painter(stroke=True, fill=True, close=True),
    b"b*": _painter(stroke=True, fill=True, close=True),
    b"sh": Interpreter._shade,
    b"Do": Interpreter._do,
    b"INLINE IMAGE": Interpreter._inline,
    b"BDC": Interpreter._mark,
    b"BMC": Interpreter._mark,
    b"EMC": Interpreter._unmark,
    b"BT": lambda self, *_: self._pen.begin(),
    b"Tf": Interpreter._font,
    b"Td": Interpreter._move_text,
    b"TD": lambda self, operands, state, _: self._move_text(operands, state, _, leading=True),
    b"Tm": lambda self, operands, *_: self._pen.place(matrix_of(operands)),
    b"T*": Interpreter._next_line,
    b"Tj": Interpreter._show,
    b"TJ": Interpreter._show,
    b"'": Interpreter._quote,
    b'"': Interpreter._double_quote,
}
