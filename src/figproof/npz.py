"""Arrays as npz: deterministic bytes out, and nothing but bounded plain numbers in.

``numpy.load`` is not used for reading: it inflates before it checks, allocates what a header claims
and evaluates the header as Python.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from figproof.errors import FigproofError

MAX_BYTES = 512 * 1024**2
MAX_MEMBERS = 4096
MAX_DIMENSIONS = 32

_EPOCH = (1980, 1, 1, 0, 0, 0)
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,199}")
_KINDS = "biufU"
_HEADER = re.compile(
    r"\{\s*'descr':\s*'(?P<descr>[<>|=][biufU][0-9]{1,6})',"
    r"\s*'fortran_order':\s*(?P<fortran>True|False),"
    r"\s*'shape':\s*\((?P<shape>(?:[0-9]{1,18}L?(?:,\s*[0-9]{1,18}L?)*,?)?)\)\s*,?\s*\}\s*"
)


def dump_npz(arrays: Mapping[str, npt.ArrayLike]) -> bytes:
    """Write arrays as an uncompressed npz whose bytes depend on names and contents only.

    Parameters
    ----------
    arrays : mapping of str to array_like
        Booleans, integers, floats or text of any shape. Names: letters, digits, ``_ . -``.

    Raises
    ------
    FigproofError
        No array, a name that could be a path, or a dtype that would need pickle.
    """
    if not arrays:
        raise FigproofError("there is no array to store", where="npz")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name in sorted(arrays):
            _check_name(name, where="npz")
            member = zipfile.ZipInfo(f"{name}.npy", date_time=_EPOCH)
            member.create_system = 3
            member.external_attr = 0o644 << 16
            archive.writestr(member, _npy_bytes(name, np.asarray(arrays[name])))
    return buffer.getvalue()


def load_npz(
    content: bytes, *, max_bytes: int = MAX_BYTES, where: str = "npz"
) -> dict[str, npt.NDArray[Any]]:
    """Read an npz that anybody may have written.

    Parameters
    ----------
    content : bytes
    max_bytes : int
        Bound on the sum of the inflated members; checked before anything is inflated.
    where : str
        Names the origin in errors.

    Returns
    -------
    dict of str to ndarray
        Sorted by name; native byte order, C order, read-only.

    Raises
    ------
    FigproofError
        Not an npz, too large, damaged, duplicate or path-like names, objects (pickle), or a header
        that claims another size than the member has.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            _check_members(members, max_bytes, where)
            raw = {member.filename.removesuffix(".npy"): archive.read(member) for member in members}
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
    ) as error:
        raise FigproofError(f"is not a whole npz: {error}", where=where) from error
    return {name: _parse_npy(raw[name], f"{where}: {name}") for name in sorted(raw)}


def _npy_bytes(name: str, array: npt.NDArray[Any]) -> bytes:
    if array.dtype.kind not in _KINDS or array.dtype.itemsize == 0:
        raise FigproofError(
            f"array {name!r} has dtype {array.dtype}; stored are bool, int, float and text",
            where="npz",
            hint="convert it, e.g. with .astype(np.float64)",
        )
    buffer = io.BytesIO()
    plain = np.asarray(array, dtype=array.dtype.newbyteorder("<"), order="C")
    np.lib.format.write_array(buffer, plain, version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


def _check_name(name: str, where: str) -> None:
    if not _NAME.fullmatch(name) or ".." in name:
        raise FigproofError(
            f"the array name {name[:80]!r} is not allowed; use letters, digits, '_', '.', '-'", where=where
        )


def _check_members(members: list[zipfile.ZipInfo], max_bytes: int, where: str) -> None:
    """Everything that the directory of the archive says, before a member is read."""
    if len(members) > MAX_MEMBERS:
        raise FigproofError(f"holds {len(members)} arrays; at most {MAX_MEMBERS} are read", where=where)
    total = sum(member.file_size for member in members)
    if total > max_bytes:
        raise FigproofError(f"inflates to {total} bytes; at most {max_bytes} are read", where=where)
    seen = set()
    for member in members:
        if not member.filename.endswith(".npy"):
            raise FigproofError(f"the member {member.filename[:80]!r} is not an array (.npy)", where=where)
        name = member.filename.removesuffix(".npy")
        _check_name(name, where)
        if name in seen:
            raise FigproofError(f"holds two arrays named {name!r}", where=where)
        if member.flag_bits & 1:
            raise FigproofError(f"the array {name!r} is encrypted", where=where)
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise FigproofError(f"the array {name!r} is neither stored nor deflated", where=where)
        seen.add(name)


def _parse_npy(content: bytes, where: str) -> npt.NDArray[Any]:
    """One ``.npy``: the header is matched, never evaluated, and must claim exactly the bytes that follow."""
    version = content[6:8]
    if content[:6] != b"\x93NUMPY" or version not in (b"\x01\x00", b"\x02\x00"):
        raise FigproofError("is not an npy array of version 1 or 2", where=where)
    start = 10 if version == b"\x01\x00" else 12
    length = int.from_bytes(content[8:start], "little")
    if length > 4096 or start + length > len(content):
        raise FigproofError(f"has a header of {length} bytes", where=where)
    header = content[start : start + length].decode("latin-1")
    match = _HEADER.fullmatch(header)
    if match is None:
        reason = (
            "holds Python objects (pickle), which are never read"
            if "'|O'" in header
            else "has another header"
        )
        raise FigproofError(f"{reason}; read are bool, int, float and text", where=where)
    shape = tuple(int(size) for size in re.findall(r"[0-9]+", match["shape"]))
    try:
        dtype = np.dtype(match["descr"])
        return _view(content[start + length :], dtype, shape, fortran=match["fortran"] == "True")
    except (TypeError, ValueError, OverflowError) as error:
        raise FigproofError(f"has a header that does not fit its bytes: {error}", where=where) from error


def _view(body: bytes, dtype: np.dtype[Any], shape: tuple[int, ...], *, fortran: bool) -> npt.NDArray[Any]:
    if dtype.itemsize == 0 or len(shape) > MAX_DIMENSIONS:
        raise ValueError(f"dtype {dtype}, {len(shape)} dimensions")
    if math.prod(shape) * dtype.itemsize != len(body):
        raise ValueError(
            f"shape {shape} of {dtype} needs {math.prod(shape) * dtype.itemsize} bytes, not {len(body)}"
        )
    array = np.frombuffer(body, dtype=dtype).reshape(shape, order="F" if fortran else "C")
    native = np.asarray(array, dtype=dtype.newbyteorder("="), order="C")
    native.flags.writeable = False
    return native
