"""How each hidden unit answers to each example: examples in rows, grouped by class, units in columns.

The last hidden layer on the test set, as ActiVis (Kahng et al. 2018) shows it. Rows keep their recorded
order inside a class; columns stand under the class whose mean activation is largest for the unit, the
most selective unit first (share of its variance between classes), so that a layer that tells classes
apart shows blocks from upper left to lower right. Units that never change stand last, as "const.".
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.colors import Normalize
from pydantic import Field

from figproof.axes import before_draw, cells, colour_bar, fit_lines, label_axis, note
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, IntArray, Run, Snapshot, Table, frame
from figproof.numerics.choosing import one_run
from figproof.numerics.units import first_of_each, order_by_class

SHOWS_CONDITIONS = False
ARTIFACT = "hidden"
MOST_ROWS, MOST_UNITS = 400, 512
CONSTANT = "const."


class Params(KindParams):
    """Which run and epoch, and how many examples."""

    condition: str | None = Field(default=None, description="Condition; may be left out if there is one run.")
    seed: int | None = Field(default=None, description="Seed; may be left out if there is one run.")
    epoch: int | None = Field(default=None, description="Recorded epoch; the last if left out.")
    per_class: int | None = Field(
        default=None, ge=1, description="First examples of each class; as many as have room if left out."
    )
    class_labels: list[str] | None = Field(
        default=None, min_length=1, description="Names of the classes in their order; 0, 1, ... if left out."
    )


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Rows by class, columns by the class a unit answers to, and what was left out."""
    run = one_run(snapshot, params.condition, params.seed)
    where = f"run {run.id} ({run.experiment}), artifact {ARTIFACT!r}"
    values, labels, epoch = _recorded(run, params.epoch, where)
    classes = np.unique(labels)
    if params.class_labels is not None and classes.max() >= len(params.class_labels):
        raise FigproofError(
            f"{len(params.class_labels)} class_labels, but class {classes.max()} occurs",
            where="params.class_labels",
            hint="name every class",
        )
    if values.shape[1] > MOST_UNITS or classes.size > MOST_ROWS:
        raise FigproofError(
            f"{values.shape[1]} units and {classes.size} classes cannot be told apart; "
            f"at most {MOST_UNITS} and {MOST_ROWS} can",
            where=where,
            hint="record a narrower layer, or show the embedding of this one",
        )
    try:
        order, preferred, share = order_by_class(values, labels)
    except FigproofError as error:
        raise FigproofError(error.problem, where=where, hint=error.hint) from error
    # All of them where they have room, else equally many of each class.
    room = labels.size if labels.size <= MOST_ROWS else max(1, MOST_ROWS // classes.size)
    rows = first_of_each(labels, params.per_class or room)
    if rows.size > 2 * MOST_ROWS:
        raise FigproofError(
            f"{rows.size} rows cannot be told apart; at most {2 * MOST_ROWS}",
            where="params.per_class",
            hint=f"set it to {max(1, MOST_ROWS // classes.size)}",
        )
    names = params.class_labels or [str(number) for number in range(int(classes.max()) + 1)]
    shown = values[np.ix_(rows, order)]
    grid = frame(
        example=np.repeat(rows, order.size),
        true=np.repeat([names[at] for at in labels[rows]], order.size),
        unit=np.tile(order + 1, rows.size),
        activation=shown.ravel(),
    )
    constant = np.isnan(share[order])
    units = frame(
        unit=order + 1,
        preferred=[CONSTANT if c else names[at] for c, at in zip(constant, preferred[order], strict=True)],
        selectivity=share[order],
    )
    facts = {
        "epoch": epoch,
        "examples": int(labels.size),
        "shown": int(rows.size),
        "units": int(order.size),
        "constant_units": int(constant.sum()),
        "signed": bool(values.min() < 0),
        "largest": float(np.abs(shown).max()),
    }
    return Table({"cells": grid, "units": units}, facts)


def _recorded(run: Run, epoch: int | None, where: str) -> tuple[FloatArray, IntArray, int]:
    values, labels, epochs = (run.array(ARTIFACT, name) for name in ("activations", "labels", "epochs"))
    if values.ndim != 3 or values.shape[:2] != (epochs.size, labels.size) or not values.size:
        raise FigproofError(
            f"activations {values.shape} do not fit {epochs.size} epochs and {labels.size} labels",
            where=where,
            hint="record the run again with store_arrays: every",
        )
    if labels.min() < 0:
        raise FigproofError("a class is below 0", where=where, hint="number classes from 0")
    wanted = int(epochs[-1]) if epoch is None else epoch
    at = np.flatnonzero(epochs == wanted)
    if at.size != 1:
        raise FigproofError(
            f"epoch {wanted} was not recorded; recorded: {epochs.tolist()}",
            where=where,
            hint="choose one of these",
        )
    return values[at[0]].astype(np.float64), labels.astype(np.int64), wanted


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """One image; classes named at both sides, thin white lines between them."""
    axes = fig.subplots()
    units, grid, facts = table.frame("units"), table.frame("cells"), table.facts
    columns = units["unit"].size
    rows = grid["unit"].size // columns
    reach = facts["largest"] or 1.0
    norm = Normalize(-reach if facts["signed"] else 0, reach)
    cmap = look.cmap("diverging" if facts["signed"] else "sequential")
    mesh = cells(axes, grid["activation"].reshape(rows, columns), cmap, norm, look, gaps=False)
    line = {
        "color": look.muted if facts["signed"] else "white",
        "linewidth": look.line_pt(0.5),
    }
    down, across = _bands(grid["true"][::columns]), _bands(units["preferred"])
    for _, start, _ in down[1:]:
        axes.axhline(start - 0.5, **line)
    for _, start, _ in across[1:]:
        axes.axvline(start - 0.5, **line)
    before_draw(axes, lambda: _name_bands(axes.yaxis, down, axes.bbox.height / rows, look))
    before_draw(axes, lambda: _name_bands(axes.xaxis, across, axes.bbox.width / columns, look))
    _name_bands(axes.yaxis, down, axes.bbox.height / rows, look)
    _name_bands(axes.xaxis, across, axes.bbox.width / columns, look)
    label_axis(axes.yaxis, "examples, by true class")
    label_axis(axes.xaxis, "units, by class of largest mean activation")
    parts = [f"epoch {facts['epoch']}", f"{columns} units"]
    if facts["constant_units"]:
        parts.append(f"{facts['constant_units']} never change (right)")
    whole = facts["shown"] == facts["examples"]
    parts.append(
        f"{facts['examples']} examples" if whole else f"{facts['shown']} of {facts['examples']} examples"
    )
    note(axes, fit_lines(fig, parts, look), look)
    colour_bar(fig, mesh, axes, "activation", look)


def _bands(names: Any) -> list[tuple[str, int, int]]:
    """Name, first and last place of each stretch of equal names."""
    starts = [0, *(np.flatnonzero(names[1:] != names[:-1]) + 1).tolist()]
    ends = [*starts[1:], len(names)]
    return [(str(names[a]), a, b - 1) for a, b in zip(starts, ends, strict=True)]


def _name_bands(axis: Any, bands: list[tuple[str, int, int]], cell_px: float, look: Any) -> None:
    """Names at the middles of their bands; those whose neighbour is too near are left out."""
    em_px = look.venue.small_pt * axis.get_figure(root=True).dpi / 72
    kept: list[tuple[str, float]] = []
    edge = -np.inf
    for name, start, end in bands:
        middle = (start + end) / 2
        half = 0.5 * em_px * (1.3 if axis.axis_name == "y" else 0.62 * len(name) + 0.5)
        if middle * cell_px - half >= edge:
            kept.append((name, middle))
            edge = middle * cell_px + half
    axis.set_ticks([at for _, at in kept], [name for name, _ in kept], parse_math=False)


def example() -> Example:
    """Ten classes, 24 rectified units: most answer to one class, two to none."""
    random = np.random.default_rng(3)
    labels = np.arange(200) % 10
    strength = np.zeros((10, 24))
    strength[np.arange(24) % 10, np.arange(24)] = random.uniform(1, 3, 24)
    values = np.maximum(strength[labels] + random.normal(0, 0.5, (200, 24)) - 0.2, 0)
    values[:, [5, 17]] = 0
    arrays: dict[str, Any] = {
        "activations": values[None].astype(np.float16),
        "labels": labels,
        "epochs": np.array([40]),
    }
    return Example(Snapshot("example", (example_run(1, "adam", artifacts={ARTIFACT: arrays}),)), Params())
