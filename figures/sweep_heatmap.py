"""Two hyper-parameters against a metric: a cell is the mean over the seeds that were run there.

Hatched cells were not run. Grey cells that read NaN hold a run that diverged: a mean over the others
would hide it. The framed cell is the best. Numbers stand in the cells where they fit.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from pydantic import Field, model_validator

from figproof.axes import (
    CellText,
    axis_label,
    cells,
    colour_bar,
    fit_lines,
    frame_cell,
    hatch_cell,
    ink_on,
    label_axis,
    note,
    shade_cell,
    size_in,
    text_width_in,
    words,
    write_cells,
)
from figproof.canonical import to_json_bytes
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Metric, Run, Snapshot, Table, frame
from figproof.numerics.curves import metric_of_each
from figproof.numerics.matrices import best_cell
from figproof.numerics.summaries import config_value, levels, short_number, summary, summary_words

SHOWS_CONDITIONS = False
FAILED_GREY = "#d0d0d0"


class Params(KindParams):
    """Which two config keys, which number of a metric, and which end of it is better."""

    x: str = Field(
        min_length=1, description="Config key of the columns, dotted, e.g. learning_rate or hidden.0."
    )
    y: str = Field(min_length=1, description="Config key of the rows, dotted.")
    metric: str = Field(min_length=1, description="Name of a recorded metric.")
    better: Literal["higher", "lower"] = Field(description="Which values of the metric are better.")
    value: Literal["final", "best", "mean_last"] = Field(
        default="final", description="Last value of a run, its best one, or the mean of its last ones."
    )
    last: int | None = Field(default=None, ge=1, description="For mean_last: how many values.")
    colour_scale: Literal["linear", "log"] = Field(default="linear", description="Scale of the colours.")
    x_label: str | None = Field(
        default=None, min_length=1, description="Name of the columns; the key if left out."
    )
    y_label: str | None = Field(
        default=None, min_length=1, description="Name of the rows; the key if left out."
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Params:
        if (self.last is not None) != (self.value == "mean_last"):
            raise ValueError("last belongs to value: mean_last, and is needed there")
        if self.x == self.y:
            raise ValueError(f"x and y are the same key: {self.x!r}")
        return self


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Group runs by the two keys and average the metric over each group's seeds."""
    runs = snapshot.runs
    if not runs:
        raise FigproofError("the pin holds no run", where=f"pin {snapshot.pin}")
    recorded = metric_of_each(runs, params.metric)
    numbers = np.array(
        [
            summary(run, series, params.value, higher=params.better == "higher", last=params.last)
            for series, run in zip(recorded, runs, strict=True)
        ]
    )
    columns, column_of = levels([config_value(run, params.x) for run in runs], params.x)
    rows, row_of = levels([config_value(run, params.y) for run in runs], params.y)
    shape = (len(rows), len(columns))
    mean, counts, diverged = np.full(shape, np.nan), np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for row, column in sorted(set(zip(row_of, column_of, strict=True))):
        inside = [at for at in range(len(runs)) if (row_of[at], column_of[at]) == (row, column)]
        _check_one_setting([runs[at] for at in inside], params, rows[row], columns[column])
        counts[row, column] = len(inside)
        diverged[row, column] = int((~np.isfinite(numbers[inside])).sum())
        mean[row, column] = np.mean(numbers[inside]) if not diverged[row, column] else np.nan
    best = best_cell(mean, params.better == "higher")
    if best is None:
        raise FigproofError(
            "a run diverged in every cell: there is no mean to show",
            where=f"metric {params.metric}",
            hint="choose another metric, or narrow the selection to runs that stay finite",
        )
    if params.colour_scale == "log" and np.nanmin(mean) <= 0:
        raise FigproofError(
            f"a mean of {np.nanmin(mean):.6g} has no colour on a logarithmic scale",
            hint="set colour_scale: linear",
        )
    at_row, at_column = np.divmod(np.arange(mean.size), shape[1])
    table = frame(
        row=at_row,
        column=at_column,
        y=[rows[row] for row in at_row],
        x=[columns[column] for column in at_column],
        mean=mean.ravel(),
        runs=counts.ravel(),
        diverged=diverged.ravel(),
        best=[(row, column) == best for row, column in zip(at_row, at_column, strict=True)],
    )
    facts = {
        "unit": recorded[0].unit,
        "step_unit": recorded[0].step_unit,
        "missing_cells": int((counts == 0).sum()),
    }
    return Table({"cells": table}, facts)


