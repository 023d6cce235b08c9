"""Read an SVG of any maker into the same page as a PDF."""

from __future__ import annotations

import base64
import binascii
import functools
import math
import re
from dataclasses import dataclass, replace

import numpy as np

from figproof.lint.page import (
    EVERYWHERE,
    TOO_MUCH,
    Box,
    Font,
    Image,
    Ink,
    Matrix,
    Page,
    Path,
    Pixels,
    Point,
    Unreadable,
    apply,
    box_of,
    is_empty,
    keep,
    meet,
    scale_of,
    times,
)
from figproof.lint.raster import MOST_PIXELS, open_image, pixels_of
from figproof.lint.svgglyphs import glyph_run, is_glyphs
from figproof.lint.svgtext import text_runs
from figproof.lint.svgtree import MOST_ELEMENTS, Element, Styles, read_tree
from figproof.lint.svgunits import PX, Contour, colour, length, numbers, outline, transform

_UNSEEN = frozenset(
    [
        *("defs", "symbol", "clipPath", "mask", "pattern", "linearGradient", "radialGradient", "filter"),
        *("marker", "style", "script", "title", "desc", "metadata", "#comment", "foreignObject"),
    ]
)
_DEEPEST_USE = 12
_LONGEST_PT = 14_400.0
_FEWEST_WORDS, _FEWEST_CORNERS = 4, 3
_MOST_STOPS, _STEPS = 1000, 64
_MOST_RUNS = 10_000


@dataclass(frozen=True)
class _Scene:
    """What applies to the children of an element."""

    matrix: Matrix
    style: dict[str, str]
    clip: Box = EVERYWHERE
    alpha: float = 1.0
    depth: int = 0


def read_svg(content: bytes) -> Page:
    """Read an SVG.

    Raises
    ------
    Unreadable
        Damaged, with entities, or without a size.
    """
    root = read_tree(content)
    if root.tag != "svg":
        raise Unreadable(f"is XML of another kind: <{root.tag[:40]}>")
    try:
        return _Reader(root).page
    except RecursionError as error:
        raise Unreadable("is nested too deeply") from error


