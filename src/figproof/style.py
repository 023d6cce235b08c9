"""How a figure looks: one venue, its palettes, and one look per condition for all figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.colors import Colormap
from pydantic import Field, field_validator

from figproof.canonical import digest_file
from figproof.closed import Closed, parse
from figproof.errors import FigproofError, raise_together, suggest
from figproof.fonts import families
from figproof.header import Header, RasterDpi, Said, Status, load_header
from figproof.palette import load_palette, palette_names
from figproof.places import Found, Styles
from figproof.specs import DIVERGING_PALETTE, style_files
from figproof.venue import check_complete, load_settings
from figproof.yamlfile import load_yaml

Dash = tuple[float, tuple[float, ...] | None]

DASHES: Mapping[str, Dash] = {
    "solid": (0.0, None),
    "dashed": (0.0, (4.0, 1.6)),
    "dotted": (0.0, (1.0, 1.4)),
    "dashdot": (0.0, (5.0, 1.5, 1.0, 1.5)),
}
"""Named dashes: lengths on and off, in line widths."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")
"""Filled markers, those that differ most first."""

CONDITIONS_FILE = "config/conditions.yaml"

# Of base.mplstyle, and the largest text of a paper; kinds give widths, sizes and lengths beside these.
_PAPER_LINE_PT = 1.2
_PAPER_MARK_PT = 3.5
_PAPER_TEXT_PT = 10.0

MUTED = "#6e6e6e"
"""Grey of reference lines; 5.1:1 on white, enough for text too (WCAG 1.4.3)."""


class Condition(Closed):
    """The look of one condition in every figure.

    Attributes
    ----------
    label : str
    slot : int
        Index of its colour in the qualitative palette, from 0.
    marker : str
        One of :data:`MARKERS`.
    dash : str or list of float
        A name in :data:`DASHES`, or lengths on and off in line widths.
    """

    label: str = Field(min_length=1, max_length=60)
    slot: int = Field(ge=0)
    marker: str
    dash: str | list[float]

    @field_validator("marker")
    @classmethod
    def _known_marker(cls, marker: str) -> str:
        if marker not in MARKERS:
            raise ValueError(f"marker {marker!r} is unknown. Known: {' '.join(MARKERS)}")
        return marker

    @field_validator("dash")
    @classmethod
    def _known_dash(cls, dash: str | list[float]) -> str | list[float]:
        if isinstance(dash, str) and dash not in DASHES:
            raise ValueError(f"dash {dash!r} is unknown. {suggest(dash, DASHES)}")
        if not isinstance(dash, str) and (not dash or len(dash) % 2 or not all(0 < x <= 50 for x in dash)):
            raise ValueError(f"dash {dash} must be an even number of lengths between 0 and 50")
        return dash

    def dash_pattern(self) -> Dash:
        """The dash as Matplotlib's ``(offset, lengths)``; lengths None for a solid line."""
        return DASHES[self.dash] if isinstance(self.dash, str) else (0.0, tuple(self.dash))


@dataclass(frozen=True)
class Venue:
    """What one venue asks for; sizes in inches and points. The fields are those of its :class:`Header`."""

    name: str
    title: str
    source: str
    year: int
    status: Status
    read: date
    values: Mapping[str, Said]
    widths_in: Mapping[str, float]
    max_height_in: float
    text_pt: float
    small_pt: float
    min_text_pt: float
    max_text_pt: float | None
    min_line_pt: float
    max_line_pt: float | None
    families: tuple[str, ...]
    panel_letter_format: str
    panel_letter_weight: str
    panel_letter_pt: float
    grid: bool
    title_inside: bool
    formats: tuple[str, ...]
    png_dpi: int
    raster_dpi: RasterDpi
    max_bytes: int | None
    transparency: bool
    alt_text: bool
    grey_safe: bool
    colour_alone: bool

    def width_in(self, width: str | float) -> float:
        """A named width of the venue, or a fraction of its full width, in inches.

        Raises
        ------
        FigproofError
            The venue has no width of that name.
        """
        if isinstance(width, float):
            return width * self.widths_in["full"]
        if width not in self.widths_in:
            has = ", ".join(f"{name} ({value:.4g} in)" for name, value in self.widths_in.items())
            raise FigproofError(f"{self.name} has no width {width!r}. It has {has}; or a fraction of full")
        return self.widths_in[width]

    def said(self, field: str) -> Said:
        """Status and source of one field of the header."""
        return self.values.get(field) or Said(status=self.status, source=self.source)


