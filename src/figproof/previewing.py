"""See a style before a paper depends on it: every kind's example, for readers of all kinds, on one page.

Each example is drawn as the pipeline would draw it and then shown as a reader with protanopia,
deuteranopia or tritanopia sees it, and as a grey print.
"""

from __future__ import annotations

import base64
import io
import tempfile
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image

from figproof import encode
from figproof.canonical import digest_bytes
from figproof.canvas import clean_matplotlib, render
from figproof.colour import DEFICIENCIES, Array, grey, simulate
from figproof.conditions import DASHES, MARKERS, Condition
from figproof.encode import Pixels
from figproof.errors import FigproofError
from figproof.kinds import load_kind
from figproof.look import Look
from figproof.model import Table
from figproof.pages import page_of
from figproof.project import Project
from figproof.tables import read_table, table_files

PRINTED = "as printed"
VIEWS = (PRINTED, *DEFICIENCIES, "grey")
"""Columns of the page; deficiencies at their full severity, clipped to what a screen shows."""

_DPI = 150
# A figure of 8 pt text is 3.6 in high; larger text needs more room.
_HEIGHT_IN_PER_PT = 0.45
_ROWS_A_PAGE = 3
_MARGIN_IN = 0.3
_SWATCH_PX = 40


@dataclass(frozen=True)
class Sample:
    """A row of the page.

    Attributes
    ----------
    name : str
        A palette or a kind.
    pictures : mapping of str to ndarray of uint8, shape (height, width, 3)
        View -> pixels; empty where the kind refuses.
    problem : str
        Why the kind's example cannot be drawn in this style; else empty.
    """

    name: str
    pictures: Mapping[str, Pixels]
    problem: str = ""


def samples(project: Project, look: Look, kinds: Sequence[str]) -> list[Sample]:
    """The palettes of a look, then the kinds' examples; a kind that refuses says why."""
    found = [_row(f"colours of {look.palette}", _swatches(np.array([to_rgb(c) for c in look.colours])))]
    for role in look.colormaps:
        found.append(_row(f"{role} colours", _band(look.cmap(role)(np.linspace(0, 1, 256))[:, :3])))
    for name in kinds:
        try:
            found.append(_row(name, _example(project, name, look)))
        except FigproofError as error:
            found.append(Sample(name, {}, str(error)))
    return found


def as_seen(pixels: Pixels, view: str) -> Pixels:
    """Pixels, shape (height, width, 3), as the reader of a view sees them."""
    if view == PRINTED:
        return pixels
    colours, places = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    see: Callable[[Array], Array] = grey if view == "grey" else lambda srgb: simulate(srgb, view)
    seen = np.rint(see(colours / 255) * 255).clip(0, 255).astype(np.uint8)
    return seen[places].reshape(pixels.shape)


def _row(name: str, pixels: Pixels) -> Sample:
    return Sample(name, {view: as_seen(pixels, view) for view in VIEWS})


def _swatches(colours: Array) -> Pixels:
    """A square for each colour, shape (n, 3) from 0 to 1, with white between them."""
    square = np.full((_SWATCH_PX, _SWATCH_PX, 3), 255, dtype=np.uint8)
    squares = []
    for colour in np.rint(colours * 255).astype(np.uint8):
        painted = square.copy()
        painted[:, 2:-2] = colour
        squares.append(painted)
    return np.hstack(squares)


def _band(colours: Array) -> Pixels:
    return np.repeat(np.rint(colours * 255).astype(np.uint8)[None], _SWATCH_PX, axis=0)


def _example(project: Project, name: str, look: Look) -> Pixels:
    kind = load_kind(project.kinds, name)
    example = kind.example()
    table = _as_stored(kind.derive(example.snapshot, example.params))
    venue = replace(look.venue, png_dpi=_DPI)
    shown = replace(look, venue=venue, conditions=_conditions(example.snapshot.conditions(), look))
    height = min(_HEIGHT_IN_PER_PT * venue.text_pt, venue.max_height_in)
    size = (venue.width_in("single"), height)
    files = render(
        lambda fig: kind.draw(fig, table, example.params, shown), shown, size, ["png"], {"figure": name}
    )
    with Image.open(io.BytesIO(files["png"])) as picture:
        return np.asarray(picture.convert("RGB"))


def _as_stored(table: Table) -> Table:
    """With the digits that are stored, as the pipeline draws."""
    files = table_files(table)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            (Path(folder) / name).write_bytes(content)
        return read_table(Path(folder), {name: digest_bytes(content) for name, content in files.items()})


def _conditions(names: Sequence[str], look: Look) -> dict[str, Condition]:
    """Looks for an example's conditions, whatever the project's registry holds."""
    dashes = list(DASHES)
    return {
        name: Condition(
            label=name, slot=i % len(look.colours), marker=MARKERS[i], dash=dashes[i % len(dashes)]
        )
        for i, name in enumerate(names)
    }


def page_html(look: Look, rows: Sequence[Sample]) -> bytes:
    """The page as one file of HTML without scripts, which loads nothing."""
    shown = [
        {
            "name": row.name,
            "problem": row.problem,
            "pictures": {
                view: base64.b64encode(encode.png(pixels)).decode("ascii")
                for view, pixels in row.pictures.items()
            },
        }
        for row in rows
    ]
    return page_of("preview.html.j2", venue=look.venue, views=VIEWS, rows=shown)


def page_pdf(look: Look, rows: Sequence[Sample]) -> bytes:
    """The page as PDF, in sheets of a few rows, each picture in its true size."""
    buffer = io.BytesIO()
    fixed = dict.fromkeys(("Creator", "Producer", "CreationDate"))
    with clean_matplotlib(look), PdfPages(buffer, metadata=fixed) as sheets:
        for first in range(0, len(rows), _ROWS_A_PAGE):
            sheets.savefig(_sheet(look, rows[first : first + _ROWS_A_PAGE]))
    return encode.pdf(buffer.getvalue(), f"preview of {look.venue.name}", {"styles": dict(look.sources)})


def _sheet(look: Look, rows: Sequence[Sample]) -> Figure:
    line_in = 2 * look.venue.text_pt / 72
    column_in = look.venue.width_in("single") + _MARGIN_IN
    heights_in = [
        line_in + _MARGIN_IN + max((len(pixels) / _DPI for pixels in row.pictures.values()), default=line_in)
        for row in rows
    ]
    size = (len(VIEWS) * column_in + _MARGIN_IN, sum(heights_in) + 2 * _MARGIN_IN)
    sheet = Figure(figsize=size)
    sheet.set_layout_engine("none")

    def place(across_in: float, down_in: float) -> tuple[float, float]:
        return across_in / size[0], 1 - down_in / size[1]

    down = _MARGIN_IN
    for row, height_in in zip(rows, heights_in, strict=True):
        for number, view in enumerate(VIEWS if row.pictures else ("",)):
            left = _MARGIN_IN + number * column_in
            title = f"{row.name}, {view}" if view else textwrap.fill(f"{row.name}: {row.problem}", 150)
            sheet.text(*place(left, down), title, va="top", ha="left", parse_math=False)
            if view:
                pixels = row.pictures[view]
                wide, high = pixels.shape[1] / _DPI / size[0], pixels.shape[0] / _DPI / size[1]
                x, y = place(left, down + line_in)
                axes = sheet.add_axes((x, y - high, wide, high))
                axes.imshow(pixels, interpolation="none", aspect="auto")
                axes.set_axis_off()
        down += height_in
    return sheet
