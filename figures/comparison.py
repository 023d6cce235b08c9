"""Conditions side by side: every seed as a small dot, their centre as a large mark, its interval as a line.

Behind each condition, in numbers: centre, and difference from the baseline on the seeds that both have,
with the p-value of the paired test that the note names. Grey crosses at the edge are runs that diverged;
such a condition has no centre, because an average over the others would hide that one failed.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.ticker import MaxNLocator
from pydantic import Field, model_validator

from figproof.axes import fit_lines, label_axis, note, size_in, words
from figproof.errors import FigproofError, suggest
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Metric, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.comparing import TESTS, Test, holm, p_text, paired
from figproof.numerics.curves import metric_of_each, run_name
from figproof.numerics.intervals import CENTRES, band
from figproof.numerics.summaries import short_number, summary, summary_words

BANDS = {"bootstrap95": "95 % bootstrap CI", "sd": "± 1 sd", "sem": "± 1 standard error", "minmax": "range"}
CENTRE_WORDS = {"mean": "mean", "median": "median", "iqm": "interquartile mean"}
ROW_PT = 11.0
LINE = 1.25
AROUND_IN = 0.75
SPREAD = 0.16


class Params(KindParams):
    """Which number of a run, how runs become one mark, and what is tested against what."""

    metric: str = Field(min_length=1, description="Name of a recorded metric.")
    better: Literal["higher", "lower"] = Field(description="Which values of the metric are better.")
    value: Literal["final", "best", "mean_last"] = Field(
        default="final", description="Last value of a run, its best one, or the mean of its last ones."
    )
    last: int | None = Field(default=None, ge=1, description="For mean_last: how many values.")
    conditions: list[str] | None = Field(
        default=None, min_length=1, description="Conditions to show; all if left out."
    )
    style: Literal["dots", "bars"] = Field(
        default="dots", description="Centre as a mark, or as a bar that begins at zero."
    )
    centre: Literal["mean", "median", "iqm"] = Field(default="mean", description="Centre of a condition.")
    band: Literal["none", "sd", "sem", "bootstrap95", "minmax"] = Field(
        default="bootstrap95", description="Interval around the centre."
    )
    bootstrap_seed: int = Field(default=0, ge=0, description="Seed of the 10,000 resamples of bootstrap95.")
    test: Literal["none", "t", "wilcoxon", "sign_flip"] = Field(
        default="none", description="Paired test of each condition against the baseline, Holm-corrected."
    )
    baseline: str | None = Field(default=None, description="Condition that the others are tested against.")
    x_label: str | None = Field(
        default=None, min_length=1, description="Name on the axis; from the metric if left out."
    )
    y_label: str = Field(default="condition", min_length=1, description="What the conditions are.")

    @model_validator(mode="after")
    def _fits_together(self) -> Params:
        if (self.last is not None) != (self.value == "mean_last"):
            raise ValueError("last belongs to value: mean_last, and is needed there")
        if (self.baseline is not None) != (self.test != "none"):
            raise ValueError("baseline belongs to a test, and is needed there")
        if self.centre != "mean" and self.band in ("sd", "sem"):
            raise ValueError(f"band: {self.band} is around a mean, not around centre: {self.centre}")
        if self.conditions is not None and len(set(self.conditions)) < len(self.conditions):
            raise ValueError(f"conditions repeat: {self.conditions}")
        return self


def derive(snapshot: Snapshot, params: Params) -> Table:
    """One number a run; centre and interval a condition; paired tests against the baseline."""
    names = params.conditions or list(snapshot.conditions())
    if not snapshot.runs:
        raise FigproofError("the pin holds no run", where=f"pin {snapshot.pin}")
    if params.baseline is not None and params.baseline not in names:
        raise FigproofError(
            f"baseline {params.baseline!r} is not shown. {suggest(params.baseline, names)}",
            where="params.baseline",
        )
    runs = [run for name in names for run in snapshot.of(name)]
    metrics = metric_of_each(runs, params.metric)
    values = np.array(
        [
            summary(run, metric, params.value, higher=params.better == "higher", last=params.last)
            for run, metric in zip(runs, metrics, strict=True)
        ]
    )
    of = np.array([run.condition for run in runs])
    points = frame(condition=of, run=[run_name(run) for run in runs], value=values)
    rows = [_centre(name, values[of == name], params, snapshot) for name in names]
    frames = {"runs": points, "conditions": concatenate(rows)}
    if params.test != "none":
        frames["tests"] = _tests(names, runs, values, str(params.baseline), params.test)
    facts = {"unit": metrics[0].unit, "step_unit": metrics[0].step_unit, "better": params.better}
    return Table(frames, facts)


def _centre(name: str, values: FloatArray, params: Params, snapshot: Snapshot) -> dict[str, Any]:
    finite = bool(np.isfinite(values).all())
    middle = float(CENTRES[params.centre](values)) if finite else float("nan")
    low = high = float("nan")
    if finite and params.band != "none" and values.size > 1:
        lows, highs = band(values[:, None], params.centre, params.band, params.bootstrap_seed)
        low, high = float(lows[0]), float(highs[0])
    return frame(
        condition=[name],
        n=[values.size],
        expected=[snapshot.expected_seeds or 0],
        diverged=[int((~np.isfinite(values)).sum())],
        centre=[middle],
        low=[low],
        high=[high],
    )


def _tests(
    names: list[str], runs: list[Run], values: FloatArray, baseline: str, test: Test
) -> dict[str, Any]:
    by_seed: dict[str, dict[int, float]] = {name: {} for name in names}
    for run, value in zip(runs, values, strict=True):
        where = f"{run.condition} {run_name(run)}"
        if run.seed is None:
            raise FigproofError("has no seed to pair it by", where=where, hint="set test: none")
        if run.seed in by_seed[run.condition]:
            raise FigproofError("is there twice", where=where, hint="narrow the selection to one run a seed")
        by_seed[run.condition][run.seed] = float(value)
    base = by_seed[baseline]
    others = [name for name in names if name != baseline]
    found = []
    for name in others:
        shared = sorted(by_seed[name].keys() & base.keys())
        pair = [np.array([side[seed] for seed in shared]) for side in (by_seed[name], base)]
        try:
            found.append(paired(pair[0], pair[1], test))
        except FigproofError as error:
            where = f"{name} against {baseline}"
            raise FigproofError(error.problem, where=where, hint=error.hint) from error
    return frame(
        condition=np.array(others, dtype=np.str_),
        pairs=np.array([pair.n for pair in found], dtype=np.int64),
        difference=np.array([pair.difference for pair in found]),
        p=np.array([pair.p for pair in found]),
        p_holm=holm([pair.p for pair in found]),
    )


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """One row a condition, in the registry's order from the top."""
    axes = fig.subplots()
    rows = table.frame("conditions")
    ordered = look.ordered(rows["condition"])
    names = [_name(rows, name, look) for name in ordered]
    tall = params.test != "none" or any("\n" in name for name in names)
    _check_room(fig, len(ordered), 2 if tall else 1, look)
    _limits(axes, table, params)
    for place, name in enumerate(ordered):
        _draw_row(axes, table, params, look, name, place)
    axes.set_ylim(len(ordered) - 0.5, -0.5)
    axes.set_yticks(range(len(ordered)), names, parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins="auto", steps=[1, 2, 5, 10]))
    label_axis(axes.xaxis, params.x_label or words(params.metric), table.facts["unit"])
    label_axis(axes.yaxis, params.y_label)
    note(axes, fit_lines(fig, _note_parts(table, params, look), look), look)
    _write_numbers(axes, table, look, ordered)


