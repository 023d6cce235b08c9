"""What training costs: time per epoch or step and memory, against the step, a panel each.

A line is the mean of a condition's runs and the band around it their range; every axis starts at zero,
so that heights compare. The number at a line's end is the condition's median over all steps and runs, which
one slow epoch does not move. Memory is the peak so far and never falls. All of it is measured on one machine
under its load of that day: compare conditions that were recorded side by side.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.ticker import Formatter, FuncFormatter, MaxNLocator
from pydantic import Field

from figproof.axes import (
    EndLabel,
    end_labels_fit,
    fit_lines,
    label_axis,
    label_ends,
    legend_below,
    note,
    size_in,
    words,
)
from figproof.axes.curves import condition_handles, curve
from figproof.axes.seeds import seeds_note
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import Frame, Metric, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.curves import align, metric_of_each, run_name
from figproof.numerics.intervals import over_runs
from figproof.numerics.reduce import keep_extremes
from figproof.numerics.seeds import runs_frame
from figproof.numerics.summaries import short_number

MOST_CONDITIONS = 12
DRAWN_STRETCHES = 400
_ABREAST_IN = 4.5


class Params(KindParams):
    """Which measurements, of which conditions."""

    metrics: list[str] = Field(
        default=["system.epoch_time", "system.memory"],
        min_length=1,
        max_length=3,
        description="Recorded measurements, a panel each.",
    )
    conditions: list[str] | None = Field(
        default=None, min_length=1, description="Conditions to show; all if left out."
    )
    align: Literal["equal", "common", "union"] = Field(
        default="equal",
        description="Runs recorded at different steps: refuse, keep the shared steps, or keep all with gaps.",
    )


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Mean, range and median of each measurement; thinned last, for drawing."""
    runs = {name: snapshot.of(name) for name in params.conditions or snapshot.conditions()}
    if not runs:
        raise FigproofError("the pin holds no run", where=f"pin {snapshot.pin}")
    if len(runs) > MOST_CONDITIONS:
        raise FigproofError(
            f"{len(runs)} conditions cannot be told apart in one panel; at most {MOST_CONDITIONS}",
            where=f"pin {snapshot.pin}",
            hint="name some in params.conditions, or draw several figures",
        )
    series, medians, units = [], [], []
    for metric in params.metrics:
        every = metric_of_each([run for group in runs.values() for run in group], metric)
        units.append([every[0].unit, every[0].step_unit])
        for condition, group in runs.items():
            recorded = metric_of_each(group, metric)
            series.append(_series(condition, group, recorded, params))
            pooled = np.concatenate([one.values for one in recorded])
            medians.append((condition, metric, float(np.median(pooled)), int(pooled.size)))
    summary = frame(
        condition=[row[0] for row in medians],
        metric=[row[1] for row in medians],
        median=[row[2] for row in medians],
        values=[row[3] for row in medians],
    )
    facts = {"units": [unit for unit, _ in units], "step_units": [step for _, step in units]}
    seeds = runs_frame(runs, snapshot.expected_seeds)
    return Table({"series": concatenate(series), "summary": summary, "runs": seeds}, facts)


