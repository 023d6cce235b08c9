"""Recorded metrics against step or epoch: one colour per condition, one dash per metric.

A line is the centre of a condition's runs and the band around it their spread, as the note above the
axes says, with the number of seeds. A faint line is the same before smoothing. A cross is where a
run's value stopped being a finite number; the centre stops with it, because an average over the
others would hide that one failed. A ring is the best step of the first metric.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from pydantic import Field, model_validator

from figproof.axes import (
    EndLabel,
    end_labels_fit,
    fit_lines,
    label_axis,
    label_ends,
    legend_above,
    log_ticks,
    note,
    symlog_ticks,
    words,
)
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Frame, IntArray, Metric, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.curves import Aligned, align, ema, metric_of_each, moving_average, run_name
from figproof.numerics.intervals import OverRuns, over_runs
from figproof.numerics.reduce import keep_extremes

DASHES = ("solid", (0, (4.0, 1.6)), (0, (1.0, 1.4)), (0, (5.0, 1.5, 1.0, 1.5)))
DRAWN_STRETCHES = 600
MARKERS_A_LINE = 7
BANDS = {"sd": "± 1 sd", "sem": "± 1 standard error", "bootstrap95": "95 % bootstrap CI", "minmax": "range"}
CENTRES = {"mean": "mean", "median": "median", "iqm": "interquartile mean"}


class Params(KindParams):
    """Which metrics, how they are smoothed, and how several runs become one line."""

    metrics: list[str] = Field(
        min_length=1,
        max_length=len(DASHES),
        description="Metrics of one unit; the first is drawn solid, the others dashed, dotted, dash-dotted.",
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
    mark_best: Literal["lowest", "highest"] | None = Field(
        default=None, description="Ring the lowest or highest point of the first metric's line, as drawn."
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
    every = [run for group in runs.values() for run in group]
    first = metric_of_each(every, params.metrics[0])[0]
    lines, raw, marks, best = [], [], [], []
    left_out = thinned = 0
    for condition in names:
        for metric in params.metrics:
            recorded = metric_of_each(runs[condition], metric)
            _check_units(first, recorded[0])
            smooth = _aligned(recorded, params, [_smoothed(series.values, params) for series in recorded])
            plain = _aligned(recorded, params, [series.values for series in recorded])
            left_out += smooth.left_out
            marks.append(_marks(condition, metric, runs[condition], plain))
            for label, rows in _groups(runs[condition], params):
                drawn = _over(smooth, rows, params, params.band)
                before = _over(plain, rows, params, "none")
                _check_drawable(drawn, before, condition, metric, params)
                kept = keep_extremes(
                    np.vstack([drawn.centre, drawn.low, drawn.high, before.centre]), DRAWN_STRETCHES
                )
                thinned += drawn.centre.size - kept.size
                lines.append(_line(condition, metric, label, smooth.steps, drawn, kept))
                if params.smoothing != "none":
                    raw.append(_line(condition, metric, label, smooth.steps, before, kept))
                if params.mark_best and metric == params.metrics[0]:
                    best.append(_best(condition, label, smooth.steps, drawn.centre, params.mark_best))
    frames = {"lines": concatenate(lines), "marks": concatenate(marks), "runs": _runs_frame(runs, snapshot)}
    frames |= {"raw": concatenate(raw)} if raw else {}
    frames |= {"best": concatenate(best)} if best else {}
    facts = {
        "unit": first.unit,
        "step_unit": first.step_unit,
        "align": params.align,
        "points_left_out_by_align": left_out,
        "points_thinned_for_drawing": thinned,
        "thinning": f"each of {DRAWN_STRETCHES} stretches of a line keeps its smallest and largest values",
    }
    return Table(frames, facts)


def _check_units(first: Metric, other: Metric) -> None:
    if (first.unit, first.step_unit) != (other.unit, other.step_unit):
        raise FigproofError(
            f"metrics of different units cannot share an axis: {first.name} ({first.unit!r} per "
            f"{first.step_unit}), {other.name} ({other.unit!r} per {other.step_unit})",
            where="params.metrics",
            hint="draw them as two panels",
        )


def _smoothed(values: FloatArray, params: Params) -> FloatArray:
    if params.decay is not None:
        return ema(values, params.decay)
    return values if params.window is None else moving_average(values, params.window)


def _aligned(recorded: tuple[Metric, ...], params: Params, values: list[FloatArray]) -> Aligned:
    try:
        return align([series.steps for series in recorded], values, params.align)
    except FigproofError as error:
        raise FigproofError(error.problem, where=f"metric {recorded[0].name}", hint=error.hint) from error


def _groups(runs: tuple[Run, ...], params: Params) -> list[tuple[str, list[int]]]:
    """Label and rows of each line of a condition."""
    if params.centre == "none":
        return [(run_name(run), [row]) for row, run in enumerate(runs)]
    return [(params.centre, list(range(len(runs))))]


def _over(aligned: Aligned, rows: list[int], params: Params, band: str) -> OverRuns:
    centre = "mean" if params.centre == "none" else params.centre
    return over_runs(aligned.values[rows], aligned.recorded[rows], centre, band, params.bootstrap_seed)


def _check_drawable(drawn: OverRuns, before: OverRuns, condition: str, metric: str, params: Params) -> None:
    where = f"metric {metric}, condition {condition}"
    if not np.isfinite(drawn.centre).any():
        raise FigproofError(
            "has no step at which every run is finite", where=where, hint="leave the condition out"
        )
    if params.y_scale != "log":
        return
    for name, series in (("value", before.centre), ("band", drawn.low)):
        finite = series[np.isfinite(series)]
        if finite.size and finite.min() <= 0:
            raise FigproofError(
                f"a {name} of {finite.min():.6g} cannot stand on a logarithmic axis",
                where=where,
                hint="set y_scale: symlog with symlog_threshold"
                + (", or band: bootstrap95 or minmax, which stay within the data" if name == "band" else ""),
            )


def _line(condition: str, metric: str, label: str, steps: IntArray, drawn: OverRuns, kept: IntArray) -> Frame:
    count = kept.size
    return frame(
        condition=[condition] * count,
        metric=[metric] * count,
        line=[label] * count,
        step=steps[kept],
        value=drawn.centre[kept],
        low=drawn.low[kept],
        high=drawn.high[kept],
        runs=drawn.runs[kept],
    )


def _marks(condition: str, metric: str, runs: tuple[Run, ...], plain: Aligned) -> Frame:
    """Where each run's values stop being finite, and the run's last finite value before."""
    columns: dict[str, list[Any]] = {
        key: [] for key in ("condition", "metric", "run", "step", "kind", "value")
    }
    for run, values, recorded in zip(runs, plain.values, plain.recorded, strict=True):
        steps, series = plain.steps[recorded], values[recorded]
        broken = ~np.isfinite(series)
        for start in np.flatnonzero(broken & ~np.concatenate([[False], broken[:-1]])):
            row = (condition, metric, run_name(run), steps[start], str(series[start]))
            for key, item in zip(columns, (*row, series[start - 1] if start else np.nan), strict=True):
                columns[key].append(item)
    if not columns["step"]:
        return {
            key: np.zeros(0, dtype=np.str_ if key in ("condition", "metric", "run", "kind") else float)
            for key in columns
        }
    return frame(**columns)


def _best(condition: str, label: str, steps: IntArray, centre: FloatArray, which: str) -> Frame:
    at = int(np.nanargmin(centre) if which == "lowest" else np.nanargmax(centre))
    return frame(condition=[condition], line=[label], step=[steps[at]], value=[centre[at]])


def _runs_frame(runs: dict[str, tuple[Run, ...]], snapshot: Snapshot) -> Frame:
    """n, n expected (0 where the selection expects none) and the seeds that only other conditions have."""
    seeds = {
        name: sorted({run.seed for run in group if run.seed is not None}) for name, group in runs.items()
    }
    everywhere = sorted({seed for found in seeds.values() for seed in found})
    missing = [[seed for seed in everywhere if seed not in found] for found in seeds.values()]
    return frame(
        condition=list(runs),
        n=[len(group) for group in runs.values()],
        expected=[snapshot.expected_seeds or 0] * len(runs),
        seeds=[" ".join(map(str, found)) for found in seeds.values()],
        missing=[" ".join(map(str, found)) for found in missing],
    )


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Lines, bands and marks; names at the lines' ends where they fit, else in a legend above."""
    axes = fig.subplots()
    lines = table.frame("lines")
    conditions = look.ordered(lines["condition"])
    _draw_lines(axes, table, params, look, conditions)
    axes.set_yscale(
        params.y_scale, **({"linthresh": params.symlog_threshold} if params.symlog_threshold else {})
    )
    axes.set_xlim(lines["step"].min(), max(lines["step"].max(), lines["step"].min() + 1))
    low, high = axes.get_ylim() if params.y_limits is None else params.y_limits
    # A symlog axis without its zero would look like a logarithmic one.
    axes.set_ylim(min(low, 0.0) if params.y_scale == "symlog" and params.y_limits is None else low, high)
    label_axis(axes.xaxis, table.facts["step_unit"])
    label_axis(axes.yaxis, params.y_label or _quantity(params.metrics), table.facts["unit"])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, integer=True, steps=[1, 2, 5, 10]))
    if params.y_scale == "log":
        log_ticks(axes.yaxis, look)
    if params.symlog_threshold is not None:
        symlog_ticks(axes.yaxis, params.symlog_threshold, look)
    _draw_marks(axes, table, look)
    _name_lines(fig, axes, table, params, look, conditions)


