"""How the weights, gradients or activations of each layer are distributed while a network trains.

One panel a layer, one ridge an epoch, the earliest behind and on top. A ridge is the recorded histogram
itself, as steps: no kernel, no bandwidth; all epochs of a layer share their bins and one scale of height.
With ``height: root`` it shows the square root of the density (Tukey's rootogram), so that a spike at zero
does not flatten the rest. Above each panel stands the layer and, for ReLU networks, the share of its units
that are dead at the last epoch: 0 for every example of the test set.
"""

from __future__ import annotations

import re
from typing import Any, Literal

import numpy as np
from matplotlib.ticker import Formatter, FuncFormatter, MaxNLocator
from pydantic import Field

from figproof.axes import before_draw, fit_lines, label_axis, note, size_in
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Frame, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.choosing import one_run
from figproof.numerics.histograms import densities, evenly

SHOWS_CONDITIONS = False
ARTIFACT = "histograms"
NARROWEST_PANEL_IN = 1.0
LOWEST_PANEL_IN = 1.2
MOST_LAYERS = 12
OVERLAP = 2.2


class Params(KindParams):
    """What to show of which run."""

    what: Literal["weights", "gradients", "activations"] = Field(
        default="weights", description="Which distribution."
    )
    height: Literal["density", "root"] = Field(
        default="density", description="Height of a ridge: the density, or its square root."
    )
    condition: str | None = Field(default=None, description="Condition; may be left out if there is one run.")
    seed: int | None = Field(default=None, description="Seed; may be left out if there is one run.")
    layers: list[int] | None = Field(
        default=None, min_length=1, description="Layers from the input, from 1; all if left out."
    )
    ridges: int = Field(default=12, ge=1, le=60, description="Most epochs, spread evenly over training.")


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Density per layer, epoch and bin; the share of dead units per layer and epoch."""
    run = one_run(snapshot, params.condition, params.seed)
    where = f"run {run.id} ({run.experiment}), artifact {ARTIFACT!r}"
    arrays = run.arrays(ARTIFACT)
    pattern = re.compile(rf"{params.what}_layer(\d{{1,6}})")
    known = sorted(int(match[1]) for name in arrays if (match := pattern.fullmatch(name)))
    layers = known if params.layers is None else params.layers
    if not known or not set(layers) <= set(known):
        raise FigproofError(
            f"{params.what} of layers {layers or 'none'} are wanted; recorded: {known or 'none'}",
            where=where,
            hint="record with store_arrays: every, or set params.layers",
        )
    if len(layers) > MOST_LAYERS:
        raise FigproofError(
            f"{len(layers)} layers do not fit; at most {MOST_LAYERS}",
            where=where,
            hint="choose some with params.layers",
        )
    epochs = run.array(ARTIFACT, "epochs")
    picked = evenly(epochs.size, params.ridges)
    parts, abouts = [], []
    for layer in layers:
        parts.append(_ridges(run, params.what, layer, epochs, picked, where))
        dead = arrays.get(f"dead_layer{layer}")
        if dead is not None and dead.shape != epochs.shape:
            raise FigproofError(f"dead units {dead.shape} do not fit {epochs.size} epochs", where=where)
        share = np.full(epochs.size, np.nan) if dead is None else dead.astype(np.float64)
        abouts.append(frame(layer=np.full(epochs.size, layer), epoch=epochs, dead_share=share))
    table = concatenate(parts)
    if not np.isfinite(table["density"]).any():
        raise FigproofError(
            "every histogram is empty: nothing finite was measured",
            where=where,
            hint="choose a run that did not diverge",
        )
    facts = {"epochs_recorded": int(epochs.size), "epochs_shown": int(picked.size), "bandwidth": "none"}
    return Table({"ridges": table, "dead": concatenate(abouts)}, facts)


def _ridges(run: Run, what: str, layer: int, epochs: Any, picked: Any, where: str) -> Frame:
    counts = run.array(ARTIFACT, f"{what}_layer{layer}")
    edges = run.array(ARTIFACT, f"{what}_edges_layer{layer}").astype(np.float64)
    if counts.ndim != 2 or counts.shape[0] != epochs.size or not epochs.size:
        raise FigproofError(f"counts {counts.shape} do not fit {epochs.size} epochs", where=where)
    density = densities(counts[picked], edges)
    bins = counts.shape[1]
    return frame(
        layer=np.full(density.size, layer),
        epoch=np.repeat(epochs[picked], bins),
        left=np.tile(edges[:-1], picked.size),
        right=np.tile(edges[1:], picked.size),
        count=counts[picked].ravel(),
        density=density.ravel(),
        root_density=np.sqrt(density).ravel(),
    )


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Panels of ridges; the earliest epoch on top, each later one in front and further down."""
    ridges, dead = table.frame("ridges"), table.frame("dead")
    layers = np.unique(ridges["layer"])
    epochs = np.unique(ridges["epoch"])
    width, _ = size_in(fig)
    columns = min(layers.size, max(1, int((width - look.room_in(0.4)) / look.room_in(NARROWEST_PANEL_IN))))
    rows = -(-layers.size // columns)
    if rows * look.room_in(LOWEST_PANEL_IN) > size_in(fig)[1]:
        raise FigproofError(
            f"{layers.size} layers need {rows} rows of panels, which are too low",
            hint="make the figure higher (height_in) or choose some layers with params.layers",
        )
    grid = fig.subplots(rows, columns, squeeze=False)
    column = "root_density" if params.height == "root" else "density"
    for place, axes in enumerate(grid.flat):
        if place >= layers.size:
            axes.remove()
            continue
        part = {key: values[ridges["layer"] == layers[place]] for key, values in ridges.items()}
        _draw_ridges(axes, part, part[column].reshape(epochs.size, -1), epochs, look)
        note(axes, fit_lines(fig, _note_parts(dead, int(layers[place])), look, columns=columns), look)
        if place % columns == 0:
            label_axis(axes.yaxis, "epoch")
        else:
            axes.tick_params(labelleft=False)
    what = {"weights": "weight", "gradients": "gradient", "activations": "activation"}[params.what]
    scale = "height: root of density" if params.height == "root" else "height: density"
    fig.supxlabel(f"{what} ({scale}, a scale per layer)", fontsize=look.venue.small_pt, color=look.ink)


def _draw_ridges(axes: Any, part: Frame, heights: FloatArray, epochs: Any, look: Any) -> None:
    left, right = (part[key].reshape(epochs.size, -1)[0] for key in ("left", "right"))
    edges = np.append(left, right[-1])
    tallest = np.nanmax(heights) if np.isfinite(heights).any() else 1.0
    # The light end of the map is hard to see on white.
    colours = look.cmap()(np.linspace(0.0, 0.85, epochs.size))
    for row, colour in enumerate(colours):
        base = -float(row)
        values = np.nan_to_num(heights[row]) * (OVERLAP / tallest)
        axes.stairs(
            base + values, edges, baseline=base, fill=True, color=colour, alpha=1, linewidth=0, zorder=2 + row
        )
        axes.stairs(
            base + values,
            edges,
            baseline=base,
            color="white",
            linewidth=look.line_pt(0.4),
            zorder=2.5 + row,
        )
    axes.set_ylim(-epochs.size + 0.7, OVERLAP + 0.1)
    axes.set_xlim(edges[0], edges[-1])
    axes.xaxis.set_major_locator(MaxNLocator(nbins=2, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: Formatter.fix_minus(f"{value:.3g}")))
    for side in ("left", "top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)

    def name_epochs() -> None:
        room_pt = axes.bbox.height * 72 / axes.get_figure(root=True).dpi
        most = max(2, int(room_pt / (1.5 * look.venue.small_pt)))
        rows = np.arange(0, epochs.size, -(-epochs.size // most))
        axes.set_yticks(-rows.astype(float), [str(epochs[row]) for row in rows])

    name_epochs()
    before_draw(axes, name_epochs)


def _note_parts(dead: Frame, layer: int) -> list[str]:
    share = dead["dead_share"][dead["layer"] == layer][-1]
    parts = [f"layer {layer}"]
    return parts + ([f"dead {100 * share:.0f} %"] if np.isfinite(share) else [])


def example() -> Example:
    """Three layers whose weights spread over 20 epochs; a few units of the second layer die."""
    random = np.random.default_rng(1)
    epochs = np.arange(21)
    arrays: dict[str, Any] = {"epochs": epochs}
    for layer, wide in ((1, 0.2), (2, 0.35), (3, 0.5)):
        edges = np.linspace(-5 * wide, 5 * wide, 61)
        drawn = [random.normal(0.02 * e * wide, wide * (1 + 0.04 * e), 2000) for e in epochs]
        arrays[f"weights_layer{layer}"] = np.stack([np.histogram(x, edges)[0] for x in drawn])
        arrays[f"weights_edges_layer{layer}"] = edges
    arrays["dead_layer1"], arrays["dead_layer2"] = np.zeros(21), np.minimum(epochs / 100, 0.125)
    return Example(Snapshot("example", (example_run(1, "sgd", artifacts={ARTIFACT: arrays}),)), Params())
