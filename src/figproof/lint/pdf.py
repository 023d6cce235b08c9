"""Read one page of a PDF of any maker: its size, what is on it, and its alternative text."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pypdf import PdfReader, apply_configuration
from pypdf.errors import LimitReachedError
from pypdf.generic import DictionaryObject

from figproof.lint.page import EVERYWHERE, TOO_MUCH, Box, Matrix, Page, Unreadable, times
from figproof.lint.pdfcontent import Interpreter, TooMuch

# A page of a figure holds far less; what inflates to more is a bomb, or a scatter that wants pixels.
_LIMITS = {
    "zlib_maximum_output_length": 60_000_000,
    "array_based_stream_maximum_output_length": 60_000_000,
    "image_maximum_buffer_size": 200_000_000,
    "page_tree_maximum_entries": 20_000,
}
_MOST_ELEMENTS = 2_000
_LONGEST_PT = 14_400.0


def read_pdf(content: bytes, page: int = 1) -> Page:
    """Read a page.

    Parameters
    ----------
    content : bytes
        Of the file.
    page : int
        From 1.

    Raises
    ------
    Unreadable
        The file is damaged, encrypted, has no such page, or holds more than is read.
    """
    with refusing():
        return _read(content, page)


@contextmanager
def refusing() -> Iterator[None]:
    """Let pypdf read a file from anywhere: bounded, and what it cannot read is named.

    Raises
    ------
    Unreadable
        For whatever pypdf meets a hostile structure with.
    """
    with bounded():
        try:
            yield
        except Unreadable:
            raise
        except LimitReachedError as error:
            raise Unreadable(f"holds more than a figure does: {error}") from error
        except RecursionError as error:
            raise Unreadable("is nested too deeply") from error
        except Exception as error:  # pypdf meets hostile structures with any exception
            raise Unreadable(f"is damaged: {type(error).__name__}: {error}"[:300]) from error


def _read(content: bytes, number: int) -> Page:
    reader = PdfReader(io.BytesIO(content))
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("is encrypted")
    count = len(reader.pages)
    if not 1 <= number <= count:
        raise Unreadable(f"has {count} page{'s' if count != 1 else ''}, none is number {number}")
    source = reader.pages[number - 1]
    box = _shown_box(source)
    unit = _number(source.get("/UserUnit"), 1.0)
    matrix, width, height = _upright(box, int(_number(source.get("/Rotate"), 0.0)), unit)
    page = Page(width, height, description=_description(reader))
    if count > 1:
        page.notes.append(f"has {count} pages, page {number} is read")
    try:
        contents = source.get_contents()
        if contents is not None:
            # What a crop box hides was meant to be hidden; what runs off the paper was not.
            cropped = [float(v) for v in source.cropbox] != [float(v) for v in source.mediabox]
            clip = (0.0, 0.0, width, height) if cropped else EVERYWHERE
            Interpreter(page, _hidden_layers(reader)).run(contents, source.get("/Resources"), matrix, clip)
    except TooMuch:
        page.notes.append(TOO_MUCH)
    page.notes = list(dict.fromkeys(page.notes))
    return page


def _shown_box(source: Any) -> Box:
    """The crop box, which is what LaTeX and viewers take; inside the media box."""
    crop, media = (tuple(float(value) for value in box) for box in (source.cropbox, source.mediabox))
    left, bottom = max(crop[0], media[0]), max(crop[1], media[1])
    right, top = min(crop[2], media[2]), min(crop[3], media[3])
    if not (0 < right - left <= _LONGEST_PT and 0 < top - bottom <= _LONGEST_PT):
        raise Unreadable(f"has a page of {right - left:g} x {top - bottom:g} pt")
    return left, bottom, right, top


def _upright(box: Box, rotation: int, unit: float) -> tuple[Matrix, float, float]:
    """The matrix that puts the page's box at the origin as a viewer shows it, and its size."""
    width, height = box[2] - box[0], box[3] - box[1]
    turned: Matrix = {
        90: (0.0, -1.0, 1.0, 0.0, 0.0, width),
        180: (-1.0, 0.0, 0.0, -1.0, width, height),
        270: (0.0, 1.0, -1.0, 0.0, height, 0.0),
    }.get(rotation % 360, (1.0, 0.0, 0.0, 1.0, 0.0, 0.0))
    matrix = times(times((1.0, 0.0, 0.0, 1.0, -box[0], -box[1]), turned), (unit, 0.0, 0.0, unit, 0.0, 0.0))
    size = (height, width) if rotation % 180 else (width, height)
    return matrix, size[0] * unit, size[1] * unit


def _hidden_layers(reader: PdfReader) -> frozenset[int]:
    properties = _dictionary(reader.root_object.get("/OCProperties"))
    off = _dictionary(properties.get("/D")).get("/OFF")
    off = off.get_object() if off is not None else []
    return (
        frozenset(item.idnum for item in off if hasattr(item, "idnum"))
        if isinstance(off, list)
        else frozenset()
    )


def _description(reader: PdfReader) -> str:
    """Alternative text: of the structure tree, of XMP, or the document's subject."""
    root = reader.root_object
    for text in (_structure_alt(root.get("/StructTreeRoot")), _xmp_description(reader)):
        if text.strip():
            return text.strip()
    subject = reader.metadata.subject if reader.metadata is not None else None
    return str(subject or "").strip()


def _structure_alt(tree: Any) -> str:
    """The first ``/Alt`` of a structure tree, breadth first."""
    waiting, seen = [tree], 0
    while waiting and seen < _MOST_ELEMENTS:
        item, seen = waiting.pop(0), seen + 1
        element = item.get_object() if item is not None else None
        if isinstance(element, list):
            waiting.extend(element[:_MOST_ELEMENTS])
        elif isinstance(element, DictionaryObject):
            if str(element.get("/Alt", "")).strip():
                return str(element["/Alt"])
            waiting.append(element.get("/K"))
    return ""


def _xmp_description(reader: PdfReader) -> str:
    try:
        xmp = reader.xmp_metadata
        said = xmp.dc_description if xmp is not None else None
    except Exception:  # metadata that is damaged says nothing
        return ""
    return next((str(text) for text in (said or {}).values()), "")


def _dictionary(item: Any) -> DictionaryObject:
    found = item.get_object() if item is not None else None
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def _number(item: Any, usual: float) -> float:
    found = item.get_object() if item is not None else None
    return float(found) if isinstance(found, int | float) and found else usual


@contextmanager
def bounded() -> Iterator[None]:
    """pypdf within limits, also where it decodes an image later; quiet, as a report says what matters."""
    logger = logging.getLogger("pypdf")
    nowhere = logging.NullHandler()
    before, logger.propagate = logger.propagate, False
    logger.addHandler(nowhere)
    try:
        with apply_configuration(None, **_LIMITS), warnings.catch_warnings():
            # Pillow warns of damaged images and of many pixels.
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.propagate = before
        logger.removeHandler(nowhere)
