"""Runs that Sacred's FileStorageObserver wrote, as a folder: brought into the store, to be audited.

::

    <id>/run.json  config.json  metrics.json  info.json  cout.txt  <artifact> ...
    _sources/<name>_<md5>.py

The folder may come from anywhere. Only regular files inside it are read, bounded in size; jsonpickle's
``py/...`` objects stay the plain mappings that they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import bson
from bson.errors import BSONError
from bson.objectid import ObjectId

from figproof.canonical import digest_bytes
from figproof.errors import FigproofError, raise_together
from figproof.store.connect import Store
from figproof.store.entries import RunEntry
from figproof.store.gridfile import MAX_FILE_BYTES, find_file
from figproof.store.reader import cleaned
from figproof.store.transfer import foreign_metrics, write_files, write_metrics

_ID = re.compile(r"[0-9]{1,15}")
_MOST_JSON_BYTES = 256_000_000
_MOST_OUTPUT_BYTES = 4_000_000
_MOST_DOCUMENT_BYTES = 16_000_000
_CHUNK_BYTES = 261_120
_TIMES = ("start_time", "stop_time", "heartbeat")

Progress = Callable[[str], None]


@dataclass(frozen=True)
class FolderRun:
    """A run of a folder: what is written to the store, and where its files lie."""

    entry: RunEntry
    paths: Mapping[ObjectId, Path]


def import_folder(store: Store, folder: Path, progress: Progress = lambda line: None) -> list[int]:
    """Put a FileStorage folder's runs into the store under their own ids; all of them or none.

    A file that a run names and the folder lacks stays missing: an audit says so.

    Returns
    -------
    list of int
        The ids that were written; those that were already there are not listed.

    Raises
    ------
    FigproofError
        No runs, a run that cannot be read or stored, or an id that is taken by another run.
    """
    found = sorted((path for path in folder.iterdir() if (path / "run.json").is_file()), key=lambda p: p.name)
    if not found:
        hint = "give the folder that holds 1/run.json, 2/run.json, ..."
        raise FigproofError("holds no runs of a FileStorageObserver", where=str(folder), hint=hint)
    errors: list[FigproofError] = []
    runs: list[FolderRun] = []
    for path in found:
        try:
            run = _read_run(folder, path)
            if _is_absent(store, run.entry):
                runs.append(run)
                errors += foreign_metrics(store, run.entry)
        except FigproofError as error:
            errors.append(error)
    raise_together(errors)
    for count, run in enumerate(sorted(runs, key=lambda run: cast(int, run.entry.id)), start=1):
        _write(store, run)
        progress(f"imported {count} of {len(runs)} runs")
    return sorted(int(run.entry.id) for run in runs)


def _is_absent(store: Store, entry: RunEntry) -> bool:
    known = store.runs.find_one({"_id": {"$eq": entry.id}}, {"start_time": 1, "experiment.name": 1})
    if known is None:
        return True
    ours = (entry.run.get("start_time"), entry.run["experiment"].get("name"))
    theirs = known.get("experiment")
    if (known.get("start_time"), theirs.get("name") if isinstance(theirs, dict) else None) != ours:
        hint = "import into an empty store: FIGPROOF_STORE=embedded:folder"
        raise FigproofError(
            "the id is taken by another run", where=f"run {entry.id} in {store.address}", hint=hint
        )
    return False


def _write(store: Store, run: FolderRun) -> None:
    files: list[dict[str, Any]] = []
    members: dict[str, bytes] = {}
    for file_id, path in run.paths.items():
        if find_file(store, file_id) is not None:
            continue
        content = path.read_bytes()
        sha256 = digest_bytes(content)
        members[f"blobs/{sha256}"] = content
        document = {
            "_id": file_id,
            "filename": path.name,
            "metadata": {"sha256": sha256},
            "chunkSize": _CHUNK_BYTES,
            "length": len(content),
        }
        files.append({"document": document, "sha256": sha256})
    write_files(store, files, members)
    write_metrics(store, run.entry)
    store.runs.insert_one(run.entry.run)


def _read_run(root: Path, folder: Path) -> FolderRun:
    where = str(folder)
    if not _ID.fullmatch(folder.name):
        raise FigproofError("is not named by a number, as Sacred names runs", where=where, hint="rename it")
    run_id = int(folder.name)
    run, config = _json(root, folder / "run.json"), _json(root, folder / "config.json")
    info, metrics = _json(root, folder / "info.json"), _json(root, folder / "metrics.json")
    given = run.get("experiment")
    experiment: dict[str, Any] = given if isinstance(given, dict) else {}
    # Ids depend on the content only, so importing again finds what is there.
    seed = digest_bytes(f"{run_id} ".encode() + (folder / "run.json").read_bytes())
    paths: dict[ObjectId, Path] = {}

    def refer(path: Path, *named: str) -> ObjectId:
        file_id = _object_id(*named)
        inside = _inside(root, path, MAX_FILE_BYTES)
        if inside is not None:
            paths[file_id] = inside
        return file_id

    artifacts = [
        {"name": name, "file_id": refer(folder / _plain(name), seed, "artifact", name)}
        for name in _list(run.get("artifacts"))
        if isinstance(name, str)
    ]
    # Sacred puts the MD5 of a source into its file's name: one name, one content, also where it is missing.
    sources = [
        [str(entry[0]), refer(root / "_sources" / _plain(Path(str(entry[1])).name), "source", str(entry[1]))]
        for entry in _list(experiment.get("sources"))
        if isinstance(entry, list) and len(entry) == 2
    ]
    stored = [_metric(run_id, name, series, seed) for name, series in sorted(metrics.items())]
    document = {
        **{key: value for key, value in run.items() if not key.startswith("$")},
        **{key: _time(run.get(key)) for key in _TIMES},
        "_id": run_id,
        "format": "FileStorageObserver",
        "experiment": {**experiment, "sources": sources},
        "config": config,
        "info": {**info, "metrics": [{"name": m["name"], "id": str(m["_id"])} for m in stored]},
        "captured_out": _output(root, folder / "cout.txt"),
        "artifacts": artifacts,
    }
    entry = RunEntry(cleaned(document), stored, [])
    _check_storable(entry, where)
    return FolderRun(entry, paths)


def _metric(run_id: int, name: str, series: Any, seed: str) -> dict[str, Any]:
    series = series if isinstance(series, dict) else {}
    return {
        "_id": _object_id(seed, "metric", name),
        "run_id": run_id,
        "name": name,
        "steps": _list(series.get("steps")),
        "values": _list(series.get("values")),
        "timestamps": [_time(time) for time in _list(series.get("timestamps"))],
    }


def _object_id(*parts: str) -> ObjectId:
    return ObjectId(digest_bytes("\0".join(parts).encode("utf-8", "surrogatepass"))[:24])


def _plain(name: str) -> str:
    """A name that is one file in one folder; another is looked for under a name that cannot exist."""
    return name if name and Path(name).name == name and "\0" not in name else ".."


def _inside(root: Path, path: Path, most_bytes: int) -> Path | None:
    """The path if it is a regular file in the folder, links resolved."""
    real = path.resolve()
    if not real.is_relative_to(root.resolve()) or not real.is_file():
        return None
    if real.stat().st_size > most_bytes:
        raise FigproofError(f"is larger than {most_bytes} bytes", where=str(path))
    return real


def _json(root: Path, path: Path) -> dict[str, Any]:
    inside = _inside(root, path, _MOST_JSON_BYTES)
    if inside is None:
        return {}
    try:
        value = json.loads(inside.read_bytes())
    except (ValueError, RecursionError) as error:
        raise FigproofError(f"is no JSON ({type(error).__name__})", where=str(path)) from None
    if not isinstance(value, dict):
        raise FigproofError(f"is {type(value).__name__}, not an object", where=str(path))
    return value


def _output(root: Path, path: Path) -> str:
    inside = _inside(root, path, MAX_FILE_BYTES)
    if inside is None:
        return ""
    return inside.read_bytes()[-_MOST_OUTPUT_BYTES:].decode("utf-8", "backslashreplace")


def _time(value: Any) -> Any:
    """Sacred writes UTC without a zone; what is no time stays as it is, for an audit to see."""
    if not isinstance(value, str):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _check_storable(entry: RunEntry, where: str) -> None:
    for document in (entry.run, *entry.metrics):
        try:
            size = len(bson.encode(document))
        except (BSONError, OverflowError, ValueError, RecursionError) as error:
            raise FigproofError(f"cannot be stored ({type(error).__name__})", where=where) from None
        if size > _MOST_DOCUMENT_BYTES:
            raise FigproofError(f"has {size} bytes, {_MOST_DOCUMENT_BYTES} fit in a document", where=where)
