"""Figures that lost what they carried, found again by what they show.

XeTeX and dvipdfmx drop the Info dictionary of an included PDF but copy its content, and all engines drop the
text chunks of an included PNG but keep its pixels. So pictures in a file are compared, by digest, with the
figures that the project has built. What was drawn anew (Ghostscript, a screenshot) is not found, unless a
heat map in it kept its pixels. Markers, colour bars and thumbnails are no evidence: others have the same.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from PIL import Image, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, StreamObject

from figproof.canonical import digest_bytes
from figproof.carried import DAMAGE, Carried, objects_of, pictures_of, read_file, read_provenance
from figproof.encode import PNG_SIGNATURE
from figproof.errors import FigproofError
from figproof.project import Project

_MOST_PIXELS = 100_000_000
_LEAST_PIXELS = 1024
"""An image of fewer inside a figure may be anybody's: the digits of the demo have 64."""


class _Mark(NamedTuple):
    """Something that a file shows, by digest; what it would prove of the figure whose file this is."""

    place: str
    digest: str
    proves: Literal["all", "an image", "nothing"]


def figures_by_content(
    path: Path, project: Project, known: Collection[tuple[str, str]] = ()
) -> list[Carried]:
    """Figures of the project whose content a PDF, a PNG or a page (HTML) shows.

    Parameters
    ----------
    path : Path
        A paper's PDF, or a picture whose metadata was stripped, or a page that shows such.
    project : Project
        Whose ``results/figures`` are looked through.
    known : collection of (str, str)
        Place and id of figures that are not to be listed again.

    Raises
    ------
    FigproofError
        The file cannot be read or is damaged.
    """
    marks = list(_marks(path))
    whole, images = _built(project) if marks else ({}, {})
    found: dict[tuple[str, str], Carried] = {}
    for mark in marks:
        file, how = whole.get(mark.digest), "the content of"
        if file is None:
            file, how = images.get(mark.digest), "an image in"
        if file is not None and (mark.place, file.stem) not in found:
            what = f"{how} {project.relative(file)}"
            place = f"{mark.place}, {what}" if mark.place else what
            found[mark.place, file.stem] = Carried(place, read_provenance(file))
    return [figure for place_and_id, figure in found.items() if place_and_id not in known]


def _built(project: Project) -> tuple[dict[str, Path], dict[str, Path]]:
    """Digest -> built file, for whole pages and pictures, and for images that only one figure has."""
    whole: dict[str, Path] = {}
    images: dict[str, dict[str, Path]] = {}
    for file in sorted((project.results / "figures").glob("*.p[dn][fg]")):
        for mark in _marks(file):
            if mark.proves == "all":
                whole.setdefault(mark.digest, file)
            elif mark.proves == "an image":
                images.setdefault(mark.digest, {})[file.stem] = file
    return whole, {digest: next(iter(by.values())) for digest, by in images.items() if len(by) == 1}


def _marks(path: Path) -> Iterator[_Mark]:
    """Each picture of a file, by digest: of decoded pixels, of decoded page content."""
    content = read_file(path)
    try:
        yield from _of_file(content, "")
        for place, picture in pictures_of(content, path.parent):
            if isinstance(picture, bytes):
                yield from _of_file(picture, place)
    except (UnidentifiedImageError, OSError, *DAMAGE) as error:
        raise FigproofError(f"is damaged: {error or type(error).__name__}", where=str(path)) from error


def _of_file(content: bytes, place: str) -> Iterator[_Mark]:
    if content.startswith(PNG_SIGNATURE):
        pixels = _pixels(Image.open(io.BytesIO(content), formats=("PNG",)))
        yield _Mark(place, _digest(pixels), "all")
    elif b"%PDF-" in content[:1024]:
        for item in objects_of(PdfReader(io.BytesIO(content))):
            yield from _of_object(place or f"page {item.page}", item.value)


def _of_object(place: str, value: DictionaryObject) -> Iterator[_Mark]:
    if value.get("/Type") == "/Page":
        contents = value.get_contents()  # type: ignore[attr-defined]
        if contents is not None:
            yield _Mark(place, digest_bytes(contents.get_data().strip()), "all")
    elif isinstance(value, StreamObject) and value.get("/Subtype") == "/Form":
        # In a paper a figure, in a figure a marker.
        yield _Mark(place, digest_bytes(value.get_data().strip()), "nothing")
    elif isinstance(value, StreamObject) and value.get("/Subtype") == "/Image":
        pixels = _pixels(value.decode_as_image())
        yield _Mark(place, _digest(pixels), "an image" if _is_telling(pixels) else "nothing")


def pixel_digest(image: Image.Image) -> str:
    """SHA-256 of the size and the pixels of a picture, however it is packed."""
    return _digest(_pixels(image))


def _pixels(image: Image.Image) -> npt.NDArray[np.uint8]:
    if image.width * image.height > _MOST_PIXELS:
        raise ValueError(f"more than {_MOST_PIXELS} pixels")
    return np.asarray(image.convert("RGB"))


def _digest(pixels: npt.NDArray[np.uint8]) -> str:
    return digest_bytes(repr(pixels.shape).encode() + pixels.tobytes())


def _is_telling(pixels: npt.NDArray[np.uint8]) -> bool:
    """Whether an image is large enough, and no colour bar: all its rows, or all its columns, the same."""
    stripes = (pixels == pixels[:1]).all() or (pixels == pixels[:, :1]).all()
    return pixels.shape[0] * pixels.shape[1] >= _LEAST_PIXELS and not stripes
