"""Build figures once more in a clean folder, from the snapshots alone, by the same rules."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from figproof.approvals import generated_files
from figproof.errors import FigproofError
from figproof.places import builtin
from figproof.project import Project
from figproof.proof.inputs import input_files, snapshot_files
from figproof.schemas import FigureSpec

_PASSED_ON = ("PATH", "TMPDIR", "SYSTEMROOT")
RULES = ("Snakefile", "profiles/default/config.yaml")
"""Of a new paper: what makes a folder one that Snakemake builds."""
_TAIL_LINES = 15


@contextmanager
def rebuilt(project: Project, figures: Mapping[str, FigureSpec]) -> Iterator[Project]:
    """Give a clean project in which the given figures, and no others, were built from the snapshots.

    It has the project's inputs, the pinned runs and figproof's own rules; no result, no cache, no store,
    no credentials and none of the user's settings.

    Parameters
    ----------
    figures : mapping of str to FigureSpec

    Raises
    ------
    FigproofError
        The snapshots are not whole, or the build failed: the last lines that it said.
    """
    with tempfile.TemporaryDirectory(prefix="figproof-") as folder:
        clean = Project(Path(folder).resolve() / "project")
        _lay(project, clean, figures)
        _run(clean)
        yield clean


def built_files(project: Project) -> dict[str, bytes]:
    """Content of every file that a build makes for readers, by path below ``results``."""
    return {name: path.read_bytes() for name, path in generated_files(project).items()}


def _lay(project: Project, clean: Project, figures: Mapping[str, FigureSpec]) -> None:
    specs = {f"config/figures/{figure}.yaml" for figure in figures}
    for name, path in input_files(project, figures).items():
        if not name.startswith("config/figures/") or name in specs:
            _copy(path, clean.root / name)
    for name, path in snapshot_files(project, figures).items():
        _link(path, clean.root / name)
    for name in RULES:
        _copy(builtin("paper") / "base" / name, clean.root / name)


def _copy(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(path, target)


def _link(path: Path, target: Path) -> None:
    """A second name of a file that nobody writes to; a copy where the folders are on two disks."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)


def _run(clean: Project) -> None:
    home = clean.root.parent / "home"
    home.mkdir()
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-I", "-m", "snakemake"],
        cwd=clean.root,
        env={**environment, "HOME": str(home), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        said = "\n    ".join(done.stdout.splitlines()[-_TAIL_LINES:])
        raise FigproofError(
            f"the build in a clean folder failed:\n    {said}", hint="does it build here? run: snakemake"
        )
