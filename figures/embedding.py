"""A layer or the class scores of one run as points, epoch by epoch in one common frame.

Every panel is an epoch and every point an example, coloured by its class and labelled at the class
median; a cross with a dark edge is misclassified at that epoch. PCA and star coordinates use one basis
for all panels; UMAP and t-SNE start each epoch from the one before, so that a point can be followed,
and the paths of chosen points are drawn up to each panel's epoch. Above each panel stands what the
picture kept: variance (PCA), trustworthiness ("trust.", Venna & Kaski 2001, over 10 neighbours) and
the accuracy of the 10 nearest neighbours' vote in the picture ("10-NN"). For PCA, "basis" names the
epoch whose principal directions all panels use, with the share of its variance on the axes.
"""

from __future__ import annotations

from dataclasses import asdict
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pydantic import Field, model_validator

from figproof.axes import (
    box_frame,
    cross_style,
    heading,
    label_axis,
    legend_below,
    marked_points,
    name_groups,
    path,
    path_style,
    size_in,
    square_frame,
    square_grid,
    star_rim,
)
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Frame, Snapshot, Table, concatenate, frame
from figproof.numerics.choosing import one_run
from figproof.numerics.embedding import (
    checked,
    explained_variance,
    pca_basis,
    project,
    star_axes,
    star_coordinates,
)
from figproof.numerics.embedding_chain import Layout, Tsne, Umap, chain, in_chain, movement, place
from figproof.numerics.embedding_quality import quality
from figproof.numerics.epochs import (
    AXES,
    EpochArray,
    check_points,
    count_classes,
    median_rows,
    point_rows,
    wrong_points,
)

SHOWS_CONDITIONS = False
NEIGHBOURS = 10
SOURCES = {
    "pca": "hidden.activations",
    "umap": "hidden.activations",
    "tsne": "hidden.activations",
    "star": "predictions.probabilities",
}
NAMES = {"pca": "PC", "umap": "UMAP", "tsne": "t-SNE"}
ONLY_FOR = {
    "basis_epoch": ("pca",),
    "dimensions": ("pca", "umap", "tsne"),
    "n_neighbors": ("umap",),
    "min_dist": ("umap",),
    "perplexity": ("tsne",),
    "layout_seed": ("umap", "tsne"),
    "independent": ("umap", "tsne"),
}


