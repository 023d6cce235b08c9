"""Read runs out of the store. What it holds is data: passed on as it is, never executed, never trusted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from bson.errors import BSONError

from figproof.errors import FigproofError
from figproof.store.address import without_credentials
from figproof.store.connect import Store
from figproof.store.gridfile import MAX_FILE_BYTES, read_file, recorded_length, recorded_sha256
from figproof.store.marks import mark_of, read_marks
from figproof.store.rawbson import CODEC, decode, decode_series, split_documents

Series = npt.NDArray[Any] | list[Any]
_LISTED = ("config", "status", "result", "experiment.name", "start_time")


@dataclass(frozen=True)
class StoredMetric:
    """A metric as the store holds it.

    Attributes
    ----------
    name : str
    steps, values : ndarray of int64 or float64, shape (n,), or list
        A list where the stored types are mixed or not numeric.
    timestamps : ndarray of datetime64[ms], shape (n,), or list
        UTC; a list where the store holds something else.
    """

    name: str
    steps: Series
    values: Series
    timestamps: Series


@dataclass(frozen=True)
class StoredArtifact:
    """A file of a run; ``missing`` if the store has no document of it, ``run_id`` for words alone."""

    name: str
    file_id: Any
    length: int | None
    sha256: str | None
    missing: bool
    run_id: Any = None


@dataclass(frozen=True)
class StoredRun:
    """A run as the store holds it; times are naive UTC, None where the store holds no date."""

    id: Any
    experiment: str
    status: str
    config: dict[str, Any]
    info: dict[str, Any]
    result: Any
    start_time: datetime | None
    stop_time: datetime | None
    heartbeat: datetime | None
    metrics: tuple[StoredMetric, ...]
    artifacts: tuple[StoredArtifact, ...]


def list_runs(store: Store, experiment: str) -> list[dict[str, Any]]:
    """The runs of an experiment, sorted by ``_id``, with the fields that selections ask for.

    Replays are left out: one is a proof of the run that it repeats, not another sample.

    Returns
    -------
    list of dict
        ``_id``, ``archived`` (what people said of the run), and where stored ``config``, ``status``,
        ``result``, ``experiment.name``, ``start_time``.
    """
    runs = store.runs.with_options(codec_options=CODEC)
    marks = read_marks(store)
    wanted = {"experiment.name": {"$eq": experiment}, "info.figproof.replay": {"$exists": False}}
    found = runs.find(wanted, dict.fromkeys(_LISTED, 1))
    return [
        {**cleaned(run), "archived": mark_of(marks, run["_id"], run.get("start_time")).archived}
        for run in found.sort("_id", 1)
    ]


def experiment_names(store: Store) -> tuple[str, ...]:
    """Names of the experiments that the store has runs of, sorted."""
    found = store.runs.distinct("experiment.name")
    return tuple(sorted(name for name in found if isinstance(name, str)))


def read_run(store: Store, run_id: Any) -> StoredRun:
    """A run with all its metrics.

    Raises
    ------
    FigproofError
        No such run; or it was deleted or edited while it was read; or it is no readable run.
    """
    where = f"run {run_id} in {store.address}"
    raw = _raw_run(store, run_id)
    if raw is None:
        raise FigproofError(
            "is not in the store", where=where, hint="see which there are: figproof pin --check"
        )
    try:
        document = decode(raw)
        metrics = _read_metrics(store, run_id)
    except (BSONError, RecursionError) as error:
        raise FigproofError(f"cannot be decoded ({type(error).__name__})", where=where) from None
    artifacts = _read_artifacts(store, document)
    if _raw_run(store, run_id) != raw:
        raise FigproofError(
            f"was edited or deleted while it was read (status {document.get('status')!r})",
            where=where,
            hint="wait until the run has ended, then run the same command again",
        )
    return StoredRun(
        id=document["_id"],
        experiment=_text(_mapping(document, "experiment", where).get("name")),
        status=_text(document.get("status")),
        config=cleaned(_mapping(document, "config", where)),
        info=cleaned(_mapping(document, "info", where)),
        result=cleaned(document.get("result")),
        start_time=_time(document, "start_time"),
        stop_time=_time(document, "stop_time"),
        heartbeat=_time(document, "heartbeat"),
        metrics=metrics,
        artifacts=artifacts,
    )


def read_state(store: Store, run_id: Any) -> tuple[str, datetime | None]:
    """A run's status and last heartbeat."""
    runs = store.runs.with_options(codec_options=CODEC)
    document = runs.find_one({"_id": {"$eq": run_id}}, {"status": 1, "heartbeat": 1}) or {}
    return _text(document.get("status")), _time(document, "heartbeat")


