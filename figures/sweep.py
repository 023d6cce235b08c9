"""What a search over hyper-parameters found: its settings, and how much each hyper-parameter matters.

``parallel``: an axis a hyper-parameter, a line a setting, coloured by the metric at the right; the darkest
lines are the best settings and lie on top, the thickest is the best one. ``scatter``: every two
hyper-parameters, and each against the metric. ``importance``: the share of the metric's variance that is due
to each hyper-parameter, alone or together with others, from a random forest that is judged out of bag.
Settings that diverged stay visible, grey, and are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, LogNorm, Normalize
from matplotlib.markers import TICKLEFT, TICKRIGHT
from pydantic import Field, model_validator

from figproof.axes import (
    ROOM,
    UnitTick,
    axis_label,
    before_draw,
    check_width,
    colour_bar,
    fanned,
    fit_lines,
    halo,
    label_axis,
    label_lines,
    note,
    size_in,
    text_width_in,
    unit_ticks,
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

DIVERGED = "diverged"
PALEST = 0.85
STRIP = 0.08
TICK_PT = 2.5
AROUND_IN = 0.75
LEAST_PANEL_IN = 0.55
MOST_TICKS = 20
LONGEST_NAME = 0.3
ROW_PT = 12.0
DOT_PT = 3.4
GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))
LOST_DASH = (0, (2.0, 1.5))


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
    unknown = sorted(set(params.labels) - {*keys, params.metric})
    if unknown:
        raise FigproofError(
            f"{unknown[0]!r} is not drawn. {suggest(unknown[0], [*keys, params.metric])}",
            where="params.labels",
        )
    numbers, metric = _numbers(settings, params)
    sign = -1 if params.better == "higher" else 1
    order = np.argsort(sign * numbers, kind="stable")
    settings, numbers = [settings[at] for at in order], numbers[order]
    if not np.isfinite(numbers).any():
        raise FigproofError(
            "every setting diverged: there is nothing to show",
            where=f"metric {params.metric}",
            hint="choose another metric, or narrow the selection to runs that stay finite",
        )
    shown = {key: on_scale([setting.value(key) for setting in settings]) for key in keys}
    outcome = [value if np.isfinite(value) else DIVERGED for value in numbers.tolist()]
    columns = [*shown.items(), (params.metric, on_scale(outcome, log=params.metric_scale == "log"))]
    frames = {
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
    facts = {
        "unit": metric.unit,
        "step_unit": metric.step_unit,
        "diverged": int((~np.isfinite(numbers)).sum()),
        "expected": snapshot.expected_seeds or 0,
        "not_shown": sorted(set(differing_keys(settings)) - set(keys)),
    }
    if params.view == "importance":
        frames["importance"], facts["r2"] = _importance(shown, numbers, params)
    return Table(frames, facts)


def _keys(settings: list[Setting], params: Params) -> list[str]:
    keys = params.keys or differing_keys(settings)
    if not keys:
        raise FigproofError(
            f"no config key differs between {len(settings)} setting{'s' if len(settings) > 1 else ''}",
            hint="widen the selection, or name keys in params.keys",
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


@dataclass(frozen=True)
class _Axis:
    """One hyper-parameter, or the metric, as it is drawn."""

    label: str
    given: OnScale
    place: FloatArray


def _axes(table: Table, params: Params) -> list[_Axis]:
    """The hyper-parameters, and the metric last."""
    rows, values = table.frame("axes"), table.frame("values")
    found = []
    for at, key in enumerate(rows["key"].tolist()):
        here = values["axis"] == at
        names, place = values["name"][here].tolist(), values["place"][here]
        by_place = dict(sorted(zip(place, names, strict=True)))
        scale = Scale(
            rows["scale"][at], rows["low"][at], rows["high"][at], tuple(filter(None, by_place.values()))
        )
        unit = table.facts["unit"] if at == rows["key"].size - 1 else ""
        label = axis_label(params.labels.get(key) or words(key), unit)
        found.append(_Axis(label, OnScale(scale, values["number"][here], names), place))
    return found


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """One of the three views."""
    {"parallel": _parallel, "scatter": _scatter, "importance": _importances}[params.view](
        fig, table, params, look
    )


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
    axes = fig.subplots()
    axes.set_axis_off()
    columns = _axes(table, params)
    last = len(columns) - 1
    room = size_in(fig)[0] / len(columns)
    axes.set(xlim=(0, last + STRIP), ylim=(-ROOM, 1 + ROOM))
    colours, metric = _colours(table, params, look), table.frame("settings")["metric"]
    places = [fanned(column.place) for column in columns[:-1]] + [columns[-1].place]
    ways = np.stack([np.column_stack([np.full(metric.size, at), y]) for at, y in enumerate(places)], axis=1)
    lost = ~np.isfinite(metric)
    line = max(look.venue.min_line_pt, 0.7)
    style = {"clip_on": False, "capstyle": "round"}
    grey = {"colors": look.muted, "linestyles": [LOST_DASH], "linewidths": line}
    axes.add_collection(LineCollection(ways[lost], **grey, **style))
    # Worst first, so that the best lie on top.
    rows = np.flatnonzero(~lost)[::-1]
    thick = np.where(rows == 0, 2.6 * line, line)
    shades = colours.to_rgba(metric[rows])
    axes.add_collection(LineCollection(ways[rows], colors=shades, linewidths=thick, zorder=2.1, **style))
    _strip(axes, columns[-1].given.scale, colours, last)
    for at, column in enumerate(columns):
        _upright(fig, axes, column, at, room, look, right=at == last)
        text = label_lines(fig, column.label, 0.94 * room, look)
        place = {"xytext": (0, -0.7 * look.venue.text_pt), "textcoords": "offset points"}
        axes.annotate(text, (at, -ROOM), ha="center", va="top", **place, **_plain(look, look.venue.text_pt))
    note(axes, fit_lines(fig, _note_parts(table, params), look), look)


def _plain(look: Any, size_pt: float) -> dict[str, Any]:
    return {"fontsize": size_pt, "color": look.ink, "parse_math": False, "annotation_clip": False}


def _strip(axes: Any, scale: Scale, colours: Any, at: int) -> None:
    """The metric's axis is the colour bar."""
    foot = scale.places(np.array([scale.low]), [""])[0] if scale.low < scale.high else 0.0
    shades = np.linspace(0, 1, 256)[:, None]
    where = {"extent": (at, at + STRIP, foot, 1), "origin": "lower", "aspect": "auto"}
    axes.imshow(shades, cmap=colours.cmap, interpolation="nearest", zorder=2.2, **where)


