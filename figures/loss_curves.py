"""Recorded metrics against step, epoch or time: one colour per condition, one dash per metric.

A line is the centre of a condition's runs and the band around it their spread, as the note above the
axes says, with the number of seeds. A faint line is the same before smoothing. A cross is where a
run's value stopped being a finite number; the centre stops with it, because an average over the
others would hide that one failed. A ring is the best step of the first metric, a triangle at
the top a change or a restart of a condition's learning rate. Long series are smoothed and averaged at full
resolution; only what is drawn is thinned out, and every minimum and maximum of it stays.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.ticker import MaxNLocator
from pydantic import Field, model_validator

from figproof.axes import EndLabel, fit_lines, label_axis, log_ticks, quantity, roles, symlog_ticks, words
from figproof.axes.curves import (
    DASHES,
    condition_handles,
    crosses,
    curve,
    metric_handles,
    name_ends,
    rate_marks,
    rings,
    split_lines,
    text_above,
)
from figproof.axes.seeds import seeds_note
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Frame, Metric, Run, Snapshot, Table, concatenate
from figproof.numerics.curves import (
    Aligned,
    align,
    ema,
    metric_of_each,
    moving_average,
    run_name,
    x_of,
)
from figproof.numerics.events import broken_frame, rate_frame
from figproof.numerics.intervals import OverRuns, over_runs
from figproof.numerics.lines import check_drawable, check_units, line_frame
from figproof.numerics.reduce import keep_extremes
from figproof.numerics.seeds import runs_frame

DRAWN_STRETCHES = 600
MOST_CONDITIONS = 12
BANDS = {"sd": "± 1 sd", "sem": "± 1 standard error", "bootstrap95": "95 % bootstrap CI", "minmax": "range"}
CENTRES = {"mean": "mean", "median": "median", "iqm": "interquartile mean"}


class Params(KindParams):
    """Which metrics, how they are smoothed, and how several runs become one line."""

    metrics: list[str] = Field(
        min_length=1,
        max_length=len(DASHES),
        description="Metrics of one unit; the first is drawn solid, the others dashed, dotted, dash-dotted.",
    )
    x: str | None = Field(
        default=None,
        min_length=1,
        description="Metric of the same runs to stand on the x axis, e.g. system.elapsed; "
        "the mean over runs at each step. The step if left out.",
    )
    conditions: list[str] | None = Field(
        default=None, min_length=1, description="Conditions to show; all if left out."
    )
    smoothing: Literal["none", "ema", "moving_average"] = Field(
        default="none", description="Applied to each run at full resolution, before runs are averaged."
    )
    decay: float | None = Field(
        default=None, ge=0, lt=1, description="For ema: weight of the past, e.g. 0.9."
    )
    window: int | None = Field(default=None, ge=1, description="For moving_average: odd number of points.")
    centre: Literal["mean", "median", "iqm", "none"] = Field(
        default="mean", description="What a condition's line is; none draws every run by itself."
    )
    band: Literal["none", "sd", "sem", "bootstrap95", "minmax"] = Field(
        default="bootstrap95", description="What the band around the centre is; none with centre: none."
    )
    bootstrap_seed: int = Field(default=0, ge=0, description="Seed of the 10,000 resamples of bootstrap95.")
    align: Literal["equal", "common", "union"] = Field(
        default="equal",
        description="Runs recorded at different steps: refuse, keep the shared steps, or keep all with gaps.",
    )
    y_scale: Literal["linear", "log", "symlog"] = Field(default="linear", description="Scale of the y axis.")
    symlog_threshold: float | None = Field(
        default=None, gt=0, description="For symlog: linear between -this and this."
    )
    y_limits: list[float] | None = Field(
        default=None,
        min_length=2,
        max_length=2,
        description="Low and high end of the y axis; from the data if left out.",
    )
    y_label: str | None = Field(
        default=None, min_length=1, description="Name on the y axis; from the metrics if left out."
    )
    x_label: str | None = Field(
        default=None, min_length=1, description="Name on the x axis; the step's or the metric's if left out."
    )
    mark_best: Literal["lowest", "highest"] | None = Field(
        default=None, description="Ring the lowest or highest point of the first metric's line, as drawn."
    )

    mark_rate: str | None = Field(
        default=None,
        min_length=1,
        description="Metric that holds the learning rate; its changes and restarts are marked.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Params:
        needed = {"ema": "decay", "moving_average": "window"}.get(self.smoothing)
        for key in ("decay", "window"):
            if (getattr(self, key) is not None) != (key == needed):
                raise ValueError(
                    f"smoothing: {self.smoothing} {'needs' if key == needed else 'does not use'} {key}"
                )
        if (self.symlog_threshold is not None) != (self.y_scale == "symlog"):
            raise ValueError("symlog_threshold belongs to y_scale: symlog, and is needed there")
        if self.window is not None and self.window % 2 == 0:
            raise ValueError(f"window must be odd, not {self.window}")
        if self.centre == "none" and self.band != "none":
            raise ValueError("centre: none draws every run; set band: none")
        if self.centre in ("median", "iqm") and self.band in ("sd", "sem"):
            raise ValueError(f"band: {self.band} is around a mean, not around centre: {self.centre}")
        if self.y_limits is not None and not self.y_limits[0] < self.y_limits[1]:
            raise ValueError(f"y_limits must rise, not {self.y_limits}")
        if len(set(self.metrics)) < len(self.metrics):
            raise ValueError(f"metrics repeat: {self.metrics}")
        return self


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Smooth each run, align, take centre and band, and only then thin out what is drawn."""
    names = params.conditions or list(snapshot.conditions())
    runs = {name: snapshot.of(name) for name in names}
    if not runs:
        raise FigproofError("the pin holds no run", where=f"pin {snapshot.pin}")
    if len(runs) > MOST_CONDITIONS:
        raise FigproofError(
            f"{len(runs)} conditions cannot be told apart in one panel; at most {MOST_CONDITIONS}",
            where=f"pin {snapshot.pin}",
            hint="name some in params.conditions, draw several panels, or show a sweep as a heatmap",
        )
    every = [run for group in runs.values() for run in group]
    first = metric_of_each(every, params.metrics[0])[0]
    parts: dict[str, list[Frame]] = {"lines": [], "raw": [], "marks": [], "best": [], "rates": []}
    thinned = left_out = 0
    for condition in names:
        for metric in params.metrics:
            recorded = metric_of_each(runs[condition], metric)
            check_units(first, recorded[0])
            found = _of_metric(condition, runs[condition], recorded, params, parts)
            thinned, left_out = thinned + found[0], left_out + found[1]
        if params.mark_rate:
            parts["rates"].append(rate_frame(condition, runs[condition], params.mark_rate, params.x))
    frames = {name: concatenate(rows) for name, rows in parts.items() if rows}
    time = metric_of_each(every, params.x)[0] if params.x else None
    facts = {
        "unit": first.unit,
        "step_unit": first.step_unit,
        "x_unit": time.unit if time else "",
        "align": params.align,
        "points_left_out_by_align": left_out,
        "points_thinned_for_drawing": thinned,
        "thinning": f"each of {DRAWN_STRETCHES} stretches of a line keeps its smallest and largest values",
    }
    return Table({**frames, "runs": runs_frame(runs, snapshot.expected_seeds)}, facts)


