"""Precision and recall of the health rules, on the runs of benchmarks/health_runs.yaml.

    .venv/bin/python benchmarks/health.py

Runs are recorded into a store of their own, ``.figproof/health``, where they are not there yet (six minutes
on two cores). ``benchmarks/health_labels.yaml`` says what their curves show. Thresholds are set on the
calibration runs; the runs that are held out measure them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from figproof.completeness import complete_metrics
from figproof.model import Run
from figproof.numerics import health
from figproof.numerics.health import Check
from figproof.numerics.verdicts import FAULTS, check_run
from figproof.project import Project
from figproof.record.batch import record_plan
from figproof.record.plan import load_plan
from figproof.store import open_store
from figproof.store.reader import read_run
from figproof.yamlfile import load_yaml

ROOT = Path(__file__).parents[1]
HEALTHY = "no fault"
FIRST_HELD_OUT = 51

Verdicts = Mapping[int, Mapping[str, Check]]
Labels = Mapping[str, set[int]]


def verdicts() -> Verdicts:
    """Record what is missing, and ask every rule about every run."""
    project = Project(ROOT)
    plan = load_plan(project, ROOT / "benchmarks/health_runs.yaml")
    found = {}
    with open_store(ROOT) as store:
        if record_plan(project, store, plan, 2, lambda line: print(line, file=sys.stderr, flush=True)):
            sys.exit("some runs failed")
        for planned in plan:
            stored = read_run(store, planned.id)
            metrics = complete_metrics(stored)
            run = Run(planned.id, "", planned.experiment, "", None, stored.config, metrics, {})
            checks = check_run(run, "train.loss", "validation.loss")
            found[planned.id] = {check.fault: check for check in checks}
    return found


def labels(runs: Sequence[int]) -> Labels:
    """Fault -> the runs that show it, with those that show none."""
    written = load_yaml(ROOT / "benchmarks/health_labels.yaml")
    shown = {fault: set(written[fault]) for fault in FAULTS}
    if unknown := set().union(*shown.values()) - set(runs):
        sys.exit(f"labelled runs that are not in the plan: {sorted(unknown)}")
    return {**shown, HEALTHY: set(runs) - set().union(*shown.values())}


def scores(found: Verdicts, shown: Labels, runs: Sequence[int]) -> None:
    """A line per fault, and one for the runs that are healthy."""
    print("| fault | runs that show it | found | precision | recall | found wrongly | missed |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for fault in (*FAULTS, HEALTHY):
        there = {run for run in runs if run in shown[fault]}
        said = {run for run in runs if _says(found[run], fault)}
        right = len(there & said)
        shares = (f"{right / len(group):.2f}" if group else "-" for group in (said, there))
        cells = [len(there), len(said), *shares, _listed(said - there), _listed(there - said)]
        print("| " + " | ".join([fault, *map(str, cells)]) + " |")


def _says(checks: Mapping[str, Check], fault: str) -> bool:
    return checks[fault].found if fault in checks else not any(check.found for check in checks.values())


def _listed(runs: set[int]) -> str:
    return ", ".join(map(str, sorted(runs))) or "-"


def gaps(found: Verdicts, shown: Labels, runs: Sequence[int]) -> None:
    """For each threshold, the gap between calibration runs that its value was set in."""
    measured = {
        fault: {run: found[run][fault].value for run in runs if _counts(found[run][fault])}
        for fault in FAULTS
    }
    # What is left decides on a plateau only where the loss is flat.
    left = {run: value for run, value in measured["underfitting"].items() if _is_flat(found[run])}
    asked = {
        "OVERFIT_RISE": (measured["overfitting"], shown["overfitting"], False),
        "UNDERFIT_LEFT": (measured["underfitting"], shown["underfitting"], False),
        "PLATEAU_LEFT": (left, shown["plateau"], False),
        "PLATEAU_FALL": (measured["plateau"], shown["plateau"], True),
        "OSCILLATION_SWING": (measured["oscillating"], shown["oscillating"], False),
        "DIVERGED_RATIO": (measured["diverged"], shown["diverged"], False),
        "VANISHING_RATIO": (measured["vanishing"], shown["vanishing"], True),
        "EXPLODING_RATIO": (measured["exploding"], shown["exploding"], False),
    }
    print("| threshold | value | gap | middle | calibration runs on the wrong side |")
    print("| --- | --- | --- | --- | --- |")
    for name, (values, there, below) in asked.items():
        low_end, high_end, wrong = best_gap(values, there, below)
        middle = np.sqrt(max(low_end, 0.0) * high_end)
        print(
            f"| {name} | {getattr(health, name):g} | {low_end:.3g} to {high_end:.3g} | {middle:.2g} "
            f"| {_listed(wrong)} |"
        )


def _counts(check: Check) -> bool:
    """Whether the rule's value decided."""
    return check.checked and not check.why


def _is_flat(checks: Mapping[str, Check]) -> bool:
    return checks["plateau"].value <= health.PLATEAU_FALL


def best_gap(measured: Mapping[int, float], there: set[int], below: bool) -> tuple[float, float, set[int]]:
    """The gap with the fewest runs on the wrong side, the widest of equals, and those runs."""
    ordered = sorted(measured, key=lambda run: (measured[run], run))
    best: tuple[int, float, float, float, set[int]] | None = None
    for cut in range(1, len(ordered)):
        lower, upper = set(ordered[:cut]), set(ordered[cut:])
        wrong = (lower - there) | (upper & there) if below else (lower & there) | (upper - there)
        low, high = measured[ordered[cut - 1]], measured[ordered[cut]]
        width = high / low if low > 0 else np.inf if high > low else 1.0
        if best is None or (len(wrong), -width) < best[:2]:
            best = (len(wrong), -width, low, high, wrong)
    if best is None:
        sys.exit("fewer than two runs were measured")
    return best[2:]


def main() -> None:
    # The project's own store holds the demo's runs, under some of the same ids.
    os.environ.setdefault("FIGPROOF_STORE", "embedded:" + str(ROOT / ".figproof/health"))
    found = verdicts()
    shown = labels(list(found))
    calibration = [run for run in found if run % 100 < FIRST_HELD_OUT]
    held_out = [run for run in found if run % 100 >= FIRST_HELD_OUT]
    print(f"thresholds, from {len(calibration)} calibration runs")
    gaps(found, shown, calibration)
    for name, runs in (("calibration", calibration), ("held out", held_out)):
        if name in sys.argv[1:] or len(sys.argv) == 1:
            print(f"\n{name}, {len(runs)} runs")
            scores(found, shown, runs)


if __name__ == "__main__":
    main()
