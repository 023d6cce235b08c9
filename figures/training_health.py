"""Loss curves of each run with a verdict: which fault they show, where it starts, by which measure.

A panel is one run: its training and validation loss and, below, its gradient, on scales that all
panels share. Above it stands what eight rules say: the faults found, each with its first step, the
measured value and the limit that it passed, or that no fault was found by how many rules; a rule that
could not be asked is named, with the reason. A ring marks where a fault starts, a cross where values
stop being finite, a triangle at the border what lies beyond it. Rules, limits, and how often they are
right and wrong: docs/health.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from pydantic import Field

from figproof.axes import axis_label, legend_over, log_ticks, quantity, roles, size_in, wrapped
from figproof.axes.curves import DASHES, crosses, curve, rings
from figproof.errors import FigproofError, suggest
from figproof.kinds import Example, KindParams, example_run
from figproof.model import (
    FloatArray,
    Frame,
    IntArray,
    Metric,
    Run,
    Snapshot,
    Table,
    concatenate,
    frame,
)
from figproof.numerics.curves import metric_of_each, run_name
from figproof.numerics.health import Check
from figproof.numerics.lines import check_units
from figproof.numerics.reduce import keep_extremes
from figproof.numerics.scales import beyond, common_limits
from figproof.numerics.verdicts import FAULTS, check_run, of_outer_layers, of_whole_gradient, verdict

MOST_RUNS = 24
DRAWN_STRETCHES = 300
NARROWEST_PANEL_IN = 1.32
LONGEST_TITLE = 80
# What ticks and labels take of a figure's width; how much of a column text may fill.
_TICKS_IN, _ROOM = 0.45, 0.96
GRADIENTS = ("whole norm", "mean of first layer", "mean of last layer")
RING_ON = {"overfitting": "validation", "vanishing": GRADIENTS[1], "exploding": GRADIENTS[0]}


class Params(KindParams):
    """Which runs and losses, and how panels are titled and scaled."""

    train: str = Field(default="train.loss", min_length=1, description="Metric of the training loss.")
    validation: str | None = Field(
        default="validation.loss",
        min_length=1,
        description="Metric of the validation loss; null if there is none, and overfitting is not checked.",
    )
    conditions: list[str] | None = Field(
        default=None, min_length=1, description="Conditions to show; all if left out."
    )
    titles: list[str] | None = Field(
        default=None,
        min_length=1,
        max_length=4,
        description="Config keys whose values title a panel, e.g. [optimizer, learning_rate]; "
        "the condition, and the seed where it has several, if left out.",
    )
    gradients: bool = Field(default=True, description="Draw the gradient below the losses, where recorded.")
    y_scale: Literal["linear", "log"] = Field(default="linear", description="Scale of the losses.")


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Ask every rule about every run, at full resolution; healthy runs come first, then by fault."""
    runs = _chosen(snapshot, params)
    losses = [params.train, *([params.validation] if params.validation else [])]
    first = metric_of_each(runs, losses[0])[0]
    for name in losses[1:]:
        check_units(first, metric_of_each(runs, name)[0])
    unit = first.step_unit
    asked = [(run, check_run(run, params.train, params.validation)) for run in runs]
    asked.sort(key=lambda pair: _rank(pair[1]))
    every = [_lines(run, losses) for run, _ in asked]
    limits = {
        "loss": _limits(every, losses, params.y_scale == "log"),
        "gradient": _limits(every, GRADIENTS, True),
    }
    if not limits["loss"]:
        raise FigproofError(
            f"no run has a finite {'positive ' if params.y_scale == 'log' else ''}loss to show",
            where=f"pin {snapshot.pin}",
            hint="leave these runs out" + (", or set y_scale: linear" if params.y_scale == "log" else ""),
        )
    names = ("panels", "checks", "lines", "rings", "crosses", "beyond")
    parts: dict[str, list[Frame]] = {name: [] for name in names}
    for panel, ((run, checks), lines) in enumerate(zip(asked, every, strict=True)):
        parts["panels"].append(_panel_frame(panel, run, params, verdict(checks, unit)))
        parts["checks"].append(_checks_frame(panel, run, checks))
        parts["lines"] += [_line_frame(panel, name, *part) for name, part in lines.items()]
        parts["rings"].append(_rings_frame(panel, checks, lines, params))
        parts["crosses"].append(_crosses_frame(panel, *lines[params.train]))
        parts["beyond"] += [
            _beyond_frame(panel, name, *part, limits["loss" if name in losses else "gradient"])
            for name, part in lines.items()
        ]
    frames = {name: concatenate(part) for name, part in parts.items()}
    facts = {
        "unit": first.unit,
        "step_unit": unit,
        "runs": len(runs),
        "expected": (snapshot.expected_seeds or 0) * len({run.condition for run in runs}),
        "rules": len(FAULTS),
        "step_limits": _step_limits(frames["lines"]["step"]),
        "loss_limits": limits["loss"],
        "gradient_limits": limits["gradient"],
    }
    return Table(frames, facts)


