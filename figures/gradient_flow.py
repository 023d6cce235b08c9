"""How large the gradient is in each layer while a network trains, as a map or as lines.

Rows (or lines) are layers, counted from the input; colour (or height) is the mean or largest absolute
gradient of the layer's weights on a logarithmic scale, the median over seeds. The note gives, as
"layer 1/4: 0.02", the median over training of the first layer's gradient divided by the last
layer's: far below 1, gradients vanish on their way back; far above, they explode. Hatched cells are
zero or not finite.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.ticker import MaxNLocator
from pydantic import Field

from figproof.axes import (
    EndLabel,
    axis_label,
    before_draw,
    cells,
    colour_bar,
    end_labels_fit,
    fit_lines,
    hatch_cell,
    label_axis,
    label_ends,
    log_ticks,
    note,
    size_in,
)
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Frame, IntArray, Metric, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.curves import align, gradient_layers, metric_of_each
from figproof.numerics.intervals import median

MOST_COLUMNS = 400
NARROWEST_PANEL_IN = 1.6
LOWEST_ROW_IN = 0.9
MARKERS_A_LINE = 6
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")


class Params(KindParams):
    """What of the gradients to show, and how."""

    statistic: Literal["mean", "max"] = Field(
        default="mean", description="Mean or largest absolute gradient over the weights of a layer."
    )
    view: Literal["heatmap", "lines", "both"] = Field(
        default="heatmap", description="Layer x step map, a line per layer, or the map above the lines."
    )
    conditions: list[str] | None = Field(
        default=None, min_length=1, description="Conditions to show, a panel each; all if left out."
    )


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Median over seeds per layer and step, and the ratio of first to last layer."""
    names = params.conditions or list(snapshot.conditions())
    if not snapshot.runs:
        raise FigproofError("the pin holds no run", where=f"pin {snapshot.pin}")
    found, summaries = [], []
    units: list[tuple[str, str]] = []
    merged = 1
    for condition in names:
        runs = snapshot.of(condition)
        layers = _layers(runs, params.statistic, condition)
        rows = []
        for layer in layers:
            recorded = metric_of_each(runs, f"gradient.{params.statistic}.layer{layer}")
            units.append((recorded[0].unit, recorded[0].step_unit))
            aligned = align([m.steps for m in recorded], [m.values for m in recorded], "equal")
            rows.append(median(np.where(np.isfinite(aligned.values), aligned.values, np.nan)))
        if len({row.size for row in rows}) > 1:
            raise FigproofError("layers were recorded at different steps", where=f"condition {condition}")
        steps, grid, width = _merged(aligned.steps, np.array(rows))
        merged = max(merged, width)
        found.append(_cells_frame(condition, layers, steps, grid))
        summaries.append(_summary(condition, runs, layers, np.array(rows)))
    if len(set(units)) > 1:
        raise FigproofError(f"gradients were recorded in different units: {sorted(set(units))}")
    table = concatenate(found)
    if not (table["value"] > 0).any():
        raise FigproofError("every gradient is zero or not finite: there is nothing to show")
    facts = {"unit": units[0][0], "step_unit": units[0][1], "steps_a_column": merged, "over_seeds": "median"}
    return Table({"gradients": table, "conditions": concatenate(summaries)}, facts)


def _layers(runs: tuple[Run, ...], statistic: str, condition: str) -> list[int]:
    """The layer numbers that all runs have, rising; they must have the same."""
    each = [gradient_layers(run, statistic) for run in runs]
    if not any(each):
        known = sorted({name for run in runs for name in run.metrics})
        raise FigproofError(
            f"no run recorded gradient.{statistic}.layer1, .layer2, ... "
            f"Recorded: {', '.join(known) or 'nothing'}.",
            where=f"condition {condition}",
        )
    if any(layers != each[0] for layers in each):
        raise FigproofError(
            f"runs have different layers: {sorted({len(layers) for layers in each})} of them",
            where=f"condition {condition}",
            hint="group networks of different depth into conditions of their own",
        )
    return each[0]


