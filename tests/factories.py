"""Stored runs as the reader gives them, whole unless a test breaks them."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import numpy as np

from figproof.declare import Declared, to_info
from figproof.store.reader import StoredArtifact, StoredMetric, StoredRun

START = datetime.datetime(2026, 1, 2, 3, 4, 5)
STOP = START + datetime.timedelta(minutes=5)


def stored_metric(name: str = "train.loss", values: Any = (1.0, 0.5, 0.25), **changes: Any) -> StoredMetric:
    count = len(values)
    times = np.datetime64(START, "ms") + np.arange(count).astype("timedelta64[s]")
    metric = StoredMetric(name=name, steps=list(range(count)), values=list(values), timestamps=times)
    return replace(metric, **changes)


def stored_run(
    *metrics: StoredMetric, declared: dict[str, Declared] | None = None, **changes: Any
) -> StoredRun:
    promised = {"train.loss": Declared("nat", 3)} if declared is None else declared
    run = StoredRun(
        id=7,
        experiment="digits_mlp",
        status="COMPLETED",
        config={"seed": 1},
        info={"figproof": {"metrics": to_info(promised)}},
        result=0.9,
        start_time=START,
        stop_time=STOP,
        heartbeat=STOP,
        metrics=metrics or (stored_metric(),),
        artifacts=(),
    )
    return replace(run, **changes)


def stored_artifact(name: str, **changes: Any) -> StoredArtifact:
    return replace(StoredArtifact(name=name, file_id=1, length=1, sha256=None, missing=False), **changes)
