"""Prove that a stored run is whole. Sacred's status proves nothing: a run whose observer died
half-way still ends COMPLETED (Sacred issue 434), and a re-used id appends to old metrics."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from figproof.declare import Declared, from_info
from figproof.errors import FigproofError, raise_together, suggest
from figproof.model import FloatArray, IntArray, Metric

if TYPE_CHECKING:
    from figproof.store.reader import StoredMetric, StoredRun

# Sacred beats every 10 s and once more when the run ends.
_LAST_BEAT = timedelta(seconds=30)
# Times are stored in whole milliseconds and taken by two calls.
_CLOCK_SLACK = np.timedelta64(1000, "ms")
_EXACT_INTEGER = 2**53


class RunFault(FigproofError):
    """What keeps a run from being whole; ``rule`` says of which kind it is, for an audit."""

    def __init__(self, problem: str, *, where: str, hint: str, rule: str) -> None:
        super().__init__(problem, where=where, hint=hint)
        self.rule = rule


def declared_metrics(run: StoredRun) -> dict[str, Declared]:
    """What the run promised to record; empty for a run made without :mod:`figproof.record`."""
    figproof_info = run.info.get("figproof")
    if not isinstance(figproof_info, dict) or "metrics" not in figproof_info:
        return {}
    return from_info(figproof_info["metrics"], _where(run))


def complete_metrics(run: StoredRun) -> dict[str, Metric]:
    """The metrics of a run that is proved whole, by name.

    Raises
    ------
    FigproofError
        All that is wrong: status, heartbeat, missing or extra points, steps that repeat or
        decrease, undeclared NaN, values that are no real numbers, times outside the run.
    """
    errors = _status_errors(run)
    declared = declared_metrics(run)
    errors += _declared_but_absent(run, declared)
    metrics: dict[str, Metric] = {}
    for stored in run.metrics:
        try:
            if stored.name in metrics:
                raise _fault(run, f"metric {stored.name!r} has two documents in the store")
            metrics[stored.name] = _checked_metric(run, stored, declared.get(stored.name))
        except FigproofError as error:
            errors.append(error)
    errors += [
        _fault(run, f"artifact {artifact.name!r} has no file in the store", rule="artifact-missing")
        for artifact in run.artifacts
        if artifact.missing
    ]
    raise_together(errors)
    return metrics


def _where(run: StoredRun) -> str:
    return f"run {run.id} ({run.experiment})"


def _fault(run: StoredRun, problem: str, hint: str | None = None, rule: str = "incomplete") -> RunFault:
    hint = hint or "record the run again, or leave it out of the selection"
    return RunFault(problem, where=_where(run), hint=hint, rule=rule)


def _status_errors(run: StoredRun) -> list[FigproofError]:
    if run.status != "COMPLETED":
        hint = "wait for it" if run.status == "RUNNING" else None
        return [_fault(run, f"status is {run.status}, only COMPLETED runs can be pinned", hint)]
    if not isinstance(run.stop_time, datetime):
        return [_fault(run, "status is COMPLETED but stop_time is missing")]
    if not isinstance(run.heartbeat, datetime) or run.stop_time - run.heartbeat > _LAST_BEAT:
        return [
            _fault(
                run,
                f"the last heartbeat ({run.heartbeat}) is not near stop_time ({run.stop_time}): "
                "the observer lost the store during the run",
            )
        ]
    return []


def _declared_but_absent(run: StoredRun, declared: dict[str, Declared]) -> list[FigproofError]:
    present = {metric.name for metric in run.metrics}
    return [
        _fault(run, f"metric {name!r} was declared and is not in the store. {suggest(name, present)}")
        for name in sorted(set(declared) - present)
        if declared[name].points != 0
    ]


def _checked_metric(run: StoredRun, stored: StoredMetric, declared: Declared | None) -> Metric:
    name = stored.name
    lengths = {len(stored.steps), len(stored.values), len(stored.timestamps)}
    if len(lengths) != 1:
        raise _fault(
            run,
            f"metric {name!r} has {len(stored.steps)} steps, {len(stored.values)} values "
            f"and {len(stored.timestamps)} times",
        )
    steps = _integers(run, name, stored.steps)
    values = _reals(run, name, stored.values)
    steps, values = _without_replays(run, name, steps, values, np.asarray(stored.timestamps))
    _check_times(run, name, np.asarray(stored.timestamps))
    if declared and declared.points is not None and len(values) != declared.points:
        raise _fault(run, f"metric {name!r} has {len(values)} points, {declared.points} were declared")
    if declared and not declared.may_be_nan and not np.isfinite(values).all():
        first = int(steps[~np.isfinite(values)][0])
        raise _fault(
            run,
            f"metric {name!r} is not finite at step {first}",
            "if NaN is a result here, declare it: Declared(..., may_be_nan=True)",
            "not-finite",
        )
    unit, step_unit = (declared.unit, declared.step_unit) if declared else ("", "step")
    return Metric(name, unit, steps, values, step_unit)


def _integers(run: StoredRun, name: str, given: Any) -> IntArray:
    if isinstance(given, np.ndarray) and given.dtype.kind == "i":
        return given.astype(np.int64)
    for step in given:
        whole = isinstance(step, (int, np.integer)) or (isinstance(step, float) and step.is_integer())
        if isinstance(step, bool) or not whole or abs(int(cast(int, step))) > _EXACT_INTEGER:
            raise _fault(run, f"metric {name!r} has the step {step!r}; steps must be whole numbers")
    return np.array([int(step) for step in given], dtype=np.int64)


def _reals(run: StoredRun, name: str, given: Any) -> FloatArray:
    if isinstance(given, np.ndarray) and given.dtype.kind == "f":
        return given.astype(np.float64)
    if isinstance(given, np.ndarray) and given.dtype.kind == "i" and (np.abs(given) <= _EXACT_INTEGER).all():
        return given.astype(np.float64)
    for value in given:
        if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
            raise _fault(
                run,
                f"metric {name!r} has the value {str(value)[:60]!r} ({type(value).__name__}); "
                "values must be real numbers",
            )
        if isinstance(value, (int, np.integer)) and abs(int(value)) > _EXACT_INTEGER:
            raise _fault(run, f"metric {name!r} has the value {value}; integers over 2^53 lose digits")
    return np.array([float(value) for value in given], dtype=np.float64)


def _without_replays(
    run: StoredRun, name: str, steps: IntArray, values: FloatArray, times: np.ndarray[Any, Any]
) -> tuple[IntArray, FloatArray]:
    """Drop points that a retried write stored twice; refuse any other repeated or decreasing step."""
    seen: dict[int, int] = {}
    keep = np.ones(len(steps), dtype=bool)
    if len(steps) and (np.diff(steps) > 0).all():
        return steps, values
    for index, step in enumerate(steps.tolist()):
        if step in seen:
            first = seen[step]
            same_value = values[first] == values[index] or (
                np.isnan(values[first]) and np.isnan(values[index])
            )
            if not (same_value and times[first] == times[index]):
                raise _fault(
                    run,
                    f"metric {name!r} has step {step} twice, with {float(values[first])!r} and "
                    f"{float(values[index])!r}",
                    "two runs wrote to one id (Sacred re-uses ids); leave this run out",
                    "steps",
                )
            keep[index] = False
        seen.setdefault(step, index)
    kept = steps[keep]
    if not (np.diff(kept) > 0).all():
        at = int(kept[1:][np.diff(kept) <= 0][0])
        raise _fault(run, f"metric {name!r} has steps that decrease at step {at}", rule="steps")
    return kept, values[keep]


def _check_times(run: StoredRun, name: str, times: np.ndarray[Any, Any]) -> None:
    if times.dtype.kind != "M":
        raise _fault(run, f"metric {name!r} has times that are no dates")
    if not len(times) or not isinstance(run.start_time, datetime) or not isinstance(run.stop_time, datetime):
        return
    start, stop = np.datetime64(run.start_time, "ms"), np.datetime64(run.stop_time, "ms")
    if times.min() < start - _CLOCK_SLACK:
        raise _fault(
            run, f"metric {name!r} has a time before the run started: its id was used before", rule="clock"
        )
    if times.max() > stop + _CLOCK_SLACK:
        raise _fault(run, f"metric {name!r} has a time after the run stopped", rule="clock")
