"""List runs: filter, sort, choose columns, reading only what these ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from figproof.audit.fields import ANY, TAGS, TEXT, Field, Row, dig, parse_field, run_key, statistic
from figproof.audit.filters import Filter, fit_all, is_nan, parse_filter
from figproof.audit.spelling import cell
from figproof.errors import FigproofError, suggest
from figproof.store.connect import Store
from figproof.store.listing import metric_names, read_fields, read_metric
from figproof.store.marks import mark_of, read_marks

COLUMNS = ("id", "experiment", "status", "started", "duration", "config.seed", "result", "commit", "tag")
"""What is shown if nothing else is asked for."""
WHERE = "figproof runs list"


@dataclass(frozen=True)
class Question:
    """What is asked of the store.

    Attributes
    ----------
    filters : tuple of Filter
        All of them hold. Archived runs are left out unless one of them is about ``archived``.
    columns : tuple of Field
    sort : Field
    descending : bool
    limit : int or None
        The first so many, after sorting.
    """

    filters: tuple[Filter, ...]
    columns: tuple[Field, ...]
    sort: Field
    descending: bool = False
    limit: int | None = None


@dataclass(frozen=True)
class Listing:
    """The answer.

    Attributes
    ----------
    columns : tuple of str
    rows : tuple of tuple
        A value for each column; None where a run has none.
    ids : tuple
        Ids of the rows.
    notes : tuple of str
        What was left out, and why.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    ids: tuple[Any, ...]
    notes: tuple[str, ...]


def ask(
    filters: Iterable[str] = (),
    columns: str | None = None,
    sort: str = "id",
    *,
    descending: bool = False,
    limit: int | None = None,
) -> Question:
    """Read a question as a person writes it.

    Raises
    ------
    FigproofError
        A filter, column or key is not in the grammar, or the limit is not positive.
    """
    if limit is not None and limit < 1:
        raise FigproofError(f"is {limit}; at least 1 is allowed", where=f"{WHERE} --limit")
    names = COLUMNS if columns is None else _names(columns)
    if not names:
        raise FigproofError(f"names no field, e.g. {','.join(COLUMNS[:3])}", where=f"{WHERE} --columns")
    return Question(
        tuple(parse_filter(text, WHERE) for text in filters),
        tuple(parse_field(name, f"{WHERE} --columns") for name in names),
        parse_field(sort, f"{WHERE} --sort"),
        descending,
        limit,
    )


def list_runs(store: Store, question: Question) -> Listing:
    """Answer a question.

    Raises
    ------
    FigproofError
        A filter asks for a config key or a metric that no run has: a mistyped one would find nothing.
    """
    asked = (*(one.field for one in question.filters), *question.columns, question.sort)
    rows, unreadable = _read(store, asked)
    everything = rows
    sure = [one.field for one in question.filters if one.wanted == (None,)]
    checked = [field for field in asked if field not in sure]
    _refuse_unknown(store, [field for field in checked if not field.metric], rows)
    early = [one for one in question.filters if not one.field.metric]
    late = [one for one in question.filters if one.field.metric]
    rows, hidden = _without_archived(question.filters, [row for row in rows if fit_all(early, row)])
    _add_metrics(store, rows, asked)
    _refuse_unknown(store, [field for field in checked if field.metric], rows)
    rows = [row for row in rows if fit_all(late, row)]
    found = len(rows)
    rows = _sorted(rows, question)[: question.limit]
    notes = [f"{found - len(rows)} more match"] if found > len(rows) else _nowhere(early, everything, found)
    notes += [f"{hidden} archived runs are left out; show them with archived=true"] if hidden else []
    notes += [f"{unreadable} runs cannot be decoded"] if unreadable else []
    return Listing(
        tuple(field.text for field in question.columns),
        tuple(tuple(field.read(row) for field in question.columns) for row in rows),
        tuple(row.document.get("_id") for row in rows),
        tuple(notes),
    )


def _names(columns: str) -> list[str]:
    """Split at commas that are not in quotes."""
    return [name for name in _outside_quotes(columns) if name.strip()]


def _outside_quotes(text: str) -> list[str]:
    pieces = text.split('"')
    marked = [piece if at % 2 else piece.replace(",", "\0") for at, piece in enumerate(pieces)]
    return '"'.join(marked).split("\0")


