"""``figproof pin``: the only command that asks the store which runs there are."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from figproof.errors import FigproofError
from figproof.project import Project


def add_parser(subparsers: Any) -> None:
    """Add ``pin``."""
    parser = subparsers.add_parser("pin", help="ask the store which runs a figure shows, freeze the answer")
    parser.add_argument("names", nargs="*", help="selections (or pins, with --check); all if none is given")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; say what changed in the store, exit 1"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.specs import pin_names, selection_names
    from figproof.store import open_store

    project = Project(root)
    names = arguments.names or list(pin_names(project) if arguments.check else selection_names(project))
    if not names:
        raise FigproofError("is empty", where="config/selections", hint="add config/selections/<name>.yaml")
    with open_store(root) as store:
        return _check(project, store, names) if arguments.check else _pin(project, store, names)


def _pin(project: Project, store: Any, names: list[str]) -> int:
    from figproof.pins import answer, missing_seeds, write_pin

    failed = False
    for name in names:
        try:
            pin = answer(project, store, name)
        except FigproofError as error:
            print(f"{name}: not pinned\n{error}")
            failed = True
            continue
        changed = write_pin(project, name, pin)
        print(f"{name}: {len(pin.runs)} runs, {'written' if changed else 'unchanged'}")
        for line in missing_seeds(pin):
            print(f"  missing seeds: {line}")
        if archived := _archived(project, store, name):
            print(f"  left out, archived: {archived} (figproof runs restore ID)")
    return int(failed)


def _archived(project: Project, store: Any, name: str) -> str:
    """The runs that a selection would have if nobody had archived them."""
    from figproof.audit.spelling import cell
    from figproof.selecting import archived_fitting
    from figproof.specs import load_selection
    from figproof.store.reader import list_runs

    selection = load_selection(project, name)
    return ", ".join(map(cell, archived_fitting(selection, list_runs(store, selection.experiment))))


def _check(project: Project, store: Any, names: list[str]) -> int:
    from figproof.pins import check_pin

    drifted = 0
    for name in names:
        drift = check_pin(project, store, name)
        drifted += bool(drift.lines)
        print(f"{name}: {'changed' if drift.lines else 'as pinned'}")
        for line in drift.lines:
            print(f"  {line}")
    return int(drifted > 0)
