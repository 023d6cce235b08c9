import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from figproof.canonical import digest_bytes, quantise
from figproof.errors import FigproofError
from figproof.model import Table, frame
from figproof.tables import read_table, table_digest, table_files


def written(folder, table):
    files = table_files(table)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return {name: digest_bytes(content) for name, content in files.items()}


def test_a_table_reads_back_as_it_was_stored(tmp_path):
    table = Table(
        {"curve": frame(step=[1, 2, 3], loss=[0.1, np.nan, np.inf], name=["a", "b,c", 'd"\ne'])},
        {"n": 5, "share": 1 / 3, "missing": ["adam: 4 of 5"]},
    )
    read = read_table(tmp_path, written(tmp_path, table))
    assert list(read.frames["curve"]) == ["step", "loss", "name"]
    assert read.frames["curve"]["step"].dtype == np.int64
    np.testing.assert_array_equal(read.frames["curve"]["loss"], [0.1, np.nan, np.inf])
    assert read.frames["curve"]["name"].tolist() == ["a", "b,c", 'd"\ne']
    assert read.facts == {"n": 5, "share": 0.333333333, "missing": ["adam: 4 of 5"]}


@given(st.lists(st.floats(), max_size=20))
def test_what_is_read_is_what_quantise_gives(values):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        read = read_table(Path(folder), written(Path(folder), Table({"x": frame(value=np.array(values))})))
    np.testing.assert_array_equal(read.frames["x"]["value"], quantise(np.array(values)))


def test_an_edited_csv_is_refused(tmp_path):
    digests = written(tmp_path, Table({"x": frame(value=[1.0])}))
    (tmp_path / "x.csv").write_text("value\n2.0\n")
    with pytest.raises(FigproofError, match=r"x\.csv: is not what `figproof derive` wrote"):
        read_table(tmp_path, digests)


def test_one_changed_digit_changes_the_digest():
    one = table_digest(table_files(Table({"x": frame(value=[1.23456789])})))
    other = table_digest(table_files(Table({"x": frame(value=[1.23456788])})))
    assert one != other


@pytest.mark.parametrize("columns", [{"a": [1], "b": [1, 2]}, {"a": [[1]]}, {"a": [object()]}])
def test_columns_that_do_not_fit_a_csv_are_refused(columns):
    with pytest.raises(ValueError):
        frame(**columns)


def test_a_text_that_would_break_a_csv_is_refused_before_it_is_written():
    with pytest.raises(FigproofError, match=r"'a\\rb' cannot stand in a CSV"):
        table_files(Table({"rows": frame(name=["a\rb"])}))
