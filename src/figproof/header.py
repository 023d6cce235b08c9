"""The header of a venue's sheet: what the venue asks for, where each value comes from and when it was read.

Kept apart from the sheet's settings because the Snakefile asks for it, and they import Matplotlib.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from figproof.closed import Closed, parse
from figproof.errors import FigproofError, suggest
from figproof.files import read_bounded
from figproof.yamlfile import parse_yaml

MAX_BYTES = 100_000

Status = Literal["verified", "transcribed", "uncertain", "ours"]
"""Read at the source; copied from a table of it; sources conflict; no source asks for it."""


class Said(Closed):
    """Where a value comes from."""

    status: Status
    source: str = Field(min_length=1)


class Widths(Closed):
    """Widths in inches of one column, of one and a half where the venue has it, of the whole text block."""

    single: float = Field(gt=0, le=40)
    onehalf: float | None = Field(None, gt=0, le=40)
    full: float = Field(gt=0, le=40)

    @model_validator(mode="after")
    def _rising(self) -> Widths:
        given = [width for width in (self.single, self.onehalf, self.full) if width is not None]
        if given != sorted(given):
            raise ValueError(f"widths must rise from single over onehalf to full, given {given}")
        return self


class RasterDpi(Closed):
    """Least resolution of line art, and of photographs and half-tones, in pixels per inch."""

    line: int = Field(ge=72, le=2400)
    photo: int = Field(ge=72, le=2400)


class PanelLetter(Closed):
    """How a panel is lettered: ``(a)`` or ``a``, its weight and its size in points."""

    format: Literal["(a)", "a"]
    weight: Literal["normal", "bold"]
    size_pt: float = Field(gt=0)


class Header(Closed):
    """The ``#: key: value`` lines of a venue's sheet; sizes in inches and points.

    Attributes
    ----------
    source, status, read
        Of every value that ``values`` does not name; ``read`` is the day on which the source was read.
    values : dict of str to Said
        Field -> status and source, where they are not the header's own.
    families : list of str
        Families of the fonts that a file may hold; empty for any.
    max_text_pt, max_line_pt, max_bytes
        None for no limit.
    formats : list of str
        What the venue takes.
    transparency : bool
        Whether a file may hold it.
    alt_text : bool
        Whether the venue wants one with each figure.
    grey_safe : bool
        Whether a figure must be readable in grey.
    colour_alone : bool
        Whether two series may differ by colour alone.
    """

    title: str = Field(min_length=1)
    source: str = Field(min_length=1)
    year: int = Field(ge=1990, le=2100)
    status: Status
    read: date
    values: dict[str, Said] = Field(default_factory=dict)
    widths_in: Widths
    max_height_in: float = Field(gt=0)
    text_pt: float = Field(gt=0)
    small_pt: float = Field(gt=0)
    min_text_pt: float = Field(gt=0)
    max_text_pt: float | None = Field(gt=0)
    min_line_pt: float = Field(gt=0)
    max_line_pt: float | None = Field(gt=0)
    families: list[str]
    panel_letter: PanelLetter
    grid: bool
    title_inside: bool
    formats: list[Literal["pdf", "svg", "png", "tiff", "eps"]] = Field(min_length=1)
    png_dpi: int = Field(ge=150, le=1200)
    raster_dpi: RasterDpi
    max_bytes: int | None = Field(gt=0)
    transparency: bool
    alt_text: bool
    grey_safe: bool
    colour_alone: bool

    @field_validator("read", mode="before")
    @classmethod
    def _as_date(cls, read: Any) -> Any:
        try:
            return date.fromisoformat(read) if isinstance(read, str) else read
        except ValueError as error:
            raise ValueError(f'must be a day as "2026-11-21"; given {read!r}') from error

    @field_validator("values")
    @classmethod
    def _of_known_fields(cls, values: dict[str, Said]) -> dict[str, Said]:
        for name in values:
            if name not in cls.model_fields:
                raise ValueError(f"{name!r} is no field of the header. {suggest(name, cls.model_fields)}")
        return values

    @model_validator(mode="after")
    def _ordered_limits(self) -> Header:
        for low, high in (("min_text_pt", "max_text_pt"), ("min_line_pt", "max_line_pt")):
            least, most = getattr(self, low), getattr(self, high)
            if most is not None and most < least:
                raise ValueError(f"{high} {most:g} is under {low} {least:g}")
        return self


def load_header(path: Path, where: str) -> Header:
    """Read and check the header of a venue's sheet."""
    lines = [line[2:].removeprefix(" ") for line in sheet_lines(path, where) if line.startswith("#:")]
    if not lines:
        raise FigproofError("has no header", where=where, hint="start it with lines '#: title: ...'")
    return parse(Header, parse_yaml("\n".join(lines), f"{where} (header)"), where)


def sheet_lines(path: Path, where: str) -> list[str]:
    """The lines of a sheet, at most 100 kB of UTF-8."""
    try:
        return read_bounded(path, MAX_BYTES, where).decode("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise FigproofError(f"is not UTF-8: byte {error.start} cannot be read", where=where) from error