def _step_limits(steps: IntArray) -> list[float]:
    """From the first to the last step of any panel, with room for marks that stand on them."""
    first, last = float(steps.min()), float(steps.max())
    room = 0.02 * (last - first) or 0.5
    return [first - room, last + room]


def _chosen(snapshot: Snapshot, params: Params) -> list[Run]:
    names = params.conditions or snapshot.conditions()
    runs = [run for name in names for run in snapshot.of(name)]
    if not runs:
        raise FigproofError(
            "the pin holds no run", where=f"pin {snapshot.pin}", hint="relax the selection and pin again"
        )
    if len(runs) > MOST_RUNS:
        raise FigproofError(
            f"{len(runs)} runs, each with a panel of its own, do not fit a page; at most {MOST_RUNS}",
            where=f"pin {snapshot.pin}",
            hint="name some in params.conditions, or narrow the selection",
        )
    return sorted(runs, key=lambda run: (run.condition, run.seed is None, run.seed or 0, run.digest))


def _rank(checks: Sequence[Check]) -> int:
    found = [place for place, check in enumerate(checks) if check.found]
    return found[-1] + 1 if found else 0


def _lines(run: Run, losses: Sequence[str]) -> dict[str, tuple[IntArray, FloatArray]]:
    """What a panel shows: name -> steps and values; of the gradient what was recorded."""
    drawn = {name: (run.metric(name).steps, run.metric(name).values) for name in losses}
    gradients = dict(zip(GRADIENTS, [of_whole_gradient(run), *of_outer_layers(run)], strict=True))
    return drawn | {name: part for name, part in gradients.items() if part[0].size}


def _line_frame(panel: int, name: str, steps: IntArray, values: FloatArray) -> Frame:
    kept = keep_extremes(values[None, :], DRAWN_STRETCHES)
    return frame(
        panel=[panel] * kept.size,
        metric=[name] * kept.size,
        step=steps[kept],
        value=values[kept],
    )


def _panel_frame(panel: int, run: Run, params: Params, lines: Sequence[Sequence[str]]) -> Frame:
    return frame(
        panel=[panel],
        condition=[run.condition],
        run=[run_name(run)],
        title=[_title(run, params.titles) if params.titles else ""],
        verdict=["\n".join("\t".join(parts) for parts in lines)],
    )


def _title(run: Run, keys: Sequence[str]) -> str:
    unknown = [key for key in keys if key not in run.config]
    if unknown:
        raise FigproofError(
            f"config key {unknown[0]!r} is not in {run.condition} {run_name(run)}. "
            f"{suggest(unknown[0], map(str, run.config))}",
            where="params.titles",
            hint="name keys that every run has",
        )
    text = ", ".join(_named(key, run.config[key]) for key in keys)
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return plain if len(plain) <= LONGEST_TITLE else f"{plain[: LONGEST_TITLE - 3]}..."


