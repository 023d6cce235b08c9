"""Runs leave a store as one file and come back the same; a hostile file is refused and nothing written."""

from __future__ import annotations

import argparse
import gzip
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId, json_util

from exported import NOW, contents, empty, record
from figproof.audit.marking import archive_runs, note_run, tag_runs
from figproof.cli import runs as runs_command
from figproof.errors import FigproofError
from figproof.store import Store, transfer
from figproof.store.archive import MANIFEST, unpack
from figproof.store.marks import COLLECTION, read_marks
from figproof.store.reader import read_artifact, read_run
from figproof.store.redact import redact_run
from figproof.store.transfer import export_runs, import_runs, run_ids

pytestmark = pytest.mark.store


def test_export_import_export_gives_identical_bytes(store: Store, exported: Path, tmp_path: Path) -> None:
    assert import_runs(store, exported) == [3, 12]
    export_runs(store, run_ids(store), tmp_path / "again.tar.gz")

    assert (tmp_path / "again.tar.gz").read_bytes() == exported.read_bytes()


def test_imported_runs_read_as_they_were_recorded(store: Store, tmp_path: Path) -> None:
    record(store, 3)
    before = read_run(store, 3)
    metric_id = store.metrics.find_one({})["_id"]  # type: ignore[index]
    export_runs(store, [3], tmp_path / "x.tar.gz")
    empty(store)

    import_runs(store, tmp_path / "x.tar.gz")

    after = read_run(store, 3)
    assert read_artifact(store, after.artifacts[0]) == b"weights"
    assert (after.config, after.info, after.artifacts) == (before.config, before.info, before.artifacts)
    assert after.info["metrics"] == [{"name": "loss", "id": str(metric_id)}]
    assert list(after.metrics[0].steps) == [0, 1]
    assert str(list(after.metrics[0].values)) == str(list(before.metrics[0].values))
    assert store.metrics.find_one({})["_id"] == metric_id  # type: ignore[index]


def test_an_archive_names_no_person_host_or_password(exported: Path) -> None:
    everything = gzip.decompress(exported.read_bytes())

    for private in (b"alice", b"tok3n", b"laptop", b"TOKEN"):
        assert private not in everything
    assert b"https://redacted@example.org/lab" in everything


def test_redaction_leaves_content_and_can_be_repeated() -> None:
    run = {
        "experiment": {"base_dir": "/data/lab", "mainfile": "x.py"},
        "config": {"folder": "/data/lab/mnist", "url": "http://u:p@h"},
        "fail_trace": ["File /data/lab/x.py", "/Users/bob/y.py"],
    }

    redacted = redact_run(run)

    assert redacted["config"] == {"folder": "/data/lab/mnist", "url": "http://redacted@h"}
    assert redacted["fail_trace"] == ["File redacted/x.py", "/Users/redacted/y.py"]
    assert redact_run(redacted) == redacted
    assert run["experiment"] == {"base_dir": "/data/lab", "mainfile": "x.py"}


def test_an_archive_holds_no_time_owner_or_double_content(exported: Path) -> None:
    content = exported.read_bytes()
    assert content[4:8] == b"\0\0\0\0", "the gzip header holds a time"

    with tarfile.open(exported) as opened:
        headers = opened.getmembers()
    assert [header.name for header in headers] == sorted({header.name for header in headers})
    assert {(h.mtime, h.uid, h.gid, h.uname, h.gname, h.mode) for h in headers} == {(0, 0, 0, "", "", 0o644)}
    # Two artifacts, and one source file that both runs have.
    assert sum(header.name.startswith("blobs/") for header in headers) == 3


def test_a_second_import_changes_nothing(store: Store, exported: Path) -> None:
    import_runs(store, exported)
    before = contents(store)

    assert import_runs(store, exported) == []
    assert contents(store) == before


def test_what_people_said_of_runs_goes_with_them(store: Store, tmp_path: Path) -> None:
    record(store, 3, start_time=NOW)
    record(store, 12)
    unmarked, path = tmp_path / "unmarked.tar.gz", tmp_path / "x.tar.gz"
    assert export_runs(store, [3, 12], unmarked) == 0
    tag_runs(store, ["3"], ["paper", "b"], [])
    note_run(store, "3", "odd\x1b[2J")
    archive_runs(store, ["3"], archived=True)
    said = read_marks(store)
    assert export_runs(store, [3, 12], path) == 1
    assert unpack(path)[MANIFEST] != unpack(unmarked)[MANIFEST]

    note_run(store, "3", "what is said here stays")
    assert import_runs(store, path) == [], "marks are no part of what a run is"
    assert read_marks(store)[3][1].note == "what is said here stays"
    empty(store)
    store.database[COLLECTION].delete_many({})
    assert import_runs(store, path) == [3, 12]
    assert read_marks(store) == said
    assert export_runs(store, [3, 12], tmp_path / "again.tar.gz") == 1
    assert (tmp_path / "again.tar.gz").read_bytes() == path.read_bytes()


def test_missing_runs_are_added_to_those_that_are_there(store: Store, exported: Path) -> None:
    import_runs(store, exported)
    store.runs.delete_one({"_id": 3})
    store.metrics.delete_many({"run_id": 3})

    assert import_runs(store, exported) == [3]


