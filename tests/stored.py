"""Runs in a real store as Sacred writes them, whole unless a test breaks them."""

from __future__ import annotations

import datetime
import hashlib
from typing import Any

from figproof.declare import Declared, to_info
from figproof.npz import dump_npz
from figproof.store import Store

START = datetime.datetime(2026, 1, 2, 3, 4, 5)
STOP = START + datetime.timedelta(minutes=5)
NOW = datetime.datetime(2026, 2, 1)
SOURCE = b"import numpy\n\nprint(1)\n"
ARRAYS = dump_npz({"x": [1.0, 2.0]})


def put_file(store: Store, content: bytes, name: str = "f", **metadata: Any) -> Any:
    """A file in GridFS in chunks of 1000 bytes, with its SHA-256 unless other metadata are given."""
    metadata = metadata or {"sha256": hashlib.sha256(content).hexdigest()}
    return store.fs.put(content, filename=name, chunk_size=1000, metadata=metadata)


def put_metric(store: Store, run_id: Any, name: str, values: list[Any], **changes: Any) -> None:
    """A series with a point a second from the start."""
    times = [START + datetime.timedelta(seconds=step) for step in range(len(values))]
    document = {"run_id": run_id, "name": name, "steps": list(range(len(values))), "values": values}
    store.metrics.insert_one({**document, "timestamps": times, **changes})


def put_run(
    store: Store,
    run_id: Any,
    *,
    loss: list[Any] | None = None,
    source: bytes = SOURCE,
    arrays: bytes = ARRAYS,
    declared: dict[str, Declared] | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """A run with the metric ``loss``, the source ``train.py`` and the artifact ``arrays.npz``.

    ``changes`` replace fields of the run's document; ``config__seed=None`` replaces a field in one.
    """
    values = [1.0, 0.5, 0.25] if loss is None else loss
    put_metric(store, run_id, "loss", values)
    promised = {"loss": Declared("nat", len(values))} if declared is None else declared
    document: dict[str, Any] = {
        "_id": run_id,
        "command": "main",
        "status": "COMPLETED",
        "result": values[-1] if values else None,
        "start_time": START,
        "stop_time": STOP,
        "heartbeat": STOP,
        "config": {"seed": run_id, "optimizer": "adam", "learning_rate": 0.01, "hidden": [32, 32]},
        "info": {"figproof": {"metrics": to_info(promised)}},
        "host": {"hostname": "node1", "python_version": "3.11.7", "cpu": "x", "ENV": {"TOKEN": "s3cr3t"}},
        "experiment": {
            "name": "digits",
            "base_dir": "/lab",
            "dependencies": ["numpy==2.4.6", "sacred==0.8.7"],
            "repositories": [{"url": "https://a:s3cr3t@example.org/x", "commit": "c" * 40, "dirty": False}],
            "sources": [["train.py", put_file(store, source, "/lab/train.py")]],
        },
        "meta": {"config_updates": {"seed": run_id}},
        "artifacts": [{"name": "arrays.npz", "file_id": put_file(store, arrays)}],
        "resources": [],
        "captured_out": "epoch 1\nepoch 2\n",
    }
    for key, value in changes.items():
        field, _, inner = key.partition("__")
        if inner:
            document[field] = {**document[field], inner: value}
        else:
            document[field] = value
    store.runs.insert_one(document)
    return document
