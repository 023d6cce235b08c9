r"""A paper's LaTeX against the figures that are built: what it includes, and at which scale it shows it.

Widths in the source are only lengths like ``3.25in``; what ``\columnwidth`` came to is read from the paper's
PDF. pylatexenc (2.10) was looked at for the parsing: all that is asked here is the argument of four commands,
which stand in the source as written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from figproof.carried import MAX_READ_BYTES
from figproof.errors import FigproofError
from figproof.formats import formats_of
from figproof.latexfiles import figure_macros
from figproof.look import load_venue
from figproof.project import Project
from figproof.proof.measured import Shown, figures_shown
from figproof.specs import load_config, load_figures

SLACK = 0.005
"""A figure may be shown this much smaller or larger, as a share of its width."""

_MOST_FILES = 500
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%.*")
_VERBATIM = re.compile(r"\\begin\{(verbatim|lstlisting|comment)\*?\}.*?\\end\{\1\*?\}", re.DOTALL)
_UNREAD = re.compile(r"\\verb\*?([^A-Za-z*\s])[^\n]*?\1|\\iffalse\b.*?\\fi\b", re.DOTALL)
_INPUT = re.compile(r"\\(?:input|include|subfile)\s*\{([^{}]+)\}")
_GRAPHIC = re.compile(r"\\includegraphics\*?\s*(?:\[([^\]]*)\])?\s*\{([^{}]+)\}")
_FOLDERS = re.compile(r"\\graphicspath\s*\{((?:\s*\{[^{}]*\}\s*)+)\}")
_MACRO = re.compile(r"\\(fig[A-Z][A-Za-z]*)")
_DEFINED = re.compile(r"(?:command\*?|Command|\\[exg]?def|\\let)\s*\{?\s*\\(fig[A-Z][A-Za-z]*)")
_LENGTH = re.compile(r"([0-9.]+)\s*(in|cm|mm|pt|bp)$")
_PER_INCH = {"in": 1.0, "cm": 2.54, "mm": 25.4, "pt": 72.27, "bp": 72.0}
_OTHER_BOX = frozenset(["angle", "trim", "viewport", "bb"])
"""Options after which a width is not that of the whole figure."""
_FORMATS = (".pdf", ".png", ".jpg", ".jpeg", ".eps", ".svg", ".tiff")


@dataclass(frozen=True)
class Remark:
    """Something about a paper's use of figures.

    Attributes
    ----------
    error : bool
        Whether the paper is wrong, or only worth a look.
    where : str
        File and line of the paper, page of its PDF, or file of the project.
    text : str
    """

    error: bool
    where: str
    text: str


@dataclass(frozen=True)
class _Use:
    where: str
    figure: str
    options: str


def check_paper(project: Project, main: Path) -> list[Remark]:
    """Figures that are used and not built, built and not used, or not shown at their width.

    Parameters
    ----------
    project : Project
    main : Path
        The paper's main LaTeX file. If a PDF of that name lies beside it, scales are measured in it.

    Raises
    ------
    FigproofError
        The paper or a file that it inputs cannot be read.
    """
    config, specs = load_config(project), load_figures(project)
    files = dict(_sources(main))
    remarks: list[Remark] = []
    uses: list[_Use] = []
    macros = {name: figure for figure, name in figure_macros(specs).items()}
    defined = _defined(main, files)
    for path, text in files.items():
        uses += _graphics(project, main, path, text, _graphic_folders(files), remarks)
        uses += _macros(path, text, macros, defined, remarks)
    formats = formats_of(project, config, specs)
    for use in uses:
        if use.figure not in specs:
            remarks.append(Remark(True, use.where, f"figure {use.figure} is used, and not in config/figures"))
        elif not any(project.figure_file(use.figure, suffix).is_file() for suffix in formats[use.figure]):
            remarks.append(Remark(True, use.where, f"figure {use.figure} is used, and not built: snakemake"))
    widths = {
        f: load_venue(project.root, s.venue or config.venue).width_in(s.width) for f, s in specs.items()
    }
    paper = main.with_suffix(".pdf")
    shown, unmeasured = _measured(project, paper, files, widths)
    if not unmeasured:
        unmeasured = _not_seen(paper, {use.figure for use in uses if use.figure in specs}, shown)
    used = {use.figure for use in uses} | {one.figure for one in shown}
    remarks += [
        Remark(False, f"config/figures/{figure}.yaml", f"figure {figure} is built, and not used in the paper")
        for figure in specs
        if figure not in used
    ]
    stated = list(_stated_widths(uses, widths))
    remarks += [_scaled(use.where, use.figure, scale, widths) for use, scale in stated]
    said = [(use.figure, scale) for use, scale in stated]
    return [*remarks, *_shown_otherwise(paper, shown, said, widths), *unmeasured]


def _sources(main: Path) -> Iterator[tuple[Path, str]]:
    """The paper's files with what LaTeX does not read blanked, so that lines keep their numbers."""
    waiting, seen = [main], set()
    while waiting:
        path = waiting.pop(0)
        if path.resolve() in seen:
            continue
        seen.add(path.resolve())
        if len(seen) > _MOST_FILES:
            raise FigproofError(f"inputs more than {_MOST_FILES} files", where=str(main))
        text = _read(path)
        text = _VERBATIM.sub(lambda found: "\n" * found[0].count("\n"), text)
        text = "\n".join(_COMMENT.sub(r"\1", line) for line in text.split("\n"))
        text = _UNREAD.sub(lambda found: "\n" * found[0].count("\n"), text)
        yield path, text
        for found in _INPUT.finditer(text):
            name = found[1].strip()
            # Names that macros make are LaTeX's to resolve.
            if "\\" not in name and "#" not in name:
                beside = main.parent / name
                waiting.append(beside if beside.suffix == ".tex" else beside.with_name(beside.name + ".tex"))


