"""What a search over hyper-parameters found: its settings, and how much each hyper-parameter matters.

``parallel``: an axis a hyper-parameter, a line a setting, coloured by the metric at the right; the darkest
lines are the best settings and lie on top, the thickest is the best one; lines that share one of a few values
are fanned out around it. ``scatter``: every two hyper-parameters, and each against the metric; settings that
share a place stand around it. ``importance``: the share of the metric's variance that is due
to each hyper-parameter, alone or together with others, from a random forest that is judged out of bag.
Settings that diverged stay visible, grey, and are counted.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.ticker import Formatter
from pydantic import Field, model_validator

from figproof.axes import (
    ROOM,
    UnitAxis,
    axis_label,
    colour_bar,
    corner_bar,
    crowded_points,
    fanned,
    fit_lines,
    label_axis,
    label_lines,
    note,
    size_in,
    tick_axis,
    upright_axis,
    ways,
    words,
)
from figproof.errors import FigproofError, suggest
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Metric, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.curves import metric_of_each
from figproof.numerics.importance import importances
from figproof.numerics.settings import (
    OnScale,
    Scale,
    Setting,
    differing_keys,
    on_scale,
    settings_of,
)
from figproof.numerics.summaries import short_number, summary, summary_words

SHOWS_CONDITIONS = False
DIVERGED = "diverged"
PALEST = 0.85
STRIP_IN, AROUND_IN, LEAST_PANEL_IN = 0.09, 0.75, 0.55
ROW_PT = 12.0
WEAK = 0.5


class Params(KindParams):
    """Which view, which hyper-parameters, and which number of a run."""

    view: Literal["parallel", "scatter", "importance"] = Field(
        default="parallel", description="Parallel coordinates, scatter matrix, or importances."
    )
    metric: str = Field(min_length=1, description="Name of a recorded metric.")
    better: Literal["higher", "lower"] = Field(description="Which values of the metric are better.")
    value: Literal["final", "best", "mean_last"] = Field(
        default="final", description="Last value of a run, its best one, or the mean of its last ones."
    )
    last: int | None = Field(default=None, ge=1, description="For mean_last: how many values.")
    metric_scale: Literal["linear", "log"] = Field(
        default="linear", description="Scale of the metric's axis and colours, and of what is explained."
    )
    keys: list[str] | None = Field(
        default=None,
        min_length=1,
        description="Config keys in their order, dotted; those that differ between runs if left out.",
    )
    labels: dict[str, str] = Field(
        default_factory=dict, description="Names of keys, or of the metric, where their own will not do."
    )
    forest_seed: int = Field(default=0, ge=0, description="Seed of the forests of view: importance.")

    @model_validator(mode="after")
    def _fits_together(self) -> Params:
        if (self.last is not None) != (self.value == "mean_last"):
            raise ValueError("last belongs to value: mean_last, and is needed there")
        if self.keys is not None and len(set(self.keys)) < len(self.keys):
            raise ValueError(f"keys repeat: {self.keys}")
        return self


def derive(snapshot: Snapshot, params: Params) -> Table:
    """One number a setting, its values on their scales, and importances where they are shown."""
    if not snapshot.runs:
        raise FigproofError("the pin holds no run", where=f"pin {snapshot.pin}")
    settings = settings_of(snapshot.runs)
    keys = _keys(settings, params)
    numbers, metric = _numbers(settings, params)
    # Best first; NaN is sorted last.
    order = np.argsort(-numbers if params.better == "higher" else numbers, kind="stable")
    settings, numbers = [settings[at] for at in order], numbers[order]
    shown = {key: on_scale([setting.value(key) for setting in settings]) for key in keys}
    outcome = [value if np.isfinite(value) else DIVERGED for value in numbers.tolist()]
    columns = [*shown.items(), (params.metric, on_scale(outcome, log=params.metric_scale == "log"))]
    frames = _frames(settings, numbers, columns)
    facts = {
        "unit": metric.unit,
        "step_unit": metric.step_unit,
        "diverged": int((~np.isfinite(numbers)).sum()),
        "expected": snapshot.expected_seeds or 0,
        "not_shown": [
            key
            for key in differing_keys(settings)
            if not any(f"{key}.".startswith(f"{chosen}.") for chosen in keys)
        ],
    }
    if params.view == "importance":
        frames["importance"], facts["r2"] = _importance(shown, numbers, params)
    return Table(frames, facts)


def _frames(
    settings: list[Setting], numbers: FloatArray, columns: list[tuple[str, OnScale]]
) -> dict[str, dict[str, Any]]:
    return {
        "settings": frame(
            setting=np.arange(1, len(settings) + 1),
            metric=numbers,
            runs=[len(setting.runs) for setting in settings],
            seeds=[" ".join(str(run.seed) for run in setting.runs) for setting in settings],
        ),
        "axes": frame(
            key=[key for key, _ in columns],
            scale=[given.scale.kind for _, given in columns],
            low=[given.scale.low for _, given in columns],
            high=[given.scale.high for _, given in columns],
        ),
        "values": concatenate(_value_rows(at, *column) for at, column in enumerate(columns)),
    }


def _keys(settings: list[Setting], params: Params) -> list[str]:
    keys = params.keys or differing_keys(settings)
    if not keys:
        raise FigproofError(
            f"no config key differs between {len(settings)} setting{'s' if len(settings) > 1 else ''}",
            hint="widen the selection, or name keys in params.keys",
        )
    unknown = sorted(set(params.labels) - {*keys, params.metric})
    if unknown:
        raise FigproofError(
            f"{unknown[0]!r} is not drawn. {suggest(unknown[0], [*keys, params.metric])}",
            where="params.labels",
        )
    return keys


def _numbers(settings: list[Setting], params: Params) -> tuple[FloatArray, Metric]:
    """The mean over the seeds of each setting; NaN if one of them diverged."""
    recorded = metric_of_each([run for setting in settings for run in setting.runs], params.metric)
    of = iter(recorded)
    higher = params.better == "higher"
    means = [
        np.mean(
            [summary(run, next(of), params.value, higher=higher, last=params.last) for run in setting.runs]
        )
        for setting in settings
    ]
    numbers = np.array(means, dtype=np.float64)
    if not np.isfinite(numbers).any():
        raise FigproofError(
            "every setting diverged: there is nothing to show",
            where=f"metric {params.metric}",
            hint="choose another metric, or narrow the selection to runs that stay finite",
        )
    if params.metric_scale == "log" and (numbers <= 0).any():
        raise FigproofError(
            f"{np.nanmin(numbers):.6g} has no place on a logarithmic scale",
            where=f"metric {params.metric}",
            hint="set metric_scale: linear",
        )
    return numbers, recorded[0]


def _value_rows(axis: int, key: str, given: OnScale) -> dict[str, Any]:
    count = len(given.names)
    return frame(
        axis=[axis] * count,
        key=[key] * count,
        setting=np.arange(1, count + 1),
        number=given.numbers,
        name=given.names,
        place=given.scale.places(given.numbers, given.names),
    )


def _importance(
    shown: dict[str, OnScale], numbers: FloatArray, params: Params
) -> tuple[dict[str, Any], float]:
    finite = np.isfinite(numbers)
    explained = np.log10(numbers[finite]) if params.metric_scale == "log" else numbers[finite]
    columns = [given.scale.columns(given.numbers, given.names)[finite] for given in shown.values()]
    found = importances(columns, explained, params.forest_seed)
    rows = frame(key=list(shown), share=found.share, low=found.low, high=found.high)
    return rows, found.r2


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """One of the three views."""
    views = {"parallel": _parallel, "scatter": _scatter, "importance": _importances}
    views[params.view](fig, table, params, look)


def _columns(table: Table, params: Params) -> list[UnitAxis]:
    """The hyper-parameters, and the metric last."""
    rows, values = table.frame("axes"), table.frame("values")
    found = []
    for at, key in enumerate(rows["key"].tolist()):
        here = values["axis"] == at
        names, place = values["name"][here].tolist(), values["place"][here]
        ordered = {name: None for _, name in sorted(zip(place, names, strict=True)) if name}
        scale = Scale(rows["scale"][at], rows["low"][at], rows["high"][at], tuple(ordered))
        unit = table.facts["unit"] if at == rows["key"].size - 1 else ""
        label = axis_label(params.labels.get(key) or words(key), unit)
        found.append(UnitAxis(label, OnScale(scale, values["number"][here], names), place))
    return found


def _colours(table: Table, params: Params, look: Any) -> ScalarMappable:
    """From pale to dark, the best darkest; without the palest part, which is lost on white."""
    ends = (PALEST, 0.0) if params.better == "higher" else (0.0, PALEST)
    rows = table.frame("axes")
    low, high = rows["low"][-1], rows["high"][-1]
    if low == high:
        low, high = low - 0.5 * abs(low or 1.0), high + 0.5 * abs(high or 1.0)
    norm = LogNorm(low, high) if params.metric_scale == "log" else Normalize(low, high)
    return ScalarMappable(norm, ListedColormap(look.cmap()(np.linspace(*ends, 256))))


def _parallel(fig: Any, table: Table, params: Params, look: Any) -> None:
    """An axis a hyper-parameter; the metric's, at the right, is the colour bar."""
    axes = fig.subplots()
    axes.set_axis_off()
    columns = _columns(table, params)
    last = len(columns) - 1
    (width, height), around = size_in(fig), look.room_in(AROUND_IN)
    strip = look.room_in(STRIP_IN) * last / (width - 2 * around)
    axes.set(xlim=(0, last + strip), ylim=(-ROOM, 1 + ROOM))
    colours = _colours(table, params, look)
    places = [fanned(column.place) for column in columns[:-1]] + [columns[-1].place]
    ways(axes, np.column_stack(places), table.frame("settings")["metric"], colours, look)
    scale = columns[-1].given.scale
    foot = scale.places(np.array([scale.low]), [""])[0] if scale.low < scale.high else 0.0
    shades = np.linspace(0, 1, 256)[:, None]
    where = {"extent": (last, last + strip, foot, 1), "origin": "lower", "aspect": "auto"}
    axes.imshow(shades, cmap=colours.cmap, interpolation="nearest", zorder=2.2, **where)
    room = (width / len(columns), height - around)
    for at, column in enumerate(columns):
        ticks_at = at + strip if at == last else at
        upright_axis(fig, axes, column, (at, ticks_at), look, room_in=room)
    note(axes, fit_lines(fig, _note_parts(table, params), look), look)


