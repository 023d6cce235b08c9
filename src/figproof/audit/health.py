"""Audit runs: everything that is wrong with them, each finding with what it means for a figure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from figproof.audit.fields import run_key
from figproof.audit.file_health import FileChecks
from figproof.audit.findings import Finding, in_order
from figproof.audit.group_health import PATHS, Grouped, group_findings, grouped, source_files
from figproof.audit.run_health import run_findings
from figproof.errors import FigproofError
from figproof.store.connect import Store
from figproof.store.details import read_details
from figproof.store.listing import content_digests, read_fields
from figproof.store.marks import mark_of, read_marks
from figproof.store.reader import StoredRun, read_run

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Report:
    """The outcome of an audit.

    Attributes
    ----------
    runs : tuple
        Ids of the runs that were looked at.
    findings : tuple of Finding
        Errors first.
    """

    runs: tuple[Any, ...]
    findings: tuple[Finding, ...]

    def count(self, severity: str) -> int:
        """How many findings are of a severity."""
        return sum(found.severity == severity for found in self.findings)


def check_runs(
    store: Store, ids: Collection[Any], now: datetime, progress: Progress = lambda line: None
) -> Report:
    """Look at runs, reading all their files.

    Parameters
    ----------
    ids : collection
        Run ids. Seeds and repetitions are compared with all runs of the store that are not archived.
    now : datetime
        UTC, naive.
    """
    files = FileChecks(store)
    found: list[Finding] = []
    for count, run_id in enumerate(ids, start=1):
        try:
            details = read_details(store, run_id)
        except FigproofError as error:
            found.append(Finding((run_id,), "unreadable", "error", error.problem))
        else:
            found += run_findings(details, now)
            found += files.findings(details)
        progress(f"checked {count} of {len(ids)} runs")
    found += _between(store, ids)
    return Report(tuple(ids), in_order(found))


def _between(store: Store, ids: Collection[Any]) -> Iterator[Finding]:
    asked = {run_key(run_id) for run_id in ids}
    marks = read_marks(store)
    documents = [document for document in read_fields(store, PATHS) if document is not None]
    # An archived run stands beside no other, unless it was asked for.
    kept = [
        document
        for document in documents
        if document["_id"] in ids or not mark_of(marks, document["_id"], document.get("start_time")).archived
    ]
    contents = content_digests(store, [file_id for d in kept for _, file_id in source_files(d)])
    runs = [run for document in kept if (run := _grouped(document, contents)) is not None]
    yield from group_findings(runs, asked, lambda run_id: _readable(store, run_id))


def _readable(store: Store, run_id: Any) -> StoredRun | None:
    try:
        return read_run(store, run_id)
    except FigproofError:
        return None


def _grouped(document: dict[str, Any], contents: dict[str, str]) -> Grouped | None:
    try:
        return grouped(document, contents)
    except (RecursionError, ValueError):
        return None
