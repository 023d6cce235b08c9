"""A run's content and its digest: what the run *is*, whatever ``_id`` the store gave it.

The digest is the SHA-256 of canonical JSON of experiment name, config, status, result, declared
metrics, and the digests of each metric's points and each artifact's bytes. Times, host and ids are
left out: training again with the same result gives the same digest.
"""

from __future__ import annotations

import base64
import datetime
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from figproof.canonical import array_bytes, digest_bytes, to_json_bytes
from figproof.completeness import complete_metrics
from figproof.errors import FigproofError
from figproof.model import Metric

if TYPE_CHECKING:
    from figproof.store.reader import StoredArtifact, StoredRun

POINTS = np.dtype([("step", "<i8"), ("value", "<f8")])
_MAX_DEPTH = 100


@dataclass(frozen=True)
class Content:
    """A run as canonical bytes.

    Attributes
    ----------
    document : bytes
        Canonical JSON; its SHA-256 is the run's digest.
    blobs : mapping of str to bytes
        Metric points and artifacts by the SHA-256 that the document names.
    """

    document: bytes
    blobs: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        return digest_bytes(self.document)


def run_content(run: StoredRun, read_artifact: Callable[[StoredArtifact], bytes]) -> Content:
    """Read a whole run, prove it complete and give its content.

    Raises
    ------
    FigproofError
        The run is not complete, an artifact is damaged, or the config holds what JSON cannot.
    """
    metrics = complete_metrics(run)
    blobs: dict[str, bytes] = {}

    def keep(blob: bytes) -> str:
        digest = digest_bytes(blob)
        blobs[digest] = blob
        return digest

    where = f"run {run.id} ({run.experiment})"
    document = {
        "format": "figproof-run-1",
        "experiment": run.experiment,
        "status": run.status,
        "config": _as_data(run.config, f"{where}: config"),
        "result": _as_data(run.result, f"{where}: result"),
        "metrics": [_metric_entry(metrics[name], keep) for name in sorted(metrics)],
        "artifacts": [
            {"name": artifact.name, "sha256": keep(content), "size": len(content)}
            for artifact, content in ((a, read_artifact(a)) for a in _unique(run, where))
        ],
    }
    return Content(to_json_bytes(document), blobs)


def _unique(run: StoredRun, where: str) -> tuple[StoredArtifact, ...]:
    names = [artifact.name for artifact in run.artifacts]
    for name in names:
        if names.count(name) > 1:
            raise FigproofError(f"artifact {name!r} is stored twice", where=where, hint="leave this run out")
    return run.artifacts


def _metric_entry(metric: Metric, keep: Callable[[bytes], str]) -> dict[str, Any]:
    points = np.empty(len(metric.steps), dtype=POINTS)
    points["step"], points["value"] = metric.steps, metric.values
    # A NaN has a sign and a payload that mean nothing and that export and import do not keep.
    points["value"][np.isnan(points["value"])] = np.nan
    return {
        "name": metric.name,
        "unit": metric.unit,
        "step_unit": metric.step_unit,
        "points": len(points),
        "sha256": keep(array_bytes(points)),
    }


def _as_data(value: Any, where: str, depth: int = 0) -> Any:
    """BSON values as JSON; py/object and the like stay the plain mappings that they are."""
    if depth > _MAX_DEPTH:
        raise FigproofError(f"is nested deeper than {_MAX_DEPTH} levels", where=where)
    if isinstance(value, Mapping):
        return {str(key): _as_data(item, f"{where}.{key}"[:200], depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_data(item, where, depth + 1) for item in value]
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"$float": str(value)}
    if isinstance(value, int):
        return int(value)
    if isinstance(value, bytes):
        return {"$bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, datetime.datetime):
        return {"$date": value.isoformat()}
    return {f"${type(value).__name__}": str(value)}