def _check_one_setting(runs: list[Run], params: Params, row: str, column: str) -> None:
    """Only seeds may differ inside a cell: a mean over anything else is not what the figure says."""
    where = f"cell {params.y} = {row}, {params.x} = {column}"
    seeds = [run.seed for run in runs]
    if len(set(seeds)) < len(seeds):
        raise FigproofError(
            f"holds the same seed more than once: {seeds}",
            where=where,
            hint="narrow the selection to one run a seed",
        )
    keys = sorted({str(key) for run in runs for key in run.config} - {"seed"})
    differ = [key for key in keys if len({to_json_bytes(run.config.get(key)) for run in runs}) > 1]
    if differ:
        raise FigproofError(
            f"runs differ in more than the seed: {', '.join(differ)}",
            where=where,
            hint="narrow the selection so that these are the same in all runs",
        )


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Coloured cells with their numbers, the best one framed."""
    axes = fig.subplots()
    rows = table.frame("cells")
    shape = (int(rows["row"].max()) + 1, int(rows["column"].max()) + 1)
    mean = rows["mean"].reshape(shape)
    norm = _scale(mean, params.colour_scale)
    cmap = look.cmap()
    mesh = cells(axes, mean, cmap, norm, look, gaps=True)
    entries = []
    same_n = np.unique(rows["runs"][rows["runs"] > 0]).size == 1
    for index, (row, column) in enumerate(zip(rows["row"], rows["column"], strict=True)):
        count, failed, value = rows["runs"][index], rows["diverged"][index], rows["mean"][index]
        if not count:
            hatch_cell(axes, row, column, look)
            continue
        if failed:
            shade_cell(axes, row, column, FAILED_GREY)
            text = "NaN" if failed == count else f"NaN\n{failed} of {count}"
            entries.append(CellText(row, column, text, ink_on(FAILED_GREY)))
            continue
        text = short_number(value, mean) + ("" if same_n else f"\nn={count}")
        is_best = bool(rows["best"][index])
        entries.append(CellText(row, column, text, ink_on(cmap(norm(value))), bold=is_best))
        if is_best:
            frame_cell(axes, row, column, look.ink, 1.5)
    write_cells(axes, entries, look)
    _label(fig, axes, rows, shape, params)
    note(axes, fit_lines(fig, _note_parts(table, params), look), look)
    colour_bar(
        fig,
        mesh,
        axes,
        axis_label(words(params.metric), table.facts["unit"]),
        look,
    )


def _scale(mean: FloatArray, scale: str) -> Any:
    low, high = np.nanmin(mean), np.nanmax(mean)
    if low == high:
        # One colour, in the middle of a scale that is not empty.
        low, high = low - 0.5 * abs(low or 1.0), high + 0.5 * abs(high or 1.0)
    return LogNorm(low, high) if scale == "log" else Normalize(low, high)


def _label(fig: Any, axes: Any, rows: Any, shape: tuple[int, int], params: Params) -> None:
    names_x = [str(name) for name in rows["x"][: shape[1]]]
    names_y = [str(name) for name in rows["y"][:: shape[1]]]
    size = axes.xaxis.get_ticklabels()[0].get_fontsize() if axes.xaxis.get_ticklabels() else 8
    widest = max(text_width_in(fig, name, size) for name in names_x)
    upright = widest > 0.6 * size_in(fig)[0] / shape[1]
    axes.set_xticks(range(shape[1]), names_x, rotation=90 if upright else 0, parse_math=False)
    axes.set_yticks(range(shape[0]), names_y, parse_math=False)
    for axis, key, name in ((axes.xaxis, params.x, params.x_label), (axes.yaxis, params.y, params.y_label)):
        label_axis(axis, name or words(key))


def _note_parts(table: Table, params: Params) -> list[str]:
    rows, unit = table.frame("cells"), table.facts["step_unit"]
    what = summary_words(params.value, unit, params.last)
    counts = np.unique(rows["runs"][rows["runs"] > 0])
    seeds = f"{counts[0]}" if counts.size == 1 else f"{counts[0]} to {counts[-1]}"
    parts = [what, f"mean, n = {seeds} seed{'' if seeds == '1' else 's'}", "framed: best"]
    parts += ["hatched: not run"] if (rows["runs"] == 0).any() else []
    return parts + (["grey: diverged"] if rows["diverged"].any() else [])


def example() -> Example:
    """Learning rate x width, two seeds; one setting was not run and the largest rate diverges."""
    runs: list[Run] = []
    for width in (16, 32, 64, 128):
        for rate in (0.001, 0.01, 0.1, 1.0):
            if (width, rate) == (16, 0.001):
                continue
            for seed in range(2):
                random = np.random.default_rng([seed, width, int(rate * 1000)])
                level = 0.98 - 0.06 * (np.log10(rate) + 1.2) ** 2 - 1.2 / width + random.normal(0, 0.004)
                values = level - 0.5 * np.exp(-np.arange(11) / 2)
                if (width, rate) == (128, 1.0) and seed == 1:
                    values[6:] = np.nan
                name = "validation.accuracy"
                metrics = {name: Metric(name, "", np.arange(11), values, "epoch")}
                config = {"learning_rate": rate, "hidden": [width], "seed": seed}
                runs.append(example_run(len(runs) + 1, "sweep", seed=seed, config=config, metrics=metrics))
    params = Params(
        x="learning_rate", y="hidden.0", metric="validation.accuracy", better="higher", y_label="hidden units"
    )
    return Example(Snapshot("example", tuple(runs)), params)
