"""Runs that are really recorded and really run again, from what the store holds and nothing else."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from figproof.cli import main
from figproof.content import run_content
from figproof.record.session import run_recorded
from figproof.store import Store
from figproof.store.reader import list_runs, read_artifact, read_run

pytestmark = pytest.mark.store

TINY = """
import os, subprocess, sys, time
from pathlib import Path
import numpy as np
from figproof import record
from figproof.record import Declared, Experiment, Recorder
import tiny_helper

ex = Experiment("tiny", save_git_info=False)

@ex.config
def config():
    seed = 3
    rate = 0.1
    widths = [4, 2]
    mode = "plain"
    source = None

METRICS = {
    "loss": Declared("nat", 4),
    "gap": Declared("", 4, may_be_nan=True),
    "system.time": Declared("s", 1),
}

@ex.main
def main(_run, seed, rate, widths, mode, source):
    recorder = Recorder(_run, METRICS, parents=[] if source is None else [(source, "tiny")])
    rng = np.random.default_rng(seed)
    print("pid", os.getpid(), "\\x1b[31m", flush=True)
    if mode == "detach":
        print("pid", subprocess.Popen(["sleep", "60"], start_new_session=True).pid, flush=True)
        daemon = "setsid sleep 60 >/dev/null 2>&1 & echo $!"
        print("pid", subprocess.check_output(["sh", "-c", daemon], text=True), flush=True)
    if mode == "sleep":
        time.sleep(60)
    for step in range(4):
        recorder.scalars(step, {"loss": tiny_helper.scaled(rng.random(), rate), "gap": float("nan")})
    recorder.scalars(0, {"system.time": time.perf_counter()})
    weights = rng.random(widths)
    if source is not None:
        weights = record.source_run(__file__, source, "weights").artifacts["weights"]["W"] * 2
    recorder.arrays("weights", W=weights)
    if mode == "spy":
        found = Path("/proc").glob("[0-9]*/cmdline")
        lines = [path.read_bytes().decode("utf-8", "replace") for path in found]
        return {"env": dict(os.environ), "argv": sys.argv, "folder": os.getcwd(), "lines": lines}
    if mode == "huge":
        return 2**70
    if mode == "package":
        try:
            import replaydep
            return replaydep.VERSION
        except ImportError:
            return "none"
    return float(weights.sum())

if __name__ == "__main__":
    record.main(ex)
"""
HELPER = "def scaled(value, rate):\n    return float(value) * rate\n"

Replay = Callable[..., int]


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


def digest(store: Store, run_id: int) -> str:
    return run_content(read_run(store, run_id), lambda a: read_artifact(store, a)).digest


def set_in_run(store: Store, run_id: int, **values: Any) -> None:
    store.runs.update_one({"_id": run_id}, {"$set": {key.replace("__", "."): v for key, v in values.items()}})


PLAIN = """
from sacred import Experiment
ex = Experiment("plain", save_git_info=False)
ex.add_config(seed=1, start=2.0)

@ex.automain
def main(_run, _rnd, start):
    for step in range(3):
        _run.log_scalar("value", start + _rnd.random(), step)
    return {"end": start}
