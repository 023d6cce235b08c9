"""``figproof init DIR``: a repository for one paper."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add ``init``."""
    parser = subparsers.add_parser("init", help="make a repository for the figures of one paper")
    parser.add_argument("folder", type=Path, metavar="DIR", help="a folder that is new or empty")
    parser.add_argument("--venue", default="icml2025", help="where the paper goes (icml2025)")
    parser.add_argument(
        "--example", action="store_true", help="with a small experiment, its plan and its figure"
    )
    parser.set_defaults(run=_run, anywhere=True)


def _run(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.paper import write_paper

    commands = write_paper(arguments.folder, arguments.venue, example=arguments.example)
    print(f"{arguments.folder}: a paper's repository. The first figure:")
    for command in (f"cd {arguments.folder}", *commands):
        print(f"    {command}")
    return 0
