"""Gradients and shaded meshes of a PDF: the colours in them (PDF 2.0, 8.7.4.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from pypdf.generic import DictionaryObject, StreamObject

from figproof.lint.page import Page
from figproof.lint.pdfcolour import Space, read_space
from figproof.lint.pdffunction import Function, along, floats, function_of, whole

_STEPS = 64
_ALONG_A_LINE, _MESHES = (2, 3), (4, 5, 6, 7)
# Points and colours of a patch of its own, and of one that shares an edge with the last.
_PATCH = {6: ((12, 4), (8, 2)), 7: ((16, 4), (12, 2))}
_MOST_COLOURS, _MOST_PATCHES, _MOST_SHADINGS = 4_000, 50_000, 500


class Shading(NamedTuple):
    """Colours of a shading, sRGB from 0 to 1.

    Attributes
    ----------
    ramp : ndarray, shape (n, 3), or None
        Those along a gradient, or along the function that colours a mesh.
    colours : ndarray, shape (n, 3)
        Those of a mesh's corners, in no order.
    """

    ramp: npt.NDArray[np.float64] | None
    colours: npt.NDArray[np.float64]


def read_shading(given: Any, named: Any) -> Shading | None:
    """The colours of a shading; None for calculated ones and damaged ones.

    Parameters
    ----------
    given : object
        The shading's dictionary or stream.
    named : object
        The resources' ``/ColorSpace``.
    """
    item = given.get_object() if given is not None else None
    if not isinstance(item, DictionaryObject):
        return None
    none = np.empty((0, 3))
    try:
        kind = whole(item["/ShadingType"])
        space = read_space(item["/ColorSpace"], named)
        function = function_of(item.get("/Function"))
        if function is not None and kind in (*_ALONG_A_LINE, *_MESHES):
            return Shading(_ramp(item, kind, function, space), none)
        if kind in _MESHES and "/Function" not in item and isinstance(item, StreamObject):
            return Shading(None, _rgb(_corners(item, kind, space.components), space))
    except (KeyError, TypeError, ValueError, IndexError, OverflowError):
        return None
    return None


def _ramp(
    item: DictionaryObject, kind: int, function: Function, space: Space
) -> npt.NDArray[np.float64] | None:
    usual = floats(item["/Decode"])[4:6] if kind in _MESHES else [0.0, 1.0]
    domain = floats(item.get("/Domain")) or usual
    found = _rgb(along(function, domain, _STEPS), space)
    return found if len(found) == _STEPS else None


def _rgb(values: npt.NDArray[np.float64], space: Space) -> npt.NDArray[np.float64]:
    thinned = values[:: max(1, len(values) // _MOST_COLOURS)]
    found = [rgb for rgb in map(space.rgb, thinned.tolist()) if rgb is not None]
    return np.array(found, dtype=np.float64).reshape(-1, 3)


def _corners(item: StreamObject, kind: int, components: int) -> npt.NDArray[np.float64]:
    """Colours of a mesh's corners, shape (n, components); fields that are no whole bytes are not read."""
    place, part = whole(item["/BitsPerCoordinate"]), whole(item["/BitsPerComponent"])
    flag = 0 if kind == 5 else whole(item["/BitsPerFlag"])
    if place % 8 or flag % 8 or part not in (8, 16) or components < 1:
        raise ValueError("fields that are no whole bytes")
    decode = np.array(floats(item["/Decode"])[4 : 4 + 2 * components]).reshape(components, 2)
    width = components * part // 8
    data, point = item.get_data(), 2 * place // 8
    if kind in _PATCH:
        pieces = list(_of_patches(data, kind, flag // 8, point, width))
    else:
        step = flag // 8 + point + width
        pieces = [data[at + step - width : at + step] for at in range(0, len(data) - step + 1, step)]
    raw = np.frombuffer(b"".join(pieces), dtype=f">u{part // 8}").reshape(-1, components)
    found: npt.NDArray[np.float64] = decode[:, 0] + raw / (2.0**part - 1) * (decode[:, 1] - decode[:, 0])
    return found


def _of_patches(data: bytes, kind: int, flag: int, point: int, width: int) -> Iterator[bytes]:
    at = 0
    for _ in range(_MOST_PATCHES):
        if at + flag >= len(data):
            return
        joined = data[at + flag - 1] & 3 if flag else 0
        points, colours = _PATCH[kind][1 if joined else 0]
        start = at + flag + points * point
        at = start + colours * width
        if at <= len(data):
            yield data[start:at]


class Gradients:
    """Notes the colours of a page's shadings, of each once."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._seen: set[int] = set()

    def note(self, given: Any, named: Any) -> None:
        """Read a shading; ``named`` are the colour spaces of the page."""
        item = given.get_object() if given is not None else None
        if id(item) in self._seen or len(self._seen) >= _MOST_SHADINGS:
            return
        self._seen.add(id(item))
        shading = read_shading(item, named)
        if shading is None:
            return
        if shading.ramp is not None:
            self._page.ramps.append(shading.ramp)
        if len(shading.colours):
            self._page.shades.append(shading.colours)
