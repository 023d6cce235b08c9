"""Fixtures for recording: the store's address for child processes, and a project to record in."""

from __future__ import annotations

from pathlib import Path

import pytest

from figproof.store import Store


@pytest.fixture
def recording_address(store: Store) -> str:
    """The test's own database, as ``FIGPROOF_STORE`` names it."""
    options = store.address.options
    host = f"{store.address.hosts[0]}/{store.database.name}"
    return f"mongodb://{options['username']}:{options['password']}@{host}?authSource=admin"


@pytest.fixture
def recording_project(tmp_path: Path) -> Path:
    """A folder that is a project: config/config.yaml and an empty experiments/."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.yaml").write_text("venue: neurips\nformats: [pdf]\n")
    (tmp_path / "experiments").mkdir()
    return tmp_path
