"""Everything about one run, as data and as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from figproof.audit.fields import as_numbers
from figproof.audit.spelling import as_table, cell
from figproof.errors import printable
from figproof.store.details import Details
from figproof.store.marks import Mark
from figproof.store.reader import StoredArtifact, StoredMetric

_METRIC_COLUMNS = ("name", "points", "first", "last", "min", "at", "max", "at step", "not finite")
_FILE_COLUMNS = ("name", "bytes", "sha256")


def run_facts(details: Details, mark: Mark, output_characters: int) -> dict[str, Any]:
    """A run as plain data.

    Parameters
    ----------
    output_characters : int
        How many characters of the end of the captured output are kept.
    """
    run = details.run
    return {
        "id": run.id,
        "experiment": run.experiment,
        "command": details.command,
        "status": run.status,
        "started": run.start_time,
        "stopped": run.stop_time,
        "heartbeat": run.heartbeat,
        "tags": list(mark.tags),
        "note": mark.note,
        "archived": mark.archived,
        "result": run.result,
        "config": run.config,
        "config_updates": details.updates,
        "host": details.host,
        "repositories": list(details.repositories),
        "dependencies": details.dependencies,
        "sources": [_file(file) for file in details.sources],
        "resources": [_file(file) for file in details.resources],
        "metrics": [metric_summary(metric) for metric in run.metrics],
        "artifacts": [_file(file) for file in run.artifacts],
        "output": details.output[-output_characters:] if output_characters else "",
        "output_characters": len(details.output),
    }


def metric_summary(metric: StoredMetric) -> dict[str, Any]:
    """First, last, smallest and largest value of a series, and where these are; NaN is neither."""
    count = min(len(metric.steps), len(metric.values))
    steps, values = metric.steps[:count], as_numbers(metric.values)[:count]
    real = np.flatnonzero(~np.isnan(values))
    low = int(real[np.argmin(values[real])]) if len(real) else None
    high = int(real[np.argmax(values[real])]) if len(real) else None
    return {
        "name": metric.name,
        "points": count,
        "first": float(values[0]) if count else None,
        "last": float(values[-1]) if count else None,
        "min": None if low is None else float(values[low]),
        "min_step": None if low is None else _step(steps[low]),
        "max": None if high is None else float(values[high]),
        "max_step": None if high is None else _step(steps[high]),
        "not_finite": int(np.count_nonzero(~np.isfinite(values))),
    }


def _step(step: Any) -> Any:
    return int(step) if isinstance(step, (int, np.integer)) else step


def _file(file: StoredArtifact) -> dict[str, Any]:
    return {"name": file.name, "bytes": file.length, "sha256": file.sha256, "missing": file.missing}


def run_text(facts: Mapping[str, Any]) -> str:
    """The facts for a terminal."""
    return "\n".join(_lines(facts))


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    head = ("experiment", "command", "status", "started", "stopped", "heartbeat", "result", "tags", "note")
    yield f"run {cell(facts['id'])}{' (archived)' if facts['archived'] else ''}"
    yield from _pairs({key: facts[key] for key in head if facts[key] not in (None, "", [])})
    yield from _section("config", facts["config"])
    yield from _section("changed on the command line", facts["config_updates"])
    yield from _section("host", facts["host"])
    for repository in facts["repositories"]:
        dirty = {True: "with uncommitted changes", False: "clean"}.get(repository["dirty"], "unknown state")
        yield f"git  {cell(repository['url'])} {cell(repository['commit'])} {dirty}"
    yield from _section("dependencies", facts["dependencies"])
    for title in ("sources", "resources", "artifacts"):
        rows = [(f["name"], f["bytes"], _digest(f)) for f in facts[title]]
        yield from _table(title, _FILE_COLUMNS, rows)
    keys = ("name", "points", "first", "last", "min", "min_step", "max", "max_step", "not_finite")
    yield from _table("metrics", _METRIC_COLUMNS, [[m[key] for key in keys] for m in facts["metrics"]])
    if facts["output"]:
        yield f"output (the last {len(facts['output'])} of {facts['output_characters']} characters)"
        yield printable(facts["output"].replace("\r", "\n"), keep="\n").rstrip("\n")


def _digest(file: Mapping[str, Any]) -> str:
    return "not in the store" if file["missing"] else file["sha256"] or "none recorded"


def _pairs(facts: Mapping[str, Any]) -> Iterator[str]:
    width = max(map(len, map(cell, facts)), default=0)
    for key, value in facts.items():
        yield f"  {cell(key):<{width}}  {'null' if value is None else cell(value, 200)}".rstrip()


def _section(title: str, facts: Mapping[str, Any]) -> Iterator[str]:
    if facts:
        yield title
        yield from _pairs(facts)


def _table(title: str, columns: tuple[str, ...], rows: list[Any]) -> Iterator[str]:
    if rows:
        yield title
        yield as_table(columns, rows, indent="  ")
