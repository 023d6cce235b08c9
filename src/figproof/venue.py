"""Read a venue's sheet: a header that says what the venue asks for, and Matplotlib settings.

A sheet is data. What could run code, fetch something, change the page size or depend on the user's
machine is refused, each with file, key, value and what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import matplotlib as mpl
from pydantic import Field

from figproof.closed import Closed, parse
from figproof.errors import FigproofError, raise_together, suggest
from figproof.fonts import families
from figproof.yamlfile import parse_yaml

MAX_BYTES = 100_000

_GROUPS = (
    *("axes", "axes3d", "boxplot", "contour", "errorbar", "figure", "font", "grid", "hatch", "hist", "image"),
    *("legend", "lines", "markers", "mathtext", "patch", "path", "pdf", "polaraxes", "ps", "savefig"),
    *("scatter", "svg", "text", "xaxis", "xtick", "yaxis", "ytick"),
)

_REFUSED = {
    "axes.prop_cycle": "colours come from the palette, by name; a cycler is code",
    "figure.dpi": "the raster comes from the header's png_dpi",
    "figure.figsize": "the size comes from the header's widths_in and the figure's height",
    "figure.hooks": "a hook is code",
    "pdf.compression": "the encoder compresses, with a library that gives the same bytes everywhere",
    "savefig.directory": "figproof chooses where files go",
    "savefig.dpi": "the raster comes from the header's png_dpi",
    "savefig.format": "the formats come from config.yaml",
    "svg.hashsalt": "fixed, because ids in the SVG depend on it",
    "text.latex.preamble": "LaTeX is not used",
}

REQUIRED: Mapping[str, Any] = {
    "axes.formatter.use_locale": False,
    "figure.constrained_layout.use": True,
    "pdf.fonttype": 42,
    "pdf.use14corefonts": False,
    "ps.fonttype": 42,
    "savefig.bbox": None,
    "svg.fonttype": "path",
    "svg.image_inline": True,
    "text.usetex": False,
}
"""What every sheet must end at: exact page size, embedded TrueType, outlines in SVG, no LaTeX."""


class Widths(Closed):
    """Widths in inches of one column and of the whole text block."""

    single: float = Field(gt=0, le=40)
    full: float = Field(gt=0, le=40)


class PanelLetter(Closed):
    """How a panel is lettered: ``(a)`` or ``a``, its weight and its size in points."""

    format: Literal["(a)", "a"]
    weight: Literal["normal", "bold"]
    size_pt: float = Field(gt=0)


class Header(Closed):
    """The ``#: key: value`` lines of a venue's sheet."""

    title: str = Field(min_length=1)
    source: str = Field(min_length=1)
    year: int = Field(ge=1990, le=2100)
    status: Literal["verified", "transcribed", "uncertain"]
    widths_in: Widths
    max_height_in: float = Field(gt=0)
    text_pt: float = Field(gt=0)
    small_pt: float = Field(gt=0)
    min_text_pt: float = Field(gt=0)
    min_line_pt: float = Field(gt=0)
    panel_letter: PanelLetter
    grid: bool
    title_inside: bool
    png_dpi: int = Field(ge=150, le=1200)


def load_header(path: Path, where: str) -> Header:
    """Read and check the header of a venue's sheet."""
    lines = [line[2:].removeprefix(" ") for line in _lines(path, where) if line.startswith("#:")]
    if not lines:
        raise FigproofError("has no header", where=where, hint="start it with lines '#: title: ...'")
    return parse(Header, parse_yaml("\n".join(lines), f"{where} (header)"), where)


def load_settings(path: Path, where: str) -> dict[str, Any]:
    """Read and check the Matplotlib settings of a sheet.

    Returns
    -------
    dict
        rcParams key -> value, validated by Matplotlib.

    Raises
    ------
    FigproofError
        All wrong lines of the sheet.
    """
    settings: dict[str, Any] = {}
    errors: list[FigproofError] = []
    for number, line in enumerate(_lines(path, where), start=1):
        text = _without_comment(line)
        if not text:
            continue
        key, colon, value = (part.strip() for part in text.partition(":"))
        place = f"{where}: line {number}: {key}"
        try:
            if not colon:
                raise FigproofError("is not 'key: value'", where=place)
            if key in settings:
                raise FigproofError("is given twice", where=place)
            settings[key] = _setting(key, value.strip('"'), place)
        except FigproofError as error:
            errors.append(error)
    raise_together(errors)
    return settings


