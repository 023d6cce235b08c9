"""The fast reader of BSON arrays gives what the ordinary decoder gives."""

from __future__ import annotations

import datetime
import struct
from typing import Any

import bson
import numpy as np
import pytest
from bson.errors import InvalidBSON
from bson.int64 import Int64
from hypothesis import given, settings
from hypothesis import strategies as st

from figproof.store.rawbson import as_array, decode, decode_series, read_array, split_documents

LENGTHS = st.sampled_from([1, 9, 10, 11, 99, 100, 101, 999, 1000, 1001, 10001])
DATE = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000)


def array_of(document: dict[str, Any]) -> bytes:
    """The bytes of the array under the key ``a``, the document's only one."""
    return bson.encode(document)[4 + 3 : -1]


@settings(max_examples=60, deadline=None)
@given(LENGTHS, st.lists(st.floats(allow_nan=True), min_size=1, max_size=20))
def test_doubles_of_any_length_come_back_bit_by_bit(length: int, pattern: list[float]) -> None:
    values = (pattern * length)[:length]

    read = read_array(array_of({"a": values}))

    assert read is not None
    assert read.dtype == np.float64
    assert read.tobytes() == np.array(values).tobytes()


@settings(max_examples=60, deadline=None)
@given(LENGTHS, st.integers(-(2**31), 2**31 - 1), st.booleans())
def test_integers_of_both_widths_come_back(length: int, first: int, wide: bool) -> None:
    values = [Int64(first) if wide else first] * (length - 1) + [Int64(7) if wide else 7]

    read = read_array(array_of({"a": values}))

    assert read is not None
    assert read.dtype == np.int64
    assert read.tolist() == values


def test_dates_come_back_as_milliseconds() -> None:
    read = read_array(array_of({"a": [DATE] * 12}))

    assert read is not None
    assert read.dtype == np.dtype("datetime64[ms]")
    assert read.tolist() == [DATE] * 12


MIXED = st.one_of(
    st.floats(allow_nan=False),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.text(max_size=3),
    st.none(),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(MIXED, max_size=30), st.integers(0, 2000), st.booleans())
def test_fast_and_ordinary_reading_agree_on_any_mixture(odd: list[Any], filler: int, before: bool) -> None:
    series = [*odd, *([0.5] * filler)] if before else [*([0.5] * filler), *odd]
    # The text makes the document long enough for the fast way.
    raw = bson.encode({"name": "m", "values": series, "pad": "x" * 20_000})

    fast, slow = decode_series(raw)["values"], as_array(bson.decode(raw)["values"])

    assert type(fast) is type(slow)
    assert list(fast) == list(slow)
    assert [type(item) for item in fast] == [type(item) for item in slow]


def test_every_kind_of_element_is_stepped_over() -> None:
    document = {
        "double": 1.0,
        "text": "x",
        "document": {"a": 1},
        "array": [1, "x"],
        "binary": b"\0\1",
        "old_binary": bson.Binary(b"12", 2),
        "id": bson.ObjectId(),
        "true": True,
        "date": DATE,
        "none": None,
        "regex": bson.Regex("a.c", "i"),
        "code": bson.Code("f"),
        "scoped": bson.Code("f", {"x": 1}),
        "int": 1,
        "time": bson.Timestamp(1, 2),
        "long": Int64(1),
        "decimal": bson.Decimal128("1.5"),
        "min": bson.MinKey(),
        "max": bson.MaxKey(),
        "pad": "x" * 20_000,
        "values": [1.0, 2.0],
    }

    read = decode_series(bson.encode(document))

    assert list(read) == list(document)
    assert read["values"].tolist() == [1.0, 2.0]
    assert read["decimal"] == bson.Decimal128("1.5")
    assert read["array"] == [1, "x"]


def test_dates_out_of_range_and_text_that_is_not_utf8_do_not_hide_the_rest() -> None:
    raw = bson.encode({"far": bson.DatetimeMS(2**60), "text": "aXb", "seed": 1}).replace(b"aXb", b"a\xffb")

    assert decode(raw) == {"far": bson.DatetimeMS(2**60), "text": "a\\xffb", "seed": 1}


def test_keys_that_do_not_count_up_are_left_to_the_ordinary_decoder() -> None:
    raw = bson.encode({"0": 1.0, "2": 2.0})

    assert read_array(raw) is None


@pytest.mark.parametrize("cut", [5, 100, 8_000, 16_000, 19_000])
def test_a_cut_document_is_an_error_and_no_crash(cut: int) -> None:
    whole = bson.encode({"name": "m", "values": [0.5] * 2000, "pad": "x" * 1000})
    broken = struct.pack("<i", 20_000) + whole[4:cut] + b"\1" * (20_000 - cut)

    with pytest.raises(InvalidBSON):
        decode_series(broken)


def test_a_batch_is_split_into_its_documents() -> None:
    documents = [bson.encode({"a": index}) for index in range(3)]

    assert list(split_documents(b"".join(documents))) == documents


@pytest.mark.parametrize("batch", [b"\1\0", b"\0\0\0\0", bson.encode({"a": 1})[:-1]])
def test_a_batch_with_a_wrong_length_is_an_error(batch: bytes) -> None:
    with pytest.raises(InvalidBSON):
        list(split_documents(batch))
