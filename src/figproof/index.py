"""``results/index.html``: every figure with its picture, files, runs and provenance, on one page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from figproof.canonical import digest_file
from figproof.errors import FigproofError
from figproof.files import write_atomic
from figproof.formats import formats_of
from figproof.kinds import TEXTS
from figproof.pages import page_of
from figproof.pins import Pin, load_pin, missing_seeds
from figproof.project import Project
from figproof.schemas import Config, FigureSpec
from figproof.specs import load_config, load_figures, text_figures

_PICTURES = ("svg", "png")


def write_index(project: Project) -> None:
    """Write the page from what is built; a figure that is not built is an error."""
    config, specs = load_config(project), load_figures(project)
    texts, formats = text_figures(project, specs), formats_of(project, config, specs)
    figures = [
        _entry(project, config, figure, spec, (*formats[figure], *(TEXTS if figure in texts else ())))
        for figure, spec in specs.items()
    ]
    write_atomic(project.results / "index.html", page_of("index.html.j2", figures=figures))


def _entry(
    project: Project, config: Config, figure: str, spec: FigureSpec, suffixes: Sequence[str]
) -> dict[str, Any]:
    record = project.figure_file(figure, "provenance.json")
    if not record.is_file():
        raise FigproofError("is missing", where=project.relative(record), hint=f"run: figproof draw {figure}")
    provenance = json.loads(record.read_bytes())
    files: dict[str, Path] = {suffix: project.figure_file(figure, suffix) for suffix in suffixes}
    picture = next((suffix for suffix in _PICTURES if suffix in files), None)
    tables = sorted(project.derived(figure).rglob("*.csv"))
    return {
        "id": figure,
        "caption": spec.caption,
        "venue": spec.venue or config.venue,
        "width": spec.width,
        "height_in": spec.height_in,
        "picture": _link(project, files[picture]) if picture else None,
        "files": [(suffix, _link(project, path), digest_file(path)) for suffix, path in files.items()],
        "tables": [
            (path.relative_to(project.derived(figure)).as_posix(), _link(project, path)) for path in tables
        ],
        "provenance": _link(project, record),
        "lint": _lint(project, figure),
        "parts": [
            {"panel": letter, "kind": panel.kind, "pin": panel.pin, **_runs(load_pin(project, panel.pin))}
            for letter, panel in spec.parts()
        ],
        "versions": provenance["versions"],
        "spec": provenance["spec"],
        "library": provenance["library"],
    }


def _lint(project: Project, figure: str) -> Mapping[str, Any]:
    path = project.lint_file(figure)
    if not path.is_file():
        raise FigproofError("is missing", where=project.relative(path), hint=f"run: figproof draw {figure}")
    report = json.loads(path.read_bytes())
    findings = [found for file in report["files"] for found in file["findings"]]
    waived = sum(1 for found in findings if found["waived"])
    counts = [(report["errors"], "error"), (report["warnings"], "warning"), (waived, "waiver")]
    said = [f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts if count]
    return {"files": report["files"], "summary": ", ".join(said) or "clean", "errors": report["errors"]}


def _runs(pin: Pin) -> Mapping[str, Any]:
    return {"runs": [run.model_dump() for run in pin.runs], "missing": missing_seeds(pin)}


def _link(project: Project, path: Path) -> str:
    return path.relative_to(project.results).as_posix()
