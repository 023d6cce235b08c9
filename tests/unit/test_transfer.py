"""Runs leave a store as one file and come back the same; a hostile file is refused and nothing written."""

from __future__ import annotations

import argparse
import datetime
import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId, json_util

from figproof.audit.marking import archive_runs, note_run, tag_runs
from figproof.canonical import digest_bytes
from figproof.cli import runs as runs_command
from figproof.errors import FigproofError
from figproof.store import Store, archive, transfer
from figproof.store.archive import MANIFEST, pack, unpack
from figproof.store.marks import COLLECTION, read_marks
from figproof.store.reader import read_artifact, read_run
from figproof.store.redact import redact_run
from figproof.store.transfer import export_runs, import_runs, run_ids

pytestmark = pytest.mark.store
NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000)
COLLECTIONS = ("runs", "metrics", "fs.files", "fs.chunks")


def record(store: Store, run_id: Any, *, blob: bytes = b"weights", **changes: Any) -> None:
    """What Sacred stores for a run, with what must not leave the machine."""
    sha256 = hashlib.sha256(blob).hexdigest()
    artifact = store.fs.put(
        blob, filename=f"artifact://runs/{run_id}/a.npz", metadata={"sha256": sha256}, chunk_size=3
    )
    source = store.fs.put(b"print(1)", filename="/home/alice/lab/x.py")
    metric = {"run_id": run_id, "name": "loss", "steps": [0, 1], "values": [1.0, float("nan")]}
    metric_id = store.metrics.insert_one({**metric, "timestamps": [NOW, NOW]}).inserted_id
    document = {
        "_id": run_id,
        "experiment": {
            "name": "digits_mlp",
            "base_dir": "/home/alice/lab",
            "sources": [["x.py", source]],
            "repositories": [{"url": "https://alice:tok3n@example.org/lab", "dirty": False}],
        },
        "host": {"hostname": "alices-laptop", "ENV": {"TOKEN": "tok3n"}, "cpu": "x"},
        "config": {"seed": run_id, "lr": 0.1},
        "info": {"metrics": [{"name": "loss", "id": str(metric_id)}]},
        "status": "COMPLETED",
        "stop_time": NOW,
        "captured_out": "saved /home/alice/lab/out and /home/alice/x",
        "artifacts": [{"name": "a.npz", "file_id": artifact}],
    }
    store.runs.insert_one({**document, **changes})


def empty(store: Store) -> None:
    for name in COLLECTIONS:
        store.database[name].delete_many({})


def contents(store: Store) -> dict[str, str]:
    """All that a store holds, by collection."""
    return {
        name: json_util.dumps(sorted(store.database[name].find({}), key=lambda doc: str(doc["_id"])))
        for name in COLLECTIONS
    }


@pytest.fixture
def exported(store: Store, tmp_path: Path) -> Path:
    """An archive of runs 3 and 12; the store is empty again."""
    record(store, 12)
    record(store, 3, blob=b"other weights")
    path = tmp_path / "runs.tar.gz"
    export_runs(store, [12, 3], path)
    empty(store)
    return path


def repack(path: Path, change: Callable[[dict[str, Any], dict[str, bytes]], None], run_id: int = 3) -> None:
    """Change one run's entry in an archive whose digests fit again."""
    members = unpack(path)
    manifest = json.loads(members[MANIFEST])
    listed = next(entry for entry in manifest["runs"] if entry["id"] == run_id)
    entry = json.loads(members.pop(f"runs/{listed['member']}.json"))
    change(entry, members)
    content = json.dumps(entry).encode()
    listed["member"] = digest_bytes(content)
    members[f"runs/{listed['member']}.json"] = content
    members[MANIFEST] = json.dumps(manifest).encode()
    path.write_bytes(pack(members))


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


