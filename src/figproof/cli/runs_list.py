"""``figproof runs list|show|diff``: find recorded runs, see all of one, compare several."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def add_actions(actions: Any) -> None:
    """Add ``list``, ``show`` and ``diff``."""
    lister = actions.add_parser(
        "list",
        help="find runs by config, result, metrics, status, time, host, git state, tags",
        epilog="fields: id, experiment, command, status, result, started, stopped, heartbeat, duration, "
        "host, cpu, python, commit, repository, dirty, tag, note, archived, config.KEY, result.KEY, "
        "metric:NAME:last|first|min|max|points|at:STEP",
    )
    lister.add_argument(
        "filters", nargs="*", metavar="FILTER", help="e.g. config.optimizer=adam 'metric:loss:min<0.1'"
    )
    lister.add_argument("--columns", metavar="FIELDS", help="separated by commas")
    lister.add_argument("--sort", metavar="FIELD", default="id", help="id if left out")
    lister.add_argument("--reverse", action="store_true", help="the largest or latest first")
    lister.add_argument("--limit", type=int, metavar="N", help="the first N after sorting")
    lister.add_argument("--format", choices=("table", "json", "csv"), default="table")
    lister.set_defaults(run=list_command)


def list_command(arguments: argparse.Namespace, root: Path) -> int:
    """List runs; 0 also when none fits."""
    from figproof.audit.listing import ask, list_runs
    from figproof.audit.spelling import as_csv, as_json, as_table
    from figproof.store import open_store

    question = ask(
        arguments.filters,
        arguments.columns,
        arguments.sort,
        descending=arguments.reverse,
        limit=arguments.limit,
    )
    with open_store(root) as store:
        listing = list_runs(store, question)
    if arguments.format == "json":
        runs = [dict(zip(listing.columns, row, strict=True)) for row in listing.rows]
        print(as_json({"runs": runs, "notes": listing.notes}), end="")
    elif arguments.format == "csv":
        print(as_csv(listing.columns, listing.rows), end="")
    else:
        print(as_table(listing.columns, listing.rows))
    if arguments.format != "json":
        for note in (f"{len(listing.rows)} runs", *listing.notes):
            print(note, file=sys.stderr)
    return 0
