"""What a replayed program detached from itself: adopted, found and killed (on Linux; elsewhere nothing)."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# linux/prctl.h
_SET_CHILD_SUBREAPER = 36
_MOST_S = 3.0
_POLL_S = 0.02
# proc_pid_stat(5): the fields after the name, which is in brackets and may hold anything.
_PARENT, _STARTED = 1, 19


@contextmanager
def adopting_orphans() -> Iterator[None]:
    """A process below us whose parent ends becomes ours and not init's, whatever session it is in."""
    _be_subreaper(True)
    try:
        yield
    finally:
        _be_subreaper(False)


def _be_subreaper(wanted: bool) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, int(wanted), 0, 0, 0)


def started(pid: int) -> int:
    """When a process started, in ticks since the machine did; 0 if that cannot be told."""
    return int(_stat(pid)[_STARTED])


def end_orphans(since: int) -> None:
    """Kill our children that are no older than ``since``, of :func:`started`, and theirs, until none is left.

    A program that forks faster than it is killed is left alone after three seconds.
    """
    deadline = time.monotonic() + _MOST_S
    while since and time.monotonic() < deadline and (orphans := _children(since)):
        for pid in orphans:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        time.sleep(_POLL_S)


def _children(since: int) -> list[int]:
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    facts = [(pid, _stat(pid)) for pid in sorted(pids)]
    return [pid for pid, stat in facts if int(stat[_PARENT]) == os.getpid() and int(stat[_STARTED]) >= since]


def _stat(pid: int) -> list[str]:
    try:
        return (
            Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        )
    except OSError:
        return ["0"] * (_STARTED + 1)
