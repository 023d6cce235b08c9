"""Filters of runs: a small closed grammar, applied here and never handed to the server.

::

    FILTER = FIELD OP VALUE [, VALUE ...]        several values: any of them, with = and != only
    OP     = "=" | "!=" | "<" | "<=" | ">" | ">=" | "~"        ~: holds this text, in any case

A value is a number, ``true``, ``false``, ``null`` (the run has none), a JSON list or text; in double
quotes it is text whatever it looks like. A date without a time is the whole day, UTC. ``NaN`` is equal
to itself: it is how to find runs that diverged.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from figproof.audit import fields
from figproof.audit.fields import Field, Row, parse_field
from figproof.errors import FigproofError

_FILTER = re.compile(r'(?P<field>(?:"[^"]*"|[^"<>=!~])+)(?P<op><=|>=|!=|=|<|>|~)(?P<value>.*)', re.DOTALL)
# Numbers as Python writes them and JSON does not.
_BARE_POINT = re.compile(r"[+-]?(\.[0-9]+|[0-9]+\.)([eE][+-]?[0-9]+)?")
# Sacred takes them on its command line; as texts they would find nothing.
_PYTHON_WORDS = {"True": "true", "False": "false", "None": "null"}
_LONGEST = 2000
_EXAMPLES = "e.g. config.optimizer=adam, 'config.learning_rate<=0.01', 'started>=2026-01-01', tag=paper"
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


@dataclass(frozen=True)
class Day:
    """A time from ``first`` to just before ``end``: a whole day, or an instant."""

    first: datetime
    end: datetime


@dataclass(frozen=True)
class Filter:
    """One condition on a run.

    Attributes
    ----------
    text : str
        As it was written.
    field : Field
    operator : str
    wanted : tuple
        Any of them, for ``=`` and ``!=``; one otherwise.
    """

    text: str
    field: Field
    operator: str
    wanted: tuple[Any, ...]

    def fits(self, row: Row) -> bool:
        """Whether the run is one of those that are asked for."""
        value = self.field.read(row)
        if self.operator in ("=", "!="):
            return any(_same(self.field, value, one) for one in self.wanted) == (self.operator == "=")
        if self.operator == "~":
            texts = value if isinstance(value, tuple) else (value,)
            return any(
                self.wanted[0].casefold() in str(text).casefold() for text in texts if text is not None
            )
        return _ordered(value, self.wanted[0], self.operator)


def parse_filter(text: str, where: str) -> Filter:
    """Read one filter.

    Raises
    ------
    FigproofError
        It is not in the grammar, or its value is none that the field can have.
    """
    matched = _FILTER.fullmatch(text) if len(text) <= _LONGEST else None
    if matched is None:
        raise FigproofError(
            f"{text[:80]!r} is no filter. Allowed: FIELD=VALUE with one of = != < <= > >= ~",
            where=where,
            hint=_EXAMPLES,
        )
    field = parse_field(matched["field"], f"{where}: {text[:80]!r}")
    operator, given = matched["op"], matched["value"].strip()
    if given.startswith(("=", "<", ">")):
        raise FigproofError(
            f"{operator + given[0]!r} is no operator. Allowed: = != < <= > >= ~",
            where=f"{where}: {text[:80]!r}",
            hint=f"a value that starts with {given[0]} is written in double quotes",
        )
    values = _split(given) if operator in ("=", "!=") else [given]
    wanted = tuple(_value(field, operator, value, f"{where}: {text[:80]!r}") for value in values)
    return Filter(text, field, operator, wanted)


def _split(text: str) -> list[str]:
    """At commas outside of quotes and brackets."""
    parts, depth, quoted = [""], 0, False
    for letter in text:
        quoted ^= letter == '"'
        depth += (letter in "[{") - (letter in "]}") if not quoted else 0
        if letter == "," and depth == 0 and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _value(field: Field, operator: str, text: str, where: str) -> Any:
    literal = _literal(text)
    if operator == "~":
        return literal if isinstance(literal, str) else text
    if literal is None and operator in ("=", "!="):
        return None
    if field.kind == fields.TIME:
        return _day(text, where)
    if field.kind == fields.NUMBER and (isinstance(literal, bool) or not isinstance(literal, (int, float))):
        raise FigproofError(f"{text[:60]!r} is no number; allowed are also NaN and Infinity", where=where)
    if field.kind == fields.ANY and text in _PYTHON_WORDS:
        hint = f'for the text {text}, write it in double quotes: "{text}"'
        raise FigproofError(f"{text!r} is written {_PYTHON_WORDS[text]!r} here", where=where, hint=hint)
    if field.kind == fields.TRUTH and (not isinstance(literal, bool) or operator not in ("=", "!=")):
        raise FigproofError(f"is {text[:60]!r}, allowed are =true and =false", where=where)
    if field.kind in (fields.TEXT, fields.TAGS, fields.COMMIT):
        return literal if isinstance(literal, str) else text
    return literal


def _literal(text: str) -> Any:
    """A number, true, false, null, quoted text or list; else the text itself."""
    try:
        return json.loads(text, parse_constant=float)
    except (ValueError, RecursionError):
        return float(text) if _BARE_POINT.fullmatch(text) else text


def _day(text: str, where: str) -> Day:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise FigproofError(
            f"{text[:60]!r} is no time. Allowed: 2026-01-31 (the whole day, UTC) or 2026-01-31T12:00",
            where=where,
        ) from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    whole = re.fullmatch(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}", text) is not None
    return Day(moment, moment + (timedelta(days=1) if whole else timedelta(milliseconds=1)))


def _same(field: Field, value: Any, wanted: Any) -> bool:
    if wanted is None:
        return value is None or value == ()
    if isinstance(wanted, Day):
        return isinstance(value, datetime) and wanted.first <= value < wanted.end
    if field.kind == fields.TAGS:
        return wanted in value
    if field.kind == fields.COMMIT:
        # As git takes a commit: its first digits.
        return any(commit.startswith(wanted) for commit in str(value or "").split()) and len(wanted) >= 4
    # 1 == True in Python; in a config they are different answers.
    equal = bool(value == wanted) or (is_nan(value) and is_nan(wanted))
    return isinstance(value, bool) == isinstance(wanted, bool) and equal


def _ordered(value: Any, wanted: Any, operator: str) -> bool:
    if isinstance(wanted, Day):
        # A day is later than what is before it and earlier than what is after it; <= and >= count itself.
        edge = wanted.first if operator in ("<", ">=") else wanted.end
        compare = "<" if operator in ("<", "<=") else ">="
        return isinstance(value, datetime) and _ORDERS[compare](value, edge)
    if _is_number(value) and _is_number(wanted):
        return _ORDERS[operator](value, wanted)
    return isinstance(value, str) and isinstance(wanted, str) and _ORDERS[operator](value, wanted)


def is_nan(value: Any) -> bool:
    """Whether a value is the number NaN."""
    return isinstance(value, float) and value != value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def fit_all(filters: Sequence[Filter], row: Row) -> bool:
    """Whether a run meets every condition."""
    return all(one.fits(row) for one in filters)
