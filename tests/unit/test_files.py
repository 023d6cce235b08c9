import os
import subprocess
from pathlib import Path

import pytest

from figproof.errors import FigproofError
from figproof.files import replacing_folder, sweep_leftovers, write_atomic, write_together


def test_nothing_temporary_stays_beside_a_written_file(tmp_path):
    write_atomic(tmp_path / "deep" / "a.txt", b"one")
    write_atomic(tmp_path / "deep" / "a.txt", b"two")
    assert [(p.name, p.read_bytes()) for p in (tmp_path / "deep").iterdir()] == [("a.txt", b"two")]


def test_the_umask_decides_who_may_read(tmp_path):
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_when_one_of_several_files_cannot_be_written_no_file_changes(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "child").touch()
    with pytest.raises(FigproofError, match="cannot write"):
        write_together({tmp_path / "a": b"new", tmp_path / "a" / "impossible": b"new"})
    assert (tmp_path / "a").read_bytes() == b"old"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 64 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "figproof-test", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip("mounting a small tmpfs needs root")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_a_full_disk_leaves_the_previous_files_whole(small_disk):
    write_together({small_disk / "a": b"old a", small_disk / "b": b"old b"})
    with pytest.raises(FigproofError, match=r"(?s)No space left.*previous files are untouched"):
        write_together({small_disk / "a": b"new a", small_disk / "b": b"x" * 200_000})
    assert {p.name: p.read_bytes() for p in small_disk.iterdir()} == {"a": b"old a", "b": b"old b"}


def test_a_full_disk_leaves_the_previous_folder_whole(small_disk):
    (small_disk / "derived").mkdir()
    (small_disk / "derived" / "a.csv").write_bytes(b"old")
    with (
        pytest.raises(FigproofError, match="No space left"),
        replacing_folder(small_disk / "derived") as folder,
    ):
        (folder / "a.csv").write_bytes(b"x" * 200_000)
    assert [p.name for p in small_disk.iterdir()] == ["derived"]
    assert (small_disk / "derived" / "a.csv").read_bytes() == b"old"


def test_a_folder_is_replaced_whole_and_an_error_keeps_the_old_one(tmp_path: Path):
    target = tmp_path / "derived"
    with replacing_folder(target) as folder:
        (folder / "old.csv").write_text("1")
    with pytest.raises(RuntimeError), replacing_folder(target) as folder:
        (folder / "half.csv").write_text("2")
        raise RuntimeError
    assert [p.name for p in target.iterdir()] == ["old.csv"]
    with replacing_folder(target) as folder:
        (folder / "new.csv").write_text("3")
    assert [p.name for p in target.iterdir()] == ["new.csv"]
    assert [p.name for p in tmp_path.iterdir()] == ["derived"]


def test_only_old_leftovers_are_swept(tmp_path):
    for name in (".a.pdf.x1", "a.pdf"):
        (tmp_path / name).touch()
    (tmp_path / ".derived.x2").mkdir()
    now = (tmp_path / "a.pdf").stat().st_mtime
    sweep_leftovers(tmp_path, now + 60)
    assert len(list(tmp_path.iterdir())) == 3
    sweep_leftovers(tmp_path, now + 7200)
    assert [p.name for p in tmp_path.iterdir()] == ["a.pdf"]


def test_the_old_folder_comes_back_when_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    target = tmp_path / "kept"
    target.mkdir()
    (target / "old.txt").write_text("old")
    rename = Path.rename

    def fail_for_the_fresh_one(self, to):
        if to == target and self.name != "old":
            raise OSError(5, "Input/output error")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", fail_for_the_fresh_one)
    with pytest.raises(FigproofError, match="cannot write"), replacing_folder(target) as folder:
        (folder / "new.txt").touch()
    assert [path.name for path in target.iterdir()] == ["old.txt"]
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
