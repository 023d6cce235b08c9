"""``figproof runs`` as it is typed: exit codes, formats, and nothing secret in what is printed."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from figproof.audit.fields import FIELDS
from figproof.audit.findings import MEANING
from figproof.audit.listing import ask
from figproof.cli import main
from figproof.cli import runs as runs_command
from figproof.store import Store, open_store
from stored import put_run

pytestmark = pytest.mark.store
Said = pytest.CaptureFixture[str]


@pytest.fixture
def project(
    store: Store, recording_address: str, recording_project: Path, monkeypatch: pytest.MonkeyPatch
) -> Store:
    """A project on the test's own database, with the runs 1 and 2."""
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    monkeypatch.chdir(recording_project)
    put_run(store, 1)
    put_run(store, 2, config__optimizer="sgd", status="FAILED")
    return store


def run(*words: str) -> int:
    return main(["runs", *words])


def test_list_in_three_formats(project: Store, capsys: Said) -> None:
    assert run("list", "status=COMPLETED", "--columns", "id,result") == 0
    said = capsys.readouterr()
    assert said.out == "id  result\n 1    0.25\n" and said.err == "1 runs\n"

    assert (
        run("list", "--columns", "id,config.optimizer", "--sort", "id", "--reverse", "--format", "csv") == 0
    )
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows == [["id", "config.optimizer"], ["2", "sgd"], ["1", "adam"]]

    assert run("list", "--limit", "1", "--format", "json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["notes"] == ["1 more match"]
    assert data["runs"][0] == {
        "id": 1,
        "experiment": "digits",
        "status": "COMPLETED",
        "started": "2026-01-02T03:04:05.000Z",
        "duration": 300.0,
        "config.seed": 1,
        "result": 0.25,
        "commit": "c" * 40,
        "tag": [],
    }


def test_show_and_diff(project: Store, capsys: Said) -> None:
    assert run("show", "1") == 0
    assert "epoch 2" in capsys.readouterr().out
    assert run("show", "1", "--format", "json", "--output", "7") == 0
    assert json.loads(capsys.readouterr().out)["output"] == "poch 2\n"
    assert run("diff", "1", "2") == 0
    assert "config.optimizer  adam   sgd" in capsys.readouterr().out
    assert run("diff", "1", "2", "--format", "json") == 0
    assert json.loads(capsys.readouterr().out)["config"]["config.optimizer"] == ["adam", "sgd"]


def test_tag_note_archive_restore_purge(project: Store, capsys: Said) -> None:
    assert run("tag", "1", "2", "--add", "paper", "--add", "x") == 0
    assert capsys.readouterr().out == "runs 1, 2: +paper +x\n"
    assert run("note", "2", "odd") == 0
    assert run("archive", "2") == 0
    capsys.readouterr()
    assert run("list", "--columns", "id", "--format", "csv") == 0
    assert capsys.readouterr().out == "id\n1\n"
    assert run("restore", "2") == 0

    assert run("purge", "2") == 1
    said = capsys.readouterr().out
    assert "would remove for good: run 2 with 1 metrics and 2 files" in said
    assert "other projects on this store\nmay have pins that do" in said and "then add --yes" in said
    assert project.runs.count_documents({}) == 2
    assert run("purge", "2", "--yes") == 0
    assert "removed for good: run 2" in capsys.readouterr().out
    assert [document["_id"] for document in project.runs.find({}, {"_id": 1})] == [1]


def test_an_archived_run_is_pinned_again_only_when_it_is_restored(
    project: Store, recording_project: Path, capsys: Said
) -> None:
    for name in ("selections", "pins"):
        (recording_project / "config" / name).mkdir()
    selection = "experiment: digits\ngroup_by: [config.optimizer]\nvaries: [config.seed]\n"
    (recording_project / "config" / "selections" / "two.yaml").write_text(selection)
    put_run(project, 3)
    project.runs.delete_one({"_id": 2})
    assert main(["pin"]) == 0
    assert capsys.readouterr().out == "two: 2 runs, written\n"

    assert run("archive", "3") == 0
    assert "named by pin two: its figures stay; `figproof pin` would leave it out" in capsys.readouterr().out
    assert main(["pin", "--check"]) == 1
    assert "run 3 is archived: the selection leaves it out now" in capsys.readouterr().out
    assert main(["pin"]) == 0
    said = capsys.readouterr().out
    assert said == "two: 1 runs, written\n  left out, archived: 3 (figproof runs restore ID)\n"

    assert run("archive", "3") == 0
    assert capsys.readouterr().out == "run 3: archived\n", "no pin names it now"
    assert run("restore", "3") == 0
    assert main(["pin"]) == 0
    assert "two: 2 runs, written" in capsys.readouterr().out


def test_health_exits_1_on_errors_only(project: Store, capsys: Said) -> None:
    assert run("health", "1") == 0
    said = capsys.readouterr()
    assert said.out == "1 run: clean\n" and said.err == "checked 1 of 1 runs\n"
    assert run("health", "--all") == 1
    assert "error: failed\n  means: it cannot be pinned" in capsys.readouterr().out
    assert run("health", "--where", "status=FAILED", "--format", "json") == 1
    assert json.loads(capsys.readouterr().out)["findings"][0]["rule"] == "failed"
    assert run("archive", "2") == 0
    assert run("health", "--all") == 0
    assert "1 archived runs are left out" in capsys.readouterr().err, "what was not looked at is said"
    assert run("archive", "2") == 0
    assert run("health", "--all") == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["list", "config.optimzer=adam"], "Did you mean config.optimizer?"),
        (["list", "$where=sleep(1)"], "is no field of a run"),
        (["list", "--limit", "0"], "is 0; at least 1"),
        (["show", "99"], "run '99' is not in the store"),
        (["show", "1", "--output", "-1"], "counts characters, from 0"),
        (["diff", "1", "1"], "needs two different runs"),
        (["diff", "1", "2", "--lines", "0"], "counts lines, from 1"),
        (["tag", "1"], "needs a tag to --add or to --remove"),
        (["health"], "give run ids, --where FILTER or --all"),
        (["health", "1", "--all"], "give run ids, --where FILTER or --all"),
        (["health", "--where", "id=99"], "there is no such run"),
        (["purge", "99", "--yes"], "is not in the store"),
    ],
)
def test_a_mistake_is_explained_without_a_traceback(
    project: Store, capsys: Said, words: list[str], said: str
) -> None:
    assert run(*words) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("figproof: ") and said in captured.err
    assert "Traceback" not in captured.err
    assert str(project.address.options["password"]) not in captured.err + captured.out