def _of_metric(
    condition: str,
    runs: tuple[Run, ...],
    recorded: tuple[Metric, ...],
    params: Params,
    parts: dict[str, list[Frame]],
) -> tuple[int, int]:
    """Add the lines and marks of one condition's metric; points thinned, and left out by ``align``."""
    metric = recorded[0].name
    smooth = _aligned(recorded, params, [_smoothed(series.values, params) for series in recorded])
    plain = _aligned(recorded, params, [series.values for series in recorded])
    parts["marks"].append(broken_frame(condition, metric, runs, plain, params.x))
    every = list(range(len(runs)))
    groups = [(run_name(runs[row]), [row]) for row in every] if params.centre == "none" else []
    thinned = 0
    for label, rows in groups or [(params.centre, every)]:
        line, unsmoothed = smooth.only(rows), plain.only(rows)
        drawn, before = _over(line, params, params.band), _over(unsmoothed, params, "none")
        check_drawable(drawn, before, f"metric {metric}, condition {condition}", params.y_scale == "log")
        x = x_of([runs[row] for row in rows], params.x, line)
        shown = np.vstack([drawn.centre, drawn.low, drawn.high, before.centre])
        kept = keep_extremes(shown, DRAWN_STRETCHES)
        thinned += x.size - kept.size
        parts["lines"].append(line_frame((condition, metric, label), line.steps, x, drawn, kept))
        if params.smoothing != "none":
            parts["raw"].append(line_frame((condition, metric, label), line.steps, x, before, kept))
        if params.mark_best and metric == params.metrics[0]:
            best = np.nanargmin if params.mark_best == "lowest" else np.nanargmax
            at = [int(best(drawn.centre))]
            parts["best"].append(line_frame((condition, metric, label), line.steps, x, drawn, np.array(at)))
    return thinned, smooth.left_out


