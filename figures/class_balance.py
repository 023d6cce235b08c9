"""How many examples of each class a run used: the training, validation and test part, a panel each.

The counts are those that the run recorded after it had taken its subset and drawn its label noise, not
those of the data set. Every axis starts at zero; the dotted line is where each bar would end if classes were
equally frequent. Above each panel stand the number of examples and the ratio of the largest to the smallest
class. Where a condition's runs differ, the bar is their mean and the thin line on it their range.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from pydantic import Field

from figproof.axes import heading, label_axis, legend_below, size_in, words
from figproof.axes.seeds import seeds_note
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Run, Snapshot, Table, frame
from figproof.numerics.curves import run_name
from figproof.numerics.seeds import runs_frame
from figproof.numerics.summaries import short_number

ARTIFACT = "data"
MOST_CONDITIONS = 4
MOST_CLASSES = 100
HATCHES = ("", "////", "....", "xxxx")
EVEN_DASH = (0, (1, 1.5))
_BAR_SHARE = 0.8
_ROW_PT = 1.15


class Params(KindParams):
    """Which parts and conditions, and what the classes are called."""

    parts: list[str] = Field(
        default=["train", "validation", "test"],
        min_length=1,
        max_length=4,
        description="Arrays of the artifact data: counts of one part of the data set each.",
    )
    conditions: list[str] | None = Field(
        default=None, min_length=1, description="Conditions to show; all if left out."
    )
    class_labels: list[str] | None = Field(
        default=None, min_length=2, description="Names of the classes in their order; 0, 1, ... if left out."
    )


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Mean and range of each count over a condition's runs."""
    runs = {name: snapshot.of(name) for name in params.conditions or snapshot.conditions()}
    if not runs:
        raise FigproofError("the pin holds no run", where=f"pin {snapshot.pin}")
    if len(runs) > MOST_CONDITIONS:
        raise FigproofError(
            f"{len(runs)} conditions make bars too thin to compare; at most {MOST_CONDITIONS}",
            where=f"pin {snapshot.pin}",
            hint="name some in params.conditions; conditions that used the same data need one bar",
        )
    counts = {
        (condition, part): np.array([_counts(run, part) for run in group])
        for part in params.parts
        for condition, group in runs.items()
        if _same_classes(condition, group, params.parts)
    }
    sizes = sorted({found.shape[1] for found in counts.values()})
    names = params.class_labels or [str(number) for number in range(sizes[0])]
    if len(sizes) > 1 or len(names) != sizes[0]:
        raise FigproofError(
            f"{len(names)} class names for counts of {'/'.join(map(str, sizes))} classes",
            where="params.class_labels",
            hint="name each class once, and pin runs on the same classes",
        )
    if len(names) > MOST_CLASSES:
        raise FigproofError(
            f"{len(names)} classes make bars too thin to see; at most {MOST_CLASSES}",
            where=f"pin {snapshot.pin}",
            hint="record the counts of groups of classes as further arrays and name these in params.parts",
        )
    rows = [
        (condition, part, name, found[:, at].mean(), int(found[:, at].min()), int(found[:, at].max()))
        for (condition, part), found in counts.items()
        for at, name in enumerate(names)
    ]
    columns = dict(
        zip(("condition", "part", "class", "count", "low", "high"), zip(*rows, strict=True), strict=True)
    )
    totals = [(condition, part, *_total(found)) for (condition, part), found in counts.items()]
    parts = dict(zip(("condition", "part", "examples", "ratio"), zip(*totals, strict=True), strict=True))
    frames = {"counts": frame(**columns), "parts": frame(**parts)}
    return Table({**frames, "runs": runs_frame(runs, snapshot.expected_seeds)}, {"classes": names})


def _same_classes(condition: str, runs: tuple[Run, ...], parts: list[str]) -> bool:
    """True, or an error: runs of one condition count the same classes."""
    sizes = sorted({_counts(run, part).size for run in runs for part in parts})
    if len(sizes) > 1:
        raise FigproofError(
            f"runs or parts count different classes: {'/'.join(map(str, sizes))}",
            where=f"condition {condition}",
            hint="record every part with the same number of classes, zeros included",
        )
    return True


def _counts(run: Run, part: str) -> FloatArray:
    """A part's counts, shape (classes,), checked."""
    counts = run.array(ARTIFACT, part)
    where = f"{run.condition} {run_name(run)}, artifact {ARTIFACT!r}"
    if counts.ndim != 1 or not counts.size or counts.dtype.kind not in "iu" or counts.min() < 0:
        raise FigproofError(
            f"{part!r} is {counts.dtype} of shape {counts.shape}; needed is a whole number for each class",
            where=where,
            hint="record it with data.class_counts(classes), or name another array in params.parts",
        )
    if not counts.sum():
        raise FigproofError(f"{part!r} counts no example", where=where, hint="leave it out of params.parts")
    return counts.astype(np.float64)


