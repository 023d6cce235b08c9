"""Rebuild figures in a clean folder and compare them with what is there, file by file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from figproof.approvals import PAGES
from figproof.errors import FigproofError, raise_together, suggest
from figproof.files import write_atomic
from figproof.project import Project
from figproof.proof.difference import FigureDifference, FileDifference, Files, compare_figure, compare_file
from figproof.proof.rebuilding import built_files, rebuilt
from figproof.schemas import FigureSpec
from figproof.specs import load_figures


@dataclass(frozen=True)
class Rebuild:
    """What a rebuild gave, against what was there.

    Attributes
    ----------
    figures : tuple of FigureDifference
        One for each rebuilt figure, sorted; also those without a difference.
    pages : tuple of FileDifference
        Of the index and of the LaTeX of all figures, compared when all figures were rebuilt.
    """

    figures: tuple[FigureDifference, ...]
    pages: tuple[FileDifference, ...]

    @property
    def same(self) -> bool:
        """Whether every byte is the same."""
        return not self.pages and not any(figure.files for figure in self.figures)


def chosen_figures(project: Project, names: Sequence[str]) -> Mapping[str, FigureSpec]:
    """The named figures, or all.

    Raises
    ------
    FigproofError
        An unknown name, or a YAML that is wrong.
    """
    figures = load_figures(project)
    if not figures:
        raise FigproofError("no figure is defined", where="config/figures")
    unknown = sorted(set(names) - set(figures))
    raise_together([FigproofError(f"figure {n!r} is unknown. {suggest(n, figures)}") for n in unknown])
    return {figure: figures[figure] for figure in figures if not names or figure in names}


def verify_by_rebuilding(project: Project, figures: Mapping[str, FigureSpec], *, whole: bool) -> Rebuild:
    """Rebuild figures from the snapshots in a clean folder and compare every byte with what is there.

    Parameters
    ----------
    figures : mapping of str to FigureSpec
    whole : bool
        Whether they are all figures of the project: then its pages are compared too.

    Raises
    ------
    FigproofError
        See :func:`figproof.proof.rebuilding.rebuilt`.
    """
    there = built_files(project)
    with rebuilt(project, figures) as clean:
        return compare_builds(figures, there, built_files(clean), whole=whole)


def compare_builds(figures: Mapping[str, FigureSpec], old: Files, new: Files, *, whole: bool) -> Rebuild:
    """Compare the files of two builds figure by figure; ``whole`` as above."""
    found = tuple(compare_figure(figure, _of(figure, old), _of(figure, new)) for figure in figures)
    names = PAGES if whole else ()
    pages = tuple(page for name in names if (page := compare_file(name, old.get(name), new.get(name))))
    return Rebuild(found, pages)


def _of(figure: str, files: Files) -> Files:
    begins = (f"figures/{figure}.", f"derived/{figure}/")
    return {name: content for name, content in files.items() if name.startswith(begins)}


def write_pictures(project: Project, rebuild: Rebuild) -> dict[str, Path]:
    """Write old, new and overlay of each figure whose pixels differ; figure -> file."""
    written = {}
    for figure in rebuild.figures:
        path = project.results / "differences" / f"{figure.figure}.png"
        if figure.picture is None:
            path.unlink(missing_ok=True)
        else:
            write_atomic(path, figure.picture)
            written[figure.figure] = path
    return written
