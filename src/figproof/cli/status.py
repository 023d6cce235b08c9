"""``figproof status``: each figure current or stale, with every reason."""

from __future__ import annotations

import argparse
import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figproof.errors import FigproofError
from figproof.project import Project

if TYPE_CHECKING:
    from figproof.proof.status import Status

_STORE_UNKNOWN = 3
_CODES = """\
exit codes:
  0  every figure is current, and the store agrees
  1  a figure is stale, or the command failed
  3  no figure is stale as far as files tell, but the store could not be asked
"""


def add_parser(subparsers: Any) -> None:
    """Add ``status``."""
    parser = subparsers.add_parser(
        "status",
        help="say which figures are current or stale, and why",
        epilog=_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("figures", nargs="*", help="figure ids; all if none is given")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.errors import printable
    from figproof.proof.status import project_status

    project = Project(root)
    with ExitStack() as stack:
        store, unknown = None, _no_embedded_store(root)
        if not unknown:
            try:
                from figproof.store import open_store

                store = stack.enter_context(open_store(root))
            except FigproofError as error:
                unknown = str(error)
        status = project_status(project, arguments.figures, store, unknown)
    print(_json(status) if arguments.json else printable(_table(status), keep="\n"))
    if status.stale:
        return 1
    return _STORE_UNKNOWN if status.store_unknown else 0


def _no_embedded_store(root: Path) -> str:
    """Why there is nothing to ask: looking must not start an empty store. Empty if there is a store."""
    from figproof.store.address import store_setting
    from figproof.store.folder import StoreFolder

    try:
        setting = store_setting(root, os.environ)
    except FigproofError as error:
        return str(error)
    if isinstance(setting, StoreFolder) and not setting.data.is_dir():
        return "there is no embedded store here, and FIGPROOF_STORE names no other"
    return ""


def _table(status: Status) -> str:
    width = max(len(one.figure) for one in status.figures)
    kind = max((len(reason.kind) for one in status.figures for reason in one.reasons), default=0)
    lines = []
    for one in status.figures:
        lines.append(f"{one.figure:{width}}  {'current' if one.current else 'stale'}")
        lines += [f"{'':{width}}    {reason.kind + ':':{kind + 1}} {reason.text}" for reason in one.reasons]
    lines += [f"left over: results/{name}, of no figure or format in config" for name in status.left_over]
    count = len(status.figures)
    lines.append(
        f"{count} figure{'' if count == 1 else 's'}: {count - status.stale} current, {status.stale} stale"
    )
    if status.store_unknown:
        lines.append("the store was not asked, so new, edited and deleted runs are not known:")
        lines += [f"  {line}" for line in status.store_unknown.splitlines()]
    return "\n".join(lines)


def _json(status: Status) -> str:
    content = {
        "figures": {
            one.figure: {
                "current": one.current,
                "reasons": [{"kind": reason.kind, "text": reason.text} for reason in one.reasons],
            }
            for one in status.figures
        },
        "left_over": list(status.left_over),
        "stale": status.stale,
        "store_unknown": status.store_unknown,
    }
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=True)
