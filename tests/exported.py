"""Runs as Sacred stores them, with what must not leave a machine, and their archive taken apart."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bson import json_util

from figproof.canonical import digest_bytes
from figproof.store import Store
from figproof.store.archive import MANIFEST, pack, unpack

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000)
COLLECTIONS = ("runs", "metrics", "fs.files", "fs.chunks")


def record(store: Store, run_id: Any, *, blob: bytes = b"weights", **changes: Any) -> None:
    """What Sacred stores for a run, with what must not leave the machine."""
    sha256 = hashlib.sha256(blob).hexdigest()
    artifact = store.fs.put(
        blob, filename=f"artifact://runs/{run_id}/a.npz", metadata={"sha256": sha256}, chunk_size=3
    )
    source = store.fs.put(b"print(1)", filename="/home/alice/lab/x.py")
    metric = {"run_id": run_id, "name": "loss", "steps": [0, 1], "values": [1.0, float("nan")]}
    metric_id = store.metrics.insert_one({**metric, "timestamps": [NOW, NOW]}).inserted_id
    document = {
        "_id": run_id,
        "experiment": {
            "name": "digits_mlp",
            "base_dir": "/home/alice/lab",
            "sources": [["x.py", source]],
            "repositories": [{"url": "https://alice:tok3n@example.org/lab", "dirty": False}],
        },
        "host": {"hostname": "alices-laptop", "ENV": {"TOKEN": "tok3n"}, "cpu": "x"},
        "config": {"seed": run_id, "lr": 0.1},
        "info": {"metrics": [{"name": "loss", "id": str(metric_id)}]},
        "status": "COMPLETED",
        "stop_time": NOW,
        "captured_out": "saved /home/alice/lab/out and /home/alice/x",
        "artifacts": [{"name": "a.npz", "file_id": artifact}],
    }
    store.runs.insert_one({**document, **changes})


def empty(store: Store) -> None:
    for name in COLLECTIONS:
        store.database[name].delete_many({})


def contents(store: Store) -> dict[str, str]:
    """All that a store holds, by collection."""
    return {
        name: json_util.dumps(sorted(store.database[name].find({}), key=lambda doc: str(doc["_id"])))
        for name in COLLECTIONS
    }


def repack(path: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None], run_id: int = 3) -> None:
    """Change one run's entry in an archive whose digests fit again."""
    members = unpack(path)
    manifest = json.loads(members[MANIFEST])
    listed = next(entry for entry in manifest["runs"] if entry["id"] == run_id)
    entry = json.loads(members.pop(f"runs/{listed['member']}.json"))
    change(entry, members)
    content = json.dumps(entry).encode()
    listed["member"] = digest_bytes(content)
    members[f"runs/{listed['member']}.json"] = content
    members[MANIFEST] = json.dumps(manifest).encode()
    path.write_bytes(pack(members))
