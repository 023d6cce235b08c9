"""The demo, built once from its recorded runs; tests take copies of it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from checkouts import Checkout, checkout


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # One worker builds the demo; the others would build it again.
    for item in items:
        if "workflow" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("workflow"))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """The demo, imported into an embedded store of its own and built; not to be changed by tests."""
    project = checkout(tmp_path_factory.mktemp("demo") / "project")
    project.run("figproof", "runs", "import", "demo/runs.tar.gz")
    project.run("snakemake")
    yield project
    project.run("figproof", "store", "stop", code=None)


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
