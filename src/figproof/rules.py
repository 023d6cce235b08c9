"""The rules of ``figproof lint``; apart from it, as a figure's YAML names those that it waives."""

from __future__ import annotations

RULES = {
    "unreadable": "the file can be read",
    "format": "a format that the venue takes",
    "page-width": "exactly one of the venue's widths",
    "page-height": "not higher than the venue's page",
    "file-size": "not larger than the venue takes",
    "font-embedded": "every font is in the file",
    "font-type3": "no Type 3 font",
    "font-family": "letters in one of the venue's families",
    "text-size": "no text, sub- or superscript smaller than the venue's least",
    "text-size-max": "no text larger than the venue's most",
    "line-width": "no line thinner than the venue's least",
    "line-width-max": "no line thicker than the venue's most",
    "image-resolution": "enough pixels for each inch",
    "text-overlap": "no text on another text",
    "text-outside": "no text beyond the edge of the page",
    "text-contrast": "text stands out from what is behind it",
    "mark-contrast": "lines and markers stand out from the paper",
    "series-colour": "two series are told apart by any reader",
    "series-grey": "two series are told apart in grey",
    "series-colour-alone": "two series differ by more than colour",
    "colour-map": "lightness of a colour map tells its order",
    "legend-over-data": "no legend lies on data",
    "axis-label": "an axis with numbers has a label",
    "axis-unit": "a quantity with a unit shows it",
    "title-inside": "no title where the venue forbids it",
    "grid-lines": "no grid where the venue forbids it",
    "transparency": "no transparency where the venue forbids it",
    "vector-points": "not more points than a page can hold",
    "alt-text": "alternative text where the venue asks for it",
}
"""Id of each rule -> what it asks for, in the order of reports."""