def test_import_takes_a_folder_of_a_file_storage_observer(
    project: Store, tmp_path: Path, capsys: Said
) -> None:
    folder = tmp_path / "runs" / "7"
    folder.mkdir(parents=True)
    document: dict[str, Any] = {"status": "COMPLETED", "experiment": {"name": "other"}}
    (folder / "run.json").write_text(json.dumps(document))

    assert run("import", str(folder.parent)) == 0
    assert "1 runs imported" in capsys.readouterr().out
    assert run("import", str(folder.parent)) == 0
    assert "all runs are already there" in capsys.readouterr().out
    assert project.runs.count_documents({"_id": 7}) == 1


def test_a_purged_run_can_be_imported_again(
    store_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said
) -> None:
    monkeypatch.delenv("FIGPROOF_STORE", raising=False)
    (store_root / "config").mkdir(exist_ok=True)
    (store_root / "config" / "config.yaml").write_text("venue: neurips\nformats: [pdf]\n")
    monkeypatch.chdir(store_root)
    with open_store(store_root) as opened:
        put_run(opened, 1)
    file = str(tmp_path / "runs.tar.gz")
    assert run("export", "--out", file) == 0

    for _ in range(2):
        assert run("import", file) == 0
        assert run("purge", "1", "--yes") == 0
        with open_store(store_root) as opened:
            assert opened.runs.count_documents({}) == 0
    assert "1 runs imported" in capsys.readouterr().out


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_leaves_is_no_traceback(
    project: Store, monkeypatch: pytest.MonkeyPatch, unbuffered: str
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "figproof", "runs", "list"]
    ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writer)

    assert (ended.returncode, ended.stderr) == (1, b"")


def test_every_filter_and_field_of_the_how_to_is_in_the_grammar() -> None:
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "audit-runs.md").read_text()
    parser = argparse.ArgumentParser()
    runs_command.add_parser(parser.add_subparsers())
    typed = [line for line in page.splitlines() if line.startswith("    figproof runs ")]
    assert len(typed) > 15, "the page shows no commands"
    for line in typed:
        words = shlex.split(line, comments=True)[1:]
        parsed = parser.parse_args(words[: words.index(">")] if ">" in words else words)
        if parsed.action == "list":
            ask(parsed.filters, parsed.columns, parsed.sort, limit=parsed.limit)
    assert all(f"`{field}`" in page for field in FIELDS), "a field is not on the page"
    assert all(f"`{rule}`" in page for rule in MEANING), "a rule is not on the page"