"""


def test_a_run_that_another_sacred_program_recorded_replays_too(
    store: Store,
    recorded: Any,
    replay: Replay,
    recording_address: str,
    monkeypatch: pytest.MonkeyPatch,
    experiments: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    import sacred.observers

    (experiments / "plain.py").write_text(PLAIN)
    spec = importlib.util.spec_from_file_location("plain", experiments / "plain.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    observer = sacred.observers.MongoObserver(client=store.client, db_name=store.database.name)
    module.ex.observers.append(observer)
    module.ex.run(config_updates={"seed": 9})
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    assert replay("1", "--yes") == 0
    said = capsys.readouterr()
    assert re.search(r"metric +value +3 points +bit for bit", said.out)
    assert "stored as run 2, parent run 1: the same digest" in said.out
    assert re.search(r"plain\.py \(main\) .* the store holds no digest of it", said.err)


def test_a_recorded_run_replays_bit_for_bit_as_a_run_of_its_own(
    store: Store, recorded: Any, replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = recorded("seed=5", "rate=0.3")
    capsys.readouterr()
    assert replay(str(run_id), "--yes") == 0
    said = capsys.readouterr()
    assert re.search(r"metric +loss +4 points +bit for bit", said.out)
    assert re.search(r"metric +gap +4 points +bit for bit", said.out), "all NaN, on both sides"
    assert re.search(r"metric +system\.time +1 point +measured", said.out)
    assert re.search(r"artifact +weights\.npz +bit for bit", said.out)
    assert "run 1 replays bit for bit, but for 1 measured metric\nstored as run 2, parent run 1" in said.out
    assert "This runs code that the store holds, as you" in said.err
    assert re.search(r"tiny\.py \(main\) .* as recorded\n +tiny_helper\.py", said.err), "which files"
    assert "\\x1b[31m" in said.err and "\x1b" not in said.err + said.out
    stored = store.runs.find_one({"_id": 2})
    assert stored["info"]["figproof"]["replay"] == {
        "id": 1,
        "experiment": "tiny",
        "digest": digest(store, 1),
        "verdict": "bit for bit",
        "tolerance": 0.0,
    }
    assert stored["meta"]["comment"] == "replay of run 1: bit for bit"
    assert stored["config"] == store.runs.find_one({"_id": 1})["config"]
    assert stored["experiment"]["sources"] == store.runs.find_one({"_id": 1})["experiment"]["sources"]
    assert {entry["name"] for entry in stored["info"]["metrics"]} == {"loss", "gap", "system.time"}
    assert [run["_id"] for run in list_runs(store, "tiny")] == [1], "a replay is no second sample"


def test_a_replay_without_measured_metrics_has_the_digest_of_its_parent(
    store: Store, recorded: Any, experiments: Path, replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (experiments / "tiny.py").read_text()
    without = re.sub(r'.*"system\.time".*\n', "", text)
    (experiments / "tiny.py").write_text(without)
    run_id = recorded()
    assert replay(str(run_id), "--yes", "--json", "--strict") == 0
    found = json.loads(capsys.readouterr().out.partition("\n{\n")[2].join(["{", ""]))
    assert found["verdict"] == "bit for bit" and found["summary"] == "run 1 replays bit for bit"
    assert found["replay"] == {"run": 2, "digest": digest(store, 1)}
    assert digest(store, 2) == digest(store, 1)
    assert [package["name"] for package in found["packages"]][:2] == ["python", "numpy"]
    assert found["lacks"] == [], "what figproof records now suffices"


def test_a_changed_number_is_found_at_its_step_and_a_tolerance_is_named(
    store: Store, recorded: Any, replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = recorded()
    before = store.metrics.find_one({"run_id": run_id, "name": "loss"})["values"]
    changed = before[2] * (1 + 1e-9)
    store.metrics.update_one({"run_id": run_id, "name": "loss"}, {"$set": {"values.2": changed}})
    assert replay(str(run_id), "--yes") == 1
    parts = f"it parts at step 2 of loss, recorded {changed!r}, replayed {before[2]!r}"
    said = capsys.readouterr().out
    assert f"run 1 does NOT replay: {parts}" in said
    assert "possible reason:" not in said, "everything is as recorded"
    assert store.runs.find_one({"_id": 2})["meta"]["comment"] == "replay of run 1: differs"
    assert replay(str(run_id), "--yes", "--tolerance", "1e-6") == 0
    assert re.search(r"within the relative tolerance 1e-06 \(largest 1e-09\)", capsys.readouterr().out)
    assert replay(str(run_id), "--yes", "--tolerance", "1e-10") == 1


def test_a_run_that_read_another_run_is_given_it_without_a_store(
    store: Store, recorded: Any, replay: Replay, capsys: pytest.CaptureFixture[str]
) -> None:
    first = recorded()
    second = recorded(f"source={first}")
    assert replay(str(second), "--yes") == 0
    said = capsys.readouterr()
    assert "stored as run 3, parent run 2" in said.out
    assert "not hold the content of run 1 (tiny) when it read that; taken as it is now" in said.err
    store.runs.delete_one({"_id": first})
    assert replay(str(second), "--yes") == 1
    assert (
        "run 2 (tiny): it read run 1, which cannot be read now: is not in the store"
        in capsys.readouterr().err
    )


def test_the_program_sees_no_credentials_and_a_home_of_its_own(
    store: Store,
    recorded: Any,
    replay: Replay,
    recording_address: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    run_id = recorded("mode=spy")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret-of-mine")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert replay(str(run_id), "--yes") == 1, "another environment is another result"
    seen = store.runs.find_one({"_id": 2})["result"]
    password = store.address.options["password"]
    assert set(seen["env"]) == {"HOME", "PATH", "TMPDIR", "LC_ALL", "TZ"}
    assert seen["env"]["HOME"] == seen["folder"] != str(Path.home())
    assert not Path(seen["folder"]).exists(), "the clean folder is removed"
    text = json.dumps(seen)
    assert password not in text and recording_address not in text and "s3cret-of-mine" not in text
    assert any("child.py" in line for line in seen["lines"]), "it saw the process list"


def test_a_run_of_figproof_record_gets_the_same_fixed_environment(
    store: Store, recorded: Any, replay: Replay
) -> None:
    run_id = recorded("mode=spy")
    set_in_run(store, run_id, info__figproof__fixed_environment=True)
    assert replay(str(run_id), "--yes") == 1
    seen = store.runs.find_one({"_id": 2})["result"]["env"]
    assert seen["OPENBLAS_CORETYPE"] == "Nehalem" and "FIGPROOF_STORE" not in seen


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


def test_an_environment_is_built_with_exactly_the_recorded_versions(
    store: Store,
    recorded: Any,
    replay: Replay,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    index = tmp_path / "index"
    index.mkdir()
    for version in ("1.2.3", "1.3.0"):
        with zipfile.ZipFile(index / f"replaydep-{version}-py3-none-any.whl", "w") as wheel:
            about = f"replaydep-{version}.dist-info"
            wheel.writestr("replaydep.py", f"VERSION = {version!r}\n")
            wheel.writestr(
                f"{about}/METADATA", f"Metadata-Version: 2.1\nName: replaydep\nVersion: {version}\n"
            )
            wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{about}/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    run_id = recorded("mode=package")
    set_in_run(store, run_id, experiment__dependencies=["replaydep==1.2.3"])
    assert replay(str(run_id), "--yes", "--env") == 1, "it was recorded without the package"
    said = capsys.readouterr()
    assert "building an environment with replaydep==1.2.3" in said.err
    assert "result    recorded 'none', replayed '1.2.3'" in re.sub(r" +differs: ", "    ", said.out)
    set_in_run(store, run_id, result="1.2.3")
    assert replay(str(run_id), "--yes", "--env") == 0
    assert "building" not in capsys.readouterr().err, "it is kept"
    set_in_run(store, run_id, experiment__dependencies=["replaydep==9"])
    assert replay(str(run_id), "--yes", "--env") == 1
    error = capsys.readouterr().err
    assert "the environment cannot be built" in error and "replaydep==9" in error
    set_in_run(store, run_id, experiment__dependencies=["replaydep"])
    assert replay(str(run_id), "--yes", "--env") == 1
    assert "the record has no version of replaydep" in capsys.readouterr().err


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
