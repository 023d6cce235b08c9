"""Tags, notes, the archive and purging: Sacred's documents stay as they are until a run is purged."""

from __future__ import annotations

import datetime
import itertools
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from bson import json_util
from pymongo.collection import Collection

from figproof.audit.listing import ask, list_runs
from figproof.audit.marking import archive_runs, note_run, tag_runs
from figproof.audit.purging import refuse_purge
from figproof.errors import FigproofError
from figproof.project import Project
from figproof.store import Store
from figproof.store.listing import find_ids
from figproof.store.marks import COLLECTION
from figproof.store.reader import read_artifact, read_run
from figproof.store.removing import plan_removal, remove_runs
from stored import ARRAYS, NOW, START, put_file, put_metric, put_run

pytestmark = pytest.mark.store
SACRED = ("runs", "metrics", "fs.files", "fs.chunks")


def contents(store: Store) -> str:
    return json_util.dumps(
        {name: sorted(store.database[name].find({}), key=lambda d: str(d["_id"])) for name in SACRED}
    )


def listed(store: Store, *filters: str) -> list[tuple[Any, ...]]:
    return list(list_runs(store, ask(filters, "id,tag,note,archived")).rows)


def test_marks_are_kept_apart_from_what_sacred_wrote(store: Store) -> None:
    put_run(store, 1)
    before = contents(store)

    tag_runs(store, ["1"], ["paper", "b.c"], [])
    tag_runs(store, ["1"], ["paper", "draft"], ["b.c"])
    note_run(store, "1", "seed 1\nlooks odd")
    archive_runs(store, ["1"], archived=True)

    assert listed(store, "archived=true") == [(1, ("draft", "paper"), "seed 1\nlooks odd", True)]
    assert contents(store) == before
    archive_runs(store, ["1"], archived=False)
    note_run(store, "1", "")
    assert listed(store) == [(1, ("draft", "paper"), None, False)]


def test_a_mark_is_not_passed_on_to_a_run_that_gets_the_id_later(store: Store) -> None:
    put_run(store, 1)
    tag_runs(store, ["1"], ["paper"], [])
    store.runs.delete_one({"_id": 1})
    put_run(store, 1, start_time=START + datetime.timedelta(days=1))

    assert listed(store) == [(1, (), None, False)]
    tag_runs(store, ["1"], ["new"], [])
    assert listed(store) == [(1, ("new",), None, False)]


@pytest.mark.parametrize("tag", ["", "a b", "$where", "-x", "a" * 61, "\x1b", "<script>"])
def test_a_tag_is_a_word(store: Store, tag: str) -> None:
    put_run(store, 1)
    with pytest.raises(FigproofError, match="allowed are up to 60 letters"):
        tag_runs(store, ["1"], [tag], [])
    assert store.database[COLLECTION].count_documents({}) == 0


def test_mistakes_are_named(store: Store) -> None:
    put_run(store, 1)
    with pytest.raises(FigproofError, match="run '2' is not in the store"):
        archive_runs(store, ["1", "2"], archived=True)
    assert listed(store) == [(1, (), None, False)], "nothing was archived"
    with pytest.raises(FigproofError, match="needs a tag"):
        tag_runs(store, ["1"], [], [])
    with pytest.raises(FigproofError, match="has 2001 characters, 2000 are allowed"):
        note_run(store, "1", "x" * 2001)


def test_runs_with_other_ids_than_numbers_are_found(store: Store) -> None:
    put_run(store, "named")
    put_run(store, (object_id := put_file(store, b"")))
    put_run(store, 12)

    assert find_ids(store, ["12", "named", str(object_id), "12"]) == [12, "named", object_id]


def test_purge_removes_what_no_other_run_uses(store: Store) -> None:
    shared, own = put_file(store, b"shared"), put_file(store, b"own" * 1000)
    put_run(store, 1, experiment__sources=[["a.py", shared], ["b.py", own]], resources=[["r", shared]])
    put_run(store, 2, experiment__sources=[["a.py", shared]])
    put_metric(store, 1, "extra", [1.0])
    tag_runs(store, ["1", "2"], ["paper"], [])
    before = read_run(store, 2)

    removal = plan_removal(store, [1])
    assert (removal.metrics, removal.shared, removal.bytes) == (2, 1, 3000 + len(ARRAYS))
    assert store.runs.count_documents({}) == 2, "a plan removes nothing"
    remove_runs(store, removal)

    assert store.runs.count_documents({"_id": 1}) == 0
    assert store.metrics.count_documents({"run_id": 1}) == 0
    assert store.database["fs.chunks"].count_documents({"files_id": own}) == 0
    assert store.database["fs.files"].count_documents({"_id": own}) == 0
    assert store.database[COLLECTION].count_documents({"_id": 1}) == 0
    after = read_run(store, 2)
    assert (after.artifacts, after.config) == (before.artifacts, before.config)
    assert len(after.metrics) == 1 and read_artifact(store, after.artifacts[0]) == ARRAYS
    assert store.fs.get(shared).read() == b"shared"


