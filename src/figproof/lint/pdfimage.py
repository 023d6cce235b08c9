"""Raster images inside a PDF: how large they are on the page, and their pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from pypdf.generic import StreamObject

from figproof.encode import on_white
from figproof.lint.page import Box, Image, Matrix, Pixels, apply, box_of, is_empty, meet

MOST_PIXELS = 40_000_000


def placed_image(stream: StreamObject, ctm: Matrix, clip: Box, order: int) -> Image | None:
    """An image that ``Do`` paints into the unit square; None if nothing of it is seen."""
    masked = "/SMask" in stream or stream.get("/SMaskInData", 0) not in (0, None)
    stencil = stream.get("/ImageMask") is not None and bool(stream["/ImageMask"])
    size = stream.get("/Width", 0), stream.get("/Height", 0)
    bits = 1 if stencil else int(stream.get("/BitsPerComponent", 8))

    def load() -> Pixels | None:
        return None if stencil else _decoded(stream, size)

    return _placed(size, bits, masked and _is_seen_through(stream), ctm, clip, order, load)


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


def _is_seen_through(stream: StreamObject) -> bool:
    """Whether a soft mask lets anything through: many programs write one that is opaque all over."""
    mask = stream.get("/SMask")
    item = mask.get_object() if mask is not None else None
    if not isinstance(item, StreamObject):
        return True
    if int(item.get("/Width", 0)) * int(item.get("/Height", 0)) > MOST_PIXELS:
        return True
    try:
        data = item.get_data()
    except Exception:  # a damaged mask: what it does is up to the viewer
        return True
    return item.get("/Filter") in ("/DCTDecode", "/JPXDecode") or data.strip(b"\xff") != b""


def _decoded(stream: StreamObject, size: tuple[Any, Any]) -> Pixels | None:
    if int(size[0]) * int(size[1]) > MOST_PIXELS:
        return None
    try:
        picture = stream.decode_as_image()
        return on_white(np.asarray(picture.convert("RGBA"), dtype=np.uint8))
    except Exception:  # pypdf says of this method: errors of any kind; the pixels are only looked at
        return None
