"""The steps of the DAG: ``figproof snapshot|derive|draw|write|index``."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
from pathlib import Path
from typing import Any

from figproof.project import Project


def add_parser(subparsers: Any) -> None:
    """Add the steps."""
    for word, argument, run in (
        ("snapshot", "pin", _snapshot),
        ("derive", "figure", _derive),
        ("draw", "figure", _draw),
        ("write", "figure", _write),
        ("latex", None, _latex),
        ("index", None, _index),
    ):
        parser = subparsers.add_parser(word, help=run.__doc__)
        if argument:
            parser.add_argument(argument)
        parser.set_defaults(run=run)


def _snapshot(arguments: argparse.Namespace, root: Path) -> int:
    """copy a pin's runs out of the store"""
    from figproof.snapshot import take_snapshot
    from figproof.store import open_store

    def progress(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    _hold_step_lock(Project(root))
    take_snapshot(Project(root), arguments.pin, lambda: open_store(root), progress)
    return 0


def _derive(arguments: argparse.Namespace, root: Path) -> int:
    """compute the numbers of a figure"""
    project = _as_worker(root)
    from figproof.deriving import derive_figure

    derive_figure(project, arguments.figure)
    return 0


def _draw(arguments: argparse.Namespace, root: Path) -> int:
    """draw a figure from its numbers, and lint it"""
    project = _as_worker(root)
    from figproof.drawing import draw_figure
    from figproof.lint.project import write_report
    from figproof.proof.made import remember_drawn

    write_report(project, arguments.figure, said=draw_figure(project, arguments.figure))
    remember_drawn(project, arguments.figure)
    return 0


def _write(arguments: argparse.Namespace, root: Path) -> int:
    """write a figure that is also text as LaTeX and Markdown"""
    project = _as_worker(root)
    from figproof.drawing import write_texts
    from figproof.proof.made import remember_written

    write_texts(project, arguments.figure)
    remember_written(project, arguments.figure)
    return 0


def _latex(arguments: argparse.Namespace, root: Path) -> int:
    """write results/figures.tex and results/numbers.tex"""
    project = _as_worker(root)
    from figproof.latexfiles import write_latex

    write_latex(project)
    return 0


def _index(arguments: argparse.Namespace, root: Path) -> int:
    """write results/index.html"""
    project = _as_worker(root)
    from figproof.index import write_index

    write_index(project)
    return 0


def _as_worker(root: Path) -> Project:
    from figproof.worker import become_worker

    project = Project(root)
    become_worker(project.cache)
    _hold_step_lock(project)
    return project


def _hold_step_lock(project: Project) -> None:
    """Say to builds that a step runs, for as long as this process lives."""
    project.results.mkdir(parents=True, exist_ok=True)
    # Kept open on purpose: the lock goes with the descriptor.
    descriptor = os.open(project.steps_lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
