"""``figproof trace FILE``: read a figure's provenance back out of the file itself."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from figproof.closed import parse


class _Named(BaseModel):
    name: str
    sha256: str


class _Run(BaseModel):
    id: int
    condition: str
    seed: int | None
    digest: str


class _Part(BaseModel):
    panel: str
    kind: _Named
    pin: _Named
    runs: list[_Run]


class _Record(BaseModel):
    """What this command shows of a provenance; a file may come from anywhere and say anything."""

    figure: str
    spec: str
    parts: list[_Part]
    styles: dict[str, str]
    # Figures that were drawn before this was recorded say the digest of the whole registry among styles.
    conditions: list[tuple[str, str]] = []
    versions: dict[str, str]


def add_parser(subparsers: Any) -> None:
    """Add ``trace``."""
    parser = subparsers.add_parser("trace", help="say what made a figure file")
    parser.add_argument("file", type=Path, help="a PDF, SVG, PNG or TIFF of figproof, under any name")
    parser.add_argument("--json", action="store_true", help="the whole record")
    parser.set_defaults(run=_run, anywhere=True)


def _run(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.canvas import read_provenance

    stored = read_provenance(arguments.file)
    if arguments.json:
        print(json.dumps(stored, indent=2, sort_keys=True, ensure_ascii=True))
        return 0
    record = parse(_Record, stored, f"{arguments.file}: provenance")
    _say(f"figure {record.figure}, spec {record.spec[:12]}")
    for part in record.parts:
        panel = f"panel {part.panel}: " if part.panel else ""
        _say(f"{panel}{part.kind.name} {part.kind.sha256[:12]} from pin {part.pin.name}")
        for run in part.runs:
            _say(f"  run {run.id} ({run.condition}, seed {run.seed}) {run.digest[:12]}")
    for path, digest in record.styles.items():
        _say(f"{path} {digest[:12]}")
    for name, digest in record.conditions:
        _say(f"condition {name} {digest[:12]}")
    _say(", ".join(f"{name} {version}" for name, version in record.versions.items()))
    return 0


def _say(line: str) -> None:
    """Print without what a terminal would obey."""
    print("".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line))
