"""A small network as nodes and links: width and colour of a link are the size and sign of its weight.

From left to right: inputs, hidden layers, outputs. Layers of more units than fit are drawn as groups: pixels
in square blocks, shown where they lie in the image, and hidden units of similar weights together (equal
parts of Ward's tree). Between groups, the width is the mean absolute weight and the colour the mean weight,
so that weights that cancel give a wide pale link. All layers share both scales; the strongest lie on top.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.patches import Rectangle
from pydantic import Field

from figproof.axes import colour_bar, fit_lines, note, size_in
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.choosing import one_run
from figproof.numerics.graph import blocks, group_links, unit_groups

SHOWS_CONDITIONS = False
ARTIFACT = "checkpoints"
MOST_LAYERS, MOST_OUTPUTS, MOST_UNITS = 8, 30, 4096
WIDEST_PT = 2.2
NODE_PT = 4.0


class Params(KindParams):
    """Which run, epoch and size."""

    condition: str | None = Field(default=None, description="Condition; may be left out if there is one run.")
    seed: int | None = Field(default=None, description="Seed; may be left out if there is one run.")
    epoch: int | None = Field(default=None, description="Recorded epoch; the last if left out.")
    most_nodes: int = Field(default=16, ge=2, le=40, description="Most nodes of an input or hidden layer.")
    input_shape: list[int] | None = Field(
        default=None, min_length=2, max_length=2, description="Height and width, where inputs are pixels."
    )
    class_labels: list[str] | None = Field(
        default=None, min_length=1, description="Names of the outputs; 0, 1, ... if left out."
    )


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Nodes, and the mean and mean absolute weight of every link."""
    run = one_run(snapshot, params.condition, params.seed)
    where = f"run {run.id} ({run.experiment}), artifact {ARTIFACT!r}"
    weights, epoch = _recorded(run, params.epoch, where)
    inputs, outputs = weights[0].shape[0], weights[-1].shape[1]
    if len(weights) + 1 > MOST_LAYERS or outputs > MOST_OUTPUTS:
        raise FigproofError(
            f"{len(weights) + 1} layers with {outputs} outputs are too many to read; "
            f"at most {MOST_LAYERS} and {MOST_OUTPUTS}",
            where=where,
            hint="show the weights' distributions with histogram_ridge",
        )
    height, width = params.input_shape or (inputs, 1)
    if min(height, width) < 1 or height * width != inputs:
        raise FigproofError(
            f"input_shape {params.input_shape} does not fit {inputs} inputs",
            where="params.input_shape",
            hint="give height and width of the image",
        )
    if params.class_labels is not None and len(params.class_labels) != outputs:
        raise FigproofError(
            f"{len(params.class_labels)} class_labels for {outputs} outputs",
            where="params.class_labels",
            hint="name every output",
        )
    first, shape = blocks(height, width, params.most_nodes)
    groups = unit_groups(weights, first, params.most_nodes)
    links, nodes = [], []
    for layer, matrix in enumerate(weights):
        mean, size = group_links(matrix, groups[layer], groups[layer + 1])
        source, target = np.divmod(np.arange(mean.size), mean.shape[1])
        links.append(
            frame(
                layer=np.full(mean.size, layer),
                source=source,
                target=target,
                mean=mean.ravel(),
                mean_absolute=size.ravel(),
            )
        )
    for layer, group in enumerate(groups):
        units = np.bincount(group)
        nodes.append(frame(layer=np.full(units.size, layer), node=np.arange(units.size), units=units))
    names = params.class_labels or [str(number) for number in range(outputs)]
    facts = {
        "epoch": epoch,
        "widths": [inputs, *(int(matrix.shape[1]) for matrix in weights)],
        "blocks": list(shape) if params.input_shape else [],
        "grouped": any(bool((np.bincount(group) > 1).any()) for group in groups),
    }
    return Table(
        {"links": concatenate(links), "nodes": concatenate(nodes), "outputs": frame(output=names)}, facts
    )