def _merged(steps: IntArray, grid: FloatArray) -> tuple[IntArray, FloatArray, int]:
    """At most ``MOST_COLUMNS`` columns: each is the median of as many neighbouring steps as needed."""
    width = -(-steps.size // MOST_COLUMNS)
    starts = range(0, steps.size, width)
    merged = np.stack([np.median(grid[:, start : start + width], axis=1) for start in starts], axis=1)
    return steps[::width], merged, width


def _cells_frame(condition: str, layers: list[int], steps: IntArray, grid: FloatArray) -> Frame:
    return frame(
        condition=[condition] * grid.size,
        layer=np.repeat(layers, steps.size),
        step=np.tile(steps, len(layers)),
        value=grid.ravel(),
    )


def _summary(condition: str, runs: tuple[Run, ...], layers: list[int], grid: FloatArray) -> Frame:
    usable = np.isfinite(grid[[0, -1]]).all(axis=0) & (grid[-1] > 0)
    ratio = float(np.median(grid[0, usable] / grid[-1, usable])) if usable.any() else np.nan
    blank = int((~(np.isfinite(grid) & (grid > 0))).sum())
    return frame(
        condition=[condition],
        runs=[len(runs)],
        first_layer=[layers[0]],
        last_layer=[layers[-1]],
        first_over_last=[ratio],
        zero_or_not_finite=[blank],
    )


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """A panel per condition, all on one scale; with both views, the map above the lines."""
    gradients = table.frame("gradients")
    conditions = look.ordered(gradients["condition"])
    views = ["heatmap", "lines"] if params.view == "both" else [params.view]
    columns, rows = _panels(fig, len(conditions), len(views), look)
    grid = fig.subplots(rows * len(views), columns, squeeze=False)
    norm = _scale(gradients["value"])
    maps, mesh = [], None
    for place in range(rows * columns):
        column = grid[place // columns * len(views) :, place % columns][: len(views)]
        if place >= len(conditions):
            for axes in column:
                axes.remove()
            continue
        part = {key: values[gradients["condition"] == conditions[place]] for key, values in gradients.items()}
        for axes, view in zip(column, views, strict=True):
            if view == "heatmap":
                mesh = _draw_map(axes, part, norm, look)
                maps.append(axes)
                label_axis(axes.yaxis, "layer")
            else:
                _draw_lines(fig, axes, part, norm, look, columns)
                label_axis(axes.yaxis, _name(params), table.facts["unit"])
            label_axis(axes.xaxis, table.facts["step_unit"])
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, steps=[1, 2, 5, 10]))
        parts = _note_parts(table, conditions[place], look)
        note(column[0], fit_lines(fig, parts, look, columns=columns), look)
    if mesh is not None:
        colour_bar(fig, mesh, maps, axis_label(_name(params), table.facts["unit"]), look)
    for axes in grid.flat:
        if axes.get_figure() is not None:
            axes.label_outer(remove_inner_ticks=False)


