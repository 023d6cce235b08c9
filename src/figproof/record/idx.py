"""The idx format of MNIST (LeCun, Cortes & Burges), read with bounds.

Two zero bytes, a type, the number of dimensions, each size as a big-endian 32-bit integer, the values.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from figproof.errors import FigproofError

MAX_BYTES = 512 * 1024**2
_UNSIGNED_BYTE = 0x08


def read_idx(path: Path, *, max_bytes: int = MAX_BYTES) -> npt.NDArray[np.uint8]:
    """Read one idx file of unsigned bytes, plain or gzipped (by its first bytes, not by its name).

    Raises
    ------
    FigproofError
        Cannot be read, another type, more than ``max_bytes``, or another length than the header claims.
    """
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            with gzip.open(raw, "rb") if packed else raw as stream:
                content = stream.read(max_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise FigproofError(f"cannot be read: {error}", where=str(path)) from error
    if len(content) > max_bytes:
        raise FigproofError(f"holds more than {max_bytes} bytes", where=str(path))
    return parse_idx(content, str(path))


def parse_idx(content: bytes, where: str) -> npt.NDArray[np.uint8]:
    """The array of an idx file's bytes; errors as :func:`read_idx`."""
    if len(content) < 4 or content[:2] != b"\0\0":
        raise FigproofError("is not an idx file: it does not begin with two zero bytes", where=where)
    if content[2] != _UNSIGNED_BYTE:
        raise FigproofError(
            f"holds values of type 0x{content[2]:02x}; read are unsigned bytes (0x08)", where=where
        )
    dimensions = content[3]
    start = 4 + 4 * dimensions
    if not 1 <= dimensions <= 4 or len(content) < start:
        raise FigproofError(
            f"claims {dimensions} dimensions in {len(content)} bytes; 1 to 4 are read", where=where
        )
    shape = tuple(int(size) for size in np.frombuffer(content, ">u4", dimensions, offset=4))
    if math.prod(shape) != len(content) - start:
        raise FigproofError(f"claims shape {shape} but holds {len(content) - start} values", where=where)
    return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
