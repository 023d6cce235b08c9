"""The classes of differences, from the mildest to the gravest."""

from __future__ import annotations

from collections.abc import Iterable

NOTHING = "nothing"
METADATA = "metadata"
TEXT = "text rendering"
COLOURS = "colours"
PIXELS = "pixels"
NUMBERS = "numbers"
FILES = "files"

CLASSES = (NOTHING, METADATA, TEXT, COLOURS, PIXELS, NUMBERS, FILES)
"""``files`` is a file that only one side has, or that cannot be read."""


def gravest(classes: Iterable[str]) -> str:
    """The gravest of some classes; nothing if there is none."""
    return max(classes, key=CLASSES.index, default=NOTHING)
