"""What people say of runs, in a collection of its own: Sacred's documents stay as Sacred wrote them.

A mark names the run by id *and* start time, because Sacred uses an id again after a deletion: what was
said of a run that is gone is not said of the next one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.collection import Collection

from figproof.store.connect import Store

COLLECTION = "figproof.marks"
TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
MOST_NOTE_CHARACTERS = 2000
_MOST_TAGS = 1000


@dataclass(frozen=True)
class Mark:
    """Tags (sorted), a note and whether the run is archived."""

    tags: tuple[str, ...] = ()
    note: str = ""
    archived: bool = False


UNMARKED = Mark()


@dataclass(frozen=True)
class Marked:
    """The run that a mark is of."""

    id: Any
    started: datetime | None


def read_marks(store: Store) -> dict[Any, tuple[datetime | None, Mark]]:
    """Run id -> start time of the run that was marked, and its mark."""
    return {
        document["_id"]: (document.get("started"), _mark(document)) for document in _marks(store).find({})
    }


def mark_of(marks: Mapping[Any, tuple[datetime | None, Mark]], run_id: Any, started: Any) -> Mark:
    """What was said of this run; nothing if its id was used by another before."""
    try:
        known, mark = marks.get(run_id, (None, UNMARKED))
    except TypeError:
        # A document as _id: nothing can have been said of it.
        return UNMARKED
    return mark if known == started else UNMARKED


def parse_mark(value: Any) -> Mark:
    """A mark as an archive holds it: only what ``figproof runs tag`` and ``note`` would have taken.

    Raises
    ------
    ValueError
    """
    if not isinstance(value, dict):
        raise ValueError("no mapping")
    mark = _mark(value)
    if value != {"tags": list(mark.tags), "note": mark.note, "archived": mark.archived}:
        raise ValueError("no sorted tags, note and archived")
    fits = len(mark.tags) <= _MOST_TAGS and all(TAG.fullmatch(tag) for tag in mark.tags)
    if not fits or len(mark.note) > MOST_NOTE_CHARACTERS:
        raise ValueError("a tag or the note is too long, or is none")
    return mark


def put_mark(store: Store, run: Marked, mark: Mark) -> None:
    """Say of a run what was said of it in another store, in place of anything else."""
    _update(store, run, {"$set": {"tags": list(mark.tags), "note": mark.note, "archived": mark.archived}})


def change_tags(store: Store, run: Marked, add: list[str], remove: list[str]) -> None:
    """Add and remove tags, at once for all who do so."""
    if add:
        _update(store, run, {"$addToSet": {"tags": {"$each": add}}})
    if remove:
        _update(store, run, {"$pull": {"tags": {"$in": remove}}})


def set_note(store: Store, run: Marked, note: str) -> None:
    """Replace the note; an empty one removes it."""
    _update(store, run, {"$set": {"note": note}})


def set_archived(store: Store, run: Marked, archived: bool) -> None:
    """Archive a run or bring it back."""
    _update(store, run, {"$set": {"archived": archived}})


def remove_mark(store: Store, run_id: Any) -> None:
    """Forget all that was said of a run."""
    _marks(store).delete_one({"_id": {"$eq": run_id}})


def _marks(store: Store) -> Collection[dict[str, Any]]:
    return store.database[COLLECTION]


def _update(store: Store, run: Marked, change: dict[str, Any]) -> None:
    _marks(store).delete_one({"_id": {"$eq": run.id}, "started": {"$ne": run.started}})
    question = {"_id": {"$eq": run.id}, "started": {"$eq": run.started}}
    first = {"$setOnInsert": {"started": run.started}}
    _marks(store).update_one(question, {**change, **first}, upsert=True)


def _mark(document: Mapping[str, Any]) -> Mark:
    tags, note = document.get("tags"), document.get("note")
    return Mark(
        tags=tuple(sorted(tag for tag in tags if isinstance(tag, str))) if isinstance(tags, list) else (),
        note=note if isinstance(note, str) else "",
        archived=document.get("archived") is True,
    )
