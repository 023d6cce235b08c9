"""Rules on colours that stand for names: told apart by any reader, in grey, and by more than colour."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from figproof.colour import DEFICIENCIES, grey_steps, separations
from figproof.lint.backdrop import Backdrop, ratio
from figproof.lint.finding import Finding, broken, some
from figproof.lint.limits import Limits
from figproof.lint.page import Page, Pixels, Rgb, codes_of
from figproof.lint.rules_map import on_one_map
from figproof.lint.series import MOST_SERIES, Series, hexadecimal, series_of

# A colour of a raster is a series' if this many of its pixels have it, exactly.
_LEAST_SHARE, _LEAST_PIXELS = 1e-3, 30
_LEAST_CHROMA = 0.25
_SAME_COLOUR, _ON_THE_WAY = 0.06, 0.05
_MOST_COLOURS = 60
_ROWS_AT_ONCE = 512


def vectors(page: Page, limits: Limits) -> Iterator[Finding]:
    """Lines and markers of a page of vector graphics."""
    series = series_of(page)
    yield from _marks(series, page, limits)
    colours = np.array([one.rgb for one in series])
    if len(series) < 2 or on_one_map(colours):
        return
    apart = separations(colours, clip=True)
    steps = grey_steps(colours)
    close, grey, alone = [], [], []
    for first, second in combinations(range(len(series)), 2):
        if series[first].differs(series[second]):
            continue
        pair = f"{hexadecimal(series[first].rgb)} and {hexadecimal(series[second].rgb)}"
        worst = min(("normal", *DEFICIENCIES), key=lambda name: apart[name][first, second])
        distance = float(apart[worst][first, second])
        if distance < limits.colour_distance.value:
            close.append((distance, f"{pair} are {distance:.1f} apart ({worst})"))
        if limits.grey_step is not None and steps[first, second] < limits.grey_step.value:
            grey.append((steps[first, second], f"{pair} differ by {steps[first, second]:.1f} in lightness"))
        alone.append(pair)
    yield from _too_close(close, limits, "change a colour, or give each its own marker or dash")
    if grey and limits.grey_step is not None:
        yield broken(
            "series-grey",
            limits.grey_step,
            some([text for _, text in sorted(grey)], 3),
            f"{limits.grey_step.value:g} in J' or more, or another marker or dash",
            "give each series its own marker or dash, or colours of other lightness",
        )
    if alone and limits.not_colour_alone is not None:
        yield broken(
            "series-colour-alone",
            limits.not_colour_alone,
            some(alone, 3),
            limits.not_colour_alone.value,
            "give each series its own marker or dash",
        )


def _too_close(close: list[tuple[float, str]], limits: Limits, fix: str) -> Iterator[Finding]:
    if close:
        yield broken(
            "series-colour",
            limits.colour_distance,
            some([text for _, text in sorted(close)], 3),
            f"{limits.colour_distance.value:g} or more, or another marker or dash",
            fix,
        )


def _marks(series: list[Series], page: Page, limits: Limits) -> Iterator[Finding]:
    backdrop = Backdrop(page, panels=True)
    pale = []
    for one in series:
        paper = backdrop.at(one.place, one.order)
        seen = ratio(one.rgb, paper) if paper is not None else 21.0
        if seen < limits.mark_contrast.value:
            pale.append((seen, f"{hexadecimal(one.rgb)} {seen:.1f}:1"))
    if pale:
        yield broken(
            "mark-contrast",
            limits.mark_contrast,
            some([text for _, text in sorted(pale)]),
            f"{limits.mark_contrast.value:g}:1 or more",
            "darker colours, or larger marks with labels beside them",
        )


def pixels(picture: Pixels, limits: Limits) -> Iterator[Finding]:
    """Colours of a raster: dashes and markers are not seen there, so it is only a warning."""
    colours = named_colours(picture)
    if len(colours) < 2 or on_one_map(np.array(colours)):
        return
    apart = separations(np.array(colours), clip=True)
    close = []
    for first, second in combinations(range(len(colours)), 2):
        worst = min(("normal", *DEFICIENCIES), key=lambda name: apart[name][first, second])
        distance = float(apart[worst][first, second])
        if distance < limits.colour_distance.value:
            pair = f"{hexadecimal(colours[first])} and {hexadecimal(colours[second])}"
            close.append((distance, f"{pair} are {distance:.1f} apart ({worst})"))
    for finding in _too_close(close, limits, "change a colour unless marker or dash differ too"):
        yield Finding(finding.rule, "warning", finding.measured, finding.limit, finding.source, finding.fix)


def named_colours(picture: Pixels) -> list[Rgb]:
    """Chromatic colours of areas and lines, without the mixtures at their edges; none of a photo."""
    total = np.zeros(1 << 24, dtype=np.int32)
    for row in range(0, len(picture), _ROWS_AT_ONCE):
        block = picture[row : row + _ROWS_AT_ONCE].reshape(-1, 3)
        found, times = np.unique(codes_of(block), return_counts=True)
        total[found] += times.astype(np.int32)
    values = np.flatnonzero(total)
    counts = total[values]
    often = counts >= max(_LEAST_PIXELS, _LEAST_SHARE * picture.shape[0] * picture.shape[1])
    order = np.argsort(-counts[often], kind="stable")
    kept: list[Rgb] = []
    if often.sum() > _MOST_COLOURS * 10:
        return []
    for value in values[often][order].tolist():
        rgb = (value >> 16) / 255, (value >> 8 & 255) / 255, (value & 255) / 255
        if max(rgb) - min(rgb) >= _LEAST_CHROMA and not _is_mixture(rgb, kept):
            kept.append(rgb)
    return kept if len(kept) <= MOST_SERIES else []


def _is_mixture(rgb: Rgb, kept: list[Rgb]) -> bool:
    """Whether a colour lies between two more frequent ones, white and black among them."""
    here = np.array(rgb)
    ends = [*(np.array(one) for one in kept), np.ones(3), np.zeros(3)]
    if any(np.abs(here - end).max() < _SAME_COLOUR for end in ends):
        return True
    for first, second in combinations(ends, 2):
        way = second - first
        share = float(np.clip((here - first) @ way / (way @ way), 0, 1))
        if np.linalg.norm(here - first - share * way) < _ON_THE_WAY:
            return True
    return False
