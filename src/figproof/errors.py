"""The one error that a user sees: what is wrong, where, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FigproofError(Exception):
    """A mistake in the input or a fault outside; the CLI prints it without a traceback and exits 1.

    Parameters
    ----------
    problem : str
        What was given and what is allowed.
    where : str, optional
        File and key, run or address, e.g. ``config/figures/fig5.yaml: venue``.
    hint : str, optional
        What to do next.
    """

    def __init__(self, problem: str, *, where: str | None = None, hint: str | None = None) -> None:
        self.problem = problem
        self.where = where
        self.hint = hint
        text = f"{where}: {problem}" if where else problem
        super().__init__(f"{text}\n  Hint: {hint}" if hint else text)


class Problems(FigproofError):
    """Several errors of one file or one step, shown together; the first ones if they are many."""

    MOST_SHOWN = 20

    def __init__(self, errors: Iterable[FigproofError]) -> None:
        self.errors = tuple(errors)
        lines = [str(error) for error in self.errors[: self.MOST_SHOWN]]
        if left := len(self.errors) - len(lines):
            lines.append(f"... and {left} more like these")
        super().__init__("\n".join(lines))


def raise_together(errors: list[FigproofError]) -> None:
    """Raise nothing, the one error, or all of them as :class:`Problems`."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise Problems(errors)


def suggest(given: str, known: Iterable[str]) -> str:
    """Name what is known, the nearest first: ``Known: icml, neurips. Did you mean icml?``"""
    names = sorted(known)
    if not names:
        return "None exists yet."
    near = difflib.get_close_matches(given, names, n=1, cutoff=0.5)
    return f"Known: {', '.join(names)}." + (f" Did you mean {near[0]}?" if near else "")
