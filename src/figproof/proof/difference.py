"""Two versions of a figure's files: what differs, file by file, and of which class it is."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from figproof.encode import png
from figproof.errors import FigproofError
from figproof.lint.page import Pixels, Unreadable
from figproof.lint.raster import read_raster
from figproof.proof import poppler
from figproof.proof.classes import COLOURS, FILES, METADATA, NUMBERS, PIXELS, TEXT, gravest
from figproof.proof.numbers import Change, changed_numbers
from figproof.proof.rasters import compare_pixels, side_by_side
from figproof.proof.vectors import Found, compare_pdfs, compare_svgs

Files = Mapping[str, bytes]
"""Name of a file below ``results`` -> content."""

RASTERS = (".png", ".tiff")
_VECTORS = {".pdf": compare_pdfs, ".svg": compare_svgs}
_MOST_LINES = 6


@dataclass(frozen=True)
class FileDifference:
    """A file whose bytes differ.

    Attributes
    ----------
    file : str
        Below ``results``.
    kind : str
        One of :data:`figproof.proof.classes.CLASSES`.
    lines : tuple of str
        What differs, for people.
    """

    file: str
    kind: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class FigureDifference:
    """All that differs between two versions of a figure.

    Attributes
    ----------
    figure : str
    files : tuple of FileDifference
        Sorted by name; a file that is the same is not listed.
    same : int
        Number of files with the same bytes.
    numbers : tuple of Change
    picture : bytes or None
        PNG with old, new and overlay, where pixels differ.
    """

    figure: str
    files: tuple[FileDifference, ...]
    same: int
    numbers: tuple[Change, ...] = ()
    picture: bytes | None = None

    @property
    def kind(self) -> str:
        """The class of the whole: pixels that a vector file explains by text or colours are that."""
        vector = [file.kind for file in self.files if file.file.endswith(tuple(_VECTORS))]
        kinds = [
            file.kind
            for file in self.files
            if not (file.file.endswith(RASTERS) and file.kind in (COLOURS, PIXELS) and _explains(vector))
        ]
        return gravest([*kinds, *([NUMBERS] if self.numbers else [])])


def _explains(kinds: list[str]) -> bool:
    return gravest(kinds) in (TEXT, COLOURS, PIXELS)


def compare_figure(figure: str, old: Files, new: Files) -> FigureDifference:
    """Compare two versions of a figure: its pictures, texts, numbers and provenance."""
    names = sorted({*old, *new})
    differing = [name for name in names if old.get(name) != new.get(name)]
    numbers: tuple[Change, ...] = ()
    folder = f"derived/{figure}/"
    files = [found for name in names if (found := compare_file(name, old.get(name), new.get(name)))]
    before, after = (
        {name.removeprefix(folder): content for name, content in side.items() if name.startswith(folder)}
        for side in (old, new)
    )
    try:
        numbers = changed_numbers(before, after, [*_parts(figure, old), *_parts(figure, new)])
    except FigproofError as error:
        files.append(FileDifference(f"{folder}{error.where}", FILES, (error.problem,)))
    # A raster shows it as a build drew it; where there is none, or it is the same, a PDF is drawn.
    seen = [file.file for file in files if file.kind in (TEXT, COLOURS, PIXELS)]
    pictures = sorted(seen, key=lambda name: not name.endswith(RASTERS))
    picture = next((p for name in pictures if (p := _picture(old.get(name), new.get(name), name))), None)
    return FigureDifference(figure, tuple(files), len(names) - len(differing), numbers, picture)


def _parts(figure: str, files: Files) -> list[Any]:
    try:
        parts = json.loads(files[f"figures/{figure}.provenance.json"])["parts"]
    except (KeyError, ValueError, TypeError):
        return []
    return parts if isinstance(parts, list) else []


def compare_file(name: str, old: bytes | None, new: bytes | None) -> FileDifference | None:
    """What differs between two versions of a file, None where they are the same or both are missing."""
    if old == new:
        return None
    if old is None or new is None:
        return FileDifference(name, FILES, ("is new" if old is None else "is gone",))
    try:
        found = _found(name, old, new)
    except Unreadable as error:
        return FileDifference(name, FILES, (f"one version {error}",))
    kind = gravest(one for one, _ in found)
    return FileDifference(name, kind, tuple(f"{one}: {text}" for one, text in found))


def _found(name: str, old: bytes, new: bytes) -> Found:
    suffix = name[name.rfind(".") :]
    if suffix in _VECTORS:
        return _VECTORS[suffix](old, new)
    if suffix in RASTERS:
        different = compare_pixels(read_raster(old).pixels, read_raster(new).pixels)
        return [(different.kind, different.text())]
    if name.endswith(".provenance.json"):
        return [(METADATA, f"provenance of: {', '.join(_fields(old, new))}")]
    if name.startswith("derived/") and suffix in (".csv", ".json"):
        listing = name.endswith("/TABLES.json")
        return [(METADATA, "digests of the numbers")] if listing else [(NUMBERS, "cells differ")]
    if name == "index.html":
        return [(METADATA, f"{len(_changed_lines(old, new))} lines of the page")]
    kind = NUMBERS if name == "numbers.tex" else TEXT
    return [(kind, line) for line in _changed_lines(old, new)[:_MOST_LINES]] or [(TEXT, "ends of lines")]


def _fields(old: bytes, new: bytes) -> list[str]:
    try:
        before, after = dict(json.loads(old)), dict(json.loads(new))
    except (ValueError, TypeError):
        return ["a file that cannot be read"]
    return sorted(key for key in {*before, *after} if before.get(key) != after.get(key)) or ["its spelling"]


def _changed_lines(old: bytes, new: bytes) -> list[str]:
    before, after = (side.decode("utf-8", "replace").splitlines() for side in (old, new))
    lines = difflib.unified_diff(before, after, lineterm="", n=0)
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def _picture(old: bytes | None, new: bytes | None, name: str) -> bytes | None:
    if old is None or new is None:
        return None
    before, after = pixels_of(name, old), pixels_of(name, new)
    if before is None or after is None:
        return None
    same = compare_pixels(before, after).kind == METADATA
    return None if same else png(side_by_side(before, after))


def pixels_of(name: str, content: bytes) -> Pixels | None:
    """What a raster or a PDF shows; None for other files, and for what cannot be read or drawn here."""
    if name.endswith(".pdf"):
        return poppler.drawn(content)
    try:
        return read_raster(content).pixels if name.endswith(RASTERS) else None
    except Unreadable:
        return None
