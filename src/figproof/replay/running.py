"""Run the stored program of a run in a subprocess that has a clean folder and nothing of ours."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from figproof.errors import FigproofError, printable
from figproof.record import child
from figproof.record.batch import sigterm_interrupts
from figproof.record.given import give_run
from figproof.replay.adopting import adopting_orphans, end_orphans, started
from figproof.replay.outcome import Outcome, read_outcome
from figproof.replay.plan import Plan
from figproof.replay.sources import unpack
from figproof.store.gridfile import MAX_FILE_BYTES
from figproof.worker import worker_environment

_STOP_S = 3.0
_POLL_S = 0.2
_LONGEST_LINE = 300
_MOST_LINES = 400
_TAIL_LINES = 15
_LEAST_LIMIT_S = 600.0
_TIMES_RECORDED = 20.0


def time_limit(plan: Plan) -> float:
    """Seconds that a replay may take if nothing else is asked: 20 times the recorded ones, at least 600."""
    return max(_LEAST_LIMIT_S, _TIMES_RECORDED * plan.seconds)


def run_again(plan: Plan, python: Path, limit_s: float, say: Callable[[str], None]) -> Outcome:
    """Run a recorded run's program in a folder that is removed afterwards.

    Parameters
    ----------
    python : Path
        Which interpreter.
    limit_s : float
        Seconds after which the program is killed, with all that it started.
    say : callable
        Gets each line that the program writes, made printable.

    Raises
    ------
    FigproofError
        The program failed (with the end of what it wrote), took too long, or left what cannot be read.
    KeyboardInterrupt
        Ctrl-C or SIGTERM; the program has ended by then.
    """
    # A path without links: the program's own idea of where it lies must be ours.
    clean = Path(tempfile.mkdtemp(prefix="figproof-replay-")).resolve()
    try:
        job = _prepare(plan, clean)
        tail = _run(plan, python, clean, job, limit_s, say)
        return read_outcome(clean / "out", plan.where, tail)
    finally:
        shutil.rmtree(clean, ignore_errors=True)


def _prepare(plan: Plan, clean: Path) -> Path:
    """Lay out the folder; the file that tells the child its job."""
    sources = clean / "experiments"
    unpack(plan.sources, sources)
    for name in ("out", "runs", "tmp", "config"):
        (clean / name).mkdir(mode=0o700)
    # Marks the folder as a project: experiments find theirs by it.
    (clean / "config" / "config.yaml").write_bytes(b"")
    for run, content in plan.parents:
        give_run(clean / "runs", run, content)
    main = sources / plan.main
    job = clean / "job.json"
    description = {
        "main": str(main),
        "path": list(dict.fromkeys([str(main.parent), str(sources)])),
        "name": plan.run.experiment,
        "command": plan.command,
        "named_configs": list(plan.named_configs),
        "config": plan.run.config,
        "runs": str(clean / "runs") if plan.uses_figproof else None,
        "out": str(clean / "out"),
        "most_bytes": MAX_FILE_BYTES,
    }
    job.write_text(json.dumps(description), encoding="utf-8", errors="surrogatepass")
    return job


def child_environment(clean: Path, python: Path, *, fixed: bool) -> dict[str, str]:
    """The whole environment of the program: nothing of the user's, no address of a store.

    Parameters
    ----------
    fixed : bool
        Whether with the threads and instruction sets of :func:`figproof.worker.worker_environment`.
    """
    own = {
        "HOME": str(clean),
        "PATH": f"{python.parent}{os.pathsep}{os.defpath}",
        "TMPDIR": str(clean / "tmp"),
    }
    return worker_environment(clean / "tmp", own) if fixed else {**own, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _run(
    plan: Plan, python: Path, clean: Path, job: Path, limit_s: float, say: Callable[[str], None]
) -> list[str]:
    """Run the child to its end; the last lines that it wrote."""
    with sigterm_interrupts(), adopting_orphans():
        process = subprocess.Popen(
            [str(python), "-I", child.__file__, str(job)],
            cwd=clean,
            env=child_environment(clean, python, fixed=plan.fixed is not False),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # Ctrl-C is ours to pass on; the group is killed as a whole.
            start_new_session=True,
        )
        since = started(process.pid)
        tail: deque[str] = deque(maxlen=_TAIL_LINES)
        try:
            _follow(process, time.monotonic() + limit_s, say, tail)
        except TimeoutError:
            raise FigproofError(
                f"the replay was killed after {limit_s:g} s",
                where=plan.where,
                hint=f"the recorded run took {plan.seconds:.0f} s; give --timeout SECONDS",
            ) from None
        finally:
            _stop(process, since)
    if process.returncode:
        raise _failed(plan, process.returncode, tail)
    return list(tail)


def _failed(plan: Plan, code: int, tail: deque[str]) -> FigproofError:
    how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    lines = "\n".join(["  the end of what it wrote:", *(f"    {line}" for line in tail)] if tail else [])
    hint = "the record may lack a file or a package that the run used"
    if plan.lacks:
        hint += ": it does not hold " + "; ".join(plan.lacks)
    return FigproofError(f"the replay ended with {how}\n{lines}".rstrip(), where=plan.where, hint=hint)


def _follow(
    process: subprocess.Popen[bytes], deadline: float, say: Callable[[str], None], tail: deque[str]
) -> None:
    """Pass on what the child writes until it ends.

    Raises
    ------
    TimeoutError
    """
    stream = process.stdout
    assert stream is not None, "opened as a pipe"
    os.set_blocking(stream.fileno(), False)
    shown = 0
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        ended = False
        while not ended:
            if time.monotonic() > deadline:
                raise TimeoutError
            # A process that the child left behind may hold the pipe open for ever.
            ended = process.poll() is not None
            selector.select(0 if ended else _POLL_S)
            *lines, rest = (rest + _read(stream)).split(b"\n")
            if ended or len(rest) > _LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in filter(None, map(_shown, lines)):
                tail.append(line)
                shown += 1
                if shown <= _MOST_LINES:
                    say(line if shown < _MOST_LINES else "... more is not shown")


def _read(stream: IO[bytes]) -> bytes:
    """What is there now, and no wait."""
    try:
        found = os.read(stream.fileno(), 1 << 16)
    except BlockingIOError:
        return b""
    if not found:
        # Closed, and the process may go on: no busy loop.
        time.sleep(_POLL_S / 10)
    return found


def _shown(line: bytes) -> str:
    return printable(line.decode("utf-8", "replace").rstrip("\r\n"))[:_LONGEST_LINE]


def _stop(process: subprocess.Popen[bytes], since: int) -> None:
    """End the child, all of its group and what left the group; harmless if it has ended."""
    # A second Ctrl-C must not leave it behind.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        if process.poll() is None:
            _signal(process, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_S)
        # The child may be gone and what it started be there still.
        _signal(process, signal.SIGKILL)
        process.wait()
        end_orphans(since)
        if process.stdout is not None:
            process.stdout.close()
    finally:
        signal.signal(signal.SIGINT, before)


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