def _upright(fig: Any, axes: Any, column: _Axis, at: int, room: float, look: Any, *, right: bool) -> None:
    """A line with ticks and their texts, which stand at its left, or right of the colour bar."""
    thin = {"color": look.ink, "linewidth": max(look.venue.min_line_pt, 0.8), "clip_on": False, "zorder": 3}
    axes.plot([at, at], [-ROOM, 1 + ROOM], **thin)
    edge, way, side = (at + STRIP, 1, "left") if right else (at, -1, "right")
    small = look.venue.small_pt
    most = min(_lines_in(size_in(fig)[1] - AROUND_IN, small), MOST_TICKS)
    outwards = {
        "marker": TICKRIGHT if right else TICKLEFT,
        "markersize": TICK_PT,
        "markeredgewidth": thin["linewidth"],
    }
    for tick in unit_ticks(column.given, most, look):
        axes.plot([edge], [tick.place], **outwards, **thin)
        check_width(fig, tick.text if tick.is_name else "", small, 0.7 * room)
        style = {**_plain(look, small), "parse_math": not tick.is_name, "path_effects": halo(3.0)}
        place = {"xytext": (way * (TICK_PT + 1.5), 0), "textcoords": "offset points"}
        axes.annotate(
            tick.text, (edge, tick.place), ha=side, va="center_baseline", zorder=4, **place, **style
        )


def _note_parts(table: Table, params: Params) -> list[str]:
    """What a line is: which value of a run, over how many seeds; what was lost."""
    facts, settings = table.facts, table.frame("settings")
    counts = np.unique(settings["runs"])
    seeds = f"{counts[0]}" if counts.size == 1 else f"{counts[0]} to {counts[-1]}"
    of = f" of {facts['expected']}" if facts["expected"] > counts[0] else ""
    parts = [
        summary_words(params.value, facts["step_unit"], params.last),
        f"{settings['runs'].size} settings",
    ]
    parts.append("one run each" if seeds == "1" and not of else f"mean, n = {seeds}{of} seeds")
    best = short_number(settings["metric"][0], settings["metric"])
    if params.view == "importance":
        parts += [f"{facts['diverged']} diverged, left out"] if facts["diverged"] else []
        return [*parts, f"random forest, out-of-bag R² = {facts['r2']:.2f}", "95 % CI over settings"]
    parts.append(f"{'thick' if params.view == 'parallel' else 'ringed'}: best ({best})")
    lost = "grey, dashed" if params.view == "parallel" else "grey crosses"
    return parts + ([f"{lost}: {facts['diverged']} diverged"] if facts["diverged"] else [])


