"""Figures that lost what they carried, found again by what they show.

XeTeX and dvipdfmx drop the Info dictionary of an included PDF but copy its content, and all engines drop the
text chunks of an included PNG but keep its pixels. So pictures in a file are compared, by digest, with the
figures that the project has built. What was drawn anew (Ghostscript, a screenshot) is not found.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, StreamObject

from figproof.canonical import digest_bytes
from figproof.carried import DAMAGE, Carried, objects_of, read_file, read_provenance
from figproof.encode import PNG_SIGNATURE
from figproof.errors import FigproofError
from figproof.project import Project

_MOST_PIXELS = 100_000_000


def figures_by_content(
    path: Path, project: Project, known: Collection[tuple[str, str]] = ()
) -> list[Carried]:
    """Figures of the project whose content a PDF or PNG shows.

    Parameters
    ----------
    path : Path
        A paper's PDF, or a picture whose metadata was stripped.
    project : Project
        Whose ``results/figures`` are looked through.
    known : collection of (str, str)
        Place and id of figures that are not to be listed again.

    Raises
    ------
    FigproofError
        The file cannot be read or is damaged.
    """
    built: dict[str, Path] = {}
    for file in sorted((project.results / "figures").glob("*.p[dn][fg]")):
        for _, digest in _marks(file):
            built.setdefault(digest, file)
    found: dict[tuple[str, str], Carried] = {}
    for place, digest in _marks(path):
        if digest in built:
            name = project.relative(built[digest])
            how = f"the content of {name}"
            whole = Carried(f"{place}, {how}" if place else how, read_provenance(built[digest]))
            found.setdefault((place, built[digest].stem), whole)
    return [figure for place_and_id, figure in found.items() if place_and_id not in known]


def _marks(path: Path) -> Iterator[tuple[str, str]]:
    """Place and digest of each picture of a file: of decoded pixels, of decoded page content."""
    content = read_file(path)
    try:
        if content.startswith(PNG_SIGNATURE):
            yield "", _of_pixels(Image.open(io.BytesIO(content), formats=("PNG",)))
        elif b"%PDF-" in content[:1024]:
            for item in objects_of(PdfReader(io.BytesIO(content))):
                digest = _of_object(item.value)
                if digest:
                    yield f"page {item.page}", digest
    except (UnidentifiedImageError, OSError, *DAMAGE) as error:
        raise FigproofError(f"is damaged: {error or type(error).__name__}", where=str(path)) from error


def _of_object(value: DictionaryObject) -> str | None:
    if value.get("/Type") == "/Page":
        contents = value.get_contents()  # type: ignore[attr-defined]
        return None if contents is None else digest_bytes(contents.get_data().strip())
    if not isinstance(value, StreamObject):
        return None
    if value.get("/Subtype") == "/Form":
        return digest_bytes(value.get_data().strip())
    return _of_pixels(value.decode_as_image()) if value.get("/Subtype") == "/Image" else None


def _of_pixels(image: Image.Image) -> str:
    if image.width * image.height > _MOST_PIXELS:
        raise ValueError(f"more than {_MOST_PIXELS} pixels")
    pixels = np.asarray(image.convert("RGB"))
    return digest_bytes(repr(pixels.shape).encode() + pixels.tobytes())
