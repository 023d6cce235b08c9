r"""``results/figures.tex``: one LaTeX macro a figure, at the width it was drawn for; one for its caption.

A paper says ``\input{results/figures.tex}``, then ``\figOptimizersLoss`` and ``\figOptimizersLossCaption``.
"""

from __future__ import annotations

from collections.abc import Mapping

from figproof.errors import FigproofError, raise_together
from figproof.files import write_together
from figproof.formats import formats_of
from figproof.latex import escape_latex, macro_name
from figproof.look import load_venue
from figproof.numbers import numbers_tex
from figproof.pins import load_pin
from figproof.project import Project
from figproof.schemas import FigureSpec
from figproof.specs import load_config, load_figures, text_figures

INCLUDED = ("pdf", "png")
"""Formats that LaTeX includes, those that come first where there are several."""

_HEAD = r"""% Made by figproof from config/figures; \input it, and write \figName where a figure belongs.
% Figures lie in \figproofpath, seen from the paper.
\providecommand{\figproofpath}{results/figures/}
"""


def write_latex(project: Project) -> None:
    """Write both files; nothing is written if a figure or a number cannot be."""
    figures = figures_tex(project)
    numbers = "% Made by figproof from config/numbers.yaml.\n" + numbers_tex(project)
    write_together(
        {
            project.results / "figures.tex": figures.encode("utf-8"),
            project.results / "numbers.tex": numbers.encode("utf-8"),
        }
    )


def figures_tex(project: Project) -> str:
    """A macro a figure: its width in inches, its caption, its runs in a comment.

    Raises
    ------
    FigproofError
        Two figures whose macros would have one name.
    """
    config, specs = load_config(project), load_figures(project)
    formats, texts = formats_of(project, config, specs), text_figures(project, specs)
    names = figure_macros(specs)
    lines = []
    for figure, spec in specs.items():
        name = names[figure]
        lines += ["", f"% {figure}: {_runs(project, spec)}"]
        suffix = next((suffix for suffix in INCLUDED if suffix in formats[figure]), None)
        if suffix is None:
            lines.append(f"% LaTeX includes none of its formats: {', '.join(formats[figure])}")
        else:
            width = load_venue(project.root, spec.venue or config.venue).width_in(spec.width)
            file = rf"\figproofpath {figure}.{suffix}"
            lines.append(rf"\newcommand{{\{name}}}{{\includegraphics[width={width:.6g}in]{{{file}}}}}")
        if figure in texts:
            lines.append(rf"\newcommand{{\{name}Text}}{{\input{{\figproofpath {figure}.tex}}}}")
        lines.append(rf"\newcommand{{\{name}Caption}}{{{escape_latex(spec.caption or '')}}}")
    return _HEAD + "".join(f"{line}\n" for line in lines)


def figure_macros(specs: Mapping[str, FigureSpec]) -> dict[str, str]:
    """Figure id -> name of its macro, without the backslash."""
    names = {figure: macro_name("fig", figure) for figure in specs}
    by_name: dict[str, list[str]] = {}
    for figure, name in names.items():
        by_name.setdefault(name, []).append(figure)
    raise_together(
        [
            FigproofError(
                f"{' and '.join(figures)} would both be \\{name}",
                where="config/figures",
                hint="rename one so that they differ in their letters or digits",
            )
            for name, figures in by_name.items()
            if len(figures) > 1
        ]
    )
    return names


def _runs(project: Project, spec: FigureSpec) -> str:
    pins = sorted({panel.pin for _, panel in spec.parts()})
    ids = {pin: ", ".join(str(run.id) for run in load_pin(project, pin).runs) for pin in pins}
    return "; ".join(f"pin {pin}, runs {runs}" for pin, runs in ids.items())
