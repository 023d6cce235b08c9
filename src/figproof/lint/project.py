"""Lint the figures of a project: each at its own venue and width, with its artists and its waivers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from figproof.camera import Problem
from figproof.drawing import examine_figure
from figproof.errors import FigproofError
from figproof.files import write_atomic
from figproof.formats import formats_at
from figproof.lint import run
from figproof.lint.finding import Finding, Report
from figproof.lint.limits import limits_of
from figproof.lint.show import shown
from figproof.look import load_venue
from figproof.project import Project
from figproof.rules import RULES
from figproof.specs import figure_ids, load_config, load_figure

_HOUSE = "figproof: its own figures are held to this when they are drawn"
_ADVICE = frozenset(["legend-over-data", "axis-unit"])
_OF_ARTISTS = frozenset(["axis-label", "grid-lines", "legend-over-data", "title-inside"])
_FIXES = {
    "legend-over-data": "put the legend above or beside the axes",
    "axis-unit": "write the unit into the axis' label",
    "axis-label": "label the axis",
}


def figure_of(project: Project, path: Path) -> str | None:
    """The figure of the project that a file is of, None for a file from elsewhere."""
    if path.resolve().parent != (project.results / "figures").resolve():
        return None
    return path.stem if path.stem in figure_ids(project) else None


def lint_figure(
    project: Project, figure: str, only: Path | None = None, said: Sequence[Problem] | None = None
) -> list[Report]:
    """Lint what is built of a figure, at its venue.

    Parameters
    ----------
    project : Project
    figure : str
    only : Path, optional
        One of its files; without it, those in formats that the venue takes, or all if it takes none.
    said : sequence of Problem, optional
        What its artists say, where that is known; without it, the figure is drawn again to ask them.

    Returns
    -------
    list of Report
        One for each file; what its artists say stands in the first.

    Raises
    ------
    FigproofError
        The figure's YAML is wrong.
    """
    config, spec = load_config(project), load_figure(project, figure)
    venue = load_venue(project.root, spec.venue or config.venue)
    limits = limits_of(venue, venue.width_in(spec.width))
    built = formats_at(venue.formats, config)
    taken = [name for name in built if name in venue.formats] or list(built)
    paths = [only] if only is not None else [project.figure_file(figure, name) for name in taken]
    reports = [run(path, limits) for path in paths]
    reports[0] = _with_artists(project, figure, reports[0], said)
    return [
        _waived(replace(report, file=project.relative(Path(report.file))), spec.waive) for report in reports
    ]


def write_report(project: Project, figure: str, said: Sequence[Problem]) -> None:
    """Lint a figure that was drawn now, for the page of all figures; see :func:`lint_figure`."""
    content = shown(lint_figure(project, figure, said=said), "json")
    write_atomic(project.lint_file(figure), content.encode("utf-8") + b"\n")


def _with_artists(project: Project, figure: str, report: Report, said: Sequence[Problem] | None) -> Report:
    """The report with what the figure's artists say besides; the same rule is not told twice."""
    try:
        problems = examine_figure(project, figure) if said is None else said
    except FigproofError as error:
        reason = f"no look at its artists: {' '.join(str(error).split())}"
        return replace(report, notes=(*report.notes, reason))
    # What the artists know, nobody has to guess from the page.
    kept = [finding for finding in report.findings if finding.rule not in _OF_ARTISTS]
    told = {finding.rule for finding in kept}
    more = [_finding(problem) for problem in problems if problem.rule not in told]
    order = {rule: number for number, rule in enumerate(RULES)}
    found = sorted([*kept, *more], key=lambda f: (f.severity != "error", order[f.rule]))
    return replace(report, findings=tuple(found))


def _finding(problem: Problem) -> Finding:
    severity = "warning" if problem.rule in _ADVICE else "error"
    fix = _FIXES.get(problem.rule, "change the figure's size, its params or the kind's draw()")
    return Finding(problem.rule, severity, problem.text, RULES[problem.rule], _HOUSE, fix)  # type: ignore[arg-type]


def _waived(report: Report, waive: Mapping[str, str]) -> Report:
    findings = tuple(replace(found, waived=waive.get(found.rule, "")) for found in report.findings)
    idle = sorted(set(waive) - {found.rule for found in findings})
    notes = tuple(f"waives {rule}, which it does not break" for rule in idle)
    return replace(report, findings=findings, notes=(*report.notes, *notes))
