"""Rules on lines as they are drawn."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

from figproof.lint.backdrop import Backdrop, ratio
from figproof.lint.finding import Finding, broken, some
from figproof.lint.limits import LINE_SLACK, Limits
from figproof.lint.page import Page, Path

# Nearer to the paper than this a line is a gap between cells, not a line.
_SEEN_CONTRAST = 1.05
_MARKER_PT = 14.0
_MOST_CORES = 8


def widths(page: Page, limits: Limits) -> Iterator[Finding]:
    """Thinnest and thickest line."""
    drawn = list(_seen(page))
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


def _seen(page: Page) -> Iterator[Path]:
    """The lines that a reader sees, white ones on a panel among them.

    Of a wide line with a narrower one on it, only the rims are seen: a halo, or a line with an outline.
    """
    panels = Backdrop(page, panels=True)
    above: dict[tuple[bytes, ...], list[Path]] = defaultdict(list)
    for path in page.paths:
        if path.stroke is not None or path.fill is not None:
            above[_place(path)].append(path)
    for path in page.paths:
        if not (is_line(path) or _is_on_a_panel(path, panels)):
            continue
        same = above[_place(path)]
        later = same[bisect_right(same, path.order, key=lambda other: other.order) :]
        cores = [other for other in later[:_MOST_CORES] if _covers(other, path)]
        if not cores:
            yield path
        elif not any(core.fill is not None or is_line(core) for core in cores):
            yield replace(path, width_pt=(path.width_pt - max(core.width_pt for core in cores)) / 2)


def _place(path: Path) -> tuple[bytes, ...]:
    return tuple(part.round(2).tobytes() for part in path.parts)


def _covers(core: Path, path: Path) -> bool:
    """Whether a path on the same points hides the middle of a line."""
    if core.fill is not None:
        return core.fill.alpha == 1
    return (
        core.stroke is not None and core.stroke.alpha == 1 and core.width_pt < path.width_pt and not core.dash
    )


def _is_on_a_panel(path: Path, panels: Backdrop) -> bool:
    """Whether a line is white, or of any colour, and its panel is of another."""
    if path.stroke is None or path.stroke.alpha == 0 or path.fill is not None or not path.parts:
        return False
    part = path.parts[0]
    place = (part[0] + part[-1]) / 2 if len(part) == 2 else part[len(part) // 2]
    paper = panels.at((float(place[0]), float(place[1])), path.order)
    seen = path.stroke.on(paper) if paper is not None else None
    return paper is not None and seen is not None and ratio(seen, paper) > _SEEN_CONTRAST


def is_line(path: Path) -> bool:
    """Whether a reader sees the stroke as a line: not paper-white, not the fill's own edge."""
    stroke = path.stroke
    if stroke is None or stroke.alpha == 0:
        return False
    if path.fill is not None and (path.fill == stroke or _is_small(path)):
        return False
    seen = stroke.on()
    return seen is None or ratio(seen) > _SEEN_CONTRAST


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
