"""What lies behind a place of a page: the fills and images that were painted there before."""

from __future__ import annotations

import numpy as np

from figproof.lint.page import Box, Image, Page, Path, Point, Rgb

WHITE: Rgb = (1.0, 1.0, 1.0)
_PANEL_SHARE = 0.05
# What lies inside a larger outline is not asked: each text would take its points' number of steps.
_MOST_POINTS = 10_000


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
        for number in np.flatnonzero(inside).tolist():
            item = self._painted[number]
            if isinstance(item, Image):
                colour = self._of_image(item, place)
            elif item.points > _MOST_POINTS:
                colour = None
            elif _covers(item, place):
                assert item.fill is not None
                opaque = item.fill.alpha == 1
                colour = item.fill.on(WHITE if opaque or colour is None else colour)
        return colour

    def _of_image(self, image: Image, place: Point) -> Rgb | None:
        pixels = image.load()
        if pixels is None or image.has_alpha:
            return None
        row, column = pixel_at(image.box, place, pixels.shape[:2])
        around = pixels[max(row - 2, 0) : row + 3, max(column - 2, 0) : column + 3].reshape(-1, 3)
        red, green, blue = (around.mean(axis=0) / 255).tolist()
        return red, green, blue


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