def _total(found: FloatArray) -> tuple[float, float]:
    """Mean number of examples, and largest over smallest mean count; infinite where a class is absent."""
    mean = found.mean(axis=0)
    return float(mean.sum()), float(mean.max() / mean.min()) if mean.min() > 0 else float("inf")


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Horizontal bars: class names of any length can be read at their left."""
    counts, names = table.frame("counts"), table.facts["classes"]
    conditions = look.ordered(counts["condition"])
    panels = fig.subplots(1, len(params.parts), sharey=True, squeeze=False).ravel()
    for axes, part in zip(panels, params.parts, strict=True):
        for place, condition in enumerate(conditions):
            here = (counts["condition"] == condition) & (counts["part"] == part)
            bars = {name: column[here] for name, column in counts.items()}
            _bars(axes, bars, place, len(conditions), look)
        _even_lines(axes, table, part, conditions, len(names), look)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True, steps=[1, 2, 5, 10]))
        axes.tick_params(axis="y", length=0)
        label_axis(axes.xaxis, "examples")
        room = size_in(fig)[0] / len(params.parts)
        heading(axes, words(part), _heading(table, part, conditions, look), look, room_in=0.7 * room)
    _name_classes(fig, panels[0], names, look)
    _explain(fig, table, conditions, look)


def _explain(fig: Any, table: Table, conditions: tuple[str, ...], look: Any) -> None:
    """A legend below: conditions, range, the line of equal classes."""
    runs = table.frame("runs")
    seeds = ", ".join(seeds_note(runs, look))
    handles: list[Any] = [Patch(**_fill(place, name, look)) for place, name in enumerate(conditions)]
    labels = [look.label(name) for name in conditions]
    if runs["n"].max() > 1:
        handles.append(Line2D([], [], color=look.ink, linewidth=_thin(look)))
        labels.append(f"range, bars: mean, {seeds}")
    elif len(conditions) == 1:
        labels = [f"{labels[0]}, one run"]
    handles.append(Line2D([], [], color=look.ink, linestyle=EVEN_DASH, linewidth=_thin(look)))
    labels.append("equally frequent")
    legend_below(fig, handles, labels, look)


def _thin(look: Any) -> float:
    return float(look.line_pt(0.6))


def _fill(place: int, condition: str, look: Any) -> dict[str, Any]:
    return {
        "facecolor": look.colour(condition),
        "hatch": HATCHES[place],
        "edgecolor": "white",
        "linewidth": 0,
    }


def _bars(axes: Any, bars: Any, place: int, several: int, look: Any) -> None:
    """The bars of one condition, beside those of the others."""
    thickness = _BAR_SHARE / several
    y = np.arange(bars["count"].size) + (place - (several - 1) / 2) * thickness
    axes.barh(y, bars["count"], height=thickness, **_fill(place, str(bars["condition"][0]), look))
    spread = bars["high"] > bars["low"]
    axes.hlines(
        y[spread], bars["low"][spread], bars["high"][spread], color=look.ink, linewidth=_thin(look), zorder=3
    )


def _even_lines(
    axes: Any, table: Table, part: str, conditions: tuple[str, ...], classes: int, look: Any
) -> None:
    parts = table.frame("parts")
    here = parts["part"] == part
    style = {"color": look.ink, "linestyle": EVEN_DASH, "linewidth": _thin(look), "zorder": 2.5}
    style["path_effects"] = [withStroke(linewidth=2.5 * _thin(look), foreground="white")]
    for even in np.unique(parts["examples"][here]) / classes:
        axes.axvline(even, **style)


def _heading(table: Table, part: str, conditions: tuple[str, ...], look: Any) -> list[str]:
    """``n = 1077`` and ``max/min 1.06``, for each condition where there are several."""
    parts = table.frame("parts")
    items = []
    for condition in conditions:
        row = np.flatnonzero((parts["part"] == part) & (parts["condition"] == condition))[0]
        ratio = parts["ratio"][row]
        said = (
            f"max/min {short_number(ratio, np.array([ratio]))}" if np.isfinite(ratio) else "a class is absent"
        )
        items += [f"n = {parts['examples'][row]:.0f}", said]
    return list(dict.fromkeys(items))


def _name_classes(fig: Any, axes: Any, names: list[str], look: Any) -> None:
    """Every name where rows are high enough, else every second, third, ... row."""
    room_pt = 0.62 * size_in(fig)[1] * 72 / len(names)
    least = _ROW_PT * look.venue.small_pt / room_pt
    every = next(step for step in (1, 2, 5, 10, 20, 50, MOST_CLASSES) if step >= min(least, MOST_CLASSES))
    shown = range(0, len(names), every)
    axes.set_yticks(list(shown), [names[at] for at in shown], parse_math=False, fontsize=look.venue.small_pt)
    axes.set_ylim(len(names) - 0.5, -0.5)
    label_axis(axes.yaxis, "class")


def example() -> Example:
    """A long-tailed training part with noise that differs by seed; balanced parts to validate and test."""
    tail = np.array([400, 300, 240, 180, 140, 100, 80, 60, 45, 30])
    held_out = np.full(10, 36)
    runs = []
    for seed in range(3):
        random = np.random.default_rng(seed)
        moved = random.multinomial(60, np.full(10, 0.1)) - random.multinomial(60, tail / tail.sum())
        arrays = {"train": np.maximum(tail + moved, 0), "validation": held_out, "test": held_out}
        runs.append(example_run(seed + 1, "overfitting", seed=seed, artifacts={ARTIFACT: arrays}))
    return Example(Snapshot("example", tuple(runs), expected_seeds=3), Params())
