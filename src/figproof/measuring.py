"""Say in lines what a palette measures: one of the project, a file, or any list or colormap of Matplotlib."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
import numpy as np

from figproof.closed import parse
from figproof.colour import (
    DEFICIENCIES,
    INSTEAD,
    Array,
    Role,
    contrast,
    fitting_roles,
    limits,
    measure_colormap,
    measure_colours,
)
from figproof.errors import FigproofError, suggest
from figproof.palette import Palette, palette_names, read_palette
from figproof.yamlfile import load_yaml

MARK_CONTRAST = 3.0
"""WCAG 1.4.11: marks on their ground."""


def measured(root: Path, given: str) -> list[str]:
    """Lines of what was measured.

    Parameters
    ----------
    root : Path
        The project.
    given : str
        Name of a palette, path of a palette's YAML, or name of a colormap or colour sequence of Matplotlib.

    Raises
    ------
    FigproofError
        None of these, or a wrong file.
    """
    if given in palette_names(root):
        return _of_palette(read_palette(root, given))
    if Path(given).is_file():
        return _of_palette(parse(Palette, load_yaml(Path(given)), given))
    if given in mpl.color_sequences:
        return of_colours(np.array([mpl.colors.to_rgb(c) for c in mpl.color_sequences[given]]))
    if given in mpl.colormaps:
        samples = np.asarray(mpl.colormaps[given](np.linspace(0, 1, 256)))
        roles = fitting_roles(samples)
        fits = f"fits: {', '.join(roles)}" if roles else "fits no role"
        return [fits, *(line for role in INSTEAD for line in of_colormap(samples, role))]
    raise FigproofError(f"{given!r} is no palette, file or colormap. {suggest(given, palette_names(root))}")


def of_colours(rgb: Array) -> list[str]:
    """Lines of what a list of colours, shape (n, 3), measures."""
    found, asked = measure_colours(rgb), limits(len(rgb))
    lines = [
        f"{found.n} colours; at least {asked.distance:.0f} between two are asked, {asked.grey:.1f} in grey",
        *(
            f"{name}: {found.clipped[name]:.1f} (unclipped {found.unclipped[name]:.1f})"
            for name in ("normal", *DEFICIENCIES)
        ),
        f"grey: {found.grey:.1f}",
        f"closest, as a screen shows them: colours {found.closest[0]} and {found.closest[1]}",
    ]
    faint = np.flatnonzero(contrast(rgb, np.ones(3)) < MARK_CONTRAST).tolist()
    if faint:
        lines.append(f"under {MARK_CONTRAST:.0f}:1 on white: colours {', '.join(map(str, faint))}")
    passes = found.worst_unclipped >= asked.distance and found.grey >= asked.grey
    clipped = found.worst >= asked.distance
    verdict = "passes Petroff's limits" if passes else "does not pass Petroff's limits"
    return [*lines, verdict + ("" if clipped or not passes else ", unclipped only")]


def of_colormap(samples: Array, role: Role) -> list[str]:
    """Lines of what a colormap, shape (n, 3 or 4), measures for a role."""
    ramp = measure_colormap(samples, role)
    start, middle, end = ramp.lightness
    return [
        f"as {role}: J' {start:.1f}, {middle:.1f}, {end:.1f}; goes back at {ramp.reversals} of its steps, "
        f"by up to {ramp.depth:.2f}; ends {ramp.ends:.1f} apart",
        *(f"  {fault}" for fault in ramp.faults),
    ]


def _of_palette(palette: Palette) -> list[str]:
    if palette.role == "qualitative":
        return of_colours(palette.rgb())
    return of_colormap(palette.rgb(), palette.role)