def _read(store: Store, asked: Iterable[Field]) -> tuple[list[Row], int]:
    paths = {path for field in asked for path in field.paths} | {"start_time"}
    marks = read_marks(store)
    documents = read_fields(store, paths - {"_id"})
    rows = [
        Row(document, mark_of(marks, document.get("_id"), document.get("start_time")))
        for document in documents
        if document is not None
    ]
    return rows, len(documents) - len(rows)


def _without_archived(filters: Sequence[Filter], rows: list[Row]) -> tuple[list[Row], int]:
    if any(one.field.text == "archived" for one in filters):
        return rows, 0
    shown = [row for row in rows if not row.mark.archived]
    return shown, len(rows) - len(shown)


def _add_metrics(store: Store, rows: list[Row], asked: Iterable[Field]) -> None:
    by_id = {run_key(row.document.get("_id")): row for row in rows}
    wanted: dict[str, set[Field]] = {}
    for field in asked:
        if field.metric:
            wanted.setdefault(field.metric, set()).add(field)
    for name, stats in sorted(wanted.items()):
        only_last = {field.stat for field in stats} == {"last"}
        ids = [row.document.get("_id") for row in rows]
        found = [m for m in read_metric(store, name, ids, only_last=only_last) if run_key(m.run_id) in by_id]
        documents = Counter(run_key(metric.run_id) for metric in found)
        for metric in found:
            # Two documents of one metric: a re-used id. Which of them is meant, nobody can say.
            if documents[run_key(metric.run_id)] == 1:
                row = by_id[run_key(metric.run_id)]
                row.metrics |= {f.text: statistic(f.stat, metric.steps, metric.values) for f in stats}


def _nowhere(filters: Sequence[Filter], rows: Sequence[Row], found: int) -> list[str]:
    """Where nothing was found: the values that no run has at all, and what there is instead."""
    notes = []
    for one in filters if rows and not found else ():
        named = one.operator == "=" and one.field.kind in (ANY, TAGS, TEXT) and one.field.text != "id"
        if not named or any(map(one.fits, rows)):
            continue
        values = [one.field.read(row) for row in rows]
        known = {cell(v) for value in values for v in (value if isinstance(value, tuple) else (value,))}
        wanted = ",".join(map(cell, one.wanted))
        notes.append(f"no run has {one.field.text} {wanted}. {suggest(wanted, known - {''})}")
    return notes


def _sorted(rows: list[Row], question: Question) -> list[Row]:
    """By the asked field, then by id; NaN, then runs without a value last, whatever the direction."""
    rows = sorted(rows, key=lambda row: _order(row.document.get("_id")))
    values = [question.sort.read(row) for row in rows]
    valued = [(v, row) for v, row in zip(values, rows, strict=True) if v not in (None, ()) and not is_nan(v)]
    valued.sort(key=lambda pair: _order(pair[0]), reverse=question.descending)
    nan = [row for value, row in zip(values, rows, strict=True) if is_nan(value)]
    absent = [row for value, row in zip(values, rows, strict=True) if value in (None, ())]
    return [*(row for _, row in valued), *nan, *absent]


def _order(value: Any) -> tuple[int, Any]:
    """Numbers, then times, then everything else as text: any two values can be compared."""
    if isinstance(value, (int, float)):
        return (0, value)
    if isinstance(value, datetime):
        return (1, value)
    return (2, value if isinstance(value, str) else repr(value))


def _refuse_unknown(store: Store, asked: Iterable[Field], rows: list[Row]) -> None:
    """A mistyped key would find nothing, or show an empty column."""
    for field in asked:
        if not rows or field.text in COLUMNS or any(field.read(row) is not None for row in rows):
            continue
        if field.metric:
            known: Collection[str] = metric_names(store)
            missing = field.metric not in known
        else:
            known = _keys(store, field) if "." in field.text else ()
            missing = "." in field.text
        if missing:
            name = field.metric or field.text
            raise FigproofError(f"no run has {name[:80]!r}. {suggest(name, known)}", where=WHERE)


def _keys(store: Store, field: Field) -> set[str]:
    """Dotted keys that runs have, as deep as the one that was asked for; for an error only."""
    root = field.text.partition(".")[0]
    found: set[str] = set()
    for document in read_fields(store, {root}):
        level = {root: dig(document, [root])}
        for _ in range(field.text.count(".")):
            level = {
                f"{path}.{key}": item
                for path, value in level.items()
                if isinstance(value, dict)
                for key, item in value.items()
            }
            found |= level.keys()
    return found
