r"""A paper's LaTeX against the figures that are built: what it includes, and at which scale it shows it.

Widths in the source are only lengths like ``3.25in``; what ``\columnwidth`` came to is read from the paper's
PDF. pylatexenc (2.10) was looked at for the parsing: all that is asked here is the argument of four commands,
which stand in the source as written.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pypdf import PdfReader
from pypdf.generic import ContentStream

from figproof.carried import DAMAGE, MAX_READ_BYTES
from figproof.errors import FigproofError
from figproof.formats import formats_of
from figproof.latexfiles import figure_macros
from figproof.look import load_venue
from figproof.project import Project
from figproof.specs import load_config, load_figures

SLACK = 0.005
"""A figure may be shown this much smaller or larger, as a share of its width."""

_MOST_FILES = 500
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%.*")
_VERBATIM = re.compile(r"\\begin\{(verbatim|lstlisting|comment)\*?\}.*?\\end\{\1\*?\}", re.DOTALL)
_INPUT = re.compile(r"\\(?:input|include|subfile)\s*\{([^{}]+)\}")
_GRAPHIC = re.compile(r"\\includegraphics\*?\s*(?:\[([^\]]*)\])?\s*\{([^{}]+)\}")
_FOLDERS = re.compile(r"\\graphicspath\s*\{((?:\s*\{[^{}]*\}\s*)+)\}")
_MACRO = re.compile(r"\\(fig[A-Z][A-Za-z]*)")
_LENGTH = re.compile(r"([0-9.]+)\s*(in|cm|mm|pt|bp)$")
_PER_INCH = {"in": 1.0, "cm": 2.54, "mm": 25.4, "pt": 72.27, "bp": 72.0}
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
    for path, text in files.items():
        uses += _graphics(project, main, path, text, _graphic_folders(files), remarks)
        uses += _macros(path, text, macros, remarks)
    formats = formats_of(project, config, specs)
    for use in uses:
        if use.figure not in specs:
            remarks.append(Remark(True, use.where, f"figure {use.figure} is used, and not in config/figures"))
        elif not any(project.figure_file(use.figure, suffix).is_file() for suffix in formats[use.figure]):
            remarks.append(Remark(True, use.where, f"figure {use.figure} is used, and not built: snakemake"))
    used = {use.figure for use in uses}
    remarks += [
        Remark(False, f"config/figures/{figure}.yaml", f"figure {figure} is built, and not used in the paper")
        for figure in specs
        if figure not in used
    ]
    widths = {
        f: load_venue(project.root, s.venue or config.venue).width_in(s.width) for f, s in specs.items()
    }
    return remarks + _stated_widths(uses, widths) + _measured(main.with_suffix(".pdf"), files, widths)


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


def _macros(path: Path, text: str, macros: Mapping[str, str], remarks: list[Remark]) -> Iterator[_Use]:
    r"""Figures that the source shows by the macros of ``results/figures.tex``."""
    if path.name == "figures.tex":
        return
    defined = set(re.findall(r"\\(?:re)?newcommand\*?\s*\{?\\(fig[A-Z][A-Za-z]*)", text))
    for found in _MACRO.finditer(text):
        name = found[1]
        plain = name.removesuffix("Caption") if name not in macros else name
        shown = plain.removesuffix("Text") if plain not in macros else plain
        where = f"{path}:{_line(text, found.start())}"
        if shown in macros and plain == name:
            yield _Use(where, macros[shown], "")
        elif shown not in macros and name not in defined:
            remarks.append(Remark(False, where, f"\\{name} is no macro of results/figures.tex"))


def _stated_widths(uses: list[_Use], widths: Mapping[str, float]) -> list[Remark]:
    remarks = []
    for use in uses:
        options = dict(part.partition("=")[::2] for part in re.sub(r"\s", "", use.options).split(","))
        length = _LENGTH.match(options.get("width", ""))
        scale = None
        if use.figure in widths and length:
            scale = float(length[1]) / _PER_INCH[length[2]] / widths[use.figure]
        elif re.fullmatch(r"[0-9.]+", options.get("scale", "")):
            scale = float(options["scale"])
        if scale is not None and abs(scale - 1) > SLACK:
            remarks.append(_scaled(use.where, use.figure, scale, widths))
    return remarks


def _scaled(where: str, figure: str, scale: float, widths: Mapping[str, float]) -> Remark:
    own = f"{widths[figure]:.4g} in" if figure in widths else "its own width"
    return Remark(
        True,
        where,
        f"figure {figure} is shown at {scale:.1%} of the size it was drawn for ({own}): so are its texts and "
        f"lines. Use its macro, or set `width` in config/figures/{figure}.yaml and build again",
    )


def _measured(paper: Path, files: Mapping[Path, str], widths: Mapping[str, float]) -> list[Remark]:
    """Scales in the PDF that LaTeX made; forms that carry a figure's provenance."""
    if not paper.is_file():
        return [Remark(False, str(paper), "is not there: widths like \\columnwidth were not measured")]
    if any(path.stat().st_mtime > paper.stat().st_mtime for path in files):
        return [Remark(False, str(paper), "is older than its source: widths were not measured")]
    try:
        document = PdfReader(io.BytesIO(_bytes(paper)))
        shown = [
            (number, figure, scale)
            for number, page in enumerate(document.pages, 1)
            for figure, scale in _shown(document, page)
        ]
    except DAMAGE as error:
        raise FigproofError(f"is damaged: {error or type(error).__name__}", where=str(paper)) from error
    return [
        _scaled(f"{paper}, page {number}", figure, scale, widths)
        for number, figure, scale in shown
        if abs(scale - 1) > SLACK
    ]


def _bytes(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MAX_READ_BYTES)


def _shown(document: PdfReader, page: Any) -> Iterator[tuple[str, float]]:
    """Figures that a page shows and their scale: what its operators make of one unit of their width."""
    contents = page.get_contents()
    resources = page.get("/Resources", {})
    pictures = resources.get("/XObject", {}) if resources else {}
    if contents is None:
        return
    now, kept = np.eye(3), []
    for operands, operator in ContentStream(contents, document).operations:
        if operator == b"q":
            kept.append(now)
        elif operator == b"Q" and kept:
            now = kept.pop()
        elif operator == b"cm":
            now = _matrix(operands) @ now
        elif operator == b"Do" and operands[0] in pictures:
            form = pictures[operands[0]].get_object()
            figure = _figure_of(form)
            if figure is not None:
                whole = _matrix(form.get("/Matrix", [1, 0, 0, 1, 0, 0])) @ now
                yield figure, float(np.hypot(whole[0, 0], whole[0, 1]))


def _matrix(numbers: Any) -> Any:
    a, b, c, d, e, f = (float(number) for number in numbers)
    return np.array([[a, b, 0], [c, d, 0], [e, f, 1]])


def _figure_of(form: Any) -> str | None:
    information = form.get("/PTEX.InfoDict")
    information = {} if information is None else information.get_object()
    return str(information["/Title"]) if "/figproof" in information and "/Title" in information else None
