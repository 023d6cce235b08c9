"""Tags, notes and the archive: what people say of runs, without touching what Sacred recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from figproof.errors import FigproofError
from figproof.store.connect import Store
from figproof.store.listing import find_ids, start_time
from figproof.store.marks import (
    MOST_NOTE_CHARACTERS,
    TAG,
    Marked,
    change_tags,
    set_archived,
    set_note,
)


def tag_runs(store: Store, given: Iterable[str], add: Sequence[str], remove: Sequence[str]) -> list[Any]:
    """Add tags to runs and remove others; the ids.

    Raises
    ------
    FigproofError
        A tag has other characters than letters, digits, ``. _ -``; no tag; a run is not in the store.
    """
    if not add and not remove:
        raise FigproofError("needs a tag to --add or to --remove", where="figproof runs tag")
    for tag in add:
        if not TAG.fullmatch(tag):
            raise FigproofError(
                f"is {tag[:60]!r}; allowed are up to 60 letters, digits, '.', '_', '-'", where="--add"
            )
    runs = _marked(store, given)
    for run in runs:
        change_tags(store, run, list(add), list(remove))
    return [run.id for run in runs]


def note_run(store: Store, given: str, note: str) -> Any:
    """Replace a run's note, or remove it with an empty one; the run's id.

    Raises
    ------
    FigproofError
        The note is too long, or the run is not in the store.
    """
    if len(note) > MOST_NOTE_CHARACTERS:
        raise FigproofError(
            f"has {len(note)} characters, {MOST_NOTE_CHARACTERS} are allowed", where="figproof runs note"
        )
    (run,) = _marked(store, [given])
    set_note(store, run, note)
    return run.id


def archive_runs(store: Store, given: Iterable[str], *, archived: bool) -> list[Any]:
    """Leave runs out of lists, or bring them back; the ids. Pins and figures do not change."""
    runs = _marked(store, given)
    for run in runs:
        set_archived(store, run, archived)
    return [run.id for run in runs]


def _marked(store: Store, given: Iterable[str]) -> list[Marked]:
    return [Marked(run_id, start_time(store, run_id)) for run_id in find_ids(store, given)]
