"""Archives of runs that nobody should import: each is refused by name, and nothing is written."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exported import contents, repack
from figproof.canonical import digest_bytes
from figproof.errors import FigproofError
from figproof.store import Store, archive
from figproof.store.archive import MANIFEST, unpack
from figproof.store.transfer import import_runs

pytestmark = pytest.mark.store


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
