import io
import pickle
import struct
import time
import zipfile

import numpy as np
import pytest

from figproof.errors import FigproofError
from figproof.npz import dump_npz, load_npz


def _zip(members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _npy(header: str, body: bytes = b"") -> bytes:
    text = header.encode("latin-1")
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body


def _header(descr: str, shape: str) -> str:
    return f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n"


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=np.int64).reshape(2, 3),
        np.array([[1.5, np.nan], [np.inf, -0.0]]),
        np.arange(3, dtype=np.float16),
        np.array([True, False]),
        np.array(["the", "grün", ""]),
        np.array(7.0),
        np.zeros((0, 4)),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(3, dtype=">i4"),
    ],
    ids=["int", "nan", "half", "bool", "text", "scalar", "empty", "fortran", "big-endian"],
)
def test_arrays_come_back_equal(array):
    back = load_npz(dump_npz({"a": array}))["a"]
    assert back.shape == array.shape
    assert back.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(back, array)
    assert back.flags.c_contiguous


def test_the_bytes_depend_on_names_and_contents_only():
    one = dump_npz({"b": np.arange(3), "a": np.asfortranarray(np.ones((2, 3)))})
    other = dump_npz({"a": np.ones((2, 3)), "b": np.arange(3)})
    assert one == other
    assert one != dump_npz({"a": np.ones((2, 3)), "b": np.arange(1, 4)})


def test_what_numpy_wrote_is_read_and_what_we_write_numpy_reads():
    buffer = io.BytesIO()
    np.savez_compressed(buffer, weights=np.arange(4.0), steps=np.arange(2))
    assert sorted(load_npz(buffer.getvalue())) == ["steps", "weights"]
    ours = np.load(io.BytesIO(dump_npz({"weights": np.arange(4.0)})), allow_pickle=False)
    np.testing.assert_array_equal(ours["weights"], np.arange(4.0))


@pytest.mark.parametrize(
    "array", [np.array([{}], dtype=object), np.zeros(1, dtype=[("x", "f8")]), np.zeros(2, "c16")]
)
def test_an_array_that_needs_pickle_or_is_no_plain_number_is_not_written(array):
    with pytest.raises(FigproofError, match="dtype"):
        dump_npz({"a": array})


@pytest.mark.parametrize("name", ["../a", "/a", "a/b", "a\\b", "a\0b", "a\n", "", "..", "a..b", ".hidden"])
def test_a_name_that_could_be_a_path_is_refused_on_both_sides(name):
    with pytest.raises(FigproofError, match="not allowed"):
        dump_npz({name: np.ones(1)})
    if "\0" not in name:
        with pytest.raises(FigproofError, match="not allowed"):
            load_npz(_zip({f"{name}.npy": _npy(_header("<f8", "()"), b"\0" * 8)}))


def test_nothing_to_store_is_an_error():
    with pytest.raises(FigproofError, match="no array"):
        dump_npz({})


class _Bomb:
    def __reduce__(self):
        return (exec, ("raise SystemExit('unpickled')",))


def test_a_pickle_is_refused_and_never_opened():
    header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }\n"
    with pytest.raises(FigproofError, match=r"evil\.npz: a: holds Python objects"):
        load_npz(_zip({"a.npy": _npy(header, pickle.dumps(_Bomb()))}), where="evil.npz")


def test_a_member_that_inflates_beyond_the_bound_is_refused_before_it_is_inflated():
    bomb = _zip({"a.npy": _npy(_header("|u1", "(50000000,)"), bytes(50_000_000))}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 100_000
    with pytest.raises(FigproofError, match="inflates to 500000"):
        load_npz(bomb, max_bytes=1_000_000)


def test_a_directory_that_lies_about_the_size_is_refused():
    honest = _zip({"a.npy": _npy(_header("|u1", "(100000,)"), bytes(100_000))}, zipfile.ZIP_DEFLATED)
    lie = honest.replace(
        struct.pack("<I", 100_000 + len(_npy(_header("|u1", "(100000,)")))), struct.pack("<I", 500)
    )
    assert lie != honest
    with pytest.raises(FigproofError, match=r"npz|header"):
        load_npz(lie, max_bytes=1000)


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (_header("<f8", "(1000000000000,)"), b""),
        (_header("<f8", "(999999999999999999, 999999999999999999)"), b"\0" * 8),
        (_header("<f8", "(2,)"), b"\0" * 15),
        (_header("<f8", "(-1, -1)"), b"\0" * 8),
        (_header("<U0", "(5,)"), b""),
        (_header("<f7", "(1,)"), b"\0" * 7),
        (_header("<f8", "(" + "1, " * 40 + ")"), b"\0" * 8),
        (_header("<f8", "(__import__('os').getpid(),)"), b"\0" * 8),
        ("{'descr': [('x', '<f8')], 'fortran_order': False, 'shape': (1,), }\n", b"\0" * 8),
        (_header("<f8", "(" * 500 + ")" * 500), b""),
        (" " * 5000, b""),
    ],
)
def test_a_header_that_does_not_fit_is_refused_before_memory_is_taken(header, body):
    with pytest.raises(FigproofError, match="npz: a: "):
        load_npz(_zip({"a.npy": _npy(header, body)}))


def test_a_flipped_byte_is_noticed():
    content = bytearray(dump_npz({"a": np.arange(100.0)}))
    content[300] ^= 1
    with pytest.raises(FigproofError, match="not a whole npz"):
        load_npz(bytes(content))


@pytest.mark.parametrize("content", [b"", b"not a zip", dump_npz({"a": np.arange(100.0)})[:-40]])
def test_what_is_no_npz_is_refused(content):
    with pytest.raises(FigproofError, match="not a whole npz"):
        load_npz(content)


def test_other_members_and_double_names_are_refused():
    with pytest.raises(FigproofError, match="not an array"):
        load_npz(_zip({"readme.txt": b"x"}))
    npy = _npy(_header("<f8", "()"), b"\0" * 8)
    double = _zip({"a.npy": npy, "b.npy": npy}).replace(b"b.npy", b"a.npy")
    with pytest.raises(FigproofError, match="two arrays named 'a'"):
        load_npz(double)


def test_a_header_made_to_be_read_for_ever_is_refused_at_once(tmp_path):
    shape = "(" + "1" * 4000 + "x)"
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}".encode()
    padded = header + b" " * (-(len(header) + 11) % 64) + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.npy", content)
    start = time.monotonic()
    with pytest.raises(FigproofError):
        load_npz(buffer.getvalue())
    assert time.monotonic() - start < 5
