"""Plans: read strictly, recorded in any order, continued after any end."""

from __future__ import annotations

import argparse
import datetime
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from figproof.cli import record as command
from figproof.errors import FigproofError
from figproof.project import Project
from figproof.record import batch
from figproof.record.batch import record_plan
from figproof.record.plan import load_plan
from figproof.store import Store
from figproof.store.reader import read_run

TINY = """
import os, sys, time
from figproof import record
from figproof.record import Declared, Experiment, Recorder
ex = Experiment("tiny", save_git_info=False)

@ex.config
def config():
    seed = 0
    fail = False
    slow = 0
    widths = [1]
    rate = 0.1
    name = None

@ex.main
def main(_run, seed, fail, slow):
    recorder = Recorder(_run, {"loss": Declared("nat", 1)})
    print("started", seed, flush=True)
    time.sleep(slow)
    if fail:
        raise ValueError("as the config asks")
    recorder.scalars(0, {"loss": float(seed)})
    recorder.arrays("weights", W=[float(seed)])
    return float(os.environ["OPENBLAS_NUM_THREADS"] + ".5")

record.main(ex)
"""


@pytest.fixture
def project(recording_project: Path) -> Project:
    (recording_project / "experiments" / "tiny.py").write_text(TINY)
    return Project(recording_project)


def write(project: Project, text: str) -> Path:
    path = project.root / "runs.yaml"
    path.write_text(text)
    return path


def test_a_grid_is_expanded_with_the_last_key_fastest_and_ids_that_count_up(project: Project) -> None:
    path = write(
        project,
        """
runs:
  - {id: 20, experiment: tiny, with: {seed: 9}, after: 11}
  - id: 10
    experiment: tiny
    with: {name: "it's"}
    grid: {widths: [[4], [8]], seed: [1, 2]}
""",
    )
    plan = load_plan(project, path)
    assert [run.id for run in plan] == [10, 11, 12, 13, 20]
    assert [(run.config["widths"], run.config["seed"]) for run in plan[:4]] == [
        ([4], 1),
        ([4], 2),
        ([8], 1),
        ([8], 2),
    ]
    assert plan[0].arguments() == ["--id", "10", "with", """name="it's\"""", "widths=[4]", "seed=1"]
    assert plan[4].after == 11


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("runs: []", "runs"),
        (
            "runs:\n  - {id: 1, experiment: tinny}",
            r"runs\.0\.experiment: experiment 'tinny' is unknown.*mean tiny",
        ),
        ("runs:\n  - {id: 1, experiment: tiny, wiht: {}}", r"unknown key 'wiht'\..*Did you mean with"),
        ("runs:\n  - {id: 0, experiment: tiny}", r"runs\.0\.id"),
        ("runs:\n  - {id: '1', experiment: tiny}", r"runs\.0\.id"),
        ("runs:\n  - {id: 1, experiment: tiny}\n  - {id: 1, experiment: tiny}", "id 1 is used 2 times"),
        (
            "runs:\n  - {id: 1, experiment: tiny, with: {a: 1}, grid: {a: [1]}}",
            "a is in 'with' and in 'grid'",
        ),
        ("runs:\n  - {id: 1, experiment: tiny, grid: {a: []}}", "a has no values"),
        ("runs:\n  - {id: 1, experiment: tiny, with: {'a b': 1}}", "'a b' is no config key"),
        ("runs:\n  - {id: 1, experiment: tiny, with: {a: {b: 1}}}", r"runs\.0\.with\.a"),
        ("runs:\n  - {id: 1, experiment: tiny, after: 2}", "after: 2 is no run of the plan"),
        ("runs:\n  - {id: 1, experiment: tiny, after: 1}", "after: 1 is no run of the plan"),
    ],
)
def test_a_wrong_plan_is_refused_by_key(project: Project, text: str, problem: str) -> None:
    with pytest.raises(FigproofError, match=problem):
        load_plan(project, write(project, text))


def test_the_demo_plan_holds_what_the_issue_asks_for() -> None:
    project = Project.find(Path(__file__).parent)
    plan = load_plan(project, project.root / "demo" / "runs.yaml")
    optimisers = [(r.config["optimizer"], r.config["seed"]) for r in plan if r.id < 100]
    assert len(set(optimisers)) == 15
    assert len([run for run in plan if 100 < run.id < 200]) == 60
    landscapes = [run.config for run in plan if run.experiment == "loss_landscape"]
    assert {config.get("directions", "random") for config in landscapes} == {"random", "pca", "interpolation"}
    assert any(config.get("curvature_points") for config in landscapes)
    assert len([run for run in plan if 600 < run.id <= 640]) == 40
    assert sum(run.experiment == "digits_attention" for run in plan) == 1