class _Reader:
    def __init__(self, root: Element) -> None:
        self._styles = Styles(root)
        self._ids = {element.get("id"): element for element in root.walk() if element.get("id")}
        matrix, width, height = _viewport(root)
        self.page = Page(width, height, description=_description(root))
        self._order = self._visits = 0
        self._families: set[str] = set()
        self._translucent: set[str] = set()
        self._notes: set[str] = set()
        self._shaded: set[int] = set()
        self._pixels_left = MOST_PIXELS
        scene = _Scene(
            matrix, {"fill": "black", "stroke": "none", "font-size": "16px"}, (0, 0, width, height)
        )
        own = self._styles.resolve(root, scene.style)
        for child in root.children:
            self._visit(child, replace(scene, style={**scene.style, **own}))
        self.page.fonts = [Font(name, "svg", True) for name in sorted(self._families)]
        self.page.translucent = sorted(self._translucent)
        self.page.notes = sorted(self._notes)

    def _next(self) -> int:
        self._order += 1
        return self._order

    def _visit(self, element: Element, scene: _Scene) -> None:
        self._visits += 1
        if self._visits > MOST_ELEMENTS:
            self._notes.add(TOO_MUCH)
            return
        if element.tag == "foreignObject":
            self._notes.add("holds HTML text, which is not read")
        if element.tag in _UNSEEN:
            return
        inner = self._entered(element, scene)
        if inner is None:
            return
        if element.tag == "use":
            self._use(element, inner)
        elif element.tag == "text":
            self._text(element, inner)
        elif element.tag == "image":
            self._image(element, inner)
        elif is_glyphs(element):
            self._glyphs(element, inner)
        elif element.tag in ("g", "a", "svg", "switch"):
            self._container(element, inner)
        else:
            self._shape(element, inner)

    def _entered(self, element: Element, scene: _Scene) -> _Scene | None:
        style = self._styles.resolve(element, scene.style)
        if style.get("display") == "none":
            return None
        size = _font_size(style.get("font-size", ""), scene.style.get("font-size", "16px"))
        style["font-size"] = f"{size}px"
        alpha = scene.alpha * min(max(length(style.get("opacity", "1"), 1.0, whole=1.0), 0.0), 1.0)
        if style.get("mix-blend-mode", "normal") != "normal":
            self._translucent.add("a blend mode")
        if style.get("mask", "none") != "none":
            self._translucent.add("a mask")
        matrix = times(transform(style.get("transform") or element.get("transform")), scene.matrix)
        clip = meet(scene.clip, self._clip(style.get("clip-path", "none"), matrix))
        return _Scene(matrix, style, clip, alpha, scene.depth)

    def _clip(self, given: str, matrix: Matrix) -> Box:
        match = re.match(r"url\(\s*['\"]?#([^'\")]+)", given)
        target = self._ids.get(match[1]) if match else None
        if target is None or target.tag != "clipPath" or target.get("clipPathUnits") == "objectBoundingBox":
            return EVERYWHERE
        corners = []
        for child in target.children:
            moved = times(transform(child.get("transform")), matrix)
            corners += [apply(moved, contour[0]) for contour in _contours(child) if contour[0]]
        return box_of(np.concatenate(corners)) if corners else EVERYWHERE

    def _container(self, element: Element, scene: _Scene) -> None:
        children = element.children
        if element.tag == "switch":
            # draw.io writes HTML first and plain text after it, for those that do not read HTML.
            children = [child for child in children if child.tag not in ("foreignObject", "#comment")][:1]
        if element.tag == "svg":
            x, y = length(element.get("x"), 0.0), length(element.get("y"), 0.0)
            scene = replace(scene, matrix=times(_view_box(element, x, y), scene.matrix))
        for child in children:
            if self._visits > MOST_ELEMENTS:
                return
            self._visit(child, scene)

    def _use(self, element: Element, scene: _Scene) -> None:
        target = self._ids.get(element.get("href").removeprefix("#"))
        if target is None or scene.depth >= _DEEPEST_USE:
            return
        x, y = length(element.get("x"), 0.0), length(element.get("y"), 0.0)
        moved = replace(
            scene, matrix=times((1, 0, 0, 1, x, y), scene.matrix), depth=scene.depth + 1, alpha=scene.alpha
        )
        if target.tag == "symbol":
            for child in target.children:
                self._visit(child, moved)
        else:
            self._visit(target, moved)

    def _ink(self, scene: _Scene, side: str) -> Ink | None:
        rgb, own = colour(scene.style.get(side, "none"), scene.style.get("color", "black"))
        opacity = length(scene.style.get(f"{side}-opacity", "1"), 1.0, whole=1.0)
        alpha = min(max(own * opacity, 0.0), 1.0) * scene.alpha
        if alpha == 0 or scene.style.get("visibility") in ("hidden", "collapse"):
            return None
        if alpha < 1:
            self._translucent.add("alpha")
        return Ink(rgb, alpha)

    def _shape(self, element: Element, scene: _Scene) -> None:
        contours = [contour for contour in _contours(element) if contour[0]]
        stroke, fill = self._ink(scene, "stroke"), self._ink(scene, "fill")
        if all(len(points) < _FEWEST_CORNERS for points, _, _ in contours):
            fill = None
        if not contours or (stroke is None and fill is None):
            return
        self._gradient(scene.style.get("fill", ""))
        scale = PX if scene.style.get("vector-effect") == "non-scaling-stroke" else scale_of(scene.matrix)
        width = length(scene.style.get("stroke-width", "1"), 1.0) * scale
        dashes = [abs(value) for value in numbers(scene.style.get("stroke-dasharray", ""))]
        path = Path(
            parts=tuple(apply(scene.matrix, points) for points, _, _ in contours),
            closed=all(closed for _, closed, _ in contours),
            curved=any(curved for _, _, curved in contours),
            stroke=stroke if width > 0 else None,
            fill=fill,
            width_pt=width,
            dash=tuple(value * scale for value in dashes) if any(dashes) else (),
            clip=scene.clip,
            order=self._next(),
        )
        finite = all(np.isfinite(part).all() for part in path.parts)
        if (path.stroke or path.fill) and finite and not is_empty(path.box):
            keep(self.page, path)

    def _gradient(self, paint: str) -> None:
        """Note the colours along the gradient that fills a shape, once for each."""
        match = re.match(r"url\(\s*['\"]?#([^'\")]+)", paint)
        target = self._ids.get(match[1]) if match else None
        if target is None or id(target) in self._shaded or not target.tag.endswith("Gradient"):
            return
        self._shaded.add(id(target))
        # Several gradients may share the stops of one.
        shared = self._ids.get(target.get("href").removeprefix("#"))
        stops = [
            child for child in (target.children or getattr(shared, "children", [])) if child.tag == "stop"
        ]
        places, colours = [], []
        for stop in stops[:_MOST_STOPS]:
            rgb, _ = colour(self._styles.own(stop).get("stop-color", "black"))
            if rgb is not None:
                places.append(length(stop.get("offset"), 0.0, whole=1.0))
                colours.append(rgb)
        if len(colours) > 1:
            held = np.maximum.accumulate(np.clip(places, 0, 1))
            steps = np.linspace(held[0], held[-1], _STEPS)
            self.page.ramps.append(
                np.stack([np.interp(steps, held, channel) for channel in np.array(colours).T], axis=1)
            )

    def _text(self, element: Element, scene: _Scene) -> None:
        def ink_of(style: dict[str, str]) -> Ink | None:
            return self._ink(replace(scene, style=style), "fill")

        if len(self.page.runs) > _MOST_RUNS:
            self._notes.add(TOO_MUCH)
            return
        for run in text_runs(element, scene.style, scene.matrix, self._styles, ink_of, self._next()):
            if not is_empty(meet(run.box, scene.clip)) or not is_empty(meet(run.box, (0, 0, *self._size()))):
                self.page.runs.append(run)
                self._families.add(run.font)

    def _glyphs(self, element: Element, scene: _Scene) -> None:
        run = glyph_run(element, scene.matrix, self._ids, self._ink(scene, "fill"), self._next())
        if run is not None:
            self.page.runs.append(run)
            self._families.add(run.font)

    def _size(self) -> Point:
        return self.page.width_pt, self.page.height_pt

    def _image(self, element: Element, scene: _Scene) -> None:
        x, y = length(element.get("x"), 0.0), length(element.get("y"), 0.0)
        width, height = length(element.get("width"), 0.0), length(element.get("height"), 0.0)
        content = _embedded(element.get("href"))
        if content is None:
            self._notes.add("links to an image outside, which is not read")
            return
        picture = open_image(content)
        if picture is None or width <= 0 or height <= 0:
            return
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
        box = meet(box_of(apply(scene.matrix, corners)), scene.clip)
        a, b, c, d, _, _ = scene.matrix
        wide, high = width * math.hypot(a, b), height * math.hypot(c, d)
        if is_empty(box) or not wide or not high:
            return
        dpi = min(picture.width * 72 / wide, picture.height * 72 / high)
        alpha = picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info

        @functools.cache
        def load() -> Pixels | None:
            self._pixels_left -= picture.width * picture.height
            return pixels_of(content) if self._pixels_left >= 0 else None

        bits = 1 if picture.mode == "1" else 8
        size = (picture.width, picture.height)
        self.page.images.append(Image(box, size, dpi, bits, load, alpha, self._next()))


