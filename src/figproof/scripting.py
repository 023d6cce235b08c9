"""The pipeline's looks in a script or notebook: ``with figproof.style("icml2025"):``.

A figure that pyplot opens in the block keeps its look: whenever it is saved or shown, also after the
block (a notebook shows figures at the end of a cell), it is laid out and drawn as the pipeline would.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
from cycler import cycler
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure

from figproof.canvas import freeze_layout, only_this_look
from figproof.conditions import load_conditions
from figproof.errors import FigproofError, suggest
from figproof.look import Look, load_look
from figproof.places import Styles
from figproof.project import Project
from figproof.schemas import LEAST_FRACTION, Palettes
from figproof.specs import load_config

GOLDEN = 1.618
"""Width to height of a figure whose height was not given."""


@dataclass(frozen=True)
class _Open:
    look: Look
    rc: Mapping[str, Any]


_open: list[_Open] = []


@contextmanager
def style(
    venue: str | None = None,
    *,
    width: str | float = "single",
    height_in: float | None = None,
    palette: str | None = None,
    sequential: str | None = None,
    sheet: str | None = None,
    project: str | Path | None = None,
) -> Iterator[Look]:
    """Draw as the pipeline does: page size, fonts, layout and colours of a venue; all put back afterwards.

    Blocks can be nested; the inner one holds. Matplotlib keeps its settings for the whole process, so do
    not draw in several threads at once.

    Parameters
    ----------
    venue : str, optional
        As ``figproof style list`` names it; the project's if None.
    width : str or float
        ``single``, ``onehalf`` or ``full``, as the venue has them, or a fraction of full.
    height_in : float, optional
        Inches; the width divided by 1.618 if None.
    palette, sequential : str, optional
        Palettes for things and for values; the project's if None.
    sheet : str, optional
        A team's own sheet on top; the project's if None.
    project : path, optional
        A folder with ``config/config.yaml``; if None the one around the current folder. Outside a project
        there are figproof's styles, and those in ``styles/`` of the current folder.

    Yields
    ------
    Look
        Colours, markers, dashes and labels by name: ``look.line("adam")``, ``look.class_colours(10)``. A
        line that asks for no colour gets the palette's next one, solid: a dash that came unasked would change
        lines whose colour was given. ``axes.set_prop_cycle(look.cycle())`` gives each another dash too.

    Raises
    ------
    FigproofError
        An unknown name, a sheet that breaks a rule of the venue, more height than the venue allows.
    """
    found = Project.around(Path.cwd()) if project is None else Project.find(Path(project))
    look = look_for(found, venue, palette, sequential, sheet)
    figure_in = _size_in(look, width, height_in)
    opened = _Open(
        look,
        {
            "axes.prop_cycle": cycler(color=look.colours),
            "figure.dpi": look.venue.png_dpi,
            "figure.figsize": figure_in,
            "figure.hooks": [*mpl.rcParams["figure.hooks"], f"{__name__}:{keep_look.__name__}"],
            # Here Matplotlib writes the file itself, and nobody compresses it afterwards.
            "pdf.compression": mpl.rcParamsDefault["pdf.compression"],
        },
    )
    with only_this_look(look, opened.rc):
        _open.append(opened)
        try:
            yield look
        finally:
            _open.pop()


def keep_look(figure: Figure) -> None:
    """Let a figure be written in the look of the block it was opened in; Matplotlib's ``figure.hooks``."""
    kept: Any = figure
    kept.set_canvas = partial(_set_canvas, figure, _open[-1])
    kept.set_canvas(figure.canvas)


def _set_canvas(figure: Figure, opened: _Open, canvas: Any) -> None:
    """For the canvas that a figure has, and for the one that it gets when pyplot closes it."""
    type(figure).set_canvas(figure, canvas)
    canvas.print_figure = partial(_print_figure, figure, opened, canvas)


def _print_figure(
    figure: Figure,
    opened: _Open,
    canvas: Any,
    target: Any,
    *given: Any,
    bbox_inches: Any = None,
    **named: Any,
) -> Any:
    # Notebooks ask for "tight" unasked, and write to memory.
    if bbox_inches is not None and isinstance(target, (str, os.PathLike)):
        raise FigproofError(
            f"bbox_inches={bbox_inches!r} crops the page, which is to be {figure.get_figwidth():g} in wide",
            where=os.fspath(target),
            hint="leave it out",
        )
    with only_this_look(opened.look, opened.rc), _frozen(figure):
        return type(canvas).print_figure(canvas, target, *given, bbox_inches=None, **named)


@contextmanager
def _frozen(figure: Figure) -> Iterator[None]:
    """With the pipeline's layout; afterwards as before, or the next layout would start from this one."""
    engine, canvas, moved = figure.get_layout_engine(), figure.canvas, _moved_by_layout(figure)
    # Text is measured by the canvas: a window's, or that of a closed figure, might measure otherwise.
    FigureCanvasAgg(figure)
    try:
        freeze_layout(figure)
        figure.canvas = canvas
        yield
    finally:
        figure.canvas = canvas
        figure.set_layout_engine(engine)
        for put_back in moved:
            put_back()


def _moved_by_layout(part: Figure | SubFigure) -> list[Callable[[], object]]:
    """What puts everything that a layout moves back to where it is now."""
    found: list[Callable[[], object]] = [
        partial(text.set_position, text.get_position()) for text in part.texts
    ]
    for axes in part.axes:
        found += [
            partial(axes.set_position, axes.get_position(original=True), which="original"),
            partial(axes.set_position, axes.get_position(original=False), which="active"),
        ]
        # Last: a position that is set takes the axes out of the layout.
        found.append(partial(axes.set_in_layout, axes.get_in_layout()))
    for inner in part.subfigs:
        corners = inner.bbox_relative.get_points().copy()
        found += [partial(inner.bbox_relative.set_points, corners), *_moved_by_layout(inner)]
    return found


def look_for(
    project: Project, venue: str | None, palette: str | None, sequential: str | None, sheet: str | None
) -> Look:
    """A look by names; what is None is the project's, or figproof's own where there is no project.

    Raises
    ------
    FigproofError
        No venue is named; and as :func:`figproof.look.load_look`.
    """
    config = load_config(project) if project.config_file.is_file() else None
    if venue is None and config is None:
        known = Styles.of(project.root).names("venues/*.mplstyle")
        raise FigproofError(f"which venue? {suggest('', known)}", where="figproof.look")
    palettes = config.palettes if config else Palettes()
    registry = project.conditions_file
    return load_look(
        project.root,
        venue or (config.venue if config else ""),
        palette or palettes.qualitative,
        sequential or palettes.sequential,
        load_conditions(registry) if registry.is_file() else {},
        sheet or (config.sheet if config else None),
        diverging=palettes.diverging,
        cyclic=palettes.cyclic,
    )


def _size_in(look: Look, width: str | float, height_in: float | None) -> tuple[float, float]:
    if not isinstance(width, str) and not LEAST_FRACTION <= width <= 1:
        raise FigproofError(
            f"width {width:g} is no fraction of the full width from {LEAST_FRACTION} to 1",
            where="figproof.look",
        )
    width_in = look.venue.width_in(width if isinstance(width, str) else float(width))
    height_in = width_in / GOLDEN if height_in is None else height_in
    if not 0 < height_in <= look.venue.max_height_in:
        raise FigproofError(
            f"height_in {height_in:g} does not fit {look.venue.name}: up to {look.venue.max_height_in:g} in",
            where="figproof.look",
        )
    return width_in, height_in
