"""``figproof runs tag|note|archive|restore|purge``: what people say of runs, and removing them."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def add_actions(actions: Any) -> None:
    """Add ``tag``, ``note``, ``archive``, ``restore`` and ``purge``."""
    tag = actions.add_parser("tag", help="add tags to runs, or remove them")
    tag.add_argument("ids", nargs="+", metavar="ID")
    tag.add_argument("--add", action="append", default=[], metavar="TAG", help="may be given again")
    tag.add_argument("--remove", action="append", default=[], metavar="TAG", help="may be given again")
    tag.set_defaults(run=tag_command)
    note = actions.add_parser("note", help="write a note on a run, in place of the one it has")
    note.add_argument("id", metavar="ID")
    note.add_argument("text", help="an empty one removes the note")
    note.set_defaults(run=note_command)
    for word, line in (("archive", "leave runs out of lists"), ("restore", "bring archived runs back")):
        action = actions.add_parser(word, help=line)
        action.add_argument("ids", nargs="+", metavar="ID")
        action.set_defaults(run=archive_command, archived=word == "archive")
    purge = actions.add_parser("purge", help="remove runs for good; none that a pin names")
    purge.add_argument("ids", nargs="+", metavar="ID")
    purge.add_argument("--yes", action="store_true", help="do it; without, it is only said what would go")
    purge.set_defaults(run=purge_command)


def tag_command(arguments: argparse.Namespace, root: Path) -> int:
    """Change tags; 0."""
    from figproof.audit.marking import tag_runs
    from figproof.store import open_store

    with open_store(root) as store:
        ids = tag_runs(store, arguments.ids, arguments.add, arguments.remove)
    signs = [*(f"+{tag}" for tag in arguments.add), *(f"-{tag}" for tag in arguments.remove)]
    print(f"{_runs(ids)}: {' '.join(signs)}")
    return 0


def note_command(arguments: argparse.Namespace, root: Path) -> int:
    """Write a note; 0."""
    from figproof.audit.marking import note_run
    from figproof.store import open_store

    with open_store(root) as store:
        run_id = note_run(store, arguments.id, arguments.text)
    print(f"{_runs([run_id])}: note {'written' if arguments.text else 'removed'}")
    return 0


def archive_command(arguments: argparse.Namespace, root: Path) -> int:
    """Archive or restore; 0."""
    from figproof.audit.marking import archive_runs
    from figproof.audit.purging import pins_of
    from figproof.project import Project
    from figproof.store import open_store

    pins = pins_of(Project(root)) if arguments.archived else {}
    with open_store(root) as store:
        ids = archive_runs(store, arguments.ids, archived=arguments.archived)
    print(f"{_runs(ids)}: {'archived' if arguments.archived else 'restored'}")
    named = sorted({name for run_id in ids for name in pins.get(run_id, ())})
    if named:
        print(f"  named by pin {', '.join(named)}: its figures stay; `figproof pin` would leave it out now")
    return 0


def purge_command(arguments: argparse.Namespace, root: Path) -> int:
    """Remove runs; 1 if they were only named."""
    from figproof.audit.purging import refuse_purge
    from figproof.project import Project
    from figproof.store import open_store
    from figproof.store.address import store_setting
    from figproof.store.folder import StoreFolder
    from figproof.store.listing import find_ids
    from figproof.store.removing import plan_removal, remove_runs

    now = datetime.now(UTC).replace(tzinfo=None)
    with open_store(root) as store:
        ids = find_ids(store, arguments.ids)
        refuse_purge(Project(root), store, ids, now)
        removal = plan_removal(store, ids)
        if arguments.yes:
            setting = store_setting(root, os.environ)
            if isinstance(setting, StoreFolder):
                setting.forget_imports()
            remove_runs(store, removal)
    what = (
        f"{_runs(ids)} with {removal.metrics} metrics and {len(removal.files)} files "
        f"({removal.bytes / 1e6:.2f} MB); {removal.shared} files stay, other runs use them"
    )
    if arguments.yes:
        print(f"removed for good: {what}")
        return 0
    print(f"would remove for good: {what}")
    print("nothing was removed. No pin in this project's config/pins names it; other projects on this store")
    print("may have pins that do, and they are not known here: ask first, then add --yes.")
    print("to keep a copy first: figproof runs export --out runs.tar.gz ID ...", file=sys.stderr)
    return 1


def _runs(ids: list[Any]) -> str:
    from figproof.audit.spelling import cell

    return f"run{'s' if len(ids) > 1 else ''} {', '.join(map(cell, ids))}"
