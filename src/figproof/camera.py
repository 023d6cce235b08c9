"""Is a drawn figure camera-ready? Every check reads what was really drawn, not what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.mathtext import MathTextParser
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from figproof.look import Look

_SLACK_PT = 0.5
_SIZE_SLACK_PT = 0.01
# Share of the lower text's height (and as much of its width) that two ink boxes may have in common.
_OVERLAP_SHARE = 0.15
_MAX_NAMED = 5


@dataclass(frozen=True)
class DrawnText:
    """One line of text as drawn.

    Attributes
    ----------
    text : str
    size_pt : float
        The smallest glyph's font size; in mathtext a superscript is smaller than its text.
    angle : float
        Degrees.
    box : Bbox
        Bounding box in pixels, y upwards; axis-aligned around rotated text.
    artist : Text or None
        None for a line of several.
    """

    text: str
    size_pt: float
    angle: float
    box: Bbox
    artist: Text | None


class DrawRecorder(RendererAgg):  # type: ignore[misc]
    """An Agg renderer that keeps what text was drawn, where, and how small its smallest glyph is."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(*figure.bbox.size, figure.dpi)
        self.texts: list[DrawnText] = []

    def draw_text(
        self,
        gc: Any,
        x: float,
        y: float,
        s: str,
        prop: Any,
        angle: float,
        ismath: bool | str = False,
        mtext: Text | None = None,
    ) -> None:
        width, height, descent = self.get_text_width_height_descent(s, prop, ismath)
        corners = np.array(
            [(0, -descent), (width, -descent), (width, height - descent), (0, height - descent)]
        )
        turn = np.deg2rad(angle)
        rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        placed = corners @ rotation + (x, self.height - y)
        box = Bbox([placed.min(axis=0), placed.max(axis=0)])
        clip = gc.get_clip_rectangle()
        if s.strip() and (clip is None or Bbox.intersection(clip, box) is not None):
            size = _smallest_glyph_pt(s, prop) if ismath else prop.get_size_in_points()
            self.texts.append(DrawnText(s, size, angle, box, mtext))
        super().draw_text(gc, x, y, s, prop, angle, ismath, mtext)


def _smallest_glyph_pt(text: str, prop: Any) -> float:
    glyphs = MathTextParser("path").parse(text, 72, prop).glyphs
    return float(min((size for _, size, *_ in glyphs), default=prop.get_size_in_points()))


class Problem(NamedTuple):
    """What is wrong with a figure: the rule of :mod:`figproof.lint` that it breaks, and a sentence."""

    rule: str
    text: str


def problems_of(figure: Figure, look: Look, drawn: DrawRecorder) -> list[Problem]:
    """All problems of a figure that was drawn with the recorder; see :func:`figproof.canvas.problems`."""
    texts = [*drawn.texts, *_texts_with_effects(figure, drawn)]
    found = {
        "text-size": _small_texts(texts, look),
        "line-width": _lines_out_of_limits(figure, look),
        "text-outside": _outside(figure, drawn, texts),
        "text-overlap": _overlaps(texts),
        "axis-label": _missing_labels(figure, drawn),
        "title-inside": _forbidden_titles(figure, look),
        "grid-lines": _forbidden_grids(figure, look),
    }
    return [Problem(rule, text) for rule, sentences in found.items() for text in sentences]


def legends_over_data(figure: Figure, drawn: DrawRecorder) -> list[Problem]:
    """Legends that lie on lines, points or bars; it does not keep a figure from being drawn."""
    found = []
    for legend in figure.findobj(Legend):
        if not legend.get_visible():
            continue
        box = legend.get_window_extent(drawn)
        for number, axes in enumerate(figure.axes):
            hidden = sum(_lies_in(artist, box) for artist in _data_of(axes))
            if hidden:
                things = f"{hidden} line{'s' if hidden > 1 else ''} or groups of points"
                found.append(Problem("legend-over-data", f"{_name(axes, number)}: a legend lies on {things}"))
    return found


def _data_of(axes: Axes) -> list[Any]:
    data = [*axes.lines, *axes.collections, *axes.patches] if axes.get_visible() else []
    return [artist for artist in data if artist.get_visible()]


