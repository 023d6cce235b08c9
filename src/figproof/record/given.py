"""Runs as a folder of plain files, for an experiment that has no store to read them from: a replay."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from figproof.content import POINTS, Content
from figproof.errors import FigproofError, suggest
from figproof.model import Metric
from figproof.npz import load_npz
from figproof.record.source import SourceRun

if TYPE_CHECKING:
    from figproof.store.reader import StoredRun

_KEPT = ("experiment", "status", "config", "info", "result")


def give_run(folder: Path, run: StoredRun, content: Content) -> None:
    """Write a run that :func:`given_run` reads: its document under its id, its bytes under their digests."""
    listed = json.loads(content.document)
    document = {
        **{key: getattr(run, key) for key in _KEPT},
        "metrics": listed["metrics"],
        "artifacts": listed["artifacts"],
    }
    for digest, blob in content.blobs.items():
        (folder / digest).write_bytes(blob)
    (folder / f"{run.id}.json").write_text(json.dumps(document, default=str), encoding="utf-8")


def given_run(folder: Path, run_id: int, artifacts: Sequence[str]) -> SourceRun:
    """A run that was given, as :func:`figproof.record.source.source_run` reads it from the store.

    Raises
    ------
    FigproofError
        The run was not given, has no such artifact (lists those it has), or an array is damaged.
    """
    from figproof.store.reader import StoredRun

    path = folder / f"{run_id}.json"
    if not path.is_file():
        known = (file.stem for file in folder.glob("*.json"))
        raise FigproofError(f"run {run_id} was not given to this replay. {suggest(str(run_id), known)}")
    document = json.loads(path.read_bytes())
    run = StoredRun(
        id=run_id,
        **{key: document[key] for key in _KEPT},
        start_time=None,
        stop_time=None,
        heartbeat=None,
        metrics=(),
        artifacts=(),
    )
    where = f"run {run.id} ({run.experiment})"
    present = {entry["name"].removesuffix(".npz"): entry for entry in document["artifacts"]}
    loaded = {}
    for name in artifacts:
        if name not in present:
            raise FigproofError(f"artifact {name!r} was not recorded. {suggest(name, present)}", where=where)
        content = (folder / present[name]["sha256"]).read_bytes()
        loaded[name] = load_npz(content, where=f"{where}: artifact {name!r}")
    return SourceRun(run, {entry["name"]: _metric(folder, entry) for entry in document["metrics"]}, loaded)


def _metric(folder: Path, entry: Mapping[str, Any]) -> Metric:
    content = (folder / entry["sha256"]).read_bytes()
    points = np.load(io.BytesIO(content), allow_pickle=False).astype(POINTS, copy=False)
    return Metric(entry["name"], entry["unit"], points["step"], points["value"], entry["step_unit"])