def read_artifact(store: Store, artifact: StoredArtifact, *, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """The bytes of an artifact that is proved whole; see :func:`figproof.store.gridfile.read_file`."""
    where = f"run {artifact.run_id}: artifact {artifact.name!r} in {store.address}"
    return read_file(store, artifact.file_id, where, max_bytes)


def _raw_run(store: Store, run_id: Any) -> bytes | None:
    for batch in store.runs.find_raw_batches({"_id": {"$eq": run_id}}):
        if batch:
            return cast(bytes, batch)
    return None


def _read_metrics(store: Store, run_id: Any) -> tuple[StoredMetric, ...]:
    found: list[tuple[str, str, StoredMetric]] = []
    for batch in store.metrics.find_raw_batches({"run_id": {"$eq": run_id}}):
        for raw in split_documents(cast(bytes, batch)):
            stored = decode_series(raw)
            name = _text(stored.get("name"))
            steps, values, times = (series_of(stored, key) for key in ("steps", "values", "timestamps"))
            if isinstance(times, list) and not times:
                times = np.empty(0, dtype="datetime64[ms]")
            found.append((name, str(stored.get("_id")), StoredMetric(name, steps, values, times)))
    return tuple(metric for _, _, metric in sorted(found, key=lambda entry: entry[:2]))


def series_of(stored: Mapping[str, Any], key: str) -> Series:
    """Steps, values or timestamps of a decoded metric."""
    value = stored.get(key, [])
    # Something else in the array's place becomes one point that no check can take for a number.
    return (
        value if isinstance(value, (list, np.ndarray)) else [f"{key} is {type(value).__name__}, not a list"]
    )


def _read_artifacts(store: Store, document: Mapping[str, Any]) -> tuple[StoredArtifact, ...]:
    listed = document.get("artifacts")
    entries = [
        entry if isinstance(entry, dict) else {} for entry in (listed if isinstance(listed, list) else [])
    ]
    named = [(entry.get("name"), entry.get("file_id")) for entry in entries]
    return locate_files(store, named, document["_id"])


def locate_files(store: Store, named: list[tuple[Any, Any]], run_id: Any) -> tuple[StoredArtifact, ...]:
    """The files that a run refers to by name and GridFS id, sorted; not read, only looked up."""
    # A document here would be read as a question, not as an id.
    ids = [file_id for _, file_id in named if not isinstance(file_id, (dict, list))]
    files = store.database["fs.files"].with_options(codec_options=CODEC)
    by_id = {repr(file["_id"]): file for file in files.find({"_id": {"$in": ids}})} if ids else {}
    located = [
        StoredArtifact(
            name=_text(name),
            file_id=file_id,
            length=recorded_length(file),
            sha256=recorded_sha256(file),
            missing=file is None,
            run_id=run_id,
        )
        for name, file_id, file in ((name, file_id, by_id.get(repr(file_id))) for name, file_id in named)
    ]
    return tuple(sorted(located, key=lambda file: (file.name, str(file.file_id))))


def _mapping(document: Mapping[str, Any], key: str, where: str) -> dict[str, Any]:
    value = document.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise FigproofError(f"is {type(value).__name__}, not a document", where=f"{where}: {key}")
    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _time(document: Mapping[str, Any], key: str) -> datetime | None:
    value = document.get(key)
    return value if isinstance(value, datetime) else None


def cleaned(value: Any) -> Any:
    """Without user names and passwords in URLs; everything else as it is."""
    if isinstance(value, str):
        return without_credentials(value)
    if isinstance(value, dict):
        return {key: cleaned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [cleaned(item) for item in value]
    return value
