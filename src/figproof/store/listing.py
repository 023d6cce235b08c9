"""Some fields of all runs, and single metrics of them, without reading whole documents.

Questions are made of constants and ``$eq``: what a user or a run wrote is only ever a value or the name
of a field that is read, checked by :mod:`figproof.audit.fields`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from bson.errors import BSONError
from bson.objectid import ObjectId

from figproof.errors import FigproofError
from figproof.store.connect import Store
from figproof.store.gridfile import recorded_md5, recorded_sha256
from figproof.store.rawbson import CODEC, decode, decode_series, split_documents
from figproof.store.reader import Series, cleaned, series_of

# Above this, SecantusDB compares each run with each id: 10,000 ids took over a minute, all runs 0.6 s.
_MOST_IDS_ASKED = 500


@dataclass(frozen=True)
class ListedMetric:
    """A metric of one run: the points that were asked for."""

    run_id: Any
    steps: Series
    values: Series


def read_fields(store: Store, paths: Collection[str]) -> list[dict[str, Any] | None]:
    """The named fields of every run.

    Parameters
    ----------
    paths : collection of str
        Dotted names, none a part of another; ``_id`` always comes.

    Returns
    -------
    list of dict or None
        As the store orders them; None for a run that cannot be decoded.
    """
    wanted = {"_id": 1, **dict.fromkeys(sorted(paths), 1)}
    batches = store.runs.find_raw_batches({}, wanted)
    return [_decoded(raw) for batch in batches for raw in split_documents(cast(bytes, batch))]


def read_metric(
    store: Store, name: str, ids: Collection[Any], *, only_last: bool = False
) -> Iterator[ListedMetric]:
    """The series of one name, of the given runs at least.

    Parameters
    ----------
    only_last : bool
        Read each series' last point and no other.
    """
    points: Any = {"$slice": -1} if only_last else 1
    question: dict[str, Any] = {"name": {"$eq": name}}
    if len(ids) <= _MOST_IDS_ASKED:
        question["run_id"] = {"$in": list(ids)}
    for batch in store.metrics.find_raw_batches(question, {"run_id": 1, "steps": points, "values": points}):
        for raw in split_documents(cast(bytes, batch)):
            stored = decode_series(raw)
            yield ListedMetric(stored.get("run_id"), series_of(stored, "steps"), series_of(stored, "values"))


def metric_names(store: Store) -> tuple[str, ...]:
    """Names of the metrics that any run has, sorted."""
    return tuple(sorted(name for name in store.metrics.distinct("name") if isinstance(name, str)))


def find_ids(store: Store, given: Iterable[str]) -> list[Any]:
    """The ids, as the store holds them, of runs that a person named.

    Sacred counts ids up; other tools may have used texts or ObjectIds.

    Raises
    ------
    FigproofError
        No run has one of them.
    """
    found: list[Any] = []
    for text in given:
        candidates: list[Any] = [int(text)] if text.isdecimal() and len(text) < 19 else []
        candidates += [text, *([ObjectId(text)] if ObjectId.is_valid(text) else [])]
        known = store.runs.find_one({"_id": {"$in": candidates}}, {"_id": 1})
        if known is None:
            hint = "see which there are: figproof runs list"
            raise FigproofError(f"run {text[:60]!r} is not in the store", where=str(store.address), hint=hint)
        if known["_id"] not in found:
            found.append(known["_id"])
    return found


def content_digests(store: Store, file_ids: Iterable[Any]) -> dict[str, str]:
    """``repr`` of a file's id -> the digest that was recorded with it, of those files that have one."""
    unique = {repr(file_id): file_id for file_id in file_ids if isinstance(file_id, ObjectId)}
    ids = [unique[key] for key in sorted(unique)]
    found: dict[str, str] = {}
    for at in range(0, len(ids), _MOST_IDS_ASKED):
        question = {"_id": {"$in": ids[at : at + _MOST_IDS_ASKED]}}
        for file in store.database["fs.files"].find(question, {"metadata": 1, "md5": 1}):
            digest = recorded_sha256(file) or recorded_md5(file)
            if digest is not None:
                found[repr(file["_id"])] = digest
    return found


def start_time(store: Store, run_id: Any) -> Any:
    """When a run started, as it is stored; what tells a run from another with the same id."""
    document = store.runs.find_one({"_id": {"$eq": run_id}}, {"start_time": 1})
    return document.get("start_time") if document else None


def referring_documents(store: Store, without: Collection[Any]) -> Iterator[dict[str, Any]]:
    """What refers to files, of every run but those."""
    paths = {"artifacts": 1, "resources": 1, "experiment.sources": 1}
    for document in store.runs.with_options(codec_options=CODEC).find({}, paths):
        if document["_id"] not in without:
            yield document


def _decoded(raw: bytes) -> dict[str, Any] | None:
    try:
        return cast(dict[str, Any], cleaned(decode(raw)))
    except (BSONError, RecursionError):
        return None