@pytest.mark.parametrize("killed_at", range(6))
def test_a_purge_that_was_killed_is_finished_by_the_next(
    store: Store, killed_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_run(store, 1)
    writes = itertools.count()

    def kill(name: str) -> Any:
        real = getattr(Collection, name)

        def removing(self: Any, *given: Any, **options: Any) -> Any:
            if next(writes) == killed_at:
                raise KeyboardInterrupt
            return real(self, *given, **options)

        return removing

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        for name in ("delete_one", "delete_many"):
            patch.setattr(Collection, name, kill(name))
        remove_runs(store, plan_removal(store, [1]))
    assert store.runs.count_documents({}) == 1, "the run itself goes last"

    remove_runs(store, plan_removal(store, [1]))

    assert [store.database[name].count_documents({}) for name in SACRED] == [0, 0, 0, 0]


def test_a_question_in_the_place_of_a_file_id_removes_nothing_else(store: Store) -> None:
    put_run(store, 1, artifacts=[{"name": "x", "file_id": {"$exists": True}}, "no mapping"])
    put_run(store, 2)

    remove_runs(store, plan_removal(store, [1]))

    assert read_artifact(store, read_run(store, 2).artifacts[0]) == ARRAYS


def test_a_pinned_run_is_not_purged_and_the_pin_is_named(store: Store, recording_project: Path) -> None:
    put_run(store, 1)
    put_run(store, 2)
    pins = recording_project / "config" / "pins"
    pins.mkdir()
    run = {"condition": "adam", "seed": 1, "id": 1, "digest": "0" * 64}
    pin = {"format": "figproof-pin-1", "experiment": "digits", "expected_seeds": None, "runs": [run]}
    (pins / "optimizers.json").write_text(json.dumps(pin))
    project = Project(recording_project)

    with pytest.raises(FigproofError, match=r"run 1: is named by config/pins/optimizers\.json"):
        refuse_purge(project, store, [2, 1], NOW)
    refuse_purge(project, store, [2], NOW)

    (pins / "optimizers.json").write_text("{")
    with pytest.raises(FigproofError, match="is not a pin"):
        refuse_purge(project, store, [2], NOW)


def test_a_run_that_a_pin_in_git_names_is_not_purged_whatever_lies_in_the_work_tree(
    store: Store, recording_project: Path
) -> None:
    for run_id in (1, 2, 3):
        put_run(store, run_id)
    pins = recording_project / "config" / "pins"
    pins.mkdir()
    project = Project(recording_project)

    def commit(run_id: int, *after: list[str]) -> None:
        run = {"condition": "adam", "seed": 1, "id": run_id, "digest": "0" * 64}
        pin = {"format": "figproof-pin-1", "experiment": "digits", "expected_seeds": None, "runs": [run]}
        (pins / "optimizers.json").write_text(json.dumps(pin))
        for command in (["add", "-A"], ["commit", "-qm", "pin"], *after):
            git(recording_project, *command)

    git(recording_project, "init", "-q", "-b", "main")
    refuse_purge(project, store, [1, 2, 3], NOW)
    commit(1, ["tag", "camera-ready"])
    commit(2, ["checkout", "-q", "--detach"], ["branch", "-qD", "main"])
    (pins / "optimizers.json").unlink()
    for run_id, reference in ((1, "tags/camera-ready"), (2, "HEAD")):
        named = f"run {run_id}: is named by config/pins/optimizers.json in {reference}, as it is committed"
        with pytest.raises(FigproofError, match=re.escape(named)):
            refuse_purge(project, store, [run_id], NOW)
    refuse_purge(project, store, [3], NOW)

    (pins / "optimizers.json").write_text("{}")
    git(recording_project, "add", "-A")
    git(recording_project, "commit", "-qm", "no pin")
    (pins / "optimizers.json").unlink()
    with pytest.raises(FigproofError, match=r"optimizers\.json in HEAD: is no pin \(KeyError\)"):
        refuse_purge(project, store, [3], NOW)


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@localhost"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_run_that_is_recorded_now_is_not_purged(store: Store, recording_project: Path) -> None:
    put_run(store, 1, status="RUNNING", heartbeat=NOW - datetime.timedelta(seconds=20))
    put_run(store, 2, status="RUNNING", heartbeat=NOW - datetime.timedelta(hours=1))
    project = Project(recording_project)

    with pytest.raises(FigproofError, match="run 1: is running"):
        refuse_purge(project, store, [1], NOW)
    refuse_purge(project, store, [2], NOW)
