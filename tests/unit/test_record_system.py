"""Time and memory of epochs, with a clock that is told what to say."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from figproof.record import Recorder
from figproof.record.system import SystemMeter, peak_memory_mib, system_metrics


class FakeRun:
    """What the recorder uses of Sacred's run."""

    def __init__(self) -> None:
        self.config: dict[str, Any] = {}
        self.info: dict[str, Any] = {}
        self._id = 7
        self.experiment_info = {"name": "tiny"}
        self.logged: list[tuple[str, float, int]] = []

    def log_scalar(self, name: str, value: float, step: int) -> None:
        self.logged.append((name, value, step))


def test_an_epoch_is_timed_inside_and_elapsed_counts_what_is_between() -> None:
    run, times = FakeRun(), iter([100.0, 101.0, 103.0, 110.0, 110.5])
    meter = SystemMeter(Recorder(run, system_metrics(2)), clock=lambda: next(times))
    for epoch in (1, 2):
        with meter.epoch(epoch):
            pass
    timed = [entry for entry in run.logged if entry[0] != "system.memory"]
    assert timed == [
        ("system.elapsed", 0.0, 0),
        ("system.epoch_time", 2.0, 1),
        ("system.elapsed", 3.0, 1),
        ("system.epoch_time", 0.5, 2),
        ("system.elapsed", 10.5, 2),
    ]
    memory = [value for name, value, _ in run.logged if name == "system.memory"]
    assert len(memory) == 2 and 5 < memory[0] <= memory[1]


def test_an_epoch_that_failed_is_not_recorded() -> None:
    run = FakeRun()
    meter = SystemMeter(Recorder(run, system_metrics(1)))
    with pytest.raises(ZeroDivisionError), meter.epoch(1):
        _ = 1 / 0
    assert [name for name, _, _ in run.logged] == ["system.elapsed"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the unit is the system's")
def test_peak_memory_is_in_mib_as_the_kernel_says() -> None:
    with Path("/proc/self/status").open() as status:
        (kib,) = [int(line.split()[1]) for line in status if line.startswith("VmHWM")]
    assert peak_memory_mib() == pytest.approx(kib / 1024, rel=0.05)
