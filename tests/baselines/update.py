"""Digests of every kind's example: of its derived numbers and of its files.

``python tests/baselines/update.py`` writes ``kinds.json``. Everything is computed in a child process
in the worker environment, as ``figproof`` does; the child prints what it measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from figproof.canonical import digest_bytes, to_readable_json
from figproof.canvas import render
from figproof.conditions import load_conditions
from figproof.files import write_atomic
from figproof.kinds import kind_names, load_kind
from figproof.look import load_look
from figproof.model import Table
from figproof.tables import read_table, table_digest, table_files
from figproof.worker import worker_environment

ROOT = Path(__file__).resolve().parents[2]
VENUE, WIDTH, HEIGHT_IN = "neurips2025", "full", 3.0
_CHILD = "FIGPROOF_BASELINES_CHILD"


def measure(folder: Path) -> dict[str, dict[str, str]]:
    """Digests by kind: of the table, and of the PDF, PNG and SVG drawn from it."""
    look = load_look(ROOT, VENUE, "petroff10", "viridis", load_conditions(ROOT / "config/conditions.yaml"))
    found = {}
    for name in kind_names(ROOT / "figures"):
        kind = load_kind(ROOT / "figures", name)
        example = kind.example()
        files = table_files(kind.derive(example.snapshot, example.params))
        table = stored(files, folder / name)

        def draw(fig, kind=kind, table=table, example=example):
            kind.draw(fig, table, example.params, look)

        size = (look.venue.widths_in[WIDTH], HEIGHT_IN)
        drawn = render(draw, look, size, ("pdf", "png", "svg"), {"figure": name})
        found[name] = {"table": table_digest(files)} | {
            key: digest_bytes(data) for key, data in drawn.items()
        }
    return found


def stored(files: dict[str, bytes], folder: Path) -> Table:
    """A table as it comes back from disk, which is what kinds draw."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return read_table(folder, {name: digest_bytes(content) for name, content in files.items()})


def main() -> None:
    """As the child, measure and print; else start the child and write what it prints."""
    with tempfile.TemporaryDirectory() as scratch:
        if os.environ.get(_CHILD):
            sys.stdout.buffer.write(to_readable_json(measure(Path(scratch))))
            return
        environment = worker_environment(Path(scratch) / "cache") | {_CHILD: "1"}
        command = [sys.executable, "-I", str(Path(__file__).resolve())]
        content = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE).stdout
    write_atomic(ROOT / "tests/baselines/kinds.json", content)


if __name__ == "__main__":
    main()