def _draw_lines(axes: Any, table: Table, params: Params, look: Any, conditions: tuple[str, ...]) -> None:
    faint = {"alpha": 0.35, "linewidth": max(look.venue.min_line_pt, 0.5)}
    many = table.frame("runs")["n"].max() > 1
    for place, condition in enumerate(conditions):
        for metric in reversed(params.metrics):
            style = _style(condition, metric, params, look)
            for part in _split(table.frame("lines"), condition, metric):
                if np.isfinite(part["low"]).any():
                    band = {"color": style["color"], "alpha": 0.2, "linewidth": 0}
                    axes.fill_between(part["step"], part["low"], part["high"], **band)
                every = max(1, part["step"].size // MARKERS_A_LINE)
                markers = {"marker": look.marker(condition)} if len(conditions) > 1 else {}
                if part["step"].size == 1:
                    markers = {"marker": look.marker(condition)}
                # Shifted from condition to condition, so that markers of lines that coincide do not.
                markers["markevery"] = (place * every // len(conditions), every)
                thin = {"linewidth": faint["linewidth"]} if params.centre == "none" and many else {}
                axes.plot(part["step"], part["value"], **{**style, **markers, **thin})
            for part in _split(table.frames.get("raw", {}), condition, metric):
                axes.plot(part["step"], part["value"], **{**style, **faint}, zorder=1.6)


def _split(lines: Frame, condition: str, metric: str) -> list[Frame]:
    """The lines of one condition and metric, each a frame."""
    if not lines:
        return []
    here = (lines["condition"] == condition) & (lines["metric"] == metric)
    names = dict.fromkeys(lines["line"][here].tolist())
    return [{key: column[here & (lines["line"] == name)] for key, column in lines.items()} for name in names]


def _style(condition: str, metric: str, params: Params, look: Any) -> dict[str, Any]:
    """Colour is the condition's; the dash is the metric's, or the condition's where there is one metric."""
    style = dict(look.line(condition))
    return style if len(params.metrics) == 1 else {**style, "linestyle": DASHES[params.metrics.index(metric)]}


def _draw_marks(axes: Any, table: Table, look: Any) -> None:
    low, high = axes.get_ylim()
    marks = table.frame("marks")
    for condition, step, value in zip(marks["condition"], marks["step"], marks["value"], strict=True):
        at = high if np.isnan(value) else min(max(value, low), high)
        axes.plot(
            [step],
            [at],
            marker="x",
            markeredgewidth=1.2,
            markersize=5,
            color=look.colour(condition),
            clip_on=False,
        )
    best = table.frames.get("best")
    if best is None:
        return
    for condition, step, value in zip(best["condition"], best["step"], best["value"], strict=True):
        ring = {"markerfacecolor": "white", "markeredgecolor": look.colour(condition), "markeredgewidth": 1.1}
        axes.plot([step], [value], marker="o", markersize=5, linestyle="none", zorder=3, **ring)


def _name_lines(
    fig: Any, axes: Any, table: Table, params: Params, look: Any, conditions: tuple[str, ...]
) -> None:
    named = {condition: look.label(condition) for condition in conditions}
    roles = dict(zip(params.metrics, _roles(params.metrics), strict=True))
    several = len(conditions) > 1
    ends: list[EndLabel] = []
    for condition in conditions:
        for metric in params.metrics[: 1 if several else None]:
            part = _split(table.frame("lines"), condition, metric)[0]
            last = np.flatnonzero(np.isfinite(part["value"]))[-1]
            text = named[condition] if several else roles[metric]
            ends.append(EndLabel(text, part["step"][last], part["value"][last], look.colour(condition)))
    beside = len(ends) > 1 and end_labels_fit(fig, [end.text for end in ends], look)
    handles, labels = [], []
    if several and not beside:
        for condition in conditions:
            dash = look.dash(condition) if len(params.metrics) == 1 else "solid"
            handles.append(
                Line2D([], [], color=look.colour(condition), linestyle=dash, marker=look.marker(condition))
            )
            labels.append(named[condition])
    if len(params.metrics) > 1 and not (beside and not several):
        colour = look.muted if several else look.colour(conditions[0])
        handles += [
            Line2D([], [], color=colour, linestyle=dash) for _, dash in zip(roles, DASHES, strict=False)
        ]
        labels += list(roles.values())
    if beside:
        label_ends(axes, ends, look)
    text = fit_lines(fig, _note_parts(table, params, look), look)
    if handles:
        legend_above(fig, axes, handles, labels, look, title=text)
    else:
        note(axes, text, look)


def _note_parts(table: Table, params: Params, look: Any) -> list[str]:
    """What a line is, over how many seeds, and what is missing or was marked."""
    runs = table.frame("runs")
    single = runs["n"].max() == 1
    parts = ["each line is one run" if params.centre == "none" or single else CENTRES[params.centre]]
    parts += [BANDS[params.band]] if params.band != "none" else []
    counts, expected = runs["n"], int(runs["expected"].max())
    wanted = max(expected, int(counts.max()))
    if wanted == 1:
        parts = ["one run" if counts.size == 1 else parts[0]]
    elif (counts == counts[0]).all():
        of = f" of {wanted}" if counts[0] < wanted else ""
        parts.append(f"n = {counts[0]}{of} seeds")
    else:
        parts.append(f"n = {wanted} seeds")
        for name, count, missing in zip(runs["condition"], counts, runs["missing"], strict=True):
            if count < wanted:
                which = f" (no seed {str(missing).replace(' ', ', ')})" if missing else ""
                parts.append(f"{look.label(name)} {count}{which}")
    if params.smoothing == "ema":
        parts.append(f"smoothed (EMA, {params.decay:g}), faint: as recorded")
    if params.smoothing == "moving_average":
        parts.append(f"smoothed ({params.window}-point average), faint: as recorded")
    if params.mark_best:
        parts.append(f"ring: {params.mark_best} point")
    if table.frame("marks")["step"].size:
        parts.append("×: NaN or infinite")
    return parts


def _roles(metrics: list[str]) -> list[str]:
    """``train.loss, validation.loss`` -> ``train, validation``; whole names where they end differently."""
    split = [name.rpartition(".") for name in metrics]
    same = len({last for _, _, last in split}) == 1 and all(head for head, _, _ in split)
    return [words(head if same else name) for (head, _, _), name in zip(split, metrics, strict=True)]


def _quantity(metrics: list[str]) -> str:
    """What the y axis shows: the metrics' common last word, or the one metric's whole name."""
    lasts = {name.rpartition(".")[2] for name in metrics}
    return words(metrics[0] if len(metrics) == 1 else " / ".join(sorted(lasts)))


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
