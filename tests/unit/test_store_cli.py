"""``figproof store start|stop|status``."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from figproof.cli import store as store_command

pytestmark = pytest.mark.store


def run(root: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    store_command.add_parser(parser.add_subparsers())
    arguments = parser.parse_args(["store", *words])
    return int(arguments.run(arguments, root))


def test_start_status_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("FIGPROOF_STORE", raising=False)
    monkeypatch.setenv("FIGPROOF_STORE_IDLE_S", "30")

    assert run(tmp_path, "status") == 3
    assert capsys.readouterr().out.startswith("not running")
    assert not (tmp_path / ".figproof").exists(), "asking for the status made a store"

    assert run(tmp_path, "start") == 0
    started = capsys.readouterr().out.strip()
    assert started.startswith("running at mongodb://127.0.0.1:")

    assert run(tmp_path, "start") == 0
    assert capsys.readouterr().out.strip() == started

    assert run(tmp_path, "status") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == started
    assert lines[1].startswith("process: ")
    assert lines[2] == f"data folder: {tmp_path / '.figproof' / 'store' / 'data'}"
    assert lines[3] == "runs: 0"

    assert run(tmp_path, "stop") == 0
    assert capsys.readouterr().out == "stopped\n"
    assert run(tmp_path, "stop") == 0
    assert capsys.readouterr().out == "was not running\n"
    assert run(tmp_path, "status") == 3


def test_a_team_server_is_not_started_or_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE", "mongodb://alice:s3cr3t@db/lab")

    for action in ("start", "stop"):
        assert run(tmp_path, action) == 1
        said = capsys.readouterr().out
        assert "mongodb://db:27017/lab" in said
        assert "s3cr3t" not in said and "alice" not in said
