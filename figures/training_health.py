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

from figproof.axes import (
    axis_label,
    few_ticks,
    label_axis,
    legend_below,
    log_ticks,
    quantity,
    roles,
    size_in,
    wrapped,
    write_above,
)
from figproof.axes.curves import DASHES, crosses, curve, leavings, name_highest, rings
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Frame, IntArray, Metric, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.choosing import config_title
from figproof.numerics.curves import align, metric_of_each, run_name
from figproof.numerics.events import broken_frame
from figproof.numerics.health import Check
from figproof.numerics.healthpanels import (
    GRADIENTS,
    Lines,
    beyond_frame,
    line_frame,
    lines_of,
    of_panel,
    rings_frame,
    shared_limits,
    verdict_frame,
)
from figproof.numerics.lines import check_units
from figproof.numerics.verdicts import (
    FAULTS,
    check_run,
    checks_frame,
    verdict,
)

SHOWS_CONDITIONS = False
MOST_RUNS = 24
NARROWEST_PANEL_IN = 1.1
# Of a row that has room for the gradient below the losses.
LOWEST_ROW_IN = 1.4
# What ticks and labels take of a figure's width; how much of a column text may fill.
_TICKS_IN, _ROOM = 0.6, 0.93


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
    gradients: bool = Field(
        default=True,
        description="Draw the gradient below the losses, where it was recorded and rows are 1.4 in high.",
    )
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
    every = [lines_of(run, losses) for run, _ in asked]
    if params.y_scale == "log":
        _check_positive([lines[name][1] for lines in every for name in losses])
    limits = {
        "loss": shared_limits(every, losses, params.y_scale == "log"),
        "gradient": shared_limits(every, GRADIENTS, True),
    }
    if not limits["loss"]:
        raise FigproofError(
            "no run has a finite loss to show", where=f"pin {snapshot.pin}", hint="leave these runs out"
        )
    frames = _frames(asked, every, limits, params, unit)
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


def _frames(
    asked: Sequence[tuple[Run, tuple[Check, ...]]],
    every: Sequence[Lines],
    limits: Mapping[str, Sequence[float]],
    params: Params,
    step_unit: str,
) -> dict[str, Frame]:
    """One below the other, what the panels show; each row says of which panel it is."""
    names = ("panels", "verdicts", "checks", "lines", "rings", "crosses", "beyond")
    parts: dict[str, list[Frame]] = {name: [] for name in names}
    for panel, ((run, checks), lines) in enumerate(zip(asked, every, strict=True)):
        alone = align([lines[params.train][0]], [lines[params.train][1]], "equal")
        found: dict[str, list[Frame]] = {
            "panels": [_panel_frame(run, params)],
            "verdicts": [verdict_frame(verdict(checks, step_unit))],
            "checks": [checks_frame(run, checks)],
            "lines": [line_frame(name, *part) for name, part in lines.items()],
            "rings": [rings_frame(checks, lines, params.train, params.validation)],
            "crosses": [broken_frame(run.condition, params.train, [run], alone, None)],
            "beyond": [
                beyond_frame(name, *part, limits["gradient" if name in GRADIENTS else "loss"])
                for name, part in lines.items()
            ],
        }
        for name, frames in found.items():
            parts[name] += [of_panel(panel, part) for part in frames]
    return {name: concatenate(part) for name, part in parts.items()}


def _check_positive(losses: Sequence[FloatArray]) -> None:
    lowest = min((float(loss[np.isfinite(loss)].min(initial=np.inf)) for loss in losses), default=np.inf)
    if lowest <= 0:
        raise FigproofError(
            f"a loss of {lowest:.6g} cannot stand on a logarithmic axis",
            where="params.y_scale",
            hint="set y_scale: linear",
        )


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


def _panel_frame(run: Run, params: Params) -> Frame:
    title = config_title(run, params.titles) if params.titles else ""
    return frame(condition=[run.condition], run=[run_name(run)], title=[title])


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """A grid of panels on common scales, with a legend below."""
    facts, count = table.facts, int(table.frame("panels")["panel"].size)
    rows, columns = _shape(fig, count, look)
    room = size_in(fig)[1] / rows >= LOWEST_ROW_IN
    lower = params.gradients and bool(facts["gradient_limits"]) and room
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
            if lowest:
                label_axis(axes.xaxis, facts["step_unit"])
        room_in = _ROOM * (size_in(fig)[0] - look.room_in(_TICKS_IN)) / columns
        write_above(column[0], _texts(fig, table, cell, look, room_in), look)
    # One label for all rows: beside a low panel it would run into the next one's.
    name = axis_label(_loss_name(params), facts["unit"]) + (", below: gradient" if lower else "")
    fig.supylabel(name, fontsize=look.venue.text_pt, color=look.ink, parse_math=False)
    _legend(fig, table, params, look, lower=lower)


