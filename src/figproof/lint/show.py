"""Reports as a table for people, as JSON, and as annotations of a GitHub workflow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

from figproof.lint.finding import Finding, Report

FORMATS = ("table", "json", "github")


def shown(reports: Sequence[Report], form: str) -> str:
    """All reports in one of :data:`FORMATS`."""
    return {"table": _table, "json": _json, "github": _github}[form](reports)


def _table(reports: Sequence[Report]) -> str:
    lines: list[str] = []
    for report in reports:
        at = f" at {report.venue}" if report.venue else ""
        lines.append(f"{report.file}{at}: {_count(report)}")
        rule = max((len(found.rule) for found in report.findings), default=0)
        for found in report.findings:
            word = "waived" if found.waived else found.severity
            lines.append(f"  {word:7}  {found.rule:{rule}}  {found.measured}; allowed: {found.limit}")
            lines.append(f"           {'':{rule}}  by {found.source}")
            why = f"waived: {found.waived}" if found.waived else f"fix: {found.fix}"
            lines.append(f"           {'':{rule}}  {why}")
        lines += [f"  note: {note}" for note in report.notes]
    errors, warnings = sum(len(r.errors) for r in reports), sum(len(r.warnings) for r in reports)
    if len(reports) != 1:
        lines.append(f"{len(reports)} files: {_number(errors, 'error')}, {_number(warnings, 'warning')}")
    return printable("\n".join(lines))


def _count(report: Report) -> str:
    waived = sum(1 for found in report.findings if found.waived)
    parts = [_number(len(report.errors), "error"), _number(len(report.warnings), "warning")]
    if not report.findings:
        return "clean"
    return ", ".join([*parts, f"{waived} waived"] if waived else parts)


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _json(reports: Sequence[Report]) -> str:
    content = {
        "files": [
            {**asdict(report), "errors": len(report.errors), "warnings": len(report.warnings)}
            for report in reports
        ],
        "errors": sum(len(report.errors) for report in reports),
        "warnings": sum(len(report.warnings) for report in reports),
    }
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=True)


def _github(reports: Sequence[Report]) -> str:
    return "\n".join(
        f"::{_word(found)} file={_property(report.file)},title={_property('figproof ' + found.rule)}::"
        + _escaped(_sentence(found))
        for report in reports
        for found in report.findings
    )


def _word(found: Finding) -> str:
    return "notice" if found.waived else found.severity


def _sentence(found: Finding) -> str:
    end = f"Waived: {found.waived}" if found.waived else f"Fix: {found.fix}"
    return f"{found.measured}; allowed: {found.limit} (by {found.source}). {end}"


def _escaped(text: str) -> str:
    """As GitHub's own toolkit escapes the message of a workflow command."""
    plain = printable(text, keep="\r\n")
    return plain.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def printable(text: str, keep: str = "\n") -> str:
    """Without what a terminal would obey, or what would break its encoding."""
    return "".join(
        letter if letter.isprintable() or letter in keep else ascii(letter)[1:-1] for letter in text
    )
