"""What is wrong with one run, by what the store says of it. Its files are checked elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from figproof.audit.fields import as_numbers
from figproof.audit.findings import Finding, Severity
from figproof.audit.purging import STALE_AFTER, is_live
from figproof.completeness import RunFault, complete_metrics, declared_metrics
from figproof.errors import FigproofError, Problems
from figproof.model import FloatArray
from figproof.store.details import Details
from figproof.store.reader import StoredMetric, StoredRun

_SLACK = timedelta(seconds=1)
_WAITING = ("QUEUED",)
_DIFF_NAME = re.compile(r".*\.(diff|patch)", re.IGNORECASE | re.DOTALL)
_MOST_FAULTS = 20
_MOST_NAMED = 5
# Evaluations and checkpoints pause a run again and again; a gap is one that stands alone. In the demo's runs
# the longest is at most 3.3 times the next.
_LEAST_GAP = np.timedelta64(60, "s")
_TIMES_LONGER = 20
_LEAST_POINTS = 6


def run_findings(details: Details, now: datetime) -> Iterator[Finding]:
    """Everything but its files.

    Parameters
    ----------
    now : datetime
        UTC, naive; decides whether a RUNNING run is alive.
    """
    run = details.run
    yield from _state(run, now)
    if run.status == "COMPLETED":
        yield from _faults(run)
    for metric in run.metrics:
        yield from _metric_findings(run, metric)
    yield from _gap(run)
    seed = run.config.get("seed")
    if isinstance(seed, bool) or not isinstance(seed, int):
        given = "no seed in its config" if seed is None else f"the seed {str(seed)[:40]!r} is no integer"
        yield _one(run, "no-seed", "warning", given)
    yield from _code(details)
    if path := _opaque({"config": run.config, "result": run.result}):
        yield _one(run, "opaque", "warning", f"{path[:100]} is a pickled Python object")
    if run.start_time and run.stop_time and run.stop_time < run.start_time:
        yield _one(run, "clock", "warning", f"stopped ({run.stop_time}) before it started ({run.start_time})")


def _one(run: StoredRun, rule: str, severity: Severity, measured: str) -> Finding:
    return Finding((run.id,), rule, severity, measured)


def _state(run: StoredRun, now: datetime) -> Iterator[Finding]:
    if run.status == "RUNNING":
        beat = f"last heartbeat {run.heartbeat} UTC" if run.heartbeat else "without a heartbeat"
        if is_live(run.status, run.heartbeat, now):
            yield _one(run, "running", "note", f"status is RUNNING, {beat}")
        else:
            limit = f"more than {STALE_AFTER.seconds // 60} minutes ago" if run.heartbeat else ""
            yield _one(run, "stale", "error", f"status is RUNNING, {beat} {limit}".rstrip())
    elif run.status in _WAITING:
        yield _one(run, "running", "note", f"status is {run.status}")
    elif run.status != "COMPLETED":
        yield _one(run, "failed", "error", f"status is {run.status[:40] or 'missing'}")


def _faults(run: StoredRun) -> Iterator[Finding]:
    """What keeps a run from being pinned: the very check that ``figproof pin`` does."""
    try:
        complete_metrics(run)
    except FigproofError as error:
        faults = error.errors if isinstance(error, Problems) else (error,)
        for fault in faults[:_MOST_FAULTS]:
            rule = fault.rule if isinstance(fault, RunFault) else "incomplete"
            yield _one(run, rule, "error", fault.problem)
        if len(faults) > _MOST_FAULTS:
            yield _one(run, "incomplete", "error", f"{len(faults) - _MOST_FAULTS} more faults like these")


def _metric_findings(run: StoredRun, metric: StoredMetric) -> Iterator[Finding]:
    values, name = as_numbers(metric.values), metric.name[:80]
    odd = np.flatnonzero(~np.isfinite(values))
    expected = _may_be_nan(run, metric.name)
    # What was declared finite and is not, completeness has named.
    if len(odd) and expected is not False:
        step = metric.steps[odd[0]] if odd[0] < len(metric.steps) else "unknown"
        severity: Severity = "note" if expected else "warning"
        said = "as the experiment declared" if expected else "and nothing was declared"
        measured = (
            f"metric {name!r} is not finite at {len(odd)} of {len(values)} points, first at step {step}"
        )
        yield _one(run, "not-finite", severity, f"{measured}, {said}")
    if copies := _copies(metric.steps, values):
        yield _one(run, "steps", "warning", f"metric {name!r} has {copies} points that are copies")
    times = np.asarray(metric.timestamps)
    if times.dtype.kind == "M" and len(times) > 1:
        back = np.diff(times).min()
        if back < -np.timedelta64(int(_SLACK.total_seconds() * 1000), "ms"):
            seconds = -back / np.timedelta64(1, "s")
            yield _one(run, "clock", "warning", f"metric {name!r}: the clock goes back by {seconds:.1f} s")


def _gap(run: StoredRun) -> Iterator[Finding]:
    """One time between two points that is far longer than any other."""
    series = [np.asarray(metric.timestamps) for metric in run.metrics]
    times = np.unique(
        np.concatenate([one for one in series if one.dtype.kind == "M"] or [np.zeros(0, "M8[ms]")])
    )
    if len(times) < _LEAST_POINTS:
        return
    lengths = np.diff(times)
    at = int(lengths.argmax())
    longest, next_longest = lengths[at], np.delete(lengths, at).max()
    if longest >= _LEAST_GAP and longest >= _TIMES_LONGER * next_longest:
        long_s, next_s = longest / np.timedelta64(1, "s"), next_longest / np.timedelta64(1, "s")
        when = str(times[at]).replace("T", " ")
        measured = (
            f"no point of any metric for {long_s:.1f} s after {when}; the next longest is {next_s:.1f} s"
        )
        yield _one(run, "gap", "note", measured)


def _copies(steps: Any, values: FloatArray) -> int:
    """Points that stand on a step with the same value as one before."""
    if isinstance(steps, np.ndarray) and (np.diff(steps) > 0).all():
        return 0
    points = [f"{step} {value}" for step, value in zip(steps, values, strict=False)]
    return len(points) - len(set(points))


def _may_be_nan(run: StoredRun, name: str) -> bool | None:
    """What the run declared of a metric; None if nothing."""
    try:
        declared = declared_metrics(run).get(name)
    except FigproofError:
        return None
    return None if declared is None else declared.may_be_nan


def _code(details: Details) -> Iterator[Finding]:
    run = details.run
    dirty = [entry for entry in details.repositories if entry["dirty"] is True]
    stored = [f.name for f in (*run.artifacts, *details.resources) if _DIFF_NAME.fullmatch(f.name)]
    if dirty and not stored:
        commit = str(dirty[0]["commit"])[:12]
        kept = sum(not file.missing for file in details.sources)
        measured = f"commit {commit} had uncommitted changes, no diff is stored"
        yield _one(run, "uncommitted", "warning", f"{measured}; {kept} source files are")
    if not details.sources:
        yield _one(run, "sources", "warning", "no source file was recorded")
    if missing := [ascii(file.name[:80]) for file in details.sources if file.missing]:
        names = ", ".join(missing[:_MOST_NAMED]) + (" ..." if missing[_MOST_NAMED:] else "")
        measured = f"{len(missing)} of {len(details.sources)} source files are not in the store: {names}"
        yield _one(run, "sources", "warning", measured)


def _opaque(value: Any, path: str = "", depth: int = 0) -> str | None:
    """Where the first ``py/...`` key of jsonpickle stands."""
    if depth > 100:
        return path
    if isinstance(value, Mapping):
        for key, item in value.items():
            if isinstance(key, str) and key.startswith("py/"):
                return path
            if found := _opaque(item, f"{path}.{key}" if path else str(key), depth + 1):
                return found
    if isinstance(value, (list, tuple)):
        for at, item in enumerate(value):
            if found := _opaque(item, f"{path}.{at}", depth + 1):
                return found
    return None