class Params(KindParams):
    """What to place, how, and which epochs to show."""

    epochs: list[int] = Field(min_length=1, description="Recorded epochs to show, one panel each, rising.")
    place: Literal["shown", "between"] = Field(
        default="shown",
        description="Epochs that are placed, judged and stored: those shown, or every recorded one "
        "between the first and the last shown, which chains and paths then pass through.",
    )
    method: Literal["pca", "umap", "tsne", "star"] = Field(
        default="pca", description="How points are placed."
    )
    dimensions: Literal[2, 3] = Field(default=2, description="pca, umap, tsne: of the picture.")
    source: str | None = Field(
        default=None,
        pattern=r"^[^.]+\.[^.]+$",
        description="artifact.array of shape (epochs, points, values); left out: hidden.activations for "
        "pca, umap and tsne, predictions.probabilities for star.",
    )
    condition: str | None = Field(default=None, description="Condition of the one run to show.")
    seed: int | None = Field(default=None, description="Seed of the one run to show.")
    basis_epoch: int | None = Field(
        default=None,
        description="pca: the epoch whose principal directions all panels use; left out: the last shown.",
    )
    n_neighbors: int = Field(default=15, ge=2, description="umap: neighbours of a point.")
    min_dist: float = Field(
        default=0.1, ge=0, le=1, description="umap: least distance of points in the picture."
    )
    perplexity: float = Field(default=30.0, ge=1, description="tsne: effective neighbours of a point.")
    layout_seed: int = Field(default=0, ge=0, lt=2**32, description="umap, tsne: seed of the layout.")
    independent: list[int] = Field(
        default_factory=list,
        description="umap, tsne: placed epochs, two or more in succession, that are also placed by a cold "
        "start each; the table then states how far points move without the chain.",
    )
    mark_errors: bool = Field(
        default=True, description="Mark the points that predictions.probabilities misclassifies."
    )
    trajectories: list[int] = Field(
        default_factory=list,
        max_length=6,
        description="Points (by index) whose path through the placed epochs is drawn, up to six.",
    )

    @model_validator(mode="after")
    def _fits_method(self) -> Params:
        for name, given in (("epochs", self.epochs), ("independent", self.independent)):
            if any(later <= earlier for earlier, later in pairwise(given)):
                raise ValueError(f"{name} must rise without repetition; given {given}")
        if len(set(self.trajectories)) < len(self.trajectories):
            raise ValueError(f"trajectories names a point twice: {self.trajectories}")
        for name, methods in ONLY_FOR.items():
            if name in self.model_fields_set and self.method not in methods:
                allowed = " or ".join([", ".join(methods[:-1]), methods[-1]] if methods[1:] else methods)
                raise ValueError(f"{name} is for method {allowed}; the method here is {self.method}")
        return self


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Place the points of every epoch and measure what each picture kept.

    Returns
    -------
    Table
        Frames ``points`` (epoch, point, label, wrong, x, y, z in space; wrong is 0 or 1), ``classes``
        (epoch, label, x, y, z: the median of each class), ``quality`` (epoch, kept_variance if pca,
        trustworthiness, knn_accuracy, wrong) and, for umap and tsne over several epochs, ``movement``
        (fit, from_epoch, to_epoch, displacement, displacement_turned: mean distance that points move,
        in radii of the layout, as placed and after the best rotation of the whole).

    Raises
    ------
    FigproofError
        Epochs that were not recorded, arrays that do not belong together, or values that the
        method cannot place.
    """
    run = one_run(snapshot, params.condition, params.seed)
    artifact, name = (params.source or SOURCES[params.method]).split(".")
    where = f"run {run.id} ({run.experiment}): {artifact}.{name}"
    labels = np.asarray(run.array(artifact, "labels"), dtype=np.int64)
    data = EpochArray(run, artifact, name, labels.size)
    epochs = params.epochs if params.place == "shown" else data.between(params.epochs)
    layers = [checked(data.at(epoch), f"{where} epoch {epoch}") for epoch in epochs]
    check_points(params.trajectories, labels.size, where)
    classes = count_classes(labels, layers[0].shape[1] if params.method == "star" else None, where)
    placed, facts, frames = _place(layers, epochs, data, params, where)
    marked = params.mark_errors and "predictions" in run.artifacts
    wrong = wrong_points(run, labels, epochs) if marked else [np.zeros(labels.size, dtype=bool)] * len(epochs)
    kept = facts.pop("kept_variance", None)
    judged = np.array(
        [
            quality(layer, at, labels, NEIGHBOURS, f"{params.method}, {_name(epoch, epochs)}")
            for layer, at, epoch in zip(layers, placed, epochs, strict=True)
        ]
    )
    together = np.concatenate(placed)
    facts |= {
        "method": params.method,
        "source": f"{artifact}.{name}",
        "points": labels.size,
        "classes": classes,
        "errors_marked": marked,
        "neighbours_of_quality": NEIGHBOURS,
        "lowest": together.min(axis=0).tolist(),
        "highest": together.max(axis=0).tolist(),
    }
    frames |= {
        "points": concatenate(point_rows(*each, labels) for each in zip(epochs, placed, wrong, strict=True)),
        "classes": concatenate(median_rows(*each, labels) for each in zip(epochs, placed, strict=True)),
        "quality": frame(
            epoch=epochs,
            **({} if kept is None else {"kept_variance": np.array(kept)}),
            trustworthiness=judged[:, 0],
            knn_accuracy=judged[:, 1],
            wrong=[int(each.sum()) for each in wrong],
        ),
    }
    return Table(frames, facts)


def _name(epoch: int, epochs: list[int]) -> str:
    return f"epoch {epoch} ({epochs.index(epoch) + 1} of {len(epochs)})"


def _place(
    layers: list[FloatArray], epochs: list[int], data: EpochArray, params: Params, where: str
) -> tuple[list[FloatArray], dict[str, Any], dict[str, Frame]]:
    """Coordinates of every layer, facts about them, and the frame ``movement`` of a chain."""
    if params.method == "star":
        return [star_coordinates(layer, where=where) for layer in layers], {}, {}
    if params.method == "pca":
        epoch = params.epochs[-1] if params.basis_epoch is None else params.basis_epoch
        basis = pca_basis(checked(data.at(epoch), where), params.dimensions, f"{where} epoch {epoch}")
        facts = {
            "basis_epoch": epoch,
            "explained_variance": basis.explained.tolist(),
            "kept_variance": [explained_variance(layer, basis) for layer in layers],
        }
        return [project(layer, basis) for layer in layers], facts, {}
    layout: Layout = (
        Umap(params.n_neighbors, params.min_dist, params.layout_seed, params.dimensions)
        if params.method == "umap"
        else Tsne(params.perplexity, params.layout_seed, params.dimensions)
    )
    names = [_name(epoch, epochs) for epoch in epochs]
    placed = chain(layout, layers, names, where)
    # The first link of the chain had a cold start itself.
    alone = {epochs[0]: placed[0]}
    for epoch in params.independent:
        here = in_chain(epoch, epochs, params.independent, where)
        if here:
            alone[epoch] = place(layout, layers[here], None, names[here], where)
    frames: dict[str, Frame] = {"movement": movement(epochs, placed, alone)} if len(epochs) > 1 else {}
    return placed, {"layout": asdict(layout)}, frames  # type: ignore[call-overload]


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """One panel an epoch, all with the same limits; labels at class medians, moved apart."""
    if isinstance(fig, Figure):
        # Square panels leave gaps in a grid of another shape; a panel's grid is its figure's to arrange.
        fig.set_layout_engine("compressed")
    rows, columns = square_grid(fig, len(params.epochs), look)
    subplot = {"projection": "3d"} if params.dimensions == 3 else {}
    panels = fig.subplots(rows, columns, squeeze=False, subplot_kw=subplot).ravel()
    for spare in panels[len(params.epochs) :]:
        spare.remove()
    side_in = size_in(fig)[0] / columns
    styles = _path_styles(table, params, look)
    for number, (epoch, axes) in enumerate(zip(params.epochs, panels, strict=False)):
        outer = (number % columns == 0, number + columns >= len(params.epochs))
        _frame_panel(axes, table.facts, params, look, outer=outer)
        points = _at(table.frame("points"), epoch)
        places = _places(points)
        colours = np.array(look.class_colours(table.facts["classes"]))[points["label"]]
        marked_points(axes, places, colours, points["wrong"] == 1, look, side_in=side_in)
        for point, style in styles.items():
            path(axes, _way(table.frame("points"), point, epoch), style)
        if params.method != "star":
            classes = _at(table.frame("classes"), epoch)
            names = [str(label) for label in classes["label"].tolist()]
            others = len(params.epochs) > 1
            name_groups(axes, names, _places(classes), places, look, may_be_left_out=others)
        title = f"epoch {epoch}" + (" (basis)" if epoch == table.facts.get("basis_epoch") else "")
        heading(axes, title, _kept(table, epoch), look, room_in=0.8 * side_in)
    _explain_marks(fig, table, styles, look)


def _at(whole: Frame, epoch: int) -> Frame:
    here = whole["epoch"] == epoch
    return {name: column[here] for name, column in whole.items()}


def _places(rows: Frame) -> FloatArray:
    return np.column_stack([rows[name] for name in AXES if name in rows])


def _way(points: Frame, point: int, epoch: int) -> FloatArray:
    here = (points["point"] == point) & (points["epoch"] <= epoch)
    return _places({name: column[here] for name, column in points.items()})


def _frame_panel(axes: Any, facts: Any, params: Params, look: Any, *, outer: tuple[bool, bool]) -> None:
    """The frame of one panel; ``outer``: whether it is in the first column, and in the last row."""
    if params.method == "star":
        star_rim(axes, star_axes(facts["classes"]), look.class_colours(facts["classes"]), look)
        return
    low, high = np.array(facts["lowest"]), np.array(facts["highest"])
    labels = _axis_labels(facts, params)
    if params.dimensions == 3:
        left, _ = outer
        box_frame(axes, low, high, labels if left else [""] * 3, look)
        return
    square_frame(axes, low, high, look)
    for axis, label, wanted in zip((axes.yaxis, axes.xaxis), labels[::-1], outer, strict=True):
        if wanted:
            label_axis(axis, label)


def _axis_labels(facts: Any, params: Params) -> list[str]:
    labels = [f"{NAMES[params.method]} {number}" for number in range(1, params.dimensions + 1)]
    if params.method == "pca":
        shares = [f"({100 * share:.0f} %)" for share in facts["explained_variance"]]
        epoch = facts["basis_epoch"]
        of = "" if epoch in params.epochs else f" of epoch {epoch}"
        labels = [f"{label}{of} {share}" for label, share in zip(labels, shares, strict=True)]
    return labels


def _kept(table: Table, epoch: int) -> list[str]:
    """What stands above a panel."""
    row = {name: column[0] for name, column in _at(table.frame("quality"), epoch).items()}
    kept = [f"{100 * row['kept_variance']:.0f} % var."] if "kept_variance" in row else []
    kept += [f"trust. {row['trustworthiness']:.2f}", f"{NEIGHBOURS}-NN {100 * row['knn_accuracy']:.0f} %"]
    return [*kept, f"{row['wrong']} wrong"] if table.facts["errors_marked"] else kept


def _path_styles(table: Table, params: Params, look: Any) -> dict[int, dict[str, Any]]:
    """Line properties by point: its own marker, in the colour of its class."""
    labels = table.frame("points")["label"]
    colours = look.class_colours(table.facts["classes"])
    markers = look.class_markers(len(params.trajectories)) if params.trajectories else ()
    return {
        point: path_style(colours[labels[point]], marker, look)
        for point, marker in zip(params.trajectories, markers, strict=True)
    }


def _explain_marks(fig: Any, table: Table, styles: dict[int, dict[str, Any]], look: Any) -> None:
    marks: dict[str, Line2D] = {}
    if table.facts["errors_marked"]:
        marks["misclassified, in the colour of its true class"] = Line2D([], [], **cross_style(look))
    for point, style in styles.items():
        label = table.frame("points")["label"][point]
        marks[f"path of example {point} (class {label})"] = Line2D([], [], **style)
    if marks:
        legend_below(fig, list(marks.values()), list(marks), look)


def example() -> Example:
    """Six classes that part over four epochs."""
    generator = np.random.default_rng(0)
    classes, points, width = 6, 240, 12
    labels = np.arange(points) % classes
    corners = generator.normal(size=(classes, width))
    epochs = np.array([0, 2, 8, 20])
    noise = generator.normal(size=(points, width))
    activations = np.stack([corners[labels] * part + noise for part in (0.2, 1.0, 2.0, 3.0)])
    scores = 0.4 * activations @ corners.T - 0.6 * (corners**2).sum(axis=1)
    scores = np.exp(scores - scores.max(axis=2, keepdims=True))
    probabilities = scores / scores.sum(axis=2, keepdims=True)
    common = {"labels": labels, "epochs": epochs}
    artifacts = {
        "hidden": {"activations": activations.astype(np.float16), **common},
        "predictions": {"probabilities": probabilities.astype(np.float16), **common},
    }
    run = example_run(1, "adam", artifacts=artifacts)
    return Example(Snapshot("example", (run,)), Params(epochs=[0, 2, 8, 20], method="pca"))
