"""What lint says of a file."""

from __future__ import annotations

from dataclasses import dataclass, field

from figproof.lint.limits import Limit, Severity


@dataclass(frozen=True)
class Finding:
    """One rule that a file breaks.

    Attributes
    ----------
    rule : str
        A key of :data:`RULES`.
    severity : {"error", "warning"}
    measured : str
        What is there, with its place or text.
    limit : str
        What is allowed.
    source : str
        Who says so.
    fix : str
        What to do.
    waived : str
        Why the figure's YAML says that it stays; ``""`` if nothing does.
    """

    rule: str
    severity: Severity
    measured: str
    limit: str
    source: str
    fix: str
    waived: str = ""


@dataclass(frozen=True)
class Report:
    """What lint says of one file.

    Attributes
    ----------
    file : str
    venue : str
        Title, ``""`` if the file was held to no venue.
    findings : tuple of Finding
        Errors first, in the order of :data:`RULES`.
    notes : tuple of str
        What could not be looked at, and why.
    """

    file: str
    venue: str
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Errors that are not waived."""
        return tuple(f for f in self.findings if f.severity == "error" and not f.waived)

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Warnings that are not waived."""
        return tuple(f for f in self.findings if f.severity == "warning" and not f.waived)


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


def broken(rule: str, limit: Limit, measured: str, allowed: str, fix: str) -> Finding:
    """A finding of a rule with its limit's source and severity."""
    return Finding(rule, limit.severity, measured, allowed, limit.source, fix)


def some(items: list[str], most: int = 4) -> str:
    """The first few of many, quoted by their caller: ``a, b and 3 more``."""
    unique = list(dict.fromkeys(items))
    more = f" and {len(unique) - most} more" if len(unique) > most else ""
    return ", ".join(unique[:most]) + more


def quoted(text: str, most: int = 30) -> str:
    """A text from a file, short, in quotes, with nothing that a terminal would obey."""
    plain = "".join(letter if letter.isprintable() else "�" for letter in text)
    return f'"{plain if len(plain) <= most else plain[: most - 1] + "…"}"'
