"""YAML is read as plain data or refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from figproof.errors import FigproofError
from figproof.yamlfile import MAX_BYTES, load_yaml, parse_yaml


def _write(folder: Path, text: str | bytes) -> Path:
    path = folder / "given.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(FigproofError) as caught:
        load_yaml(_write(folder, text))
    return str(caught.value)


def test_plain_values_keep_their_yaml_1_2_meaning(tmp_path: Path) -> None:
    text = "a: no\nb: 1e-3\nc: 3.10\nd: [1, true, null]\ne: '3.10'\nf: 0o17\n"
    expected = {"a": "no", "b": 1e-3, "c": 3.1, "d": [1, True, None], "e": "3.10", "f": 15}
    assert load_yaml(_write(tmp_path, text)) == expected


def test_an_empty_file_is_none(tmp_path: Path) -> None:
    assert load_yaml(_write(tmp_path, "# nothing\n")) is None


@pytest.mark.parametrize(
    ("text", "line", "named"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 'duplicate key "a"'),
        ("top:\n  in: 1\n  in: 2\n", 3, 'duplicate key "in"'),
        ("a: &x [1]\nb: *x\n", 1, "anchor '&x'"),
        ("a: 1\nb: *x\n", 2, "alias '*x'"),
        ("a: 1\nb: !!python/object/apply:os.system ['true']\n", 2, "python/object/apply:os.system"),
        ("a: !own 3\n", 1, "tag '!own'"),
        ("a: 1\n---\nb: 2\n", 2, "second document"),
        ("a: [1, 2\n", 2, "not valid YAML"),
        ("a:\n\t- 1\n", 2, "not valid YAML"),
        ("a: " + "[" * 60 + "]" * 60, 1, "nested deeper than 50"),
    ],
)
def test_what_is_more_than_data_is_refused_with_file_and_line(
    tmp_path: Path, text: str, line: int, named: str
) -> None:
    message = _refusal(tmp_path, text)
    assert f"given.yaml: line {line}: " in message
    assert named in message


def test_an_alias_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 12)]
    assert "line 1: the anchor '&a0' is not allowed" in _refusal(tmp_path, "\n".join(rows))


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    assert "larger than 1000000 bytes" in _refusal(tmp_path, "#" * (MAX_BYTES + 1))
    assert load_yaml(_write(tmp_path, "#" * MAX_BYTES)) is None


def test_bytes_that_are_not_utf8_are_refused(tmp_path: Path) -> None:
    assert "not UTF-8: byte 3" in _refusal(tmp_path, b"a: \xff\n")


def test_an_impossible_date_is_refused(tmp_path: Path) -> None:
    assert "not valid YAML" in _refusal(tmp_path, "a: 2025-99-99\n")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FigproofError, match=r"absent\.yaml: cannot be read: No such file"):
        load_yaml(tmp_path / "absent.yaml")


def test_a_date_is_refused_with_its_key_because_it_was_meant_as_text(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("params: {labels: [a, 2024-01-01]}\n")
    with pytest.raises(FigproofError, match=r"a\.yaml: params\.labels\.1: 2024-01-01 is read as a date"):
        load_yaml(path)


def test_what_one_reader_changes_the_next_does_not_see():
    text = "a: [1, 2]"
    parse_yaml(text, "here")["a"].append(3)
    assert parse_yaml(text, "here") == {"a": [1, 2]}