def _series(condition: str, runs: tuple[Run, ...], recorded: tuple[Metric, ...], params: Params) -> Frame:
    """One line of a panel, thinned."""
    name = recorded[0].name
    for run, one in zip(runs, recorded, strict=True):
        if not np.isfinite(one.values).all():
            raise FigproofError(
                f"metric {name!r} holds values that are not finite: that is no measurement",
                where=f"{condition} {run_name(run)}",
                hint="leave the run out of the pin",
            )
    together = align([one.steps for one in recorded], [one.values for one in recorded], params.align)
    kind = "minmax" if len(runs) > 1 else "none"
    over = over_runs(together.values, together.recorded, "mean", kind, 0)
    kept = keep_extremes(np.vstack([over.centre, over.low, over.high]), DRAWN_STRETCHES)
    return frame(
        condition=[condition] * kept.size,
        metric=[name] * kept.size,
        x=together.steps[kept],
        value=over.centre[kept],
        low=over.low[kept],
        high=over.high[kept],
        runs=over.runs[kept],
    )


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Panels abreast where the figure is wide, else one above the other."""
    count = len(params.metrics)
    conditions = look.ordered(table.frame("series")["condition"])
    columns = count if size_in(fig)[0] >= look.room_in(_ABREAST_IN) * count / 2 else 1
    panels = fig.subplots(count // columns, columns, sharex=columns == 1, squeeze=False).ravel()
    ends = [_ends(table, metric, conditions, look) for metric in params.metrics]
    texts = [label.text for panel in ends for label in panel]
    longest = sorted(texts, key=len)[-len(conditions) :]
    beside = end_labels_fit(fig, longest, look, share=0.3 / columns)
    for number, (axes, metric) in enumerate(zip(panels, params.metrics, strict=True)):
        _panel(axes, table, metric, conditions, look)
        label_axis(axes.yaxis, words(metric.rpartition(".")[2]), table.facts["units"][number])
        if columns > 1 or number == count - 1:
            label_axis(axes.xaxis, table.facts["step_units"][number])
        if beside:
            label_ends(axes, ends[number], look)
    if not beside and len(conditions) > 1:
        legend_below(fig, *condition_handles(conditions, look, solid=False), look)
    note(panels[0], fit_lines(fig, _note_parts(table, look, beside), look, columns=columns), look)


def _panel(axes: Any, table: Table, metric: str, conditions: tuple[str, ...], look: Any) -> None:
    series = table.frame("series")
    for place, condition in enumerate(conditions):
        here = (series["condition"] == condition) & (series["metric"] == metric)
        part = {name: column[here] for name, column in series.items()}
        marker = look.marker(condition) if len(conditions) > 1 or part["x"].size == 1 else None
        curve(axes, part, look.line(condition), marker=marker, place=(place, len(conditions)))
    shown = series["x"][series["metric"] == metric]
    axes.set_xlim(shown.min(), max(shown.max(), shown.min() + 1))
    top = axes.get_ylim()[1]
    axes.set_ylim(0, 1.05 * top if top > 0 else 1)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, steps=[1, 2, 2.5, 5, 10]))
    # No offset such as 1e-6 above the axis, where the note stands.
    axes.yaxis.set_major_formatter(FuncFormatter(_plain))


def _plain(value: float, _: int) -> str:
    return Formatter.fix_minus(f"{value:g}".replace("e-0", "e-").replace("e+0", "e"))


def _ends(table: Table, metric: str, conditions: tuple[str, ...], look: Any) -> list[EndLabel]:
    """Name and median of each line, for its end."""
    series, summary = table.frame("series"), table.frame("summary")
    of_metric = summary["metric"] == metric
    ends = []
    for condition in conditions:
        here = (series["condition"] == condition) & (series["metric"] == metric)
        median = float(summary["median"][of_metric & (summary["condition"] == condition)][0])
        text = short_number(median, summary["median"][of_metric])
        name = f"{look.label(condition)} {text}" if len(conditions) > 1 else text
        last = np.flatnonzero(here & np.isfinite(series["value"]))[-1]
        ends.append(EndLabel(name, series["x"][last], series["value"][last], look.colour(condition)))
    return ends


def _note_parts(table: Table, look: Any, beside: bool) -> list[str]:
    runs = table.frame("runs")
    parts = seeds_note(runs, look)
    parts = ["mean and range", *parts] if runs["n"].max() > 1 else parts
    return [*parts, f"numbers: median over {table.facts['step_units'][0]}s"] if beside else parts


def example() -> Example:
    """Three optimisers, three seeds, one of which hits a busy machine once."""
    runs: list[Run] = []
    for slot, condition in enumerate(("adam", "momentum", "sgd")):
        for seed in range(3):
            random = np.random.default_rng([seed, slot])
            steps = np.arange(1, 31)
            seconds = (0.42 - 0.09 * slot) * (1 + random.gamma(1.2, 0.02, 30))
            seconds[0] *= 1.6
            if (condition, seed) == ("sgd", 2):
                seconds[17] *= 1.8
            memory = np.maximum.accumulate(186 - 14 * slot + 6 * (1 - np.exp(-steps / 3)) + seed)
            metrics = {
                "system.epoch_time": Metric("system.epoch_time", "s", steps, seconds, "epoch"),
                "system.memory": Metric("system.memory", "MiB", steps, memory, "epoch"),
            }
            runs.append(example_run(len(runs) + 1, condition, seed=seed, metrics=metrics))
    return Example(Snapshot("example", tuple(runs), expected_seeds=3), Params())