@dataclass(frozen=True)
class Look:
    """Names to looks, for one figure; given to every kind's ``draw``.

    Attributes
    ----------
    venue : Venue
    colours : tuple of str
        The qualitative palette.
    conditions : mapping of str to Condition
        In registry order.
    colormaps : mapping of str to str
        Role -> name of a Matplotlib colormap.
    rc : mapping
        Matplotlib settings of base and venue.
    fonts : tuple of Path
        The vendored fonts.
    sources : mapping of str to str
        Path relative to the project -> SHA-256 of each file that this look was read from.
    ink, muted : str
        Colour of text; grey of reference lines.
    """

    venue: Venue
    palette: str
    colours: tuple[str, ...]
    conditions: Mapping[str, Condition]
    colormaps: Mapping[str, str]
    rc: Mapping[str, Any]
    fonts: tuple[Path, ...]
    sources: Mapping[str, str]
    ink: str
    muted: str = MUTED

    def condition(self, name: str) -> Condition:
        """The registered condition, or an error with the nearest name."""
        if name not in self.conditions:
            # A name from a table is numpy's, and its repr says so.
            name = str(name)
            raise FigproofError(
                f"condition {name!r} has no look. {suggest(name, self.conditions)}",
                where=CONDITIONS_FILE,
                hint=f"add a line for {name} to {CONDITIONS_FILE}",
            )
        return self.conditions[name]

    def label(self, condition: str) -> str:
        """The condition's label."""
        return self.condition(condition).label

    def colour(self, condition: str) -> str:
        """The condition's colour as ``#rrggbb``."""
        return self.colours[self.condition(condition).slot]

    def marker(self, condition: str) -> str:
        """The condition's Matplotlib marker."""
        return self.condition(condition).marker

    def dash(self, condition: str) -> Dash:
        """The condition's line style, ``(offset, lengths)``."""
        return self.condition(condition).dash_pattern()

    def ordered(self, conditions: Iterable[str]) -> tuple[str, ...]:
        """The given conditions without repetition, in registry order."""
        given = set(conditions)
        for name in sorted(given):
            self.condition(name)
        return tuple(name for name in self.conditions if name in given)

    def line(self, condition: str) -> dict[str, Any]:
        """Keyword arguments for ``Axes.plot``: color and linestyle."""
        return {"color": self.colour(condition), "linestyle": self.dash(condition)}

    def line_pt(self, on_paper: float) -> float:
        """A line's width in points: so wide beside lines of 1.2 pt, within the venue's limits.

        Posters and slides have wider lines of data, and all others grow with them.
        """
        width = max(on_paper * (self.rc["lines.linewidth"] / _PAPER_LINE_PT), self.venue.min_line_pt)
        return float(min(width, self.venue.max_line_pt or width))

    def mark_pt(self, on_paper: float) -> float:
        """A mark's size in points: so large beside marks of 3.5 pt."""
        return float(on_paper * (self.rc["lines.markersize"] / _PAPER_MARK_PT))

    def room_in(self, on_paper: float) -> float:
        """A length in inches that the layout of a paper needs; larger text needs more."""
        return float(on_paper * max(1.0, self.venue.text_pt / _PAPER_TEXT_PT))

    def class_colours(self, n: int) -> tuple[str, ...]:
        """The first n colours of the palette, for classes; an error if it has fewer."""
        if n > len(self.colours):
            raise FigproofError(
                f"{n} classes need {n} colours, palette {self.palette!r} has {len(self.colours)}",
                where=f"palette {self.palette}",
                hint="choose a longer qualitative palette in the figure's YAML",
            )
        return self.colours[:n]

    def class_markers(self, n: int) -> tuple[str, ...]:
        """n different markers, for classes; an error if there are fewer."""
        if n > len(MARKERS):
            raise FigproofError(f"{n} classes need {n} markers, there are {len(MARKERS)}")
        return MARKERS[:n]

    def cmap(self, role: str = "sequential") -> Colormap:
        """The colormap of a role: ``sequential``, or ``diverging`` for signed values, white at its middle."""
        if role not in self.colormaps:
            raise FigproofError(f"colormap role {role!r} is unknown. {suggest(role, self.colormaps)}")
        return mpl.colormaps[self.colormaps[role]]


