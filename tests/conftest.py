"""Fixtures for every test: an embedded store that is really run, and a fresh database in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from figproof.store import Store, open_store
from figproof.store.folder import StoreFolder
from figproof.store.server import stop_server

_NUMBERS = itertools.count(1)

# Tests that share what takes long to make: the demo's build, papers, numba's compilation.
_TOGETHER = {
    "tests/workflow/test_paper.py": "papers",
    "tests/workflow/test_proof.py": "papers",
    "tests/workflow/": "demo",
    "tests/unit/test_kind_embedding.py": "embedding",
    "tests/unit/test_steps.py": "embedding",
}


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Groups go to one worker each, the largest first; other tests go where there is room.

    Not the mark ``xdist_group``: xdist 3.8 writes it into a node's id, where pytest 9 does not read it.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next((group for path, group in _TOGETHER.items() if nodeid.startswith(path)), nodeid)

    return Together(config, log)


@pytest.fixture(scope="session")
def store_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project folder with an embedded store of its own, stopped when the tests end."""
    root = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("FIGPROOF_STORE", raising=False)
        # Should the tests be killed, their server ends soon after.
        patch.setenv("FIGPROOF_STORE_IDLE_S", "60")
        with open_store(root):
            pass
        yield root
    stop_server(StoreFolder(root / ".figproof" / "store"))


@pytest.fixture
def store(store_root: Path) -> Iterator[Store]:
    """An open store on a database that no other test has seen."""
    with open_store(store_root) as opened:
        fresh = replace(opened, database=opened.client[f"test_{next(_NUMBERS)}"])
        yield fresh
        opened.client.drop_database(fresh.database)