def tar_of(*headers: tuple[tarfile.TarInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as opened:
        for header, content in headers:
            header.size = header.size or len(content)
            opened.addfile(header, io.BytesIO(content))
    return gzip.compress(buffer.getvalue())


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0) -> tarfile.TarInfo:
    header = tarfile.TarInfo(name)
    header.type, header.linkname, header.size = kind, link, size
    return header


ZEROS = f"blobs/{'0' * 64}"
EMPTY = f"blobs/{digest_bytes(b'')}"


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (tar_of((member("../x"), b"a")), r"member '\.\./x' is not named"),
        (tar_of((member("/etc/x"), b"a")), "member '/etc/x' is not named"),
        (tar_of((member("blobs/../../x"), b"a")), "is not named"),
        (tar_of((member(ZEROS + "\n"), b"a")), "is not named"),
        (tar_of((member(EMPTY, tarfile.SYMTYPE, "/etc/passwd"), b"")), "is not a plain file"),
        (tar_of((member(EMPTY, tarfile.LNKTYPE, MANIFEST), b"")), "is not a plain file"),
        (tar_of((member(EMPTY, tarfile.FIFOTYPE), b"")), "is not a plain file"),
        (tar_of((member(EMPTY, tarfile.DIRTYPE), b"")), "is not a plain file"),
        (tar_of((member(EMPTY, tarfile.GNUTYPE_SPARSE), b"")), "is not a plain file|is damaged"),
        (tar_of((member(ZEROS), b"a")), "differs from the SHA-256 in its name"),
        (tar_of((member(EMPTY), b""), (member(EMPTY), b"")), "is there twice"),
        (tar_of((member(EMPTY), b"")), f"has no {MANIFEST}"),
        (tar_of((member(MANIFEST), b"{")), "MANIFEST.json is damaged"),
        (tar_of((member(MANIFEST), b'{"format":"x","runs":[]}')), "has format 'x'. Known: figproof-runs-1"),
        (tar_of((member(MANIFEST), b"[" * 100_000)), "MANIFEST.json is damaged"),
        (
            tar_of((member(MANIFEST), b'{"format":"figproof-runs-1","runs":[{"id":1,"member":"../x"}]}')),
            "lacks the member",
        ),
        (b"PK\3\4", "is not a gzip file"),
        (gzip.compress(b"no tar " * 200), "is damaged"),
        (tar_of((member(EMPTY), b""))[:-9], "is damaged"),
        (tar_of((member(EMPTY), b"")) + b"more", "more follows its end"),
    ],
    # Archives hold the time at which they were made, and two processes must agree on the names of tests.
    ids=lambda value: "archive" if isinstance(value, bytes) else None,
)
def test_a_hostile_archive_is_refused_and_nothing_is_written(
    store: Store, tmp_path: Path, content: bytes, named: str
) -> None:
    path = tmp_path / "evil.tar.gz"
    path.write_bytes(content)

    with pytest.raises(FigproofError, match=named) as caught:
        import_runs(store, path)

    assert "evil.tar.gz" in str(caught.value)
    assert all(value == "[]" for value in contents(store).values())
    assert sorted(p.name for p in tmp_path.iterdir()) == ["evil.tar.gz"]


def test_a_header_that_claims_more_than_the_file_has_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "evil.tar.gz"
    for size in (10_000, archive.MAX_MEMBER_BYTES + 1):
        header = member(EMPTY, size=size).tobuf(format=tarfile.GNU_FORMAT)
        path.write_bytes(gzip.compress(header + b"\0" * 1024))

        with pytest.raises(FigproofError, match=r"is cut off|bytes, 1073741824 are allowed|is damaged"):
            unpack(path)


def test_an_archive_that_inflates_without_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_TOTAL_BYTES", 1_000_000)
    path = tmp_path / "bomb.tar.gz"
    path.write_bytes(gzip.compress(b"\0" * 1_000_001))

    with pytest.raises(FigproofError, match="holds more than 1000000 bytes"):
        unpack(path)


