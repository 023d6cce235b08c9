"""What a figure was made from, against what is there now."""

import datetime
import json
import shutil
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from figproof.canonical import digest_file
from figproof.cli import main
from figproof.conditions import load_conditions
from figproof.content import run_content
from figproof.encode import png
from figproof.project import Project
from figproof.provenance import library_digest, lock_digest, spec_digest
from figproof.shown import look_digests
from figproof.specs import load_figure
from figproof.standing import PinnedRun, Record, approved_as, in_store, in_work_tree
from figproof.store.reader import read_artifact, read_run

ROOT = Path(__file__).parents[2]
OTHER = "ab" * 32


@pytest.fixture
def project(tmp_path):
    for name in ("config", "styles", "figures"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    return Project(tmp_path)


@pytest.fixture
def record(project):
    """What a figure of the project as it is now would say."""
    kind = {"name": "confusion", "sha256": digest_file(project.root / "figures/confusion.py")}
    pin = {"name": "adam", "sha256": digest_file(project.pins / "adam.json")}
    run = {"id": 11, "condition": "adam", "seed": 1, "digest": OTHER}
    styles = ["styles/base.mplstyle", "styles/palettes/viridis.yaml"]
    looks = look_digests(load_conditions(project.conditions_file), ["adam", "sgd"])
    return {
        "figure": "confusion_adam",
        "spec": spec_digest(load_figure(project, "confusion_adam")),
        "parts": [{"panel": "", "kind": kind, "pin": pin, "runs": [run]}],
        "styles": {name: digest_file(project.root / name) for name in styles},
        "conditions": looks,
        "library": library_digest(),
        "lock": lock_digest(project),
        "versions": {"numpy": version("numpy")},
    }


def standing(project, record):
    return {(thing.sort, thing.name): thing.now for thing in in_work_tree(project, Record(**record))}


def test_what_nobody_touched_is_the_same(project, record):
    now = standing(project, record)
    assert set(now.values()) == {"same"}
    assert {sort for sort, _ in now} == {
        *("spec", "kind", "pin", "style", "condition", "library", "lock", "version")
    }


@pytest.mark.parametrize(
    "file, thing",
    [
        ("config/figures/confusion_adam.yaml", ("spec", "confusion_adam")),
        ("figures/confusion.py", ("kind", "confusion")),
        ("config/pins/adam.json", ("pin", "adam")),
        ("styles/palettes/viridis.yaml", ("style", "styles/palettes/viridis.yaml")),
        ("requirements.lock", ("lock", "requirements.lock")),
    ],
)
def test_a_changed_file_is_named_and_nothing_else(project, record, file, thing):
    path = project.root / file
    text = path.read_text()
    path.write_text(
        text.replace("height_in: ", "height_in: 1") if file.startswith("config/figures") else text + "\n"
    )
    now = standing(project, record)
    assert [key for key, value in now.items() if value != "same"] == [thing]
    assert now[thing] == "changed"


def test_what_was_deleted_is_gone(project, record):
    shutil.rmtree(project.figure_specs)
    (project.pins / "adam.json").unlink()
    (project.root / "styles/base.mplstyle").unlink()
    record["versions"] = {"no-such-package": "1.0"}
    record["conditions"].append(["no_such_condition", OTHER])
    now = standing(project, record)
    gone = {name for (_, name), value in now.items() if value == "gone"}
    assert gone == {"confusion_adam", "adam", "styles/base.mplstyle", "no-such-package", "no_such_condition"}


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "..", "a/../../secret"])
def test_a_name_in_a_record_never_leaves_its_folder(project, record, name):
    (project.root.parent / "secret").write_text("x")
    record["parts"][0]["kind"]["name"] = record["parts"][0]["pin"]["name"] = name
    record["styles"] = {name: OTHER}
    now = standing(project, record)
    assert [now["kind", name], now["pin", name], now["style", name]] == ["unknown"] * 3


def put_run(store, run_id, loss):
    store.runs.insert_one(
        {
            "_id": run_id,
            "experiment": {"name": "tiny", "base_dir": "/x"},
            "config": {"seed": 1},
            "info": {},
            "status": "COMPLETED",
            "result": loss,
            "artifacts": [],
            "start_time": datetime.datetime(2026, 1, 2),
            "stop_time": datetime.datetime(2026, 1, 2, 1),
            "heartbeat": datetime.datetime(2026, 1, 2, 1),
        }
    )


@pytest.mark.store
def test_runs_of_the_store_are_the_same_edited_or_gone(store):
    for run_id in (1, 2):
        put_run(store, run_id, 0.5)
    digest = run_content(read_run(store, 1), lambda a: read_artifact(store, a)).digest
    store.runs.update_one({"_id": 2}, {"$set": {"config.seed": 7}})
    runs = [PinnedRun(id=run_id, condition="a", seed=1, digest=digest) for run_id in (1, 2, 3)]
    said = []
    now = list(in_store(store, runs, said.append))
    assert [thing.now for thing in now] == ["same", "changed", "gone"]
    assert said == ["run 1 (1 of 3)", "run 2 (2 of 3)", "run 3 (3 of 3)"]
    assert now[1].detail.startswith("is ") and len(now[1].detail) == 15


def test_a_run_is_unknown_where_the_store_is_away(project, record, monkeypatch, capsys):
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("FIGPROOF_STORE", "mongodb://someone:secret@127.0.0.1:1/gone")
    (project.root / "a.png").write_bytes(png(np.zeros((2, 2, 3), np.uint8), 300, record))
    assert main(["trace", "--json", "a.png"]) == 0
    out, err = capsys.readouterr()
    (answer,) = json.loads(out)
    assert [thing["now"] for thing in answer["now"] if thing["sort"] == "run"] == ["unknown"]
    assert "127.0.0.1" in answer["now"][-1]["detail"]
    assert "secret" not in out + err
    assert main(["trace", "--no-store", "a.png"]) == 0
    out, _ = capsys.readouterr()
    assert "  run 11 (adam, seed 1) abababababab  [unknown: the store was not asked]\n" in out
    assert "figure confusion_adam, spec" in out and "now: 10 same, 0 changed, 0 gone, 1 unknown" in out


def test_the_bytes_of_an_approved_file_are_recognised_under_any_name(project):
    (project.root / "x").write_bytes(b"figure")
    approved = {"format": "figproof-approved-1", "files": {"figures/a.pdf": digest_file(project.root / "x")}}
    project.approved_file.write_text(json.dumps(approved))
    assert approved_as(project, b"figure") == "figures/a.pdf"
    assert approved_as(project, b"figurf") is None