def _over(aligned: Aligned, params: Params, band: str) -> OverRuns:
    centre = "mean" if params.centre == "none" else params.centre
    return over_runs(aligned.values, aligned.recorded, centre, band, params.bootstrap_seed)


def _smoothed(values: FloatArray, params: Params) -> FloatArray:
    if params.decay is not None:
        return ema(values, params.decay)
    return values if params.window is None else moving_average(values, params.window)


def _aligned(recorded: tuple[Metric, ...], params: Params, values: list[FloatArray]) -> Aligned:
    try:
        return align([series.steps for series in recorded], values, params.align)
    except FigproofError as error:
        raise FigproofError(error.problem, where=f"metric {recorded[0].name}", hint=error.hint) from error


def describe(table: Table, params: Params, look: Any) -> str:
    """Where each condition's line starts and ends, and its lowest and highest place."""
    lines, unit = table.frame("lines"), table.facts["unit"]
    said = []
    for condition in look.ordered(lines["condition"]):
        for metric in params.metrics:
            for part in split_lines(lines, condition, metric)[:1]:
                known = np.flatnonzero(np.isfinite(part["value"]))
                if not known.size:
                    continue
                x, value = part["x"][known], part["value"][known]
                low, high = int(value.argmin()), int(value.argmax())
                said.append(
                    f"{look.label(condition)}, {words(metric)}: from {value[0]:.3g} to {value[-1]:.3g}, "
                    f"lowest {value[low]:.3g} at {x[low]:.3g}, highest {value[high]:.3g} at {x[high]:.3g}"
                )
    name = words(params.x) if params.x else table.facts["step_unit"]
    ends = f"{float(lines['x'].min()):.3g} to {float(lines['x'].max()):.3g}"
    return f"Curves over {name} {ends}{f', in {unit}' if unit else ''}. " + "; ".join(said)


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Lines, bands and marks; names at the lines' ends where they fit, else in a legend above."""
    axes = fig.subplots()
    lines = table.frame("lines")
    conditions = look.ordered(lines["condition"])
    _draw_lines(axes, table, params, look, conditions)
    axes.set_yscale(
        params.y_scale, **({"linthresh": params.symlog_threshold} if params.symlog_threshold else {})
    )
    left, right = lines["x"].min(), lines["x"].max()
    axes.set_xlim(*((left, right) if right > left else (left - 0.5, left + 0.5)))
    low, high = axes.get_ylim() if params.y_limits is None else params.y_limits
    # A symlog axis without its zero would look like a logarithmic one.
    axes.set_ylim(min(low, 0.0) if params.y_scale == "symlog" and params.y_limits is None else low, high)
    _label_axes(axes, table, params)
    if params.y_scale == "log":
        log_ticks(axes.yaxis, look)
    if params.symlog_threshold is not None:
        symlog_ticks(axes.yaxis, params.symlog_threshold, look)
    crosses(axes, table.frame("marks"), look)
    if "best" in table.frames:
        rings(axes, table.frame("best"), look)
    handles, labels = rate_marks(axes, table.frame("rates"), look) if params.mark_rate else ([], [])
    _name_lines(fig, axes, table, params, look, conditions, handles, labels)


def _label_axes(axes: Any, table: Table, params: Params) -> None:
    name = words(params.x) if params.x else table.facts["step_unit"]
    label_axis(axes.xaxis, params.x_label or name, table.facts["x_unit"])
    label_axis(axes.yaxis, params.y_label or quantity(params.metrics), table.facts["unit"])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=params.x is None, steps=[1, 2, 5, 10]))


