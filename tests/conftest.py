"""Fixtures for every test: an embedded store that is really run, and a fresh database in it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from figproof.store import Store, open_store
from figproof.store.folder import StoreFolder
from figproof.store.server import stop_server

_NUMBERS = itertools.count(1)


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
