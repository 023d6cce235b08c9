"""Rules on text as it is seen: size, place, overlap and contrast."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from figproof.lint.backdrop import Backdrop, ratio
from figproof.lint.finding import Finding, broken, quoted, some
from figproof.lint.limits import SIZE_SLACK_PT, Limits
from figproof.lint.page import Page, Run

_OUTSIDE_PT, _OUTSIDE_SHARE, _ASIDE_PT, _CENTRED_PT = 0.5, 0.1, 36.0, 3.0
# As figproof.camera has it: share of the lower text's height that two texts may have in common.
_OVERLAP_SHARE = 0.15
# Below this part of a size, a text that was drawn again is a shadow or bold type.
_SAME_PLACE = 0.25
_MOST_COMPARED, _MOST_PAIRS = 4000, 20_000
_LARGE_PT = 18.0
# Ratios are rounded to a tenth when colours are chosen for them.
_RATIO_SLACK = 0.05


def sizes(page: Page, limits: Limits) -> Iterator[Finding]:
    """Smallest and largest text as rendered."""
    seen = [run for run in page.runs if math.isfinite(run.size_pt)]
    if limits.min_text_pt is not None:
        least = limits.min_text_pt.value
        small = sorted((r for r in seen if r.size_pt < least - SIZE_SLACK_PT), key=lambda r: r.size_pt)
        if small:
            named = some([f"{run.size_pt:.2g} pt {quoted(run.text)}" for run in small])
            yield broken(
                "text-size",
                limits.min_text_pt,
                named,
                f"{least:g} pt or more",
                "draw it at its final width with larger text; sub- and superscripts are 0.7 of theirs",
            )
    if limits.max_text_pt is not None:
        most = max(limits.max_text_pt.value, 0.0)
        letter = max(most, limits.panel_letter_pt)
        large = [
            run
            for run in seen
            if run.size_pt > (letter if len(run.text.strip("().")) == 1 else most) + SIZE_SLACK_PT
        ]
        if large:
            named = some([f"{run.size_pt:.3g} pt {quoted(run.text)}" for run in large])
            yield broken("text-size-max", limits.max_text_pt, named, f"up to {most:g} pt", "set it smaller")


def outside(page: Page, limits: Limits) -> Iterator[Finding]:
    """Text that the edge of the page cuts."""
    out = []
    for run in page.runs:
        left, bottom, right, top = run.box
        over = max(-left, -bottom, right - page.width_pt, top - page.height_pt)
        if max(-right, -top, left - page.width_pt, bottom - page.height_pt) > _ASIDE_PT:
            # Far off the paper lies what a drawing program's user put aside.
            continue
        if top < 0 and run.text.isdigit() and abs((left + right) / 2 - page.width_pt / 2) < _CENTRED_PT:
            # The number that LaTeX puts below a page.
            continue
        if over > max(_OUTSIDE_PT, _OUTSIDE_SHARE * _height(run)):
            out.append(f"{quoted(run.text)} by {over:.1f} pt")
    if out:
        yield Finding(
            "text-outside",
            "error",
            some(out),
            "all text on the page",
            "figproof: what is cut cannot be read",
            "leave more room at that side, or shorten the text",
        )


def overlaps(page: Page, limits: Limits) -> Iterator[Finding]:
    """Pairs of texts whose ink shares a place; accents, radicals and text drawn twice do not count."""
    runs = [run for run in page.runs if any(letter.isalnum() for letter in run.text) or not run.text]
    pairs = [f"{quoted(a.text)} and {quoted(b.text)}" for a, b in _overlapping(runs[:_MOST_COMPARED])]
    if pairs:
        yield Finding(
            "text-overlap",
            "error",
            f"{len(pairs)} pair{'s' if len(pairs) > 1 else ''}: {some(pairs, 3)}",
            "none",
            "figproof: overlapping text cannot be read",
            "show fewer ticks or labels, set them smaller, or move one",
        )


def _overlapping(runs: list[Run]) -> Iterator[tuple[Run, Run]]:
    if len(runs) < 2:
        return
    boxes = np.array([run.box for run in runs])
    wide = np.minimum(boxes[:, None, 2], boxes[None, :, 2]) - np.maximum(boxes[:, None, 0], boxes[None, :, 0])
    high = np.minimum(boxes[:, None, 3], boxes[None, :, 3]) - np.maximum(boxes[:, None, 1], boxes[None, :, 1])
    near = np.argwhere(np.triu((wide > 0) & (high > 0), 1))
    for first, second in near[:_MOST_PAIRS].tolist():
        one, other = runs[first], runs[second]
        if _is_copy(one, other):
            continue
        allowed = _OVERLAP_SHARE * min(_height(one), _height(other))
        if _depth(one.corners, other.corners) > allowed:
            yield one, other


def _is_copy(one: Run, other: Run) -> bool:
    """The same text a second time: a shadow, a halo, or bold type made of two strikes."""
    if one.text != other.text:
        return False
    return float(np.abs(one.corners - other.corners).max()) < _SAME_PLACE * max(_height(one), _height(other))


def _height(run: Run) -> float:
    sides = run.corners[1] - run.corners[0], run.corners[3] - run.corners[0]
    return min(math.hypot(*sides[0]), math.hypot(*sides[1]))


def _depth(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """How deep two rectangles lie in one another, 0 if apart: the least overlap along their sides."""
    least = math.inf
    for corners in (one, other):
        for side in (corners[1] - corners[0], corners[3] - corners[0]):
            length = math.hypot(*side)
            if not length:
                return 0.0
            a, b = one @ (side / length), other @ (side / length)
            least = min(least, float(min(a.max(), b.max()) - max(a.min(), b.min())))
    return max(least, 0.0)


def contrasts(page: Page, limits: Limits) -> Iterator[Finding]:
    """Contrast of text with what was painted behind it before."""
    backdrop = Backdrop(page)
    poor: dict[bool, list[tuple[float, str]]] = {False: [], True: []}
    for run in page.runs[:_MOST_COMPARED]:
        large = run.size_pt >= _LARGE_PT
        limit = limits.large_text_contrast if large else limits.text_contrast
        ratio = _contrast(run, backdrop)
        if ratio is not None and ratio < limit.value - _RATIO_SLACK:
            poor[large].append((ratio, run.text))
    for large, found in poor.items():
        if found:
            limit = limits.large_text_contrast if large else limits.text_contrast
            named = some([f"{ratio:.1f}:1 {quoted(text)}" for ratio, text in sorted(found)])
            yield broken(
                "text-contrast", limit, named, f"{limit.value:g}:1 or more", "set it darker, or in black"
            )


def _contrast(run: Run, backdrop: Backdrop) -> float | None:
    """The best ratio at three places of a text: a mark that crosses it elsewhere is not its paper."""
    left, right = run.corners[[0, 3]].mean(axis=0), run.corners[[1, 2]].mean(axis=0)
    ratios = []
    for share in (0.1, 0.5, 0.9):
        x, y = (left + share * (right - left)).tolist()
        paper = backdrop.at((x, y), run.order)
        ink = run.ink.on(paper) if paper is not None else None
        if paper is not None and ink is not None:
            ratios.append(ratio(ink, paper))
    return max(ratios, default=None)
