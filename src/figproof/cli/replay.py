"""``figproof runs replay ID``: run a recorded run again from its record alone, and compare."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Any

from figproof.errors import FigproofError
from figproof.project import Project

_WHERE = "figproof runs replay"


def add_action(actions: Any) -> None:
    """Add ``replay`` to the actions of ``runs``."""
    parser = actions.add_parser("replay", help="run a recorded run again from its record alone, and compare")
    parser.add_argument("id", type=int, help="id of the run")
    parser.add_argument("--yes", action="store_true", help="run the stored code without asking")
    parser.add_argument("--strict", action="store_true", help="refuse other versions than were recorded")
    parser.add_argument("--env", action="store_true", help="build an environment with the recorded versions")
    parser.add_argument(
        "--tolerance", type=float, default=0.0, metavar="T", help="relative; without: equal bit for bit"
    )
    parser.add_argument(
        "--timeout", type=float, metavar="S", help="seconds (20 times the recorded ones, at least 600)"
    )
    parser.add_argument("--json", action="store_true", help="the comparison as JSON on standard output")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, root: Path) -> int:
    """0 if the replay is equal (bit for bit, or within the tolerance that was asked), else 1."""
    from figproof.replay.comparing import DIFFERS, compare
    from figproof.replay.environment import build_environment, compare_packages, refuse_differences
    from figproof.replay.plan import read_plan
    from figproof.replay.reporting import introduction
    from figproof.replay.running import run_again, time_limit
    from figproof.store import open_store

    _check(arguments)
    with open_store(root) as store:
        plan = read_plan(store, arguments.id)
    packages = compare_packages(plan, built=arguments.env)
    if arguments.strict:
        refuse_differences(packages, plan.where)
    _say(introduction(plan, packages, built=arguments.env))
    _ask(arguments.yes)
    python = build_environment(Project(root), plan, _say) if arguments.env else Path(sys.executable)
    limit = time_limit(plan) if arguments.timeout is None else arguments.timeout
    outcome = run_again(plan, python, limit, lambda line: _say(f"  | {line}"))
    comparison = compare(plan, outcome, arguments.tolerance)
    _finish(arguments, root, plan, packages, outcome, comparison)
    return int(comparison.verdict == DIFFERS)


def _check(arguments: argparse.Namespace) -> None:
    if not math.isfinite(arguments.tolerance) or not 0 <= arguments.tolerance < 1:
        raise FigproofError(
            "allowed are numbers from 0 to below 1", where=f"--tolerance {arguments.tolerance}"
        )
    if arguments.timeout is not None and not arguments.timeout > 0:
        raise FigproofError("allowed are seconds above 0", where=f"--timeout {arguments.timeout}")


def _ask(yes: bool) -> None:
    """Nothing that the store holds is executed before somebody agreed."""
    if yes:
        return
    if not sys.stdin.isatty():
        hint = "read what it lists; if you trust it, give --yes"
        raise FigproofError(
            "asks before it runs stored code, and there is no terminal", where=_WHERE, hint=hint
        )
    print("Run it? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise FigproofError("nothing was run", where=_WHERE)


def _finish(
    arguments: argparse.Namespace, root: Path, plan: Any, packages: Any, outcome: Any, comparison: Any
) -> None:
    """Store the replay and report; the report is given even if the store refuses."""
    from figproof.replay.reporting import as_json, table
    from figproof.replay.storing import store_replay
    from figproof.store import open_store

    kept: tuple[int | None, str | None] = (None, None)
    try:
        with open_store(root) as store:
            kept = store_replay(store, plan, outcome, comparison)
    finally:
        print((as_json if arguments.json else table)(plan, packages, comparison, *kept))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
