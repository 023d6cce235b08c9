"""One run in an archive: its document, metrics, files and marks, as canonical extended JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import bson
from bson import json_util
from bson.errors import BSONError
from bson.objectid import ObjectId

from figproof.errors import FigproofError
from figproof.store.marks import UNMARKED, Mark, parse_mark

_SHA256 = re.compile(r"[0-9a-f]{64}")
_MAX_DOCUMENT_BYTES = 16_000_000
_MAX_CHUNK_BYTES = 15_000_000
_MAX_CHUNKS = 100_000
_OPTIONS = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL, tz_aware=False, document_class=dict)


@dataclass(frozen=True)
class RunEntry:
    """A run with all that belongs to it.

    Attributes
    ----------
    run : dict
        The document in ``runs``.
    metrics : list of dict
        Its documents in ``metrics``, sorted by name and id.
    files : list of dict
        ``{"document": the document in fs.files, "sha256": of the bytes}``, sorted by id.
    mark : Mark
        What people said of it.
    """

    run: dict[str, Any]
    metrics: list[dict[str, Any]]
    files: list[dict[str, Any]]
    mark: Mark = UNMARKED

    @property
    def id(self) -> Any:
        return self.run["_id"]


def is_run_id(value: Any) -> bool:
    """Whether Sacred can count on from this id; a text or a number near 2^63 breaks its next ids."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def file_references(run: dict[str, Any]) -> list[tuple[str, Any]]:
    """Name and GridFS id of each artifact and source file that a run's document refers to."""
    artifacts = run.get("artifacts")
    found = [
        (f"artifact {entry.get('name')!r}", entry.get("file_id"))
        for entry in (artifacts if isinstance(artifacts, list) else [])
        if isinstance(entry, dict)
    ]
    experiment = run.get("experiment")
    sources = experiment.get("sources") if isinstance(experiment, dict) else None
    for source in sources if isinstance(sources, list) else []:
        if isinstance(source, list) and len(source) == 2:
            found.append((f"source {source[0]!r}", source[1]))
    return found


def to_entry_bytes(entry: RunEntry) -> bytes:
    """Canonical extended JSON: types and every double come back exactly; keys keep their order."""
    value: dict[str, Any] = {"run": entry.run, "metrics": entry.metrics, "files": entry.files}
    if entry.mark != UNMARKED:
        value["mark"] = asdict(entry.mark)
    text = json_util.dumps(value, json_options=_OPTIONS, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogatepass")


def parse_entry(content: bytes, where: str, blob_sizes: Mapping[str, int]) -> RunEntry:
    """Read :func:`to_entry_bytes` back and check all that will be written.

    Parameters
    ----------
    blob_sizes : mapping of str to int
        SHA-256 -> size in bytes of the files that the archive brings.

    Raises
    ------
    FigproofError
        The entry has another form, or refers to a file that the archive does not bring.
    """
    try:
        value = json_util.loads(content.decode("utf-8"), json_options=_OPTIONS)
        mark = parse_mark(value["mark"]) if "mark" in value else UNMARKED
        entry = RunEntry(value["run"], value["metrics"], value["files"], mark)
        problem = _problem(entry, blob_sizes)
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        RecursionError,
        OverflowError,
        BSONError,
    ) as error:
        raise FigproofError(f"is not an exported run ({type(error).__name__})", where=where) from None
    if problem is not None:
        raise FigproofError(problem, where=where, hint="nothing was imported; export the run again")
    return entry


def _problem(entry: RunEntry, blob_sizes: Mapping[str, int]) -> str | None:
    """What is wrong with an entry; None if it can be written."""
    if not is_run_id(entry.run["_id"]):
        return "the run's _id is not a whole number from 0 to 2^53"
    if not isinstance(entry.run["experiment"]["name"], str):
        return "the run has no experiment name"
    for document in [entry.run, *entry.metrics]:
        if any(key.startswith("$") for key in document):
            return "a document has a key that starts with $"
        size = len(bson.encode(document))
        if size > _MAX_DOCUMENT_BYTES:
            return f"a document has {size} bytes, {_MAX_DOCUMENT_BYTES} are allowed"
    metric_ids = [metric["_id"] for metric in entry.metrics]
    if any(metric["run_id"] != entry.id for metric in entry.metrics):
        return "a metric belongs to another run"
    if not all(isinstance(metric_id, ObjectId) for metric_id in metric_ids) or _repeats(metric_ids):
        return "the metrics have no ObjectIds, each its own"
    brought = [file["document"]["_id"] for file in entry.files]
    for name, file_id in file_references(entry.run):
        if file_id not in brought:
            return f"{name[:80]} is not in the archive"
    for file in entry.files:
        problem = _file_problem(file, blob_sizes)
        if problem is not None:
            return problem
    return None


def _file_problem(file: Mapping[str, Any], blob_sizes: Mapping[str, int]) -> str | None:
    document, sha256 = file["document"], file["sha256"]
    bson.encode(document)
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256) or sha256 not in blob_sizes:
        return f"the file {str(sha256)[:80]!r} is not in the archive"
    if not isinstance(document["_id"], ObjectId):
        return "a file's _id is not an ObjectId"
    length, size = document["length"], document["chunkSize"]
    if length != blob_sizes[sha256]:
        return f"a file has {blob_sizes[sha256]} bytes, its document says {str(length)[:30]}"
    if isinstance(size, bool) or not isinstance(size, int) or not 0 < size <= _MAX_CHUNK_BYTES:
        return f"a file has the chunk size {str(size)[:30]}"
    if length > size * _MAX_CHUNKS:
        return f"a file of {length} bytes in chunks of {size} has more than {_MAX_CHUNKS} chunks"
    return None


def _repeats(values: list[Any]) -> bool:
    return len(set(values)) != len(values)
