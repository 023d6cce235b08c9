"""A layer or the class scores of one run as points in the plane, epoch by epoch in one common frame.

Every panel is an epoch and every point an example, coloured by its class and labelled at the class
median; a cross with a dark edge is misclassified at that epoch. Above each panel stands what the
picture kept: variance (PCA), trustworthiness ("trust.", Venna & Kaski 2001, over 10 neighbours) and
the accuracy of the 10 nearest neighbours' vote in the plane ("10-NN"). For PCA, "basis" names the epoch
whose principal directions all panels use, with the share of its variance on the axes.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from pydantic import Field, model_validator

from figproof.axes import before_draw, label_axis, size_in, text_width_in
from figproof.errors import FigproofError
from figproof.kinds import Example, KindParams, example_run
from figproof.model import FloatArray, Frame, IntArray, Run, Snapshot, Table, concatenate, frame
from figproof.numerics.embedding import (
    checked,
    explained_variance,
    knn_accuracy,
    pca_basis,
    project,
    star_axes,
    star_coordinates,
    trustworthiness,
    umap_chain,
)
from figproof.numerics.placement import clearest, spread_apart

NEIGHBOURS = 10
MANY_POINTS = 2000
# A marker's edge, not a line of the figure: thinner than a venue's lines, or crowded crosses turn black.
EDGE_PT = 0.3
# Label sizes between the outermost class medians.
LEAST_SPREAD = 3.0
DOT_AT, NAME_AT = 1.1, 1.25
SOURCES = {
    "pca": "hidden.activations",
    "umap": "hidden.activations",
    "star": "predictions.probabilities",
}
ONLY_FOR = {
    "basis_epoch": "pca",
    "n_neighbors": "umap",
    "min_dist": "umap",
    "layout_seed": "umap",
}


class Params(KindParams):
    """What to place, how, and at which epochs."""

    epochs: list[int] = Field(min_length=1, description="Recorded epochs to show, one panel each, rising.")
    method: Literal["pca", "umap", "star"] = Field(default="pca", description="How points are placed.")
    source: str | None = Field(
        default=None,
        pattern=r"^[^.]+\.[^.]+$",
        description="artifact.array of shape (epochs, points, values); left out: hidden.activations for "
        "pca and umap, predictions.probabilities for star.",
    )
    condition: str | None = Field(default=None, description="Condition of the one run to show.")
    seed: int | None = Field(default=None, description="Seed of the one run to show.")
    basis_epoch: int | None = Field(
        default=None,
        description="pca: the epoch whose principal directions all panels use; left out: the last shown.",
    )
    n_neighbors: int = Field(default=15, ge=2, description="umap: neighbours of a point.")
    min_dist: float = Field(
        default=0.1, ge=0, le=1, description="umap: least distance of points in the plane."
    )
    layout_seed: int = Field(default=0, ge=0, lt=2**32, description="umap: seed of the layout.")
    mark_errors: bool = Field(
        default=True, description="Mark the points that predictions.probabilities misclassifies."
    )
    trajectories: list[int] = Field(
        default_factory=list, description="Points (by index) whose way through the shown epochs is drawn."
    )

    @model_validator(mode="after")
    def _fits_method(self) -> Params:
        if any(later <= earlier for earlier, later in zip(self.epochs, self.epochs[1:], strict=False)):
            raise ValueError(f"epochs must rise without repetition; given {self.epochs}")
        for name, method in ONLY_FOR.items():
            if name in self.model_fields_set and self.method != method:
                raise ValueError(f"{name} is for method {method}; the method here is {self.method}")
        return self


def derive(snapshot: Snapshot, params: Params) -> Table:
    """Place the points of every epoch and measure what each plane kept.

    Returns
    -------
    Table
        Frames ``points`` (epoch, point, label, wrong, x, y; wrong is 0 or 1), ``classes`` (epoch,
        label, x, y: the median of each class) and ``quality`` (epoch, kept_variance if pca,
        trustworthiness, knn_accuracy, wrong).

    Raises
    ------
    FigproofError
        Epochs that were not recorded, arrays that do not belong together, or values that the
        method cannot place.
    """
    run = snapshot.only_run(params.condition, params.seed)
    artifact, name = (params.source or SOURCES[params.method]).split(".")
    where = f"run {run.id} ({run.experiment}): {artifact}.{name}"
    labels = np.asarray(run.array(artifact, "labels"), dtype=np.int64)
    data = _Epochs(run, artifact, name, labels.size)
    layers = [checked(data.at(epoch), f"{where} epoch {epoch}") for epoch in params.epochs]
    _check_points(params.trajectories, labels.size, where)
    classes = _count_classes(labels, layers[0].shape[1] if params.method == "star" else None, where)
    placed, facts = _place(layers, data, params, where)
    wrong, marked = _wrong(run, labels, params)
    quality = _quality(layers, placed, labels)
    if params.method == "pca":
        quality = {"kept_variance": np.array(facts.pop("kept_variance")), **quality}
    epochs = params.epochs
    both = np.concatenate(placed)
    facts |= {
        "method": params.method,
        "source": f"{artifact}.{name}",
        "points": labels.size,
        "classes": classes,
        "errors_marked": marked,
        "neighbours_of_quality": NEIGHBOURS,
        "lowest": both.min(axis=0).tolist(),
        "highest": both.max(axis=0).tolist(),
    }
    return Table(
        {
            "points": concatenate(_points(*each, labels) for each in zip(epochs, placed, wrong, strict=True)),
            "classes": concatenate(_medians(*each, labels) for each in zip(epochs, placed, strict=True)),
            "quality": frame(epoch=epochs, **quality, wrong=[int(each.sum()) for each in wrong]),
        },
        facts,
    )


class _Epochs:
    """One recorded array of shape (epochs, points, values), read by epoch number."""

    def __init__(self, run: Run, artifact: str, name: str, points: int) -> None:
        self._array = run.array(artifact, name)
        self._epochs = [int(epoch) for epoch in run.array(artifact, "epochs")]
        self._where = f"run {run.id} ({run.experiment}): {artifact}.{name}"
        if self._array.ndim != 3 or self._array.shape[:2] != (len(self._epochs), points):
            raise FigproofError(
                f"has shape {self._array.shape}, not (epochs, points, values) = "
                f"({len(self._epochs)}, {points}, ...)",
                where=self._where,
            )

    def at(self, epoch: int) -> npt.NDArray[Any]:
        """The values of one epoch, shape (points, values)."""
        if epoch not in self._epochs:
            raise FigproofError(
                f"epoch {epoch} was not recorded. Recorded: {_listed(self._epochs)}",
                where=self._where,
                hint="change params.epochs (or params.basis_epoch), or record with store_arrays=every",
            )
        result: npt.NDArray[Any] = self._array[self._epochs.index(epoch)]
        return result


def _listed(epochs: list[int]) -> str:
    if epochs == list(range(epochs[0], epochs[0] + len(epochs))) and len(epochs) > 3:
        return f"{epochs[0]} to {epochs[-1]}"
    return ", ".join(str(epoch) for epoch in epochs)


def _check_points(chosen: list[int], count: int, where: str) -> None:
    outside = [point for point in chosen if not 0 <= point < count]
    if outside:
        raise FigproofError(
            f"params.trajectories: {outside} are no points; allowed: 0..{count - 1}", where=where
        )


def _count_classes(labels: IntArray, columns: int | None, where: str) -> int:
    """Classes are 0..n-1; the star has one axis for each, whether or not an example of it is there."""
    highest = int(labels.max())
    if labels.min() < 0 or (columns is not None and highest >= columns):
        allowed = "0 and above" if columns is None else f"0..{columns - 1}"
        raise FigproofError(f"labels run from {labels.min()} to {highest}; allowed: {allowed}", where=where)
    return highest + 1 if columns is None else columns


def _place(
    layers: list[FloatArray], data: _Epochs, params: Params, where: str
) -> tuple[list[FloatArray], dict[str, Any]]:
    if params.method == "star":
        return [star_coordinates(layer, where=where) for layer in layers], {}
    if params.method == "umap":
        settings = {"neighbours": params.n_neighbors, "min_dist": params.min_dist, "seed": params.layout_seed}
        placed = umap_chain(layers, **settings, where=where)  # type: ignore[arg-type]
        return placed, {f"umap_{name}": value for name, value in settings.items()}
    epoch = params.epochs[-1] if params.basis_epoch is None else params.basis_epoch
    basis = pca_basis(checked(data.at(epoch), where), f"{where} epoch {epoch}")
    return [project(layer, basis) for layer in layers], {
        "basis_epoch": epoch,
        "explained_variance": basis.explained.tolist(),
        "kept_variance": [explained_variance(layer, basis) for layer in layers],
    }


def _wrong(run: Run, labels: IntArray, params: Params) -> tuple[list[npt.NDArray[np.bool_]], bool]:
    if not params.mark_errors or "predictions" not in run.artifacts:
        return [np.zeros(labels.size, dtype=bool) for _ in params.epochs], False
    if not np.array_equal(run.array("predictions", "labels"), labels):
        raise FigproofError(
            "predictions were recorded for other points than the source",
            where=f"run {run.id} ({run.experiment})",
            hint="set params.mark_errors: false",
        )
    predictions = _Epochs(run, "predictions", "probabilities", labels.size)
    return [predictions.at(epoch).argmax(axis=1) != labels for epoch in params.epochs], True


def _quality(
    layers: list[FloatArray], placed: list[FloatArray], labels: IntArray
) -> dict[str, npt.NDArray[Any]]:
    pairs = list(zip(layers, placed, strict=True))
    return {
        "trustworthiness": np.array([trustworthiness(data, plane, NEIGHBOURS) for data, plane in pairs]),
        "knn_accuracy": np.array([knn_accuracy(plane, labels, NEIGHBOURS) for plane in placed]),
    }


def _points(epoch: int, placed: FloatArray, wrong: npt.NDArray[np.bool_], labels: IntArray) -> Frame:
    count = labels.size
    return frame(
        epoch=np.full(count, epoch),
        point=np.arange(count),
        label=labels,
        wrong=wrong,
        x=placed[:, 0],
        y=placed[:, 1],
    )


def _medians(epoch: int, placed: FloatArray, labels: IntArray) -> Frame:
    names = np.unique(labels)
    medians = np.array([np.median(placed[labels == name], axis=0) for name in names])
    return frame(epoch=np.full(names.size, epoch), label=names, x=medians[:, 0], y=medians[:, 1])


def draw(fig: Any, table: Table, params: Params, look: Any) -> None:
    """One panel an epoch, all with the same limits; labels at class medians, moved apart."""
    if isinstance(fig, Figure):
        # Square panels leave gaps in a grid of another shape; a panel's grid is its figure's to arrange.
        fig.set_layout_engine("compressed")
    rows, columns = _grid(fig, len(params.epochs), look)
    panels = fig.subplots(rows, columns, squeeze=False).ravel()
    for spare in panels[len(params.epochs) :]:
        spare.remove()
    for place, (epoch, axes) in enumerate(zip(params.epochs, panels, strict=False)):
        _frame_axes(axes, table.facts, look)
        _scatter(axes, table, epoch, look, side_in=size_in(fig)[0] / columns)
        if params.trajectories:
            _trails(axes, table.frame("points"), params, epoch, look)
        if params.method != "star":
            _label_classes(axes, table, epoch, look, others=len(params.epochs) > 1)
        _write_quality(axes, table, epoch, look, room_in=0.8 * size_in(fig)[0] / columns)
        last_row = place + columns >= len(params.epochs)
        basis_shown = table.facts.get("basis_epoch") in params.epochs
        _label_axes(axes, table.facts, basis_shown=basis_shown, below=last_row, left=place % columns == 0)
    _explain_marks(fig, table, params, look)


def _grid(fig: Any, panels: int, look: Any) -> tuple[int, int]:
    width, height = size_in(fig)
    title = 3.5 * look.venue.small_pt / 72

    def side(columns: int) -> float:
        rows = -(-panels // columns)
        return float(min(width / columns, height / rows - title))

    columns = max(range(1, panels + 1), key=lambda count: (round(side(count), 3), count))
    return -(-panels // columns), columns


def _frame_axes(axes: Any, facts: Any, look: Any) -> None:
    if facts["method"] == "star":
        _star_rim(axes, facts, look)
        return
    low, high = np.array(facts["lowest"]), np.array(facts["highest"])
    middle, half = (low + high) / 2, 0.54 * (high - low).max()
    axes.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half))
    axes.set_aspect("equal")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=look.muted, linewidth=look.venue.min_line_pt)


def _star_rim(axes: Any, facts: Any, look: Any) -> None:
    """Axes of the star, and at the rim the class that each stands for, with its colour."""
    line = {"color": look.muted, "linewidth": look.venue.min_line_pt, "zorder": 0.5}
    ends = star_axes(facts["classes"])
    for name, (end, colour) in enumerate(zip(ends, look.class_colours(facts["classes"]), strict=True)):
        axes.plot([0, end[0]], [0, end[1]], **line)
        axes.plot(*(DOT_AT * end), "o", markersize=2.5, markeredgewidth=0, color=colour)
        axes.text(
            *(NAME_AT * end),
            str(name),
            fontsize=look.venue.small_pt,
            color=look.ink,
            ha="center",
            va="center_baseline",
        )
    axes.plot(*np.vstack([ends, ends[:1]]).T, **line)
    axes.set(xlim=(-1.35, 1.35), ylim=(-1.35, 1.35), xticks=[], yticks=[])
    axes.set_aspect("equal")
    for spine in axes.spines.values():
        spine.set_visible(False)


def _label_axes(axes: Any, facts: Any, *, basis_shown: bool, below: bool, left: bool) -> None:
    names = {"pca": "PC", "umap": "UMAP"}
    for number, (axis, wanted) in enumerate(((axes.xaxis, below), (axes.yaxis, left))):
        if not wanted or facts["method"] == "star":
            continue
        label = f"{names[facts['method']]} {number + 1}"
        if facts["method"] == "pca":
            share = f"({100 * facts['explained_variance'][number]:.0f} %)"
            label += f" {share}" if basis_shown else f" of epoch {facts['basis_epoch']} {share}"
        label_axis(axis, label)


def _scatter(axes: Any, table: Table, epoch: int, look: Any, *, side_in: float) -> None:
    points = table.frame("points")
    here = points["epoch"] == epoch
    shades = np.array(look.class_colours(table.facts["classes"]))[points["label"][here]]
    x, y, wrong = points["x"][here], points["y"][here], points["wrong"][here] == 1
    # Points cover the same share of a panel, whatever their number.
    size = float(np.clip(0.06 * (72 * side_in) ** 2 / shades.size, 0.8, 6.0))
    many = shades.size > MANY_POINTS
    axes.scatter(x[~wrong], y[~wrong], s=size, c=shades[~wrong], linewidths=0, rasterized=many, zorder=2)
    axes.scatter(
        x[wrong],
        y[wrong],
        s=max(2.2 * size, 6.0),
        c=shades[wrong],
        marker="X",
        edgecolors=look.ink,
        linewidths=EDGE_PT,
        rasterized=many,
        zorder=3,
    )


def _trails(axes: Any, points: Frame, params: Params, epoch: int, look: Any) -> None:
    width = max(look.venue.min_line_pt, 0.6)
    for chosen in params.trajectories:
        here = (points["point"] == chosen) & (points["epoch"] <= epoch)
        x, y = points["x"][here], points["y"][here]
        axes.plot(x, y, color=look.ink, linewidth=width, path_effects=_halo(2 * width), zorder=7)
        axes.plot(x[-1:], y[-1:], "o", markersize=2.5, color=look.ink, path_effects=_halo(width), zorder=7)


def _halo(width_pt: float) -> list[Any]:
    return [withStroke(linewidth=width_pt, foreground="white")]


def _label_classes(axes: Any, table: Table, epoch: int, look: Any, *, others: bool) -> None:
    """Class names at or beside their medians, where they cover least; arranged when the layout is known.

    A panel in which the classes coincide, beside others in which they do not, stays without names: they
    could only stand around the points, far from what they name.
    """
    all_points = table.frame("points")
    shown = all_points["epoch"] == epoch
    points = np.column_stack([all_points["x"][shown], all_points["y"][shown]])
    medians = table.frame("classes")
    here = medians["epoch"] == epoch
    targets = np.column_stack([medians["x"][here], medians["y"][here]])
    texts = [
        axes.text(
            x,
            y,
            str(label),
            fontsize=look.venue.small_pt,
            fontweight="bold",
            color=look.ink,
            path_effects=_halo(1.8),
            ha="center",
            va="center_baseline",
            clip_on=False,
            parse_math=False,
            zorder=6,
        )
        for label, (x, y) in zip(medians["label"][here].tolist(), targets, strict=True)
    ]
    for text in texts:
        text.set_in_layout(False)

    def arrange() -> None:
        boxes = [text.get_window_extent() for text in texts]
        # Wider than the text, or neighbours 1 and 7 would read 17.
        sizes = np.array([(1.6 * box.width, 1.05 * box.height) for box in boxes])
        spread = np.ptp(axes.transData.transform(targets), axis=0) / sizes.max(axis=0)
        for text in texts:
            text.set_visible(not others or bool(spread.max() >= LEAST_SPREAD))
        clear = clearest(axes.transData.transform(targets), sizes, axes.transData.transform(points))
        placed = spread_apart(clear, sizes)
        inside = np.clip(placed, axes.bbox.min + sizes / 2, axes.bbox.max - sizes / 2)
        for text, place in zip(texts, axes.transData.inverted().transform(inside), strict=True):
            text.set_position(place)

    before_draw(axes, arrange)


def _write_quality(axes: Any, table: Table, epoch: int, look: Any, *, room_in: float) -> None:
    quality = table.frame("quality")
    row = int(np.flatnonzero(quality["epoch"] == epoch)[0])
    size = look.venue.small_pt
    kept = [f"{100 * quality['kept_variance'][row]:.0f} % var."] if "kept_variance" in quality else []
    kept.append(f"trust. {quality['trustworthiness'][row]:.2f}")
    kept.append(f"{NEIGHBOURS}-NN {100 * quality['knn_accuracy'][row]:.0f} %")
    if table.facts["errors_marked"]:
        kept.append(f"{quality['wrong'][row]} wrong")
    lines = [""]
    for item in kept:
        longer = f"{lines[-1]}, {item}" if lines[-1] else item
        if lines[-1] and text_width_in(axes.figure, longer, size) > room_in:
            lines.append(item)
        else:
            lines[-1] = longer
    title = f"epoch {epoch}" + (" (basis)" if epoch == table.facts.get("basis_epoch") else "")
    # One text a line: the height of a line within one text depends on the letters in it.
    titles = [(line, size) for line in reversed(lines)] + [(title, look.venue.text_pt)]
    lift = 3.0
    for text, size_pt in titles:
        axes.annotate(
            text,
            (0.5, 1),
            (0, lift),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="center",
            va="baseline",
            fontsize=size_pt,
            color=look.ink,
            annotation_clip=False,
            parse_math=False,
        )
        lift += 1.25 * size_pt


def _explain_marks(fig: Any, table: Table, params: Params, look: Any) -> None:
    marks: dict[str, Line2D] = {}
    if table.facts["errors_marked"]:
        marks["misclassified, in the colour of its true class"] = Line2D(
            [],
            [],
            linestyle="",
            marker="X",
            markersize=3.5,
            markerfacecolor="white",
            markeredgecolor=look.ink,
            markeredgewidth=EDGE_PT,
        )
    if params.trajectories:
        named = ", ".join(str(point) for point in params.trajectories)
        marks[f"path of point {named}"] = Line2D(
            [], [], color=look.ink, linewidth=max(look.venue.min_line_pt, 0.6), marker="o", markersize=2.5
        )
    if marks:
        fig.legend(
            list(marks.values()),
            list(marks),
            loc="outside lower center",
            ncols=len(marks),
            frameon=False,
            fontsize=look.venue.small_pt,
            handlelength=1.5,
            handletextpad=0.4,
            borderpad=0,
        )


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
