"""The path that a PDF page is about to paint or to clip with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from figproof.lint.page import Matrix, Point
from figproof.lint.pdfstate import point_of


@dataclass
class Outline:
    """A path under construction, in points of the page; operators as in PDF 2.0, 8.5.2.

    Attributes
    ----------
    parts : list of list of Point
        Subpaths; of a curve its control points.
    closed : list of bool
        For each part.
    curved, clips : bool
        Whether it has a curve; whether it narrows the clip once it is painted.
    """

    parts: list[list[Point]] = field(default_factory=list)
    closed: list[bool] = field(default_factory=list)
    curved: bool = False
    clips: bool = False

    def move(self, operands: list[Any], ctm: Matrix) -> None:
        """``m``"""
        self.parts.append([point_of(operands, ctm)])
        self.closed.append(False)

    def line(self, operands: list[Any], ctm: Matrix) -> None:
        """``l``"""
        self.parts[-1].append(point_of(operands, ctm))

    def curve(self, operands: list[Any], ctm: Matrix) -> None:
        """``c``, ``v`` and ``y``"""
        self.curved = True
        for place in range(0, len(operands) - 1, 2):
            self.parts[-1].append(point_of(operands[place:], ctm))

    def rectangle(self, operands: list[Any], ctm: Matrix) -> None:
        """``re``"""
        x, y, width, height = (float(value) for value in operands[:4])
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
        self.parts.append([point_of(list(corner), ctm) for corner in corners])
        self.closed.append(True)

    def close(self, *_: Any) -> None:
        """``h``"""
        if self.parts:
            self.parts[-1].append(self.parts[-1][0])
            self.closed[-1] = True

    def clip(self, *_: Any) -> None:
        """``W`` and ``W*``"""
        self.clips = True


PATH_OPERATORS: Mapping[bytes, Callable[[Outline, list[Any], Matrix], None]] = {
    b"m": Outline.move,
    b"l": Outline.line,
    b"c": Outline.curve,
    b"v": Outline.curve,
    b"y": Outline.curve,
    b"re": Outline.rectangle,
    b"h": Outline.close,
    b"W": Outline.clip,
    b"W*": Outline.clip,
}
