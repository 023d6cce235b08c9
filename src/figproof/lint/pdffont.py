"""Fonts of a PDF: what they are called, whether they are embedded, and what their codes mean.

Character maps and widths come from pypdf; it leaves out the widths of Type 3 fonts without a map,
and says nothing of embedding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pypdf.generic import DictionaryObject
from pypdf.generic._font import Font as PypdfFont

from figproof.lint.page import Font

_SUBSET = re.compile(r"^[A-Z]{6}\+")
_EM, _TRUETYPE_EM = 1000.0, 2048.0
_USUAL_WIDTH = 500.0


@dataclass(frozen=True)
class Glyph:
    """One character code as it is shown.

    Attributes
    ----------
    text : str
        Empty if the font does not tell.
    advance : float
        In font sizes.
    is_space : bool
        Whether word spacing applies: the single byte 32 (PDF 2.0, 9.3.3).
    """

    text: str
    advance: float
    is_space: bool


class PdfFont:
    """One font dictionary, read; whatever is wrong with it, its codes still have a width.

    Attributes
    ----------
    font : Font
    em : float
        Height of the em square in font sizes: 1, or what a Type 3 font's matrix makes of 1000 or 2048
        units; NaN if its units are others.
    """

    def __init__(self, resource: DictionaryObject) -> None:
        self._read: PypdfFont | None = None
        try:
            self._read = PypdfFont.from_font_resource(resource)
        except Exception:  # a hostile font may raise anything in any table
            self._read = None
        self.font = describe(resource)
        self._two_bytes = resource.get("/Subtype") == "/Type0"
        self._widths = _simple_widths(resource) if self.font.kind == "Type3" else {}
        self._unit = 1 / _EM
        self.em = 1.0
        if self.font.kind == "Type3":
            matrix = _numbers(resource.get("/FontMatrix")) or [1 / _EM, 0, 0, 1 / _EM, 0, 0]
            self._unit = matrix[0]
            self.em = _em_of(abs(matrix[3]))

    def glyphs(self, shown: bytes) -> Iterator[Glyph]:
        """The glyphs of a string that is shown."""
        step = 2 if self._two_bytes else 1
        for start in range(0, len(shown) - step + 1, step):
            code = int.from_bytes(shown[start : start + step], "big")
            yield Glyph(self._text(code), self._advance(code), step == 1 and code == 32)

    def _text(self, code: int) -> str:
        if self._read is None or not self._read.interpretable:
            return ""
        encoding = self._read.encoding
        letter = encoding.get(code, "") if isinstance(encoding, dict) else chr(code)
        if chr(code) in self._read.character_map:
            letter = self._read.character_map[chr(code)]
        elif letter in self._read.character_map:
            letter = self._read.character_map[letter]
        elif self._two_bytes:
            # Without a map a code of two bytes is a glyph's number, not a character.
            return ""
        return letter if isinstance(letter, str) and letter.isprintable() else ""

    def _advance(self, code: int) -> float:
        if code in self._widths:
            return self._widths[code] * self._unit
        widths = self._read.character_widths if self._read else {}
        width = widths.get(chr(code), widths.get("default", _USUAL_WIDTH))
        return float(width) * self._unit if isinstance(width, int | float) else _USUAL_WIDTH * self._unit


def _em_of(scale: float) -> float:
    """Height of a Type 3 font's em square in font sizes: of 1000 units, or of TrueType's 2048."""
    for size in (1.0, 10.0):
        # Ghostscript writes fonts ten times as large and sets them at a tenth of their size.
        if abs(scale * _TRUETYPE_EM / size - 1) < 0.01:
            return size
    return scale * _EM if 0.2 < scale * _EM < 5 else float("nan")


def describe(resource: DictionaryObject) -> Font:
    """Name, type and embedding of a font dictionary."""
    below = _first_descendant(resource)
    kind = str((below or resource).get("/Subtype", "/unknown")).removeprefix("/")
    name = _SUBSET.sub("", str(resource.get("/BaseFont", resource.get("/Name", "unnamed"))).removeprefix("/"))
    descriptor = _dictionary((below or resource).get("/FontDescriptor"))
    files = ("/FontFile", "/FontFile2", "/FontFile3")
    embedded = kind == "Type3" or any(key in descriptor for key in files)
    return Font(name, kind, embedded)


def _first_descendant(resource: DictionaryObject) -> DictionaryObject | None:
    fonts = resource.get("/DescendantFonts")
    fonts = fonts.get_object() if fonts is not None else None
    return _dictionary(fonts[0]) if isinstance(fonts, list) and fonts else None


def _dictionary(item: Any) -> DictionaryObject:
    found = item.get_object() if item is not None else None
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def _simple_widths(resource: DictionaryObject) -> dict[int, float]:
    first = resource.get("/FirstChar", 0)
    widths = _numbers(resource.get("/Widths"))
    return dict(enumerate(widths[:256], start=int(first) if isinstance(first, int | float) else 0))


def _numbers(item: Any) -> list[float]:
    found = item.get_object() if item is not None else None
    if not isinstance(found, list):
        return []
    values = [value.get_object() for value in found]
    return [float(v) if isinstance(v, int | float) else 0.0 for v in values]


class Fonts:
    """The fonts of one page, each read once."""

    def __init__(self) -> None:
        self._read: dict[int, PdfFont] = {}
        self._used: dict[tuple[str, str, bool], Font] = {}

    def note(self, resources: DictionaryObject) -> None:
        """Remember every font that the page may use: who checks a PDF lists these."""
        for resource in resources.values():
            item = resource.get_object()
            if isinstance(item, DictionaryObject):
                font = describe(item)
                self._used[(font.name, font.kind, font.embedded)] = font

    def used(self) -> list[Font]:
        """What was noted, sorted."""
        return [font for _, font in sorted(self._used.items())]

    def of(self, item: Any) -> PdfFont | None:
        """The font that a font dictionary describes; None for anything else."""
        if not isinstance(item, DictionaryObject):
            return None
        if id(item) not in self._read:
            self._read[id(item)] = PdfFont(item)
        return self._read[id(item)]
