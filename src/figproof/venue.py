"""Read the Matplotlib settings of a sheet; what a venue's header says is read by :mod:`figproof.header`.

A sheet is data. What could run code, fetch something, change the page size or depend on the user's
machine is refused, each with file, key, value and what is allowed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl

from figproof.errors import FigproofError, raise_together, suggest
from figproof.header import sheet_lines

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


@dataclass(frozen=True)
class Setting:
    """A value that Matplotlib validated, and where it was given.

    Attributes
    ----------
    value : object
    sheet : str
        The file's name, the same on every machine.
    line : int or None
        In the sheet, from 1; None where the whole file gives the value, as a palette does.
    """

    value: Any
    sheet: str
    line: int | None

    def place(self, key: str) -> str:
        """Where an error of this value is, as :func:`load_settings` names it."""
        return f"{self.sheet}: {key}" if self.line is None else f"{self.sheet}: line {self.line}: {key}"


def load_settings(path: Path, where: str) -> dict[str, Setting]:
    """Read and check the Matplotlib settings of a sheet.

    Returns
    -------
    dict
        rcParams key -> its value and line.

    Raises
    ------
    FigproofError
        All wrong lines of the sheet.
    """
    settings: dict[str, Setting] = {}
    errors: list[FigproofError] = []
    for number, line in enumerate(sheet_lines(path, where), start=1):
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
            settings[key] = Setting(_setting(key, value.strip('"'), place), where, number)
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


def _without_comment(line: str) -> str:
    """The line up to the first ``#`` outside double quotes."""
    return (re.match(r'(?:"[^"]*"|[^"#])*', line) or [""])[0].strip()
