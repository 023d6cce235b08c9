"""Write docs/palettes.md from what is measured: python docs/make_palettes.py; --check says if it is stale."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_hex, to_rgb

from figproof.colour import (
    DEFICIENCIES,
    INSTEAD,
    RAINBOWS,
    Array,
    Ramp,
    contrast,
    limits,
    measure_colormap,
    measure_colours,
)
from figproof.measuring import MARK_CONTRAST
from figproof.palette import Palette, load_palette, palette_names

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "palettes.md"

_SEABORN = "0173b2 de8f05 029e73 d55e00 cc78bc ca9161 fbafe4 949494 ece133 56b4e9"
_SCIENCEPLOTS = "0c5da5 00b945 ff9500 ff2c00 845b97 474747 9e9e9e"
NOT_SHIPPED = {
    "tab10 (Matplotlib's default)": [to_hex(colour) for colour in mpl.color_sequences["tab10"]],
    "seaborn colorblind": [f"#{colour}" for colour in _SEABORN.split()],
    "SciencePlots std": [f"#{colour}" for colour in _SCIENCEPLOTS.split()],
}
"""Lists that papers use, for comparison only."""

HEAD = """# Palettes, measured

Written by `python docs/make_palettes.py` with `figproof.colour`; a test fails when a number here is stale.
A figure's YAML or `config/config.yaml` names palettes by role: `palettes: {qualitative: petroff10,
sequential: viridis, diverging: rdbu, cyclic: twilight}`.

Distances are those of CAM02-UCS after Machado et al. (2009), the smallest over severities 1 to 100 of a
deficiency. Each cell says *clipped* / unclipped: some simulated colours lie outside what a screen shows;
clipped is what a reader sees, unclipped is what Petroff (arXiv 2107.02270) published and set his limits
for: 20, 18, 16 for up to 6, 8, 10 colours, and steps of J' in grey of 5.0, 4.2, 3.6. **A list is measured
as it is used**: the first n colours are another list than all, judged by the limit for n. Two conditions of
a figure that are closer than the limit, clipped or in grey, must differ in marker or dash, or drawing
refuses the figure: see [conditions and colours](how-to/conditions-and-colours.md).
"""

QUALITATIVE = """## For things: qualitative

`passes`: Petroff's limits, unclipped and in grey; `on white`: colours under 3:1 (WCAG 1.4.11), too faint
for thin marks.
"""

PREFIXES = """### The first n colours

Smallest distance in any deficiency, clipped / unclipped; bold where the unclipped one passes the limit for
n.
"""

REFUSED_LISTS = """### Not to be used

Measured for comparison, not shipped. Safe by name is not safe by measure.
"""

VALUES = """## For values

J' is lightness from 0 to 100. `goes back` counts the steps between 256 samples that run against the role,
and the deepest such run in J' (rounding to 8 bits makes up to 0.24; more than 0.5 is refused). `ends` is
the distance between both ends in the worst deficiency: low and high of a diverging one must differ, those
of a cyclic one must meet.
"""

RAINBOW = """## Refused

A rainbow shows edges where the data have none, and loses its order in grey and for colour-blind readers.
figproof refuses these and copies of them, and any colormap whose lightness does not run as its role asks;
turbo and rainbow do turn once in lightness as a diverging one does, and are refused by their colours.
"""


def page() -> str:
    """The page's text: a pure function of the palettes."""
    palettes = {name: load_palette(ROOT, name) for name in palette_names(ROOT)}
    things = {name: palette for name, palette in palettes.items() if palette.role == "qualitative"}
    parts = [HEAD, QUALITATIVE, _separations({name: palette.rgb() for name, palette in things.items()})]
    parts += [PREFIXES, _prefixes(things)]
    parts += [REFUSED_LISTS, _separations({name: _rgb(colours) for name, colours in NOT_SHIPPED.items()})]
    parts += [VALUES]
    for role in INSTEAD:
        ramps = {name: palette.ramp() for name, palette in palettes.items() if palette.role == role}
        parts += [f"### {role.capitalize()}\n", _ramps(ramps)]
    return "\n".join([*parts, RAINBOW, _rainbows(), _sources(palettes)])


def _separations(lists: Mapping[str, Array]) -> str:
    rows = []
    for name, colours in lists.items():
        found, asked = measure_colours(colours), limits(len(colours))
        cells = [f"*{found.clipped[d]:.1f}* / {found.unclipped[d]:.1f}" for d in ("normal", *DEFICIENCIES)]
        passes = found.worst_unclipped >= asked.distance and found.grey >= asked.grey
        faint = int((contrast(colours, np.ones(3)) < MARK_CONTRAST).sum())
        limit = f"{'yes' if passes else 'no'} ({asked.distance:.0f}, {asked.grey:.1f})"
        rows.append([name, found.n, *cells, f"{found.grey:.1f}", limit, f"{faint} of {found.n}"])
    head = ["palette", "n", "normal", *DEFICIENCIES, "grey", "passes", "on white"]
    return _table(head, rows)


def _prefixes(palettes: Mapping[str, Palette]) -> str:
    most = max(len(palette.colours or ()) for palette in palettes.values())
    rows = []
    for name, palette in palettes.items():
        colours = palette.rgb()
        rows.append([name, *(_prefix(colours, n) for n in range(2, most + 1))])
    return _table(["palette", *range(2, most + 1)], rows)


def _prefix(colours: Array, n: int) -> str:
    if n > len(colours):
        return ""
    found = measure_colours(colours[:n])
    text = f"{found.worst:.1f} / {found.worst_unclipped:.1f}"
    return f"**{text}**" if found.worst_unclipped >= limits(n).distance else text


def _ramps(ramps: Mapping[str, Ramp]) -> str:
    rows = [
        [
            name,
            *(f"{value:.1f}" for value in ramp.lightness),
            f"{ramp.reversals} ({ramp.depth:.2f})",
            ", ".join(f"{turn:.2f}" for turn in ramp.turns) or "none",
            f"{ramp.ends:.1f}",
        ]
        for name, ramp in ramps.items()
    ]
    return _table(["palette", "J' start", "middle", "end", "goes back", "turns at", "ends"], rows)


def _rainbows() -> str:
    rows = []
    for name in RAINBOWS:
        samples = mpl.colormaps[name](np.linspace(0, 1, 256))
        ramps = [measure_colormap(samples, role) for role in INSTEAD]
        rows.append([name, *(f"{ramp.reversals} ({ramp.depth:.1f})" for ramp in ramps)])
    use = "; ".join(f"{role}: {names}" for role, names in INSTEAD.items())
    return _table(["colormap", *(f"goes back as {role}" for role in INSTEAD)], rows) + f"\nInstead: {use}.\n"


def _sources(palettes: Mapping[str, Palette]) -> str:
    lines = [f"- {name}: {palette.source}" for name, palette in palettes.items()]
    return "\n".join(["## Sources\n", *lines, ""])


def _rgb(colours: Iterable[str]) -> Array:
    return np.array([to_rgb(colour) for colour in colours])


def _table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    lines = [list(map(str, head))]
    lines.append(["---"] * len(lines[0]))
    lines += [list(map(str, row)) for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the page; with ``--check`` only say whether it is stale, and exit 1 if it is."""
    if arguments == ["--check"]:
        stale = PAGE.read_text() != page()
        print(f"docs/palettes.md is {'stale: run python docs/make_palettes.py' if stale else 'up to date'}")
        return int(stale)
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
