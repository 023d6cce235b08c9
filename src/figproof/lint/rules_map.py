"""The rule on colours that stand for values: lightness tells their order, and it is no rainbow."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import scipy

from figproof.colour import INSTEAD, RAINBOWS, Array, Role, measure_colormap, to_ucs
from figproof.lint.finding import Finding
from figproof.lint.page import Image, Page, Path, Pixels

# Of the colours of a mesh or an image: how near in CAM02-UCS they lie to a colour map, how many of them,
# over how much of the map. Measured: images of jet have 0.99, of viridis 0.2 within 4 of jet.
_NEAR, _SHARE, _REACH = 4.0, 0.85, 0.4
_LEAST_CHROMA, _STRONG_CHROMA = 10.0, 18.0
# Hues of red, yellow, green, cyan and blue in CAM02-UCS; a line through all fills few cells of its space.
_HUES, _HUE_SHARE = (0, 65, 120, 165, 235, 310), 0.02
_CELL, _MOST_CELLS = 8.0, 130
_FEWEST_COLOURS, _MOST_COLOURS, _MOST_IMAGES = 24, 800, 8
_FEWEST_ON_MAP = 4
_SOUND = (
    *("viridis", "plasma", "inferno", "magma", "cividis", "coolwarm", "RdBu", "RdYlBu", "Spectral", "hot"),
    *("afmhot", "gnuplot", "YlGnBu", "YlOrRd", "PuOr", "PiYG", "twilight", "cubehelix", "Blues", "Reds"),
)
_BINS = 25
# A strip of at least so many colours is a colour bar; its lightness may go back by so much of J'.
_FEWEST_STEPS, _MOST_BARS, _DEEPEST = 32, 4, 2.5
_SAMPLES = 256
_MOST_STRIPS = 50
_FEWEST_LEVELS, _TOUCHING_PT, _LONGER, _REACH_OF_FEW = 6, 0.3, 3.0, 0.7


def vectors(page: Page) -> Iterator[Finding]:
    """Colour bars, meshes and images of a page."""
    strips = [*page.ramps, *_rectangle_strips(page.paths)]
    pictures = []
    largest = sorted(page.images, key=lambda image: -image.size_px[0] * image.size_px[1])
    for image in largest[:_MOST_IMAGES]:
        pixels = image.load() if _is_worth_a_look(image) else None
        if pixels is not None:
            pictures.append(pixels)
            strips += _strip_of(pixels)
    for strip in strips[:_MOST_STRIPS]:
        reason = _fault(strip)
        if reason:
            yield _finding(f"a colour bar: {reason}")
            return
    for steps in itertools.islice(_stepped_strips(page.paths), _MOST_STRIPS):
        name = _rainbow_of_steps(steps)
        if name:
            yield _finding(f"a colour bar: {len(steps)} steps of the rainbow {name}")
            return
    fills = [path.fill.rgb for path in page.paths if path.fill is not None and path.fill.rgb is not None]
    colours = [np.array(fills).reshape(-1, 3), *page.shades, *(_sample(pixels) for pixels in pictures)]
    yield from _of_colours(colours)


def pixels(picture: Pixels) -> Iterator[Finding]:
    """A whole raster file."""
    yield from _of_colours([_sample(picture)])


def _of_colours(groups: list[Array]) -> Iterator[Finding]:
    for colours in groups:
        name = rainbow_in(colours)
        if name:
            yield _finding(f"colours {name}")
            return


def _finding(measured: str) -> Finding:
    return Finding(
        "colour-map",
        "error",
        measured,
        "lightness rises all the way, or turns once",
        "figproof: Borland & Taylor, IEEE CG&A 27 (2007): bands that data lack, order that no one knows",
        f"use {INSTEAD['sequential']}; for signed values {INSTEAD['diverging']}",
    )


def rainbow_in(colours: Array) -> str:
    """The rainbow that most of the colours come from, ``""`` for none.

    Parameters
    ----------
    colours : ndarray of float64, shape (n, 3)
        sRGB, 0 to 1.
    """
    # As one number for each: sorting rows is a hundred times slower.
    codes = np.unique(np.round(colours * 255).astype(np.uint32) @ np.array([65536, 256, 1], dtype=np.uint32))
    distinct = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=1) / 255.0
    if len(distinct) < _FEWEST_COLOURS:
        return ""
    step = max(1, len(distinct) // _MOST_COLOURS)
    places = to_ucs(distinct[::step])
    places = places[np.hypot(places[:, 1], places[:, 2]) >= _LEAST_CHROMA]
    if len(places) < _FEWEST_COLOURS:
        return ""
    shares = {name: _share(places, name) for name in RAINBOWS}
    name = max(RAINBOWS, key=lambda name: shares[name][0])
    share, reach = shares[name]
    sound = max(_share(places, sound)[0] for sound in _SOUND)
    if share >= _SHARE and reach >= _REACH and sound < share:
        return f"of the rainbow {name}"
    return "of a rainbow" if sound < _SHARE and _runs_through_all_hues(places) else ""


def _runs_through_all_hues(places: Array) -> bool:
    """Whether strong red, yellow, green, cyan and blue lie on one line in space, as in no photo."""
    strong = places[np.hypot(places[:, 1], places[:, 2]) >= _STRONG_CHROMA]
    if len(strong) < _FEWEST_COLOURS:
        return False
    hues = np.degrees(np.arctan2(strong[:, 2], strong[:, 1])) % 360
    counts = np.histogram(hues, bins=_HUES)[0]
    cells = np.unique(np.floor(places / _CELL).astype(int), axis=0)
    return bool((counts >= _HUE_SHARE * len(places)).all()) and len(cells) <= _MOST_CELLS


def on_one_map(colours: Array) -> bool:
    """Whether a few colours were taken from one colour map: they stand for values, in order."""
    places = to_ucs(colours.reshape(-1, 3))
    return len(places) >= _FEWEST_ON_MAP and any(
        _share(places, name)[0] >= _SHARE for name in (*_SOUND, *RAINBOWS)
    )


def _share(places: Array, name: str) -> tuple[float, float]:
    """Part of the places that lie on a colour map, and part of the map that they lie on."""
    far, nearest = _tree(name).query(places)
    on = far < _NEAR
    bins = np.unique(nearest[on] * _BINS // _SAMPLES)
    return float(on.mean()), len(bins) / _BINS


@functools.cache
def _tree(name: str) -> scipy.spatial.cKDTree:
    return scipy.spatial.cKDTree(to_ucs(mpl.colormaps[name](np.linspace(0, 1, _SAMPLES))[:, :3]))


def _fault(strip: Array) -> str:
    """What is wrong with the colours of a colour bar, from one end to the other."""
    if len(np.unique(np.round(strip * 255), axis=0)) < _FEWEST_COLOURS:
        return ""
    roles: tuple[Role, ...] = ("sequential", "diverging", "cyclic")
    ramps = [measure_colormap(strip, role) for role in roles]
    if ramps[0].rainbow:
        return f"the rainbow {ramps[0].rainbow}"
    depth = min(ramp.depth for ramp in ramps)
    if depth > _DEEPEST:
        return f"lightness J' goes back by {ramps[0].depth:.0f}"
    return ""


def _rainbow_of_steps(steps: Array) -> str:
    """The rainbow that a few colours go through in order, ``""`` for none.

    Of lightness alone few steps say too little: bars of a legend may touch, too.
    """
    places = to_ucs(steps)
    if max(_share(places, sound)[0] for sound in _SOUND) >= _SHARE:
        return ""
    for name in RAINBOWS:
        far, nearest = _tree(name).query(places)
        turns = np.diff(np.sign(np.diff(nearest)))
        if (far < _NEAR).all() and not turns.any() and np.ptp(nearest) >= _REACH_OF_FEW * _SAMPLES:
            return name
    return ""


def _stepped_strips(paths: list[Path]) -> Iterator[Array]:
    """Rows and columns of a few filled rectangles, edge to edge: the colour bar of a contour plot."""
    rows: dict[tuple[str, float, float], list[tuple[float, float, tuple[float, ...]]]] = {}
    for path in paths:
        if path.fill is None or path.fill.rgb is None or len(path.parts) != 1 or path.points > 5:
            continue
        left, bottom, right, top = path.box
        rows.setdefault(("x", round(left, 1), round(right, 1)), []).append((bottom, top, path.fill.rgb))
        rows.setdefault(("y", round(bottom, 1), round(top, 1)), []).append((left, right, path.fill.rgb))
    for _, cells in sorted(rows.items()):
        cells.sort()
        # Behind the cells of a colour bar may lie its paper.
        usual = float(np.median([end - start for start, end, _ in cells]))
        cells = [cell for cell in cells if cell[1] - cell[0] < _LONGER * usual]
        touching = all(abs(one[1] - other[0]) < _TOUCHING_PT for one, other in itertools.pairwise(cells))
        colours = [rgb for _, _, rgb in cells]
        if _FEWEST_LEVELS <= len(cells) < _FEWEST_STEPS and touching and len(set(colours)) == len(cells):
            yield np.array(colours)


def _rectangle_strips(paths: list[Path]) -> list[Array]:
    """Rows and columns of many filled rectangles side by side, as colour bars are drawn."""
    rows: dict[tuple[str, float, float], list[tuple[float, tuple[float, ...]]]] = {}
    for path in paths:
        if path.fill is None or path.fill.rgb is None or len(path.parts) != 1 or path.points > 5:
            continue
        left, bottom, right, top = path.box
        rows.setdefault(("x", round(left, 1), round(right, 1)), []).append((bottom, path.fill.rgb))
        rows.setdefault(("y", round(bottom, 1), round(top, 1)), []).append((left, path.fill.rgb))
    long = {key: cells for key, cells in rows.items() if len(cells) >= _FEWEST_STEPS}
    strips = []
    for side in "xy":
        alike = [cells for (where, _, _), cells in long.items() if where == side]
        # Many of them side by side are the rows of a heatmap, whose values go up and down.
        if 1 <= len(alike) <= _MOST_BARS:
            strips += [np.array([rgb for _, rgb in sorted(cells)]) for cells in alike]
    return [strip for strip in strips if _is_smooth(strip)]


def _strip_of(pixels: Pixels) -> list[Array]:
    """The colours along an image whose rows, or columns, are all the same."""
    found = []
    for turned in (pixels, pixels.transpose(1, 0, 2)):
        line = turned[:, turned.shape[1] // 2].astype(np.float64) / 255
        same = np.abs(turned[:, :: max(1, turned.shape[1] // 16)].astype(int) - (line * 255)[:, None]).max()
        if len(line) >= _FEWEST_STEPS and turned.shape[0] > 3 * turned.shape[1] and same <= 3:
            found.append(line)
    return [strip for strip in found if _is_smooth(strip)]


def _is_smooth(strip: Array) -> bool:
    """Whether neighbours are alike, as in a colour bar and not in a row of a heatmap."""
    steps = np.linalg.norm(np.diff(strip, axis=0), axis=1)
    return float(np.quantile(steps, 0.95)) < 0.15


def _is_worth_a_look(image: Image) -> bool:
    return image.bits > 1 and image.size_px[0] * image.size_px[1] >= _FEWEST_COLOURS


def _sample(pixels: Pixels) -> npt.NDArray[np.float64]:
    flat = pixels.reshape(-1, 3)
    return flat[:: max(1, len(flat) // 100_000)].astype(np.float64) / 255
