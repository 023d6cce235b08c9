"""One number of a run, and what it was run with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from figproof.errors import FigproofError
from figproof.model import FloatArray, Metric, Run
from figproof.numerics.curves import run_name

Which = Literal["final", "best", "mean_last"]


def summary(run: Run, metric: Metric, which: Which, *, higher: bool, last: int | None = None) -> float:
    """The one number that stands for a series; NaN for a run with any value that is not finite.

    Parameters
    ----------
    run : Run
        Named in errors.
    metric : Metric
    which : {"final", "best", "mean_last"}
        The last value, the best one, or the mean of the last ``last``.
    higher : bool
        Whether the highest value is the best.
    last : int, optional

    Raises
    ------
    FigproofError
        The series is shorter than ``last``.
    """
    values = metric.values
    if not np.isfinite(values).all():
        return float("nan")
    if which == "final":
        return float(values[-1])
    if which == "best":
        return float(values.max() if higher else values.min())
    wanted = last or 0
    if values.size < wanted:
        raise FigproofError(
            f"has {values.size} values of {metric.name}, last asks for {wanted}",
            where=f"{run.condition} {run_name(run)}",
            hint="set a smaller last",
        )
    return float(np.mean(values[-wanted:]))


def summary_words(which: Which, step_unit: str, last: int | None) -> str:
    """What :func:`summary` took, for a note: ``"last epoch"``."""
    return {
        "final": f"last {step_unit}",
        "best": f"best {step_unit}",
        "mean_last": f"mean of the last {last} {step_unit}s",
    }[which]


def short_number(value: float, among: FloatArray) -> str:
    """Decimals enough to tell the extremes of ``among`` apart in three digits."""
    largest = float(np.nanmax(np.abs(among)))
    if largest == 0 or not 1e-3 <= largest < 1e5:
        return f"{value:.2e}".replace("e-0", "e-").replace("e+0", "e")
    return f"{value:.{max(0, 2 - int(np.floor(np.log10(largest))))}f}"


def config_value(run: Run, path: str) -> Any:
    """The value at a dotted path of a run's config; a number in the path counts into a list.

    Raises
    ------
    FigproofError
        The key is not recorded; lists those at the place where the path ends.
    """
    found: Any = run.config
    for key in path.split("."):
        if isinstance(found, dict) and key in found:
            found = found[key]
        elif isinstance(found, (list, tuple)) and key.isdecimal() and int(key) < len(found):
            found = found[int(key)]
        else:
            known = (
                ", ".join(sorted(map(str, found))) if isinstance(found, dict) else f"a {type(found).__name__}"
            )
            raise FigproofError(
                f"config key {path!r} is not recorded; at {key!r} there is: {known}",
                where=f"{run.condition} {run_name(run)}",
            )
    return found


def value_text(value: Any) -> str:
    """A config value as a text for ticks: ``0.01``, ``yes``, ``32-32``."""
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, (int, float)):
        return f"{value:.12g}"
    return "-".join(value_text(item) for item in value) if isinstance(value, (list, tuple)) else str(value)


def is_number(value: Any) -> bool:
    """Whether a config value is a number; yes and no are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def levels(values: Sequence[Any], path: str) -> tuple[list[str], list[int]]:
    """Texts of the different values, numbers by size and others by text, and each value's place.

    Raises
    ------
    FigproofError
        Numbers are mixed with others.
    """
    numbers = [is_number(value) for value in values]
    if any(numbers) and not all(numbers):
        texts = sorted({value_text(value) for value in values})
        raise FigproofError(f"config key {path!r} holds numbers and others: {', '.join(texts)}")
    if all(numbers) or all(isinstance(value, (list, tuple)) for value in values):
        ordered = sorted({value_text(value): value for value in values}.items(), key=lambda item: item[1])
        texts = [text for text, _ in ordered]
    else:
        texts = sorted({value_text(value) for value in values})
    return texts, [texts.index(value_text(value)) for value in values]