def load_conditions(path: Path) -> dict[str, Condition]:
    """Read the registry of conditions.

    Returns
    -------
    dict of str to Condition
        In the file's order, which is the order of legends.

    Raises
    ------
    FigproofError
        All problems of the file, among them two conditions that look the same.
    """
    where = CONDITIONS_FILE if path.as_posix().endswith(CONDITIONS_FILE) else str(path)
    content = load_yaml(path)
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise FigproofError("must map condition names to their looks", where=where)
    errors: list[FigproofError] = []
    conditions: dict[str, Condition] = {}
    taken: dict[Any, str] = {}
    for name, entry in content.items():
        try:
            condition = parse(Condition, entry, where, name)
        except FigproofError as error:
            errors.append(error)
            continue
        look = (condition.slot, condition.marker, condition.dash_pattern())
        if look in taken:
            problem = f"has the slot, marker and dash of {taken[look]!r}; one must differ"
            errors.append(FigproofError(problem, where=f"{where}: {name}"))
        taken[look] = name
        conditions[name] = condition
    raise_together(errors)
    return conditions


def venue_names(root: Path) -> tuple[str, ...]:
    """Names of the venues of a project, its team and figproof, sorted."""
    return Styles.of(root).names("venues/*.mplstyle")


def load_look(
    root: Path, venue: str, qualitative: str, sequential: str, conditions: Mapping[str, Condition]
) -> Look:
    """Read all that decides how a figure looks.

    Parameters
    ----------
    root : Path
        The project.
    venue, qualitative, sequential : str
        Names of a sheet and of two palettes; see :mod:`figproof.places` for where they are found.
    conditions : mapping of str to Condition
        The conditions the figure may show; each must find its slot in the qualitative palette.

    Raises
    ------
    FigproofError
        An unknown name (with the nearest), a wrong sheet or palette, a palette that is too short.
    """
    styles = Styles.of(root)
    base, sheet = styles.get("base.mplstyle"), styles.get(f"venues/{venue}.mplstyle")
    if venue not in venue_names(root):
        raise FigproofError(
            f"venue {venue!r} is unknown. {suggest(venue, venue_names(root))}",
            hint=f"add {sheet.name} to define it",
        )
    settings = {**load_settings(base.path, base.name), **load_settings(sheet.path, sheet.name)}
    fonts = styles.fonts()
    check_complete(settings, [font.path for font in fonts], sheet.name)
    colours = tuple(load_palette(root, qualitative, "qualitative").colours or ())
    _check_slots(root, qualitative, colours, conditions)
    colormaps = {
        "sequential": load_palette(root, sequential, "sequential").colormap or "",
        "diverging": load_palette(root, DIVERGING_PALETTE, "diverging").colormap or "",
    }
    ink = settings.get("text.color", "black")
    # One colour, in ink: a line that asked for no condition's colour must not look like a condition.
    rc = {**settings, "image.cmap": colormaps["sequential"], "axes.prop_cycle": cycler(color=[ink])}
    used = [file for file in style_files(root, venue, qualitative, sequential) if file.path.is_file()]
    used += _vendored(fonts, settings["font.family"][0])
    sources = {file.name: digest_file(file.path) for file in used}
    header = load_header(sheet.path, sheet.name)
    return Look(
        venue=_venue(venue, header),
        palette=qualitative,
        colours=colours,
        conditions=dict(conditions),
        colormaps=colormaps,
        rc=rc,
        fonts=tuple(font.path for font in fonts),
        sources=dict(sorted(sources.items())),
        ink=ink,
    )


def _venue(name: str, header: Header) -> Venue:
    plain = {field: getattr(header, field) for field in Header.model_fields}
    letter = plain.pop("panel_letter")
    widths = header.widths_in.model_dump(exclude_none=True)
    return Venue(
        name=name,
        panel_letter_format=letter.format,
        panel_letter_weight=letter.weight,
        panel_letter_pt=letter.size_pt,
        **plain | {"widths_in": widths, "families": tuple(header.families), "formats": tuple(header.formats)},
    )


def _check_slots(
    root: Path, palette: str, colours: tuple[str, ...], conditions: Mapping[str, Condition]
) -> None:
    short = [name for name, condition in conditions.items() if condition.slot >= len(colours)]
    if not short:
        return
    needed = max(conditions[name].slot for name in short) + 1
    longer = []
    for name in palette_names(root):
        if len(load_palette(root, name).colours or ()) >= needed:
            longer.append(name)
    raise FigproofError(
        f"has {len(colours)} colours; condition {', '.join(short)} needs {needed}",
        where=Styles.of(root).get(f"palettes/{palette}.yaml").name,
        hint=f"use one of: {', '.join(longer)}" if longer else f"lower the slot in {CONDITIONS_FILE}",
    )


def _vendored(fonts: Iterable[Found], family: str) -> list[Found]:
    files = set(families([font.path for font in fonts])[family])
    return [font for font in fonts if font.path in files]
