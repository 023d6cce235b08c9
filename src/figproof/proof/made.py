"""What a step wrote, by digest: so that an edit by hand is told from a build."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from figproof.canonical import digest_file, to_readable_json
from figproof.files import write_atomic
from figproof.formats import formats_of
from figproof.kinds import TEXTS
from figproof.project import Project
from figproof.specs import load_config, load_figure


def remember_drawn(project: Project, figure: str) -> None:
    """Write down the digests of what ``figproof draw`` has just written."""
    formats = formats_of(project, load_config(project), {figure: load_figure(project, figure)})[figure]
    _remember(project, "draw", figure, (*formats, "provenance.json"))


def remember_written(project: Project, figure: str) -> None:
    """Write down the digests of what ``figproof write`` has just written."""
    _remember(project, "write", figure, TEXTS)


def made_files(project: Project, figure: str) -> dict[str, str]:
    """Name of each file of a figure -> SHA-256 as its step wrote it; empty where nothing was written down."""
    found: dict[str, str] = {}
    for step in ("draw", "write"):
        path = _record(project, step, figure)
        try:
            stored = json.loads(path.read_bytes()) if path.is_file() else {}
        except ValueError:
            continue
        if isinstance(stored, dict):
            found |= {name: str(digest) for name, digest in stored.items()}
    return found


def _remember(project: Project, step: str, figure: str, suffixes: Iterable[str]) -> None:
    paths = [project.figure_file(figure, suffix) for suffix in suffixes]
    digests = {path.name: digest_file(path) for path in paths}
    write_atomic(_record(project, step, figure), to_readable_json(digests))


def _record(project: Project, step: str, figure: str) -> Path:
    # `draw` and `write` of one figure may run at the same time.
    return project.results / "made" / step / f"{figure}.json"
