"""Which files a figure has: config.yaml's formats, as far as its venue takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from figproof.header import load_header
from figproof.places import Styles
from figproof.project import Project
from figproof.schemas import Config, FigureSpec


def formats_at(taken: Sequence[str], config: Config) -> tuple[str, ...]:
    """The formats of a figure; a venue that takes TIFF and no PDF, as PLOS, gets TIFF in PDF's place."""
    swapped = {"pdf": "tiff"} if "tiff" in taken and "pdf" not in taken else {}
    return tuple(dict.fromkeys(swapped.get(name, name) for name in config.formats))


def formats_of(
    project: Project, config: Config, figures: Mapping[str, FigureSpec]
) -> dict[str, tuple[str, ...]]:
    """Figure -> its formats, from the headers of the venues' sheets alone."""
    venues = {figure: spec.venue or config.venue for figure, spec in figures.items()}
    taken = {}
    for venue in sorted(set(venues.values())):
        sheet = Styles.of(project.root).get(f"venues/{venue}.mplstyle")
        taken[venue] = formats_at(load_header(sheet.path, sheet.name).formats, config)
    return {figure: taken[venue] for figure, venue in venues.items()}