def _named(key: str, value: Any) -> str:
    """A text speaks for itself, another value needs its key."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        value = f"{value:g}"
    shown = "-".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return f"{key.replace('_', ' ')} {shown or 'none'}"


def _checks_frame(panel: int, run: Run, checks: Sequence[Check]) -> Frame:
    return frame(
        panel=[panel] * len(checks),
        condition=[run.condition] * len(checks),
        run=[run_name(run)] * len(checks),
        fault=[check.fault for check in checks],
        checked=[check.checked for check in checks],
        found=[check.found for check in checks],
        value=[check.value for check in checks],
        threshold=[check.threshold for check in checks],
        step=[check.step for check in checks],
        why=[check.why for check in checks],
    )


def _rings_frame(
    panel: int, checks: Sequence[Check], lines: Mapping[str, tuple[IntArray, FloatArray]], params: Params
) -> Frame:
    """Where each fault starts, on the line that shows it; where values stop being finite has a cross."""
    rows: list[tuple[str, str, int, float]] = []
    for check in checks:
        if not check.found or check.fault in ("underfitting", "not finite"):
            continue
        on = RING_ON.get(check.fault, params.train)
        name = (params.validation or params.train) if on == "validation" else on
        steps, values = lines[name]
        rows.append((check.fault, name, check.step, float(values[np.searchsorted(steps, check.step)])))
    return {
        "panel": np.full(len(rows), panel, dtype=np.int64),
        "condition": np.array([row[0] for row in rows], dtype=np.str_),
        "metric": np.array([row[1] for row in rows], dtype=np.str_),
        "x": np.array([row[2] for row in rows], dtype=np.int64),
        "value": np.array([row[3] for row in rows], dtype=np.float64),
    }


def _crosses_frame(panel: int, steps: IntArray, values: FloatArray) -> Frame:
    """The first step at which the training loss is not finite, and the last finite value before."""
    broken = np.flatnonzero(~np.isfinite(values))[:1]
    before = [float(values[at - 1]) if at else np.nan for at in broken]
    return {
        "panel": np.full(broken.size, panel, dtype=np.int64),
        "condition": np.array(["not finite"] * broken.size, dtype=np.str_),
        "x": steps[broken].astype(np.int64),
        "value": np.array(before, dtype=np.float64),
    }


def _limits(
    every: Sequence[Mapping[str, tuple[IntArray, FloatArray]]], names: Sequence[str], logarithmic: bool
) -> list[float]:
    """Ends of the axis that all panels share; empty if nothing can stand on it."""
    series = [lines[name][1] for lines in every for name in names if name in lines]
    return list(common_limits(series, logarithmic=logarithmic) or [])


def _beyond_frame(
    panel: int, name: str, steps: IntArray, values: FloatArray, limits: Sequence[float]
) -> Frame:
    """What lies beyond the axis: an extreme of each stretch."""
    at = beyond(values, limits[0], limits[1]) if limits else np.zeros(0, dtype=np.int64)
    return {
        "panel": np.full(at.size, panel, dtype=np.int64),
        "metric": np.array([name] * at.size, dtype=np.str_),
        "x": steps[at],
        "value": values[at],
    }


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """A grid of panels on common scales, with a legend over it."""
    facts, count = table.facts, int(table.frame("panels")["panel"].size)
    lower = params.gradients and bool(facts["gradient_limits"])
    rows, columns = _shape(fig, count)
    stack = [1.4, 1.0] if lower else [1.0]
    grid = fig.subplots(rows * len(stack), columns, squeeze=False, height_ratios=stack * rows)
    for cell in range(rows * columns):
        top = cell // columns * len(stack)
        column = grid[top : top + len(stack), cell % columns]
        if cell >= count:
            for axes in column:
                axes.remove()
            continue
        _losses(column[0], table, cell, params, look)
        if lower:
            _gradients(column[1], table, cell, look)
        for axes in column:
            lowest = axes is column[-1] and cell + columns >= count
            axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True, steps=[1, 2, 5, 10]))
            axes.tick_params(which="minor", length=0)
            axes.tick_params(labelleft=cell % columns == 0, labelbottom=lowest)
        room_in = _ROOM * (size_in(fig)[0] - _TICKS_IN) / columns
        _write_above(column[0], _texts(fig, table, cell, look, room_in), look)
    # One label for all rows: beside a low panel it would run into the next one's.
    name = axis_label(_loss_name(params), facts["unit"]) + (", below: gradient" if lower else "")
    fig.supxlabel(facts["step_unit"], fontsize=look.venue.text_pt, color=look.ink, parse_math=False)
    fig.supylabel(name, fontsize=look.venue.text_pt, color=look.ink, parse_math=False)
    _legend(fig, table, params, look, lower=lower)


def _shape(fig: Any, count: int) -> tuple[int, int]:
    """Rows and columns: as many columns as are wide enough to be written above."""
    most = max(1, int((size_in(fig)[0] - _TICKS_IN) / NARROWEST_PANEL_IN))
    rows = -(-count // most)
    return rows, -(-count // rows)


def _loss_name(params: Params) -> str:
    return quantity([params.train, *([params.validation] if params.validation else [])])


def _of(part: Frame, panel: int, metric: str | None = None) -> dict[str, Any]:
    """The rows of one panel, and of one line in it."""
    mine = part["panel"] == panel
    if metric is not None:
        mine &= part["metric"] == metric
    return {name: column[mine] for name, column in part.items()}


def _line(axes: Any, table: Table, panel: int, metric: str, style: Mapping[str, Any]) -> None:
    """One line, the rings on it, and what of it lies beyond the axes."""
    part = _of(table.frame("lines"), panel, metric)
    if not part["step"].size:
        return
    absent = np.full(part["step"].size, np.nan)
    drawn = {"x": part["step"], "value": part["value"], "low": absent, "high": absent}
    single = "." if np.isfinite(part["value"]).sum() == 1 else None
    curve(axes, drawn, style, marker=single, place=(0, 1))
    off = _of(table.frame("beyond"), panel, metric)
    low, high = axes.get_ylim()
    for x, value in zip(off["x"], off["value"], strict=True):
        shape = {"marker": "^" if value > high else "v", "markersize": 3.2, "clip_on": False}
        axes.plot([x], [min(max(value, low), high)], linestyle="none", color=style["color"], **shape)


def _name_beyond(axes: Any, table: Table, panel: int, metric: str, look: Any) -> None:
    """The largest value of a line that lies above the axes, beside its triangle."""
    off = _of(table.frame("beyond"), panel, metric)
    high = axes.get_ylim()[1]
    above = np.flatnonzero(off["value"] > high)
    if not above.size:
        return
    at = above[np.argmax(off["value"][above])]
    left, right = axes.get_xlim()
    late = bool(off["x"][at] > (left + right) / 2)
    axes.annotate(
        f"{off['value'][at]:.3g}",
        (off["x"][at], high),
        (-5 if late else 5, 0),
        textcoords="offset points",
        ha="right" if late else "left",
        va="top",
        fontsize=look.venue.small_pt,
        color=look.ink,
        annotation_clip=False,
    )


def _rings(axes: Any, table: Table, panel: int, metrics: Sequence[str], look: Any) -> None:
    found = _of(table.frame("rings"), panel)
    here = np.isin(found["metric"], list(metrics))
    # Nothing in it has a place on a logarithmic axis: the ring stands at its lower end.
    low, high = axes.get_ylim()
    value = np.clip(np.where(np.isfinite(found["value"]), found["value"], high), low, high)
    part = {"condition": found["condition"][here], "x": found["x"][here], "value": value[here]}
    before = len(axes.lines)
    rings(axes, part, look, colour=look.ink)
    for ring in axes.lines[before:]:
        ring.set_clip_on(False)


def _losses(axes: Any, table: Table, panel: int, params: Params, look: Any) -> None:
    axes.set_yscale(params.y_scale)
    axes.set(xlim=table.facts["step_limits"], ylim=table.facts["loss_limits"])
    if params.validation:
        _line(axes, table, panel, params.validation, _styles(look)["validation"])
    _line(axes, table, panel, params.train, _styles(look)["train"])
    _rings(axes, table, panel, [params.train, *([params.validation] if params.validation else [])], look)
    crosses(axes, _of(table.frame("crosses"), panel), look, colour=look.ink)
    _name_beyond(axes, table, panel, params.train, look)
    if params.y_scale == "log":
        log_ticks(axes.yaxis, look)
    else:
        axes.yaxis.set_major_locator(MaxNLocator(nbins=4))


def _gradients(axes: Any, table: Table, panel: int, look: Any) -> None:
    axes.set_yscale("log")
    axes.set(xlim=table.facts["step_limits"], ylim=table.facts["gradient_limits"])
    for name in GRADIENTS:
        _line(axes, table, panel, name, _styles(look)[name])
    _rings(axes, table, panel, GRADIENTS, look)
    log_ticks(axes.yaxis, look)
    if not np.isin(_of(table.frame("lines"), panel)["metric"], list(GRADIENTS)).any():
        style = {"fontsize": look.venue.small_pt, "color": look.muted, "ha": "center", "va": "center"}
        axes.text(0.5, 0.5, "not recorded", transform=axes.transAxes, **style)


def _styles(look: Any) -> dict[str, dict[str, Any]]:
    """Ink and grey: a colour would look like a condition's."""
    thin = max(look.venue.min_line_pt, 0.7)
    return {
        "train": {"color": look.ink, "linestyle": DASHES[0], "linewidth": 1.1},
        "validation": {"color": look.muted, "linestyle": DASHES[1], "linewidth": 1.1},
        GRADIENTS[0]: {"color": look.ink, "linestyle": DASHES[0], "linewidth": thin},
        GRADIENTS[1]: {"color": look.ink, "linestyle": DASHES[2], "linewidth": 1.1},
        GRADIENTS[2]: {"color": look.muted, "linestyle": DASHES[3], "linewidth": thin},
    }


