"""``figproof paper check main.tex``: a paper's LaTeX against the figures that are built."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from figproof.project import Project


def add_parser(subparsers: Any) -> None:
    """Add ``paper``."""
    parser = subparsers.add_parser("paper", help="compare a paper's LaTeX with the figures that are built")
    words = parser.add_subparsers(dest="paper_word", metavar="COMMAND", required=True)
    check = words.add_parser(
        "check", help="figures that are used and not built, built and not used, or shown at another width"
    )
    check.add_argument("main", type=Path, help="the paper's main LaTeX file; its PDF beside it is measured")
    check.set_defaults(run=_check)


def _check(arguments: argparse.Namespace, root: Path) -> int:
    """0 if the paper shows figures as they were drawn, 1 otherwise."""
    from figproof.papercheck import check_paper

    remarks = check_paper(Project(root), arguments.main)
    for remark in sorted(remarks, key=lambda remark: not remark.error):
        print(f"{'error' if remark.error else 'note'}: {remark.where}: {remark.text}")
    errors = sum(remark.error for remark in remarks)
    print(f"{errors} error{'' if errors == 1 else 's'}, {len(remarks) - errors} to look at")
    return int(errors > 0)