def _panels(fig: Any, count: int, views: int, look: Any) -> tuple[int, int]:
    """Columns and rows of panels: as wide as they should be, unless rows then were too low."""
    width, height = size_in(fig)
    columns = min(count, max(1, int(width / look.room_in(NARROWEST_PANEL_IN))))
    while columns < count and -(-count // columns) * views * look.room_in(LOWEST_ROW_IN) > height:
        columns += 1
    return columns, -(-count // columns)


def _scale(values: FloatArray) -> Any:
    positive = values[np.isfinite(values) & (values > 0)]
    low, high = positive.min(), positive.max()
    # A single value would make an empty scale; a factor of two around it is one.
    return LogNorm(low / 2, high * 2) if low == high else LogNorm(low, high)


def _draw_map(axes: Any, part: Frame, norm: Any, look: Any) -> Any:
    layers, steps = _axis_values(part)
    grid = part["value"].reshape(layers.size, steps.size)
    middle = (steps[1:] + steps[:-1]) / 2
    first, last = (middle[0], middle[-1]) if middle.size else (steps[0] + 0.5, steps[0] - 0.5)
    edges = np.concatenate([[2 * steps[0] - first], middle, [2 * steps[-1] - last]])
    usable = np.isfinite(grid) & (grid > 0)
    shown = np.where(usable, grid, np.nan)
    mesh = cells(axes, shown, look.cmap(), norm, look, gaps=False, x_edges=edges)
    for row, column in np.argwhere(~usable):
        hatch_cell(axes, row, column, look, x_edges=edges)
    axes.set_xlim(edges[0], edges[-1])
    axes.tick_params(axis="x", which="both", length=2)
    before_draw(axes, lambda: _name_layers(axes, layers, look))
    return mesh


def _name_layers(axes: Any, layers: IntArray, look: Any) -> None:
    """Layer numbers at the rows, as many as have room."""
    room_pt = axes.bbox.height * 72 / axes.get_figure(root=True).dpi
    most = max(1, int(room_pt / (1.4 * look.venue.small_pt)))
    rows = range(0, layers.size, -(-layers.size // most))
    axes.set_yticks(list(rows), [str(layers[row]) for row in rows])


def _draw_lines(fig: Any, axes: Any, part: Frame, norm: Any, look: Any, columns: int) -> None:
    layers, steps = _axis_values(part)
    grid = part["value"].reshape(layers.size, steps.size)
    # The light end of a map is hard to see as a line on white.
    colours = look.cmap()(np.linspace(0.0, 0.85, layers.size))
    every = max(1, steps.size // MARKERS_A_LINE)
    ends = []
    for row, (layer, colour) in enumerate(zip(layers, colours, strict=True)):
        values = np.where(np.isfinite(grid[row]) & (grid[row] > 0), grid[row], np.nan)
        marker = (
            {"marker": MARKERS[row], "markevery": (row * every // layers.size, every)}
            if layers.size <= len(MARKERS)
            else {}
        )
        axes.plot(steps, values, color=colour, **marker)
        seen = np.flatnonzero(np.isfinite(values))
        if seen.size:
            ends.append(EndLabel(str(layer), steps[seen[-1]], values[seen[-1]], colour))
    axes.set_yscale("log")
    axes.set_ylim(norm.vmin / 1.2, norm.vmax * 1.2)
    axes.set_xlim(steps[0], max(steps[-1], steps[0] + 1))
    log_ticks(axes.yaxis, look)
    if not end_labels_fit(fig, [end.text for end in ends], look, share=0.25 / columns):
        ends = [ends[0], ends[-1]]
    title = "layer " if end_labels_fit(fig, ["layer 9"], look, share=0.16 / columns) else ""
    label_ends(axes, [replace(end, text=title + end.text) for end in ends], look)


def _axis_values(part: Frame) -> tuple[IntArray, IntArray]:
    return np.unique(part["layer"]), np.unique(part["step"])


def _name(params: Params) -> str:
    return f"{params.statistic} |gradient|"


def _note_parts(table: Table, condition: str, look: Any) -> list[str]:
    about = table.frame("conditions")
    at = int(np.flatnonzero(about["condition"] == condition)[0])
    count, first, last = (int(about[key][at]) for key in ("runs", "first_layer", "last_layer"))
    ratio = about["first_over_last"][at]
    several = np.unique(about["condition"]).size > 1
    parts = [look.label(condition)] if several else []
    parts.append("one run" if count == 1 else f"median, n = {count} seeds")
    stated = f"{ratio:.2g}" if np.isfinite(ratio) else "undefined"
    parts.append(f"layer {first}/{last}: {stated}")
    return parts + (["hatched: 0 or not finite"] if about["zero_or_not_finite"][at] else [])


def example() -> Example:
    """A sigmoid network whose first layers learn last, beside one whose gradients are even."""
    runs: list[Run] = []
    steps = np.arange(31)
    for condition, shrink in (("relu", 0.85), ("sigmoid", 0.16)):
        for seed in range(3):
            random = np.random.default_rng([seed, int(100 * shrink)])
            metrics = {}
            for layer in range(1, 6):
                level = 0.02 * shrink ** (5 - layer) * (0.25 + np.exp(-steps / 9))
                name = f"gradient.mean.layer{layer}"
                metrics[name] = Metric(name, "", steps, level * np.exp(random.normal(0, 0.1, 31)), "epoch")
            runs.append(example_run(len(runs) + 1, condition, seed=seed, metrics=metrics))
    return Example(Snapshot("example", tuple(runs)), Params())