@pytest.mark.parametrize("written", range(7))
def test_an_import_that_was_killed_is_completed(
    store: Store, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    """The process ends before its n-th write; afterwards no run looks whole that is not."""
    collection_type = type(store.runs)
    writes = iter(range(100))

    def limited(name: str) -> Callable[..., Any]:
        original = getattr(collection_type, name)

        def write(self: Any, *given: Any, **named: Any) -> Any:
            if next(writes) >= written:
                raise KeyboardInterrupt
            return original(self, *given, **named)

        return write

    with monkeypatch.context() as patch:
        for name in ("insert_many", "insert_one", "delete_many"):
            patch.setattr(collection_type, name, limited(name))
        with pytest.raises(KeyboardInterrupt):
            import_runs(store, exported)
    for run_id in run_ids(store):
        assert read_artifact(store, read_run(store, run_id).artifacts[0])

    import_runs(store, exported)

    export_runs(store, run_ids(store), tmp_path / "again.tar.gz")
    assert (tmp_path / "again.tar.gz").read_bytes() == exported.read_bytes()


def test_ids_that_other_runs_have_are_all_named_and_nothing_is_written(store: Store, exported: Path) -> None:
    record(store, 3, blob=b"mine")
    record(store, 12, blob=b"mine too")
    before = contents(store)

    with pytest.raises(FigproofError) as caught:
        import_runs(store, exported)

    assert "run 3 in" in str(caught.value) and "run 12 in" in str(caught.value)
    assert "the id is taken by another run" in str(caught.value)
    assert contents(store) == before


def test_metrics_that_a_deleted_run_left_are_named(store: Store, exported: Path) -> None:
    store.metrics.insert_one({"run_id": 12, "name": "old", "steps": [], "values": [], "timestamps": []})
    before = contents(store)

    with pytest.raises(FigproofError, match=r"metrics of another run are stored under this id, e.g. 'old'"):
        import_runs(store, exported)

    assert contents(store) == before


def test_a_file_id_that_is_taken_by_other_bytes_is_named(store: Store, exported: Path) -> None:
    entry = next(json_util.loads(c) for n, c in unpack(exported).items() if n.startswith("runs/"))
    store.fs.put(b"stranger", _id=entry["files"][0]["document"]["_id"])
    before = contents(store)

    with pytest.raises(FigproofError, match="the id is taken by another file"):
        import_runs(store, exported)

    assert contents(store) == before


def test_a_run_with_a_damaged_file_is_not_exported(store: Store, tmp_path: Path) -> None:
    record(store, 3)
    store.database["fs.chunks"].delete_one({"n": 1})

    with pytest.raises(FigproofError, match=r"run 3 in .*artifact 'a.npz': has 2 chunks, 3 hold"):
        export_runs(store, [3], tmp_path / "x.tar.gz")
    assert not (tmp_path / "x.tar.gz").exists()


@pytest.mark.parametrize(
    ("ids", "named"),
    [
        ([], "no run to export"),
        ([4], "run 4 in .* is not in the store"),
        (["x"], "the run id 'x' is not a whole"),
    ],
)
def test_what_cannot_be_exported_is_named(store: Store, tmp_path: Path, ids: list[Any], named: str) -> None:
    with pytest.raises(FigproofError, match=named):
        export_runs(store, ids, tmp_path / "x.tar.gz")


def test_many_files_are_written_in_batches(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "_CHUNKS_AT_ONCE_BYTES", 20)
    for run_id in range(1, 6):
        record(store, run_id, blob=bytes([run_id]) * (7 * run_id - 7))
    export_runs(store, run_ids(store), tmp_path / "x.tar.gz")
    empty(store)

    import_runs(store, tmp_path / "x.tar.gz")

    for run_id in range(1, 6):
        (artifact,) = read_run(store, run_id).artifacts
        assert read_artifact(store, artifact) == bytes([run_id]) * (7 * run_id - 7)


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    runs_command.add_parser(parser.add_subparsers())
    return parser.parse_args(["runs", *words])


def run(root: Path, *words: str) -> int:
    arguments = parsed(*words)
    return int(arguments.run(arguments, root))


def test_the_commands_export_and_import(
    store_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from figproof.store import open_store

    path = tmp_path / "runs.tar.gz"
    with open_store(store_root) as store:
        empty(store)
        record(store, 3)
        record(store, 4, experiment={"name": "other"})
        assert run(store_root, "export", "--out", str(path), "--experiment", "digits_mlp") == 0
        empty(store)
    assert "1 runs" in capsys.readouterr().out

    assert run(store_root, "import", str(path)) == 0
    assert "1 runs imported" in capsys.readouterr().out

    # A second time not even the server is asked.
    with monkeypatch.context() as patch:
        patch.setattr("figproof.store.connect.open_store", None)
        assert run(store_root, "import", str(path)) == 0
    assert "imported before" in capsys.readouterr().out
    with open_store(store_root) as store:
        assert run_ids(store) == [3]
        with pytest.raises(FigproofError, match=r"no run of 'x' is in the store\. Known: digits_mlp"):
            run(store_root, "export", "--out", str(path), "--experiment", "x")
        empty(store)


def test_a_missing_archive_is_named(store_root: Path, tmp_path: Path) -> None:
    with pytest.raises(FigproofError, match=r"none.tar.gz: cannot be read: No such file"):
        run(store_root, "import", str(tmp_path / "none.tar.gz"))


def test_ids_and_an_experiment_together_are_refused(store_root: Path) -> None:
    with pytest.raises(FigproofError, match="not both"):
        run(store_root, "export", "--out", "x", "--experiment", "x", "3")


def test_an_object_id_survives_the_way_through_json(store: Store, exported: Path) -> None:
    import_runs(store, exported)

    assert all(isinstance(doc["_id"], ObjectId) for doc in store.metrics.find({}))
