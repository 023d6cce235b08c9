"""How long a run takes and how much memory it needs: measured, so never the same twice."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from figproof.declare import Declared
from figproof.record.recorder import Recorder

_BYTES_A_UNIT = 1 if sys.platform == "darwin" else 1024


def system_metrics(epochs: int) -> dict[str, Declared]:
    """What :class:`SystemMeter` records, for ``METRICS``."""
    return {
        "system.epoch_time": Declared("s", epochs),
        "system.elapsed": Declared("s", epochs + 1),
        "system.memory": Declared("MiB", epochs),
    }


def peak_memory_mib() -> float:
    """The most memory that the process has held so far (peak resident set size), in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_A_UNIT / 2**20


class SystemMeter:
    """Records time and memory of each epoch.

    ``system.epoch_time`` is the wall time of what stands inside :meth:`epoch`; ``system.elapsed`` the
    wall time since the meter was made, evaluation and storing included; ``system.memory`` the peak
    resident set size of the process so far, which never falls. They describe the machine and its load
    as well as the program, so a run with them cannot be recorded again with the same content.

    Parameters
    ----------
    recorder : Recorder
        Its metrics include :func:`system_metrics`.
    clock : callable () -> float
        Seconds, monotonic.
    """

    def __init__(self, recorder: Recorder, clock: Callable[[], float] = time.perf_counter) -> None:
        self._recorder, self._clock = recorder, clock
        self._start = clock()
        recorder.scalars(0, {"system.elapsed": 0.0})

    @contextmanager
    def epoch(self, epoch: int) -> Iterator[None]:
        """Measure what is done inside, and record it when it has ended without an error."""
        began = self._clock()
        yield
        ended = self._clock()
        measured = {"system.epoch_time": ended - began, "system.elapsed": ended - self._start}
        self._recorder.scalars(epoch, {**measured, "system.memory": peak_memory_mib()})
