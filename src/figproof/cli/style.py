"""``figproof style``: see and measure what figures look like."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add ``style`` with its word ``measure``."""
    parser = subparsers.add_parser("style", help="see and measure venues, sheets and palettes")
    words = parser.add_subparsers(dest="what", metavar="WHAT", required=True)
    line = "measure palettes for every reader: distances, grey, lightness"
    measure = words.add_parser("measure", help=line)
    measure.add_argument(
        "palettes",
        nargs="+",
        metavar="PALETTE",
        help="a palette of the project, its YAML, or a colormap or colour list of Matplotlib",
    )
    measure.set_defaults(run=_measure)


def _measure(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.measuring import measured

    for given in arguments.palettes:
        print(given)
        for line in measured(root, given):
            print(f"  {line}")
    return 0
