"""Raster images inside a PDF: how large they are on the page, and their pixels."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

from pypdf.generic import StreamObject

from figproof.lint.page import Box, Image, Matrix, Pixels, apply, box_of, is_empty, meet
from figproof.lint.raster import pixels_on_white

MOST_PIXELS = 40_000_000


class Images:
    """Places the images of one page; reads the pixels of each once, and of all no more than a figure has."""

    def __init__(self) -> None:
        self._left = MOST_PIXELS
        self._loads: dict[int, Callable[[], Pixels | None]] = {}
        self._masks: dict[int, bool] = {}

    def placed(self, stream: StreamObject, ctm: Matrix, clip: Box, order: int) -> Image | None:
        """An image that ``Do`` paints into the unit square; None if nothing of it is seen."""
        masked = "/SMask" in stream or stream.get("/SMaskInData", 0) not in (0, None)
        stencil = stream.get("/ImageMask") is not None and bool(stream["/ImageMask"])
        size = stream.get("/Width", 0), stream.get("/Height", 0)
        bits = 1 if stencil else int(stream.get("/BitsPerComponent", 8))
        if id(stream) not in self._loads:
            self._loads[id(stream)] = functools.cache(lambda: None if stencil else self._read(stream, size))
        load = self._loads[id(stream)]
        return _placed(size, bits, masked and self._is_seen_through(stream), ctm, clip, order, load)

    def _read(self, stream: StreamObject, size: tuple[Any, Any]) -> Pixels | None:
        self._left -= int(size[0]) * int(size[1])
        return _decoded(stream) if self._left >= 0 else None

    def _is_seen_through(self, stream: StreamObject) -> bool:
        mask = stream.get("/SMask")
        item = mask.get_object() if mask is not None else None
        if id(item) not in self._masks:
            self._masks[id(item)] = _is_seen_through(item)
        return self._masks[id(item)]


def inline_image(operands: Any, ctm: Matrix, clip: Box, order: int) -> Image | None:
    """An image inside the content; its pixels are not read, as only small ones belong there."""
    settings = operands["settings"]
    size = settings.get("/W", settings.get("/Width", 0)), settings.get("/H", settings.get("/Height", 0))
    stencil = bool(settings.get("/IM", settings.get("/ImageMask", False)))
    bits = 1 if stencil else int(settings.get("/BPC", settings.get("/BitsPerComponent", 8)))
    return _placed(size, bits, False, ctm, clip, order, lambda: None)


def _placed(
    size: tuple[Any, Any],
    bits: int,
    has_alpha: bool,
    ctm: Matrix,
    clip: Box,
    order: int,
    load: Callable[[], Pixels | None],
) -> Image | None:
    columns, rows = int(size[0]), int(size[1])
    a, b, c, d, _, _ = ctm
    width, height = math.hypot(a, b), math.hypot(c, d)
    box = meet(box_of(apply(ctm, [(0, 0), (1, 0), (1, 1), (0, 1)])), clip)
    if columns <= 0 or rows <= 0 or not width or not height or is_empty(box):
        return None
    dpi = min(columns * 72 / width, rows * 72 / height)
    return Image(box, (columns, rows), dpi, bits, load, has_alpha, order)


def _is_seen_through(item: Any) -> bool:
    """Whether a soft mask lets anything through: many programs write one that is opaque all over."""
    if not isinstance(item, StreamObject):
        return True
    if int(item.get("/Width", 0)) * int(item.get("/Height", 0)) > MOST_PIXELS:
        return True
    try:
        data = item.get_data()
    except Exception:  # a damaged mask: what it does is up to the viewer
        return True
    return item.get("/Filter") in ("/DCTDecode", "/JPXDecode") or data.strip(b"\xff") != b""


def _decoded(stream: StreamObject) -> Pixels | None:
    try:
        return pixels_on_white(stream.decode_as_image())
    except Exception:  # pypdf says of this method: errors of any kind; the pixels are only looked at
        return None
