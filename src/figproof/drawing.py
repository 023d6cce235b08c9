"""The numbers of a figure -> PDF, SVG, PNG and TIFF that carry their own provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from figproof.apart import check_apart
from figproof.camera import Problem
from figproof.canonical import to_readable_json
from figproof.canvas import Examined, examine, panel_letter, render_and_examine
from figproof.conditions import load_conditions, registered
from figproof.deriving import Derived, read_tables
from figproof.describing import describe_figure
from figproof.errors import FigproofError, raise_together, suggest
from figproof.files import write_together
from figproof.formats import formats_at
from figproof.kinds import TEXTS, load_kind
from figproof.look import Look, Venue, load_look
from figproof.model import Table
from figproof.project import Project
from figproof.provenance import figure_provenance
from figproof.schemas import Config, FigureSpec, rectangle
from figproof.shown import shown_conditions
from figproof.specs import load_config, load_figure, load_params


def look_of(project: Project, spec: FigureSpec, config: Config) -> Look:
    """The look of a figure: its own venue, palettes and sheet, or config.yaml's; the conditions it shows."""
    palettes = spec.palettes or config.palettes
    registry = load_conditions(project.conditions_file)
    conditions = registered(registry, shown_conditions(project, spec))
    unknown = [name for name in spec.highlight if name not in conditions]
    if unknown:
        raise FigproofError(f"highlight: {unknown[0]!r} is not shown. {suggest(unknown[0], conditions)}")
    return load_look(
        project.root,
        spec.venue or config.venue,
        palettes.qualitative,
        palettes.sequential,
        conditions,
        spec.sheet or config.sheet,
        diverging=palettes.diverging,
        cyclic=palettes.cyclic,
        highlight=spec.highlight,
    )


def page_size_in(figure: str, spec: FigureSpec, venue: Venue) -> tuple[float, float]:
    """Width and height of a figure's page in inches.

    Raises
    ------
    FigproofError
        The venue has no such width, or allows less height.
    """
    where = f"config/figures/{figure}.yaml"
    errors, width_in = [], 0.0
    try:
        width_in = venue.width_in(spec.width)
    except FigproofError as error:
        errors.append(FigproofError(error.problem, where=f"{where}: width"))
    if spec.height_in > venue.max_height_in:
        problem = f"{spec.height_in:g} in is higher than {venue.name} allows ({venue.max_height_in:g} in)"
        errors.append(FigproofError(problem, where=f"{where}: height_in"))
    raise_together(errors)
    return width_in, spec.height_in


def draw_figure(project: Project, figure: str) -> list[Problem]:
    """Draw one figure in each of its formats, and write its provenance beside it.

    Returns
    -------
    list of Problem
        As :func:`examine_figure`; of a figure that is drawn, no more than advice.

    Raises
    ------
    FigproofError
        The figure is higher than the venue allows, text is under the venue's minimum, something
        lies outside the canvas; previous files stay as they were.
    """
    config = load_config(project)
    spec = load_figure(project, figure)
    ready = _ready(project, figure, spec, config)
    look = ready.look
    where = f"config/figures/{figure}.yaml"
    provenance = figure_provenance(project, figure, spec, look, ready.tables)
    try:
        formats, text = formats_at(look.venue.formats, config), alternative_text(project, figure)
        files, examined = render_and_examine(ready.draw, look, ready.size_in, formats, provenance, text)
    except FigproofError as error:
        raise FigproofError(str(error), where=where) from error
    outputs = {project.figure_file(figure, suffix): content for suffix, content in files.items()}
    outputs[project.figure_file(figure, "provenance.json")] = to_readable_json(provenance)
    write_together(outputs)
    return _problems(ready, examined)


@dataclass(frozen=True)
class _Ready:
    """All that drawing a figure needs."""

    look: Look
    size_in: tuple[float, float]
    tables: Mapping[str, Derived]
    draw: Callable[[Any], None]


def _ready(project: Project, figure: str, spec: FigureSpec, config: Config) -> _Ready:
    look = look_of(project, spec, config)
    tables = read_tables(project, figure, spec)
    params = load_params(project, figure, spec)

    def draw(canvas: Any) -> None:
        _draw_parts(project, canvas, spec, params, {k: part.table for k, part in tables.items()}, look)

    return _Ready(look, page_size_in(figure, spec, look.venue), tables, draw)


def alternative_text(project: Project, figure: str) -> str:
    """The alternative text of a figure whose numbers are derived."""
    spec = load_figure(project, figure)
    tables = read_tables(project, figure, spec)
    parts = [
        (letter, load_kind(project.kinds, panel.kind), tables[letter].table, params)
        for (letter, panel), params in zip(spec.parts(), load_params(project, figure, spec), strict=True)
    ]
    return describe_figure(spec.caption, parts, look_of(project, spec, load_config(project)))


def examine_figure(project: Project, figure: str) -> list[Problem]:
    """What is wrong with a figure's artists, and units of its numbers that it does not show.

    Raises
    ------
    FigproofError
        The figure cannot be drawn from what is derived.
    """
    ready = _ready(project, figure, load_figure(project, figure), load_config(project))
    return _problems(ready, examine(ready.draw, ready.look, ready.size_in, figure))


def _problems(ready: _Ready, examined: Examined) -> list[Problem]:
    found = [*examined.problems, *examined.advice]
    shown = " ".join(examined.texts)
    for letter, part in ready.tables.items():
        of = f"panel {letter}: " if letter else ""
        for fact, unit in sorted(part.table.facts.items()):
            # A step's unit says what the run counted; an axis may show another quantity.
            named = fact != "step_unit" and (fact == "unit" or fact.endswith("_unit"))
            if named and isinstance(unit, str) and unit.strip() and unit not in shown:
                found.append(Problem("axis-unit", f"{of}unit {unit!r} ({fact}) is not shown"))
    return found


def write_texts(project: Project, figure: str) -> None:
    """Write a figure whose kind is also text as LaTeX, LaTeX macros and Markdown.

    Raises
    ------
    FigproofError
        The figure has panels, or its kind is a picture only.
    """
    config = load_config(project)
    spec = load_figure(project, figure)
    where = f"config/figures/{figure}.yaml"
    kind = load_kind(project.kinds, spec.parts()[0][1].kind)
    if spec.layout or kind.texts is None:
        raise FigproofError(
            "is a picture only", where=where, hint="figproof write is for a kind that has `texts`, alone"
        )
    table = read_tables(project, figure, spec)[""].table
    try:
        contents = kind.texts(
            figure, table, load_params(project, figure, spec)[0], look_of(project, spec, config)
        )
    except FigproofError as error:
        raise FigproofError(str(error), where=where) from error
    write_together({project.figure_file(figure, suffix): contents[suffix].encode() for suffix in TEXTS})


def _draw_parts(
    project: Project,
    canvas: Any,
    spec: FigureSpec,
    params: tuple[Any, ...],
    tables: dict[str, Table],
    look: Look,
) -> None:
    rows, columns = len(spec.layout), len(spec.layout[0]) if spec.layout else 0
    grid = canvas.add_gridspec(rows, columns) if spec.layout else None
    for (letter, panel), part_params in zip(spec.parts(), params, strict=True):
        kind = load_kind(project.kinds, panel.kind)
        place = canvas
        if grid is not None:
            (top, bottom), (left, right) = rectangle(spec.layout, letter)
            place = canvas.add_subfigure(grid[top:bottom, left:right])
        own = replace(look, asked=set())
        kind.draw(place, tables[letter], part_params, own)
        check_apart(own, project.root)
        if letter:
            panel_letter(place, letter, look)
