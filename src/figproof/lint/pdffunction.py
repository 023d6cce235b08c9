"""Functions of a PDF with one input (PDF 2.0, 7.10), as gradients use them; pypdf reads none."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from pypdf.generic import DictionaryObject, StreamObject

Function = Callable[[float], list[float]]

_DEEPEST, _MOST_PARTS, _MOST_SAMPLES = 4, 1000, 1_000_000
_WHOLE_BYTES = {8: ">u1", 16: ">u2", 32: ">u4"}


def function_of(given: Any, depth: int = 0) -> Function | None:
    """The function, None for calculated ones, those of several inputs and damaged ones.

    Parameters
    ----------
    given : object
        A function's dictionary or stream, or a list of functions with one output each.
    """
    item = given.get_object() if given is not None else None
    if depth > _DEEPEST:
        return None
    if isinstance(item, list):
        parts = [function_of(part, depth + 1) for part in item[:4]]
        known = [part for part in parts if part is not None]
        return (lambda t: [one(t)[0] for one in known]) if known and len(known) == len(item) else None
    if not isinstance(item, DictionaryObject):
        return None
    try:
        return _READERS[whole(item["/FunctionType"])](item, depth)
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        return None


def floats(given: Any) -> list[float]:
    """A PDF's array as numbers."""
    item = given.get_object() if hasattr(given, "get_object") else given or []
    return [float(value.get_object()) for value in item]


def whole(given: Any) -> int:
    """A PDF's number as an integer."""
    return int(given.get_object())


def _held(function: Function, domain: list[float]) -> Function:
    low, high = domain[0], domain[1]
    return lambda t: function(min(max(t, low), high))


def _sampled(item: DictionaryObject, _: int) -> Function | None:
    """Type 0, with one input and samples of whole bytes."""
    domain, limits, sizes = floats(item["/Domain"]), floats(item["/Range"]), floats(item["/Size"])
    count, outputs = int(sizes[0]), len(limits) // 2
    if len(domain) != 2 or count < 1 or count * outputs > _MOST_SAMPLES or not isinstance(item, StreamObject):
        return None
    depth = whole(item["/BitsPerSample"])
    raw = np.frombuffer(item.get_data(), dtype=_WHOLE_BYTES[depth], count=count * outputs)
    encode = floats(item.get("/Encode")) or [0.0, count - 1.0]
    decode = np.array(floats(item.get("/Decode")) or limits).reshape(-1, 2)
    values = decode[:, 0] + raw.reshape(count, outputs) / (2.0**depth - 1) * (decode[:, 1] - decode[:, 0])

    def at(t: float) -> list[float]:
        place = encode[0] + (t - domain[0]) / (domain[1] - domain[0] or 1.0) * (encode[1] - encode[0])
        return [float(np.interp(place, np.arange(count), values[:, column])) for column in range(outputs)]

    return _held(at, domain)


def _exponential(item: DictionaryObject, _: int) -> Function:
    """Type 2."""
    first, last = floats(item.get("/C0")) or [0.0], floats(item.get("/C1")) or [1.0]
    power = floats([item["/N"]])[0]
    if not 0 < power < 100:
        raise ValueError("not a gradient's")
    return _held(
        lambda t: [a + max(t, 0.0) ** power * (b - a) for a, b in zip(first, last, strict=True)],
        floats(item["/Domain"]),
    )


def _stitched(item: DictionaryObject, depth: int) -> Function | None:
    """Type 3."""
    domain, bounds, encode = floats(item["/Domain"]), floats(item["/Bounds"]), floats(item["/Encode"])
    inner: Any = item["/Functions"]
    parts = [function_of(part, depth + 1) for part in inner[:_MOST_PARTS]]
    known = [part for part in parts if part is not None]
    edges = [domain[0], *bounds, domain[1]]
    if len(known) != len(inner) or len(edges) != len(known) + 1 or any(a > b for a, b in pairwise(edges)):
        return None

    def at(t: float) -> list[float]:
        number = min(bisect_right(bounds, t), len(known) - 1)
        low, high = edges[number], edges[number + 1]
        share = (t - low) / (high - low) if high > low else 0.0
        return known[number](encode[2 * number] + share * (encode[2 * number + 1] - encode[2 * number]))

    return _held(at, domain)


_READERS: dict[int, Callable[[DictionaryObject, int], Function | None]] = {
    0: _sampled,
    2: _exponential,
    3: _stitched,
}


def along(function: Function, domain: list[float], steps: int) -> npt.NDArray[np.float64]:
    """Values of a function, shape (steps, outputs), evenly over its domain."""
    return np.array([function(t) for t in np.linspace(domain[0], domain[1], steps).tolist()])
