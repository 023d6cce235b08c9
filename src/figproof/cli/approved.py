"""``figproof verify`` and ``figproof approve``: built files against ``figures.lock``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from figproof.project import Project


def add_parser(subparsers: Any) -> None:
    """Add ``verify`` and ``approve``."""
    verify = subparsers.add_parser("verify", help="compare every built file with figures.lock")
    verify.set_defaults(run=_verify)
    approve = subparsers.add_parser("approve", help="accept built figures, after looking, into figures.lock")
    approve.add_argument("figures", nargs="*", help="figure ids; all if none is given")
    approve.set_defaults(run=_approve)


def _verify(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.approvals import compare

    result = compare(Project(root))
    for word, names in (
        ("differs", result.different),
        ("is missing", result.missing),
        ("is new", result.unapproved),
        ("belongs to no figure or format in config, delete it", result.left_over),
    ):
        for name in names:
            print(f"{word}: results/{name}")
    print(f"{len(result.same)} of {result.total} approved files are the same bytes")
    if result.unapproved:
        print(f"{len(result.unapproved)} new files are not approved; look, then: figproof approve")
    if result.different or result.missing:
        print("look at what differs; to accept it: figproof approve [FIGURE...]")
        return 1
    return 0


def _approve(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.approvals import approve

    changed = approve(Project(root), arguments.figures)
    print(f"figures.lock: {changed} digests changed")
    return 0
