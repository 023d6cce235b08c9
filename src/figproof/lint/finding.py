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
        A key of :data:`figproof.rules.RULES`.
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
        Errors first, in the order of :data:`figproof.rules.RULES`.
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
