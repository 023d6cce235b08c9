"""``figproof runs list|show|diff``: find recorded runs, see all of one, compare several."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from figproof.errors import FigproofError


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
    show = actions.add_parser("show", help="everything about one run")
    show.add_argument("id", help="the run's id")
    show.add_argument(
        "--output", type=int, default=2000, metavar="N", help="the last N characters that it printed; 2000"
    )
    show.add_argument("--format", choices=("table", "json"), default="table")
    show.set_defaults(run=show_command)
    diff = actions.add_parser("diff", help="what differs between runs, each compared with the first")
    diff.add_argument("ids", nargs="+", metavar="ID", help="two or more run ids")
    diff.add_argument("--lines", type=int, default=60, metavar="N", help="of each source's diff; 60")
    diff.add_argument("--format", choices=("table", "json"), default="table")
    diff.set_defaults(run=diff_command)


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
        sys.stdout.flush()
        for note in (f"{len(listing.rows)} runs", *listing.notes):
            print(note, file=sys.stderr)
    return 0


def show_command(arguments: argparse.Namespace, root: Path) -> int:
    """Show one run; 0."""
    from figproof.audit.showing import run_facts, run_text
    from figproof.audit.spelling import as_json
    from figproof.store import open_store
    from figproof.store.details import read_details
    from figproof.store.listing import find_ids
    from figproof.store.marks import mark_of, read_marks

    if arguments.output < 0:
        raise FigproofError("counts characters, from 0", where=f"--output {arguments.output}")
    with open_store(root) as store:
        details = read_details(store, find_ids(store, [arguments.id])[0])
        mark = mark_of(read_marks(store), details.run.id, details.run.start_time)
    facts = run_facts(details, mark, arguments.output)
    print(as_json(facts).rstrip("\n") if arguments.format == "json" else run_text(facts))
    return 0


def diff_command(arguments: argparse.Namespace, root: Path) -> int:
    """Compare runs; 0 whether they differ or not."""
    from dataclasses import asdict

    from figproof.audit.difference import MOST_SOURCE_BYTES, compare_runs
    from figproof.audit.difference_text import difference_text
    from figproof.audit.spelling import as_json
    from figproof.store import open_store
    from figproof.store.details import read_details
    from figproof.store.listing import find_ids
    from figproof.store.reader import read_artifact

    if arguments.lines < 1:
        raise FigproofError("counts lines, from 1", where=f"--lines {arguments.lines}")
    with open_store(root) as store:
        ids = find_ids(store, arguments.ids)
        if len(ids) < 2:
            raise FigproofError("needs two different runs", where="figproof runs diff")
        runs = [read_details(store, run_id) for run_id in ids]
        difference = compare_runs(runs, lambda file: read_artifact(store, file, max_bytes=MOST_SOURCE_BYTES))
    if arguments.format == "json":
        print(as_json(asdict(difference)), end="")
    else:
        print(difference_text(difference, arguments.lines))
    return 0
