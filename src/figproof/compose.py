"""Put sheets on top of one another: base, venue, a team's own; who set what, and what that breaks.

A later sheet wins key by key. What the venue asks for still holds: a value that breaks it is refused
at the line of the sheet that gave it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.font_manager import font_scalings

from figproof.errors import FigproofError, raise_together, suggest
from figproof.fonts import families
from figproof.places import Found
from figproof.venue import REQUIRED, Setting, load_settings

if TYPE_CHECKING:
    from figproof.look import Venue

_TEXT_SIZE = re.compile(r"font\.size|.*(labelsize|titlesize|fontsize)")
_LINE_WIDTH = re.compile(r".*(linewidth|\.width|edgewidth)")
_FONTSETS = {
    "STIXGeneral": "stix",
    "DejaVu Sans": "dejavusans",
    "DejaVu Serif": "dejavuserif",
    "cmr10": "cm",
}
_FACES = tuple(f"mathtext.{face}" for face in ("rm", "it", "bf", "bfit", "sf", "tt", "cal"))


@dataclass(frozen=True)
class Composed:
    """Settings of several sheets.

    Attributes
    ----------
    sheets : tuple of str
        Names, those that win last.
    settings : mapping of str to tuple of Setting
        rcParams key -> who gave it a value, in the sheets' order; the last one holds. Sorted by key.
    """

    sheets: tuple[str, ...]
    settings: Mapping[str, tuple[Setting, ...]]

    def rc(self) -> dict[str, Any]:
        """rcParams key -> the value that holds."""
        return {key: given[-1].value for key, given in self.settings.items()}

    def under(self, sheet: str, settings: Mapping[str, Setting]) -> Composed:
        """The same with the settings of one more sheet, which win."""
        keys = sorted({*self.settings, *settings})
        added = {key: (settings[key],) if key in settings else () for key in keys}
        return Composed(
            (*self.sheets, sheet), {key: (*self.settings.get(key, ()), *added[key]) for key in keys}
        )

    def place(self, *keys: str) -> str:
        """Where the last of some values was given, as errors name it; the last sheet if none was."""
        held = [(key, self.settings[key][-1]) for key in keys if key in self.settings]
        if not held:
            return self.sheets[-1]
        key, setting = max(held, key=lambda item: self.sheets.index(item[1].sheet))
        return setting.place(key)


def compose(sheets: Sequence[Found], venue: Venue, fonts: Iterable[Path]) -> Composed:
    """Read sheets, put them on top of one another, and check the result.

    Parameters
    ----------
    sheets : sequence of Found
        Those that win last.
    venue : Venue
        Whose rules hold.
    fonts : iterable of Path
        The fonts of the folders of styles; Matplotlib's own are known.

    Raises
    ------
    FigproofError
        All wrong lines of a sheet; or all values that are not camera-ready or break the venue's rules, each
        with the sheet and line that gave it.
    """
    composed = Composed((), {})
    for file in sheets:
        composed = composed.under(file.name, load_settings(file.path, file.name))
    raise_together([*_incomplete(composed, fonts), *_broken_rules(composed, venue)])
    return composed


def _incomplete(composed: Composed, fonts: Iterable[Path]) -> list[FigproofError]:
    """Required values, shipped fonts, mathtext in the font of the text."""
    rc = composed.rc()
    errors = [
        FigproofError(f"{key} must be {value!r}, given {given!r}", where=composed.place(key))
        for key, value in REQUIRED.items()
        if (given := rc.get(key, mpl.rcParamsDefault[key])) != value
    ]
    known = families(fonts)
    family = rc.get("font.family", ["sans-serif"])
    if len(family) == 1 and family[0] in known:
        return errors + _mathtext_problems(composed, rc, family[0])
    given = ", ".join(family)
    unknown = FigproofError(
        f"the font {given!r} does not ship with figproof. {suggest(given, known)}",
        where=composed.place("font.family"),
        hint="add its TrueType files and licence to styles/fonts",
    )
    return [*errors, unknown]


def _mathtext_problems(composed: Composed, rc: Mapping[str, Any], family: str) -> list[FigproofError]:
    fontset, wanted = rc.get("mathtext.fontset"), _FONTSETS.get(family, "custom")
    if fontset != wanted:
        problem = f"mathtext.fontset is {fontset!r}, {family} needs {wanted!r}"
        return [FigproofError(problem, where=composed.place("mathtext.fontset", "font.family"))]
    return [
        FigproofError(
            f"{key} is {rc.get(key)!r}, must name {family!r} as the text does",
            where=composed.place(key, "font.family"),
        )
        for key in _FACES
        if wanted == "custom" and str(rc.get(key, "")).partition(":")[0] != family
    ]


def _broken_rules(composed: Composed, venue: Venue) -> list[FigproofError]:
    errors = []
    rc = composed.rc()
    for key, value in rc.items():
        broken = ""
        if _TEXT_SIZE.fullmatch(key):
            size = _points(value, rc)
            broken = _outside(size, "text", venue, "min_text_pt", "max_text_pt")
        elif _LINE_WIDTH.fullmatch(key) and isinstance(value, float) and value > 0:
            broken = _outside(value, "a line", venue, "min_line_pt", "max_line_pt")
        elif key == "axes.grid" and value and not venue.grid:
            broken = _rule("a grid; ", "allows none", venue, "grid")
        elif key == "font.family" and venue.families and value[0] not in venue.families:
            broken = _rule(f"{value[0]}; ", f"allows {', '.join(venue.families)}", venue, "families")
        if broken:
            hint = "leave the key to the venue's sheet, or keep to the rule"
            errors.append(FigproofError(broken, where=composed.place(key), hint=hint))
    return errors


def _points(value: Any, rc: Mapping[str, Any]) -> float:
    """A text size as Matplotlib takes it: points, a name relative to ``font.size``, or None for it."""
    size = float(rc.get("font.size", mpl.rcParamsDefault["font.size"]))
    return size * font_scalings[value] if value in font_scalings else float(value)


def _outside(size: float, what: str, venue: Venue, least: str, most: str) -> str:
    low, high = getattr(venue, least), getattr(venue, most)
    if size < low:
        return _rule(f"{what} of {size:g} pt; ", f"allows {low:g} pt or more", venue, least)
    if high is not None and size > high:
        return _rule(f"{what} of {size:g} pt; ", f"allows {high:g} pt or less", venue, most)
    return ""


def _rule(given: str, rule: str, venue: Venue, field: str) -> str:
    said = venue.said(field)
    return f"{given}{venue.name} {rule} ({said.status}: {said.source})"
