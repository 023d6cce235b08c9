"""Two versions of a PDF or SVG: the same but for metadata, other text, other colours, or other shapes."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, StreamObject

from figproof.canonical import digest_bytes
from figproof.lint.page import Image, Ink, Page, Path, Run
from figproof.lint.pdf import read_pdf, refusing
from figproof.lint.series import hexadecimal
from figproof.lint.svg import read_svg
from figproof.proof.classes import COLOURS, METADATA, PIXELS, TEXT

Found = list[tuple[str, str]]
"""Class of a difference -> what differs, for people."""

_MOST_NAMED = 6
_SAME_PT = 1e-6
_DEEPEST = 60

# What names a figure and its making and is not painted.
_SVG_METADATA = re.compile(
    rb"<metadata\b.*?</metadata>|<desc\b.*?</desc>|<title\b.*?</title>|<!--.*?-->", re.DOTALL
)
_UNPAINTED = frozenset(["/Contents", "/Parent", "/StructParents", "/Metadata", "/PieceInfo", "/LastModified"])
_MARKS = frozenset([b"BDC", b"BMC", b"EMC", b"DP", b"MP"])
"""Operators that say what content means, for readers that read it aloud."""


def compare_pdfs(old: bytes, new: bytes) -> Found:
    """What differs between two PDFs that are not the same bytes.

    Raises
    ------
    figproof.lint.pdf.Unreadable
        One of them is damaged, encrypted or holds more than is read.
    """
    with refusing():
        before, after = PdfReader(io.BytesIO(old)), PdfReader(io.BytesIO(new))
        pages = len(before.pages), len(after.pages)
        painted = [[_painted(page) for page in reader.pages] for reader in (before, after)]
        about = [_information(reader) for reader in (before, after)]
    if pages[0] != pages[1]:
        return [(PIXELS, f"{pages[0]} pages are {pages[1]}")]
    changed = sorted(key for key in {*about[0], *about[1]} if about[0].get(key) != about[1].get(key))
    found = [(METADATA, f"document information: {', '.join(changed)}")] if changed else []
    if painted[0] == painted[1]:
        return found or [(METADATA, "structure around the page's content")]
    for number in (n for n in range(pages[0]) if painted[0][n] != painted[1][n]):
        found += compare_pages(read_pdf(old, number + 1), read_pdf(new, number + 1))
    return found


def compare_svgs(old: bytes, new: bytes) -> Found:
    """What differs between two SVGs that are not the same bytes.

    Raises
    ------
    figproof.lint.pdf.Unreadable
        One of them is damaged.
    """
    # Spaces are put around what is left out.
    if _SVG_METADATA.sub(b" ", old).split() == _SVG_METADATA.sub(b" ", new).split():
        return [(METADATA, "metadata, description or spaces")]
    return compare_pages(read_svg(old), read_svg(new))


def compare_pages(old: Page, new: Page) -> Found:
    """What a reader sees differ on two pages that are not painted by the same bytes."""
    found: Found = []
    sizes = [(round(page.width_pt, 3), round(page.height_pt, 3)) for page in (old, new)]
    if sizes[0] != sizes[1]:
        found.append((PIXELS, "page of {} x {} pt is {} x {} pt".format(*sizes[0], *sizes[1])))
    found += _texts(old.runs, new.runs)
    found += _fonts(old, new)
    found += _shapes("path", old.paths, new.paths, _path_shape, _path_inks)
    found += _shapes("image", old.images, new.images, _image_shape, lambda image: [])
    if old.points != new.points and not any(kind == PIXELS for kind, _ in found):
        found.append((PIXELS, f"{old.points} points of paths are {new.points}"))
    return found or [(PIXELS, "is painted in another way, which this command cannot describe")]


def _texts(old: Sequence[Run], new: Sequence[Run]) -> Found:
    if len(old) != len(new):
        before, after = Counter(run.text for run in old), Counter(run.text for run in new)
        gone, came = before - after, after - before
        return [(TEXT, f"{len(old)} texts are {len(new)}{_named(' gone: ', gone)}{_named(' new: ', came)}")]
    pairs = list(zip(old, new, strict=True))
    other = [f"{a.text!r} is {b.text!r}" for a, b in pairs if a.text != b.text]
    set_otherwise = [f"{a.text!r} {_setting(a, b)}" for a, b in pairs if a.text == b.text and _setting(a, b)]
    found = [(TEXT, f"{len(texts)} {_some(texts)}") for texts in (other, set_otherwise) if texts]
    return found + _inks("text", [([a.ink], [b.ink]) for a, b in pairs])


def _setting(old: Run, new: Run) -> str:
    if old.font != new.font:
        return f"in {new.font}, was {old.font}"
    if not np.isclose(old.size_pt, new.size_pt, rtol=0, atol=_SAME_PT, equal_nan=True):
        return f"at {new.size_pt:.3g} pt, was {old.size_pt:.3g}"
    moved = float(np.abs(old.corners - new.corners).max())
    return f"moved by {moved:.3g} pt" if moved > _SAME_PT else ""


def _fonts(old: Page, new: Page) -> Found:
    names = [{(font.name, font.kind, font.embedded) for font in page.fonts} for page in (old, new)]
    if names[0] == names[1]:
        return []
    spelled = [sorted(f"{name} ({kind})" for name, kind, _ in fonts) for fonts in names]
    return [(TEXT, f"fonts {', '.join(spelled[0])} are {', '.join(spelled[1])}")]


def _shapes(
    noun: str,
    old: Sequence[Any],
    new: Sequence[Any],
    shape: Callable[[Any], Any],
    inks: Callable[[Any], list[Ink | None]],
) -> Found:
    if len(old) != len(new):
        return [(PIXELS, f"{len(old)} {noun}s are {len(new)}")]
    pairs = list(zip(old, new, strict=True))
    moved = sum(shape(a) != shape(b) for a, b in pairs)
    found = [(PIXELS, f"{moved} of {len(pairs)} {noun}s have another shape or place")] if moved else []
    return found + _inks(noun, [(inks(a), inks(b)) for a, b in pairs])


def _path_shape(path: Path) -> tuple[Any, ...]:
    # A fill or line that comes or goes is a shape; its colour is none.
    drawn = (path.stroke is None, path.fill is None, path.closed, path.curved)
    return (tuple(part.tobytes() for part in path.parts), *drawn, path.width_pt, path.dash, path.clip)


def _path_inks(path: Path) -> list[Ink | None]:
    return [path.stroke, path.fill]


def _image_shape(image: Image) -> tuple[Any, ...]:
    pixels = image.load()
    content = None if pixels is None else digest_bytes(np.ascontiguousarray(pixels).tobytes())
    return (image.box, image.size_px, image.bits, content)


def _inks(noun: str, pairs: Iterable[tuple[list[Ink | None], list[Ink | None]]]) -> Found:
    changed: Counter[str] = Counter()
    for before, after in pairs:
        for a, b in zip(before, after, strict=True):
            if a is not None and b is not None and a != b:
                changed[f"{_spelled(a)} is {_spelled(b)}"] += 1
    return [(COLOURS, f"of {sum(changed.values())} {noun}s{_named(': ', changed)}")] if changed else []


def _spelled(ink: Ink) -> str:
    colour = "a pattern" if ink.rgb is None else hexadecimal(ink.rgb)
    return colour if ink.alpha == 1 else f"{colour} at {ink.alpha:.3g}"


def _named(lead: str, counted: Counter[str]) -> str:
    names = [f"{name!r}" if lead.strip() != ":" else name for name in sorted(counted)]
    return f"{lead}{_some(names)}" if names else ""


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _information(reader: PdfReader) -> dict[str, str]:
    found = {str(key): str(value) for key, value in (reader.metadata or {}).items()}
    structure = reader.root_object.get("/StructTreeRoot")
    return {**found, "alternative text": _dump(structure, frozenset(["/P", "/Pg", "/ParentTree"]))}


def _painted(page: Any) -> tuple[str, str]:
    """A page's content and all that it uses, as text; what is not painted is left out."""
    contents = page.get_contents()
    operations = contents.operations if contents is not None else []
    painted = repr([operation for operation in operations if operation[1] not in _MARKS])
    return digest_bytes(painted.encode("utf-8", "surrogatepass")), _dump(page, _UNPAINTED)


def _dump(item: Any, without: frozenset[str], depth: int = 0) -> str:
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(item, IndirectObject):
        item = item.get_object()
    if isinstance(item, DictionaryObject):
        inner = {str(key): item.raw_get(key) for key in item if str(key) not in without}
        inner.pop("/Length", None)
        stream = ""
        if isinstance(item, StreamObject):
            # However it was compressed.
            inner.pop("/Filter", None)
            stream = digest_bytes(item.get_data())
        parts = [f"{key} {_dump(inner[key], without, depth + 1)}" for key in sorted(inner)]
        return f"<<{' '.join(parts)}>>{stream}"
    if isinstance(item, ArrayObject):
        return f"[{' '.join(_dump(one, without, depth + 1) for one in item)}]"
    return repr(item)