def _lies_in(artist: Any, box: Bbox) -> bool:
    if isinstance(artist, Line2D):
        path = artist.get_path().transformed(artist.get_transform())
        if artist.get_linestyle() == "None" or np.size(path.vertices) <= 2:
            return _any_in(path.vertices, box)
        return bool(path.intersects_bbox(box, filled=False))
    if isinstance(artist, Patch):
        return bool(artist.get_path().transformed(artist.get_transform()).intersects_bbox(box))
    if isinstance(artist, PathCollection):
        return _any_in(artist.get_offset_transform().transform(artist.get_offsets()), box)
    if isinstance(artist, LineCollection):
        return any(
            path.transformed(artist.get_transform()).intersects_bbox(box, filled=False)
            for path in artist.get_paths()
            if np.size(path.vertices)
        )
    return False


def _any_in(places: npt.ArrayLike, box: Bbox) -> bool:
    x, y = np.asarray(places, dtype=float).reshape(-1, 2).T
    return bool(((x > box.x0) & (x < box.x1) & (y > box.y0) & (y < box.y1)).any())


def _texts_with_effects(figure: Figure, drawn: DrawRecorder) -> list[DrawnText]:
    """Texts with a halo: Matplotlib draws them as paths, which the recorder does not see."""
    found = []
    for artist in figure.findobj(Text):
        shown = artist.get_visible() and artist.get_text().strip() and artist.get_path_effects()
        if not shown or (artist.axes is not None and not artist.axes.get_visible()):
            continue
        box = artist.get_window_extent(drawn)
        if not artist.get_clip_on() or Bbox.intersection(artist.get_clip_box() or figure.bbox, box):
            text, prop = artist.get_text(), artist.get_fontproperties()
            ismath = artist.get_parse_math() and text.count("$") >= 2
            size = _smallest_glyph_pt(text, prop) if ismath else artist.get_fontsize()
            box = _ink_box(drawn, box, text, prop, ismath) if artist.get_rotation() == 0 else box
            found.append(DrawnText(text, float(size), float(artist.get_rotation()), box, artist))
    return found


def _ink_box(drawn: DrawRecorder, box: Bbox, text: str, prop: Any, ismath: bool) -> Bbox:
    """The box of the glyphs, in the extent of a text, which is as high as a line of ``lp``."""
    if "\n" in text:
        return box
    _, height, descent = drawn.get_text_width_height_descent(text, prop, ismath)
    _, _, line_descent = drawn.get_text_width_height_descent("lp", prop, False)
    bottom = box.y0 + max(line_descent, descent) - descent
    return Bbox([(box.x0, bottom), (box.x1, bottom + height)])


def _small_texts(texts: list[DrawnText], look: Look) -> list[str]:
    least = look.venue.min_text_pt
    small: dict[float, list[str]] = {}
    for text in texts:
        if text.size_pt < least - _SIZE_SLACK_PT:
            small.setdefault(round(text.size_pt, 2), []).append(text.text)
    return [
        f"text of {size:g} pt, {look.venue.name} allows {least:g} pt or more: {_some(named)}"
        for size, named in sorted(small.items())
    ]


def _lines_out_of_limits(figure: Figure, look: Look) -> list[str]:
    name, least, most = look.venue.name, look.venue.min_line_pt, look.venue.max_line_pt or np.inf
    widths = [
        line.get_linewidth()
        for line in figure.findobj(Line2D)
        if line.get_visible() and line.get_linestyle() != "None" and np.size(line.get_xdata(orig=False)) > 1
    ]
    for lines in figure.findobj(LineCollection):
        # A colour bar keeps an empty collection for its dividers.
        if lines.get_visible() and lines.get_segments():
            widths += [float(width) for width in np.atleast_1d(lines.get_linewidth())]
    thin = sorted({round(width, 3) for width in widths if 0 < width < least - 1e-6})
    thick = sorted({round(width, 3) for width in widths if width > most + 1e-6})
    return [f"lines of {width:g} pt, {name} allows {least:g} pt or more" for width in thin] + [
        f"lines of {width:g} pt, {name} allows {most:g} pt at most" for width in thick
    ]