def _shape(fig: Any, count: int, look: Any) -> tuple[int, int]:
    """Rows and columns: as many columns as are wide enough to be written above."""
    most = max(1, int((size_in(fig)[0] - look.room_in(_TICKS_IN)) / look.room_in(NARROWEST_PANEL_IN)))
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
    leavings(axes, _of(table.frame("beyond"), panel, metric), style["color"])


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
    name_highest(axes, _of(table.frame("beyond"), panel, params.train), look)
    if params.y_scale == "log":
        log_ticks(axes.yaxis, look)
    else:
        few_ticks(axes.yaxis, look)


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
    line, thin = look.line_pt(1.1), look.line_pt(0.7)
    return {
        "train": {"color": look.ink, "linestyle": DASHES[0], "linewidth": line},
        "validation": {"color": look.muted, "linestyle": DASHES[1], "linewidth": line},
        GRADIENTS[0]: {"color": look.ink, "linestyle": DASHES[0], "linewidth": thin},
        GRADIENTS[1]: {"color": look.ink, "linestyle": DASHES[2], "linewidth": line},
        GRADIENTS[2]: {"color": look.muted, "linestyle": DASHES[3], "linewidth": thin},
    }


def _texts(fig: Any, table: Table, panel: int, look: Any, room_in: float) -> list[tuple[str, bool]]:
    """Lines above a panel, and which are bold: its title, then the verdict."""
    about = {name: column[panel] for name, column in table.frame("panels").items()}
    size, name = look.venue.small_pt, str(about["condition"])
    title = str(about["title"]) or name.replace(",", ", ")
    if (table.frame("panels")["condition"] == name).sum() > 1:
        title += f", {about['run']}"
    # Bold is wider, by less than this.
    lines = [(line, True) for line in wrapped(fig, title, room_in / 1.1, size)]
    said = _of(table.frame("verdicts"), panel)
    for number in np.unique(said["line"]):
        parts = [str(text) for text in said["text"][said["line"] == number]]
        together = wrapped(fig, ": ".join(parts), room_in, size)
        broken = [line for part in parts for line in wrapped(fig, part, room_in, size)]
        lines += [(line, False) for line in (together if len(together) == 1 else broken)]
    return lines


def _legend(fig: Any, table: Table, params: Params, look: Any, *, lower: bool) -> None:
    losses = [params.train, *([params.validation] if params.validation else [])]
    named = dict(zip(("train", "validation"), roles(losses), strict=False))
    named |= {name: name for name in GRADIENTS} if lower else {}
    handles = [Line2D([], [], **_styles(look)[name]) for name in named]
    labels = list(named.values())
    hollow: dict[str, Any] = {"linestyle": "none", "color": look.ink, "markersize": look.mark_pt(5)}
    marks = {
        "rings": ("o", "fault starts"),
        "crosses": ("x", "NaN or infinite"),
        "beyond": ("^", "beyond the axis"),
    }
    for name, (marker, label) in marks.items():
        if table.frame(name)["x"].size:
            face = "white" if marker == "o" else look.ink
            handles.append(Line2D([], [], marker=marker, markerfacecolor=face, **hollow))
            labels.append(label)
    runs, expected = table.facts["runs"], table.facts["expected"]
    labels[0] += f" ({runs} of {expected} runs are there)" if runs < expected else ""
    legend_below(fig, handles, labels, look)


def example() -> Example:
    """A healthy run, one that overfits and one whose gradients explode on the way."""
    steps = np.arange(41)
    fall = 2.3 * np.exp(-steps / 6.0)
    burst = np.exp(-((steps - 18) ** 2) / 4.0)
    curves = {
        "relu": (fall + 0.02, fall + 0.05, np.ones(41)),
        "overfitting": (fall + 0.004, fall + 0.1 + 0.012 * np.maximum(steps - 12, 0), np.ones(41)),
        "sigmoid": (fall + 0.02 + 20 * burst, fall + 0.05 + 20 * burst, 1.0 + 2000 * burst),
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
