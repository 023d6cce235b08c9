"""Record the runs of a plan, some at a time; what is recorded stays, what is half recorded is redone."""

from __future__ import annotations

import datetime
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

from figproof.errors import FigproofError, raise_together
from figproof.project import Project
from figproof.record.plan import PlannedRun
from figproof.store import Store
from figproof.worker import worker_environment

TAIL_LINES = 15

_POLL_S = 0.03
_STOP_S = 60.0
_ALIVE_S = 60.0
"""Sacred writes a heartbeat every 10 s."""


@dataclass
class Batch:
    """Where a plan stands.

    Attributes
    ----------
    waiting : list of PlannedRun
        Sorted by id.
    present, failed : set of int
        Ids in the store and complete; ids that will not be.
    running : dict of int to (PlannedRun, process, seconds at start)
    """

    waiting: list[PlannedRun]
    present: set[int]
    failed: set[int] = field(default_factory=set)
    running: dict[int, tuple[PlannedRun, subprocess.Popen[bytes], float]] = field(default_factory=dict)


def command(script: Path, arguments: Sequence[str]) -> list[str]:
    """What runs an experiment: isolated from PYTHONPATH, the user's packages and the current folder."""
    return [sys.executable, "-I", str(script), *arguments]


def record_plan(
    project: Project, store: Store, plan: Sequence[PlannedRun], jobs: int, say: Callable[[str], None]
) -> int:
    """Record what the store does not hold yet.

    Parameters
    ----------
    plan : sequence of PlannedRun
        Sorted by id.
    jobs : int
        Runs at the same time.
    say : callable
        Gets one line for each run, and a summary.

    Returns
    -------
    int
        How many runs of the plan are not in the store, complete, at the end.

    Raises
    ------
    FigproofError
        Another process records a plan; or an id of the plan belongs to another run, which stays.
    KeyboardInterrupt
        Ctrl-C or SIGTERM, with how many runs are recorded; those that were being recorded have ended
        INTERRUPTED.
    """
    with _only_one(project) as lock, sigterm_interrupts():
        present = _present(store, plan)
        batch = Batch([run for run in plan if run.id not in present], set(present))
        started = time.monotonic()
        try:
            while batch.waiting or batch.running:
                _start_what_can(project, store, batch, jobs, lock)
                _collect(project, batch, len(plan), say)
                time.sleep(_POLL_S)
        except KeyboardInterrupt:
            _stop(batch)
            failed = f", {len(batch.failed)} failed" if batch.failed else ""
            raise KeyboardInterrupt(
                f"{len(batch.present)} of {len(plan)} runs are recorded{failed}"
            ) from None
        finally:
            _stop(batch)
        new = len(batch.present) - len(present)
        say(
            f"{len(plan)} runs: {new} recorded in {time.monotonic() - started:.0f} s, "
            f"{len(present)} were there, {len(batch.failed)} failed"
        )
        return len(batch.failed)


def _present(store: Store, plan: Sequence[PlannedRun]) -> list[int]:
    """Ids that are recorded; an error for ids under which the store holds something else."""
    fields = {"status": 1, "experiment.name": 1, "meta.config_updates": 1}
    found = {run["_id"]: run for run in store.runs.find({"_id": {"$in": [run.id for run in plan]}}, fields)}
    errors = [
        FigproofError(
            f"run {run.id} of the store is not the plan's ({_settings(found[run.id])})",
            where=f"{run} in {store.address}",
            hint="record the plan into an empty store: FIGPROOF_STORE=embedded:.figproof/record",
        )
        for run in plan
        if run.id in found and not _is_same(found[run.id], run)
    ]
    raise_together(errors)
    return sorted(run_id for run_id, run in found.items() if run["status"] == "COMPLETED")


def _is_same(stored: dict[str, Any], run: PlannedRun) -> bool:
    same_config = stored.get("meta", {}).get("config_updates") == dict(run.config)
    return bool(stored.get("experiment", {}).get("name") == run.experiment and same_config)


def _settings(stored: dict[str, Any]) -> str:
    name = stored.get("experiment", {}).get("name")
    return f"{name} with {stored.get('meta', {}).get('config_updates')}"[:200]


