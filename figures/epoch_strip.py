"""Every epoch of a classifier, none overwritten by the next: small multiples, or one panel for all.

A curve is one epoch: the probability given to the true class with the examples sorted by it, or the
accuracy of each class. In small multiples a panel's own epoch is the thick line and every epoch recorded
before it is faint behind it, so that epochs without a panel of their own are seen too; in the accumulated
panel colour is the epoch. Epochs whose predictions are not finite are named.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from pydantic import Field, model_validator

from figproof.axes import colour_bar, fit_lines, label_axis, legend_over, note, size_in
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, IntArray, Run, Snapshot, Table, frame
from figproof.numerics.choosing import chosen_runs
from figproof.numerics.curves import run_name
from figproof.numerics.epochs import on_other_points
from figproof.numerics.profiles import LEVELS, accuracy_profile, confidence_profile, spread_epochs

ARTIFACT = "predictions"
PANELS, MOST_PANELS = 8, 24
MOST_NAMES = 30
_PANEL_IN = 0.95
QUANTITIES = {"confidence": "probability of true class", "class_accuracy": "accuracy (%)"}
PLACES = {"confidence": "test examples, sorted (%)", "class_accuracy": "true class"}


class Params(KindParams):
    """Which run, which curve of an epoch, and how epochs are laid out."""

    condition: str | None = Field(
        default=None, description="Condition to show; may be left out if there is one."
    )
    seed: int | None = Field(
        default=None, description="Seed of the one run to show; examples of all are pooled if left out."
    )
    quantity: Literal["confidence", "class_accuracy"] = Field(
        default="confidence",
        description="confidence: probability of the true class, sorted. class_accuracy: share right.",
    )
    layout: Literal["multiples", "accumulated"] = Field(
        default="multiples", description="A panel for each of some epochs, or one panel for all."
    )
    epochs: list[int] | None = Field(
        default=None,
        min_length=1,
        max_length=MOST_PANELS,
        description="For multiples: epochs with a panel of their own; eight, evenly spread, if left out.",
    )
    class_labels: list[str] | None = Field(
        default=None,
        min_length=2,
        max_length=MOST_NAMES,
        description="For class_accuracy: names of the classes in their order; 0, 1, ... if left out.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> Params:
        if self.epochs is not None and self.layout == "accumulated":
            raise ValueError("layout: accumulated shows every epoch; leave epochs out")
        if self.epochs is not None and sorted(set(self.epochs)) != self.epochs:
            raise ValueError(f"epochs must rise, not {self.epochs}")
        if self.class_labels is not None and self.quantity != "class_accuracy":
            raise ValueError("class_labels belong to quantity: class_accuracy")
        return self


def derive(snapshot: Snapshot, params: Params) -> Table:
    """One curve for each recorded epoch, over the examples of all chosen runs."""
    runs = chosen_runs(snapshot, params.condition, params.seed)
    found = [_predictions(run) for run in runs]
    epochs = found[0][2]
    classes = found[0][0].shape[2]
    where = f"condition {runs[0].condition}"
    if any(one[2] != epochs or one[0].shape[2] != classes for one in found):
        raise FigproofError(
            "runs recorded different epochs or classes and cannot be pooled",
            where=where,
            hint="set params.seed",
        )
    if params.class_labels is not None and len(params.class_labels) != classes:
        raise FigproofError(
            f"{len(params.class_labels)} class_labels for {classes} classes",
            where="params.class_labels",
            hint="name each class once",
        )
    labels = np.concatenate([one[1] for one in found])
    measure = confidence_profile if params.quantity == "confidence" else accuracy_profile
    curves = np.array(
        [measure(np.concatenate([one[0][at] for one in found]), labels) for at in range(len(epochs))]
    )
    broken = [epoch for epoch, curve in zip(epochs, curves, strict=True) if np.isnan(curve).all()]
    if len(broken) == len(epochs):
        raise FigproofError(
            "no epoch has finite predictions", where=where, hint="leave out the run that diverged"
        )
    places = 100 * LEVELS if params.quantity == "confidence" else np.arange(classes, dtype=np.float64)
    scale = 1.0 if params.quantity == "confidence" else 100.0
    profiles = frame(
        epoch=np.repeat(epochs, places.size),
        place=np.tile(places, len(epochs)),
        value=scale * curves.ravel(),
    )
    same = len(runs) > 1 and not on_other_points(runs)
    facts = {
        "condition": runs[0].condition,
        "runs": len(runs),
        "same_examples": same,
        "examples": labels.size // len(runs) if same else labels.size,
        "recorded": epochs,
        "not_finite": broken,
        "shown": _shown(epochs, params, where) if params.layout == "multiples" else epochs,
    }
    return Table({"profiles": profiles}, facts)


def _predictions(run: Run) -> tuple[Any, IntArray, list[int]]:
    """Probabilities (epochs, n, classes), labels (n,) and epochs of one run, checked."""
    probabilities, labels, epochs = (
        run.array(ARTIFACT, name) for name in ("probabilities", "labels", "epochs")
    )
    where = f"{run.condition} {run_name(run)}, artifact {ARTIFACT!r}"
    fits = probabilities.ndim == 3 and probabilities.shape[:2] == (epochs.size, labels.size)
    if not fits or not epochs.size or not labels.size:
        raise FigproofError(
            f"probabilities {probabilities.shape} do not fit {epochs.size} epochs and {labels.size} labels",
            where=where,
            hint="record (epochs, examples, classes), e.g. with store_arrays=every",
        )
    if labels.min() < 0 or labels.max() >= probabilities.shape[2]:
        raise FigproofError(
            f"labels {labels.min()}..{labels.max()} do not fit {probabilities.shape[2]} classes",
            where=where,
            hint="record labels as classes that count from 0",
        )
    return probabilities, labels.astype(np.int64), [int(epoch) for epoch in epochs]


def _shown(recorded: list[int], params: Params, where: str) -> list[int]:
    if params.epochs is None:
        return spread_epochs(recorded, PANELS)
    missing = [epoch for epoch in params.epochs if epoch not in recorded]
    if missing:
        raise FigproofError(
            f"epochs {missing} were not recorded; recorded: {recorded}",
            where=where,
            hint="change params.epochs",
        )
    return params.epochs


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """A grid of panels on common scales, or one panel with a colour bar of epochs."""
    epochs = np.array(table.facts["recorded"])
    profiles = table.frame("profiles")
    values = profiles["value"].reshape(epochs.size, -1)
    places = profiles["place"][: values.shape[1]]
    if params.layout == "accumulated":
        _accumulated(fig, table, epochs, places, values, params, look)
    else:
        _multiples(fig, table, epochs, places, values, params, look)


def _accumulated(
    fig: Any,
    table: Table,
    epochs: IntArray,
    places: FloatArray,
    values: FloatArray,
    params: Params,
    look: Any,
) -> None:
    axes = fig.subplots()
    # Without the palest fifth, which is lost on white.
    cmap = ListedColormap(look.cmap()(np.linspace(0.8, 0.0, 256)))
    norm = Normalize(epochs[0], max(int(epochs[-1]), int(epochs[0]) + 1))
    for epoch, curve in zip(epochs, values, strict=True):
        axes.plot(places, curve, **_line(params, cmap(norm(epoch)), look.line_pt(0.7)))
    label_axis(axes.yaxis, QUANTITIES[params.quantity])
    label_axis(axes.xaxis, PLACES[params.quantity])
    _scales(axes, places, values, params, look)
    note(axes, fit_lines(fig, _note_parts(table), look), look)
    if epochs.size > 1:
        bar = colour_bar(fig, ScalarMappable(norm, cmap), axes, "epoch", look)
        bar.locator = MaxNLocator(nbins=5, integer=True)
        bar.update_ticks()


def _multiples(
    fig: Any,
    table: Table,
    epochs: IntArray,
    places: FloatArray,
    values: FloatArray,
    params: Params,
    look: Any,
) -> None:
    shown = table.facts["shown"]
    most = max(1, int(size_in(fig)[0] / look.room_in(_PANEL_IN)))
    rows = -(-len(shown) // min(most, len(shown)))
    columns = -(-len(shown) // rows)
    grid = fig.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    colour = look.colour(table.facts["condition"])
    faint = {"color": look.muted, "alpha": 0.3, "linewidth": look.line_pt(0.5)}
    for axes, epoch in zip(grid.ravel(), shown, strict=False):
        at = int(np.flatnonzero(epochs == epoch)[0])
        for curve in values[:at]:
            axes.plot(places, curve, **faint)
        axes.plot(places, values[at], **_line(params, colour, look.line_pt(1.3)))
        note(axes, f"epoch {epoch}", look)
        if epoch in table.facts["not_finite"]:
            axes.text(
                0.5,
                0.5,
                "not finite",
                transform=axes.transAxes,
                ha="center",
                va="center",
                fontsize=look.venue.small_pt,
                color=look.ink,
            )
        _scales(axes, places, values, params, look)
    for axes in grid.ravel()[len(shown) :]:
        axes.set_visible(False)
    # The last row may be short: the panel above a hole shows the numbers of its own x axis.
    for axes in grid[-2, len(shown) - columns * (rows - 1) :] if rows > 1 else ():
        axes.tick_params(labelbottom=True)
    fig.supxlabel(PLACES[params.quantity], fontsize=look.venue.text_pt, color=look.ink)
    fig.supylabel(QUANTITIES[params.quantity], fontsize=look.venue.text_pt, color=look.ink)
    handles = [Line2D([], [], color=colour, linewidth=look.line_pt(1.3))]
    labels = [", ".join(["this epoch", *_note_parts(table)])]
    if len(epochs) > 1:
        handles.append(Line2D([], [], color=look.muted, linewidth=look.line_pt(0.5)))
        labels.append(f"every epoch recorded before ({epochs.size} in all)")
    legend_over(fig, handles, labels, look)


def _line(params: Params, colour: Any, width_pt: float) -> dict[str, Any]:
    points = {"marker": "o", "markersize": 1.6} if params.quantity == "class_accuracy" else {}
    return {"color": colour, "linewidth": width_pt, **points}


def _scales(axes: Any, places: FloatArray, values: FloatArray, params: Params, look: Any) -> None:
    if params.quantity == "confidence":
        axes.set(xlim=(0, 100), ylim=(-0.02, 1.02), xticks=[0, 50, 100], yticks=[0, 0.5, 1])
        return
    # One class holds a line on no point but its own: half a class of room at both sides.
    axes.set(xlim=(-0.5, places.size - 0.5), ylim=(-3, 103), yticks=[0, 50, 100])
    names = params.class_labels
    width = axes.get_figure(root=False).bbox.width * axes.get_position().width
    room_pt = width * 72 / axes.get_figure(root=True).dpi / places.size
    if names is None:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4 if room_pt < 9 else 10, integer=True))
        return
    every = max(1, int(np.ceil(1.2 * look.venue.small_pt / room_pt)))
    ticks = range(0, places.size, every)
    axes.set_xticks(
        list(ticks), [names[at] for at in ticks], rotation=90, fontsize=look.venue.small_pt, parse_math=False
    )


def _note_parts(table: Table) -> list[str]:
    facts = table.facts
    parts = ["one run" if facts["runs"] == 1 else f"{facts['runs']} seeds pooled"]
    parts.append(f"{'the same ' if facts['same_examples'] else ''}{facts['examples']} test examples")
    lost = facts["not_finite"]
    if lost:
        parts.append(
            f"not finite: {len(lost)} epochs from {lost[0]}" if len(lost) > 1 else f"not finite: {lost[0]}"
        )
    return parts


def example() -> Example:
    """Ten classes that are learnt one after the other, over 31 epochs."""
    random = np.random.default_rng(0)
    labels = np.repeat(np.arange(10), 30)
    base, epochs = random.normal(0, 1.0, (labels.size, 10)), np.arange(31)
    ease = 1.2 + 0.25 * labels + random.normal(0, 0.5, labels.size)
    strength = 6.0 / (1 + np.exp(-(epochs[:, None] - 3 * ease) / 2.5))
    scores = base + strength[..., None] * np.eye(10)[labels]
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    arrays = {"probabilities": probabilities.astype(np.float16), "labels": labels, "epochs": epochs}
    run = example_run(1, "adam", artifacts={ARTIFACT: arrays})
    return Example(Snapshot("example", (run,)), Params())
