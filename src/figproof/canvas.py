"""Draw a figure and return its files; the only place that holds Matplotlib state.

Nothing of the user's machine takes part: settings are Matplotlib's defaults and the look's, fonts
are those that ship. The layout is computed once, at the venue's resolution, and then frozen, so that
all formats show the same picture and no format's bytes depend on which others were asked for.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from pyparsing import ParseBaseException

from figproof import encode, tiff
from figproof.camera import DrawRecorder, Problem, legends_over_data, problems_of
from figproof.carried import read_provenance
from figproof.errors import FigproofError, suggest
from figproof.fonts import only_shipped_fonts
from figproof.look import Look

__all__ = [
    "FORMATS",
    "Examined",
    "examine",
    "panel_letter",
    "problems",
    "read_provenance",
    "render",
    "render_and_examine",
]

FORMATS = ("pdf", "png", "svg", "tiff")

_LAYOUT_DIGITS = 9
# How figures come to a screen, where there is one; no file's pixel depends on them.
_OF_THE_SCREEN = (
    *("backend", "docstring.", "interactive", "keymap.", "macosx.", "tk.", "toolbar", "webagg."),
    *("figure.hooks", "figure.max_open_warning", "figure.raise_window", "savefig.directory"),
)
_FIXED = {"pdf.compression": 0, "svg.hashsalt": "figproof", "svg.id": None}
_NO_METADATA: Mapping[str, Mapping[str, None]] = {
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None},
    "svg": {"Date": None, "Creator": None, "Format": None, "Type": None},
}


class Examined(NamedTuple):
    """What the artists of a drawn figure say.

    Attributes
    ----------
    problems, advice : tuple of Problem
        What keeps it from being camera-ready; what does not.
    texts : tuple of str
        Every line of text that is shown.
    """

    problems: tuple[Problem, ...]
    advice: tuple[Problem, ...]
    texts: tuple[str, ...]


def render(
    draw: Callable[[Figure], None],
    look: Look,
    size_in: tuple[float, float],
    formats: Sequence[str],
    provenance: Mapping[str, Any],
    description: str = "",
) -> dict[str, bytes]:
    """Draw a figure and encode it.

    Parameters
    ----------
    draw : callable (Figure) -> None
        Draws into an empty figure of the given size with constrained layout.
    look : Look
    size_in : (float, float)
        Width and height of the page in inches, kept exactly.
    formats : sequence of str
        Of ``"pdf"``, ``"png"``, ``"svg"`` and ``"tiff"``.
    provenance : mapping
        Plain data, embedded in every file; ``provenance["figure"]`` is the figure's id.
    description : str
        Alternative text, embedded in PDF, SVG and PNG; see :mod:`figproof.describing`.

    Returns
    -------
    dict of str to bytes
        The same bytes for the same arguments, on every x86-64 host with the same lock.

    Raises
    ------
    FigproofError
        All problems of the figure: those of :func:`problems`, and whatever Matplotlib warned of
        (a collapsed layout, a missing glyph or font).
    """
    return render_and_examine(draw, look, size_in, formats, provenance, description)[0]


def render_and_examine(
    draw: Callable[[Figure], None],
    look: Look,
    size_in: tuple[float, float],
    formats: Sequence[str],
    provenance: Mapping[str, Any],
    description: str,
) -> tuple[dict[str, bytes], Examined]:
    """As :func:`render`, and what the artists say that does not keep the figure from being drawn."""
    figure_id = str(provenance.get("figure", "figure"))
    _check_request(figure_id, look, size_in, formats)
    with clean_matplotlib(look) as complaints, _mathtext_errors_named(figure_id):
        figure, recorder = _drawn(draw, look, size_in)
        examined = _examined(figure, look, recorder)
        files = {name: _encode(figure, recorder, name, look, provenance, description) for name in formats}
    _raise_problems(figure_id, look, [*complaints, *(problem.text for problem in examined.problems)])
    return files, examined


def examine(
    draw: Callable[[Figure], None], look: Look, size_in: tuple[float, float], figure_id: str
) -> Examined:
    """Draw a figure to look at its artists, whatever is wrong with them."""
    with clean_matplotlib(look), _mathtext_errors_named(figure_id):
        figure, recorder = _drawn(draw, look, size_in)
        return _examined(figure, look, recorder)


def _examined(figure: Figure, look: Look, recorder: DrawRecorder) -> Examined:
    return Examined(
        tuple(problems_of(figure, look, recorder)),
        tuple(legends_over_data(figure, recorder)),
        tuple(text.text for text in recorder.texts),
    )


def _drawn(
    draw: Callable[[Figure], None], look: Look, size_in: tuple[float, float]
) -> tuple[Figure, DrawRecorder]:
    figure = Figure(figsize=size_in, dpi=look.venue.png_dpi)
    FigureCanvasAgg(figure)
    draw(figure)
    freeze_layout(figure)
    return figure, _paint(figure)


def problems(fig: Figure, look: Look) -> list[str]:
    """What keeps a figure from being camera-ready, as sentences; empty if nothing does.

    Text under the venue's minimum (sub- and superscripts as drawn), lines too thin or too thick, text
    or axes outside the canvas, texts that overlap, axes with numbers and no label, and what the venue
    forbids.
    """
    with clean_matplotlib(look) as complaints:
        fig.draw_without_rendering()
        found = problems_of(fig, look, _paint(fig))
    return [*complaints, *(problem.text for problem in found)]


def panel_letter(subfigure: SubFigure, letter: str, look: Look) -> None:
    """Letter a panel at its upper left as the venue asks, ``(a)`` or ``a``.

    Call it after the panel is drawn. The letter has a line of its own, which the layout reserves,
    and shares it with the panel's suptitle where there is one; so it covers no data.
    """
    venue = look.venue
    text = venue.panel_letter_format.replace("a", letter)
    style: dict[str, Any] = {
        "fontsize": venue.panel_letter_pt,
        "fontweight": venue.panel_letter_weight,
        "color": look.ink,
    }
    pad_in = look.rc["figure.constrained_layout.w_pad"]
    left = pad_in * subfigure.get_figure(root=True).dpi / subfigure.bbox.width
    if subfigure.get_suptitle():
        subfigure.text(left, 0.995, text, ha="left", va="top", **style)
    else:
        subfigure.suptitle(text, x=left, ha="left", **style)


@contextmanager
def clean_matplotlib(look: Look) -> Iterator[list[str]]:
    """As :func:`only_this_look`, and what Matplotlib complains of.

    Yields
    ------
    list of str
        Filled, when the block ends, with what Matplotlib warned of or logged as a warning.
    """
    complaints: list[str] = []
    with only_this_look(look), _collected(complaints):
        yield complaints


@contextmanager
def only_this_look(look: Look, also: Mapping[str, Any] = MappingProxyType({})) -> Iterator[None]:
    """Matplotlib's defaults, the look's settings and the shipped fonts; all put back afterwards.

    Matplotlib holds these for the whole process: draw in one thread at a time.

    Parameters
    ----------
    look : Look
    also : mapping
        Settings on top of the look's.
    """
    with mpl.rc_context(), only_shipped_fonts(look.fonts), encode.svg_images_as_ours():
        # Not rcdefaults(): it leaves alone some settings that move pixels, as timezone and date.epoch.
        defaults = {
            key: mpl.rcParamsDefault[key] for key in mpl.rcParamsDefault if not key.startswith(_OF_THE_SCREEN)
        }
        mpl.rcParams.update({**defaults, **look.rc, **_FIXED, **also})
        yield


@contextmanager
def _collected(complaints: list[str]) -> Iterator[None]:
    """Collect warnings and Matplotlib's log from WARNING upwards; deprecations are for developers."""
    logger = logging.getLogger("matplotlib")
    handler = _ListHandler()
    before = logger.level, logger.propagate, logger.disabled
    logger.setLevel(logging.WARNING)
    logger.propagate = logger.disabled = False
    logger.addHandler(handler)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
    finally:
        logger.removeHandler(handler)
        logger.level, logger.propagate, logger.disabled = before
    quiet = (DeprecationWarning, PendingDeprecationWarning)
    warned = [str(item.message) for item in caught if not issubclass(item.category, quiet)]
    complaints += dict.fromkeys(" ".join(text.split()) for text in (*warned, *handler.texts))


