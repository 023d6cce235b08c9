"""Every limit that a file is held to, with its source: its venue's, and those of reading at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from figproof.look import Venue

Severity = Literal["error", "warning"]

WIDTH_SLACK_PT = 0.5
SIZE_SLACK_PT = 0.05
"""Text of 7 pt of LaTeX's, 1/72.27 inch, is 6.97 of a PDF's points."""
LINE_SLACK = 0.02
"""As part of the limit: half a point of LaTeX's is 0.498 of a PDF's."""


@dataclass(frozen=True)
class Limit:
    """One limit.

    Attributes
    ----------
    value : object
    source : str
        Who says so.
    severity : {"error", "warning"}
        A warning where sources conflict or no source asks for it.
    """

    value: Any
    source: str
    severity: Severity = "error"


@dataclass(frozen=True)
class Limits:
    """What a file is held to; None where the venue sets no limit, or no venue is named.

    Attributes
    ----------
    venue : str
        Title of the venue, ``""`` for none.
    widths_in : Limit of mapping of str to float, or None
    max_height_in, min_text_pt, max_text_pt, min_line_pt, max_line_pt : Limit of float, or None
    raster_line_dpi, raster_photo_dpi, max_bytes : Limit of int, or None
    families, formats : Limit of tuple of str, or None
    panel_letter_pt : float
        Size that a panel's letter may have besides.
    no_transparency, alt_text, no_grid, no_title, grey_step, not_colour_alone : Limit, or None
        There where the venue asks for it; ``grey_step`` of the least difference in J'.
    text_contrast, large_text_contrast, mark_contrast, colour_distance, points, embedded, no_type3 : Limit
        Of every file.
    """

    venue: str = ""
    widths_in: Limit | None = None
    max_height_in: Limit | None = None
    min_text_pt: Limit | None = None
    max_text_pt: Limit | None = None
    min_line_pt: Limit | None = None
    max_line_pt: Limit | None = None
    raster_line_dpi: Limit | None = None
    raster_photo_dpi: Limit | None = None
    max_bytes: Limit | None = None
    families: Limit | None = None
    formats: Limit | None = None
    panel_letter_pt: float = 0.0
    no_transparency: Limit | None = None
    alt_text: Limit | None = None
    no_grid: Limit | None = None
    no_title: Limit | None = None
    grey_step: Limit | None = None
    not_colour_alone: Limit | None = None
    text_contrast: Limit = Limit(4.5, "WCAG 2.2, 1.4.3")
    large_text_contrast: Limit = Limit(3.0, "WCAG 2.2, 1.4.3, text of 18 pt or bold of 14 pt")
    mark_contrast: Limit = Limit(3.0, "WCAG 2.2, 1.4.11", "warning")
    colour_distance: Limit = Limit(
        10.0, "figproof: Okabe and Ito's colours are 11.0 apart (CAM02-UCS, any deficiency, as on a screen)"
    )
    points: Limit = Limit(150_000, "figproof: viewers and reviewers' printers stall", "warning")
    embedded: Limit = Limit("all", "PDF/A, and every venue that says how fonts go into a PDF")
    no_type3: Limit = Limit("none", "NeurIPS, ICML, AAAI and IEEE refuse Type 3 fonts")


PLAIN = Limits()
"""Without a venue: what makes any figure hard to read or to print."""


def limits_of(venue: Venue, width: float | None = None) -> Limits:
    """The limits of a venue.

    Parameters
    ----------
    venue : Venue
    width : float, optional
        Width in inches that the figure was asked to have; one of the venue's widths if left out.
    """
    said = _Said(venue)
    dpi = venue.raster_dpi
    widths: Mapping[str, float] = {"asked for": width} if width is not None else venue.widths_in
    return Limits(
        venue=venue.title,
        widths_in=said("widths_in", widths),
        max_height_in=said("max_height_in", venue.max_height_in),
        # Text that cannot be read is an error whoever says how small that is; the house draws none.
        min_text_pt=Limit(venue.min_text_pt, said("min_text_pt", 0).source),
        max_text_pt=said("max_text_pt", venue.max_text_pt) if venue.max_text_pt else None,
        min_line_pt=said("min_line_pt", venue.min_line_pt),
        max_line_pt=said("max_line_pt", venue.max_line_pt) if venue.max_line_pt else None,
        raster_line_dpi=said("raster_dpi", dpi.line),
        raster_photo_dpi=said("raster_dpi", dpi.photo),
        max_bytes=said("max_bytes", venue.max_bytes) if venue.max_bytes else None,
        families=said("families", venue.families) if venue.families else None,
        formats=said("formats", venue.formats),
        panel_letter_pt=venue.panel_letter_pt,
        no_transparency=None if venue.transparency else said("transparency", "none"),
        alt_text=said("alt_text", "needed") if venue.alt_text else None,
        no_grid=None if venue.grid else said("grid", "none"),
        no_title=None if venue.title_inside else said("title_inside", "none"),
        # The published step of ten colours, the least that Petroff asks of any list.
        grey_step=said("grey_safe", 3.6) if venue.grey_safe else None,
        not_colour_alone=None if venue.colour_alone else said("colour_alone", "marker or dash differs"),
    )


@dataclass(frozen=True)
class _Said:
    venue: Venue

    def __call__(self, field: str, value: Any) -> Limit:
        said = self.venue.said(field)
        weak = said.status in ("uncertain", "ours")
        who = "figproof" if said.status == "ours" else self.venue.title
        return Limit(value, f"{who} ({said.status}): {said.source}", "warning" if weak else "error")