def _viewport(root: Element) -> tuple[Matrix, float, float]:
    """The matrix from user units to the page in points, y upwards, and the page's size."""
    box = numbers(root.get("viewBox"))
    given = root.get("width"), root.get("height")
    has_box = len(box) == 4 and box[2] > 0 and box[3] > 0
    usual = (box[2], box[3]) if has_box else (300.0, 150.0)
    size = [
        length(text, whole, whole=whole) if not text.endswith("%") else whole
        for text, whole in zip(given, usual, strict=True)
    ]
    width, height = size[0] * PX, size[1] * PX
    if not (0 < width <= _LONGEST_PT and 0 < height <= _LONGEST_PT):
        raise Unreadable(f"has a page of {width:g} x {height:g} pt")
    return times(_view_box(root, 0, 0), (PX, 0.0, 0.0, -PX, 0.0, height)), width, height


def _view_box(element: Element, x: float, y: float) -> Matrix:
    """What ``viewBox`` does to the content of an ``svg`` at x and y, by default fitted and centred."""
    box = numbers(element.get("viewBox"))
    if len(box) != 4 or box[2] <= 0 or box[3] <= 0:
        return (1.0, 0.0, 0.0, 1.0, x, y)
    wide = length(element.get("width"), box[2], whole=box[2])
    high = length(element.get("height"), box[3], whole=box[3])
    across, down = wide / box[2], high / box[3]
    kept = element.get("preserveAspectRatio", "xMidYMid")
    if kept.split()[:1] != ["none"]:
        across = down = max(across, down) if "slice" in kept else min(across, down)
    left = {"xMin": 0.0, "xMax": 1.0}.get(kept[:4], 0.5) * (wide - across * box[2])
    top = {"YMin": 0.0, "YMax": 1.0}.get(kept[4:8], 0.5) * (high - down * box[3])
    return (across, 0.0, 0.0, down, x + left - across * box[0], y + top - down * box[1])


