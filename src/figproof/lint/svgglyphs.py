"""Text that Matplotlib writes as outlines (``svg.fonttype: path``, its default), read back.

It puts the text in a comment, and the outlines at 100 units for the font size, so that the scale of
the group is a hundredth of the size; a superscript's outlines are scaled once more.
"""

from __future__ import annotations

import math
import re

import numpy as np

from figproof.lint.page import Ink, Matrix, Run, apply, times, upright_scale
from figproof.lint.svgtree import Element
from figproof.lint.svgunits import length, outline, transform

_UNITS = 100.0
_GLYPH_ID = re.compile(r"(.+)-[0-9a-f]+$")


def is_glyphs(element: Element) -> bool:
    """Whether a group is a text of Matplotlib's: it follows a comment and holds uses of outlines."""
    if element.tag != "g":
        return False
    uses = [child for child in element.children if child.tag == "use"]
    return (
        element.before is not None
        and element.before.tag == "#comment"
        and bool(uses)
        and all(_GLYPH_ID.match(use.get("href").removeprefix("#")) for use in uses)
    )


def glyph_run(
    element: Element, matrix: Matrix, ids: dict[str, Element], ink: Ink | None, order: int
) -> Run | None:
    """The whole text as one run, with the size of its smallest glyph."""
    if ink is None or element.before is None:
        return None
    sizes, points = [], []
    for use in (child for child in element.children if child.tag == "use"):
        target = ids.get(use.get("href").removeprefix("#"))
        if target is None:
            continue
        x, y = length(use.get("x"), 0.0), length(use.get("y"), 0.0)
        moved = times((1, 0, 0, 1, x, y), transform(use.get("transform")))
        sizes.append(_UNITS * upright_scale(times(moved, matrix)))
        inner = times(transform(target.get("transform")), moved)
        points += [apply(inner, contour[0]) for contour in outline(target.get("d")) if contour[0]]
    if not points:
        return None
    found = np.concatenate(points)
    (left, low), (right, high) = found.min(axis=0), found.max(axis=0)
    corners = apply(matrix, [(left, low), (right, low), (right, high), (left, high)])
    along = corners[1] - corners[0]
    font = _GLYPH_ID.match(element.children[-1].get("href").removeprefix("#"))
    return Run(
        text=_plain(element.before.text),
        size_pt=min(sizes),
        corners=corners,
        angle=math.degrees(math.atan2(along[1], along[0])),
        ink=ink,
        font=font[1] if font else "outlines",
        order=order,
    )


def _plain(text: str) -> str:
    """Mathtext without its marks; Matplotlib writes ``--`` as ``- -`` in comments."""
    return re.sub(r"[${}\\]|\\mathdefault", "", text.replace("\\mathdefault", "")).strip()