def _texts(fig: Any, table: Table, panel: int, look: Any, room_in: float) -> list[tuple[str, bool]]:
    """Lines above a panel, and which are bold: its title, then the verdict."""
    about = {name: column[panel] for name, column in table.frame("panels").items()}
    size, name = look.venue.small_pt, str(about["condition"])
    title = str(about["title"]) or (look.label(name) if name in look.conditions else name.replace(",", ", "))
    if (table.frame("panels")["condition"] == name).sum() > 1:
        title += f", {about['run']}"
    # Bold is wider, by less than this.
    lines = [(line, True) for line in wrapped(fig, title, room_in / 1.1, size)]
    for sentence in str(about["verdict"]).split("\n"):
        parts = sentence.split("\t")
        whole = ": ".join(parts) if len(parts) > 1 else parts[0]
        fits = len(wrapped(fig, whole, room_in, size)) == 1
        for part in [whole] if fits else parts:
            lines += [(line, False) for line in wrapped(fig, part, room_in, size)]
    return lines


def _write_above(axes: Any, lines: Sequence[tuple[str, bool]], look: Any) -> None:
    size = look.venue.small_pt
    for place, (text, bold) in enumerate(reversed(lines)):
        axes.annotate(
            text,
            (0, 1),
            (0, 3.0 + 1.15 * size * place),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=size,
            fontweight="bold" if bold else "normal",
            color=look.ink,
            va="baseline",
            annotation_clip=False,
            parse_math=False,
        )


