"""What recording a scalar costs, against Sacred's own ``log_scalar`` into the same store.

.venv/bin/python benchmarks/recording.py
"""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sacred import SETTINGS, Experiment
from sacred.observers import MongoObserver

from figproof.record import Declared, Recorder
from figproof.store import Store, open_store

STEPS = 5_000
NAMES = tuple(f"metric{k}" for k in range(10))
REPEATS = 3


def with_sacred(run: Any) -> None:
    for step in range(STEPS):
        for name in NAMES:
            run.log_scalar(name, 0.5, step)


def with_figproof(run: Any) -> None:
    recorder = Recorder(run, {name: Declared("", STEPS) for name in NAMES})
    values = dict.fromkeys(NAMES, 0.5)
    for step in range(STEPS):
        recorder.scalars(step, values)


def seconds(log: Callable[[Any], None], observers: list[Any]) -> tuple[float, float]:
    """Seconds inside the loop, and of the whole run until the store has it."""
    inner = [0.0]
    experiment = Experiment("benchmark", save_git_info=False)
    experiment.observers.extend(observers)

    @experiment.main
    def main(_run: Any) -> None:
        start = time.perf_counter()
        log(_run)
        inner[0] = time.perf_counter() - start

    start = time.perf_counter()
    with contextlib.redirect_stderr(io.StringIO()):
        run = experiment.run(options={"--loglevel": "ERROR"}, info={})
        run._heartbeat.join()
    return inner[0], time.perf_counter() - start


def best(log: Callable[[Any], None], store: Store | None) -> tuple[float, float]:
    found = []
    for _ in range(REPEATS):
        observers = [MongoObserver(client=store.client, db_name="benchmark")] if store else []
        found.append(seconds(log, observers))
    return min(inner for inner, _ in found), min(whole for _, whole in found)


def main() -> None:
    SETTINGS.CAPTURE_MODE = "no"
    count = STEPS * len(NAMES)
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder)) as store:
        rows = {
            "Sacred log_scalar, no observer": best(with_sacred, None),
            "Sacred log_scalar, MongoObserver": best(with_sacred, store),
            "figproof Recorder.scalars, MongoObserver": best(with_figproof, store),
        }
    against = rows["Sacred log_scalar, MongoObserver"]
    print(f"{count} scalars, {len(NAMES)} a step, best of {REPEATS}", file=sys.stderr)
    print("| what | us a scalar in the loop | ratio | us a scalar until stored | ratio |")
    print("| --- | --- | --- | --- | --- |")
    for name, (inner, whole) in rows.items():
        print(
            f"| {name} | {inner / count * 1e6:.2f} | {inner / against[0]:.2f} "
            f"| {whole / count * 1e6:.2f} | {whole / against[1]:.2f} |"
        )


if __name__ == "__main__":
    main()
