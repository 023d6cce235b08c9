"""Alternative text of a figure, made from the numbers in it: what a reader who cannot see it needs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from figproof.kinds import Kind
from figproof.model import Frame, Table

LONGEST = 1500
"""Characters; screen readers read it in one piece."""

_MOST_GROUPS, _MOST_COLUMNS, _MOST_ROWS, _MOST_FACTS = 6, 4, 8, 8
# Bounds of a band and counts say less than what they belong to.
_BESIDE = frozenset(["low", "high", "runs", "place", "rank", "row", "column", "input", "point", "interval"])
_GROUPS = ("condition", "metric", "part", "curve", "kind", "quantity", "layer")


def describe_figure(caption: str, parts: Sequence[tuple[str, Kind, Table, Any]], look: Any) -> str:
    """The alternative text of a figure.

    Parameters
    ----------
    caption : str
    parts : sequence of (letter, kind, table, params)
        The letter is ``""`` for a figure of one part.
    look : Look

    Returns
    -------
    str
        One line of at most :data:`LONGEST` characters, without control or bidirectional characters.
    """
    said = [caption]
    for letter, kind, table, params in parts:
        text = kind.describe(table, params, look) if kind.describe else of_numbers(kind.doc, table, look)
        said.append(f"({letter}) {text}" if letter else text)
    return plain(" ".join(_sentence(text) for text in said if text.strip()))


def of_numbers(doc: str, table: Table, look: Any) -> str:
    """What any table says: what the figure shows, the range of its quantities, and its facts."""
    said = [re.split(r"\.\s+(?=[A-Z])", " ".join(doc.strip().partition("\n\n")[0].split()), maxsplit=1)[0]]
    frames = sorted(table.frames.items(), key=lambda item: -_size(item[1]))
    if frames:
        said.append(_titled(frames[0][0], _ranges(frames[0][1], look)))
    for name, frame in table.frames.items():
        if frames and frame is not frames[0][1] and 0 < _size(frame) <= _MOST_ROWS:
            said.append(_titled(name, _rows(frame, look)))
    facts = [f"{_words(name)} {shown}" for name, value in table.facts.items() if (shown := _fact(value))]
    said += [", ".join(facts[:_MOST_FACTS])] if facts else []
    return " ".join(_sentence(text) for text in said if text)


def _titled(name: str, text: str) -> str:
    return f"{_words(name).capitalize()}: {text}" if text else ""


def plain(text: str) -> str:
    """One line, normalised, without what is not a letter, sign or space; cut at a word if it is long."""
    normal = unicodedata.normalize("NFC", text.encode("utf-8", "replace").decode("utf-8"))
    kept = "".join(letter if letter.isprintable() else " " for letter in normal)
    line = " ".join(kept.split())
    if len(line) <= LONGEST:
        return line
    return line[: LONGEST - 1].rpartition(" ")[0] + "…"


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text[-1:] in ".!?…" else text + "."


def _size(frame: Frame) -> int:
    return max((column.size for column in frame.values()), default=0)


def _ranges(frame: Frame, look: Any) -> str:
    """From where to where each quantity goes, for each group of rows."""
    groups = [name for name in _GROUPS if name in frame and 1 < len(set(frame[name].tolist())) <= 12]
    said = []
    for named, rows in _grouped(frame, groups[:2], look):
        parts = [
            f"{_words(name)} {_span(column[rows])}"
            for name, column in frame.items()
            if column.dtype.kind in "fi" and name not in groups and name not in _BESIDE
            if np.isfinite(column[rows]).any()
        ]
        said.append(f"{named}{', '.join(parts[:_MOST_COLUMNS])}")
    more = f"; and {len(said) - _MOST_GROUPS} more" if len(said) > _MOST_GROUPS else ""
    return "; ".join(said[:_MOST_GROUPS]) + more


def _grouped(frame: Frame, groups: list[str], look: Any) -> Iterator[tuple[str, Any]]:
    if not groups:
        yield "", slice(None)
        return
    keys = list(zip(*(frame[name].tolist() for name in groups), strict=True))
    for key in dict.fromkeys(keys):
        rows = np.array([one == key for one in keys])
        yield " ".join(_group(name, part, look) for name, part in zip(groups, key, strict=True)) + " ", rows


def _span(values: Any) -> str:
    finite = values[np.isfinite(values)]
    low, high = float(finite.min()), float(finite.max())
    return f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"


def _rows(frame: Frame, look: Any) -> str:
    """A small frame row by row."""
    heads = [name for name, column in frame.items() if column.dtype.kind == "U"][:1]
    numbers = [name for name, column in frame.items() if column.dtype.kind in "fi" and name not in _BESIDE]
    said = []
    for row in range(_size(frame)):
        values = [(name, float(frame[name][row])) for name in numbers[:_MOST_COLUMNS]]
        parts = [f"{_words(name)} {value:.3g}" for name, value in values if np.isfinite(value)]
        if parts:
            said.append(
                " ".join([*(_group(name, frame[name][row], look) for name in heads), ", ".join(parts)])
            )
    return "; ".join(said)


def _group(column: str, value: Any, look: Any) -> str:
    """What a group of rows is called: a condition by its label, a number by its quantity."""
    name = str(value)
    if column == "condition" and look is not None and name in look.conditions:
        return str(look.label(name))
    return f"{_words(column)} {name}" if isinstance(value, int | np.integer) else _words(name)


def _fact(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3g}" if np.isfinite(value) else ""
    return str(value) if isinstance(value, int | str) and 0 < len(str(value)) <= 24 else ""


def _words(name: str) -> str:
    return name.replace("_", " ")
