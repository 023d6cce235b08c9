"""Listing 10,000 runs from the embedded store, against reading whole documents.

    .venv/bin/python benchmarks/runs_list.py

Each run has a document as Sacred stores it (config of 20 keys, 20 options, 20 dependencies, two
sources, 20 kB of captured output) and two metrics of 40 points. The alternative reads whole documents
with pymongo and filters them in Python: what a script does.
"""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from bson import ObjectId

from figproof.audit.listing import ask, list_runs
from figproof.store import Store, open_store
from figproof.store.folder import StoreFolder
from figproof.store.server import find_server, stop_server

RUNS, POINTS, TRIES = 10_000, 40, 3
START = datetime.datetime(2026, 1, 1)


def run_document(run: int, rng: np.random.Generator) -> dict[str, Any]:
    config = {f"option{k}": float(k) for k in range(16)}
    config |= {"seed": run % 5, "optimizer": ("adam", "sgd")[run % 2], "learning_rate": 10.0 ** -(run % 4)}
    started = START + datetime.timedelta(minutes=run)
    return {
        "_id": run,
        "experiment": {
            "name": "benchmark",
            "sources": [["main.py", ObjectId()], ["model.py", ObjectId()]],
            "dependencies": [f"package{k}==1.{k}" for k in range(20)],
            "repositories": [{"url": "https://example.org/x", "commit": f"{run:040x}", "dirty": False}],
        },
        "config": {**config, "hidden": [32, 32]},
        "host": {"hostname": f"node{run % 8}", "ENV": {}, "os": ["Linux", "Linux-6"], "cpu": "x"},
        "meta": {"options": {f"--option-{k}": None for k in range(20)}},
        "status": "COMPLETED",
        "start_time": started,
        "stop_time": started + datetime.timedelta(seconds=50),
        "heartbeat": started + datetime.timedelta(seconds=50),
        "result": float(rng.random()),
        "captured_out": "epoch 1: loss 0.1\n" * 1100,
        "artifacts": [],
        "info": {"metrics": [{"name": name, "id": str(ObjectId())} for name in ("loss", "accuracy")]},
    }


def fill(store: Store) -> None:
    rng = np.random.default_rng(0)
    for first in range(1, RUNS + 1, 1000):
        ids = range(first, first + 1000)
        store.runs.insert_many([run_document(run, rng) for run in ids])
        times = [START + datetime.timedelta(minutes=first, seconds=k) for k in range(POINTS)]
        store.metrics.insert_many(
            [
                {
                    "run_id": run,
                    "name": name,
                    "steps": list(range(POINTS)),
                    "values": rng.random(POINTS).tolist(),
                    "timestamps": times,
                }
                for run in ids
                for name in ("loss", "accuracy")
            ]
        )


def whole_documents(store: Store) -> int:
    """Filter in Python what pymongo gives."""
    return sum(run["config"]["optimizer"] == "adam" for run in store.runs.find({}))


def whole_metrics(store: Store) -> int:
    """The same for a metric."""
    return sum(metric["name"] == "loss" and min(metric["values"]) < 0.01 for metric in store.metrics.find({}))


def command(root: Path, *words: str) -> int:
    """The command as it is typed, with the start of Python, its output to a file."""
    words = (sys.executable, "-m", "figproof", "runs", "list", *words)
    return subprocess.run(words, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def timed(server: int, run: Callable[[], Any]) -> tuple[float, float]:
    """Best of :data:`TRIES`: seconds, and seconds of a processor, here, in children and in the server."""
    taken = []
    for _ in range(TRIES):
        before, started = processor_s(server), time.perf_counter()
        run()
        taken.append((time.perf_counter() - started, processor_s(server) - before))
    return min(taken)


def processor_s(server: int) -> float:
    """So far; it does not depend on what else the machine does."""
    fields = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return sum(os.times()[:4]) + ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    os.environ.pop("FIGPROOF_STORE", None)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "config").mkdir()
        (root / "config" / "config.yaml").write_text("venue: neurips\nformats: [pdf]\n")
        files = StoreFolder(root / ".figproof" / "store")
        with open_store(root) as store:
            fill(store)
            found = find_server(files)
            assert found is not None, "the store's server is not running"
            measure(store, root, found.pid)
        stop_server(files)


def measure(store: Store, root: Path, server: int) -> None:
    """Print the table."""
    runs: list[tuple[str, Callable[[], Any], int]] = [
        ("whole documents, filtered in Python", lambda: whole_documents(store), 0),
        ("figproof, nine columns", lambda: list_runs(store, ask()), 0),
        ("figproof, a config filter", lambda: list_runs(store, ask(["config.optimizer=adam"])), 0),
        ("whole metrics, filtered in Python", lambda: whole_metrics(store), 3),
        ("figproof, a metric filter", lambda: list_runs(store, ask(["metric:loss:min<0.01"])), 3),
        ("`figproof runs list`, table", lambda: command(root), 0),
        ("`figproof runs list`, JSON", lambda: command(root, "--format", "json"), 0),
    ]
    taken = [timed(server, run) for _, run, _ in runs]
    print(
        f"| {RUNS:,} runs | seconds | of a processor | against whole documents |\n| --- | --- | --- | --- |"
    )
    for (name, _, against), (wall, processor) in zip(runs, taken, strict=True):
        print(f"| {name} | {wall:.2f} | {processor:.2f} | {processor / taken[against][1]:.2f} |")


if __name__ == "__main__":
    main()
