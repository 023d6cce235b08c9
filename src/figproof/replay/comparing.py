"""A replay against the run that it repeats: bit for bit, within a tolerance, or where they part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from figproof.canonical import digest_bytes, to_json_bytes
from figproof.completeness import declared_metrics
from figproof.declare import Declared
from figproof.errors import FigproofError
from figproof.model import FloatArray, Metric
from figproof.npz import load_npz
from figproof.replay.outcome import Outcome, Series
from figproof.replay.plan import Plan

SAME = "bit for bit"
WITHIN = "within tolerance"
DIFFERS = "differs"
MEASURED = "measured"

# Seconds and bytes describe the machine and its load as well as the program.
_MEASURED_UNITS = frozenset(
    {"s", "ms", "us", "µs", "ns", "min", "h", "B", "KiB", "MiB", "GiB", "kB", "MB", "GB", "W", "J", "°C"}
)


@dataclass(frozen=True)
class Part:
    """One metric, artifact or the result.

    Attributes
    ----------
    what, name : str
        ``"metric"``, ``"artifact"``, ``"result"`` or ``"config"``; its name.
    verdict : str
        :data:`SAME`, :data:`WITHIN`, :data:`DIFFERS`, or :data:`MEASURED`: declared in a unit of time,
        memory or power, so it differs by nature and does not count.
    points : int or None
        How many values were recorded.
    step : int or None
        The first step at which they part.
    recorded, replayed : str
        The two values there, or the two digests.
    difference : float or None
        The largest relative difference, where there are numbers on both sides.
    """

    what: str
    name: str
    verdict: str
    points: int | None = None
    step: int | None = None
    recorded: str = ""
    replayed: str = ""
    difference: float | None = None


@dataclass(frozen=True)
class Comparison:
    """All parts, and the tolerance that was asked (relative; 0 for bit for bit)."""

    parts: tuple[Part, ...]
    tolerance: float

    @property
    def verdict(self) -> str:
        """The worst of all parts that count."""
        found = {part.verdict for part in self.parts}
        return next((verdict for verdict in (DIFFERS, WITHIN) if verdict in found), SAME)

    @property
    def first(self) -> Part | None:
        """The metric that parts at the smallest step."""
        apart = [part for part in self.parts if part.verdict == DIFFERS and part.step is not None]
        return min(apart, key=lambda part: (part.step or 0, part.name), default=None)


def compare(plan: Plan, outcome: Outcome, tolerance: float = 0.0) -> Comparison:
    """Compare config, result, every metric and every artifact.

    Parameters
    ----------
    tolerance : float
        Relative: a and b are equal within it if abs(a - b) <= tolerance * max(abs(a), abs(b)). With 0
        numbers are equal if their bits are, where one NaN is as good as another.
    """
    declared = declared_metrics(plan.run)
    parts = [_value("config", "", plan.run.config, outcome.config, 0.0)]
    for name in sorted({*plan.metrics, *outcome.metrics}):
        parts.append(
            _metric(name, plan.metrics.get(name), outcome.metrics.get(name), declared.get(name), tolerance)
        )
    parts.append(_value("result", "", plan.run.result, outcome.result, tolerance))
    recorded = _recorded_artifacts(plan)
    parts += [
        _artifact(name, recorded.get(name), outcome.artifacts.get(name), tolerance)
        for name in sorted({*recorded, *outcome.artifacts})
    ]
    return Comparison(tuple(parts), tolerance)


def _metric(
    name: str, recorded: Metric | None, replayed: Series | None, declared: Declared | None, tolerance: float
) -> Part:
    if recorded is None or replayed is None:
        count = len(recorded.steps) if recorded else None
        sides = ("recorded", "absent") if recorded else ("absent", "recorded")
        return Part("metric", name, DIFFERS, count, None, *sides)
    length = min(len(recorded.steps), len(replayed.steps))
    a, b = recorded.values[:length], replayed.values[:length]
    same_steps = recorded.steps[:length] == replayed.steps[:length]
    bits = same_steps & _same_bits(a, b)
    relative = _relative(a, b)
    # Without a tolerance 0.0 and -0.0 are two numbers.
    close = bits | (same_steps & (relative <= tolerance)) if tolerance else bits
    difference = float(relative.max(initial=0.0))
    points = len(recorded.steps)
    if bits.all() and len(recorded.steps) == len(replayed.steps):
        return Part("metric", name, SAME, points, difference=0.0)
    if close.all() and len(recorded.steps) == len(replayed.steps):
        return Part("metric", name, WITHIN, points, difference=difference)
    at = int(np.argmin(close)) if not close.all() else length
    step, sides = _parting(recorded, replayed, at)
    measured = declared is not None and declared.unit in _MEASURED_UNITS and bool(same_steps.all())
    verdict = MEASURED if measured and len(recorded.steps) == len(replayed.steps) else DIFFERS
    return Part("metric", name, verdict, points, step, *sides, difference)


def _parting(recorded: Metric, replayed: Series, at: int) -> tuple[int, tuple[str, str]]:
    """The step at which two series part, and what each has there."""

    def at_step(steps: Any, values: Any) -> tuple[int | None, str]:
        return (int(steps[at]), repr(float(values[at]))) if at < len(steps) else (None, "has ended")

    (one, a), (other, b) = at_step(recorded.steps, recorded.values), at_step(replayed.steps, replayed.values)
    if one is not None and other is not None and one != other:
        a, b = f"{a} at step {one}", f"{b} at step {other}"
    return min(step for step in (one, other) if step is not None), (a, b)


def _same_bits(a: FloatArray, b: FloatArray) -> Any:
    return (a.view(np.int64) == b.view(np.int64)) | (np.isnan(a) & np.isnan(b))


def _relative(a: FloatArray, b: FloatArray) -> FloatArray:
    """abs(a - b) / max(abs(a), abs(b)); infinite where one of them is not finite and the other differs."""
    with np.errstate(all="ignore"):
        scale = np.maximum(np.abs(a), np.abs(b))
        # Halves: the difference of two large numbers must not overflow.
        found = np.where(scale > 0, 2 * np.abs(a / 2 - b / 2) / scale, 0.0)
    found = np.where(np.isfinite(a) & np.isfinite(b), found, np.inf)
    return np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, found)


def _value(what: str, name: str, recorded: Any, replayed: Any, tolerance: float) -> Part:
    """Config and result: equal as canonical JSON, numbers within the tolerance."""
    if to_json_bytes(recorded) == to_json_bytes(replayed):
        return Part(what, name, SAME)
    difference = None
    if _is_number(recorded) and _is_number(replayed):
        difference = float(_relative(np.array([float(recorded)]), np.array([float(replayed)]))[0])
        if difference <= tolerance and tolerance:
            return Part(what, name, WITHIN, difference=difference)
    shown = (_short(recorded), _short(replayed))
    if isinstance(recorded, Mapping) and isinstance(replayed, Mapping):
        keys = sorted({*recorded, *replayed}, key=str)
        unlike = [key for key in keys if to_json_bytes(recorded.get(key)) != to_json_bytes(replayed.get(key))]
        if unlike:
            name = str(unlike[0])
            shown = (_short(recorded.get(name)), _short(replayed.get(name)))
    return Part(what, name, DIFFERS, None, None, *shown, difference)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _short(value: Any) -> str:
    return repr(value)[:60]


def _recorded_artifacts(plan: Plan) -> dict[str, bytes]:
    """The artifacts of the recorded run by name, out of its content."""
    listed = json.loads(plan.content.document)["artifacts"]
    return {entry["name"]: plan.content.blobs[entry["sha256"]] for entry in listed}


def _artifact(name: str, recorded: bytes | None, replayed: bytes | None, tolerance: float) -> Part:
    if recorded == replayed:
        return Part("artifact", name, SAME)
    both = recorded is not None and replayed is not None
    difference = _array_difference(recorded or b"", replayed or b"") if both else None
    within = bool(tolerance) and difference is not None and difference <= tolerance
    return Part(
        "artifact",
        name,
        WITHIN if within else DIFFERS,
        recorded=_digest(recorded),
        replayed=_digest(replayed),
        difference=difference,
    )


def _digest(content: bytes | None) -> str:
    return "absent" if content is None else digest_bytes(content)[:12]


def _array_difference(recorded: bytes, replayed: bytes) -> float | None:
    """The largest relative difference of two artifacts' arrays; None where they are no like arrays."""
    try:
        one, other = load_npz(recorded), load_npz(replayed)
    except FigproofError:
        return None
    if one.keys() != other.keys():
        return None
    worst = 0.0
    for name, array in one.items():
        if array.shape != other[name].shape or array.dtype != other[name].dtype:
            return None
        if array.dtype.kind == "f":
            pair = (array.astype(np.float64).ravel(), other[name].astype(np.float64).ravel())
            worst = max(worst, float(_relative(*pair).max(initial=0.0)))
        elif not np.array_equal(array, other[name]):
            return None
    return worst
