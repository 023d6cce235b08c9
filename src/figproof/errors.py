"""The one error that a user sees: what is wrong, where, and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_MOST_NAMES = 40
_LONGEST_NAME = 100


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
    listed = ", ".join(map(_shown, names[:_MOST_NAMES]))
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return f"Known: {listed}{more}." + (f" Did you mean {_shown(near[0])}?" if near else "")


def printable(text: str, keep: str = "") -> str:
    """Text that may come from a run, with what a terminal would obey spelled out: ``\\x1b[2J``.

    Parameters
    ----------
    keep : str
        Characters that stay as they are, e.g. ``"\\n"``.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in keep else ascii(letter)[1:-1] for letter in text
    )


def _shown(name: str) -> str:
    """A name that may come from a run: short and printable."""
    plain = printable(name)
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[: _LONGEST_NAME - 3]}..."
