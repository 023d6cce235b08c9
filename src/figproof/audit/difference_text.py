"""A difference of runs for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from figproof.audit.difference import Difference
from figproof.audit.spelling import as_table, cell
from figproof.errors import printable

_TABLES = ("config", "results", "host", "git", "dependencies", "artifacts")
_WIDEST_LINE = 200


def difference_text(difference: Difference, most_lines: int) -> str:
    """All that differs; of each source file at most ``most_lines`` lines."""
    return "\n".join(_lines(difference, most_lines))


def _lines(difference: Difference, most_lines: int) -> Iterator[str]:
    runs = [f"run {cell(run_id)}" for run_id in difference.ids]
    for title in _TABLES:
        rows = getattr(difference, title)
        if rows:
            yield title
            yield as_table(["", *runs], [[key, *map(_value, row)] for key, row in rows.items()], indent="  ")
        else:
            yield f"{title}: no difference"
    yield "metrics" if difference.metrics else "metrics: no difference, bit for bit"
    for change in difference.metrics:
        yield f"  run {cell(change['run'])}  {cell(change['name'])}: {_metric(change)}"
    yield "sources" if difference.sources else "sources: no difference"
    for source in difference.sources:
        yield f"  run {cell(source['run'])}  {cell(source['name'])}"
        lines = source["change"]
        yield from (f"    {printable(line[:_WIDEST_LINE])}" for line in lines[:most_lines])
        if len(lines) > most_lines:
            yield f"    ... and {len(lines) - most_lines} more lines: --lines {len(lines)} shows them"


def _value(value: Any) -> str:
    return "null" if value is None else cell(value)


def _metric(change: dict[str, Any]) -> str:
    if change["change"] == "parts":
        first, other = change["values"]
        return (
            f"parts at step {cell(change['step'])} ({first!r} and {other!r}); largest difference "
            f"{change['largest']:.6g} at step {cell(change['largest_step'])}"
        )
    if change["change"] == "other steps":
        first, other = map(cell, change["steps"])
        return f"has other steps: {first} and {other} stand at the same place"
    if change["change"] == "one goes on":
        first, other = change["points"]
        return f"equal for {min(first, other)} points; one has {first}, the other {other}"
    return str(change["change"])
