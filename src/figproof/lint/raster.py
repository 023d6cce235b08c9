"""Raster files: size, resolution, pixels, alpha and description of a PNG, TIFF or JPEG."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image as Pillow

from figproof.encode import on_white
from figproof.lint.page import Pixels, Unreadable

MOST_PIXELS = 100_000_000
_ROWS_AT_ONCE = 256
_FORMATS = ("PNG", "TIFF", "JPEG")
_DESCRIPTIONS = ("Description", "description", "Alt", "alt", "Comment")
_TIFF_DESCRIPTION = 270


@dataclass(frozen=True)
class Raster:
    """A raster file.

    Attributes
    ----------
    name : str
        ``png``, ``tiff`` or ``jpeg``.
    size_px : (int, int)
        Columns and rows.
    dpi : float or None
        As the file says, the smaller of both directions; None if it says nothing.
    pixels : ndarray of uint8, shape (rows, columns, 3)
        On white paper.
    has_alpha : bool
        Whether any pixel is not opaque, or a TIFF has a channel for it: venues refuse the channel.
    bits : int
        1 for black and white.
    description : str
    notes : tuple of str
    """

    name: str
    size_px: tuple[int, int]
    dpi: float | None
    pixels: Pixels
    has_alpha: bool
    bits: int
    description: str
    notes: tuple[str, ...]


def read_raster(content: bytes) -> Raster:
    """Read a file.

    Raises
    ------
    Unreadable
        Damaged, of another format, or of more than :data:`MOST_PIXELS` pixels.
    """
    picture = open_image(content)
    if picture is None:
        raise Unreadable("is damaged, or is no image that is read")
    if picture.width * picture.height > MOST_PIXELS:
        raise Unreadable(f"has {picture.width} x {picture.height} pixels, more than a figure does")
    frames = int(getattr(picture, "n_frames", 1))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pixels, clear = _opaque(picture)
    except Exception as error:  # Pillow's plugins raise what they like on damaged data
        raise Unreadable(f"is damaged: {error}"[:300]) from error
    return Raster(
        name=str(picture.format).lower(),
        size_px=(picture.width, picture.height),
        dpi=_resolution(picture.info.get("dpi")),
        pixels=pixels,
        has_alpha=clear or (picture.format == "TIFF" and "A" in picture.getbands()),
        bits=1 if picture.mode == "1" else 8,
        description=_description(picture),
        notes=(f"has {frames} images, the first is read",) if frames > 1 else (),
    )


def pixels_on_white(picture: Any) -> Pixels:
    """Pixels of a Pillow image on white paper, shape (rows, columns, 3)."""
    return _opaque(picture)[0]


def _opaque(picture: Any) -> tuple[Pixels, bool]:
    """Pixels on white, and whether any of them was not opaque."""
    if "A" not in picture.getbands() and "transparency" not in picture.info:
        return np.asarray(picture.convert("RGB"), dtype=np.uint8), False
    rgba = np.asarray(picture.convert("RGBA"), dtype=np.uint8)
    blended = np.empty((*rgba.shape[:2], 3), dtype=np.uint8)
    # A few rows at a time: blending takes six times the memory of what it blends.
    for row in range(0, len(rgba), _ROWS_AT_ONCE):
        blended[row : row + _ROWS_AT_ONCE] = on_white(rgba[row : row + _ROWS_AT_ONCE])
    return blended, bool(rgba[..., 3].min() < 255)


def open_image(content: bytes) -> Any | None:
    """A Pillow image that has read its header and no pixel; None if it is none."""
    try:
        with warnings.catch_warnings():
            # Pillow warns of many pixels; their number is bounded where they are read.
            warnings.simplefilter("ignore")
            return Pillow.open(io.BytesIO(content), formats=_FORMATS)
    except Exception:  # whatever a damaged header raises
        return None


def pixels_of(content: bytes) -> Pixels | None:
    """Pixels of an embedded file, None where they cannot be read."""
    try:
        return read_raster(content).pixels
    except Unreadable:
        return None


def _resolution(given: Any) -> float | None:
    try:
        found = min(float(value) for value in given)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    # Without a unit, or at 1 dpi, a file says nothing of inches.
    return found if found > 1.5 else None


def _description(picture: Any) -> str:
    texts = {**picture.info, **getattr(picture, "text", {})}
    for key in _DESCRIPTIONS:
        if isinstance(texts.get(key), str) and texts[key].strip():
            return str(texts[key]).strip()
    tags = getattr(picture, "tag_v2", None)
    said = tags.get(_TIFF_DESCRIPTION) if tags is not None else None
    text = str(said).strip() if said else ""
    # figproof's own TIFF keeps its provenance there.
    return "" if text.startswith("{") else text
