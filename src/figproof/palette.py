"""Palettes: named lists of colours for things, and colormaps for values, with what was measured."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import matplotlib as mpl
from pydantic import Field, field_validator, model_validator

from figproof.closed import Closed, parse
from figproof.errors import FigproofError, suggest
from figproof.places import Styles
from figproof.yamlfile import load_yaml

_HEX = re.compile(r"#[0-9a-f]{6}")


class Measured(Closed):
    """What the contract test measures again: CAM02-UCS distances and J' of a palette.

    ``distance`` is the smallest between two colours over protan, deutan and tritan severities 1-100,
    clipped to what a screen shows; ``lightness_step`` the smallest difference in J'.
    """

    distance: float | None = None
    distance_unclipped: float | None = None
    lightness_step: float | None = None
    lightness_from: float | None = None
    lightness_to: float | None = None


class Palette(Closed):
    """``styles/palettes/<name>.yaml``: colours as ``#rrggbb``, or the name of a Matplotlib colormap."""

    role: Literal["qualitative", "sequential", "diverging"]
    colours: list[str] | None = Field(None, min_length=2)
    colormap: str | None = None
    source: str = Field(min_length=1)
    measured: Measured

    @model_validator(mode="after")
    def _fits_role(self) -> Palette:
        wanted, other = ("colours", "colormap") if self.role == "qualitative" else ("colormap", "colours")
        if getattr(self, wanted) is None or getattr(self, other) is not None:
            raise ValueError(f"a {self.role} palette has {wanted} and no {other}")
        if self.colormap is not None and self.colormap not in mpl.colormaps:
            raise ValueError(f"colormap {self.colormap!r} is unknown to Matplotlib")
        return self

    @field_validator("colours")
    @classmethod
    def _hexadecimal(cls, colours: list[str] | None) -> list[str] | None:
        wrong = [colour for colour in colours or [] if not _HEX.fullmatch(colour)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: write colours as #rrggbb in lower case")
        if colours and len(set(colours)) < len(colours):
            raise ValueError("a colour is given twice")
        return colours


def palette_names(root: Path) -> tuple[str, ...]:
    """Names of the palettes of a project, its team and figproof, sorted."""
    return Styles.of(root).names("palettes/*.yaml")


def load_palette(root: Path, name: str, role: str | None = None) -> Palette:
    """Read one palette; with a role, one that plays it.

    Raises
    ------
    FigproofError
        No such palette (with the nearest name), another role, or all problems of the file.
    """
    styles = Styles.of(root)
    known = styles.names("palettes/*.yaml")
    file = styles.get(f"palettes/{name}.yaml")
    if name not in known:
        raise FigproofError(
            f"palette {name!r} is unknown. {suggest(name, known)}", hint=f"add {file.name} to define it"
        )
    palette = parse(Palette, load_yaml(file.path), file.name)
    if role is not None and palette.role != role:
        raise FigproofError(f"is {palette.role}, a {role} palette is needed", where=file.name)
    return palette
