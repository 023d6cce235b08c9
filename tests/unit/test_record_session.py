"""Runs that are really recorded: what is whole says so, and what is not ends loudly."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from figproof.completeness import complete_metrics
from figproof.errors import FigproofError
from figproof.record import Declared, Experiment, Recorder, has_git, source_run
from figproof.record.observer import RunObserver
from figproof.record.session import run_recorded
from figproof.store import Store
from figproof.store.reader import read_run

pytestmark = pytest.mark.store

METRICS = {"loss": Declared("nat", 3)}


def experiment(body: Callable[[Any, Recorder], Any]) -> Any:
    """An experiment whose main hands run and recorder to ``body``."""
    ex = Experiment("tiny", save_git_info=False, base_dir=str(Path(__file__).parent))
    ex.add_config(seed=1)

    @ex.main
    def main(_run: Any) -> Any:
        return body(_run, Recorder(_run, METRICS))

    return ex


def three_points(_run: Any, recorder: Recorder) -> float:
    for step in range(3):
        recorder.scalars(step, {"loss": 0.1 * step})
    recorder.arrays("weights", W=np.arange(4.0))
    return 0.5


def test_a_run_is_recorded_read_back_and_can_be_a_source(
    store: Store, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, recording_address: str
) -> None:
    assert run_recorded(experiment(three_points), store, ["tiny", "--id", "41"]) == 0
    assert "run 41 (tiny): recorded and read back" in capfd.readouterr().err
    stored = read_run(store, 41)
    assert (stored.id, stored.status, stored.result) == (41, "COMPLETED", 0.5)
    assert complete_metrics(stored)["loss"].values.tolist() == [0.0, 0.1, 0.2]
    assert [entry["name"] for entry in stored.info["metrics"]] == ["loss"], "Omniboard reads this"
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    source = source_run(__file__, 41, "weights")
    assert source.artifacts["weights"]["W"].tolist() == [0.0, 1.0, 2.0, 3.0]
    with pytest.raises(FigproofError, match=r"'weight' was not recorded\. .*Did you mean weights"):
        source_run(__file__, 41, "weight")


def test_ids_are_integers_so_that_automatic_ones_go_on(
    store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run_recorded(experiment(three_points), store, ["tiny", "--id", "5"]) == 0
    assert run_recorded(experiment(three_points), store, ["tiny"]) == 0
    assert [run["_id"] for run in store.runs.find().sort("_id", 1)] == [5, 6]
    for given, problem in (
        ("5", "run 5 is in the store already"),
        ("x7", "'x7' is no run id"),
        ("0", "no run id"),
    ):
        assert run_recorded(experiment(three_points), store, ["tiny", "--id", given]) == 1
        assert problem in capfd.readouterr().err


def test_an_observer_that_gives_up_makes_the_run_fail_loudly(
    store: Store, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(self: Any, **event: Any) -> None:
        raise ConnectionError("acknowledgement lost")

    monkeypatch.setattr(RunObserver, "log_metrics", lost)
    assert run_recorded(experiment(three_points), store, ["tiny"]) == 1
    error = capfd.readouterr().err
    assert "run 1 (tiny): the observer RunObserver gave up" in error
    stored = read_run(store, 1)
    assert stored.status == "FAILED", "Sacred ended it COMPLETED"
    assert "gave up" in store.runs.find_one({"_id": 1})["fail_trace"][0]


def test_a_lost_metrics_update_is_found_even_if_nobody_noticed(
    store: Store, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunObserver, "log_metrics", lambda self, **event: None)
    assert run_recorded(experiment(three_points), store, ["tiny"]) == 1
    assert "metric 'loss' was declared and is not in the store" in capfd.readouterr().err
    assert read_run(store, 1).status == "FAILED"


def test_values_that_differ_in_the_store_are_found(
    store: Store, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = RunObserver.log_metrics

    def flip(self: Any, metrics_by_name: Any, info: Any) -> None:
        for series in metrics_by_name.values():
            series["values"][-1] += 1e-12
        whole(self, metrics_by_name=metrics_by_name, info=info)

    monkeypatch.setattr(RunObserver, "log_metrics", flip)
    assert run_recorded(experiment(three_points), store, ["tiny"]) == 1
    assert "metric 'loss': 3 points were recorded, the store holds 3 other ones" in capfd.readouterr().err


def test_fewer_points_than_declared_are_an_error(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    ex = experiment(lambda run, recorder: recorder.scalars(0, {"loss": 1.0}))
    assert run_recorded(ex, store, ["tiny"]) == 1
    assert "metric 'loss' has 1 points, 3 were declared" in capfd.readouterr().err


def test_a_lost_artifact_is_found(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    def lose(run: Any, recorder: Recorder) -> None:
        three_points(run, recorder)
        for file in store.database["fs.files"].find({"filename": {"$regex": "weights"}}):
            store.fs.delete(file["_id"])

    assert run_recorded(experiment(lose), store, ["tiny"]) == 1
    assert "weights.npz" in capfd.readouterr().err
    assert read_run(store, 1).status == "FAILED"


def test_a_refused_value_ends_the_run_failed_without_a_traceback(
    store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    ex = experiment(lambda run, recorder: recorder.scalars(0, {"loss": float("nan")}))
    assert run_recorded(ex, store, ["tiny"]) == 1
    error = capfd.readouterr().err
    assert "metric 'loss': is nan at step 0" in error
    assert "Traceback" not in error
    assert read_run(store, 1).status == "FAILED"


def test_an_experiment_without_recorder_is_told_to_make_one(
    store: Store, capfd: pytest.CaptureFixture[str]
) -> None:
    ex = Experiment("tiny", save_git_info=False)
    ex.main(lambda: None)
    assert run_recorded(ex, store, ["tiny"]) == 1
    assert "made no Recorder" in capfd.readouterr().err


def test_an_unknown_command_is_refused(store: Store, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_recorded(experiment(three_points), store, ["tiny", "mian"]) == 1
    assert "command 'mian' is unknown" in capfd.readouterr().err
    assert store.runs.count_documents({}) == 0


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["with", "sead=1"], "config: key 'sead' is unknown. Known: seed. Did you mean seed?"),
        (["with", "seed=abc"], "config: seed: is 'abc'; allowed are whole numbers from 0 to 4294967295"),
        (["with", "seed=-1"], "config: seed: is -1; allowed"),
        (["with", "seed=5000000000"], "config: seed: is 5000000000; allowed"),
        (["with", "seed=True"], "config: seed: is True; allowed"),
        (
            ["with", "quik"],
            "with: 'quik' is neither key=value nor a named config. Known: quick. Did you mean quick?",
        ),
        (["wth", "seed=1"], "cannot read 'wth seed=1'\n  Hint: write: figproof record tiny with key=value"),
    ],
)
def test_a_wrong_config_is_one_error_with_the_nearest_name_and_no_run(
    store: Store, capfd: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    ex = experiment(three_points)
    ex.add_named_config("quick", {"seed": 2})
    assert run_recorded(ex, store, ["tiny", *arguments]) == 1
    error = capfd.readouterr().err
    assert error.startswith(f"error: {said}") and "Traceback" not in error
    assert len(error.splitlines()) <= 2
    assert store.runs.count_documents({}) == 0


def test_tokens_of_git_remotes_are_not_stored_and_sources_are_stored_once(store: Store) -> None:
    observer = RunObserver(store)
    info = {
        "name": "tiny",
        "base_dir": str(Path(__file__).parent),
        "sources": [[Path(__file__).name, "unused"]],
        "repositories": [{"url": "https://me:ghp_secret@example.org/a.git", "commit": "abc", "dirty": False}],
    }
    event = {"command": "main", "host_info": {}, "start_time": None, "config": {}, "meta_info": {}}
    first = observer.started_event(ex_info=info, _id=None, **event)
    second = RunObserver(store).started_event(ex_info=info, _id=None, **event)
    stored = [store.runs.find_one({"_id": run_id})["experiment"] for run_id in (first, second)]
    assert "secret" not in str(stored)
    assert "example.org/a.git" in str(stored)
    assert stored[0]["sources"] == stored[1]["sources"]
    assert store.database["fs.files"].count_documents({}) == 1


def test_outside_a_repository_and_in_one_without_commit_recording_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert has_git(str(tmp_path / "x.py"))
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, timeout=20)
    assert not has_git(str(tmp_path / "x.py"))
    assert "recorded without git information" in capsys.readouterr().err


SLEEPER = """
import time
from figproof import record
from figproof.record import Declared, Experiment, Recorder
ex = Experiment("sleeper", save_git_info=False)
ex.add_config(seed=1)

@ex.main
def main(_run):
    recorder = Recorder(_run, {"loss": Declared("nat", 2)})
    recorder.scalars(0, {"loss": 1.0})
    print("training", flush=True)
    time.sleep(60)

record.main(ex)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_interrupted_with_what_was_recorded(
    store: Store, recording_project: Path, recording_address: str, number: int, code: int
) -> None:
    script = recording_project / "experiments" / "sleeper.py"
    script.write_text(SLEEPER)
    environment = {**os.environ, "FIGPROOF_STORE": recording_address}
    with subprocess.Popen(
        [sys.executable, "-I", str(script)],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "training" in process.stdout.readline()
        process.send_signal(number)
        time.sleep(0.05)
        # Slurm and impatient people send it again; it must not cut short what marks the run.
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == code
    stored = read_run(store, 1)
    assert stored.status == "INTERRUPTED"
    assert [list(metric.values) for metric in stored.metrics] == [[1.0]]
