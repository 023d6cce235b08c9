"""Read and check every YAML of a project: closed schemas, all problems of a file at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from figproof.closed import Closed, parse
from figproof.errors import FigproofError, raise_together, suggest
from figproof.kinds import kind_names, load_kind, writes_texts
from figproof.places import Found, Styles, find_sheet
from figproof.project import Project
from figproof.yamlfile import load_yaml

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
WIDTHS = ("single", "onehalf", "full")
LEAST_FRACTION = 0.1

Scalar = bool | int | float | str | None
Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


DIVERGING_PALETTE = "rdbu"
CYCLIC_PALETTE = "twilight"


class Palettes(Closed):
    """Which palette plays which role."""

    qualitative: str = Field("petroff10", description="Colours of conditions and classes.")
    sequential: str = Field("viridis", description="Colours of a map from low to high.")
    diverging: str = Field(DIVERGING_PALETTE, description="Colours of signed values.")
    cyclic: str = Field(CYCLIC_PALETTE, description="Colours of angles and phases.")


class Config(Closed):
    """``config/config.yaml``: what all figures share."""

    venue: str = Field(description="Default venue: a file in styles/venues.")
    styles: list[str] = Field(
        default_factory=list,
        description="A team's styles: folders, or installed packages; searched after styles/ in order.",
    )
    sheet: str | None = Field(
        None,
        description="A team's sheet on top of the venue's: a path, or labstyle/lab.mplstyle in a package.",
    )
    formats: list[Literal["pdf", "svg", "png", "tiff"]] = Field(
        min_length=1, description="Files of each figure; a venue that takes no PDF gets TIFF in its place."
    )
    palettes: Palettes = Field(default_factory=Palettes, description="Default palettes.")


class Panel(Closed):
    """One kind drawn from one pin."""

    kind: str = Field(description="A file in figures/.")
    pin: str = Field(description="A file in config/pins.")
    params: dict[str, Any] = Field(default_factory=dict, description="The kind's own parameters.")


class FigureSpec(Closed):
    """``config/figures/<id>.yaml``: one kind and pin, or panels on a layout."""

    kind: str | None = Field(None, description="A file in figures/; not with panels.")
    pin: str | None = Field(None, description="A file in config/pins; not with panels.")
    params: dict[str, Any] = Field(default_factory=dict, description="The kind's own parameters.")
    panels: list[Panel] = Field(default_factory=list, max_length=26, description="Panels (a), (b), ...")
    layout: list[str] = Field(
        default_factory=list,
        description="Rows of panel letters, e.g. [ab, cd]; a letter may span a rectangle.",
    )
    venue: str | None = Field(None, description="A file in styles/venues; config.yaml's if left out.")
    width: str | float = Field(
        "single", description="single, onehalf or full, as the venue has them, or a fraction of full: 0.48."
    )
    height_in: float = Field(gt=0, le=20, description="Height in inches.")
    palettes: Palettes | None = Field(None, description="Palettes; config.yaml's if left out.")
    highlight: list[str] = Field(
        default_factory=list, description="Conditions in colour, the others grey; all in colour if empty."
    )
    sheet: str | None = Field(None, description="A team's own sheet; config.yaml's if left out.")
    caption: str = Field("", description="Shown in the index.")

    @field_validator("width", mode="before")
    @classmethod
    def _known_width(cls, width: Any) -> Any:
        number = isinstance(width, (int, float)) and not isinstance(width, bool)
        if width in WIDTHS if isinstance(width, str) else number and LEAST_FRACTION <= width <= 1:
            return width if isinstance(width, str) else float(width)
        raise ValueError(
            f"{width!r} is no width. Allowed: {', '.join(WIDTHS)}, "
            f"or a fraction of full from {LEAST_FRACTION} to 1, e.g. 0.48"
        )

    @model_validator(mode="after")
    def _one_form(self) -> FigureSpec:
        single = self.kind is not None or self.pin is not None or bool(self.params)
        if single and (self.panels or self.layout):
            raise ValueError("give either kind, pin and params, or panels and layout, not both")
        if not self.panels and (self.kind is None or self.pin is None):
            raise ValueError("kind and pin are needed (or panels and layout)")
        if self.panels:
            _check_layout(self.layout, len(self.panels))
        return self

    def parts(self) -> tuple[tuple[str, Panel], ...]:
        """The panels with their letters; a figure of one kind has one part with the letter ``""``."""
        if self.panels:
            return tuple(zip("abcdefghijklmnopqrstuvwxyz", self.panels, strict=False))
        return (("", Panel(kind=self.kind or "", pin=self.pin or "", params=self.params)),)


class Range(Closed):
    """Numbers between two ends, both included; either end may be left out."""

    min: float | int | None = None
    max: float | int | None = None


class OneOf(Closed):
    """Any of the listed values."""

    values: list[Any] = Field(alias="in", min_length=1)


class Selection(Closed):
    """``config/selections/<name>.yaml``: a question to the store."""

    experiment: str = Field(description="Experiment name as Sacred stored it.")
    where: dict[str, Any] = Field(
        default_factory=dict,
        description="Field (config.<key>, result or result.<key>) -> value, {in: [...]} or {min:, max:}.",
    )
    status: Literal["COMPLETED"] | None = Field(
        None, description="COMPLETED leaves other runs out; without it such a run is an error."
    )
    group_by: list[str] = Field(
        default_factory=list, description="Config keys whose values name a run's condition."
    )
    names: dict[str, Name] = Field(
        default_factory=dict,
        description="Value of the one group_by key -> condition; without it the value is the name.",
    )
    condition: Name | None = Field(None, description="One condition for all runs; not with group_by.")
    varies: list[str] = Field(
        default_factory=list,
        description="Config keys, besides seed, in which runs of one condition may differ.",
    )
    seeds: int | None = Field(None, ge=1, description="Seeds expected for each condition.")

    @field_validator("where")
    @classmethod
    def _known_fields(cls, where: dict[str, Any]) -> dict[str, Any]:
        for key, wanted in where.items():
            if not re.fullmatch(r"(config\.[^$.][^$]*|result(\.[^$]+)?)", key):
                raise ValueError(f"{key!r} is not a field. Allowed: config.<key>, result, result.<key>")
            if isinstance(wanted, dict):
                _check_filter(key, wanted)
        return where

    @field_validator("names", mode="before")
    @classmethod
    def _values_as_text(cls, names: Any) -> Any:
        return {str(value): name for value, name in names.items()} if isinstance(names, dict) else names

    @model_validator(mode="after")
    def _one_grouping(self) -> Selection:
        if self.names and len(self.group_by) != 1:
            raise ValueError("names belongs to one group_by key")
        if self.group_by and self.condition:
            raise ValueError("give either group_by or condition, not both")
        for name, keys in (("group_by", self.group_by), ("varies", self.varies)):
            for key in keys:
                if not key.startswith("config."):
                    raise ValueError(f"{name}: {key!r} is not a config key. Write config.<key>")
        return self


def _check_filter(key: str, wanted: Any) -> None:
    try:
        (OneOf if "in" in wanted else Range).model_validate(wanted)
    except ValidationError as error:
        raise ValueError(
            f"{key}: {wanted} is no filter ({error.errors()[0]['msg']}). "
            "Allowed: a value, {in: [...]} or {min: ..., max: ...}"
        ) from error


def _check_layout(layout: list[str], panels: int) -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"[:panels]
    if not layout or len({len(row) for row in layout}) != 1:
        raise ValueError(f"layout must be rows of equal length, e.g. [ab, cd]; given {layout}")
    seen = "".join(sorted(set("".join(layout))))
    if seen != letters:
        raise ValueError(f"layout {layout} uses {seen!r}; the panels are {letters!r}")
    for letter in letters:
        rows, columns = rectangle(layout, letter)
        cells = {layout[i][j] for i in range(*rows) for j in range(*columns)}
        if cells != {letter}:
            raise ValueError(f"layout {layout}: panel {letter!r} is not a rectangle")


def rectangle(layout: list[str], letter: str) -> tuple[tuple[int, int], tuple[int, int]]:
    """Row and column ranges (start, end) that a panel spans."""
    rows = [i for i, row in enumerate(layout) if letter in row]
    columns = [j for row in layout for j, cell in enumerate(row) if cell == letter]
    return (min(rows), max(rows) + 1), (min(columns), max(columns) + 1)


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