PLAN = """
runs:
  - {id: 1, experiment: tiny, grid: {seed: [1, 2, 3]}}
  - {id: 4, experiment: tiny, with: {seed: 4}, after: 3}
"""


@pytest.mark.store
def test_a_plan_is_recorded_once_and_half_recorded_runs_again(
    project: Project, store: Store, recording_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    # Of a variable that the worker environment sets, the user's value must not arrive.
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "7")
    plan = load_plan(project, write(project, PLAN))
    said: list[str] = []
    assert record_plan(project, store, plan, 2, said.append) == 0
    assert sorted(run["_id"] for run in store.runs.find()) == [1, 2, 3, 4]
    assert said[-1].startswith("4 runs: 4 recorded")
    assert said[3].startswith("[4/4] run 4 tiny seed=4: ")
    assert read_run(store, 2).result == 1.5, "one thread, as the worker environment sets it"

    before = read_run(store, 1)
    store.runs.update_one({"_id": 3}, {"$set": {"status": "RUNNING"}})
    said.clear()
    assert record_plan(project, store, plan, 2, said.append) == 0
    assert said[-1].startswith("4 runs: 1 recorded")
    assert read_run(store, 3).status == "COMPLETED"
    assert read_run(store, 1) == before
    assert store.metrics.count_documents({"run_id": 3}) == 1, "the half recorded one was removed first"
    assert store.database["fs.files"].count_documents({"filename": {"$regex": "^artifact://runs/3/"}}) == 1


