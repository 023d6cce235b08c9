"""Names of stored sources are hostile until proved, and so is what a replayed program leaves."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from figproof.errors import FigproofError
from figproof.replay.outcome import read_outcome
from figproof.replay.sources import MAX_FILES, Source, source_errors, unpack


def problems(*names: Any, main: str = "main.py", packages: tuple[str, ...] = ("numpy",)) -> list[str]:
    listed = [["main.py", 1], *([name, 2] for name in names)]
    return [error.problem for error in source_errors(listed, main, packages, "run 7")]


@pytest.mark.parametrize(
    "name", ["helper.py", "parts/model.py", "parts/json_lines.py", "data/table.csv", "a-b/notes.v2.txt"]
)
def test_plain_relative_names_are_taken(name: str) -> None:
    assert problems(name) == []


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("../../x.py", "leads out of the clean folder"),
        ("parts/../../x.py", "leads out of the clean folder"),
        ("/etc/cron.d/x", "is an absolute path"),
        ("~/x.py", "is an absolute path"),
        ("C:/x.py", "is an absolute path"),
        ("parts//x.py", "is no plain relative path"),
        ("./x.py", "is no plain relative path"),
        ("parts\\..\\x.py", "is no plain relative path"),
        ("x.py ", "is no plain relative path"),
        ("a\nb.py", "has characters"),
        ("a\0b.py", "has characters"),
        ("\x1b[2J.py", "has characters"),
        ("\u202eyp.x", "has characters"),
        ("x" * 300 + ".py", "is no file name"),
        ("", "is no file name"),
        (7, "is no file name"),
        ({"$ne": 1}, "is no file name"),
        ("__pycache__/main.cpython-311.pyc", "would be run unseen"),
        ("fast.so", "would be run unseen"),
        ("x.pth", "would be run unseen"),
        (".hidden/x.py", "would be run unseen"),
        ("json.py", "the module 'json' of Python's own library"),
        ("json/__init__.py", "the module 'json' of Python's own library"),
        ("JSON.py", "the module 'json' of Python's own library"),
        ("os.py", "the module 'os' of Python's own library"),
        ("numpy.py", "the module 'numpy' of the package numpy"),
        ("numpy/linalg.py", "the module 'numpy' of the package numpy"),
        ("sacred/__init__.py", "the module 'sacred' of"),
        ("figproof/store/connect.py", "the module 'figproof' of"),
        ("figproof.py", "the module 'figproof' of"),
        ("sitecustomize.py", "the module 'sitecustomize' of what runs a replay"),
    ],
)
def test_a_hostile_name_is_refused(name: Any, problem: str) -> None:
    found = problems(name)
    assert len(found) == 1 and problem in found[0]
    assert found[0].isprintable(), "a terminal would obey the rest"


def test_a_file_beside_the_main_file_is_imported_by_its_own_name() -> None:
    listed = [["parts/main.py", 1], ["parts/json.py", 2], ["other/json.py", 3]]
    errors = source_errors(listed, "parts/main.py", (), "run 7")
    assert [error.problem.split()[1] for error in errors] == ["'parts/json.py'"]


def test_names_that_meet_on_a_disk_are_refused() -> None:
    assert problems("helper.py", "Helper.py") == ["two sources are called 'helper.py'"]
    assert problems("parts", "parts/model.py") == ["the source 'parts' is a file and a folder"]


def test_a_list_that_is_none_and_a_main_file_that_is_not_there_are_refused() -> None:
    for listed, problem in (
        (None, "stores no sources"),
        ([], "stores no sources"),
        ([["main.py"]], "no list of names"),
        ([["x.py", 1]] * (MAX_FILES + 1), "at most 1000"),
        ([["other.py", 1]], "the main file 'main.py' is not among its sources"),
    ):
        errors = source_errors(listed, "main.py", (), "run 7")
        assert len(errors) == 1 and problem in errors[0].problem


def test_sources_are_unpacked_into_a_new_folder_and_replace_nothing(tmp_path: Path) -> None:
    sources = [Source(name, 1, name.encode(), "", True) for name in ("a.py", "parts/b.py")]
    unpack(sources, tmp_path / "new")
    assert (tmp_path / "new" / "parts" / "b.py").read_text() == "parts/b.py"
    with pytest.raises(FileExistsError):
        unpack(sources, tmp_path / "new")
    with pytest.raises(FileExistsError):
        unpack([*sources, sources[0]], tmp_path / "other")


RECORD: dict[str, Any] = {
    "metrics": ["loss"],
    "artifacts": [{"name": "weights.npz", "content_type": None}],
    "config": {"seed": 1},
    "result": 0.5,
    "info": {},
    "host": {"ENV": {"TOKEN": "x"}, "os": ["Linux", "6"]},
    "dependencies": ["numpy==2"],
    "captured_out": "",
    "start_ms": 1_000,
    "stop_ms": 2_500,
}


@pytest.fixture
def left(tmp_path: Path) -> Path:
    (tmp_path / "run.json").write_text(json.dumps(RECORD))
    for part, values in (
        ("steps", np.arange(3)),
        ("values", np.array([1.0, np.nan, -0.0])),
        ("times", np.arange(3)),
    ):
        (tmp_path / f"metric-0.{part}").write_bytes(values.tobytes())
    (tmp_path / "artifact-0").write_bytes(b"weights")
    return tmp_path


def test_what_a_program_recorded_is_read_to_the_last_bit(left: Path) -> None:
    outcome = read_outcome(left, "run 7", [])
    assert outcome.metrics["loss"].values.tobytes() == np.array([1.0, np.nan, -0.0]).tobytes()
    assert outcome.metrics["loss"].steps.tolist() == [0, 1, 2]
    assert outcome.artifacts == {"weights.npz": b"weights"}
    assert outcome.stop.microsecond == 500_000 and outcome.stop.tzinfo is None, "as Sacred's times"
    assert outcome.host == {"os": ["Linux", "6"]}


def test_a_program_that_leaves_no_record_is_an_error_with_what_it_said(left: Path) -> None:
    (left / "run.json").unlink()
    with pytest.raises(FigproofError, match="run 7: the replay ended without a record\n    bye"):
        read_outcome(left, "run 7", ["bye"])


def test_a_link_a_pipe_and_a_bomb_are_not_read(left: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("home") / "secret"
    secret.write_text("mine")
    (left / "artifact-0").unlink()
    (left / "artifact-0").symlink_to(secret)
    with pytest.raises(FigproofError, match="cannot be read \\(OSError"):
        read_outcome(left, "run 7", [])
    (left / "artifact-0").unlink()
    os.mkfifo(left / "artifact-0")
    with pytest.raises(FigproofError, match="artifact-0 is no file of at most"):
        read_outcome(left, "run 7", [])
    (left / "artifact-0").unlink()
    with (left / "artifact-0").open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(FigproofError, match="artifact-0 is no file of at most"):
        read_outcome(left, "run 7", [])


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": ["../x", "loss"]},
        {"metrics": [["loss"]]},
        {"metrics": 7},
        {"artifacts": [{"name": "weights.npz"}] * 2},
        {"artifacts": [{"name": "a\0b"}]},
        {"info": []},
        {"start_ms": "now"},
        {"stop_ms": 10**30},
        {"host": None},
    ],
)
def test_a_record_of_another_form_is_an_error(left: Path, change: dict[str, Any]) -> None:
    (left / "run.json").write_text(json.dumps(RECORD | change))
    with pytest.raises(FigproofError, match="run 7: the replay left a record that cannot be read"):
        read_outcome(left, "run 7", [])


def test_a_series_that_is_cut_is_an_error(left: Path) -> None:
    (left / "metric-0.values").write_bytes(b"\0" * 16)
    with pytest.raises(FigproofError, match="steps, values and times differ in length"):
        read_outcome(left, "run 7", [])