def _outside(figure: Figure, drawn: DrawRecorder, texts: list[DrawnText]) -> list[str]:
    slack = _SLACK_PT * figure.dpi / 72
    canvas = figure.bbox
    found = []
    for text in texts:
        over = _overhang(text.box, canvas)
        if over > slack:
            found.append(f"text {text.text!r} reaches {over * 72 / figure.dpi:.1f} pt outside the canvas")
    for number, axes in enumerate(figure.axes):
        box = axes.get_tightbbox(drawn) if axes.get_visible() else None
        over = _overhang(box, canvas) if box is not None else 0.0
        if over > slack:
            reach = over * 72 / figure.dpi
            found.append(f"something of {_name(axes, number)} reaches {reach:.1f} pt outside the canvas")
    return found


def _overhang(box: Any, canvas: Any) -> float:
    return float(max(canvas.x0 - box.x0, canvas.y0 - box.y0, box.x1 - canvas.x1, box.y1 - canvas.y1))


def _overlaps(texts: list[DrawnText]) -> list[str]:
    upright = [text for text in texts if text.angle % 90 == 0]
    if len(upright) < 2:
        return []
    boxes = np.array([text.box.extents for text in upright])
    wide = _shared(boxes[:, 0], boxes[:, 2])
    high = _shared(boxes[:, 1], boxes[:, 3])
    size = np.minimum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    allowed = _OVERLAP_SHARE * np.minimum(size[:, None], size[None, :])
    first, second = np.nonzero(np.triu((wide > allowed) & (high > allowed), 1))
    pairs = [f"{upright[i].text!r} and {upright[j].text!r}" for i, j in zip(first, second, strict=True)]
    return [f"texts overlap: {pair}" for pair in pairs[:_MAX_NAMED]] + (
        [f"{len(pairs) - _MAX_NAMED} more pairs of texts overlap"] if len(pairs) > _MAX_NAMED else []
    )


def _shared(low: npt.NDArray[Any], high: npt.NDArray[Any]) -> npt.NDArray[Any]:
    shared: npt.NDArray[Any] = np.minimum(high[:, None], high[None, :]) - np.maximum(
        low[:, None], low[None, :]
    )
    return shared


def _missing_labels(figure: Figure, drawn: DrawRecorder) -> list[str]:
    """Axes whose numbers are shown need a label of their own, or one of a figure around them."""
    shown = {id(text.artist) for text in drawn.texts}
    found = []
    for number, axes in enumerate(figure.axes):
        for name in ("x", "y", "z"):
            axis = getattr(axes, f"{name}axis", None)
            if axis is None or not axes.get_visible() or axis.label.get_text().strip():
                continue
            ticks = [*axis.get_ticklabels(which="both")]
            if any(id(label) in shown for label in ticks) and not _label_around(axes, name):
                found.append(f"{_name(axes, number)}: the {name} axis shows values and has no label")
    return found


def _label_around(axes: Axes, name: str) -> bool:
    parent: Any = axes.get_figure(root=False)
    while name in "xy":
        if getattr(parent, f"get_sup{name}label")().strip():
            return True
        above = parent.get_figure(root=False)
        if above is None or above is parent:
            return False
        parent = above
    return False


def _forbidden_titles(figure: Figure, look: Look) -> list[str]:
    if look.venue.title_inside:
        return []
    plots = [axes for axes in figure.axes if axes.get_visible() and axes.get_label() != "<colorbar>"]
    titles = [figure.get_suptitle()]
    if len(plots) == 1:
        titles += [plots[0].get_title(loc) for loc in ("left", "center", "right")]
    shown = [title for title in titles if title.strip()]
    return [f"{look.venue.name} allows no title inside the figure: {title!r}" for title in shown]


def _forbidden_grids(figure: Figure, look: Look) -> list[str]:
    if look.venue.grid:
        return []
    found = []
    for number, axes in enumerate(figure.axes):
        axis_lines = [*axes.xaxis.get_gridlines(), *axes.yaxis.get_gridlines()]
        if axes.name != "3d" and any(line.get_visible() for line in axis_lines):
            found.append(f"{look.venue.name} allows no grid: {_name(axes, number)}")
    return found


def _name(axes: Axes, number: int) -> str:
    label = axes.get_title("left") or axes.get_title() or axes.get_ylabel() or axes.get_xlabel()
    return f"axes {number + 1} ({label!r})" if label else f"axes {number + 1}"


def _some(texts: list[str]) -> str:
    unique = list(dict.fromkeys(texts))
    more = f" and {len(unique) - _MAX_NAMED} more" if len(unique) > _MAX_NAMED else ""
    return ", ".join(repr(text) for text in unique[:_MAX_NAMED]) + more