def _check_room(fig: Any, count: int, lines: int, look: Any) -> None:
    needed = count * max(ROW_PT, look.venue.text_pt * LINE * lines) / 72 + look.room_in(AROUND_IN)
    if needed > size_in(fig)[1]:
        raise FigproofError(
            f"{count} conditions need a height of {needed:.1f} in, there are {size_in(fig)[1]:.1f}",
            hint="raise height_in, or choose some with params.conditions",
        )


def _limits(axes: Any, table: Table, params: Params) -> None:
    rows, values = table.frame("conditions"), table.frame("runs")["value"]
    shown = np.concatenate([values, rows["low"], rows["high"]])
    shown = shown[np.isfinite(shown)]
    if not shown.size:
        raise FigproofError(
            "every run diverged: there is nothing to compare",
            where=f"metric {params.metric}",
            hint="choose a metric or conditions that stay finite",
        )
    low, high = shown.min(), shown.max()
    if params.style == "bars":
        low, high = min(low, 0.0), max(high, 0.0)
    room = 0.06 * (high - low) or 0.05 * abs(high) or 0.5
    # A bar stands on its zero: no room below it.
    axes.set_xlim(low if params.style == "bars" and low == 0 else low - room, high + room)


def _draw_row(axes: Any, table: Table, params: Params, look: Any, name: str, place: int) -> None:
    rows, points = table.frame("conditions"), table.frame("runs")
    at = int(np.flatnonzero(rows["condition"] == name)[0])
    values = points["value"][points["condition"] == name]
    colour = look.colour(name)
    line = look.line_pt(1.2)
    if params.style == "bars" and np.isfinite(rows["centre"][at]):
        axes.barh(place, rows["centre"][at], height=0.62, color=colour, alpha=0.3, linewidth=0, zorder=1)
    axes.plot([rows["low"][at], rows["high"][at]], [place, place], color=colour, linewidth=line, zorder=3)
    marker = {"marker": look.marker(name), "markersize": look.mark_pt(5.5), "markeredgecolor": "white"}
    style = {**marker, "markeredgewidth": 0.5, "color": colour, "linestyle": "none", "zorder": 4}
    axes.plot([rows["centre"][at]], [place], **style)
    # Below the interval, one beside the other: seeds that coincide stay countable.
    finite = np.sort(values[np.isfinite(values)], kind="stable")
    offsets = 0.24 + SPREAD * (np.arange(finite.size) % 3) / 2 if finite.size > 1 else np.array([0.24])
    seeds = {"markersize": look.mark_pt(2.6), "color": colour, "alpha": 0.75, "markeredgewidth": 0}
    axes.plot(finite, place + offsets[: finite.size], linestyle="none", marker="o", zorder=2, **seeds)
    lost = int((~np.isfinite(values)).sum())
    if lost:
        right = axes.get_xlim()[1]
        step = (right - axes.get_xlim()[0]) * 0.02
        crosses = right - step * (1 + np.arange(lost))
        axes.plot(
            crosses,
            [place] * lost,
            linestyle="none",
            marker="x",
            color=look.muted,
            markersize=look.mark_pt(4),
        )


