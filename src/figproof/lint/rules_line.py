"""Rules on lines as they are drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from figproof.colour import contrast
from figproof.lint.finding import Finding, broken, some
from figproof.lint.limits import LINE_SLACK, Limits
from figproof.lint.page import Page, Path

# Nearer to the paper than this a line is a gap between cells, not a line.
_SEEN_CONTRAST = 1.05
_MARKER_PT = 14.0


def widths(page: Page, limits: Limits) -> Iterator[Finding]:
    """Thinnest and thickest line."""
    drawn = [path for path in page.paths if is_line(path)]
    if limits.min_line_pt is not None:
        least = limits.min_line_pt.value
        thin = _named(path for path in drawn if path.width_pt < least * (1 - LINE_SLACK))
        if thin:
            yield broken(
                "line-width",
                limits.min_line_pt,
                some(thin),
                f"{least:g} pt or more",
                "draw lines, axes and ticks thicker, at the figure's final width",
            )
    if limits.max_line_pt is not None:
        most = limits.max_line_pt.value
        thick = _named(path for path in drawn if path.width_pt > most * (1 + LINE_SLACK))
        if thick:
            yield broken(
                "line-width-max", limits.max_line_pt, some(thick), f"up to {most:g} pt", "draw it thinner"
            )


def is_line(path: Path) -> bool:
    """Whether a reader sees the stroke as a line: not paper-white, not the fill's own edge."""
    stroke = path.stroke
    if stroke is None or stroke.alpha == 0:
        return False
    if path.fill is not None and (path.fill == stroke or _is_small(path)):
        return False
    seen = stroke.on()
    return seen is None or float(contrast(np.array(seen), np.ones(3))) > _SEEN_CONTRAST


def _is_small(path: Path) -> bool:
    """Whether it is a marker, whose edge is no line."""
    left, bottom, right, top = path.box
    return max(right - left, top - bottom) <= _MARKER_PT


def _named(paths: Iterator[Path]) -> list[str]:
    counted = Counter(round(path.width_pt, 3) for path in paths)
    return [
        f"{width:.2g} pt ({count} line{'s' if count > 1 else ''})" if width else f"hairline ({count})"
        for width, count in sorted(counted.items())
    ]
