"""One spelling for every value, so that equal content has equal bytes and one digest."""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

SIGNIFICANT_DIGITS = 9
_READ_BYTES = 1 << 20


def to_json_bytes(value: Any) -> bytes:
    """Canonical JSON: sorted keys, no spaces, UTF-8; NaN and infinities as ``{"$float": "nan"}``.

    Floats are written as Python's shortest repr, which reads back to the same double.
    """
    return json.dumps(
        _plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8", "surrogatepass")


def to_readable_json(value: Any) -> bytes:
    """Canonical JSON with one key a line and a final newline, for files that people review."""
    text = json.dumps(_plain(value), sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False)
    return (text + "\n").encode("utf-8", "surrogatepass")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": str(value)}
    return value


def digest_bytes(content: bytes) -> str:
    """SHA-256 as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def digest_json(value: Any) -> str:
    """SHA-256 of :func:`to_json_bytes`."""
    return digest_bytes(to_json_bytes(value))


def digest_file(path: Path) -> str:
    """SHA-256 of a file's bytes, read in pieces."""
    sha = hashlib.sha256()
    with path.open("rb") as stream:
        while piece := stream.read(_READ_BYTES):
            sha.update(piece)
    return sha.hexdigest()


def quantise(values: npt.ArrayLike, digits: int = SIGNIFICANT_DIGITS) -> npt.NDArray[np.float64]:
    """Round to significant digits, so that one-ulp noise of a processor moves no contour.

    Parameters
    ----------
    values : array_like, any shape
        NaN and infinities are kept.
    digits : int
        Significant decimal digits.

    Returns
    -------
    ndarray of float64, same shape
        Exactly the doubles that ``float(f"{value:.{digits - 1}e}")`` gives, without -0.0.
    """
    flat = np.asarray(values, dtype=np.float64).ravel()
    rounded = np.array([float(f"{value:.{digits - 1}e}") for value in flat], dtype=np.float64)
    return (rounded + 0.0).reshape(np.shape(values))


def array_bytes(array: npt.NDArray[Any]) -> bytes:
    """An array as the bytes of a ``.npy`` file, without pickle."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    return buffer.getvalue()
