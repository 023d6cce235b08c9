"""Rules on the page as a whole: size, fonts, images, bytes, transparency, alternative text."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from figproof.lint.finding import Finding, broken, some
from figproof.lint.limits import WIDTH_SLACK_PT, Limits
from figproof.lint.page import Image, Page, Pixels, codes_of
from figproof.lint.raster import Raster

# Metric-compatible copies, as Ghostscript, TeX and Linux put them in the place of the originals.
_CLONES = {
    "nimbussanl": "helvetica",
    "nimbussans": "helvetica",
    "texgyreheros": "helvetica",
    "arimo": "arial",
    "nimbusromno9l": "times",
    "nimbusroman": "times",
    "texgyretermes": "times",
    "tinos": "timesnewroman",
    "standardsymbolsps": "symbol",
    "standardsymbolsl": "symbol",
}
# A picture of fewer colours has been drawn, not photographed.
_LINE_ART_COLOURS = 16
# Pixels of this size are cells of a matrix, shown as they are.
_CELL_PT, _MOST_CELLS = 3.0, 256
# An input of a network, shown pixel by pixel.
_THUMBNAIL_PX, _THUMBNAIL_DPI = 32, 72
# Pixels of a side of a cell, on average, from which its edges are sharp enough.
_BLOCK = 4
_LETTER = re.compile(r"[0-9A-Za-z]")


def size(width_pt: float, height_pt: float, limits: Limits) -> Iterator[Finding]:
    """Width and height of the page."""
    if limits.widths_in is not None:
        widths = limits.widths_in.value
        if min(abs(width_pt - 72 * width) for width in widths.values()) > WIDTH_SLACK_PT:
            allowed = ", ".join(f"{name} {width:.4g} in" for name, width in widths.items())
            nearest = min(widths.values(), key=lambda width: abs(width_pt - 72 * width))
            yield broken(
                "page-width",
                limits.widths_in,
                f"{width_pt / 72:.4g} in wide",
                allowed,
                f"draw it {nearest:.4g} in wide and save it without cropping (no bbox_inches='tight'); "
                "LaTeX scales text and lines with it otherwise",
            )
    if limits.max_height_in is not None and height_pt > 72 * limits.max_height_in.value + WIDTH_SLACK_PT:
        yield broken(
            "page-height",
            limits.max_height_in,
            f"{height_pt / 72:.4g} in high",
            f"up to {limits.max_height_in.value:.4g} in",
            "draw it lower, or split it",
        )


def raster_size(raster: Raster, limits: Limits) -> Iterator[Finding]:
    """Size in inches and resolution of a raster file; without a resolution, that at the widest width."""
    columns, rows = raster.size_px
    few = len(np.unique(_codes(raster.pixels))) <= _LINE_ART_COLOURS
    kind, limit = ("line art", limits.raster_line_dpi) if few else ("colour or grey", limits.raster_photo_dpi)
    if raster.dpi is not None:
        yield from size(72 * columns / raster.dpi, 72 * rows / raster.dpi, limits)
    if limit is None or limits.widths_in is None:
        return
    width = min(limits.widths_in.value.values())
    dpi = raster.dpi if raster.dpi is not None else columns / width
    if dpi < 0.99 * limit.value:
        said = "" if raster.dpi is not None else f" if it is put {width:.4g} in wide; the file gives none"
        yield broken(
            "image-resolution",
            limit,
            f"{kind}: {columns} x {rows} px at {dpi:.0f} dpi{said}",
            f"{limit.value:g} dpi or more",
            "save it with more pixels and its resolution, or as vector graphics",
        )


def _codes(pixels: Pixels) -> npt.NDArray[np.uint32]:
    """One number for each colour, of at most some 200,000 pixels."""
    return codes_of(pixels.reshape(-1, 3)[:: max(1, pixels.size // 600_000)])


def file(name: str, count: int, limits: Limits) -> Iterator[Finding]:
    """Format and number of bytes."""
    if limits.formats is not None and name not in limits.formats.value:
        yield broken(
            "format",
            limits.formats,
            name.upper(),
            ", ".join(limits.formats.value),
            f"save it as {limits.formats.value[0].upper()}",
        )
    if limits.max_bytes is not None and count > limits.max_bytes.value:
        yield broken(
            "file-size",
            limits.max_bytes,
            f"{count / 1e6:.1f} MB",
            f"up to {limits.max_bytes.value / 1e6:g} MB",
            "rasterise crowded layers, or compress the image without loss",
        )


def fonts(page: Page, limits: Limits) -> Iterator[Finding]:
    """Embedding, Type 3, and families of the fonts in which text is shown."""
    # ReportLab names Helvetica on every page, whatever it sets text in: what shows no letter does no harm.
    seen = {run.font for run in page.runs}
    loose = [font.name for font in page.fonts if not font.embedded and font.name in seen]
    if loose:
        yield broken(
            "font-embedded",
            limits.embedded,
            f"not embedded: {some(loose)}",
            "all fonts embedded",
            "embed them: Matplotlib pdf.use14corefonts False; R cairo_pdf() or embedFonts(); "
            "Ghostscript -dEmbedAllFonts=true",
        )
    type3 = [font.name for font in page.fonts if font.kind == "Type3" and font.name in seen]
    if type3:
        yield broken(
            "font-type3",
            limits.no_type3,
            f"Type 3: {some(type3)}",
            "TrueType or Type 1",
            "Matplotlib: set pdf.fonttype and ps.fonttype to 42",
        )
    if limits.families is not None:
        wanted = {_family(name) for name in limits.families.value}
        shown = {run.font for run in page.runs if _LETTER.search(run.text)}
        strange = sorted(name for name in shown if _family(name) not in wanted)
        if strange:
            yield broken(
                "font-family",
                limits.families,
                f"set in {some(strange)}",
                ", ".join(limits.families.value),
                f"set text in {limits.families.value[0]}",
            )


def _family(name: str) -> str:
    """``ABCDEF+ArialMT`` and ``Arial-BoldMT`` -> ``arial``; ``NimbusSanL-Regu`` -> ``helvetica``."""
    stem = re.split(r"[-,]", name, maxsplit=1)[0].replace(" ", "").lower()
    stem = re.sub(r"(psmt|mt|ps)$", "", stem)
    return _CLONES.get(stem, stem)


def images(page: Page, limits: Limits) -> Iterator[Finding]:
    """Effective resolution of what is raster in a vector file."""
    # Of a picture that is painted again and again its pixels are looked at once.
    blocks = functools.cache(_is_blocks)
    line_art = functools.cache(_is_line_art)
    for kind, limit in (("line art", limits.raster_line_dpi), ("photo", limits.raster_photo_dpi)):
        if limit is None:
            continue
        coarse = [i for i in page.images if i.dpi < 0.99 * limit.value and not _is_cells(i)]
        coarse = [i for i in coarse if not blocks(i.load)]
        named = [
            f"{image.size_px[0]} x {image.size_px[1]} px at {image.dpi:.0f} dpi"
            for image in coarse
            if (image.bits == 1 or line_art(image.load)) == (kind == "line art")
        ]
        if named:
            yield broken(
                "image-resolution",
                limit,
                f"{kind}: {some(named)}",
                f"{limit.value:g} dpi or more",
                "put it in with more pixels, smaller, or as vector graphics",
            )


def _is_cells(image: Image) -> bool:
    """Whether its pixels are the cells of a matrix or the steps of a colour bar, wider than dots."""
    across = image.box[2] - image.box[0]
    columns, rows = image.size_px
    if min(columns, rows) <= 2 or (max(columns, rows) <= _THUMBNAIL_PX and image.dpi <= _THUMBNAIL_DPI):
        return True
    return max(columns, rows) <= _MOST_CELLS and (across / columns >= _CELL_PT or 72 / image.dpi >= _CELL_PT)


def _is_blocks(load: Callable[[], Pixels | None]) -> bool:
    """Whether all its rows, or all its columns, are alike in blocks: cells that were drawn as pixels."""
    pixels = load()
    if pixels is None:
        return False
    across = 1 + int((pixels[:, 1:] != pixels[:, :-1]).any(axis=(0, 2)).sum())
    down = 1 + int((pixels[1:] != pixels[:-1]).any(axis=(1, 2)).sum())
    rows, columns = pixels.shape[:2]
    few = _BLOCK * across <= columns and _BLOCK * down <= rows
    return few or min(across, down) == 1


def _is_line_art(load: Callable[[], Pixels | None]) -> bool:
    pixels = load()
    if pixels is None:
        return False
    return len(np.unique(_codes(pixels))) <= _LINE_ART_COLOURS


def transparency(used: list[str], limits: Limits) -> Iterator[Finding]:
    """Anything that is not opaque, where the venue forbids it."""
    if limits.no_transparency is not None and used:
        yield broken(
            "transparency",
            limits.no_transparency,
            f"uses {some(used)}",
            "opaque colours",
            "blend colours with the paper before drawing, or flatten the file",
        )


def alt_text(description: str, limits: Limits) -> Iterator[Finding]:
    """Alternative text inside the file."""
    if limits.alt_text is not None and not description.strip():
        yield broken(
            "alt-text",
            limits.alt_text,
            "none in the file",
            "a description of what the figure shows",
            "give it one (PDF /Alt or Subject, SVG <desc>, PNG Description), and \\Description{...} in LaTeX",
        )


def points(page: Page, limits: Limits) -> Iterator[Finding]:
    """Crowds of vector points."""
    if page.points > limits.points.value:
        yield broken(
            "vector-points",
            limits.points,
            f"{page.points} points",
            f"up to {limits.points.value}",
            "rasterise the crowded layer (Matplotlib: rasterized=True), or thin it",
        )
