"""Runs of a FileStorageObserver come into the store as they are, and nothing outside the folder does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from figproof.audit.health import check_runs
from figproof.canonical import digest_bytes
from figproof.completeness import complete_metrics
from figproof.errors import FigproofError
from figproof.store import Store
from figproof.store.details import read_details
from figproof.store.filestorage import import_folder
from figproof.store.reader import read_artifact, read_run
from stored import NOW, put_metric, put_run

pytestmark = pytest.mark.store
REAL = Path("/work/shared/data/sacred-runs-tgne")
TIME = "2026-01-02T03:04:05.678900"


def write_run(root: Path, name: str, **changes: Any) -> Path:
    """What the observer writes for a run with a metric, an artifact and a source."""
    folder = root / name
    folder.mkdir(parents=True)
    (root / "_sources").mkdir(exist_ok=True)
    (root / "_sources" / "train_abc.py").write_text("print(1)\n")
    (folder / "weights.npz").write_bytes(b"weights")
    (folder / "cout.txt").write_text("done\n")
    (folder / "config.json").write_text('{"seed": 3, "pair": {"py/tuple": [1, 2]}}')
    series = {"steps": [0, 1], "values": [1.0, 0.5], "timestamps": [TIME, TIME]}
    (folder / "metrics.json").write_text(json.dumps({"loss": series}))
    run = {
        "artifacts": ["weights.npz"],
        "command": "main",
        "experiment": {
            "name": "mnist",
            "dependencies": ["numpy==2.4.6"],
            "repositories": [{"url": "https://a:s3cr3t@example.org/x", "commit": "c", "dirty": False}],
            "sources": [["train.py", "_sources/train_abc.py"]],
        },
        "heartbeat": TIME,
        "start_time": TIME,
        "stop_time": TIME,
        "status": "COMPLETED",
        "result": 0.5,
        "resources": [],
    }
    (folder / "run.json").write_text(json.dumps({**run, **changes}))
    return folder


def count(store: Store) -> list[int]:
    return [store.database[name].count_documents({}) for name in ("runs", "metrics", "fs.files", "fs.chunks")]


def test_a_run_is_imported_whole_and_only_once(store: Store, tmp_path: Path) -> None:
    write_run(tmp_path, "3")
    write_run(tmp_path, "12")
    lines: list[str] = []

    assert import_folder(store, tmp_path, lines.append) == [3, 12]

    details = read_details(store, 3)
    metrics = complete_metrics(details.run)
    assert list(metrics["loss"].values) == [1.0, 0.5]
    assert details.run.config == {"seed": 3, "pair": {"py/tuple": [1, 2]}}
    assert read_artifact(store, details.run.artifacts[0]) == b"weights"
    assert read_artifact(store, details.sources[0]) == b"print(1)\n"
    assert details.sources[0].sha256 == digest_bytes(b"print(1)\n")
    assert details.output == "done\n" and details.repositories[0]["url"] == "https://redacted@example.org/x"
    assert details.run.start_time is not None and details.run.start_time.microsecond == 678000
    assert "s3cr3t" not in str(store.runs.find_one({"_id": 3}))
    assert lines == ["imported 1 of 2 runs", "imported 2 of 2 runs"]

    before = count(store)
    assert before == [2, 2, 3, 3], "the source that both runs share is stored once"
    assert import_folder(store, tmp_path) == []
    assert count(store) == before


def test_what_the_folder_lacks_is_named_by_the_audit(store: Store, tmp_path: Path) -> None:
    folder = write_run(tmp_path, "3")
    (folder / "weights.npz").unlink()
    (tmp_path / "_sources" / "train_abc.py").unlink()

    import_folder(store, tmp_path)

    rules = {finding.rule for finding in check_runs(store, [3], NOW).findings}
    assert rules == {"artifact-missing", "sources", "opaque"}


@pytest.mark.parametrize("name", ["../secret", "/etc/hostname", "..", "", "a/b", "x\0y", "link"])
def test_nothing_outside_the_folder_is_read(store: Store, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("secret")
    root = tmp_path / "runs"
    sources = [["a.py", f"_sources/../../{name}"], ["b.py", f"_sources/{name}"]]
    folder = write_run(root, "3", artifacts=[name], experiment={"name": "x", "sources": sources})
    for link in (folder / "link", root / "_sources" / "link"):
        link.symlink_to(tmp_path / "secret")

    import_folder(store, root)

    assert store.database["fs.files"].count_documents({}) == 0
    assert all(artifact.missing for artifact in read_run(store, 3).artifacts)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("run.json", "{", "run.json: is no JSON"),
        ("config.json", "[1]", "config.json: is list, not an object"),
        ("metrics.json", "[" * 200_000, "metrics.json: is no JSON"),
        ("config.json", '{"seed": 99999999999999999999}', "cannot be stored"),
        ("config.json", '{"a\\u0000b": 1}', "cannot be stored"),
        ("config.json", json.dumps({"x": "y" * 17_000_000}), "fit in a document"),
    ],
)
def test_a_run_that_cannot_be_read_stops_the_import_before_it_begins(
    store: Store, tmp_path: Path, file: str, content: str, said: str
) -> None:
    write_run(tmp_path, "2")
    (write_run(tmp_path, "3") / file).write_text(content)

    with pytest.raises(FigproofError, match=said):
        import_folder(store, tmp_path)
    assert count(store) == [0, 0, 0, 0]


def test_ids_that_are_taken_are_named(store: Store, tmp_path: Path) -> None:
    write_run(tmp_path, "3")
    put_run(store, 3)
    with pytest.raises(FigproofError, match=r"run 3 in .*: the id is taken by another run"):
        import_folder(store, tmp_path)

    write_run(tmp_path, "4")
    put_metric(store, 4, "loss", [1.0])
    with pytest.raises(FigproofError, match="the id is taken by another run"):
        import_folder(store, tmp_path)
    assert store.runs.count_documents({}) == 1


def test_a_folder_without_runs_or_with_named_runs_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(FigproofError, match="holds no runs of a FileStorageObserver"):
        import_folder(store, tmp_path)
    write_run(tmp_path, "mine")
    with pytest.raises(FigproofError, match="is not named by a number"):
        import_folder(store, tmp_path)


@pytest.mark.skipif(not REAL.is_dir(), reason=f"the foreign runs are not here: {REAL}")
def test_the_foreign_runs_are_audited(store: Store) -> None:
    assert import_folder(store, REAL) == list(range(1, 9))

    report = check_runs(store, list(range(1, 9)), NOW)

    rules = {(finding.rule, finding.runs) for finding in report.findings}
    assert ("not-repeatable", (4, 6)) in rules, "seed 42 twice, with other curves"
    assert ("code", (4, 6, 7)) in rules, "train.py changed between runs of one commit"
    assert {rule for rule, _ in rules} == {
        "artifact-missing",
        "uncommitted",
        "sources",
        "code",
        "not-repeatable",
    }
