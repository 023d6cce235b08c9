"""What the YAML files of a project may say: closed schemas."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from figproof.closed import Closed
from figproof.errors import suggest
from figproof.rules import RULES

WIDTHS = ("single", "onehalf", "full")
LEAST_FRACTION = 0.1

# Of the reason for which a rule is waived.
_FEWEST_WORDS = 3

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
    waive: dict[str, str] = Field(
        default_factory=dict, description="Rules of figproof lint that the figure may break -> why."
    )

    @field_validator("waive")
    @classmethod
    def _known_rules(cls, waive: dict[str, str]) -> dict[str, str]:
        for rule, reason in waive.items():
            if rule not in RULES:
                raise ValueError(f"waive: {rule!r} is no rule. {suggest(rule, RULES)}")
            if len(reason.split()) < _FEWEST_WORDS:
                raise ValueError(f"waive: {rule}: say why in a sentence; given {reason!r}")
        return waive

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