def _scatter(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Under the diagonal: every two hyper-parameters; in the last row, each against the metric."""
    columns = _columns(table, params)
    count = len(columns) - 1
    side = [(length - look.room_in(AROUND_IN)) / count for length in size_in(fig)]
    if min(side) < LEAST_PANEL_IN:
        raise FigproofError(
            f"{count} hyper-parameters leave {max(min(side), 0):.2f} in a panel; needed: {LEAST_PANEL_IN:g}",
            hint="choose fewer in params.keys, or make the figure larger",
        )
    grid = fig.add_gridspec(count, count)
    colours, metric = _colours(table, params, look), table.frame("settings")["metric"]
    panels = {}
    for row in range(count):
        for at in range(row + 1):
            axes = panels[row, at] = fig.add_subplot(grid[row, at])
            pairs = np.column_stack([columns[at].place, columns[row + 1].place])
            crowded_points(axes, pairs, metric, colours, look)
            axes.set(xlim=(-ROOM, 1 + ROOM), ylim=(-ROOM, 1 + ROOM))
            tick_axis(fig, axes.xaxis, columns[at], side[0], look, shown=row == count - 1)
            tick_axis(fig, axes.yaxis, columns[row + 1], side[1], look, shown=at == 0)
    fig.align_ylabels(list(panels.values()))
    text = fit_lines(fig, _note_parts(table, params), look, columns=count / max(count - 1, 1))
    if count == 1:
        note(panels[0, 0], text, look)
        colour_bar(fig, colours, panels[0, 0], columns[-1].label, look)
    else:
        corner = ((count - 1) * side[0], side[1])
        corner_bar(fig.add_subplot(grid[0, 1:]), corner, colours, columns[-1].label, text, look)


def _importances(fig: Any, table: Table, params: Params, look: Any) -> None:
    """A bar a hyper-parameter, the most important on top, with its interval."""
    axes = fig.subplots()
    rows, columns = table.frame("importance"), _columns(table, params)
    order = np.argsort(-rows["share"], kind="stable")
    needed = order.size * ROW_PT / 72 + look.room_in(AROUND_IN)
    if needed > size_in(fig)[1]:
        raise FigproofError(
            f"{order.size} rows need a height of {needed:.1f} in, there are {size_in(fig)[1]:.1f}",
            hint="raise height_in, or choose some with params.keys",
        )
    places = np.arange(order.size)
    share, low, high = (rows[name][order] for name in ("share", "low", "high"))
    axes.barh(places, share, height=0.62, color=look.muted, alpha=0.35, linewidth=0)
    axes.hlines(places, low, high, color=look.ink, linewidth=look.line_pt(1.0))
    axes.plot(share, places, "o", color=look.ink, markersize=look.mark_pt(3.5), markeredgewidth=0)
    axes.axvline(0, color=look.ink, linewidth=look.line_pt(0.6))
    axes.set_ylim(order.size - 0.5, -0.5)
    names = [label_lines(fig, columns[at].label, 0.35 * size_in(fig)[0], look) for at in order]
    axes.set_yticks(places, names, parse_math=False)
    axes.tick_params(axis="y", length=0)
    of = "log " if params.metric_scale == "log" else ""
    label_axis(axes.xaxis, f"share of the variance of {of}{words(params.metric)}")
    label_axis(axes.yaxis, "hyper-parameter")
    note(axes, fit_lines(fig, _note_parts(table, params), look), look)
    beside = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points", "va": "center"}
    style = {"fontsize": look.venue.small_pt, "color": look.ink, "annotation_clip": False}
    for place, value in zip(places, share, strict=True):
        axes.annotate(_signed(f"{value:.2f}"), (1, place), (4, 0), **beside, **style)


def _signed(number: str) -> str:
    """A real minus sign, and none before zero."""
    return Formatter.fix_minus(number if float(number) else number.removeprefix("-"))


def _note_parts(table: Table, params: Params) -> list[str]:
    """Which value of a run, over how many settings and seeds; the best; what was lost."""
    facts, settings = table.facts, table.frame("settings")
    total, counts = settings["runs"].size, np.unique(settings["runs"])
    seeds = f"{counts[0]}" if counts.size == 1 else f"{counts[0]} to {counts[-1]}"
    of = f" of {facts['expected']}" if facts["expected"] > counts[0] else ""
    parts = [
        summary_words(params.value, facts["step_unit"], params.last),
        f"{total} setting{'' if total == 1 else 's'}",
        "one run each" if seeds == "1" and not of else f"mean, n = {seeds}{of} seeds",
    ]
    others = len(facts["not_shown"])
    parts += [f"{others} other key{'s differ' if others > 1 else ' differs'}"] if others else []
    lost = f"{facts['diverged']} diverged" if facts["diverged"] else ""
    if params.view == "importance":
        parts += [f"{lost}, left out"] if lost else []
        weak = " (weak fit)" if facts["r2"] < WEAK else ""
        forest = f"random forest, out-of-bag R² = {facts['r2']:.2f}{weak}"
        return [*parts, forest, "95 % CI over settings"]
    best = _signed(short_number(settings["metric"][0], settings["metric"]))
    marks = ("thick", "grey, dashed") if params.view == "parallel" else ("ringed", "grey crosses")
    return [*parts, f"{marks[0]}: best ({best})"] + ([f"{marks[1]}: {lost}"] if lost else [])


def example() -> Example:
    """A random search of 30 settings: the rate matters most, a large one diverges."""
    random = np.random.default_rng(0)
    runs: list[Run] = []
    for number in range(30):
        rate = float(f"{10 ** random.uniform(-4, 0.5):.2g}")
        decay = float(f"{10 ** random.uniform(-6, -1):.2g}")
        width = int(random.choice([16, 32, 64, 128]))
        optimizer = str(random.choice(["sgd", "adam"]))
        best = -1.0 if optimizer == "sgd" else -2.5
        level = 0.97 - 0.09 * (np.log10(rate) - best) ** 2 - 0.8 / width + random.normal(0, 0.01)
        values = max(level, 0.1) - 0.3 * np.exp(-np.arange(6) / 1.5)
        if optimizer == "sgd" and rate > 0.3:
            values[2:] = np.nan
        config = {"learning_rate": rate, "weight_decay": decay, "width": width, "optimizer": optimizer}
        metrics = {"accuracy": Metric("accuracy", "", np.arange(6), values, "epoch")}
        runs.append(example_run(number + 1, "search", seed=number, config=config, metrics=metrics))
    return Example(Snapshot("example", tuple(runs)), Params(metric="accuracy", better="higher"))
