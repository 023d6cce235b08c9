"""``figproof record``: run an experiment, or a plan, where numbers are the same on every processor."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from figproof.errors import FigproofError
from figproof.project import Project

JOBS = 2


def add_parser(subparsers: Any) -> None:
    """Add ``record``."""
    parser = subparsers.add_parser("record", help="run an experiment, or a plan of them, into the store")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="a list of runs, e.g. plan.yaml")
    parser.add_argument(
        "--jobs", type=int, metavar="N", default=JOBS, help=f"runs of a plan at a time ({JOBS})"
    )
    parser.add_argument("experiment", nargs="?", help="a file in experiments/, without .py")
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, help="Sacred's own, e.g. with seed=1 optimizer=adam; or help"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, root: Path) -> int:
    if (arguments.plan is None) == (arguments.experiment is None):
        raise FigproofError(
            "name an experiment or a plan, and not both",
            where="record",
            hint="figproof record digits_mlp with seed=1, or figproof record --plan plan.yaml",
        )
    project = Project(root)
    if arguments.plan is None:
        return _one(project, arguments.experiment, arguments.arguments)
    return _plan(project, arguments.plan, arguments.jobs)


def _one(project: Project, name: str, arguments: list[str]) -> int:
    """Become the experiment: Ctrl-C and SIGTERM then reach it without a process between."""
    from figproof.record.batch import command
    from figproof.record.plan import experiment_script
    from figproof.worker import worker_environment

    argv = command(experiment_script(project, name, "record"), arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(argv[0], argv, worker_environment(project.cache))


def _plan(project: Project, path: Path, jobs: int) -> int:
    from figproof.record.batch import record_plan
    from figproof.record.plan import load_plan
    from figproof.store import open_store

    if jobs < 1:
        raise FigproofError(f"is {jobs}; allowed are whole numbers from 1", where="--jobs")
    plan = load_plan(project, path)
    with open_store(project.root) as store:
        try:
            failed = record_plan(project, store, plan, jobs, lambda line: print(line, flush=True))
        except KeyboardInterrupt as stopped:
            again = f"figproof record --plan {path}" + (f" --jobs {jobs}" if jobs != JOBS else "")
            raise KeyboardInterrupt(f"{stopped}; to go on: {again}") from None
    return int(failed > 0)
