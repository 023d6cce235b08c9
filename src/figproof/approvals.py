"""``figures.lock``: the approved digest of every generated file, and the comparison with it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from figproof.canonical import digest_file, to_readable_json
from figproof.deriving import TABLES, read_tables
from figproof.errors import FigproofError, raise_together, suggest
from figproof.files import write_atomic
from figproof.formats import formats_of
from figproof.kinds import TEXTS
from figproof.project import Project
from figproof.proof.kept import keep
from figproof.specs import load_config, load_figures, text_figures

FORMAT = "figproof-approved-1"
_FOLDERS = ("figures", "derived")
PAGES = ("figures.tex", "index.html", "numbers.tex")
"""What a build writes beside the figures."""
# The index has every figure's digest, the macros its width and caption: they change with any of them.
_OF_ALL = ("figures.tex", "index.html")


@dataclass(frozen=True)
class Comparison:
    """Generated files against approved ones, by path below ``results``.

    ``left_over`` are files of figures or formats that ``config`` no longer has; they are never approved.
    """

    same: tuple[str, ...]
    different: tuple[str, ...]
    missing: tuple[str, ...]
    unapproved: tuple[str, ...]
    left_over: tuple[str, ...]

    @property
    def total(self) -> int:
        """Number of approved files."""
        return len(self.same) + len(self.different) + len(self.missing)


def generated_files(project: Project) -> dict[str, Path]:
    """Every file that lies where a build writes for readers, by path below ``results``, sorted."""
    found = [path for folder in _FOLDERS for path in (project.results / folder).rglob("*")]
    found += [project.results / name for name in PAGES]
    named = {path.relative_to(project.results): path for path in sorted(found) if path.is_file()}
    # What a build that was killed left is hidden, and goes after an hour.
    return {
        name.as_posix(): path
        for name, path in named.items()
        if not any(part.startswith(".") for part in name.parts)
    }


def left_over_files(project: Project, names: Iterable[str]) -> set[str]:
    """Those files that no build makes now: their figure or format was taken out of ``config``."""
    figures = load_figures(project)
    formats = formats_of(project, load_config(project), figures)
    drawn = {f"figures/{f}.{s}" for f in figures for s in (*formats[f], "provenance.json")}
    written = {f"figures/{f}.{s}" for f in text_figures(project, figures) for s in TEXTS}
    made = {name for name in names if name.startswith("derived/") and _figure_of(name) in figures}
    return set(names) - drawn - written - made - set(PAGES)


def load_approved(project: Project) -> dict[str, str]:
    """Path below ``results`` -> approved SHA-256."""
    path = project.approved_file
    if not path.is_file():
        raise FigproofError(
            "does not exist", where=path.name, hint="look at the figures, then run: figproof approve"
        )
    try:
        return parse_approved(path.read_bytes())
    except (ValueError, KeyError, TypeError) as error:
        raise FigproofError(f"is damaged ({error})", where=path.name, hint="restore it from git") from error


def parse_approved(content: bytes) -> dict[str, str]:
    """What a ``figures.lock`` says; ValueError, KeyError or TypeError if it is none."""
    stored = json.loads(content)
    if stored["format"] != FORMAT:
        raise ValueError(f"format is {stored['format']!r}, this figproof reads {FORMAT!r}")
    return {str(name): str(digest) for name, digest in stored["files"].items()}


def compare(project: Project) -> Comparison:
    """Hash every generated file and compare it with its approved digest."""
    approved = load_approved(project)
    files = generated_files(project)
    left_over = left_over_files(project, files)
    files = {name: path for name, path in files.items() if name not in left_over}
    same = {name for name, path in files.items() if approved.get(name) == digest_file(path)}
    return Comparison(
        same=tuple(sorted(same)),
        different=tuple(sorted(files.keys() & approved.keys() - same)),
        missing=tuple(sorted(approved.keys() - files.keys())),
        unapproved=tuple(sorted(files.keys() - approved.keys())),
        left_over=tuple(sorted(left_over)),
    )


def approve(project: Project, figures: Iterable[str]) -> int:
    """Write the digests of what is there now, for all files or those of some figures; how many changed.

    What is newly approved is also kept, by digest, below ``.figproof/approved``.

    Parameters
    ----------
    figures : iterable of str
        Figure ids, or ``numbers.tex`` and the like; empty for everything.
    """
    chosen = set(figures)
    before = load_approved(project) if project.approved_file.is_file() else {}
    files = generated_files(project)
    for name in left_over_files(project, files):
        del files[name]
    if not files:
        raise FigproofError("holds no figure", where="results", hint="run: snakemake")
    digests = {name: digest_file(path) for name, path in files.items()}
    now = digests
    known = {_figure_of(name) for name in now}
    if unknown := chosen - known:
        raise_together(
            [
                FigproofError(f"no built figure is called {name!r}. {suggest(name, known)}", where="results")
                for name in sorted(unknown)
            ]
        )
    _check_tables(project, files)
    if chosen:
        kept = {name: digest for name, digest in before.items() if _figure_of(name) not in chosen}
        fresh = {n: d for n, d in now.items() if _figure_of(n) in chosen or n in _OF_ALL}
        now = {**kept, **fresh}
    # Results are not in git: what is approved now is the old side of the next review.
    keep(project, {now[name]: path for name, path in files.items() if now.get(name) == digests[name]})
    write_atomic(project.approved_file, to_readable_json({"format": FORMAT, "files": now}))
    return sum(before.get(name) != digest for name, digest in now.items())


def _check_tables(project: Project, files: Iterable[str]) -> None:
    """Numbers that were edited by hand, or belong to a YAML that was edited since, are not approved."""
    derived = {name.split("/")[1] for name in files if name.endswith(f"/{TABLES}")}
    errors = []
    for figure, spec in load_figures(project).items():
        if figure in derived:
            try:
                read_tables(project, figure, spec)
            except FigproofError as error:
                errors.append(FigproofError(error.problem, where=error.where, hint="run: snakemake"))
    raise_together(errors)


def _figure_of(name: str) -> str:
    """The figure that a file below ``results`` belongs to; a file of none stands for itself."""
    folder, _, rest = name.partition("/")
    if folder == "derived":
        return rest.partition("/")[0]
    return rest.partition(".")[0] if folder == "figures" else name
