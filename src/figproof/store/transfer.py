"""Take runs out of a store into one file, and into another store with the same ids and bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from bson import json_util
from bson.errors import BSONError

from figproof.canonical import digest_bytes, to_readable_json
from figproof.errors import FigproofError, raise_together
from figproof.files import write_atomic
from figproof.store.archive import MANIFEST, pack, unpack
from figproof.store.connect import Store
from figproof.store.entries import RunEntry, file_references, is_run_id, parse_entry, to_entry_bytes
from figproof.store.gridfile import find_file, read_file
from figproof.store.marks import UNMARKED, Mark, Marked, mark_of, put_mark, read_marks
from figproof.store.redact import redact_file, redact_run

FORMAT = "figproof-runs-1"
_CHUNKS_AT_ONCE_BYTES = 8_000_000

Progress = Callable[[str], None]


def run_ids(store: Store, experiment: str | None = None) -> list[Any]:
    """The ids of all runs, or of one experiment's, sorted by the store."""
    question = {} if experiment is None else {"experiment.name": {"$eq": experiment}}
    return [run["_id"] for run in store.runs.find(question, {"_id": 1}).sort("_id", 1)]


def export_runs(store: Store, ids: Iterable[Any], path: Path, progress: Progress = lambda line: None) -> int:
    """Write runs with metrics, files, tags and notes to a deterministic ``.tar.gz``.

    Parameters
    ----------
    ids : iterable
        Every run once; the order does not matter.
    path : Path
        Replaced only by a whole archive.

    Returns
    -------
    int
        How many of the runs have tags, a note or are archived; these go with them.

    Raises
    ------
    FigproofError
        No id is given, a run is not in the store, or one of its files is missing or damaged.
    """
    members: dict[str, bytes] = {}
    listed: list[dict[str, Any]] = []
    given = list(ids)
    odd = [run_id for run_id in given if not is_run_id(run_id)]
    if odd:
        raise FigproofError(
            f"the run id {str(odd[0])[:60]!r} is not a whole number from 0 to 2^53",
            where=str(store.address),
            hint="name the ids to export",
        )
    wanted = sorted(set(given))
    if not wanted:
        raise FigproofError("there is no run to export", where=str(store.address), hint="record a run first")
    marks = read_marks(store)
    marked = 0
    for index, run_id in enumerate(wanted, start=1):
        entry, blobs = stored_entry(store, run_id, marks)
        marked += entry.mark != UNMARKED
        content = to_entry_bytes(entry)
        digest = digest_bytes(content)
        members[f"runs/{digest}.json"] = content
        members.update({f"blobs/{sha256}": blob for sha256, blob in blobs.items()})
        listed.append({"id": int(run_id), "member": digest})
        progress(f"exported {index} of {len(wanted)} runs")
    members[MANIFEST] = to_readable_json({"format": FORMAT, "runs": listed})
    write_atomic(path, pack(members))
    return marked


def stored_entry(
    store: Store, run_id: Any, marks: Mapping[Any, tuple[datetime | None, Mark]]
) -> tuple[RunEntry, dict[str, bytes]]:
    """A run of the store as it stands in an archive: its entry, and its files by SHA-256.

    Parameters
    ----------
    marks : mapping
        As :func:`figproof.store.marks.read_marks` gives them; empty for an entry without.

    Raises
    ------
    FigproofError
        The run is not in the store, or one of its files is missing or damaged.
    """
    where = f"run {run_id} in {store.address}"
    run = store.runs.find_one({"_id": {"$eq": run_id}})
    if run is None:
        raise FigproofError("is not in the store", where=where)
    metrics = sorted(
        store.metrics.find({"run_id": {"$eq": run_id}}),
        key=lambda doc: (str(doc.get("name")), str(doc["_id"])),
    )
    blobs: dict[str, bytes] = {}
    files: dict[str, dict[str, Any]] = {}
    for name, file_id in file_references(run):
        document = find_file(store, file_id)
        content = read_file(store, file_id, f"{where}: {name}")
        sha256 = digest_bytes(content)
        blobs[sha256] = content
        files[str(file_id)] = {"document": redact_file(document or {}, run), "sha256": sha256}
    mark = mark_of(marks, run_id, run.get("start_time"))
    return RunEntry(redact_run(run), metrics, [files[key] for key in sorted(files)], mark), blobs


def import_runs(store: Store, path: Path, progress: Progress = lambda line: None) -> list[Any]:
    """Put an archive's runs into the store under their own ids; all of them or, if one cannot be, none.

    A run's document is written last, so an import that was killed leaves no run that looks whole, and
    the next one completes it. What people say here of a run that is already there stays.

    Returns
    -------
    list
        The ids that were written; those that were already there are not listed.

    Raises
    ------
    FigproofError
        The archive is not sound, or an id or a file of it is taken by something else.
    """
    members = unpack(path)
    entries = _read_entries(path, members)
    absent = _absent_entries(store, entries, progress)
    files = _absent_files(store, absent)
    write_files(store, files, members)
    for entry in absent:
        write_metrics(store, entry)
    for index, entry in enumerate(absent, start=1):
        if entry.mark != UNMARKED:
            put_mark(store, Marked(entry.id, entry.run.get("start_time")), entry.mark)
        store.runs.insert_one(entry.run)
        progress(f"imported {index} of {len(absent)} runs")
    return [entry.id for entry in absent]


def write_metrics(store: Store, entry: RunEntry) -> None:
    """Write those of a run's metrics that are not there yet."""
    known = {doc["_id"] for doc in store.metrics.find({"run_id": {"$eq": entry.id}}, {"_id": 1})}
    fresh = [metric for metric in entry.metrics if metric["_id"] not in known]
    if fresh:
        store.metrics.insert_many(fresh)


