"""After a run: prove that the store holds what was recorded.

Sacred's observer drops itself after one connection error, and the run still ends COMPLETED.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import numpy as np

from figproof.canonical import digest_bytes
from figproof.completeness import complete_metrics
from figproof.errors import FigproofError, raise_together
from figproof.record.recorder import Recorder

if TYPE_CHECKING:
    from figproof.store import Store
    from figproof.store.reader import StoredRun

_HINT = "the run is not whole: look at the store, remove the run and record it again"


def prove_stored(store: Store, run: Any, where: str) -> None:
    """Read the run back and compare it with what the recorder wrote.

    Parameters
    ----------
    store : Store
    run : sacred.run.Run
        Completed.
    where : str
        Names the run in errors.

    Raises
    ------
    FigproofError
        All that is missing or differs; an observer that gave up; nothing declared at all.
    """
    from figproof.store.reader import read_run

    recorder = getattr(run, "figproof_recorder", None)
    if not isinstance(recorder, Recorder):
        hint = "make one in the experiment's main: Recorder(_run, METRICS)"
        raise FigproofError(
            "the experiment made no Recorder, so nothing was declared", where=where, hint=hint
        )
    errors = [
        FigproofError(
            f"the observer {type(observer).__name__} gave up during the run", where=where, hint=_HINT
        )
        for observer in run._failed_observers
    ]
    try:
        stored = read_run(store, run._id)
        errors += _metric_errors(recorder, stored, where)
        errors += _artifact_errors(store, recorder, stored, where)
    except FigproofError as error:
        errors.append(error)
    raise_together(errors)


def _metric_errors(recorder: Recorder, stored: StoredRun, where: str) -> list[FigproofError]:
    metrics = complete_metrics(stored)
    errors = []
    for name, series in sorted(recorder.series.items()):
        steps = metrics[name].steps if name in metrics else np.array([], dtype=np.int64)
        values = metrics[name].values if name in metrics else np.array([], dtype=np.float64)
        if not _same(steps, values, series.steps, series.values):
            problem = (
                f"metric {name!r}: {len(series.values)} points were recorded, the store holds {len(values)}"
            )
            same_length = len(series.values) == len(values)
            errors.append(
                FigproofError(f"{problem} other ones" if same_length else problem, where=where, hint=_HINT)
            )
    return errors


def _same(steps: Any, values: Any, recorded_steps: Any, recorded_values: Any) -> bool:
    return np.array_equal(steps, np.asarray(recorded_steps)) and np.array_equal(
        values, np.asarray(recorded_values), equal_nan=True
    )


def _artifact_errors(store: Store, recorder: Recorder, stored: StoredRun, where: str) -> list[FigproofError]:
    from figproof.store.reader import read_artifact

    present = {artifact.name: artifact for artifact in stored.artifacts}
    errors = []
    for name, digest in sorted(recorder.artifacts.items()):
        artifact = present.get(f"{name}.npz")
        if artifact is None:
            errors.append(FigproofError(f"artifact {name!r} is not in the store", where=where, hint=_HINT))
        elif digest_bytes(read_artifact(store, artifact)) != digest:
            errors.append(
                FigproofError(f"artifact {name!r} has other bytes in the store", where=where, hint=_HINT)
            )
    return errors


def mark_failed(store: Store, run_id: int, reason: str) -> None:
    """Set the status of a run that is not whole to FAILED, if the store can be reached."""
    try:
        update = {"$set": {"status": "FAILED", "fail_trace": [reason]}}
        matched = store.runs.update_one({"_id": run_id}, update).matched_count
    except Exception as error:
        # Any fault of the driver: what made the run fail is shown next, and matters more.
        print(f"run {run_id} could not be marked FAILED: {type(error).__name__}", file=sys.stderr)
        return
    if not matched:
        print(f"run {run_id} is not in the store, nothing could be marked", file=sys.stderr)
