"""``results/numbers.tex``: numbers for a paper's text, one LaTeX macro each, of the same pins as figures.

``config/numbers.yaml`` names them; each is a metric of one condition's runs, taken, summarised and rounded
as a column of ``results_table`` is.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from figproof.errors import FigproofError, raise_together, suggest
from figproof.latex import escape_latex
from figproof.model import Run
from figproof.numberspecs import NumberSpec, load_numbers
from figproof.numerics.curves import metric_of_each
from figproof.numerics.intervals import CENTRES, band
from figproof.numerics.stating import decimals, stated
from figproof.numerics.summaries import summary
from figproof.pins import load_pin
from figproof.project import Project
from figproof.snapshot import load_snapshot


def numbers_tex(project: Project) -> str:
    """The macros, each under a comment that says how it was made and from which runs.

    Raises
    ------
    FigproofError
        All numbers that cannot be had from what is pinned.
    """
    lines: list[str] = []
    errors = []
    for name, spec in load_numbers(project).items():
        try:
            lines += _macro(project, name, spec)
        except FigproofError as error:
            where = f"{project.relative(project.numbers_file)}: {name}"
            errors.append(FigproofError(error.problem, where=where, hint=error.hint))
    raise_together(errors)
    return "".join(f"{line}\n" for line in lines)


def _macro(project: Project, name: str, spec: NumberSpec) -> Iterator[str]:
    runs = _runs(project, spec)
    metrics = metric_of_each(runs, spec.metric)
    scale, unit = (100.0, "%") if spec.percent else (1.0, metrics[0].unit)
    values = scale * np.array(
        [
            summary(run, metric, spec.value, higher=spec.better == "higher", last=spec.last)
            for run, metric in zip(runs, metrics, strict=True)
        ]
    )
    centre = np.array([np.nan])
    low = high = centre
    if np.isfinite(values).all():
        centre = np.array([CENTRES[spec.centre](values)])
        if values.size > 1 and spec.interval != "none":
            low, high = band(values[:, None], spec.centre, spec.interval, spec.bootstrap_seed)
    digits = decimals(centre, low, high) if spec.decimals is None else spec.decimals
    text = stated(float(centre[0]), float(low[0]), float(high[0]), digits, spec.interval)
    behind = rf"\,{escape_latex(unit)}" if unit and spec.unit else ""
    body = escape_latex(text)
    if behind and "$\\pm$" in body:
        body = f"({body})"
    which = spec.value if spec.last is None else f"mean of the last {spec.last}"
    of = f"{spec.centre} of {values.size}" + (f" {spec.interval}" if np.isfinite(low[0]) else "")
    ids = ", ".join(str(run.id) for run in runs)
    yield f"% {_comment(spec.metric)}, {which}, {of}; pin {spec.pin}, runs {ids}"
    yield rf"\newcommand{{\{name}}}{{{body}{behind}}}"


def _runs(project: Project, spec: NumberSpec) -> list[Run]:
    snapshot = load_snapshot(project, spec.pin)
    known = snapshot.conditions()
    if spec.condition is None:
        conditions = {run.condition for run in load_pin(project, spec.pin).runs}
        if len(conditions) > 1:
            raise FigproofError(
                f"the pin holds several conditions: {', '.join(sorted(conditions))}",
                hint="say which: condition: ...",
            )
        return list(snapshot.runs)
    if spec.condition not in known:
        raise FigproofError(f"condition {spec.condition!r} is not pinned. {suggest(spec.condition, known)}")
    return list(snapshot.of(spec.condition))


def _comment(text: str) -> str:
    """Text of a run inside a LaTeX comment: it must not end its line."""
    return "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))
