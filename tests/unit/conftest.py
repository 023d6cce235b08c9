"""Fixtures: the store's address for child processes, a project to record in, a paper that is built."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drawn import ROOT
from exported import empty, record
from figproof.cli import main
from figproof.look import Look, load_look
from figproof.project import Project
from figproof.record.session import run_recorded
from figproof.store import Store, open_store
from figproof.store.transfer import export_runs
from papers import RUNS, build, lay_paper, pin_and_snapshot, put_run
from replays import HELPER, TINY, Replay


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


@pytest.fixture(scope="session")
def paper_once(store_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A paper of two figures, built from runs that were in a store; not to be changed by tests."""
    project = lay_paper(tmp_path_factory.mktemp("papers") / "paper")
    with open_store(store_root) as opened:
        runs = replace(opened, database=opened.client["paper"])
        for run in RUNS:
            put_run(runs, *run)
        pin_and_snapshot(project, runs)
    build(project)
    return project.root


@pytest.fixture
def paper(paper_once: Path, tmp_path: Path) -> Project:
    """A copy of the built paper, to be changed at will; its runs are in no store."""
    shutil.copytree(paper_once, tmp_path / "paper")
    return Project(tmp_path / "paper")


@pytest.fixture
def exported(store: Store, tmp_path: Path) -> Path:
    """An archive of runs 3 and 12; the store is empty again."""
    record(store, 12)
    record(store, 3, blob=b"other weights")
    path = tmp_path / "runs.tar.gz"
    export_runs(store, [12, 3], path)
    empty(store)
    return path


@pytest.fixture(scope="module")
def look() -> Look:
    return load_look(ROOT, "icml2025", "petroff10", "viridis", {})


@pytest.fixture(scope="module")
def nature() -> Look:
    return load_look(ROOT, "nature", "petroff10", "viridis", {})


@pytest.fixture
def experiments(recording_project: Path) -> Path:
    folder = recording_project / "experiments"
    (folder / "tiny.py").write_text(TINY)
    (folder / "tiny_helper.py").write_text(HELPER)
    return folder


@pytest.fixture
def recorded(
    store: Store, experiments: Path, monkeypatch: pytest.MonkeyPatch, recording_address: str
) -> Callable[..., int]:
    """Records ``tiny`` with settings; the run's id. Afterwards its files are gone: the record must do."""

    def record(*settings: str) -> int:
        monkeypatch.setenv("FIGPROOF_STORE", recording_address)
        monkeypatch.syspath_prepend(str(experiments))
        spec = importlib.util.spec_from_file_location("tiny", experiments / "tiny.py")
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules.pop("tiny_helper", None)
        spec.loader.exec_module(module)
        assert run_recorded(module.ex, store, ["tiny", *(["with", *settings] if settings else [])]) == 0
        return int(store.runs.find_one(sort=[("_id", -1)])["_id"])

    return record


@pytest.fixture
def replay(recorded: Any, recording_project: Path, monkeypatch: pytest.MonkeyPatch) -> Replay:
    """``figproof runs replay`` with everything but the store gone."""

    def run(*arguments: str) -> int:
        for path in (recording_project / "experiments").glob("*.py"):
            path.unlink()
        monkeypatch.chdir(recording_project)
        return main(["runs", "replay", *arguments])

    return run
