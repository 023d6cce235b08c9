"""Values out of a store as text, JSON and CSV. All of them may be hostile."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from figproof.canonical import to_readable_json
from figproof.errors import printable

_WIDEST = 60
_HASH = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_HASH_DIGITS = 12
_MAX_DEPTH = 50
# What a spreadsheet takes for the start of a formula (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def plain(value: Any, depth: int = 0) -> Any:
    """A stored value as JSON: times as ISO 8601 UTC; what JSON cannot say as text; depth bounded."""
    if value is None or isinstance(value, (bool, str, float)):
        return value
    if isinstance(value, int):
        return int(value)
    if depth > _MAX_DEPTH:
        return f"deeper than {_MAX_DEPTH} levels"
    if isinstance(value, Mapping):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, datetime):
        return f"{value.isoformat(timespec='milliseconds')}Z"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return str(value)


def spell(value: Any) -> str:
    """A stored value in full on one line: texts as they are, everything else as JSON; nothing is ``""``."""
    if value is None or value == ():
        return ""
    if isinstance(value, str):
        return value
    if type(value) is int:
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, tuple):
        return " ".join(map(str, value))
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True)


def cell(value: Any, width: int = _WIDEST) -> str:
    """A stored value for a terminal: printable, short, floats with six digits, hashes with twelve."""
    text = f"{value:.6g}" if isinstance(value, float) else spell(value)
    text = text[:_HASH_DIGITS] if _HASH.fullmatch(text) else text
    text = printable(text[: width + 1])
    return text if len(text) <= width else f"{text[: width - 3]}..."


def as_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], indent: str = "") -> str:
    """Aligned columns under their names; a column of numbers is right-aligned."""
    heads = [cell(name) for name in columns]
    cells = [[cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(heads, *cells, strict=True)]
    right = [_numeric([row[at] for row in rows]) for at in range(len(heads))]
    lines = [
        indent
        + "  ".join(
            text.rjust(width) if numbers else text.ljust(width)
            for text, width, numbers in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in [heads, *cells]
    ]
    return "\n".join(lines)


def as_csv(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """CSV by RFC 4180 with exact numbers, safe to open in a spreadsheet.

    A *text* (of a cell or a column's name) that a spreadsheet would take for a formula, because it
    starts with ``= + - @``, a tab or a line break, gets an apostrophe in front; numbers are written as
    they are, also negative ones. Control characters are spelled out.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_inert(name) for name in columns])
    writer.writerows([_csv_value(value) for value in row] for row in rows)
    return out.getvalue()


def as_json(value: Any) -> str:
    """Readable JSON of what :func:`plain` takes."""
    text = to_readable_json(plain(value)).decode("utf-8", "surrogatepass")
    # JSON leaves DEL, C1 controls and marks of direction as they are; a terminal obeys them.
    return "".join(letter if letter.isprintable() or letter == "\n" else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def _numeric(values: Sequence[Any]) -> bool:
    kinds = [isinstance(value, (int, float)) and not isinstance(value, bool) for value in values]
    return any(kinds) and all(kind or value is None for kind, value in zip(kinds, values, strict=True))


def _csv_value(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return repr(value)
    return _inert(spell(value))


def _inert(text: str) -> str:
    return printable(f"'{text}" if text.startswith(_FORMULA) else text)
