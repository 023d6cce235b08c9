"""How a figure looks: one venue, its palettes, and one look per condition for all figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import matplotlib as mpl
from cycler import Cycler, cycler
from matplotlib.colors import Colormap

from figproof.canonical import digest_file
from figproof.compose import Composed, compose
from figproof.conditions import ASSIGN, CONDITIONS_FILE, DASHES, MARKERS, Condition, Dash
from figproof.errors import FigproofError, suggest
from figproof.fonts import families
from figproof.header import Header, RasterDpi, Said, Status, load_header
from figproof.palette import load_palette, longer_palettes
from figproof.places import Found, Styles, find_sheet
from figproof.schemas import CYCLIC_PALETTE, DIVERGING_PALETTE
from figproof.specs import style_files
from figproof.venue import Setting

# Of base.mplstyle, and the largest text of a paper; kinds give widths, sizes and lengths beside these.
_PAPER_LINE_PT = 1.2
_PAPER_MARK_PT = 3.5
_PAPER_TEXT_PT = 10.0

MUTED = "#6e6e6e"
"""Grey of reference lines; 5.1:1 on white, enough for text too (WCAG 1.4.3)."""


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
    composed : Composed
        Matplotlib settings of base, venue, a team's sheet and the palettes, with who gave each.
    rc : mapping
        The settings that hold.
    fonts : tuple of Path
        The vendored fonts.
    sources : mapping of str to str
        Path relative to the project -> SHA-256 of each file that this look was read from.
    ink, muted : str
        Colour of text; grey of reference lines.
    highlight : tuple of str
        Conditions in colour, the others grey; all in colour if it is empty.
    asked : set of str
        Conditions whose colour was asked for so far: those that a panel tells apart.
    """

    venue: Venue
    palette: str
    colours: tuple[str, ...]
    conditions: Mapping[str, Condition]
    colormaps: Mapping[str, str]
    composed: Composed
    rc: Mapping[str, Any]
    fonts: tuple[Path, ...]
    sources: Mapping[str, str]
    ink: str
    muted: str = MUTED
    highlight: tuple[str, ...] = ()
    asked: set[str] = field(default_factory=set, compare=False)

    def condition(self, name: str) -> Condition:
        """The registered condition, or an error with the nearest name."""
        if name not in self.conditions:
            # A name from a table is numpy's, and its repr says so.
            name = str(name)
            raise FigproofError(
                f"condition {name!r} has no look. {suggest(name, self.conditions)}",
                where=CONDITIONS_FILE,
                hint=f"add a line for {name}, or {ASSIGN}, which adds it"
                if self.conditions
                else "a kind that asks for the look of a condition must not say SHOWS_CONDITIONS = False",
            )
        return self.conditions[name]

    def label(self, condition: str) -> str:
        """The condition's label."""
        return self.condition(condition).label

    def colour(self, condition: str) -> str:
        """The condition's colour as ``#rrggbb``; grey beside highlighted ones."""
        slot = self.condition(condition).slot
        self.asked.add(str(condition))
        return self.colours[slot] if self.highlights(condition) else self.muted

    def highlights(self, condition: str) -> bool:
        """Whether the condition is drawn in its colour."""
        return not self.highlight or condition in self.highlight

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

    def cycle(self) -> Cycler[str, Any]:
        """For ``Axes.set_prop_cycle``: the palette's colours, neighbouring lines with different dashes.

        After one round of the colours the dashes are shifted, so that as many lines differ as there are
        pairs of a colour and a dash.
        """
        n = len(self.colours)
        dashes = ["solid" if lengths is None else (offset, lengths) for offset, lengths in DASHES.values()]
        pairs = [(i % n, (i + i // n) % len(dashes)) for i in range(n * len(dashes))]
        return cycler(color=[self.colours[i] for i, _ in pairs], linestyle=[dashes[j] for _, j in pairs])

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
        """The colormap of a role: ``sequential``; ``diverging``, lightest at its middle; ``cyclic``."""
        if role not in self.colormaps:
            raise FigproofError(f"colormap role {role!r} is unknown. {suggest(role, self.colormaps)}")
        return mpl.colormaps[self.colormaps[role]]


def venue_names(root: Path) -> tuple[str, ...]:
    """Names of the venues of a project, its team and figproof, sorted."""
    return Styles.of(root).names("venues/*.mplstyle")


def load_look(
    root: Path,
    venue: str,
    qualitative: str,
    sequential: str,
    conditions: Mapping[str, Condition],
    sheet: str | None = None,
    *,
    diverging: str = DIVERGING_PALETTE,
    cyclic: str = CYCLIC_PALETTE,
    highlight: Sequence[str] = (),
) -> Look:
    """Read all that decides how a figure looks.

    Parameters
    ----------
    root : Path
        The project.
    venue, qualitative, sequential, diverging, cyclic : str
        Names of a sheet and of four palettes; see :mod:`figproof.places` for where they are found.
    conditions : mapping of str to Condition
        The conditions the figure may show; each must find its slot in the qualitative palette.
    sheet : str, optional
        A team's own sheet on top of the venue's; see :func:`figproof.places.find_sheet`.
    highlight : sequence of str
        Conditions in colour, the others grey; all in colour if it is empty.

    Raises
    ------
    FigproofError
        An unknown name (with the nearest), a wrong sheet or palette, a sheet that breaks the venue's rules,
        a palette that is too short.
    """
    styles = Styles.of(root)
    asked = load_venue(root, venue)
    file = styles.get(f"venues/{venue}.mplstyle")
    fonts = styles.fonts()
    sheets = [styles.get("base.mplstyle"), file, *([find_sheet(root, sheet)] if sheet else [])]
    composed = compose(sheets, asked, [font.path for font in fonts])
    colours = tuple(load_palette(root, qualitative, "qualitative").colours or ())
    coloured = set(highlight) or set(conditions)
    _check_slots(root, qualitative, colours, {n: c for n, c in conditions.items() if n in coloured})
    roles = {"sequential": sequential, "diverging": diverging, "cyclic": cyclic}
    colormaps = {role: load_palette(root, name, role).registered(name) for role, name in roles.items()}
    ramp = styles.get(f"palettes/{sequential}.yaml").name
    composed = composed.under(ramp, {"image.cmap": Setting(colormaps["sequential"], ramp, None)})
    rc = composed.rc()
    ink = rc.get("text.color", "black")
    files = style_files(root, venue, [qualitative, *roles.values()], sheet)
    used = [file for file in files if file.path.is_file()]
    used += _vendored(fonts, rc["font.family"][0])
    sources = {file.name: digest_file(file.path) for file in used}
    return Look(
        venue=asked,
        palette=qualitative,
        colours=colours,
        conditions=dict(conditions),
        colormaps=colormaps,
        composed=composed,
        # One colour, in ink: a line that asked for no condition's colour must not look like a condition.
        rc=rc | {"axes.prop_cycle": cycler(color=[ink])},
        fonts=tuple(font.path for font in fonts),
        sources=dict(sorted(sources.items())),
        ink=ink,
        highlight=tuple(highlight),
    )


def load_venue(root: Path, name: str) -> Venue:
    """What a venue asks for, from the header of its sheet.

    Raises
    ------
    FigproofError
        An unknown name (with the nearest), or a wrong header.
    """
    sheet = Styles.of(root).get(f"venues/{name}.mplstyle")
    if name not in venue_names(root):
        raise FigproofError(
            f"venue {name!r} is unknown. {suggest(name, venue_names(root))}",
            hint=f"add {sheet.name} to define it",
        )
    header = load_header(sheet.path, sheet.name)
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
    longer = longer_palettes(root, needed)
    raise FigproofError(
        f"has {len(colours)} colours; condition {', '.join(short)} needs {needed}",
        where=Styles.of(root).get(f"palettes/{palette}.yaml").name,
        hint=f"use one of: {', '.join(longer)}" if longer else f"lower the slot in {CONDITIONS_FILE}",
    )


def _vendored(fonts: Iterable[Found], family: str) -> list[Found]:
    files = set(families([font.path for font in fonts])[family])
    return [font for font in fonts if font.path in files]
