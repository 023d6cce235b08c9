"""A report of an audit as text and as data."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from figproof.audit.findings import SEVERITIES
from figproof.audit.health import Report
from figproof.audit.spelling import cell

_MOST_LINES = 20
_MOST_RUNS = 8
_WIDEST = 300


def report_data(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    return {
        "runs": list(report.runs),
        **{f"{severity}s": report.count(severity) for severity in SEVERITIES},
        "findings": [
            {
                "rule": found.rule,
                "severity": found.severity,
                "runs": list(found.runs),
                "measured": found.measured,
                "means": found.means,
            }
            for found in report.findings
        ],
    }


def report_text(report: Report) -> str:
    """The report for a terminal: each rule once, with what it means, and the runs that break it."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    for (severity, rule), group in groupby(report.findings, key=lambda found: (found.severity, found.rule)):
        findings = list(group)
        yield f"{severity}: {rule}"
        yield f"  means: {findings[0].means}"
        for found in findings[:_MOST_LINES]:
            ids = ", ".join(map(cell, found.runs[:_MOST_RUNS]))
            more = f" and {len(found.runs) - _MOST_RUNS} more" if len(found.runs) > _MOST_RUNS else ""
            word = "run" if len(found.runs) == 1 else "runs"
            yield f"  {word} {ids}{more}: {cell(found.measured, _WIDEST)}"
        if len(findings) > _MOST_LINES:
            yield f"  ... and {len(findings) - _MOST_LINES} more; --format json lists all"
    counts = [_number(report.count(severity), severity) for severity in SEVERITIES]
    yield f"{_number(len(report.runs), 'run')}: {', '.join(counts) if report.findings else 'clean'}"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
