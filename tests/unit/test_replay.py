"""Runs that are really recorded and really run again, from what the store holds and nothing else."""

from __future__ import annotations

import importlib.util
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from figproof.content import run_content
from figproof.store import Store
from figproof.store.reader import list_runs, read_artifact, read_run
from replays import Replay, set_in_run

pytestmark = pytest.mark.store


def digest(store: Store, run_id: int) -> str:
    return run_content(read_run(store, run_id), lambda a: read_artifact(store, a)).digest


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
