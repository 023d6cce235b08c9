"""Colours of a PDF as sRGB, as a screen shows them without a colour profile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from figproof.lint.page import Rgb

_COMPONENTS = {
    "/DeviceGray": 1,
    "/CalGray": 1,
    "/G": 1,
    "/DeviceRGB": 3,
    "/CalRGB": 3,
    "/RGB": 3,
    "/DeviceCMYK": 4,
    "/CMYK": 4,
}
_DEEPEST = 5


@dataclass(frozen=True)
class Space:
    """A colour space: how many numbers a colour has, and how a tint becomes one of another space."""

    components: int
    alternate: Space | None = None
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    pattern: bool = False

    def rgb(self, values: list[float]) -> Rgb | None:
        """The colour, None where this space is not read (Lab, patterns, calculated tints)."""
        if self.pattern or len(values) < self.components:
            return None
        if self.alternate is not None:
            if not self.low or not self.high:
                return None
            tint = min(max(values[0], 0.0), 1.0)
            return self.alternate.rgb([a + tint * (b - a) for a, b in zip(self.low, self.high, strict=False)])
        return device_rgb(values[: self.components])


GRAY, RGB, CMYK = Space(1), Space(3), Space(4)
UNREAD = Space(0, pattern=True)


def device_rgb(values: list[float]) -> Rgb | None:
    """Grey, RGB or CMYK by the number of values; CMYK by the formula of PDF 2.0, 10.4.2.4."""
    held = [min(max(float(value), 0.0), 1.0) for value in values]
    if len(held) == 1:
        return held[0], held[0], held[0]
    if len(held) == 3:
        return held[0], held[1], held[2]
    if len(held) == 4:
        black = held[3]
        return 1 - min(1, held[0] + black), 1 - min(1, held[1] + black), 1 - min(1, held[2] + black)
    return None


def read_space(given: Any, named: Any, depth: int = 0) -> Space:
    """A colour space from its name or array; ``named`` is the resources' ``/ColorSpace``."""
    item = given.get_object() if hasattr(given, "get_object") else given
    if depth > _DEEPEST:
        return UNREAD
    if isinstance(item, str):
        if item in _COMPONENTS:
            return Space(_COMPONENTS[item])
        inside = named.get(item) if named is not None and hasattr(named, "get") else None
        return read_space(inside, None, depth + 1) if inside is not None else UNREAD
    if not isinstance(item, list) or not item:
        return UNREAD
    kind = item[0].get_object()
    if kind in _COMPONENTS:
        return Space(_COMPONENTS[kind])
    if kind == "/ICCBased" and len(item) > 1:
        profile = item[1].get_object()
        count = profile.get("/N") if hasattr(profile, "get") else None
        return Space(int(count)) if count in (1, 3, 4) else UNREAD
    if kind in ("/Separation", "/DeviceN") and len(item) > 3:
        return _tint(item, named, depth)
    return UNREAD


def _tint(item: list[Any], named: Any, depth: int) -> Space:
    """A spot colour whose tint is an exponential function of one input, as most programs write it."""
    alternate = read_space(item[2], named, depth + 1)
    function = item[3].get_object()
    names = item[1].get_object()
    if isinstance(names, list) and len(names) != 1:
        return UNREAD
    if hasattr(function, "get") and function.get("/FunctionType") == 2 and function.get("/N", 1) == 1:
        low, high = (
            [float(v) for v in function.get(key, [default])] for key, default in (("/C0", 0.0), ("/C1", 1.0))
        )
        return Space(1, alternate, tuple(low), tuple(high))
    spot = names[0] if isinstance(names, list) else names
    if spot in ("/Black", "/All"):
        return Space(1, GRAY, (1.0,), (0.0,))
    return Space(1, alternate)