def _start_what_can(project: Project, store: Store, batch: Batch, jobs: int, lock: int) -> None:
    for run in list(batch.waiting):
        if len(batch.running) >= jobs:
            return
        if run.after is None or run.after in batch.present:
            batch.waiting.remove(run)
            _make_room(store, run)
            batch.running[run.id] = (run, _process(project, run, lock), time.monotonic())


def _make_room(store: Store, run: PlannedRun) -> None:
    """Delete what is left of an earlier try; what others put there meanwhile stays, and is an error."""
    fields = {"status": 1, "experiment.name": 1, "meta.config_updates": 1, "heartbeat": 1, "host.hostname": 1}
    stored = store.runs.find_one({"_id": run.id}, fields)
    if stored is not None:
        beat, now = stored.get("heartbeat"), datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        elsewhere = stored.get("host", {}).get("hostname") != socket.gethostname()
        alive = isinstance(beat, datetime.datetime) and (now - beat).total_seconds() < _ALIVE_S
        if not _is_same(stored, run) or stored.get("status") == "COMPLETED":
            problem = f"run {run.id} was recorded by someone else meanwhile ({_settings(stored)})"
        elif stored.get("status") == "RUNNING" and elsewhere and alive:
            problem = f"run {run.id} is being recorded on another machine"
        else:
            problem = ""
        if problem:
            hint = "wait for it, or record the plan into a store of your own: FIGPROOF_STORE=embedded:FOLDER"
            raise FigproofError(problem, where=f"{run} in {store.address}", hint=hint)
    remove_run(store, run.id)


def _process(project: Project, run: PlannedRun, lock: int) -> subprocess.Popen[bytes]:
    log = _log(project, run)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as stream:
        return subprocess.Popen(
            command(run.script, run.arguments()),
            cwd=project.root,
            env=worker_environment(project.cache),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            # A run that outlives a killed parent keeps the lock, so nobody records its id again meanwhile.
            pass_fds=(lock,),
        )


def _log(project: Project, run: PlannedRun) -> Path:
    return project.root / ".figproof" / "logs" / "record" / f"{run.id}.log"


def _collect(project: Project, batch: Batch, total: int, say: Callable[[str], None]) -> None:
    for run, process, started in list(batch.running.values()):
        code = process.poll()
        if code is None:
            continue
        del batch.running[run.id]
        (batch.failed if code else batch.present).add(run.id)
        seconds = time.monotonic() - started
        outcome = f"failed with exit code {code}" if code else f"{seconds:.1f} s"
        say(f"[{len(batch.present) + len(batch.failed)}/{total}] {run}: {outcome}")
        if code:
            say(_tail(_log(project, run)))
    for run in list(batch.waiting):
        if run.after in batch.failed:
            batch.waiting.remove(run)
            batch.failed.add(run.id)
            say(f"[{len(batch.present) + len(batch.failed)}/{total}] {run}: run {run.after} failed")


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:]
    return "\n".join([f"  the end of {log}:", *(f"    {line[:300]}" for line in lines)])


def _stop(batch: Batch) -> None:
    """End what still runs; each run marks itself INTERRUPTED, or has just ended well."""
    # A second Ctrl-C must not leave a run behind.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        for _, process, _ in batch.running.values():
            process.terminate()
        for run, process, _ in batch.running.values():
            try:
                process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.returncode == 0:
                batch.present.add(run.id)
        batch.running.clear()
    finally:
        signal.signal(signal.SIGINT, before)


def remove_run(store: Store, run_id: int) -> None:
    """Delete a run with its metrics and files; the document last: a killed deletion is found again."""
    files = store.database["fs.files"].find(
        {"filename": {"$regex": f"^artifact://runs/{run_id}/"}}, {"_id": 1}
    )
    for file in list(files):
        store.fs.delete(file["_id"])
    store.metrics.delete_many({"run_id": run_id})
    store.runs.delete_one({"_id": run_id})


@contextmanager
def _only_one(project: Project) -> Iterator[int]:
    path = project.root / ".figproof" / "record.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            hint = "wait until its runs have ended, then run the same command again"
            raise FigproofError("another `figproof record --plan` runs", where=str(path), hint=hint) from None
        yield handle
    finally:
        os.close(handle)


@contextmanager
def sigterm_interrupts() -> Iterator[None]:
    """End a block by SIGTERM as by Ctrl-C."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