@pytest.mark.store
def test_another_run_under_an_id_of_the_plan_stays_and_is_named(
    project: Project, store: Store, recording_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    for status in ("COMPLETED", "RUNNING"):
        store.runs.replace_one(
            {"_id": 2},
            {
                "_id": 2,
                "status": status,
                "experiment": {"name": "tiny"},
                "meta": {"config_updates": {"seed": 5}},
            },
            upsert=True,
        )
        with pytest.raises(
            FigproofError, match=r"run 2 of the store is not the plan's \(tiny with \{'seed': 5\}\)"
        ):
            record_plan(project, store, load_plan(project, write(project, PLAN)), 2, print)
        assert [run["_id"] for run in store.runs.find()] == [2]


@pytest.mark.store
def test_a_failing_run_is_shown_with_the_end_of_its_log_and_what_needs_it_is_left_out(
    project: Project, store: Store, recording_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    text = """
runs:
  - {id: 1, experiment: tiny, with: {fail: true}}
  - {id: 2, experiment: tiny, after: 1}
  - {id: 3, experiment: tiny, after: 2}
  - {id: 4, experiment: tiny}
"""
    said: list[str] = []
    assert record_plan(project, store, load_plan(project, write(project, text)), 2, said.append) == 3
    told = "\n".join(said)
    assert "run 1 tiny fail=True: failed with exit code 1" in told
    assert "ValueError: as the config asks" in told
    assert "run 2 tiny: run 1 failed" in told
    assert "run 3 tiny: run 2 failed" in told
    assert said[-1].startswith("4 runs: 1 recorded")
    assert said[-1].endswith("3 failed")


SLOW = """
runs:
  - {id: 1, experiment: tiny}
  - {id: 2, experiment: tiny, with: {slow: 1.5}, after: 1}
"""


@pytest.mark.store
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_plan_that_is_ended_goes_on_where_it_was(
    project: Project, store: Store, recording_address: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    path = write(project, SLOW)
    arguments = [sys.executable, "-m", "figproof", "record", "--plan", str(path)]
    log = project.root / ".figproof" / "logs" / "record" / "2.log"
    with subprocess.Popen(arguments, cwd=project.root, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 20
        while not (log.exists() and "started" in log.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(number)
        assert process.wait(20) == (130 if number == signal.SIGTERM else -signal.SIGKILL)
    plan = load_plan(project, path)
    if number == signal.SIGTERM:
        assert read_run(store, 2).status == "INTERRUPTED"
    else:
        # The run outlives its parent and keeps the lock: nobody may record its id meanwhile.
        with pytest.raises(FigproofError, match="another `figproof record --plan` runs"):
            record_plan(project, store, plan, 2, print)
        while store.runs.count_documents({"_id": 2, "status": "RUNNING"}) and time.monotonic() < deadline:
            time.sleep(0.1)
    said: list[str] = []
    record_when_free(project, store, said)
    assert said[-1].endswith("0 failed")
    assert [run["status"] for run in store.runs.find()] == ["COMPLETED", "COMPLETED"]
    assert store.metrics.count_documents({}) == 2


@pytest.mark.store
def test_ctrl_c_ends_a_plan_with_one_line_that_says_what_is_done_and_how_to_go_on(
    project: Project, store: Store, recording_address: str
) -> None:
    path = write(project, SLOW.replace("slow: 1.5", "slow: 30"))
    arguments = [sys.executable, "-m", "figproof", "record", "--plan", str(path), "--jobs", "1"]
    log = project.root / ".figproof" / "logs" / "record" / "2.log"
    environment = {**os.environ, "FIGPROOF_STORE": recording_address}
    with subprocess.Popen(
        arguments,
        cwd=project.root,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 20
        while not (log.exists() and "started" in log.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
        # As a terminal does: to every process of the group, and a second time.
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert said.splitlines() == [
        f"figproof: interrupted: 1 of 2 runs are recorded; to go on: figproof record --plan {path} --jobs 1"
    ]
    assert [run["status"] for run in store.runs.find().sort("_id")] == ["COMPLETED", "INTERRUPTED"]


def record_when_free(project: Project, store: Store, said: list[str]) -> None:
    """Record as soon as the run that outlived its parent has closed."""
    deadline = time.monotonic() + 20
    while True:
        try:
            record_plan(project, store, load_plan(project, project.root / "runs.yaml"), 2, said.append)
            return
        except FigproofError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@pytest.mark.store
def test_one_experiment_runs_with_sacreds_own_arguments(
    project: Project, store: Store, recording_address: str
) -> None:
    environment = {**os.environ, "FIGPROOF_STORE": recording_address, "OPENBLAS_NUM_THREADS": "7"}
    arguments = [sys.executable, "-m", "figproof", "record", "tiny", "--id", "9", "with", "seed=3"]
    ran = subprocess.run(
        arguments, cwd=project.root, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert ran.returncode == 0, ran.stderr
    stored = read_run(store, 9)
    assert (stored.config["seed"], stored.result) == (3, 1.5)


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    return parser.parse_args(["record", *arguments])


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "name an experiment or a plan"),
        (["--plan", "runs.yaml", "tiny"], "name an experiment or a plan"),
        (["--plan", "runs.yaml", "--jobs", "0"], "--jobs: is 0"),
        (["--plan", "absent.yaml"], "absent.yaml"),
        (["tinny"], "experiment 'tinny' is unknown. .*Did you mean tiny"),
        (["../tiny"], "is unknown"),
    ],
)
def test_a_wrong_command_line_is_explained(project: Project, arguments: list[str], problem: str) -> None:
    given = parsed(*arguments)
    with pytest.raises(FigproofError, match=problem):
        given.run(given, project.root)


@pytest.mark.store
@pytest.mark.parametrize(
    "stored, said",
    [
        ({"status": "COMPLETED", "meta": {"config_updates": {"seed": 9}}}, "by someone else meanwhile"),
        (
            {
                "status": "RUNNING",
                "meta": {"config_updates": {}},
                "host": {"hostname": "elsewhere"},
                "heartbeat": "now",
            },
            "is being recorded on another machine",
        ),
    ],
)
def test_a_run_that_came_in_after_the_plan_began_is_never_deleted(
    project: Project, store: Store, recording_address: str, monkeypatch: pytest.MonkeyPatch, stored, said
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    present = batch._present

    def then_another_comes(*arguments):
        found = present(*arguments)
        beat = {"heartbeat": datetime.datetime.now(datetime.UTC)} if "heartbeat" in stored else {}
        store.runs.insert_one({"_id": 2, "experiment": {"name": "tiny"}, **stored, **beat})
        store.metrics.insert_one({"run_id": 2, "name": "loss"})
        return found

    monkeypatch.setattr(batch, "_present", then_another_comes)
    text = "runs:\n  - {id: 2, experiment: tiny}\n"
    with pytest.raises(FigproofError, match=said):
        record_plan(project, store, load_plan(project, write(project, text)), 1, print)
    assert store.metrics.count_documents({"run_id": 2}) == 1