def _read(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_READ_BYTES)
    except OSError as error:
        raise FigproofError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
    return content.decode("utf-8", "replace")


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _graphic_folders(files: Mapping[Path, str]) -> list[str]:
    given = [folder for text in files.values() for found in _FOLDERS.finditer(text) for folder in [found[1]]]
    return ["", *(name for folders in given for name in re.findall(r"\{([^{}]*)\}", folders))]


def _graphics(
    project: Project, main: Path, path: Path, text: str, folders: list[str], remarks: list[Remark]
) -> Iterator[_Use]:
    """Files of the project's figures that the source includes by name."""
    built = (project.results / "figures").resolve()
    if path.resolve() == (project.results / "figures.tex").resolve():
        return
    for found in _GRAPHIC.finditer(text):
        name = found[2].strip()
        where = f"{path}:{_line(text, found.start())}"
        if "\\" in name or "#" in name:
            continue
        places = [(main.parent / folder / name).resolve() for folder in folders]
        ours = next((place for place in places if place.parent == built), None)
        if ours is not None:
            figure = ours.name.removesuffix(ours.suffix) if ours.suffix in _FORMATS else ours.name
            yield _Use(where, figure, found[1] or "")
        elif not any(_exists(place) for place in places):
            remarks.append(Remark(True, where, f"{name!r} is included, and is no file"))


def _exists(path: Path) -> bool:
    return path.is_file() or any(path.with_name(path.name + suffix).is_file() for suffix in _FORMATS)


def _defined(main: Path, files: Mapping[Path, str]) -> set[str]:
    """Macros like a figure's that the paper defines itself, also in packages and classes beside it."""
    beside = [path for suffix in ("*.sty", "*.cls") for path in sorted(main.parent.glob(suffix))]
    ours = [text for path, text in files.items() if path.name != "figures.tex"]
    return {name for text in [*ours, *map(_read, beside)] for name in _DEFINED.findall(text)}


def _macros(
    path: Path, text: str, macros: Mapping[str, str], defined: Collection[str], remarks: list[Remark]
) -> Iterator[_Use]:
    r"""Figures that the source shows by the macros of ``results/figures.tex``."""
    if path.name == "figures.tex":
        return
    for found in _MACRO.finditer(text):
        name = found[1]
        plain = name.removesuffix("Caption") if name not in macros else name
        shown = plain.removesuffix("Text") if plain not in macros else plain
        where = f"{path}:{_line(text, found.start())}"
        if shown in macros and plain == name:
            yield _Use(where, macros[shown], "")
        elif shown not in macros and name not in defined:
            problem = f"\\{name} is no macro of results/figures.tex, nor one that the paper defines"
            remarks.append(Remark(True, where, problem))


def _stated_widths(uses: list[_Use], widths: Mapping[str, float]) -> Iterator[tuple[_Use, float]]:
    """Uses whose options alone say that the figure is not at its width, and at which scale it is."""
    for use in uses:
        options = dict(part.partition("=")[::2] for part in re.sub(r"\s", "", use.options).split(","))
        if options.keys() & _OTHER_BOX:
            continue
        length = _LENGTH.match(options.get("width", ""))
        scale = None
        if use.figure in widths and length:
            scale = float(length[1]) / _PER_INCH[length[2]] / widths[use.figure]
        elif re.fullmatch(r"[0-9.]+", options.get("scale", "")):
            scale = float(options["scale"])
        if scale is not None and abs(scale - 1) > SLACK:
            yield use, scale


def _scaled(where: str, figure: str, scale: float, widths: Mapping[str, float]) -> Remark:
    own = f"{widths[figure]:.4g} in" if figure in widths else "its own width"
    return Remark(
        True,
        where,
        f"figure {figure} is shown at {scale:.1%} of the size it was drawn for ({own}): so are its texts and "
        f"lines. Use its macro, or set `width` in config/figures/{figure}.yaml and build again",
    )


def _measured(
    project: Project, paper: Path, files: Mapping[Path, str], widths: Mapping[str, float]
) -> tuple[list[Shown], list[Remark]]:
    """What the PDF that LaTeX made shows, or why that is not known."""
    if not paper.is_file():
        return [], [Remark(False, str(paper), "is not there: widths like \\columnwidth were not measured")]
    if any(path.stat().st_mtime > paper.stat().st_mtime for path in files):
        return [], [Remark(False, str(paper), "is older than its source: widths were not measured")]
    return figures_shown(paper, project, widths), []


def _not_seen(paper: Path, used: Collection[str], shown: Iterable[Shown]) -> list[Remark]:
    away = sorted(set(used) - {one.figure for one in shown})
    problem = (
        f"{', '.join(away)}: not found in it, so not measured. XeTeX and dvipdfmx drop what says which "
        "figure it is; or was it built again since?"
    )
    return [Remark(False, str(paper), problem)] if away else []


def _shown_otherwise(
    paper: Path, shown: Iterable[Shown], stated: Collection[tuple[str, float]], widths: Mapping[str, float]
) -> Iterator[Remark]:
    """Figures of the PDF that are not at their size; those that the source said already are left out."""
    for one in shown:
        known = any(figure == one.figure and abs(scale - one.across) < SLACK for figure, scale in stated)
        where = f"{paper}, page {one.page}"
        if abs(one.across - one.up) > SLACK * max(one.across, one.up):
            text = (
                f"figure {one.figure} is distorted: {one.across:.1%} of its width, {one.up:.1%} of its height"
            )
            yield Remark(True, where, text)
        elif abs(one.across - 1) > SLACK and not known:
            yield _scaled(where, one.figure, one.across, widths)
