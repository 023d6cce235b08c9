"""What a replay refuses, and how it ends when the program fails, hangs or leaves something behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from figproof.store import Store
from replays import Replay, set_in_run

pytestmark = pytest.mark.store


def test_a_source_whose_bytes_changed_is_refused_before_anything_runs(
    store: Store, recorded: Any, replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = recorded()
    file_id = dict(store.runs.find_one({"_id": run_id})["experiment"]["sources"])["tiny.py"]
    chunk = store.database["fs.chunks"].find_one({"files_id": file_id})
    data = chunk["data"].replace(b'print("pid"', b'print("PID"')
    store.database["fs.chunks"].update_one({"_id": chunk["_id"]}, {"$set": {"data": data}})
    capsys.readouterr()
    assert replay(str(run_id), "--yes") == 1
    said = capsys.readouterr()
    assert "source 'tiny.py': differs from the SHA-256 that was recorded with it" in said.err
    assert "PID" not in said.err and store.runs.count_documents({}) == 1


def test_a_hostile_record_is_refused_before_anything_runs(
    store: Store, recorded: Any, replay: Replay, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run_id = recorded()
    [[main_name, main_id], [_, other_id]] = store.runs.find_one({"_id": run_id})["experiment"]["sources"]
    outside = tmp_path / "written.py"
    hostile = [
        [main_name, main_id],
        ["../../x.py", other_id],
        [str(outside), other_id],
        ["json.py", other_id],
    ]
    set_in_run(store, run_id, experiment__sources=hostile)
    set_in_run(store, run_id, config__mode={"py/object": "os.system", "py/reduce": ["echo"]})
    capsys.readouterr()
    assert replay(str(run_id), "--yes") == 1
    error = capsys.readouterr().err
    assert "source '../../x.py' leads out of the clean folder" in error
    assert f"source '{outside}' is an absolute path" in error
    assert "source 'json.py' would take the place of the module 'json' of Python's own library" in error
    assert (
        "config.mode: holds an object as jsonpickle writes it ('py/object'), which is never decoded" in error
    )
    assert "pid" not in error and not outside.exists() and store.runs.count_documents({}) == 1


def test_nothing_is_run_before_somebody_agreed(
    store: Store,
    recorded: Any,
    replay: Replay,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_id = recorded()

    class Terminal:
        answer = "n\n"

        def isatty(self) -> bool:
            return bool(self.answer)

        def readline(self) -> str:
            return self.answer

    monkeypatch.setattr(sys, "stdin", Terminal())
    assert replay(str(run_id)) == 1
    error = capsys.readouterr().err
    assert "Run it? [y/N] figproof: figproof runs replay: nothing was run" in error
    assert "| pid" not in error
    monkeypatch.setattr(Terminal, "answer", "")
    assert replay(str(run_id)) == 1
    assert (
        "there is no terminal\n  Hint: read what it lists; if you trust it, give --yes"
        in capsys.readouterr().err
    )
    assert store.runs.count_documents({}) == 1
    monkeypatch.setattr(Terminal, "answer", "y\n")
    assert replay(str(run_id)) == 0


def test_other_versions_are_shown_and_refused_if_asked(
    store: Store, recorded: Any, replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = recorded()
    set_in_run(store, run_id, experiment__dependencies=["numpy==1.0.0", "absentpackage==2", "a b; rm"])
    library = store.runs.find_one({"_id": run_id})["info"]["figproof"]["library"]
    changed = [
        {**entry, "sha256": "0" * 64} if entry["module"] == "figproof.npz" else entry for entry in library
    ]
    set_in_run(store, run_id, info__figproof__library=changed)
    assert replay(str(run_id), "--yes", "--strict") == 1
    error = capsys.readouterr().err
    assert "other versions than recorded, and --strict was asked: absentpackage 2 is absent here" in error
    assert "numpy 1.0.0 is " in error and "figproof.npz 000000000000 is " in error
    repository = {"url": "https://me:t0ken@example.org/lab.git", "commit": "c0ffee" * 6, "dirty": True}
    set_in_run(store, run_id, experiment__repositories=[repository], result=7)
    assert replay(str(run_id), "--yes") == 1, "without --strict it is a warning"
    said = capsys.readouterr()
    assert "possible reason: figproof.npz was 000000000000, here it is " in said.out
    error = said.err
    assert "Recorded at commit c0ffeec0ffee of https://" in error and "t0ken" not in error
    assert "example.org/lab.git with changes that were not committed." in error
    assert re.search(r"numpy +1\.0\.0 +here \S+: OTHER THAN RECORDED", error)
    assert "does not hold a readable name of the package 'a b; rm'" in error


def test_a_file_that_the_record_lacks_is_an_error_with_what_the_program_said(
    store: Store, recorded: Any, replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = recorded()
    sources = store.runs.find_one({"_id": run_id})["experiment"]["sources"]
    set_in_run(store, run_id, experiment__sources=[s for s in sources if s[0] == "tiny.py"])
    assert replay(str(run_id), "--yes") == 1
    error = capsys.readouterr().err
    assert "run 1 (tiny): the replay ended with exit code 1" in error
    assert "No module named 'tiny_helper'" in error and "the record may lack a file" in error
    assert store.runs.count_documents({}) == 1


def test_what_the_store_cannot_hold_is_an_error_after_the_report(
    store: Store, recorded: Any, replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = recorded()
    set_in_run(store, run_id, config__mode="huge")
    assert replay(str(run_id), "--yes") == 1
    said = capsys.readouterr()
    assert f"replayed {2**70}" in said.out and "stored as" not in said.out
    assert "the store cannot hold what the replay recorded" in said.err and "Traceback" not in said.err
    assert store.runs.find_one({"_id": 2})["status"] == "FAILED"


def test_a_replay_that_takes_too_long_is_killed(
    store: Store, recorded: Any, replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = recorded()
    set_in_run(store, run_id, config__mode="sleep")
    capsys.readouterr()
    assert replay(str(run_id), "--yes", "--timeout", "3") == 1
    error = capsys.readouterr().err
    assert "run 1 (tiny): the replay was killed after 3 s" in error and "give --timeout SECONDS" in error
    assert is_gone(int(re.findall(r"\| pid (\d+)", error)[0]))


def test_what_the_program_detached_from_itself_ends_with_it(
    store: Store, recorded: Any, replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = recorded()
    set_in_run(store, run_id, config__mode="detach")
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        capsys.readouterr()
        assert replay(str(run_id), "--yes") == 0
        pids = [int(pid) for pid in re.findall(r"\| pid (\d+)", capsys.readouterr().err)]
        assert len(pids) == 3 and all(map(is_gone, pids))
        assert bystander.poll() is None, "what was ours before stays"
    finally:
        bystander.kill()
        bystander.wait()


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_program_too(
    store: Store, recorded: Any, recording_project: Path, number: int
) -> None:
    run_id = recorded()
    set_in_run(store, run_id, config__mode="sleep")
    command = [sys.executable, "-m", "figproof", "runs", "replay", str(run_id), "--yes"]
    with subprocess.Popen(command, cwd=recording_project, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = next(match for line in process.stderr if (match := re.search(r"\| pid (\d+)", line)))
        process.send_signal(number)
        assert process.wait(20) == 130
        assert "figproof: interrupted" in process.stderr.read()
    time.sleep(0.05)
    assert is_gone(int(found[1]))
    assert store.runs.count_documents({}) == 1


def test_wrong_arguments_are_refused(
    recorded: Any, replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded()
    for arguments, problem in (
        (("7", "--yes"), "run 7 in "),
        (("1", "--yes", "--tolerance", "nan"), "--tolerance nan: allowed are numbers from 0"),
        (("1", "--yes", "--timeout", "0"), "--timeout 0.0: allowed are seconds above 0"),
    ):
        assert replay(*arguments) == 1
        assert problem in capsys.readouterr().err
