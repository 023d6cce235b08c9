"""At which scale a paper's PDF shows figures: what LaTeX made of every width, box and scale around them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import ContentStream, DictionaryObject

from figproof.carried import DAMAGE, read_file
from figproof.errors import FigproofError
from figproof.project import Project
from figproof.resemblance import pixel_digest

_DEEPEST = 6
_PT_PER_IN = 72.0
_Scaled = tuple[str, float, float]
"""Figure, scale across and up."""

_MOST_PIXELS = 100_000_000


class Shown(NamedTuple):
    """A figure on a page; ``across`` and ``up`` are its scale along its own width and height."""

    page: int
    figure: str
    across: float
    up: float


def figures_shown(paper: Path, project: Project, widths: Mapping[str, float]) -> list[Shown]:
    """Every place where a paper's PDF shows a figure of the project.

    PDFs are known by the provenance that pdfTeX and LuaTeX keep, PNGs by their pixels.

    Parameters
    ----------
    paper : Path
    project : Project
    widths : mapping of str to float
        Figure -> the width that it was drawn for, in inches.

    Raises
    ------
    FigproofError
        The PDF cannot be read or is damaged.
    """
    try:
        document = PdfReader(io.BytesIO(read_file(paper)))
        reading = _Reading(document, _Pictures(project, widths))
        return [
            Shown(number, *found)
            for number, page in enumerate(document.pages, 1)
            for found in reading.shown(page.get_contents(), page.get("/Resources"), np.eye(3))
        ]
    except DAMAGE as error:
        raise FigproofError(f"is damaged: {error or type(error).__name__}", where=str(paper)) from error


class _Pictures:
    """The figures' PNGs; pixels are decoded only where an image of the paper has as many."""

    def __init__(self, project: Project, widths: Mapping[str, float]) -> None:
        self._files: dict[tuple[int, int], list[tuple[str, float, Path]]] = {}
        self._digests: dict[Path, str] = {}
        for figure, width in widths.items():
            path = project.figure_file(figure, "png")
            if path.is_file():
                with Image.open(path, formats=("PNG",)) as picture:
                    self._files.setdefault(picture.size, []).append((figure, width, path))

    def size_of(self, image: Any) -> tuple[str, float, float] | None:
        """Figure, width and height in inches of an image that is one of the PNGs."""
        size = (int(image.get("/Width", 0)), int(image.get("/Height", 0)))
        if size not in self._files or size[0] * size[1] > _MOST_PIXELS:
            return None
        digest = pixel_digest(image.decode_as_image())
        for figure, width, path in self._files[size]:
            if path not in self._digests:
                with Image.open(path, formats=("PNG",)) as picture:
                    self._digests[path] = pixel_digest(picture)
            if self._digests[path] == digest:
                return figure, width, width * size[1] / size[0]
        return None


class _Reading:
    """What the operators of pages do with figures."""

    def __init__(self, document: PdfReader, pictures: _Pictures) -> None:
        self._document = document
        self._pictures = pictures

    def shown(self, contents: Any, resources: Any, now: Any, depth: int = 0) -> Iterator[_Scaled]:
        """Figures that content shows, in it or in a form (a box that clips, a drawing of its own) of it."""
        resources = DictionaryObject() if resources is None else resources.get_object()
        named = resources.get("/XObject", DictionaryObject()).get_object()
        if contents is None or depth > _DEEPEST or not named:
            return
        kept = []
        for operands, operator in ContentStream(contents, self._document).operations:
            if operator == b"q":
                kept.append(now)
            elif operator == b"Q" and kept:
                now = kept.pop()
            elif operator == b"cm":
                now = _matrix(operands) @ now
            elif operator == b"Do" and operands[0] in named:
                yield from self._object(named[operands[0]].get_object(), now, depth)

    def _object(self, item: Any, now: Any, depth: int) -> Iterator[_Scaled]:
        if item.get("/Subtype") == "/Image":
            size = self._pictures.size_of(item)
            if size is not None:
                across, up = (scale / _PT_PER_IN for scale in _scales(now))
                yield size[0], across / size[1], up / size[2]
            return
        whole = _matrix(item.get("/Matrix", [1, 0, 0, 1, 0, 0])) @ now
        figure = _figure_of(item)
        if figure is not None:
            yield figure, *_scales(whole)
        else:
            yield from self.shown(item, item.get("/Resources"), whole, depth + 1)


def _scales(matrix: Any) -> tuple[float, float]:
    return float(np.hypot(*matrix[0, :2])), float(np.hypot(*matrix[1, :2]))


def _matrix(numbers: Any) -> Any:
    a, b, c, d, e, f = (float(number) for number in numbers)
    return np.array([[a, b, 0], [c, d, 0], [e, f, 1]])


def _figure_of(form: Any) -> str | None:
    information = form.get("/PTEX.InfoDict")
    information = {} if information is None else information.get_object()
    return str(information["/Title"]) if "/figproof" in information and "/Title" in information else None
