"""What an audit finds, and what each kind of finding means for a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")

MEANING: Mapping[str, str] = {
    "unreadable": "no figure can be made of this run",
    "incomplete": "it cannot be pinned: a curve would be cut off, or a mean taken over missing points",
    "running": "it cannot be pinned before it has ended",
    "stale": "it was killed and will never be complete: no figure can show it; record it again",
    "failed": "it cannot be pinned; a figure over seeds lacks this one",
    "not-finite": "a mean or an axis limit over it is not finite: a figure leaves it out or is refused",
    "steps": "one step with two values has no place on a curve; a copy of a point is dropped when it is read",
    "no-seed": "it is no one of n seeds: an interval over seeds cannot be computed with it",
    "uncommitted": "the commit does not name the code that made the figure; only the stored sources do",
    "sources": "nobody can see or run again the code behind the figure's numbers",
    "artifact-missing": "a figure that reads this array cannot be made",
    "damaged": "the bytes are not those that were recorded: a figure of them would show something else",
    "no-digest": "nothing can prove that these bytes are those that were recorded",
    "arrays": "no figure can read arrays from it",
    "name": "figproof names files by digest; another tool that saves this one may write elsewhere",
    "opaque": "a pickled Python object is never decoded: runs cannot be grouped by what it stands for",
    "clock": "points may be another run's, or the clock was set: times in a figure are wrong",
    "gap": "the clock was set forward, or the machine paused: wall times and the run's duration hold it",
    "versions": "the spread over these seeds holds the difference of the packages too",
    "code": "the spread over these seeds holds the difference of the code too",
    "not-repeatable": "the number in the figure depends on which of these runs was pinned",
}
"""Rule -> what it means for a figure."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a run, or with several that belong together.

    Attributes
    ----------
    runs : tuple
        Run ids.
    rule : str
        A key of :data:`MEANING`.
    severity : {"error", "warning", "note"}
        Error: it cannot be in a figure, or must not be. Warning: a figure of it claims more than it shows.
    measured : str
        What is there.
    """

    runs: tuple[Any, ...]
    rule: str
    severity: Severity
    measured: str

    @property
    def means(self) -> str:
        return MEANING[self.rule]


def in_order(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Errors first, then as the rules stand in :data:`MEANING`, then by run."""
    rules = list(MEANING)
    return tuple(
        sorted(
            findings,
            key=lambda found: (
                SEVERITIES.index(found.severity),
                rules.index(found.rule),
                # Numbers by value; other ids after them.
                [(not isinstance(i, int), i if isinstance(i, int) else 0, str(i)) for i in found.runs],
                found.measured,
            ),
        )
    )
