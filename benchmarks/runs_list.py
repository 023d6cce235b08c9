"""Listing 10,000 runs from the embedded store, against reading whole documents.

    .venv/bin/python benchmarks/runs_list.py

Each run has a document as Sacred stores it (config of 20 keys, 20 options, 20 dependencies, two
sources, 4 kB of captured output) and two metrics of 40 points. The alternative reads whole documents
with pymongo and filters them in Python: what a script does.
"""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
from bson import ObjectId

from figproof.store import Store

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
        "captured_out": "epoch 1: loss 0.1\n" * 220,
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