def _setting(key: str, value: str, place: str) -> Any:
    if key not in mpl.rcParams:
        known = [name for name in mpl.rcParams if name.partition(".")[0] in _GROUPS]
        near = suggest(key, known).rpartition(". ")[2] if key else ""
        hint = near if near.startswith("Did you mean") else "see Matplotlib's list of rcParams"
        raise FigproofError(f"is no Matplotlib setting (given {value!r})", where=place, hint=hint)
    if "://" in value:
        raise FigproofError(f"holds a URL ({value!r}); a sheet fetches nothing", where=place)
    if key in REQUIRED and _validated(key, value, place) != REQUIRED[key]:
        allowed = "standard" if key == "savefig.bbox" else REQUIRED[key]
        raise FigproofError(f"given {value!r}, allowed is only {allowed!r}", where=place)
    if key in REQUIRED:
        return REQUIRED[key]
    if key in _REFUSED:
        raise FigproofError(f"cannot be set (given {value!r}): {_REFUSED[key]}", where=place)
    if key.partition(".")[0] not in _GROUPS:
        raise FigproofError(
            f"cannot be set in a sheet (given {value!r}). Allowed groups: {', '.join(_GROUPS)}", where=place
        )
    return _validated(key, value, place)


def _validated(key: str, value: str, place: str) -> Any:
    try:
        return mpl.RcParams({key: value})[key]
    except ValueError as error:
        reason = " ".join(str(error).removeprefix(f"Key {key}: ").split())
        raise FigproofError(f"given {value!r}: {reason}", where=place) from error


def check_complete(settings: Mapping[str, Any], fonts: Iterable[Path], where: str) -> None:
    """Check the merged settings of base and venue: required values, shipped fonts, matching mathtext.

    Raises
    ------
    FigproofError
        All problems.
    """
    errors = [
        FigproofError(
            f"{key} must be {value!r}, given {settings.get(key, mpl.rcParamsDefault[key])!r}", where=where
        )
        for key, value in REQUIRED.items()
        if settings.get(key, mpl.rcParamsDefault[key]) != value
    ]
    known = families(fonts)
    family = settings.get("font.family", ["sans-serif"])
    if len(family) != 1 or family[0] not in known:
        given = ", ".join(family)
        errors.append(
            FigproofError(
                f"font.family: {given!r} does not ship with figproof. {suggest(given, known)}",
                where=where,
                hint="add its TrueType files and licence to styles/fonts",
            )
        )
    else:
        errors += _mathtext_problems(settings, family[0], where)
    raise_together(errors)


def _mathtext_problems(settings: Mapping[str, Any], family: str, where: str) -> list[FigproofError]:
    fontset = settings.get("mathtext.fontset")
    matching = {
        "STIXGeneral": "stix",
        "DejaVu Sans": "dejavusans",
        "DejaVu Serif": "dejavuserif",
        "cmr10": "cm",
    }
    if fontset != matching.get(family, "custom"):
        wanted = matching.get(family, "custom")
        return [FigproofError(f"mathtext.fontset: given {fontset!r}, {family} needs {wanted!r}", where=where)]
    if fontset != "custom":
        return []
    faces = [f"mathtext.{face}" for face in ("rm", "it", "bf", "bfit", "sf", "tt", "cal")]
    return [
        FigproofError(
            f"{key}: given {settings.get(key)!r}, must name {family!r} as the text does", where=where
        )
        for key in faces
        if str(settings.get(key, "")).partition(":")[0] != family
    ]


def _lines(path: Path, where: str) -> list[str]:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise FigproofError(f"is larger than {MAX_BYTES} bytes", where=where)
        return content.decode("utf-8").splitlines()
    except OSError as error:
        raise FigproofError(f"cannot be read: {error.strerror or error}", where=where) from error
    except UnicodeDecodeError as error:
        raise FigproofError(f"is not UTF-8: byte {error.start} cannot be read", where=where) from error


def _without_comment(line: str) -> str:
    """The line up to the first ``#`` outside double quotes."""
    return (re.match(r'(?:"[^"]*"|[^"#])*', line) or [""])[0].strip()