def _name(rows: Any, name: str, look: Any) -> str:
    at = int(np.flatnonzero(rows["condition"] == name)[0])
    label, n, expected = look.label(name), int(rows["n"][at]), int(rows["expected"][at])
    same = np.unique(rows["n"]).size == 1
    missing = f" of {expected}" if expected > n else ""
    return label if same and not missing else f"{label}\n(n = {n}{missing})"


def _write_numbers(axes: Any, table: Table, look: Any, ordered: tuple[str, ...]) -> None:
    """Centre, difference and p-value beside each row."""
    rows = table.frame("conditions")
    tests = table.frames.get("tests")
    for place, name in enumerate(ordered):
        at = int(np.flatnonzero(rows["condition"] == name)[0])
        lost = int(rows["diverged"][at])
        text = f"{lost} diverged" if lost else short_number(float(rows["centre"][at]), rows["centre"])
        if tests is not None and name in tests["condition"]:
            of = int(np.flatnonzero(tests["condition"] == name)[0])
            difference = f"{abs(tests['difference'][of]):.2g}"
            sign = "+" if tests["difference"][of] >= 0 else "−"
            text += f"\n{sign}{difference}, {p_text(float(tests['p_holm'][of]))}"
        axes.annotate(
            text,
            (1, place),
            xycoords=axes.get_yaxis_transform(),
            xytext=(4, 0),
            textcoords="offset points",
            fontsize=look.venue.small_pt,
            color=look.ink,
            va="center",
            ha="left",
            annotation_clip=False,
            parse_math=False,
        )


def _note_parts(table: Table, params: Params, look: Any) -> list[str]:
    rows = table.frame("conditions")
    parts = [summary_words(params.value, table.facts["step_unit"], params.last), CENTRE_WORDS[params.centre]]
    parts += [BANDS[params.band]] if np.isfinite(rows["low"]).any() else []
    counts = np.unique(rows["n"])
    if counts.size == 1:
        parts.append("one run each" if counts[0] == 1 else f"n = {counts[0]} seeds")
    if params.test != "none":
        parts.append(f"{TESTS[params.test]} against {look.label(str(params.baseline))}")
        parts += ["p after Holm"] if len(table.frame("tests")["p"]) > 1 else []
    return parts


def example() -> Example:
    """Three optimisers, five seeds; one of them misses a seed."""
    runs: list[Run] = []
    for place, (condition, level) in enumerate((("adam", 0.978), ("momentum", 0.974), ("sgd", 0.962))):
        for seed in range(1, 6):
            if (condition, seed) == ("momentum", 4):
                continue
            random = np.random.default_rng([seed, place])
            values = level - 0.4 * np.exp(-np.arange(11) / 2.0) + random.normal(0, 0.003)
            name = "validation.accuracy"
            metrics = {name: Metric(name, "", np.arange(11), values, "epoch")}
            runs.append(example_run(len(runs) + 1, condition, seed=seed, metrics=metrics))
    params = Params(metric="validation.accuracy", better="higher", test="t", baseline="sgd")
    return Example(Snapshot("example", tuple(runs), expected_seeds=5), params)
