"""The graphics state of a PDF page, and its numbers, points and dictionaries as Python's."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from pypdf.generic import DictionaryObject, NullObject, StreamObject

from figproof.lint.page import EVERYWHERE, IDENTITY, Box, Matrix, Point, Rgb
from figproof.lint.pdfcolour import GRAY, Space
from figproof.lint.pdftext import TextState


@dataclass
class State:
    """The graphics state."""

    ctm: Matrix
    clip: Box = EVERYWHERE
    stroke_space: Space = GRAY
    fill_space: Space = GRAY
    stroke: Rgb | None = (0.0, 0.0, 0.0)
    fill: Rgb | None = (0.0, 0.0, 0.0)
    stroke_alpha: float = 1.0
    fill_alpha: float = 1.0
    group_alpha: float = 1.0
    width: float = 1.0
    dash: tuple[float, ...] = ()
    text: TextState = field(default_factory=TextState)
    tiling: Any = None

    def copied(self) -> State:
        """A copy; ``copy.copy`` takes three times as long, and some makers save a state for each point."""
        copied = object.__new__(State)
        copied.__dict__.update(self.__dict__)
        copied.text = object.__new__(TextState)
        copied.text.__dict__.update(self.text.__dict__)
        return copied


def dictionary(item: Any) -> DictionaryObject:
    """The dictionary that an item is or refers to; an empty one for anything else."""
    found = item.get_object() if item is not None else None
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def matrix_of(operands: list[Any]) -> Matrix:
    """A matrix of six finite numbers.

    Raises
    ------
    ValueError
        Fewer, or not finite.
    """
    a, b, c, d, e, f = (float(value) for value in operands[:6])
    if not all(map(math.isfinite, (a, b, c, d, e, f))):
        raise ValueError("not finite")
    return a, b, c, d, e, f


def matrix_or_identity(item: Any) -> Matrix:
    """A matrix where an entry is one."""
    if isinstance(item, list) and len(item) == 6:
        return matrix_of([value.get_object() for value in item])
    return IDENTITY


def point_of(operands: list[Any], matrix: Matrix) -> Point:
    """A point on the page from two operands."""
    a, b, c, d, e, f = matrix
    x, y = float(operands[0]), float(operands[1])
    return a * x + c * y + e, b * x + d * y + f


def layer_of(reference: Any, holder: StreamObject | None) -> int:
    """Object number of an optional content group, -1 for none."""
    raw = holder.raw_get("/OC") if holder is not None and "/OC" in holder else reference
    number = getattr(raw, "idnum", None) or getattr(getattr(raw, "indirect_reference", None), "idnum", None)
    return number if isinstance(number, int) and not isinstance(raw, NullObject) else -1
