"""``figproof trace FILE``: read a figure's provenance back out of the file itself."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any


def add_parser(subparsers: Any) -> None:
    """Add ``trace``."""
    parser = subparsers.add_parser("trace", help="say what made a figure file")
    parser.add_argument("file", type=Path, help="a PDF, SVG or PNG that figproof drew, under whatever name")
    parser.add_argument("--json", action="store_true", help="the whole record")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.canvas import read_provenance

    record = read_provenance(arguments.file)
    if arguments.json:
        print(json.dumps(record, indent=2, sort_keys=True, ensure_ascii=True))
        return 0
    print(f"figure {record['figure']}, spec {record['spec'][:12]}")
    for part in record["parts"]:
        panel = f"panel {part['panel']}: " if part["panel"] else ""
        print(f"{panel}{part['kind']['name']} {part['kind']['sha256'][:12]} from pin {part['pin']['name']}")
        for run in part["runs"]:
            print(f"  run {run['id']} ({run['condition']!a}, seed {run['seed']}) {run['digest'][:12]}")
    for path, digest in record["styles"].items():
        print(f"{path} {digest[:12]}")
    print(", ".join(f"{name} {version}" for name, version in record["versions"].items()))
    return 0
