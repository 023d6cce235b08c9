"""Remove runs for good: their metrics, the files that no other run uses, their marks and they themselves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from figproof.store.connect import Store
from figproof.store.gridfile import recorded_length
from figproof.store.listing import referring_documents
from figproof.store.marks import remove_mark


@dataclass(frozen=True)
class Removal:
    """What is removed with some runs.

    Attributes
    ----------
    ids : tuple
    metrics : int
        Documents in ``metrics``.
    files : tuple
        GridFS ids that no other run refers to.
    bytes : int
        Their recorded sizes.
    shared : int
        Files that stay, because another run refers to them.
    """

    ids: tuple[Any, ...]
    metrics: int
    files: tuple[Any, ...]
    bytes: int
    shared: int


def plan_removal(store: Store, ids: Collection[Any]) -> Removal:
    """What :func:`remove_runs` would remove."""
    question = {"_id": {"$in": list(ids)}}
    paths = {"artifacts": 1, "resources": 1, "experiment.sources": 1}
    own = {
        repr(file_id): file_id
        for document in store.runs.find(question, paths)
        for file_id in _file_ids(document)
    }
    used = {repr(f) for document in referring_documents(store, ids) for f in _file_ids(document)}
    alone = [file_id for key, file_id in sorted(own.items()) if key not in used]
    known = {file["_id"]: file for file in store.database["fs.files"].find({"_id": {"$in": alone}})}
    return Removal(
        ids=tuple(ids),
        metrics=store.metrics.count_documents({"run_id": {"$in": list(ids)}}),
        files=tuple(known),
        bytes=sum(recorded_length(file) or 0 for file in known.values()),
        shared=len(own) - len(alone),
    )


def remove_runs(store: Store, removal: Removal) -> None:
    """Remove what was planned.

    The runs themselves go last: a removal that was killed leaves runs that can be removed again, and never
    metrics without a run, which Sacred would append to when it uses the id again.
    """
    store.metrics.delete_many({"run_id": {"$in": list(removal.ids)}})
    for file_id in removal.files:
        store.database["fs.chunks"].delete_many({"files_id": {"$eq": file_id}})
        store.database["fs.files"].delete_one({"_id": {"$eq": file_id}})
    for run_id in removal.ids:
        store.runs.delete_one({"_id": {"$eq": run_id}})
        remove_mark(store, run_id)


def _file_ids(document: Mapping[str, Any]) -> Iterator[Any]:
    """Ids of files that a run refers to; a document or a list is no id, but a question."""
    experiment = document.get("experiment")
    sources = experiment.get("sources") if isinstance(experiment, dict) else None
    for entry in [*_list(sources), *_list(document.get("resources"))]:
        if isinstance(entry, list) and len(entry) == 2:
            yield from _scalar(entry[1])
    for entry in _list(document.get("artifacts")):
        if isinstance(entry, dict):
            yield from _scalar(entry.get("file_id"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _scalar(value: Any) -> Iterator[Any]:
    if value is not None and not isinstance(value, (dict, list)):
        yield value
