"""Which runs may be removed for good: none that a pin names, here or in git, and none that is running."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from figproof.audit.committed import committed_pins
from figproof.errors import FigproofError, raise_together
from figproof.pins import load_pin
from figproof.project import Project
from figproof.specs import pin_names
from figproof.store.connect import Store
from figproof.store.reader import read_state

# Sacred beats every 10 s; a store that is away for a while delays it.
STALE_AFTER = timedelta(minutes=5)


def refuse_purge(project: Project, store: Store, ids: Collection[Any], now: datetime) -> None:
    """Raise unless every run may be removed.

    Parameters
    ----------
    now : datetime
        UTC, naive.

    Raises
    ------
    FigproofError
        A pin of the project, as it lies here or as a branch or tag holds it, names a run (says which), a
        pin cannot be read, or a run is running.
    """
    errors = []
    pins, committed = pins_of(project), committed_pins(project)
    for run_id in ids:
        if named := pins.get(run_id):
            errors.append(
                FigproofError(
                    f"is named by config/pins/{named[0]}.json"
                    + (f" and {len(named) - 1} more pins" if len(named) > 1 else ""),
                    where=f"run {run_id}",
                    hint="a figure is made of it: narrow the selection and pin again, or keep the run",
                )
            )
        elif run_id in committed:
            errors.append(
                FigproofError(
                    f"is named by {committed[run_id]}, as it is committed",
                    where=f"run {run_id}",
                    hint="a figure there is made of it: commit a pin without it first, or keep the run",
                )
            )
        status, heartbeat = read_state(store, run_id)
        if is_live(status, heartbeat, now):
            errors.append(
                FigproofError(
                    f"is running (last heartbeat {heartbeat} UTC)", where=f"run {run_id}", hint="wait for it"
                )
            )
    raise_together(errors)


def pins_of(project: Project) -> dict[int, list[str]]:
    """Run id -> names of the project's pins that hold it."""
    found: dict[int, list[str]] = {}
    for name in pin_names(project):
        for run in load_pin(project, name).runs:
            found.setdefault(run.id, []).append(name)
    return found


def is_live(status: str, heartbeat: datetime | None, now: datetime) -> bool:
    """Whether a run is being recorded: it says so, and its heart beat a short while ago."""
    return status == "RUNNING" and heartbeat is not None and now - heartbeat < STALE_AFTER