def put(key: str, value: Any) -> Callable[[dict[str, Any], dict[str, bytes]], None]:
    """Set ``a.b.0.c`` in an entry."""

    def change(entry: Any, members: dict[str, bytes]) -> None:
        *path, last = key.split(".")
        for part in path:
            entry = entry[int(part)] if isinstance(entry, list) else entry[part]
        entry[last] = value

    return change


def drop_blobs(entry: Any, members: dict[str, bytes]) -> None:
    for name in [name for name in members if name.startswith("blobs/")]:
        del members[name]


def take_id_12(entry: Any, members: dict[str, bytes]) -> None:
    entry["run"]["_id"] = entry["metrics"][0]["run_id"] = 12


def take_id_4(entry: Any, members: dict[str, bytes]) -> None:
    entry["run"]["_id"] = entry["metrics"][0]["run_id"] = 4


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (take_id_4, "MANIFEST.json lists run 3, its member holds run 4"),
        (put("run._id", "3"), "_id is not a whole number"),
        (put("run._id", {"$numberLong": str(2**62)}), "_id is not a whole number"),
        (put("run._id", True), "_id is not a whole number"),
        (take_id_12, "two runs with one id"),
        (put("run.experiment", {"name": 4}), "no experiment name"),
        (put("run.experiment", None), "is not an exported run"),
        (put("run.$where", "sleep(9)"), r"a key that starts with \$"),
        (put("run.x", "y" * 16_000_001), "16000000 are allowed"),
        (put("run", []), "is not an exported run"),
        (put("metrics", "x"), "is not an exported run"),
        (put("metrics.0.run_id", 5), "a metric belongs to another run"),
        (put("metrics.0._id", "x"), "no ObjectIds"),
        (put("files", []), "is not in the archive"),
        (put("files.0.sha256", "0" * 64), "is not in the archive"),
        (put("files.0.sha256", "../x"), "is not in the archive"),
        (put("files.0.document.length", 1), "its document says 1"),
        (put("files.0.document.chunkSize", 0), "chunk size 0"),
        (put("files.0.document.chunkSize", 10**9), "chunk size 1000000000"),
        (put("files.0.document._id", 1), "is not in the archive|not an ObjectId"),
        (drop_blobs, "is not in the archive"),
        (put("mark", {"tags": ["a b"], "note": "", "archived": False}), "is not an exported run"),
        (put("mark", {"tags": [], "note": "x" * 2001, "archived": False}), "is not an exported run"),
        (put("mark", {"tags": [], "note": "", "archived": 1}), "is not an exported run"),
        (put("mark", {"tags": [], "note": {"$ne": ""}, "archived": False}), "is not an exported run"),
        (put("mark", {"tags": [], "note": "", "archived": False, "started": 1}), "is not an exported run"),
    ],
)
def test_a_hostile_entry_is_refused_and_nothing_is_written(
    store: Store, exported: Path, change: Callable[[Any, dict[str, bytes]], None], named: str
) -> None:
    repack(exported, change)

    with pytest.raises(FigproofError, match=named):
        import_runs(store, exported)

    assert all(value == "[]" for value in contents(store).values())


def test_repacking_alone_is_no_reason_to_refuse(store: Store, exported: Path) -> None:
    """The control of the tests above."""
    repack(exported, lambda entry, members: None)

    assert import_runs(store, exported) == [3, 12]


def test_two_entries_with_one_file_id_must_agree(store: Store, exported: Path) -> None:
    ids: list[Any] = []
    repack(exported, lambda entry, members: ids.append(entry["files"][0]["document"]["_id"]), run_id=12)

    def steal(entry: Any, members: dict[str, bytes]) -> None:
        entry["files"].append(json.loads(json.dumps(entry["files"][0])))
        entry["files"][-1]["document"]["_id"] = ids[0]
        entry["files"][-1]["document"]["filename"] = "other"

    repack(exported, steal, run_id=3)

    with pytest.raises(FigproofError, match="the archive holds two files with the id"):
        import_runs(store, exported)


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
