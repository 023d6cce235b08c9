"""The demo, built once from its recorded runs; tests take copies of it.

One worker builds it (``tests/conftest.py``); papers are built beside it.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkouts import Checkout, checkout

KEPT = ("confusion_adam", "embedding_umap", "optimizers_loss", "oscillating", "overview", "results")
"""Figures that are built again and again: every step, a composite, a table, a UMAP."""


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Checkout, str]]:
    """The demo in a store of its own, built whole once; cut down to ``KEPT`` after `verify` has spoken."""
    project = checkout(tmp_path_factory.mktemp("demo") / "project")
    project.run("figproof", "runs", "import", "demo/runs.tar.gz")
    project.run("snakemake")
    verified = project.run("figproof", "verify", code=None).stdout
    for path in (project.root / "config/figures").glob("*.yaml"):
        if path.stem not in KEPT:
            path.unlink()
            shutil.rmtree(project.root / "results/derived" / path.stem)
            for folder in ("figures", "lint"):
                for file in (project.root / "results" / folder).glob(f"{path.stem}.*"):
                    file.unlink()
    # Every test copies these: only the runs of the figures that are left.
    shutil.rmtree(project.root / "results/snapshots")
    project.run("snakemake")
    project.run("figproof", "approve")
    yield project, verified
    project.run("figproof", "store", "stop", code=None)


@pytest.fixture(scope="session")
def built(demo: tuple[Checkout, str]) -> Checkout:
    """The part of the demo that tests build again; not to be changed by tests."""
    return demo[0]


@pytest.fixture
def copy(built: Checkout, tmp_path: Path) -> Iterator[Checkout]:
    """A copy of the built demo without its store, to be changed at will."""
    target = tmp_path / "project"
    shutil.copytree(built.root, target, ignore=shutil.ignore_patterns("store", "home"), symlinks=True)
    project = Checkout(target)
    yield project
    if (target / ".figproof" / "store").exists():
        project.run("figproof", "store", "stop", code=None)


@pytest.fixture
def with_store(copy: Checkout) -> Checkout:
    """A copy with a store of its own that holds the demo's runs."""
    copy.run("figproof", "runs", "import", "demo/runs.tar.gz")
    return copy
