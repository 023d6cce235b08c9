"""Progress on the terminal: one line that updates, or a few lines in a log."""

from __future__ import annotations

import sys
import time
from collections import deque
from typing import TextIO

_LINES_IN_A_LOG = 4
_WORTH_SAYING_S = 5.0
# Steps that an earlier process did take no time; they should not count for long.
_LATEST = 9


class Progress:
    """Says how far a run is.

    It writes to the process's own standard error, not to ``sys.stderr``: Sacred keeps a copy of the
    latter in the run, and sends the whole copy again at every heartbeat.

    Parameters
    ----------
    label : str
    total : int
        Calls of :meth:`step` that make the whole.
    stream : file, optional
        ``sys.__stderr__`` if None.
    """

    def __init__(self, label: str, total: int, stream: TextIO | None = None) -> None:
        self._label = label
        self._total = max(total, 1)
        self._done = 0
        self._times = deque([time.monotonic()], maxlen=_LATEST)
        self._stream = stream if stream is not None else sys.__stderr__
        self._live = self._stream is not None and self._stream.isatty()

    def step(self, note: str = "") -> None:
        """One more part is done; ``note`` follows the count, e.g. the loss."""
        self._done += 1
        self._times.append(time.monotonic())
        last = self._done >= self._total
        if self._stream is None or not (self._live or last or self._is_milestone()):
            return
        line = f"{self._label} {self._done}/{self._total} {note}".rstrip() + ("" if last else self._left())
        ends = "\n" if last or not self._live else ""
        self._stream.write(f"\r\x1b[K{line}{ends}" if self._live else f"{line}{ends}")
        self._stream.flush()

    def _left(self) -> str:
        """The time that the rest takes at the latest steps' speed; nothing if that is seconds."""
        speed = (self._times[-1] - self._times[0]) / (len(self._times) - 1)
        left = speed * (self._total - self._done)
        if left < _WORTH_SAYING_S:
            return ""
        return f", {left:.0f} s left" if left < 100 else f", {left / 60:.0f} min left"

    def _is_milestone(self) -> bool:
        before = (self._done - 1) * _LINES_IN_A_LOG // self._total
        return self._done * _LINES_IN_A_LOG // self._total > before