def _recorded(run: Run, epoch: int | None, where: str) -> tuple[list[FloatArray], int]:
    arrays, epochs = run.arrays(ARTIFACT), run.array(ARTIFACT, "epochs")
    wanted = int(epochs[-1]) if epoch is None else epoch
    at = np.flatnonzero(epochs == wanted)
    if at.size != 1:
        raise FigproofError(
            f"epoch {wanted} was not recorded; recorded: {epochs.tolist()}",
            where=where,
            hint="choose one of these",
        )
    weights: list[FloatArray] = []
    while (name := f"W{len(weights) + 1}") in arrays:
        stack = arrays[name]
        if (
            stack.ndim != 3
            or stack.shape[0] != epochs.size
            or 0 in stack.shape
            or max(stack.shape[1:]) > MOST_UNITS
        ):
            raise FigproofError(
                f"{name} {stack.shape} is not (epochs, fan in, fan out) of 1 to {MOST_UNITS} units",
                where=where,
                hint="choose a smaller network",
            )
        weights.append(stack[at[0]].astype(np.float64))
    fits = all(a.shape[1] == b.shape[0] for a, b in pairwise(weights))
    if not weights or not fits or not all(np.isfinite(matrix).all() for matrix in weights):
        raise FigproofError(
            "weights are missing, do not fit together or are not finite",
            where=where,
            hint="choose an epoch before the run diverged, or a run with checkpoint_every",
        )
    return weights, wanted


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """Links below nodes, names at the outputs, sizes of the layers under them."""
    axes = fig.subplots()
    links, nodes, facts = table.frame("links"), table.frame("nodes"), table.facts
    counts = np.bincount(nodes["layer"])
    size = look.venue.small_pt
    if 1.2 * size * counts[-1] / 72 > size_in(fig)[1] - 0.8:
        raise FigproofError(
            f"{counts[-1]} outputs have no room for their names",
            hint="make the figure higher (height_in)",
        )
    reach = float(np.abs(links["mean"]).max()) or 1.0
    widest = float(links["mean_absolute"].max()) or 1.0
    norm, cmap = Normalize(-reach, reach), look.cmap("diverging")
    order = np.argsort(links["mean_absolute"], kind="stable")
    ends = [
        [
            (links["layer"][i], _height(links["source"][i], counts[links["layer"][i]])),
            (links["layer"][i] + 1, _height(links["target"][i], counts[links["layer"][i] + 1])),
        ]
        for i in order
    ]
    floor = look.line_pt(0.5)
    thick = floor + (look.line_pt(WIDEST_PT) - floor) * links["mean_absolute"][order] / widest
    lines = LineCollection(ends, linewidths=thick, colors=cmap(norm(links["mean"][order])), zorder=1)
    axes.add_collection(lines)
    for layer, count in enumerate(counts):
        heights = _height(np.arange(count), count)
        style = {
            "color": look.ink,
            "markerfacecolor": "white",
            "markersize": look.mark_pt(NODE_PT),
            "zorder": 3,
        }
        axes.plot(
            np.full(count, layer), heights, "o", linestyle="none", markeredgewidth=look.line_pt(0.6), **style
        )
        total = facts["widths"][layer]
        kind = "inputs" if layer == 0 else "outputs" if layer == counts.size - 1 else "units"
        text = f"{total} {kind}" + (f"\nin {count} groups" if count < total else "")
        axes.annotate(
            text,
            (layer, 0),
            (0, -4),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=size,
            color=look.ink,
            linespacing=1.0,
            annotation_clip=False,
        )
    for at, name in enumerate(table.frame("outputs")["output"]):
        axes.annotate(
            str(name),
            (counts.size - 1, _height(at, counts[-1])),
            (NODE_PT, 0),
            textcoords="offset points",
            va="center_baseline",
            fontsize=size,
            color=look.ink,
            annotation_clip=False,
            parse_math=False,
        )
    if facts["blocks"]:
        _draw_blocks(axes, facts["blocks"], counts[0], size_in(fig)[0] / counts.size, look)
    axes.set(xlim=(-0.22, counts.size - 0.88), ylim=(-0.03, 1.03), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set_visible(False)
    parts = [f"epoch {facts['epoch']}"]
    parts += ["width: mean |w| of groups", "colour: mean w"] if facts["grouped"] else ["width: |w|"]
    note(axes, fit_lines(fig, parts, look), look)
    label = "mean weight" if facts["grouped"] else "weight"
    colour_bar(fig, ScalarMappable(norm, cmap), axes, label, look)


def _height(node: Any, count: int) -> Any:
    """The first node on top; a single one in the middle."""
    return 1 - (node + 0.5) / count


def _draw_blocks(axes: Any, shape: list[int], count: int, column_in: float, look: Any) -> None:
    """At each input a small picture of the image, with the block of pixels that the node stands for."""
    down, across = shape
    tall = 0.78 / count
    # As square as the panel allows to know before the layout is final.
    wide = min(0.15, 0.78 / count * 2.0 / column_in * across / down)
    left = -0.06 - wide
    for node in range(count):
        row, column = divmod(node, across)
        top = _height(node, count) + tall / 2
        outline = {"edgecolor": look.muted, "facecolor": "white", "linewidth": look.line_pt(0.5)}
        axes.add_patch(Rectangle((left, top - tall), wide, tall, clip_on=False, **outline))
        corner = (left + column * wide / across, top - (row + 1) * tall / down)
        axes.add_patch(
            Rectangle(corner, wide / across, tall / down, color=look.ink, linewidth=0, clip_on=False)
        )


def example() -> Example:
    """Sixteen pixels, six hidden units and three classes."""
    random = np.random.default_rng(2)
    arrays = {
        "epochs": np.array([0, 20]),
        "W1": random.normal(0, 0.4, (2, 16, 6)).astype(np.float32),
        "W2": random.normal(0, 0.8, (2, 6, 3)).astype(np.float32),
    }
    run = example_run(1, "adam", artifacts={ARTIFACT: arrays})
    return Example(Snapshot("example", (run,)), Params(input_shape=[4, 4]))
