"""``config/numbers.yaml``: which numbers a paper's text states."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator

from figproof.closed import Closed, parse
from figproof.errors import FigproofError, raise_together, suggest
from figproof.project import Project
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
