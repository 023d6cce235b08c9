"""Two versions of a figure's derived numbers, cell by cell: which run, which point, old and new value."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from figproof.errors import FigproofError

Contents = Mapping[str, bytes]
"""Name of a file below ``results/derived/<figure>`` -> content."""

_FACTS = "facts.json"
_NAMES_OF_RUN = ("run", "run_id")


@dataclass(frozen=True)
class Change:
    """A number that is another now.

    Attributes
    ----------
    table : str
        ``lines.csv``, ``a/cells.csv`` or ``facts.json``.
    point : str
        Which row: its words and steps, ``condition sgd, metric train.loss, step 3``.
    runs : tuple of int
        Ids of the pinned runs that the row was computed from; empty where the row names none.
    column : str
        ``""`` for a row that only one side has.
    old, new : str
        As the files spell them; ``""`` where there is none.
    """

    table: str
    point: str
    runs: tuple[int, ...]
    column: str
    old: str
    new: str

    def text(self) -> str:
        """In a line: where it is, whose it is, and what it was."""
        whose = (
            f" (run{'' if len(self.runs) == 1 else 's'} {', '.join(map(str, self.runs))})"
            if self.runs
            else ""
        )
        values = f"{self.old or 'nothing'} is {self.new or 'nothing'}"
        return f"{self.table}: {self.point}{whose}: {f'{self.column} ' if self.column else ''}{values}"


def changed_numbers(old: Contents, new: Contents, parts: Sequence[Mapping[str, Any]]) -> tuple[Change, ...]:
    """Every cell and fact that differs.

    Parameters
    ----------
    old, new : mapping of str to bytes
    parts : sequence of mapping
        Of the provenance of both: panels with their runs.

    Raises
    ------
    FigproofError
        A file is no table.
    """
    changes: list[Change] = []
    for name in sorted({*old, *new}):
        before, after = old.get(name, b""), new.get(name, b"")
        if before == after:
            continue
        try:
            if name.endswith(".csv"):
                changes += _cells(name, before, after, _runs_of(name, parts))
            elif name.endswith(_FACTS):
                changes += _facts(name, before, after)
        except (ValueError, csv.Error, KeyError, TypeError, AttributeError) as error:
            raise FigproofError(f"is no table ({type(error).__name__})", where=name) from error
    return tuple(changes)


def _runs_of(name: str, parts: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    letter = name.partition("/")[0] if "/" in name else ""
    found = [part.get("runs") for part in parts if isinstance(part, dict) and part.get("panel") == letter]
    return [run for runs in found if isinstance(runs, list) for run in runs if isinstance(run, dict)]


def _table(content: bytes) -> tuple[list[str], list[list[str]]]:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8"))))
    return (rows[0], rows[1:]) if rows else ([], [])


def _cells(name: str, old: bytes, new: bytes, runs: list[Mapping[str, Any]]) -> Iterator[Change]:
    (header, before), (columns, after) = _table(old), _table(new)
    if header != columns:
        yield Change(name, "its columns", (), "", ", ".join(header), ", ".join(columns))
        return
    words = _naming(header, [*before, *after])
    for left, right in _paired(words, before, after):
        row = left if left is not None else right or []
        named = {header[i]: row[i] for i in words if left is None or right is None or left[i] == right[i]}
        point = ", ".join(f"{column} {value}" for column, value in named.items())
        ids = _ids(named, runs)
        if left is None or right is None:
            yield Change(name, point, ids, "", *(("", "a row") if left is None else ("a row", "")))
        else:
            for column, a, b in zip(header, left, right, strict=True):
                if a != b:
                    yield Change(name, point, ids, column, a, b)


def _naming(header: list[str], rows: list[list[str]]) -> list[int]:
    """Columns that say which row it is: words and whole numbers; the others are measured."""
    if any(len(row) != len(header) for row in rows):
        raise ValueError("rows of several lengths")
    return [i for i in range(len(header)) if not any(_is_measured(row[i]) for row in rows)]


def _is_measured(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return not cell.lstrip("-").isdigit()


def _paired(
    words: list[int], before: list[list[str]], after: list[list[str]]
) -> Iterator[tuple[list[str] | None, list[str] | None]]:
    """Rows side by side: in order if there are as many, else by what names them."""
    if len(before) == len(after):
        yield from zip(before, after, strict=True)
        return
    left, right = _by_name(words, before), _by_name(words, after)
    for key in dict.fromkeys([*left, *right]):
        yield left.get(key), right.get(key)


def _by_name(words: list[int], rows: list[list[str]]) -> dict[tuple[Any, ...], list[str]]:
    seen: Counter[tuple[str, ...]] = Counter()
    named = {}
    for row in rows:
        key = tuple(row[i] for i in words)
        named[(key, seen[key])] = row
        seen[key] += 1
    return named


def _ids(named: Mapping[str, str], runs: Iterable[Mapping[str, Any]]) -> tuple[int, ...]:
    """The pinned runs that a row speaks of; none if it names no run and no condition."""
    given = next((named[name] for name in _NAMES_OF_RUN if named.get(name)), None)
    condition, seed = named.get("condition"), named.get("seed")
    if given is None and condition is None:
        return ()
    ids = {
        run["id"]
        for run in runs
        if isinstance(run.get("id"), int)
        and given in (None, str(run["id"]))
        and condition in (None, "", run.get("condition"))
        and seed in (None, "", str(run.get("seed")))
    }
    return tuple(sorted(ids))


def _facts(name: str, old: bytes, new: bytes) -> Iterator[Change]:
    before, after = (dict(_flat(json.loads(one)["facts"])) if one else {} for one in (old, new))
    for key in sorted({*before, *after}):
        if before.get(key) != after.get(key):
            yield Change(name, key, (), "", before.get(key, ""), after.get(key, ""))


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _flat(item, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _flat(item, f"{key}[{index}]")
    else:
        yield key, json.dumps(value, ensure_ascii=True)