def _draw_lines(axes: Any, table: Table, params: Params, look: Any, conditions: tuple[str, ...]) -> None:
    faint = {"alpha": 0.35, "linewidth": look.line_pt(0.5)}
    many = params.centre == "none" and table.frame("runs")["n"].max() > 1
    for place, condition in enumerate(conditions):
        marker = look.marker(condition)
        for metric in reversed(params.metrics):
            style = _style(condition, metric, params, look)
            thin = {**style, "linewidth": faint["linewidth"]} if many else style
            for part in split_lines(table.frame("lines"), condition, metric):
                shown = marker if len(conditions) > 1 or part["x"].size == 1 else None
                curve(axes, part, thin, marker=shown, place=(place, len(conditions)))
            for part in split_lines(table.frames.get("raw", {}), condition, metric):
                axes.plot(part["x"], part["value"], **{**style, **faint}, zorder=1.6)


def _style(condition: str, metric: str, params: Params, look: Any) -> dict[str, Any]:
    """Colour is the condition's; the dash is the metric's, or the condition's where there is one metric."""
    style = dict(look.line(condition))
    return style if len(params.metrics) == 1 else {**style, "linestyle": DASHES[params.metrics.index(metric)]}


def _name_lines(
    fig: Any,
    axes: Any,
    table: Table,
    params: Params,
    look: Any,
    conditions: tuple[str, ...],
    handles: list[Any],
    labels: list[str],
) -> None:
    """Names at the ends or in a legend, where ``handles`` and ``labels`` of marks already are."""
    role = dict(zip(params.metrics, roles(params.metrics), strict=True))
    several = len(conditions) > 1
    ends: list[EndLabel] = []
    for condition in conditions:
        for metric in params.metrics[: 1 if several else None]:
            part = split_lines(table.frame("lines"), condition, metric)[0]
            last = np.flatnonzero(np.isfinite(part["value"]))[-1]
            text = look.label(condition) if several else role[metric]
            ends.append(EndLabel(text, part["x"][last], part["value"][last], look.colour(condition)))
    beside = name_ends(fig, axes, ends, look)
    named: list[tuple[list[Any], list[str]]] = []
    if several and not beside:
        named.append(condition_handles(conditions, look, solid=len(params.metrics) > 1))
    if len(params.metrics) > 1 and not (beside and not several):
        colour = look.muted if several else look.colour(conditions[0])
        named.append(metric_handles(list(role.values()), colour))
    for more_handles, more_labels in reversed(named):
        handles, labels = [*more_handles, *handles], [*more_labels, *labels]
    text_above(fig, axes, handles, labels, look, fit_lines(fig, _note_parts(table, params, look), look))


def _note_parts(table: Table, params: Params, look: Any) -> list[str]:
    """What a line is, over how many seeds, and what is missing or was marked."""
    seeds = seeds_note(table.frame("runs"), look)
    one_each = seeds[0] in ("one run", "each line is one run")
    parts = (
        [] if one_each else ["each line is one run" if params.centre == "none" else CENTRES[params.centre]]
    )
    parts += [BANDS[params.band]] if params.band != "none" else []
    parts += seeds
    if params.smoothing == "ema":
        parts.append(f"smoothed (EMA, {params.decay:g}), faint: as recorded")
    if params.smoothing == "moving_average":
        parts.append(f"smoothed ({params.window}-point average), faint: as recorded")
    if params.mark_best:
        parts.append(f"ring: {params.mark_best} point")
    if table.frame("marks")["step"].size:
        parts.append("×: NaN or infinite")
    return parts


def example() -> Example:
    """Three optimisers, five seeds (one of them missing for Adam), forty epochs."""
    runs: list[Run] = []
    for speed, condition in ((4.0, "adam"), (7.0, "momentum"), (12.0, "sgd")):
        for seed in range(4 if condition == "adam" else 5):
            random = np.random.default_rng([seed, int(speed)])
            steps = np.arange(41)
            fall = np.exp(-steps / speed) * 2.3 * (1 + 0.1 * (seed - 2))
            train = fall * np.exp(random.normal(0, 0.05, 41)) + 0.012 * speed / 4
            held_out = fall + 0.1 + 0.01 * speed + 0.002 * steps * (4 / speed) + random.normal(0, 0.012, 41)
            metrics = {
                "train.loss": Metric("train.loss", "nat", steps, train, "epoch"),
                "validation.loss": Metric("validation.loss", "nat", steps, held_out + 0.02 * seed, "epoch"),
            }
            runs.append(example_run(len(runs) + 1, condition, seed=seed, metrics=metrics))
    params = Params(metrics=["validation.loss", "train.loss"], y_scale="log", mark_best="lowest")
    return Example(Snapshot("example", tuple(runs), expected_seeds=5), params)
