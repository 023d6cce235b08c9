"""What git says of a project; never its configuration of programs, never a prompt."""

from __future__ import annotations

import subprocess
from pathlib import Path

from figproof.errors import FigproofError

_TIMEOUT_S = 60.0


def ask_git(root: Path, *arguments: str) -> bytes:
    """Output of a git command in the project's folder.

    Raises
    ------
    FigproofError
        git is not installed, the folder is in no repository, or git refuses: with its last line.
    """
    command = ["git", "--no-pager", "-c", "core.fsmonitor=false", *arguments]
    try:
        done = subprocess.run(
            command, cwd=root, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise FigproofError(f"git cannot be run ({type(error).__name__})", where=str(root)) from error
    if done.returncode != 0:
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["it says nothing"]
        raise FigproofError(f"git: {lines[-1]}", where=str(root))
    return done.stdout


def is_repository(root: Path) -> bool:
    """Whether the folder is in a git repository; asks no git where no ``.git`` lies above it."""
    return any((folder / ".git").exists() for folder in (root.resolve(), *root.resolve().parents))


def commit_of(root: Path, revision: str) -> str:
    """The full name of the commit that a revision means.

    Raises
    ------
    FigproofError
        No such revision, or no repository.
    """
    return (
        ask_git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}").decode().strip()
    )


def commit_date(root: Path) -> str:
    """``YYYY-MM-DD`` of the commit that is checked out, by its author's clock.

    Raises
    ------
    FigproofError
        No repository, or no commit in it.
    """
    return ask_git(root, "log", "-1", "--format=%ad", "--date=format:%Y-%m-%d").decode().strip()
