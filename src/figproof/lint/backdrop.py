"""What lies behind a place of a page: the fills and images that were painted there before."""

from __future__ import annotations

import functools

import numpy as np

from figproof.colour import contrast
from figproof.lint.page import Box, Image, Ink, Page, Path, Point, Rgb

WHITE: Rgb = (1.0, 1.0, 1.0)
_PANEL_SHARE = 0.05
# What lies inside a larger outline is not asked: each text would take its points' number of steps.
_MOST_POINTS, _MOST_LAYERS = 10_000, 100


class Backdrop:
    """Answers for one page which colour a place had when something was painted on it.

    Parameters
    ----------
    page : Page
    panels : bool
        Whether only large opaque rectangles count: the paper of a plot, without the data on it.
    """

    def __init__(self, page: Page, *, panels: bool = False) -> None:
        least = _PANEL_SHARE * page.width_pt * page.height_pt if panels else 0.0
        self._painted: list[Path | Image] = []
        for path in page.paths:
            if path.fill is None or path.fill.alpha == 0 or (panels and not _is_panel(path)):
                continue
            left, bottom, right, top = path.box
            if (right - left) * (top - bottom) >= least:
                self._painted.append(path)
        self._painted += [] if panels else page.images
        self._painted.sort(key=lambda item: item.order)
        boxes = [item.box for item in self._painted]
        self._boxes = np.array(boxes, dtype=np.float64).reshape(-1, 4)
        self._orders = np.array([item.order for item in self._painted])

    def at(self, place: Point, before: int) -> Rgb | None:
        """The colour, None where a pattern or an image that cannot be read lies there."""
        x, y = place
        inside = (
            (self._boxes[:, 0] <= x)
            & (x <= self._boxes[:, 2])
            & (self._boxes[:, 1] <= y)
            & (y <= self._boxes[:, 3])
            & (self._orders < before)
        )
        colour: Rgb | None = WHITE
        glass: list[Ink] = []
        # From the last that was painted down to the first that lets nothing through.
        for number in np.flatnonzero(inside)[::-1][:_MOST_LAYERS].tolist():
            item = self._painted[number]
            if isinstance(item, Image):
                colour = self._of_image(item, place)
                break
            if item.points > _MOST_POINTS:
                return None
            if item.fill is not None and _covers(item, place):
                if item.fill.alpha == 1:
                    colour = item.fill.rgb
                    break
                glass.append(item.fill)
        for ink in reversed(glass):
            colour = ink.on(colour) if colour is not None else None
        return colour

    def _of_image(self, image: Image, place: Point) -> Rgb | None:
        pixels = image.load()
        if pixels is None or image.has_alpha:
            return None
        row, column = pixel_at(image.box, place, pixels.shape[:2])
        around = pixels[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3].reshape(-1, 3)
        red, green, blue = (around.mean(axis=0) / 255).tolist()
        return red, green, blue


@functools.lru_cache(4096)
def ratio(first: Rgb, second: Rgb = WHITE) -> float:
    """Contrast of two colours; kept, as a page of thousands of lines has a few colours."""
    return float(contrast(np.array(first), np.array(second)))


def _is_panel(path: Path) -> bool:
    return path.fill is not None and path.fill.alpha == 1 and path.points <= 5 and not path.curved


def pixel_at(box: Box, place: Point, shape: tuple[int, ...]) -> tuple[int, int]:
    """Row and column of an upright image that a place falls on."""
    across = (place[0] - box[0]) / max(box[2] - box[0], 1e-9)
    down = (box[3] - place[1]) / max(box[3] - box[1], 1e-9)
    rows, columns = shape
    return min(max(int(down * rows), 0), rows - 1), min(max(int(across * columns), 0), columns - 1)


def _covers(path: Path, place: Point) -> bool:
    """Whether a place lies inside a filled path, by the even-odd rule over its control points."""
    x, y = place
    crossings = 0
    for part in path.parts:
        ends = np.roll(part, -1, axis=0)
        up = (part[:, 1] > y) != (ends[:, 1] > y)
        if up.any():
            a, b = part[up], ends[up]
            at = a[:, 0] + (y - a[:, 1]) / (b[:, 1] - a[:, 1]) * (b[:, 0] - a[:, 0])
            crossings += int((at > x).sum())
    return crossings % 2 == 1
