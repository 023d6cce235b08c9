"""Bit for bit, within a tolerance, or the first step at which two runs part."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import Any

import numpy as np
import pytest

from factories import stored_run
from figproof.canonical import digest_bytes
from figproof.content import Content
from figproof.declare import Declared
from figproof.model import Metric
from figproof.npz import dump_npz
from figproof.replay.comparing import Comparison, Part, compare
from figproof.replay.outcome import Outcome, Series
from figproof.replay.plan import Plan

NAN, INF = math.nan, math.inf


def plan(metrics: dict[str, Any], artifacts: dict[str, bytes], units: dict[str, str], **changes: Any) -> Plan:
    """A recorded run with these values at steps 0, 1, ..."""
    declared = {name: Declared(unit, None) for name, unit in units.items()}
    listed = [{"name": name, "sha256": digest_bytes(blob)} for name, blob in artifacts.items()]
    content = Content(
        json.dumps({"artifacts": listed}).encode(), {digest_bytes(b): b for b in artifacts.values()}
    )
    return Plan(
        run=stored_run(declared=declared, **{"config": {"seed": 1}, "result": 0.5, **changes}),
        metrics={name: Metric(name, "", *columns(values)) for name, values in metrics.items()},
        content=content,
        command="main",
        main="main.py",
        named_configs=(),
        sources=(),
        dependencies=(),
        python="",
        library=None,
        commits=(),
        fixed=None,
        parents=(),
        lacks=(),
    )


def columns(values: Any) -> tuple[Any, Any]:
    if isinstance(values, dict):
        return np.array(list(values), dtype=np.int64), np.array(list(values.values()), dtype=np.float64)
    return np.arange(len(values)), np.array(values, dtype=np.float64)


def both(
    recorded: Any, replayed: Any, tolerance: float = 0.0, unit: str = "nat", **changes: Any
) -> tuple[Part, Comparison]:
    """The comparison of one metric."""
    steps, values = columns(replayed)
    outcome = Outcome(
        metrics={"loss": Series(steps, values, steps)},
        artifacts={},
        **{"config": {"seed": 1}, "result": 0.5, **changes},
        info={},
        dependencies=(),
        host={},
        captured_out="",
        start=datetime(2026, 1, 1),
        stop=datetime(2026, 1, 1),
    )
    comparison = compare(plan({"loss": recorded}, {}, {"loss": unit}), outcome, tolerance)
    return next(part for part in comparison.parts if part.what == "metric"), comparison


@pytest.mark.parametrize("values", [[], [0.1, 1e308, -1e-310], [NAN, INF, -INF, 0.0]])
def test_equal_bits_are_equal(values: list[float]) -> None:
    part, comparison = both(values, list(values))
    assert (part.verdict, comparison.verdict, part.step) == ("bit for bit", "bit for bit", None)


@pytest.mark.parametrize(
    ("recorded", "replayed", "step", "sides"),
    [
        ([1.0, 2.0, 3.0], [1.0, 2.0 + 2**-51, 9.0], 1, ("2.0", "2.0000000000000004")),
        ([0.0], [-0.0], 0, ("0.0", "-0.0")),
        ([1.0, NAN], [1.0, 2.0], 1, ("nan", "2.0")),
        ([1.0, INF], [1.0, -INF], 1, ("inf", "-inf")),
        ([1.0, 2.0], [1.0], 1, ("2.0", "has ended")),
        ([1.0], [1.0, 2.0], 1, ("has ended", "2.0")),
        ({0: 1.0, 10: 2.0}, {0: 1.0, 5: 2.0}, 5, ("2.0 at step 10", "2.0 at step 5")),
    ],
)
def test_the_first_step_at_which_they_part_has_both_values(
    recorded: Any, replayed: Any, step: int, sides: tuple[str, str]
) -> None:
    part, comparison = both(recorded, replayed)
    assert (part.verdict, part.step, (part.recorded, part.replayed)) == ("differs", step, sides)
    assert comparison.verdict == "differs" and comparison.first == part


@pytest.mark.parametrize(
    ("recorded", "replayed", "tolerance", "verdict"),
    [
        ([1.0, 100.0], [1.0, 100.0001], 1e-6, "within tolerance"),
        ([1.0, 100.0], [1.0, 100.0002], 1e-6, "differs"),
        ([1e308, -1e308], [-1e308, 1e308], 0.5, "differs"),
        ([NAN, 1.0], [NAN, 1.0000001], 1e-6, "within tolerance"),
        ([NAN], [1.0], 0.5, "differs"),
        ([INF], [1e308], 0.5, "differs"),
        ([0.0], [-0.0], 1e-9, "within tolerance"),
        ([0.0], [1e-300], 0.5, "differs"),
        ([1.0, 2.0], [1.0], 0.5, "differs"),
        ({0: 1.0}, {1: 1.0}, 0.5, "differs"),
    ],
)
def test_a_tolerance_is_relative_and_says_nothing_of_steps(
    recorded: Any, replayed: Any, tolerance: float, verdict: str
) -> None:
    part, comparison = both(recorded, replayed, tolerance)
    assert part.verdict == verdict == comparison.verdict


def test_the_largest_relative_difference_is_given() -> None:
    part, _ = both([1.0, 4.0, -8.0], [1.0, 5.0, -8.0])
    assert part.difference == pytest.approx(0.2, rel=1e-15)


def test_what_is_declared_in_seconds_or_bytes_does_not_count_and_is_named() -> None:
    for unit in ("s", "MiB"):
        part, comparison = both([1.0, 2.0], [1.0, 3.0], unit=unit)
        assert (part.verdict, part.step, part.recorded, part.replayed) == ("measured", 1, "2.0", "3.0")
        assert comparison.verdict == "bit for bit"
    assert both([1.0], [1.0], unit="s")[0].verdict == "bit for bit"
    assert both([1.0], [2.0], unit="steps")[0].verdict == "differs"
    assert both([1.0, 2.0], [1.0], unit="s")[0].verdict == "differs", "how often it was measured counts"
    assert both({0: 1.0}, {1: 1.0}, unit="s")[0].verdict == "differs"


def test_the_earliest_parting_of_all_metrics_is_first() -> None:
    recorded = plan({"a": [1, 2, 3], "b": [1, 2, 3], "c": [1]}, {}, {})
    series = {"a": [1.0, 2.0, 4.0], "b": [1.0, 5.0, 3.0]}
    outcome = (
        both([], [])[1],
        Outcome(
            {name: Series(*columns(values), np.arange(3)) for name, values in series.items()},
            {},
            {"seed": 1},
            0.5,
            {},
            (),
            {},
            "",
            datetime(2026, 1, 1),
            datetime(2026, 1, 1),
        ),
    )
    comparison = compare(recorded, outcome[1])
    assert comparison.first is not None
    assert (comparison.first.name, comparison.first.step) == ("b", 1)
    absent = next(part for part in comparison.parts if part.name == "c")
    assert (absent.verdict, absent.recorded, absent.replayed) == ("differs", "recorded", "absent")


def test_config_and_result_are_compared() -> None:
    parts = {part.what: part for part in both([1.0], [1.0], config={"seed": 2}, result=0.5)[1].parts}
    config = parts["config"]
    assert (config.verdict, config.name, config.recorded, config.replayed) == ("differs", "seed", "1", "2")
    assert parts["result"].verdict == "bit for bit"
    result = {part.what: part for part in both([1.0], [1.0], 1e-6, result=0.5000001)[1].parts}["result"]
    assert result.verdict == "within tolerance"
    assert both([1.0], [1.0], result=True)[1].verdict == "differs"


def outcome_with(artifacts: dict[str, bytes]) -> Outcome:
    day = datetime(2026, 1, 1)
    return Outcome({}, artifacts, {"seed": 1}, 0.5, {}, (), {}, "", day, day)


def test_artifacts_are_compared_by_digest_and_arrays_within_a_tolerance() -> None:
    one = dump_npz({"W": np.array([1.0, 2.0]), "n": np.array([3])})
    near = dump_npz({"W": np.array([1.0, 2.0000001]), "n": np.array([3])})
    other = dump_npz({"W": np.array([1.0, 2.0]), "n": np.array([4])})

    def verdict(recorded: bytes, replayed: bytes, tolerance: float = 0.0) -> Part:
        parts = compare(plan({}, {"w.npz": recorded}, {}), outcome_with({"w.npz": replayed}), tolerance).parts
        return next(part for part in parts if part.what == "artifact")

    assert verdict(one, one).verdict == "bit for bit"
    differs = verdict(one, near)
    assert (differs.verdict, differs.recorded) == ("differs", digest_bytes(one)[:12])
    assert differs.difference == pytest.approx(5e-8, rel=1e-6)
    assert verdict(one, near, 1e-6).verdict == "within tolerance"
    assert verdict(one, other, 1e-6).verdict == "differs", "a whole number has no tolerance"
    assert verdict(b"text", b"Text", 0.9).verdict == "differs"
    assert verdict(b"text", b"text").verdict == "bit for bit"


def test_an_artifact_on_one_side_only_is_a_difference() -> None:
    found = compare(plan({}, {"a.npz": b"a"}, {}), outcome_with({"b.npz": b"b"})).parts
    sides = {
        part.name: (part.verdict, part.recorded, part.replayed) for part in found if part.what == "artifact"
    }
    assert sides["a.npz"][::2] == ("differs", "absent") and sides["b.npz"][:2] == ("differs", "absent")
