"""Loss and accuracy along one line through the weights.

From the first checkpoint (0) to the last (1) and beyond (Goodfellow et al. 2015), or from the weights along
a filter-normalised random direction (Li et al. 2018, figure 2). Solid lines are the training data, dashed
ones the validation data; thin upright lines mark the weights that the line goes through.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.lines import Line2D
from pydantic import Field

from figproof.axes import fit_lines, label_axis, legend_above, log_ticks
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import Frame, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.choosing import run_of_each
from figproof.numerics.landscape_levels import ARTIFACT, check_directions, finite, where_of

UNITS = {"loss": "nat", "accuracy": ""}
MOST_CONDITIONS = 8
DASHES = {"train": "solid", "validation": (0, (3.0, 1.5))}


class Params(KindParams):
    """Which profiles, and what of them."""

    conditions: list[str] | None = Field(
        default=None, min_length=1, description="Conditions, in this order; all of the pin if null."
    )
    seed: int | None = Field(default=None, description="Seed of the one run of each condition.")
    show: list[Literal["loss", "accuracy"]] = Field(
        default=["loss"], min_length=1, description="One panel each, from above."
    )
    parts: list[Literal["train", "validation"]] = Field(
        default=["train", "validation"], min_length=1, description="Which data."
    )
    scale: Literal["log", "linear"] = Field(default="log", description="Of the loss.")


def derive(snapshot: Snapshot, params: Params) -> Table:
    """The profile of one run of each condition, checked, in long form.

    Returns
    -------
    Table
        Frame ``lines`` (condition, part, quantity, alpha, value).

    Raises
    ------
    FigproofError
        Arrays of different length or not finite, runs of different kinds of lines, or a loss that is not
        positive on a logarithmic scale.
    """
    runs = run_of_each(snapshot, params.conditions, params.seed)
    if len(runs) > MOST_CONDITIONS:
        raise FigproofError(
            f"{len(runs)} conditions cannot be told apart in one panel; at most {MOST_CONDITIONS}",
            where=f"pin {snapshot.pin}",
            hint="name some in params.conditions, or draw several panels",
        )
    for run in runs:
        check_directions(run)
    kinds = {(run.config["directions"], run.config["normalise"]) for run in runs}
    if len(kinds) > 1:
        raise FigproofError(
            f"the runs follow different lines: {', '.join(sorted(str(kind) for kind in kinds))}",
            where=f"pin {snapshot.pin}",
            hint="narrow the selection to config.directions of one kind",
        )
    lines = [
        _line(run, part, quantity, params)
        for run in runs
        for quantity in dict.fromkeys(params.show)
        for part in dict.fromkeys(params.parts)
    ]
    directions, normalise = next(iter(kinds))
    facts = {"directions": directions, "normalise": normalise, "runs": [run.id for run in runs]}
    return Table({"lines": concatenate(lines)}, facts)


def _line(run: Run, part: str, quantity: str, params: Params) -> Frame:
    alpha, values = finite(run, "alpha"), finite(run, f"{part}_{quantity}")
    if values.shape != alpha.shape or alpha.ndim != 1 or alpha.size < 3 or (np.diff(alpha) <= 0).any():
        raise FigproofError(
            f"{part}_{quantity} of shape {values.shape} does not belong to alpha of shape {alpha.shape}, "
            "three or more that rise",
            where=where_of(run),
        )
    if quantity == "loss" and params.scale == "log" and values.min() <= 0:
        raise FigproofError(
            f"the lowest {part} loss is {values.min():.6g}; a logarithmic scale needs positive values",
            where=where_of(run),
            hint="set params.scale: linear",
        )
    return frame(
        condition=np.full(alpha.size, run.condition),
        part=np.full(alpha.size, part),
        quantity=np.full(alpha.size, quantity),
        alpha=alpha,
        value=values,
    )


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """A panel for each quantity over a common axis."""
    lines, facts = table.frame("lines"), table.facts
    quantities = list(dict.fromkeys(params.show))
    panels = fig.subplots(len(quantities), 1, sharex=True, squeeze=False)[:, 0]
    conditions = list(dict.fromkeys(lines["condition"].tolist()))
    for axes, quantity in zip(panels, quantities, strict=True):
        for number, condition in enumerate(conditions):
            for part in dict.fromkeys(params.parts):
                here = (lines["condition"] == condition) & (lines["part"] == part)
                here &= lines["quantity"] == quantity
                x, y = lines["alpha"][here], lines["value"][here]
                every = max(1, x.size // 7)
                marks = {"marker": look.marker(condition), "markersize": look.mark_pt(3.5)}
                marks["markevery"] = (number * every // len(conditions), every)
                axes.plot(x, y, color=look.colour(condition), linestyle=DASHES[part], **marks)
        for place in (0.0, 1.0) if facts["directions"] == "interpolation" else (0.0,):
            axes.axvline(place, color=look.muted, linewidth=look.line_pt(0.5), zorder=0.8)
        if quantity == "loss" and params.scale == "log":
            axes.set_yscale("log")
            log_ticks(axes.yaxis, look)
        label_axis(axes.yaxis, quantity, UNITS[quantity])
    axes.set_xlim(lines["alpha"].min(), lines["alpha"].max())
    label_axis(panels[-1].xaxis, *_place(facts))
    _legend(fig, panels[0], conditions, params, look)


def _place(facts: Any) -> tuple[str, str]:
    if facts["directions"] == "interpolation":
        return "place on the line", "0 first, 1 last weights"
    how = "filter-normalised" if facts["normalise"] == "filter" else "Gaussian"
    return "step along the direction", how


def _legend(fig: Any, axes: Any, conditions: list[str], params: Params, look: Any) -> None:
    handles = [
        Line2D([], [], color=look.colour(name), marker=look.marker(name), markersize=look.mark_pt(3.5))
        for name in conditions
    ]
    labels = [look.label(name) for name in conditions]
    parts = list(dict.fromkeys(params.parts))
    if len(parts) > 1:
        handles += [Line2D([], [], color=look.muted, linestyle=DASHES[part]) for part in parts]
        labels += [{"train": "training", "validation": "validation"}[part] for part in parts]
    text = "" if len(parts) > 1 else f"{parts[0]} data"
    legend_above(fig, axes, handles, labels, look, title=fit_lines(fig, [text], look) if text else "")


def example() -> Example:
    """Two optimisers from one start: one goes straight down, one over a hill."""
    alpha = np.linspace(-0.4, 1.4, 37)
    runs = []
    for number, (condition, hill) in enumerate((("adam", 0.0), ("sgd", 0.4)), 1):
        loss = 0.05 + 2.2 * (1 - alpha) ** 2 / (1 + 0.2 * alpha) + hill * np.exp(-20 * (alpha - 0.4) ** 2)
        arrays = {"alpha": alpha}
        for part, more in (("train", 0.0), ("validation", 0.08)):
            arrays[f"{part}_loss"] = loss + more
            arrays[f"{part}_accuracy"] = np.exp(-loss - more)
        config = {"directions": "interpolation", "normalise": "none"}
        runs.append(example_run(number, condition, config=config, artifacts={ARTIFACT: arrays}))
    return Example(Snapshot("example", tuple(runs)), Params())