def _scatter(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Under the diagonal: every two hyper-parameters; in the last row, each against the metric."""
    columns = _axes(table, params)
    count = len(columns) - 1
    side = [(length - AROUND_IN) / count for length in size_in(fig)]
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
            _points(axes, columns[at].place, columns[row + 1].place, colours, metric, look)
            axes.set(xlim=(-ROOM, 1 + ROOM), ylim=(-ROOM, 1 + ROOM))
            _panel_ticks(fig, axes.xaxis, columns[at], side[0], look, shown=row == count - 1)
            _panel_ticks(fig, axes.yaxis, columns[row + 1], side[1], look, shown=at == 0)
    fig.align_ylabels(list(panels.values()))
    _corner(fig, grid, panels, colours, columns[-1].label, _note_parts(table, params), look)


def _points(axes: Any, x: FloatArray, y: FloatArray, colours: Any, metric: FloatArray, look: Any) -> None:
    """Settings as dots, the best ringed and on top; those at one place stand around it, the best inside."""
    rank = np.zeros(x.size)
    pairs = np.column_stack([x, y])
    for pair in np.unique(pairs, axis=0):
        same = (pairs == pair).all(axis=1)
        rank[same] = np.arange(same.sum())
    finite = np.isfinite(metric)
    style = {"s": DOT_PT**2, "linewidths": 0.3, "clip_on": False}
    dots = axes.scatter(
        *pairs[finite][::-1].T, c=colours.to_rgba(metric[finite][::-1]), edgecolors="white", **style
    )
    parts = [(dots, np.flatnonzero(finite)[::-1])]
    if not finite.all():
        cross = {"s": DOT_PT**2, "linewidths": 0.9, "clip_on": False, "marker": "x", "zorder": 0.9}
        parts.append((axes.scatter(*pairs[~finite].T, c=look.muted, **cross), np.flatnonzero(~finite)))
    ring = axes.scatter(*pairs[:1].T, s=(1.7 * DOT_PT) ** 2, facecolors="none", edgecolors=look.ink, zorder=3)
    parts.append((ring, np.zeros(1, dtype=np.int64)))

    def arrange() -> None:
        inch = axes.bbox.size / axes.get_figure(root=True).dpi / (1 + 2 * ROOM)
        reach = 0.85 * DOT_PT / 72 * np.sqrt(rank)
        turn = rank * GOLDEN_ANGLE
        shifts = np.column_stack([reach * np.cos(turn), reach * np.sin(turn)]) / inch
        for artist, rows in parts:
            artist.set_offsets(pairs[rows] + shifts[rows])

    before_draw(axes, arrange)


def _panel_ticks(fig: Any, axis: Any, column: _Axis, room: float, look: Any, *, shown: bool) -> None:
    """Ticks of a panel; texts and name at the outer ones alone."""
    small = look.venue.small_pt
    most = _lines_in(room, small)
    ticks, upright = unit_ticks(column.given, most, look), False
    for name in column.given.scale.names:
        check_width(fig, name, small, LONGEST_NAME * min(size_in(fig)))
    if axis.axis_name == "x":
        for fewer in range(most, 0, -1):
            ticks = unit_ticks(column.given, most, look, numbers=fewer)
            if _beside(fig, ticks, room, small):
                break
        else:
            ticks, upright = unit_ticks(column.given, most, look), True
    axis.set_ticks([tick.place for tick in ticks])
    axis.set_tick_params(length=2)
    axis.set_ticklabels(
        [tick.text if shown else "" for tick in ticks], fontsize=small, rotation=90 if upright else 0
    )
    for label, tick in zip(axis.get_ticklabels(), ticks, strict=True):
        label.set_parse_math(not tick.is_name)
    if shown:
        label_axis(axis, label_lines(fig, column.label, 0.95 * room, look))
        axis.label.set_linespacing(1.0)


def _lines_in(room_in: float, size_pt: float) -> int:
    """How many texts have a line each between 0 and 1 of an axis of that length."""
    return max(1, int(room_in / (1 + 2 * ROOM) * 72 / (1.2 * size_pt)))


def _beside(fig: Any, ticks: list[UnitTick], room_in: float, size_pt: float) -> bool:
    """Whether tick texts stand beside one another with a gap."""
    places = room_in / (1 + 2 * ROOM) * np.array([tick.place for tick in ticks])
    widths = [text_width_in(fig, tick.text, size_pt, math=not tick.is_name) for tick in ticks]
    need = (np.array(widths[1:]) + widths[:-1]) / 2 + 0.5 * size_pt / 72
    return bool((np.diff(places) >= need).all())


def _corner(fig: Any, grid: Any, panels: Any, colours: Any, label: str, parts: list[str], look: Any) -> None:
    """Note and colour bar in the empty corner; above and beside the panel where there is but one."""
    count = grid.ncols
    if count == 1:
        note(panels[0, 0], fit_lines(fig, parts, look), look)
        colour_bar(fig, colours, panels[0, 0], label, look)
        return
    host = fig.add_subplot(grid[0, 1:])
    host.set_axis_off()
    text = fit_lines(fig, parts, look, columns=count / (count - 1))
    host.text(0.06, 1, text, va="top", fontsize=look.venue.small_pt, parse_math=False, in_layout=False)
    lines = text.count("\n") + 1
    top = 1 - (lines + 1) * 1.25 * look.venue.small_pt / 72 / (0.9 * (size_in(fig)[1] - AROUND_IN) / count)
    bar_axes = host.inset_axes((0.06, top - 0.09, 0.94, 0.09))
    bar = fig.colorbar(colours, cax=bar_axes, orientation="horizontal")
    bar.set_label(label, parse_math=False)
    bar.outline.set_linewidth(look.venue.min_line_pt)


def _importances(fig: Any, table: Table, params: Params, look: Any) -> None:
    """A bar a hyper-parameter, the most important on top, with its interval."""
    axes = fig.subplots()
    rows, columns = table.frame("importance"), _axes(table, params)
    order = np.argsort(-rows["share"], kind="stable")
    needed = order.size * ROW_PT / 72 + AROUND_IN
    if needed > size_in(fig)[1]:
        raise FigproofError(
            f"{order.size} rows need a height of {needed:.1f} in, there are {size_in(fig)[1]:.1f}",
            hint="raise height_in, or choose some with params.keys",
        )
    places = np.arange(order.size)
    line = max(look.venue.min_line_pt, 1.0)
    axes.barh(places, rows["share"][order], height=0.62, color=look.muted, alpha=0.35, linewidth=0)
    axes.hlines(places, rows["low"][order], rows["high"][order], color=look.ink, linewidth=line)
    axes.plot(rows["share"][order], places, "o", color=look.ink, markersize=3.5, markeredgewidth=0)
    axes.axvline(0, color=look.ink, linewidth=max(look.venue.min_line_pt, 0.6))
    axes.set_ylim(order.size - 0.5, -0.5)
    names = [label_lines(fig, columns[at].label, 0.3 * size_in(fig)[0], look) for at in order]
    axes.set_yticks(places, names, parse_math=False)
    axes.tick_params(axis="y", length=0)
    of = f"log {columns[-1].label}" if params.metric_scale == "log" else words(params.metric)
    label_axis(axes.xaxis, f"share of the variance of {of}")
    label_axis(axes.yaxis, "hyper-parameter")
    note(axes, fit_lines(fig, _note_parts(table, params), look), look)
    for place, at in enumerate(order):
        axes.annotate(
            f"{rows['share'][at]:.2f}".replace("-0.00", "0.00").replace("-", "−"),
            (1, place),
            (4, 0),
            xycoords=axes.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
            **_plain(look, look.venue.small_pt),
        )


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
        if optimizer == "sgd" and rate > 1:
            values[2:] = np.nan
        config = {"learning_rate": rate, "weight_decay": decay, "width": width, "optimizer": optimizer}
        metrics = {"accuracy": Metric("accuracy", "", np.arange(6), values, "epoch")}
        runs.append(example_run(number + 1, "search", seed=number, config=config, metrics=metrics))
    return Example(Snapshot("example", tuple(runs)), Params(metric="accuracy", better="higher"))
