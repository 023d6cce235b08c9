"""``results/numbers.tex``: numbers for a paper's text, one LaTeX macro each, of the same pins as figures.

``config/numbers.yaml`` names them; each is a metric of one condition's runs, taken, summarised and rounded
as a column of ``results_table`` is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from figproof.closed import Closed, parse
from figproof.errors import FigproofError, raise_together, suggest
from figproof.latex import escape_latex
from figproof.model import Run
from figproof.numerics.curves import metric_of_each
from figproof.numerics.intervals import CENTRES, band
from figproof.numerics.stating import decimals, stated
from figproof.numerics.summaries import summary
from figproof.pins import load_pin
from figproof.project import Project
from figproof.snapshot import load_snapshot
from figproof.specs import how_to_pin, pin_names
from figproof.yamlfile import load_yaml

_NAME = re.compile(r"[A-Za-z]+")


class NumberSpec(Closed):
    """One entry of ``config/numbers.yaml``."""

    pin: str = Field(description="A file in config/pins.")
    condition: str | None = Field(None, description="Whose runs; all runs of the pin if left out.")
    metric: str = Field(min_length=1, description="Name of a recorded metric.")
    value: Literal["final", "best", "mean_last"] = Field("final", description="Which value of a run.")
    better: Literal["higher", "lower"] | None = Field(None, description="For value: best: which end.")
    last: int | None = Field(None, ge=1, description="For value: mean_last: how many values.")
    centre: Literal["mean", "median", "iqm"] = Field("mean", description="Of several runs.")
    interval: Literal["none", "sd", "sem", "bootstrap95", "minmax"] = Field(
        "sd", description="Around the centre; a single run has none."
    )
    bootstrap_seed: int = Field(0, ge=0, description="Seed of the resamples of bootstrap95.")
    percent: bool = Field(False, description="Write a share as percent.")
    decimals: int | None = Field(
        None, ge=0, le=9, description="Two digits of the interval's half if left out, or three in all."
    )
    unit: bool = Field(True, description="Whether the unit stands behind the number.")

    @model_validator(mode="after")
    def _fits_together(self) -> NumberSpec:
        if (self.last is not None) != (self.value == "mean_last"):
            raise ValueError("last belongs to value: mean_last, and is needed there")
        if (self.better is not None) != (self.value == "best"):
            raise ValueError("better belongs to value: best, and is needed there")
        if self.centre != "mean" and self.interval in ("sd", "sem"):
            raise ValueError(f"interval: {self.interval} is around a mean, not centre: {self.centre}")
        return self


def load_numbers(project: Project) -> Mapping[str, NumberSpec]:
    """The numbers of a project by macro name, sorted; none without ``config/numbers.yaml``.

    Raises
    ------
    FigproofError
        All problems of the file: names that LaTeX cannot call, unknown pins, wrong entries.
    """
    path = project.numbers_file
    if not path.is_file():
        return {}
    where = project.relative(path)
    entries = load_yaml(path)
    if not isinstance(entries, dict):
        raise FigproofError(f"must map names to numbers, given {type(entries).__name__}", where=where)
    pins, errors, numbers = pin_names(project), [], {}
    for name, entry in entries.items():
        try:
            numbers[str(name)] = number = parse(NumberSpec, entry, where, str(name))
        except FigproofError as error:
            errors.append(error)
            continue
        if not _NAME.fullmatch(str(name)):
            problem = f"{name!r} cannot be a LaTeX macro: letters only"
            errors.append(FigproofError(problem, where=where))
        if number.pin not in pins:
            problem = f"pin {number.pin!r} is unknown. {suggest(number.pin, pins)}"
            hint = how_to_pin(project, number.pin)
            errors.append(FigproofError(problem, where=f"{where}: {name}.pin", hint=hint))
    raise_together(errors)
    return dict(sorted(numbers.items()))


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
