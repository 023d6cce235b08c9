"""Read and check every YAML of a project, all problems of a file at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from figproof.closed import parse
from figproof.errors import FigproofError, raise_together, suggest
from figproof.kinds import kind_names, load_kind, writes_texts
from figproof.places import Found, Styles, find_sheet
from figproof.project import Project
from figproof.schemas import Config, FigureSpec, Selection
from figproof.yamlfile import load_yaml

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def load_config(project: Project) -> Config:
    """Read ``config/config.yaml``.

    Raises
    ------
    FigproofError
        All problems of the file, with a venue or palette that does not exist.
    """
    path = project.config_file
    where = project.relative(path)
    config = parse(Config, load_yaml(path), where)
    raise_together(_unknown_looks(project, config, where))
    return config


def selection_names(project: Project) -> tuple[str, ...]:
    """Names of the selections, sorted."""
    return _names(project, project.selections, ".yaml")


def load_selection(project: Project, name: str) -> Selection:
    """Read one selection.

    Raises
    ------
    FigproofError
        No such selection (with the nearest name), or all problems of the file.
    """
    known = selection_names(project)
    if name not in known:
        raise FigproofError(
            f"selection {name!r} is unknown. {suggest(name, known)}",
            hint=f"add config/selections/{name}.yaml to define it",
        )
    path = project.selections / f"{name}.yaml"
    return parse(Selection, load_yaml(path), project.relative(path))


def figure_ids(project: Project) -> tuple[str, ...]:
    """Ids of the figures, sorted.

    Raises
    ------
    FigproofError
        A file name is no id, or two files give one id (``a.yaml`` and ``a.yml``).
    """
    return _names(project, project.figure_specs, ".yaml")


def _names(project: Project, folder: Path, suffix: str) -> tuple[str, ...]:
    errors = []
    names = []
    # Editors and file managers leave hidden files of their own.
    for path in sorted(path for path in folder.glob("*") if not path.name.startswith(".")):
        where = project.relative(path)
        if path.suffix == ".yml" and path.with_suffix(".yaml").exists():
            errors.append(
                FigproofError(
                    f"duplicate id {path.stem!r}: {path.stem}.yaml exists too", where=where, hint="delete one"
                )
            )
        elif path.suffix != suffix:
            errors.append(
                FigproofError(f"only *{suffix} files belong here", where=where, hint="rename or remove it")
            )
        elif not NAME.fullmatch(path.stem):
            errors.append(
                FigproofError(
                    f"{path.stem!r} is no name: lower-case letters, digits, '_' and '-', at most 64",
                    where=where,
                )
            )
        else:
            names.append(path.stem)
    raise_together(errors)
    return tuple(names)


def load_figure(project: Project, figure: str) -> FigureSpec:
    """Read one figure's YAML and check it against what exists: kinds, pins, params, venue, palettes.

    Raises
    ------
    FigproofError
        No such figure, or all problems of its file.
    """
    known = figure_ids(project)
    if figure not in known:
        raise FigproofError(
            f"figure {figure!r} is unknown. {suggest(figure, known)}",
            hint=f"add config/figures/{figure}.yaml to define it",
        )
    path = project.figure_specs / f"{figure}.yaml"
    where = project.relative(path)
    spec = parse(FigureSpec, load_yaml(path), where)
    raise_together(_unknown_names(project, spec, where))
    return spec


def _unknown_names(project: Project, spec: FigureSpec, where: str) -> list[FigproofError]:
    errors = []
    for letter, panel in spec.parts():
        place = f"{where}: panels.{letter}." if letter else f"{where}: "
        kinds, pins = kind_names(project.kinds), pin_names(project)
        define = f"add figures/{panel.kind}.py to define it"
        errors += _unknown("kind", panel.kind, kinds, f"{place}kind", define)
        errors += _unknown("pin", panel.pin, pins, f"{place}pin", how_to_pin(project, panel.pin))
    return errors + _unknown_looks(project, spec, where)


def _unknown_looks(project: Project, given: Config | FigureSpec, where: str) -> list[FigproofError]:
    errors = []
    if given.venue is not None:
        known = Styles.of(project.root).names("venues/*.mplstyle")
        define = f"add styles/venues/{given.venue}.mplstyle to define it"
        errors += _unknown("venue", given.venue, known, f"{where}: venue", define)
    if given.palettes is not None:
        known = Styles.of(project.root).names("palettes/*.yaml")
        for role, name in given.palettes.model_dump().items():
            define = f"add styles/palettes/{name}.yaml to define it"
            errors += _unknown("palette", name, known, f"{where}: palettes.{role}", define)
    if given.sheet is not None:
        try:
            find_sheet(project.root, given.sheet, f"{where}: sheet")
        except FigproofError as error:
            errors.append(error)
    return errors


def _unknown(noun: str, given: str, known: Iterable[str], where: str, define: str) -> list[FigproofError]:
    names = tuple(known)
    if given in names:
        return []
    problem = f"{noun} {given!r} is unknown. {suggest(given, names)}"
    return [FigproofError(problem, where=where, hint=define)]


def how_to_pin(project: Project, name: str) -> str:
    """What makes a pin of that name: a selection has to ask for it first."""
    if name in {path.stem for path in project.selections.glob("*.yaml")}:
        return f"run: figproof pin {name}"
    return f"ask for its runs in config/selections/{name}.yaml, then run: figproof pin {name}"


def pin_names(project: Project) -> tuple[str, ...]:
    """Names of the pins, sorted."""
    return tuple(sorted(p.stem for p in project.pins.glob("*.json")))


def load_params(project: Project, figure: str, spec: FigureSpec) -> tuple[Any, ...]:
    """The kinds' ``Params`` of a figure's parts, in their order.

    Kept apart from :func:`load_figure` because it imports the kinds, and Matplotlib with them.

    Raises
    ------
    FigproofError
        All wrong params of the figure's file.
    """
    where = project.relative(project.figure_specs / f"{figure}.yaml")
    errors: list[FigproofError] = []
    loaded = []
    for letter, panel in spec.parts():
        key = f"panels.{letter}.params" if letter else "params"
        try:
            kind = load_kind(project.kinds, panel.kind, where=where)
            loaded.append(parse(kind.params, panel.params, where, key))
        except FigproofError as error:
            errors.append(error)
    raise_together(errors)
    return tuple(loaded)


def text_figures(project: Project, figures: Mapping[str, FigureSpec]) -> tuple[str, ...]:
    """Ids of the figures of one panel whose kind is also written as text, sorted."""
    single = {figure: spec.parts()[0][1].kind for figure, spec in figures.items() if not spec.layout}
    return tuple(sorted(figure for figure, kind in single.items() if writes_texts(project.kinds, kind)))


def style_files(root: Path, venue: str, palettes: Iterable[str], sheet: str | None = None) -> list[Found]:
    """The sheets and palettes that decide how a figure looks; the registry of conditions apart."""
    files = [f"palettes/{name}.yaml" for name in sorted(set(palettes))]
    own = [find_sheet(root, sheet)] if sheet else []
    return [*map(Styles.of(root).get, ["base.mplstyle", f"venues/{venue}.mplstyle", *files]), *own]


def load_figures(project: Project) -> Mapping[str, FigureSpec]:
    """All figures, by id; all problems of all files at once."""
    specs: dict[str, FigureSpec] = {}
    errors: list[FigproofError] = []
    for figure in figure_ids(project):
        try:
            specs[figure] = load_figure(project, figure)
        except FigproofError as error:
            errors.append(error)
    raise_together(errors)
    return specs
