"""Lint a figure file, by figproof or by any other program: what was really written, against a venue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from figproof.lint import rules_layout, rules_line, rules_map, rules_page, rules_series, rules_text
from figproof.lint.eps import is_eps, read_eps
from figproof.lint.finding import Finding, Report
from figproof.lint.limits import PLAIN, Limits, limits_of
from figproof.lint.page import Page, Unreadable
from figproof.lint.pdf import bounded, read_pdf
from figproof.lint.raster import Raster, read_raster
from figproof.lint.svg import read_svg
from figproof.rules import RULES

__all__ = ["PLAIN", "RULES", "Finding", "Limits", "Report", "limits_of", "run"]

MOST_BYTES = 200_000_000
_RASTER_STARTS = (b"\x89PNG", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def run(path: Path, limits: Limits = PLAIN, *, page: int = 1) -> Report:
    """Lint one file; a file that cannot be read is a finding, not an error.

    Parameters
    ----------
    path : Path
        A PDF, EPS, SVG, PNG, TIFF or JPEG; its content says which.
    limits : Limits
        What it is held to; without a venue, to what makes any figure hard to read.
    page : int
        Of a PDF, from 1.
    """
    try:
        content = _content(path)
        with bounded():
            findings, notes = _findings(content, limits, page)
    except Unreadable as error:
        findings, notes = [_unreadable(str(error))], []
    except MemoryError:
        findings, notes = [_unreadable("needs more memory than there is")], []
    except Exception as error:  # a file must not end the run over all others, whatever is wrong with it
        reason = f"cannot be judged, which is a fault of figproof: {type(error).__name__}: {error}"
        findings, notes = [_unreadable(reason[:300])], []
    order = {rule: number for number, rule in enumerate(RULES)}
    findings.sort(key=lambda found: (found.severity != "error", order[found.rule]))
    return Report(str(path), limits.venue, tuple(findings), tuple(notes))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise Unreadable(f"cannot be opened: {error.strerror or error}") from error
    if len(content) > MOST_BYTES:
        raise Unreadable(f"is larger than {MOST_BYTES / 1e6:g} MB")
    return content


def _findings(content: bytes, limits: Limits, number: int) -> tuple[list[Finding], list[str]]:
    if is_eps(content):
        page, name = read_eps(content), "eps"
    elif b"%PDF-" in content[:1024]:
        page, name = read_pdf(content, number), "pdf"
    elif content.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] == b"<" or content[:2] in (b"\xfe\xff", b"\xff\xfe"):
        page, name = read_svg(content), "svg"
    elif content[:4] in _RASTER_STARTS or content[:3] == b"\xff\xd8\xff":
        raster = read_raster(content)
        found = [*rules_page.file(raster.name, len(content), limits), *_of_pixels(raster, limits)]
        return found, list(raster.notes)
    else:
        raise Unreadable("is no PDF, EPS, SVG, PNG, TIFF or JPEG")
    return [*rules_page.file(name, len(content), limits), *_of_vectors(page, limits)], page.notes


def _of_pixels(raster: Raster, limits: Limits) -> Iterator[Finding]:
    yield from rules_page.raster_size(raster, limits)
    yield from rules_page.transparency(["an alpha channel"] if raster.has_alpha else [], limits)
    yield from rules_page.alt_text(raster.description, limits)
    yield from rules_map.pixels(raster.pixels)
    if raster.name != "jpeg":
        yield from rules_series.pixels(raster.pixels, limits)


def _of_vectors(page: Page, limits: Limits) -> Iterator[Finding]:
    yield from rules_page.size(page.width_pt, page.height_pt, limits)
    yield from rules_page.transparency(page.translucent, limits)
    yield from rules_page.alt_text(page.description, limits)
    yield from rules_map.vectors(page)
    for rule in _VECTOR_RULES:
        yield from rule(page, limits)


_VECTOR_RULES = (
    rules_page.fonts,
    rules_page.images,
    rules_page.points,
    rules_text.sizes,
    rules_text.outside,
    rules_text.overlaps,
    rules_text.contrasts,
    rules_line.widths,
    rules_series.vectors,
    rules_layout.axis_labels,
    rules_layout.titles,
    rules_layout.grids,
    rules_layout.legends,
)


def _unreadable(reason: str) -> Finding:
    return Finding(
        "unreadable",
        "error",
        reason,
        "a whole, open PDF, EPS, SVG, PNG, TIFF or JPEG",
        "figproof: what cannot be read cannot be checked",
        "write the file again, without encryption",
    )
