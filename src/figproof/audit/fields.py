"""What can be asked of a run: a closed list of fields, and keys of its config, result and metrics.

Grammar, with ``KEY`` a dotted path whose parts do not start with ``$``::

    FIELD  = one of FIELDS | config.KEY | result.KEY | metric:NAME:STAT
    NAME   = a metric's name, in double quotes if it holds one of < > = ! ~ ,
    STAT   = last | first | min | max | points | at:STEP
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from figproof.errors import FigproofError, suggest
from figproof.store.marks import UNMARKED, Mark

TIME, NUMBER, TEXT, TRUTH, TAGS, COMMIT, ANY = "time", "number", "text", "truth", "tags", "commit", "any"
_METRIC = re.compile(r"metric:(?P<name>.+):(?P<stat>last|first|min|max|points|at:(?P<step>-?\d{1,15}))", re.S)
_LONGEST = 1000


@dataclass
class Row:
    """One run of a listing.

    Attributes
    ----------
    document : mapping
        The fields that were read.
    mark : Mark
    metrics : dict of str to Any
        A metric field's text -> its number, once it was read.
    """

    document: Mapping[str, Any]
    mark: Mark = UNMARKED
    metrics: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Field:
    """Something that can be asked of a run.

    Attributes
    ----------
    text : str
        As it was written; the column's name.
    kind : str
        What it is compared as.
    paths : tuple of str
        What is read of a run's document.
    read : callable
        Row -> value; None where the run has none.
    metric, stat : str
        For a metric's number; ``""`` otherwise.
    """

    text: str
    kind: str
    paths: tuple[str, ...]
    read: Callable[[Row], Any]
    metric: str = ""
    stat: str = ""


def _stored(path: str) -> Callable[[Row], Any]:
    parts = path.split(".")
    return lambda row: dig(row.document, parts)


def _time(path: str) -> Callable[[Row], Any]:
    read = _stored(path)
    return lambda row: value if isinstance(value := read(row), datetime) else None


def _duration(row: Row) -> float | None:
    start, stop = row.document.get("start_time"), row.document.get("stop_time")
    if not isinstance(start, datetime) or not isinstance(stop, datetime):
        return None
    return (stop - start).total_seconds()


def _repository(key: str) -> Callable[[Row], Any]:
    def read(row: Row) -> Any:
        listed = dig(row.document, ["experiment", "repositories"])
        found = (
            [
                entry[key]
                for entry in listed or ()
                if isinstance(entry, Mapping) and entry.get(key) is not None
            ]
            if isinstance(listed, list)
            else []
        )
        if key == "dirty":
            return any(value is True for value in found) if found else None
        return " ".join(dict.fromkeys(map(str, found))) or None

    return read


_REPOSITORIES = ("experiment.repositories",)
FIELDS: Mapping[str, tuple[str, tuple[str, ...], Callable[[Row], Any]]] = {
    "id": (ANY, ("_id",), _stored("_id")),
    "experiment": (TEXT, ("experiment.name",), _stored("experiment.name")),
    "command": (TEXT, ("command",), _stored("command")),
    "status": (TEXT, ("status",), _stored("status")),
    "result": (ANY, ("result",), _stored("result")),
    "started": (TIME, ("start_time",), _time("start_time")),
    "stopped": (TIME, ("stop_time",), _time("stop_time")),
    "heartbeat": (TIME, ("heartbeat",), _time("heartbeat")),
    "duration": (NUMBER, ("start_time", "stop_time"), _duration),
    "host": (TEXT, ("host.hostname",), _stored("host.hostname")),
    "cpu": (TEXT, ("host.cpu",), _stored("host.cpu")),
    "python": (TEXT, ("host.python_version",), _stored("host.python_version")),
    "commit": (COMMIT, _REPOSITORIES, _repository("commit")),
    "repository": (TEXT, _REPOSITORIES, _repository("url")),
    "dirty": (TRUTH, _REPOSITORIES, _repository("dirty")),
    "tag": (TAGS, (), lambda row: row.mark.tags),
    "note": (TEXT, (), lambda row: row.mark.note or None),
    "archived": (TRUTH, (), lambda row: row.mark.archived),
}
"""Name -> how it is compared, what is read, how it is read. Times are UTC, the duration is in seconds."""


def parse_field(text: str, where: str) -> Field:
    """Read one field's name.

    Raises
    ------
    FigproofError
        It is not in the grammar; says what is.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise FigproofError(f"a field has at most {_LONGEST} characters", where=where)
    if text in FIELDS:
        return Field(text, *FIELDS[text])
    if text.startswith("metric:"):
        return _metric_field(text, where)
    root, _, key = text.partition(".")
    parts = key.split(".")
    if root in ("config", "result") and key:
        if not all(parts) or any(part.startswith("$") or "\0" in part for part in parts):
            raise FigproofError(f"{text!r} has an empty part, or one that starts with $", where=where)
        # Only the first part is asked of the server; what is in it is found here, in lists too.
        path = f"config.{parts[0]}" if root == "config" else "result"
        return Field(text, ANY, (path,), lambda row: dig(row.document, [root, *parts]))
    known = [*FIELDS, "config.KEY", "result.KEY", "metric:NAME:STAT"]
    raise FigproofError(f"{text!r} is no field of a run. {suggest(text, known)}", where=where)


def _metric_field(text: str, where: str) -> Field:
    matched = _METRIC.fullmatch(text)
    if matched is None:
        raise FigproofError(
            f"{text!r} does not say which number of the metric. Allowed: metric:NAME:STAT with STAT one of "
            "last, first, min, max, points, at:STEP",
            where=where,
            hint="e.g. metric:validation.accuracy:last, metric:train.loss:at:40",
        )
    name = matched["name"]
    quoted = len(name) > 2 and name.startswith('"') and name.endswith('"')
    return Field(
        text,
        NUMBER,
        (),
        lambda row: row.metrics.get(text),
        metric=name[1:-1] if quoted else name,
        stat=matched["stat"],
    )


def run_key(run_id: Any) -> str:
    """A run's id as text that no other id has; an id may be a document, which is no key."""
    return f"int {int(run_id)}" if isinstance(run_id, int) else f"{type(run_id).__name__} {run_id!r}"


def dig(value: Any, parts: list[str]) -> Any:
    """What lies at a dotted path in mappings and, by number, in lists; None if nothing does."""
    for part in parts:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and len(part) < 9 and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def statistic(stat: str, steps: Any, values: Any) -> float | int | None:
    """One number of a series; None where it has none. NaN is never the smallest or the largest."""
    count = min(len(steps), len(values))
    if stat == "points":
        return count
    numbers = as_numbers(values)[:count]
    if stat.startswith("at:"):
        step = int(stat.removeprefix("at:"))
        at = np.flatnonzero(np.asarray(steps[:count], dtype=object) == step)
        return float(numbers[at[-1]]) if len(at) else None
    if stat in ("last", "first"):
        return float(numbers[-1 if stat == "last" else 0]) if count else None
    real = numbers[~np.isnan(numbers)]
    return float(real.min() if stat == "min" else real.max()) if len(real) else None


def as_numbers(values: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A series as float64, shape (n,); NaN for what is no real number."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "if":
        return values.astype(np.float64)
    real = (isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    return np.array(
        [_float(value) if fits else np.nan for value, fits in zip(values, real, strict=True)],
        dtype=np.float64,
    )


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf")
