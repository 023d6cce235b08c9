"""Palettes: named lists of colours for things, and colormaps for values; docs/palettes.md measures each."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

import matplotlib as mpl
import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap, to_rgb
from pydantic import Field, field_validator, model_validator

from figproof.canonical import digest_json
from figproof.closed import Closed, parse
from figproof.colour import INSTEAD, Array, Ramp, Role, measure_colormap
from figproof.errors import FigproofError, suggest
from figproof.places import Styles
from figproof.yamlfile import load_yaml

_HEX = re.compile(r"#[0-9a-f]{6}")
_LEVELS = 256


class Palette(Closed):
    """``styles/palettes/<name>.yaml``.

    Attributes
    ----------
    role : {"qualitative", "sequential", "diverging", "cyclic"}
        Things; values from low to high; signed values, lightest at zero; angles and phases.
    colours : list of str, optional
        ``#rrggbb``: one for each thing, or equally spaced colours of a colormap.
    colormap : str, optional
        Instead of colours, the name of a Matplotlib colormap; not for things.
    source : str
    """

    role: Literal["qualitative", "sequential", "diverging", "cyclic"]
    colours: list[str] | None = Field(None, min_length=2)
    colormap: str | None = None
    source: str = Field(min_length=1)

    @model_validator(mode="after")
    def _fits_role(self) -> Palette:
        if self.role == "qualitative" and (self.colours is None or self.colormap is not None):
            raise ValueError("a qualitative palette has colours and no colormap")
        if (self.colours is None) == (self.colormap is None):
            raise ValueError(f"a {self.role} palette has either colours or a colormap")
        if self.colormap is not None and self.colormap not in mpl.colormaps:
            raise ValueError(f"colormap {self.colormap!r} is unknown to Matplotlib")
        if self.role == "qualitative" and len(set(self.colours or ())) < len(self.colours or ()):
            raise ValueError("a colour is given twice")
        return self

    @field_validator("colours")
    @classmethod
    def _hexadecimal(cls, colours: list[str] | None) -> list[str] | None:
        wrong = [colour for colour in colours or [] if not _HEX.fullmatch(colour)]
        if wrong:
            raise ValueError(f"{', '.join(wrong)}: write colours as #rrggbb in lower case")
        return colours

    def cmap(self) -> Colormap:
        """The colormap of a palette for values."""
        if self.colormap is not None:
            return mpl.colormaps[self.colormap]
        return LinearSegmentedColormap.from_list("", self.colours or [], _LEVELS)

    def registered(self, name: str) -> str:
        """The name by which Matplotlib knows the colormap; one of own colours is made known to it.

        ``image.cmap`` takes a name only. The name holds the colours' digest: two projects in one process
        may have different palettes of one name.
        """
        if self.colormap is not None:
            return self.colormap
        known = f"{name}-{digest_json(self.colours)[:8]}"
        if known not in mpl.colormaps:
            mpl.colormaps.register(self.cmap(), name=known)
        return known

    def rgb(self) -> Array:
        """Its colours, or 256 samples of its colormap, as sRGB; shape (n, 3)."""
        if self.role == "qualitative":
            return np.array([to_rgb(colour) for colour in self.colours or ()])
        return np.asarray(self.cmap()(np.linspace(0, 1, _LEVELS))[:, :3], dtype=np.float64)

    def ramp(self) -> Ramp:
        """How the lightness of a palette for values runs.

        Raises
        ------
        ValueError
            It is a palette for things.
        """
        if self.role == "qualitative":
            raise ValueError("a palette for things has no order")
        return _ramp(self.role, self.colormap, tuple(self.colours or ()))


@cache
def _ramp(role: Role, colormap: str | None, colours: tuple[str, ...]) -> Ramp:
    """Kept: every figure of a project asks the same three, and to measure one takes 0.05 s."""
    palette = Palette(role=role, colormap=colormap, colours=list(colours) or None, source="measured")
    return measure_colormap(palette.rgb(), role)


def palette_names(root: Path) -> tuple[str, ...]:
    """Names of the palettes of a project, its team and figproof, sorted."""
    return Styles.of(root).names("palettes/*.yaml")


def longer_palettes(root: Path, n: int) -> tuple[str, ...]:
    """Names of the palettes for things that have at least n colours, sorted."""
    palettes = {name: load_palette(root, name) for name in palette_names(root)}
    return tuple(
        name
        for name, palette in palettes.items()
        if palette.role == "qualitative" and len(palette.colours or ()) >= n
    )


def load_palette(root: Path, name: str, role: str | None = None) -> Palette:
    """Read one palette that figures may use; with a role, one that plays it.

    Raises
    ------
    FigproofError
        No such palette (with the nearest name), another role, all problems of the file, or a rainbow:
        a colormap whose lightness does not run as its role asks (with what was measured).
    """
    palette = read_palette(root, name)
    where = Styles.of(root).get(f"palettes/{name}.yaml").name
    if role is not None and palette.role != role:
        raise FigproofError(f"is {palette.role}, a {role} palette is needed", where=where)
    _check_ramp(palette, where)
    return palette


def read_palette(root: Path, name: str) -> Palette:
    """Read one palette, whatever it measures.

    Raises
    ------
    FigproofError
        No such palette (with the nearest name), or all problems of the file.
    """
    known, file = palette_names(root), Styles.of(root).get(f"palettes/{name}.yaml")
    if name not in known:
        raise FigproofError(
            f"palette {name!r} is unknown. {suggest(name, known)}", hint=f"add {file.name} to define it"
        )
    return parse(Palette, load_yaml(file.path), file.name)


def _check_ramp(palette: Palette, where: str) -> None:
    if palette.role == "qualitative":
        return
    ramp = palette.ramp()
    faults = list(ramp.faults)
    start, middle, end = ramp.lightness
    if palette.role == "diverging" and middle < max(start, end):
        faults.append("it is darkest in the middle, where figures draw zero as light as paper")
    if faults:
        raise FigproofError(
            f"cannot be {palette.role}: {'; '.join(faults)}",
            where=where,
            hint=f"use {INSTEAD[palette.role]}",
        )