def _font_size(text: str, parent: str) -> float:
    above = length(parent, 16.0)
    words = {"small": 13.0, "medium": 16.0, "large": 18.0, "smaller": above / 1.2, "larger": above * 1.2}
    return words[text] if text in words else length(text, above, em=above, whole=above)


def _contours(element: Element) -> list[Contour]:
    tag = element.tag
    if tag == "path":
        return outline(element.get("d"))
    if tag in ("polyline", "polygon"):
        given = numbers(element.get("points"))
        points = list(zip(given[::2], given[1::2], strict=False))
        closed = tag == "polygon"
        return [([*points, points[0]] if closed else points, closed, False)] if points else []
    if tag == "line":
        ends = [length(element.get(name), 0.0) for name in ("x1", "y1", "x2", "y2")]
        return [([(ends[0], ends[1]), (ends[2], ends[3])], False, False)]
    if tag == "rect":
        x, y, width, height = (length(element.get(name), 0.0) for name in ("x", "y", "width", "height"))
        corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height), (x, y)]
        return [(corners, True, False)] if width > 0 and height > 0 else []
    if tag in ("circle", "ellipse"):
        x, y = length(element.get("cx"), 0.0), length(element.get("cy"), 0.0)
        wide = length(element.get("r") or element.get("rx"), 0.0)
        high = length(element.get("r") or element.get("ry"), 0.0)
        around = [(x + wide, y), (x, y + high), (x - wide, y), (x, y - high), (x + wide, y)]
        return [(around, True, True)] if wide > 0 and high > 0 else []
    return []


def _embedded(reference: str) -> bytes | None:
    head, comma, data = reference.partition(",")
    if not comma or not head.startswith("data:image/") or "base64" not in head:
        return None
    try:
        return base64.b64decode(re.sub(r"\s+", "", data), validate=False)
    except (binascii.Error, ValueError):
        return None


def _description(root: Element) -> str:
    """``desc``, ``aria-label``, metadata or a title in words; not what a program says of itself."""
    heads = {child.tag: _text_of(child) for child in root.children if child.tag in ("desc", "title")}
    desc = heads.get("desc", "")
    if desc and not re.match(r"(produced|created|generated)\b", desc, re.I):
        return desc
    if root.get("aria-label").strip():
        return root.get("aria-label").strip()
    records = (child for child in root.children if child.tag == "metadata")
    # Dublin Core's, where Matplotlib's metadata={"Description": ...} goes.
    said = next(
        (_text_of(part) for record in records for part in record.walk() if part.tag == "description"), ""
    )
    if said:
        return said
    title = heads.get("title", "")
    return title if len(title.split()) >= _FEWEST_WORDS else ""


def _text_of(element: Element) -> str:
    return " ".join("".join(part.text + part.tail for part in element.walk()).split())
