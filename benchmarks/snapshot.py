"""Snapshot of 100 runs (10 metrics of 10,000 points, one array of 1 MB), proved complete and hashed.

    .venv/bin/python benchmarks/snapshot.py

The alternative reads the same metrics and files with pymongo and GridFS, decodes them into Python
objects and writes them as JSON and bytes: what a script does, without any check.
"""

from __future__ import annotations

import datetime
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from bson import ObjectId

from figproof.canonical import digest_bytes
from figproof.declare import Declared, to_info
from figproof.npz import dump_npz
from figproof.pins import answer, write_pin
from figproof.project import Project
from figproof.snapshot import take_snapshot
from figproof.store import Store, open_store

RUNS, METRICS, POINTS = 100, 10, 10_000
START = datetime.datetime(2026, 1, 1)


def fill(store: Store) -> None:
    rng = np.random.default_rng(0)
    declared = {f"metric{k}": Declared("", POINTS) for k in range(METRICS)}
    times = [START + datetime.timedelta(milliseconds=i) for i in range(POINTS)]
    stop = START + datetime.timedelta(minutes=1)
    for run in range(1, RUNS + 1):
        entries = []
        for name in declared:
            values = rng.standard_normal(POINTS).tolist()
            document = {"_id": ObjectId(), "run_id": run, "name": name, "steps": list(range(POINTS))}
            store.metrics.insert_one({**document, "values": values, "timestamps": times})
            entries.append({"name": name, "id": str(document["_id"])})
        content = dump_npz({"x": rng.standard_normal(125_000)})
        file_id = store.fs.put(content, metadata={"sha256": digest_bytes(content)})
        store.runs.insert_one(
            {
                "_id": run,
                "experiment": {"name": "benchmark"},
                "config": {"seed": run},
                "status": "COMPLETED",
                "start_time": START,
                "stop_time": stop,
                "heartbeat": stop,
                "result": None,
                "info": {"metrics": entries, "figproof": {"metrics": to_info(declared)}},
                "artifacts": [{"name": "x.npz", "file_id": file_id}],
            }
        )


def plain(store: Store, folder: Path) -> None:
    """The alternative."""
    for run in store.runs.find({"experiment.name": "benchmark"}):
        metrics: list[dict[str, Any]] = list(store.metrics.find({"run_id": run["_id"]}))
        (folder / f"{run['_id']}.json").write_text(json.dumps([run, metrics], default=str))
        for artifact in run["artifacts"]:
            (folder / f"{run['_id']}.npz").write_bytes(store.fs.get(artifact["file_id"]).read())


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        (project.selections).mkdir(parents=True)
        (project.selections / "benchmark.yaml").write_text("experiment: benchmark\n")
        (project.root / "plain").mkdir()
        with open_store(project.root) as store:
            print(f"filling a store with {RUNS} runs", file=sys.stderr)
            fill(store)
            start = time.perf_counter()
            write_pin(project, "benchmark", answer(project, store, "benchmark"))
            pinned = time.perf_counter() - start
            start = time.perf_counter()
            take_snapshot(project, "benchmark", lambda: open_store(project.root), lambda line: None)
            snapshot = time.perf_counter() - start
            start = time.perf_counter()
            take_snapshot(project, "benchmark", lambda: open_store(project.root), lambda line: None)
            again = time.perf_counter() - start
            start = time.perf_counter()
            plain(store, project.root / "plain")
            alternative = time.perf_counter() - start
    print("| what | seconds | against pymongo + JSON |\n| --- | --- | --- |")
    for name, seconds in (
        ("pymongo + JSON, nothing checked", alternative),
        ("figproof pin (reads, proves, hashes)", pinned),
        ("figproof snapshot (reads, proves, hashes, writes)", snapshot),
        ("figproof snapshot again (hashes what is there)", again),
    ):
        print(f"| {name} | {seconds:.2f} | {seconds / alternative:.2f} |")


if __name__ == "__main__":
    main()