def _read_entries(path: Path, members: dict[str, bytes]) -> list[RunEntry]:
    try:
        manifest = json_util.loads(members[MANIFEST])
        names = [f"runs/{run['member']}.json" for run in manifest["runs"]]
        listed = [run["id"] for run in manifest["runs"]]
        known = manifest["format"]
    except (ValueError, KeyError, TypeError, RecursionError, BSONError):
        raise FigproofError(f"{MANIFEST} is damaged", where=str(path)) from None
    if known != FORMAT:
        raise FigproofError(f"has format {str(known)[:60]!r}. Known: {FORMAT}.", where=str(path))
    blobs = {name.removeprefix("blobs/") for name in members if name.startswith("blobs/")}
    sizes = {sha256: len(members[f"blobs/{sha256}"]) for sha256 in blobs}
    missing = [name for name in names if name not in members]
    if missing:
        raise FigproofError(f"lacks the member {missing[0][:100]}", where=str(path))
    entries = [parse_entry(members[name], f"{path}: {name}", sizes) for name in names]
    if len({entry.id for entry in entries}) != len(entries):
        raise FigproofError("holds two runs with one id", where=str(path))
    for run_id, entry in zip(listed, entries, strict=True):
        if run_id != entry.id:
            shown = str(run_id)[:60]
            raise FigproofError(
                f"{MANIFEST} lists run {shown}, its member holds run {entry.id}", where=str(path)
            )
    return entries


def _absent_entries(store: Store, entries: list[RunEntry], progress: Progress) -> list[RunEntry]:
    """The entries to write; an error names every id that something else has."""
    present = {run["_id"] for run in store.runs.find({"_id": {"$in": [e.id for e in entries]}}, {"_id": 1})}
    absent: list[RunEntry] = []
    errors: list[FigproofError] = []
    for index, entry in enumerate(entries, start=1):
        if entry.id not in present:
            absent.append(entry)
            errors += foreign_metrics(store, entry)
        elif _differs(stored_entry(store, entry.id, {})[0], entry):
            errors.append(
                FigproofError(
                    "the id is taken by another run",
                    where=f"run {entry.id} in {store.address}",
                    hint="delete that run, or import into an empty store: FIGPROOF_STORE=embedded:folder",
                )
            )
        progress(f"checked {index} of {len(entries)} runs")
    raise_together(errors)
    return absent


def _differs(stored: RunEntry, entry: RunEntry) -> bool:
    """Whether they are two runs; what people say of them does not count."""
    return to_entry_bytes(stored) != to_entry_bytes(replace(entry, mark=UNMARKED))


def foreign_metrics(store: Store, entry: RunEntry) -> list[FigproofError]:
    """Metrics of a deleted run under this id, which Sacred leaves behind."""
    ours = {metric["_id"]: metric for metric in entry.metrics}
    foreign = [
        doc
        for doc in store.metrics.find({"$or": [{"run_id": {"$eq": entry.id}}, {"_id": {"$in": list(ours)}}]})
        if json_util.dumps(ours.get(doc["_id"])) != json_util.dumps(doc)
    ]
    if not foreign:
        return []
    return [
        FigproofError(
            f"metrics of another run are stored under this id, e.g. {str(foreign[0].get('name'))[:60]!r}",
            where=f"run {entry.id} in {store.address}",
            hint=f"delete them: db.metrics.deleteMany({{run_id: {int(entry.id)}}})",
        )
    ]


def _absent_files(store: Store, entries: list[RunEntry]) -> list[dict[str, Any]]:
    """The files to write; one that is there already must be the same."""
    by_id: dict[Any, dict[str, Any]] = {}
    for file in (file for entry in entries for file in entry.files):
        if by_id.setdefault(file["document"]["_id"], file) != file:
            raise FigproofError(f"the archive holds two files with the id {file['document']['_id']}")
    absent: list[dict[str, Any]] = []
    for file_id in sorted(by_id, key=str):
        document = find_file(store, file_id)
        where = f"file {file_id} in {store.address}"
        if document is None:
            absent.append(by_id[file_id])
        elif digest_bytes(read_file(store, file_id, where)) != by_id[file_id]["sha256"]:
            raise FigproofError(
                "the id is taken by another file", where=where, hint="import into an empty store"
            )
    return absent


def write_files(store: Store, files: list[dict[str, Any]], members: Mapping[str, bytes]) -> None:
    """Write files whose bytes are the members ``blobs/<sha256>``; chunks first, documents last."""
    chunks, documents = store.database["fs.chunks"], store.database["fs.files"]
    if files:
        chunks.create_index([("files_id", 1), ("n", 1)], unique=True)
        # Chunks of a file that has no document are what a killed import left.
        chunks.delete_many({"files_id": {"$in": [file["document"]["_id"] for file in files]}})
    batch: list[dict[str, Any]] = []
    ready: list[dict[str, Any]] = []
    waiting = 0
    for file in files:
        content, size = members[f"blobs/{file['sha256']}"], file["document"]["chunkSize"]
        for n, at in enumerate(range(0, len(content), size)):
            batch.append({"files_id": file["document"]["_id"], "n": n, "data": content[at : at + size]})
        ready.append(file["document"])
        waiting += len(content)
        if waiting >= _CHUNKS_AT_ONCE_BYTES or file is files[-1]:
            if batch:
                chunks.insert_many(batch)
            documents.insert_many(ready)
            batch, ready, waiting = [], [], 0
