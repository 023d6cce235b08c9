"""Two versions of a picture, pixel by pixel, and a picture of where they differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from figproof.lint.page import Pixels
from figproof.proof.classes import COLOURS, METADATA, PIXELS

OLD_INK, NEW_INK, OTHER_INK = (213, 94, 0), (0, 114, 178), (204, 121, 167)
"""Vermilion, blue and purple of Okabe and Ito: told apart by every reader."""

# Of the changed pixels, how many a change of colours must explain; the rest lies where lines cross.
_EXPLAINED = 0.75
_GREY = 0.35
_LEAST_MARK = 0.4
_SAME_DARKNESS = 0.02
_WEIGHTS = np.array([0.2126, 0.7152, 0.0722])


@dataclass(frozen=True)
class PixelDifference:
    """How two pictures differ.

    Attributes
    ----------
    kind : str
        metadata for the same pixels, colours or pixels.
    changed, total : int
        Pixels that differ, of how many.
    largest : int
        Largest difference of a channel, of 255.
    box : (int, int, int, int) or None
        First and last column, first and last row of what differs.
    """

    kind: str
    changed: int
    total: int
    largest: int
    box: tuple[int, int, int, int] | None

    def text(self) -> str:
        """In a sentence."""
        if self.box is None:
            return "every pixel is the same"
        left, right, top, bottom = self.box
        return (
            f"{self.changed} of {self.total} pixels differ, by up to {self.largest} of 255, "
            f"in columns {left} to {right}, rows {top} to {bottom}"
        )


def compare_pixels(old: Pixels, new: Pixels) -> PixelDifference:
    """Compare two pictures.

    Parameters
    ----------
    old, new : ndarray of uint8, shape (rows, columns, 3)
        Where their sizes differ, the smaller is filled up with white at its right and lower edge.
    """
    before, after = _filled(old, new)
    gap = np.abs(before.astype(np.int16) - after).max(axis=-1)
    changed = gap > 0
    count = int(changed.sum())
    if not count and old.shape == new.shape:
        return PixelDifference(METADATA, 0, gap.size, 0, None)
    rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
    box = (columns[0], columns[-1], rows[0], rows[-1]) if count else (0, gap.shape[1] - 1, 0, len(gap) - 1)
    same_size = old.shape == new.shape
    kind = COLOURS if same_size and _is_recoloured(before, after, changed) else PIXELS
    return PixelDifference(kind, count, gap.size, int(gap.max()), tuple(map(int, box)))  # type: ignore[arg-type]


def _is_recoloured(old: Pixels, new: Pixels, changed: npt.NDArray[np.bool_]) -> bool:
    """Whether each old colour has become one new colour, and none of them another old place's paper."""
    pairs, counts = np.unique(_codes(old) << 24 | _codes(new), return_counts=True)
    before, after = pairs >> 24, pairs & 0xFFFFFF
    # Of each old colour the new colour that most of its pixels have.
    order = np.lexsort((-counts, before))
    first = order[np.unique(before[order], return_index=True)[1]]
    usual = after[first][np.searchsorted(before[first], before)]
    paper = before[np.argmax(counts)]
    moved = (before != after) & (before != paper) & (after != paper)
    return bool(counts[moved & (after == usual)].sum() >= _EXPLAINED * changed.sum())


def _codes(picture: Pixels) -> npt.NDArray[np.int64]:
    wide = picture.astype(np.int64)
    return (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2]


def overlay(old: Pixels, new: Pixels) -> Pixels:
    """Both pictures on each other: shared ink grey, old ink vermilion, new ink blue, other colours purple.

    Returns
    -------
    ndarray of uint8, shape (rows, columns, 3)
        As large as the larger of them.
    """
    before, after = _filled(old, new)
    darkness = [1 - picture.astype(np.float64) @ _WEIGHTS / 255 for picture in (before, after)]
    gone = np.clip(darkness[0] - darkness[1], 0, 1)
    came = np.clip(darkness[1] - darkness[0], 0, 1)
    changed = (before != after).any(axis=-1)
    other = changed & (np.maximum(gone, came) <= _SAME_DARKNESS)
    page = 255 - 255 * _GREY * np.minimum(*darkness)[..., None] * np.ones(3)
    for strength, ink in ((gone, OLD_INK), (came, NEW_INK), (other.astype(np.float64), OTHER_INK)):
        marked = strength > (_SAME_DARKNESS if ink is not OTHER_INK else 0)
        alpha = np.where(marked & changed, np.maximum(strength, _LEAST_MARK), 0)[..., None]
        page = page * (1 - alpha) + np.array(ink) * alpha
    return np.asarray(np.rint(page), dtype=np.uint8)


def side_by_side(old: Pixels, new: Pixels) -> Pixels:
    """Old, new and their overlay in one picture, a grey line between them."""
    before, after = _filled(old, new)
    line = np.full((len(before), 4, 3), 128, dtype=np.uint8)
    return np.ascontiguousarray(np.hstack([before, line, after, line, overlay(old, new)]))


def _filled(old: Pixels, new: Pixels) -> tuple[Pixels, Pixels]:
    rows, columns = (max(old.shape[axis], new.shape[axis]) for axis in (0, 1))

    def fill(picture: Pixels) -> Pixels:
        page = np.full((rows, columns, 3), 255, dtype=np.uint8)
        page[: picture.shape[0], : picture.shape[1]] = picture
        return page

    return fill(old), fill(new)
