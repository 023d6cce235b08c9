"""``figproof runs``: recorded runs as one file, found, compared, marked, and what is wrong with them."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from figproof.errors import FigproofError, suggest


def add_parser(subparsers: Any) -> None:
    """Add ``runs``."""
    from figproof.cli import replay, runs_health, runs_list, runs_marks

    parser = subparsers.add_parser("runs", help="audit, replay, export and import recorded runs")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    runs_list.add_actions(actions)
    runs_health.add_actions(actions, _progress)
    runs_marks.add_actions(actions)
    export = actions.add_parser("export", help="write runs to a .tar.gz; the same runs give the same bytes")
    export.add_argument("--out", required=True, type=Path, help="file to write, e.g. runs.tar.gz")
    export.add_argument("--experiment", help="only the runs of this experiment")
    export.add_argument(
        "ids", nargs="*", type=int, help="run ids; all runs if neither these nor --experiment is given"
    )
    export.set_defaults(run=export_command)
    importer = actions.add_parser("import", help="put exported runs into the store, under their own ids")
    importer.add_argument(
        "file", type=Path, help="a file that `figproof runs export` wrote, or a FileStorageObserver's folder"
    )
    importer.set_defaults(run=import_command)
    replay.add_action(actions)


def export_command(arguments: argparse.Namespace, root: Path) -> int:
    """Export runs; 0 when the file is written."""
    from figproof.store import open_store
    from figproof.store.reader import experiment_names
    from figproof.store.transfer import export_runs, run_ids

    if arguments.ids and arguments.experiment:
        raise FigproofError("give run ids or --experiment, not both", where="figproof runs export")
    with open_store(root) as store:
        ids = arguments.ids or run_ids(store, arguments.experiment)
        if not ids and arguments.experiment:
            known = suggest(arguments.experiment, experiment_names(store))
            raise FigproofError(
                f"no run of {arguments.experiment!r} is in the store. {known}",
                where="figproof runs export --experiment",
            )
        marked = export_runs(store, ids, arguments.out, _progress)
    size = arguments.out.stat().st_size / 1e6
    said = f", with the tags and notes of {marked}" if marked else ""
    print(f"{arguments.out}: {len(set(ids))} runs{said}, {size:.2f} MB")
    return 0


def import_command(arguments: argparse.Namespace, root: Path) -> int:
    """Import runs; 0 when all of them are in the store."""
    from figproof.canonical import digest_file
    from figproof.store.address import store_setting
    from figproof.store.folder import StoreFolder

    setting = store_setting(root, os.environ)
    stamp = None
    if isinstance(setting, StoreFolder) and arguments.file.is_file():
        # The stamp dies with the store's folder; it spares a second `make figures` the server's start.
        stamp = setting.imported_stamp(digest_file(arguments.file))
        if stamp.is_file() and setting.data.is_dir():
            print(f"{arguments.file}: imported before (to check again, remove {stamp.parent})")
            return 0
    return _import(arguments.file, root, stamp)


def _import(file: Path, root: Path, stamp: Path | None) -> int:
    from figproof.files import write_atomic
    from figproof.store import open_store
    from figproof.store.filestorage import import_folder
    from figproof.store.transfer import import_runs

    with open_store(root) as store:
        read = import_folder if file.is_dir() else import_runs
        written = read(store, file, _progress)
    if stamp is not None:
        write_atomic(stamp, b"")
    print(f"{file}: {len(written)} runs imported" if written else f"{file}: all runs are already there")
    return 0


def _progress(line: str) -> None:
    """On a terminal one line that counts; in a log nothing but the end of each stage."""
    count, _, rest = line.partition(" of ")
    last = count.split()[-1] == rest.split()[0]
    if sys.stderr.isatty():
        print(f"\r{line}", end="\n" if last else "", file=sys.stderr, flush=True)
    elif last:
        print(line, file=sys.stderr)
