"""``figproof lint FILE... | --all``: what was really written, against a venue."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from figproof.errors import FigproofError
from figproof.project import Project


def add_parser(subparsers: Any) -> None:
    """Add ``lint``."""
    parser = subparsers.add_parser("lint", help="measure figure files, of any program, against a venue")
    parser.add_argument("files", nargs="*", type=Path, help="PDF, EPS, SVG, PNG, TIFF or JPEG")
    parser.add_argument("--all", action="store_true", help="every built figure, each at its own venue")
    parser.add_argument("--venue", help="hold the files to this venue; else to config.yaml's, in a project")
    parser.add_argument("--page", type=int, default=1, help="page of a PDF of several, from 1")
    parser.add_argument("--format", choices=("table", "json", "github"), default="table")
    parser.set_defaults(run=_run, anywhere=True)


def _run(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.lint.show import shown

    if bool(arguments.files) == arguments.all or (arguments.all and arguments.venue):
        raise FigproofError("give either files, or --all, which holds each figure to its own venue")
    if arguments.page < 1:
        raise FigproofError("counts from 1", where=f"--page {arguments.page}")
    reports = _all(root) if arguments.all else _files(root, arguments)
    text = shown(reports, arguments.format)
    print(text, end="\n" if text else "")
    return 1 if any(report.errors for report in reports) else 0


def _all(root: Path) -> list[Any]:
    from figproof.lint.project import lint_figure
    from figproof.specs import figure_ids

    project = Project.find(root)
    figures = figure_ids(project)
    if not figures:
        raise FigproofError("no figure is defined", where="config/figures")
    return [report for figure in figures for report in lint_figure(project, figure)]


def _files(root: Path, arguments: argparse.Namespace) -> list[Any]:
    from figproof.lint import PLAIN, limits_of, run
    from figproof.lint.project import figure_of, lint_figure
    from figproof.look import load_venue
    from figproof.specs import load_config

    try:
        project: Project | None = Project.find(root)
    except FigproofError:
        project = None
    name = arguments.venue or (load_config(project).venue if project else None)
    limits = limits_of(load_venue(project.root if project else root, name)) if name else PLAIN
    reports = []
    for path in arguments.files:
        figure = figure_of(project, path) if project and not arguments.venue else None
        if project and figure:
            reports += lint_figure(project, figure, path)
        else:
            reports.append(run(path, limits, page=arguments.page))
    return reports