class _ListHandler(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.texts.append(record.getMessage())


@contextmanager
def _mathtext_errors_named(figure_id: str) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        if isinstance(error.__cause__ or error.__context__, ParseBaseException):
            reason = " ".join(str(error).split())
            raise FigproofError(
                f"a text cannot be typeset: {reason}", where=f"figure {figure_id}", hint="escape '$' as '\\$'"
            ) from error
        raise


def _check_request(figure_id: str, look: Look, size_in: tuple[float, float], formats: Sequence[str]) -> None:
    where = f"figure {figure_id}"
    for name in formats:
        if name not in FORMATS:
            raise FigproofError(f"format {name!r} is unknown. {suggest(name, FORMATS)}", where=where)
    width, height = size_in
    if not (0 < width <= max(look.venue.widths_in.values()) and 0 < height <= look.venue.max_height_in):
        widths = ", ".join(f"{name} {value:g}" for name, value in look.venue.widths_in.items())
        raise FigproofError(
            f"{width:g} x {height:g} in does not fit {look.venue.name}: "
            f"widths {widths} in, height up to {look.venue.max_height_in:g} in",
            where=where,
        )


def freeze_layout(figure: Figure) -> None:
    """Compute the layout at the figure's own resolution, and leave it so for every format."""
    # Twice: some artists place themselves when drawn, and the layout must see where.
    figure.draw_without_rendering()
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    _round_layout(figure)


def _round_layout(part: Figure | SubFigure) -> None:
    """Round what the layout placed: its solver's last bits depend on the hash seed of the process.

    No pixel shows them, but an SVG's clip ids are hashes of exact positions.
    """
    for axes in part.axes:
        axes.set_position(np.round(axes.get_position(original=True).bounds, _LAYOUT_DIGITS).tolist())
    for text in part.texts:
        text.set_position(np.round(text.get_position(), _LAYOUT_DIGITS).tolist())
    for subfigure in part.subfigs:
        corners = subfigure.bbox_relative.get_points()
        subfigure.bbox_relative.set_points(np.round(corners, _LAYOUT_DIGITS))
        _round_layout(subfigure)


def _paint(figure: Figure) -> DrawRecorder:
    recorder = DrawRecorder(figure)
    figure.draw(recorder)
    return recorder


def _encode(
    figure: Figure,
    recorder: DrawRecorder,
    name: str,
    look: Look,
    provenance: Mapping[str, Any],
    description: str,
) -> bytes:
    dpi = look.venue.png_dpi
    if name in ("png", "tiff"):
        pixels = encode.on_white(np.asarray(recorder.buffer_rgba(), dtype=np.uint8))
        if name == "tiff":
            return tiff.encode(pixels, dpi, encode.provenance_text(provenance))
        return encode.png(pixels, dpi, provenance, description)
    buffer = io.BytesIO()
    figure.savefig(buffer, format=name, dpi=dpi, metadata=dict(_NO_METADATA[name]))
    if name == "pdf":
        title = str(provenance.get("figure", "figure"))
        return encode.pdf(buffer.getvalue(), title, provenance, description)
    return encode.svg(buffer.getvalue(), provenance, description)


def _raise_problems(figure_id: str, look: Look, found: Sequence[str]) -> None:
    if found:
        listed = "".join(f"\n  - {problem}" for problem in found)
        count = f"{len(found)} problem{'s' if len(found) > 1 else ''}"
        raise FigproofError(
            f"is not camera-ready for {look.venue.name}, {count}:{listed}",
            where=f"figure {figure_id}",
            hint="change the figure's size, its params or the kind's draw()",
        )
