"""Figures in files: what a figure's file carries, read back, also out of a paper's PDF and of a page.

pdfTeX and LuaTeX keep the Info dictionary of an included PDF beside its Form XObject (``/PTEX.InfoDict``), so
a paper's PDF carries the provenance of its figures.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple
from urllib.parse import unquote, unquote_to_bytes
from xml.etree import ElementTree

import deflate
from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError
from pypdf.generic import DictionaryObject, IndirectObject

from figproof import tiff
from figproof.encode import PNG_KEYWORD, PNG_SIGNATURE
from figproof.errors import FigproofError
from figproof.files import read_bounded

MAX_READ_BYTES = 200_000_000
MAX_OBJECTS = 100_000

_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
# The first element, or a document type that is not a page's.
_FIRST = re.compile(rb"<([a-z][\w:.-]*|!doctype(?!\s+html))", re.IGNORECASE)
_DATA = re.compile(r"data:[a-z]+/[a-z0-9.+-]+(?:;[^,;\s]+)*,", re.IGNORECASE)
_END_OF_ADDRESS = re.compile(r"[\s\"')]")
_ALLOWED = "PDF, PNG, SVG, TIFF, and pages (HTML) or papers (PDF) that hold such"
DAMAGE: Final = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    struct.error,
    PyPdfError,
    DependencyError,
    ElementTree.ParseError,
    RecursionError,
)


@dataclass(frozen=True)
class Carried:
    """A figure that was found in a file.

    Attributes
    ----------
    place : str
        Where in the file, e.g. ``page 3``; empty if the file is the figure.
    provenance : mapping
        As it was written; a file may come from anywhere and say anything.
    """

    place: str
    provenance: dict[str, Any]


def read_provenance(path: Path) -> dict[str, Any]:
    """The provenance of a file that is a figure: PDF, SVG, PNG or TIFF, whatever its name.

    Raises
    ------
    FigproofError
        The file cannot be read, is damaged, is of another type or carries no provenance.
    """
    found = figures_in(path)
    if len(found) != 1 or found[0].place:
        raise FigproofError("carries no provenance", where=str(path), hint="was it made by another program?")
    return found[0].provenance


def figures_in(path: Path) -> list[Carried]:
    """All figures that a file carries the provenance of; of a page (HTML) also the files that it shows.

    Raises
    ------
    FigproofError
        The file cannot be read, is larger than `MAX_READ_BYTES`, is damaged or of another type.
    """
    content = read_file(path)
    reader = _reader(content)
    if reader is None:
        raise FigproofError(f"is no figure. Allowed: {_ALLOWED}", where=str(path))
    try:
        found = _of_html(content, path.parent) if reader is _of_html else reader(content)
        return [Carried(place, _as_record(text)) for place, text in found]
    except (DependencyError, FileNotDecryptedError) as error:
        hint = "without its password: qpdf --decrypt FILE OUT"
        raise FigproofError("is encrypted", where=str(path), hint=hint) from error
    except DAMAGE as error:
        problem = f"is damaged: {error or type(error).__name__}"
        raise FigproofError(problem, where=str(path), hint="build the figure again") from error


def read_file(path: Path) -> bytes:
    """The bytes of a file of at most `MAX_READ_BYTES`."""
    return read_bounded(path, MAX_READ_BYTES, str(path))


def _as_record(text: str) -> dict[str, Any]:
    record = json.loads(text)
    if not isinstance(record, dict):
        raise ValueError("its provenance is no JSON object")
    return record


def _reader(content: bytes) -> Any:
    """What reads the content: decided by its first bytes, for files are renamed."""
    start = content[:1024].lstrip(b"\xef\xbb\xbf \r\n\t")
    if b"%PDF-" in content[:1024]:
        return _of_pdf
    if content.startswith(PNG_SIGNATURE[:4]):
        return _of_png
    if content[:4] in (b"II*\0", b"MM\0*"):
        return _of_tiff
    if start.startswith(b"<"):
        first = _FIRST.search(_COMMENT.sub(b"", start))
        name = b"" if first is None else first[1].lower()
        return _of_svg if name.endswith(b"svg") or name.startswith(b"!doctype") else _of_html
    return None


def _of_png(content: bytes) -> Iterator[tuple[str, str]]:
    if not content.startswith(PNG_SIGNATURE):
        raise ValueError("no PNG signature")
    place, kind = len(PNG_SIGNATURE), b""
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        body = content[place + 8 : place + 8 + length]
        (checksum,) = struct.unpack(">I", content[place + 8 + length : place + 12 + length])
        if deflate.crc32(kind + body) != checksum:
            raise ValueError(f"chunk {kind!r} does not match its checksum")
        if kind == b"iTXt" and body.startswith(PNG_KEYWORD + b"\0"):
            yield "", body[len(PNG_KEYWORD) + 5 :].decode("ascii")
        place += 12 + length


def _of_tiff(content: bytes) -> Iterator[tuple[str, str]]:
    text = tiff.read_description(content)
    if text is not None and text.startswith("{"):
        yield "", text


def _of_svg(content: bytes) -> Iterator[tuple[str, str]]:
    for element in ElementTree.fromstring(content):
        if element.tag.endswith("}metadata") and element.get("id") == "figproof":
            yield "", element.text or ""


def _of_pdf(content: bytes) -> Iterator[tuple[str, str]]:
    document = PdfReader(io.BytesIO(content))
    own = None if document.metadata is None else document.metadata.get("/figproof")
    if own is not None:
        yield "", str(own)
        return
    for item in objects_of(document):
        record = item.value.get("/PTEX.InfoDict", DictionaryObject())
        text = record.get_object().get("/figproof")
        if text is not None:
            yield f"page {item.page}", str(text)


class PageObject(NamedTuple):
    """A page of a PDF (``name`` empty), or an XObject that it shows for the first time."""

    page: int
    name: str
    value: DictionaryObject


def objects_of(document: PdfReader) -> Iterator[PageObject]:
    """Pages and the XObjects that they show, each once, those inside other XObjects too."""
    seen: set[int] = set()
    for number, page in enumerate(document.pages, 1):
        waiting: list[tuple[str, DictionaryObject]] = [("", page)]
        while waiting:
            name, value = waiting.pop(0)
            yield PageObject(number, name, value)
            resources = value.get("/Resources", DictionaryObject()).get_object()
            shown = resources.get("/XObject", DictionaryObject()).get_object()
            for inner, reference in sorted(shown.items()):
                mark = reference.idnum if isinstance(reference, IndirectObject) else id(reference)
                if mark not in seen:
                    seen.add(mark)
                    waiting.append((str(inner), reference.get_object()))
            if len(seen) > MAX_OBJECTS:
                raise ValueError(f"more than {MAX_OBJECTS} pictures")


class _Pictures(HTMLParser):
    """Pictures of a page: what inline SVGs carry, data addresses wherever they stand, names of files."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str | bytes | PurePosixPath]] = []
        self._record: list[str] | None = None
        self._number = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("img", "object", "embed", "svg"):
            self._number += 1
        if tag == "metadata" and ("id", "figproof") in attrs:
            self._record = []
        for key, value in attrs:
            self._look_into(value or "", whole=key != "srcset")
            if value and tag in ("img", "object", "embed") and key in ("src", "data"):
                self.found.append((self._place, PurePosixPath(unquote(value))))

    def handle_data(self, data: str) -> None:
        if self._record is not None:
            self._record.append(data)
        elif self.cdata_elem == "style":
            self._look_into(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "metadata" and self._record is not None:
            self.found.append((self._place, "".join(self._record)))
            self._record = None

    @property
    def _place(self) -> str:
        return f"picture {self._number}" if self._number else "page"

    def _look_into(self, text: str, *, whole: bool = False) -> None:
        """Data addresses in a text, the last of which may be all of it, with spaces in it."""
        for found in _DATA.finditer(text):
            end = None if whole and found.start() == 0 else _END_OF_ADDRESS.search(text, found.end())
            encoded = text[found.end() : end.start() if end else None]
            content = unquote_to_bytes(encoded)
            if ";base64," in found[0].lower():
                try:
                    content = base64.b64decode(b"".join(content.split()), validate=True)
                except binascii.Error:
                    continue
            self.found.append((self._place, content))


def pictures_of(content: bytes, folder: Path) -> Iterator[tuple[str, str | bytes]]:
    """Where in a page (HTML) a picture is, and what it is: a file's bytes, or what an inline SVG carries.

    Parameters
    ----------
    content : bytes
        None are given if it is no page.
    folder : Path
        The page's own: files that it shows are read there and below, and nowhere else.
    """
    if _reader(content) is not _of_html:
        return
    page = _Pictures()
    page.feed(content.decode("utf-8", "replace"))
    page.close()
    seen: set[Path] = set()
    for place, what in page.found:
        if not isinstance(what, PurePosixPath):
            yield place, what
            continue
        file = _beside(folder, what)
        if file is not None and file not in seen:
            seen.add(file)
            yield f"{place}, {what}", read_file(file)


def _beside(folder: Path, name: PurePosixPath) -> Path | None:
    try:
        file = (folder / name).resolve()
        return file if file.is_relative_to(folder.resolve()) and file.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None


def _of_html(content: bytes, folder: Path) -> Iterator[tuple[str, str]]:
    for place, what in pictures_of(content, folder):
        if isinstance(what, str):
            yield place, what
            continue
        reader = _reader(what)
        if reader in (_of_png, _of_svg, _of_tiff, _of_pdf):
            yield from ((place, text) for _, text in reader(what))
