"""What happens at one step of a series: it stops being finite, its learning rate changes or restarts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from figproof.model import FloatArray, Frame, IntArray, Run
from figproof.numerics.curves import Aligned, metric_of_each, run_name, x_of

MOST_CHANGES = 10
RESTART_RATIO = 2.0


def broken_starts(values: FloatArray) -> IntArray:
    """Indices, shape (m,), at which a stretch of values that are not finite begins."""
    broken = ~np.isfinite(values)
    return np.flatnonzero(broken & ~np.concatenate([[False], broken[:-1]])).astype(np.int64)


def rate_events(rates: FloatArray) -> tuple[IntArray, IntArray]:
    """Where a learning rate changes, and where it restarts.

    A restart (Loshchilov & Hutter 2017) is a rise to at least twice the rate before, after the rate
    has fallen since the start or the last restart; a warm-up, which only rises, is none. Any other
    difference is a change. A rate with more than 10 changes follows a continuous schedule, of which
    only the restarts are events.

    Parameters
    ----------
    rates : ndarray, shape (n,)
        As recorded, in the order of steps.

    Returns
    -------
    changes, restarts : ndarray of int64
        Indices of the first value at the new rate.
    """
    changes, restarts = [], []
    fallen = False
    for index in np.flatnonzero(np.diff(rates)) + 1:
        before, now = rates[index - 1], rates[index]
        if fallen and now >= RESTART_RATIO * before:
            restarts.append(index)
            fallen = False
            continue
        fallen = fallen or now < before
        changes.append(index)
    kept = changes if len(changes) <= MOST_CHANGES else []
    return np.array(kept, dtype=np.int64), np.array(restarts, dtype=np.int64)


def broken_frame(condition: str, metric: str, runs: Sequence[Run], plain: Aligned, x: str | None) -> Frame:
    """Where each run's values stop being finite, and the run's last finite value before.

    Parameters
    ----------
    condition, metric : str
        Named in the frame.
    runs : sequence of Run
    plain : Aligned
        The runs' series before smoothing.
    x : str or None
        As for :func:`figproof.numerics.curves.x_of`.
    """
    rows: list[tuple[str, int, float, str, float]] = []
    for row, run in enumerate(runs):
        own = plain.only([row])
        starts = broken_starts(own.values[0])
        places = x_of([run], x, own) if starts.size else np.zeros(0)
        for at in starts:
            before = float(own.values[0, at - 1]) if at else np.nan
            row_of_mark = (int(own.steps[at]), float(places[at]), str(own.values[0, at]), before)
            rows.append((run_name(run), *row_of_mark))
    return {
        "condition": np.array([condition] * len(rows), dtype=np.str_),
        "metric": np.array([metric] * len(rows), dtype=np.str_),
        "run": np.array([row[0] for row in rows], dtype=np.str_),
        "step": np.array([row[1] for row in rows], dtype=np.int64),
        "x": np.array([row[2] for row in rows], dtype=np.float64),
        "kind": np.array([row[3] for row in rows], dtype=np.str_),
        "value": np.array([row[4] for row in rows], dtype=np.float64),
    }


def rate_frame(condition: str, runs: Sequence[Run], rate: str, x: str | None) -> Frame:
    """Changes and restarts of the learning rate in any of a condition's runs, the first run's of equals."""
    found: dict[tuple[int, str], tuple[float, float]] = {}
    for run in runs:
        series = metric_of_each([run], rate)[0]
        changes, restarts = rate_events(series.values)
        for kind, at in (("change", changes), ("restart", restarts)):
            events = Aligned(series.steps[at], series.values[None, at], np.ones((1, at.size), np.bool_), 0)
            for step, place, value in zip(
                events.steps, x_of([run], x, events), series.values[at], strict=True
            ):
                found.setdefault((int(step), kind), (float(place), float(value)))
    ordered = sorted(found)
    return {
        "condition": np.array([condition] * len(ordered), dtype=np.str_),
        "kind": np.array([kind for _, kind in ordered], dtype=np.str_),
        "step": np.array([step for step, _ in ordered], dtype=np.int64),
        "x": np.array([found[key][0] for key in ordered], dtype=np.float64),
        "rate": np.array([found[key][1] for key in ordered], dtype=np.float64),
    }
