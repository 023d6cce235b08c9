"""``figproof runs health``: what is wrong with recorded runs, and what it means for a figure."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from figproof.errors import FigproofError


def add_actions(actions: Any, progress: Callable[[str], None]) -> None:
    """Add ``health``."""
    health = actions.add_parser("health", help="what is wrong with runs; reads all their files")
    health.add_argument("ids", nargs="*", metavar="ID")
    health.add_argument("--all", action="store_true", help="every run that is not archived")
    health.add_argument(
        "--where", action="append", metavar="FILTER", help="runs that `list` finds; may be given again"
    )
    health.add_argument("--format", choices=("table", "json"), default="table")
    health.set_defaults(run=health_command, progress=progress)


def health_command(arguments: argparse.Namespace, root: Path) -> int:
    """Audit runs; 1 if there is an error."""
    from figproof.audit.health import check_runs
    from figproof.audit.health_text import report_data, report_text
    from figproof.audit.spelling import as_json
    from figproof.store import open_store

    if sum(map(bool, (arguments.ids, arguments.all, arguments.where))) != 1:
        raise FigproofError("give run ids, --where FILTER or --all", where="figproof runs health")
    now = datetime.now(UTC).replace(tzinfo=None)
    with open_store(root) as store:
        ids = _asked(store, arguments)
        report = check_runs(store, ids, now, arguments.progress)
    if arguments.format == "json":
        sys.stdout.write(as_json(report_data(report)))
    else:
        print(report_text(report))
    return 1 if report.count("error") else 0


def _asked(store: Any, arguments: argparse.Namespace) -> list[Any]:
    from figproof.audit.listing import ask, list_runs
    from figproof.store.listing import find_ids

    if arguments.ids:
        return find_ids(store, arguments.ids)
    listing = list_runs(store, ask(arguments.where or (), columns="id"))
    for note in listing.notes:
        print(note, file=sys.stderr)
    if not listing.ids:
        raise FigproofError("there is no such run", where="figproof runs health")
    return list(listing.ids)