def _legend(fig: Any, table: Table, params: Params, look: Any, *, lower: bool) -> None:
    losses = [params.train, *([params.validation] if params.validation else [])]
    named = dict(zip(("train", "validation"), roles(losses), strict=False))
    named |= {name: f"gradient: {name}" for name in GRADIENTS} if lower else {}
    handles = [Line2D([], [], **_styles(look)[name]) for name in named]
    labels = list(named.values())
    hollow: dict[str, Any] = {"linestyle": "none", "color": look.ink, "markersize": 5}
    marks = {"rings": ("o", "fault starts"), "crosses": ("x", "NaN or infinite"), "beyond": ("^", "beyond")}
    for name, (marker, label) in marks.items():
        if table.frame(name)["x"].size:
            face = "white" if marker == "o" else look.ink
            handles.append(Line2D([], [], marker=marker, markerfacecolor=face, **hollow))
            labels.append(label)
    runs, expected = table.facts["runs"], table.facts["expected"]
    labels[0] += f" ({runs} of {expected} runs are there)" if runs < expected else ""
    legend_over(fig, handles, labels, look)


def example() -> Example:
    """A healthy run, one that overfits and one whose gradients explode on the way."""
    steps = np.arange(41)
    fall = 2.3 * np.exp(-steps / 6.0)
    burst = 60.0 * np.exp(-((steps - 18) ** 2) / 4.0)
    curves = {
        "relu": (fall + 0.02, fall + 0.05, np.ones(41)),
        "overfitting": (fall + 0.004, fall + 0.1 + 0.012 * np.maximum(steps - 12, 0), np.ones(41)),
        "oscillating": (fall + 0.02 + burst / 6, fall + 0.05 + burst / 6, 1.0 + 3 * burst),
    }
    runs = []
    for number, (condition, (train, validation, size)) in enumerate(curves.items(), 1):
        recorded = {"train.loss": (train, "nat"), "validation.loss": (validation, "nat")}
        for layer, share in ((1, 0.6), (2, 0.8)):
            recorded[f"gradient.norm.layer{layer}"] = (share * (0.05 + fall / 2.3) * size, "")
            recorded[f"gradient.mean.layer{layer}"] = (0.01 * share * (0.05 + fall / 2.3) * size, "")
        metrics = {name: Metric(name, unit, steps, v, "epoch") for name, (v, unit) in recorded.items()}
        runs.append(example_run(number, condition, metrics=metrics))
    return Example(Snapshot("example", tuple(runs)), Params())
