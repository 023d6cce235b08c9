"""The loss of a recorded digits_mlp run on a line or plane through its last weights (Li et al. 2018).

Directions are random, normalised filter by filter; the two first principal directions of the recorded
trajectory, left as they are, as normalising would tilt the plane out of the trajectory; or the line from
the first checkpoint to the last (Goodfellow et al. 2015). Biases leave their last values on that line only.
A run that was killed goes on when it is recorded again.

    python experiments/loss_landscape.py with source_run=1 directions=pca
"""

# Sacred reads the local variables of a config function.
# ruff: noqa: F841

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from figproof import record
from figproof.errors import FigproofError, suggest
from figproof.numerics import landscape
from figproof.numerics.curvature import extreme_eigenvalues
from figproof.numerics.perceptron import Perceptron, log_softmax
from figproof.record import Declared, Experiment, Progress, Recorder, SourceRun
from figproof.record.checkpoints import Trajectory, perceptron_run, read_trajectory
from figproof.record.datasets import Part, load, training_part
from figproof.record.numbers import check_number
from figproof.steps import step

ex = Experiment("loss_landscape", save_git_info=record.has_git(__file__))

DIRECTIONS = ("interpolation", "pca", "random")
NORMALISE = ("filter", "none")
BATCH_NORM = "absent"
# How far the grid reaches beyond what it must cover, as a fraction of that.
MARGIN = 0.4
# Of the loss: what a kill loses at most.
ROWS_IN_A_STEP = 4


def METRICS(config: Mapping[str, Any]) -> dict[str, Declared]:
    """The extremes of the loss; of a plane also what it keeps of the trajectory."""
    declared = {name: Declared("nat", 1, may_be_nan=True) for name in ("loss_min", "loss_max")}
    if config["dimensions"] == 2:
        declared["explained_variance"] = Declared("", 1)
    return {f"landscape.{name}": metric for name, metric in declared.items()}


@ex.config
def config() -> None:
    seed = 0  # of the random directions, and of where Lanczos starts
    source_run = None  # id of a digits_mlp run that stored checkpoints
    directions = "random"  # random, pca, or interpolation from the first checkpoint to the last
    dimensions = 1 if directions == "interpolation" else 2
    normalise = "filter" if directions == "random" else "none"
    points = 51  # of the grid along each direction
    reach = 1.0  # random: the grid spans [-reach, reach]; others cover the trajectory
    examples = None  # the first so many training examples; all if None
    curvature_points = None  # along each direction; no Hessians if None
    batch_norm = "absent"  # a perceptron has none; what a network with it would have to say


@ex.named_config
def smoke() -> None:
    points = 7


def directions(trajectory: Trajectory, config: Mapping[str, Any]) -> np.ndarray:
    """One or two directions over all parameters, shape (dimensions, size)."""
    form, last = trajectory.form, trajectory.parameters[-1]
    if config["directions"] == "interpolation":
        return np.atleast_2d(last - trajectory.parameters[0])
    weights, biases = form.split(last)
    count = sum(W.size for W in weights)
    if config["directions"] == "random":
        found = landscape.random_directions(weights, np.random.default_rng(config["seed"]))
    else:
        found = landscape.pca_directions(trajectory.parameters[:, :count])
    if config["normalise"] == "filter":
        normal = [landscape.filter_normalise(landscape.unflatten(d, weights), weights) for d in found]
        found = tuple(landscape.flatten(d) for d in normal)
    return np.pad(found[: config["dimensions"]], ((0, 0), (0, sum(b.size for b in biases))))


def axis(coordinates: np.ndarray, config: Mapping[str, Any], points: int) -> np.ndarray:
    """Grid along one direction: covers the trajectory, or [-reach, reach] (random)."""
    if config["directions"] == "random":
        return np.linspace(-config["reach"], config["reach"], points)
    margin = MARGIN * (coordinates.max() - coordinates.min())
    return np.linspace(coordinates.min() - margin, coordinates.max() + margin, points)


def on_plane(
    trajectory: Trajectory, plane: np.ndarray, config: Mapping[str, Any], part: Part
) -> dict[str, np.ndarray]:
    """Loss on the grid, the trajectory's projection, and curvature where asked for."""
    form, whole = trajectory.form, trajectory.parameters
    origin = whole[-1]
    path = landscape.project(whole, origin, *plane)
    alpha, beta = (axis(path[:, k], config, config["points"]) for k in (0, 1))

    def row(number: int) -> np.ndarray:
        coordinates = np.column_stack([np.full(beta.size, alpha[number]), beta])
        return form.losses(origin, plane, coordinates, part.images, part.labels)

    inputs = [origin, plane, alpha, beta, part.images, part.labels]
    own = [form.losses(p, plane[:1], np.zeros((1, 1)), part.images, part.labels)[0] for p in whole]
    arrays = {
        "alpha": alpha,
        "beta": beta,
        "loss": by_rows("loss", row, ROWS_IN_A_STEP, inputs, form),
        "trajectory": path,
        "trajectory_epochs": trajectory.epochs,
        "trajectory_loss": np.array(own),
        "distance": landscape.distance_from_plane(whole, origin, *plane),
        "explained_variance": landscape.explained_variance(whole, origin, *plane),
    }
    if config["curvature_points"]:
        axes = [axis(path[:, k], config, config["curvature_points"]) for k in (0, 1)]
        start = np.random.default_rng(config["seed"]).standard_normal(form.size)
        extremes = curvature(form, origin, plane, axes, part, start)
        arrays |= {"curvature_alpha": axes[0], "curvature_beta": axes[1]}
        arrays |= {"lambda_min": extremes[:, :, 0], "lambda_max": extremes[:, :, 1]}
    return arrays


def curvature(
    form: Perceptron,
    origin: np.ndarray,
    plane: np.ndarray,
    axes: Sequence[np.ndarray],
    part: Part,
    start: np.ndarray,
) -> np.ndarray:
    """The Hessian's extreme eigenvalues over all parameters, shape (A, B, 2); Lanczos begins at ``start``."""
    alpha, beta = axes

    def row(number: int) -> np.ndarray:
        points = origin + alpha[number] * plane[0] + beta[:, None] * plane[1]
        return np.stack(
            [extreme_eigenvalues(form.hessian(p, part.images, part.labels), start) for p in points]
        )

    return by_rows("curvature", row, 1, [origin, plane, alpha, beta, part.images, part.labels, start], form)


def by_rows(
    name: str, row: Callable[[int], np.ndarray], size: int, inputs: Sequence[np.ndarray], form: Perceptron
) -> np.ndarray:
    """A grid, some rows a step; ``inputs[2]`` is the axis along which rows are counted."""
    count = len(inputs[2])
    starts = range(0, count, size)
    progress = Progress(f"loss_landscape: rows of {name}", len(starts))
    blocks = []
    for first in starts:
        block = range(first, min(first + size, count))
        settings = {"name": name, "form": str(form), "rows": list(block)}
        blocks.append(step(name, inputs, settings, lambda block=block: np.stack([row(i) for i in block])))
        progress.step()
    return np.concatenate(blocks)


def on_line(
    trajectory: Trajectory, line: np.ndarray, config: Mapping[str, Any], parts: Mapping[str, Part]
) -> dict[str, np.ndarray]:
    """Loss and accuracy along one direction on each part of the data.

    An interpolation is at the first checkpoint at 0 and at the last at 1.
    """
    form = trajectory.form
    origin = trajectory.parameters[0 if config["directions"] == "interpolation" else -1]
    alpha = axis(np.array([0.0, 1.0]), config, config["points"])
    arrays = {"alpha": alpha}
    for name, part in parts.items():
        logits = [form.forward(origin + a * line[0], part.images)[-1] for a in alpha]
        right = np.arange(len(part.labels)), part.labels
        arrays[f"{name}_loss"] = np.array([-log_softmax(z)[right].mean() for z in logits])
        arrays[f"{name}_accuracy"] = np.array([(z.argmax(axis=1) == part.labels).mean() for z in logits])
    return arrays


def check(config: Mapping[str, Any]) -> None:
    """Refuse a config that Sacred lets pass: it knows names, not values."""
    for key, names in (("directions", DIRECTIONS), ("normalise", NORMALISE), ("batch_norm", (BATCH_NORM,))):
        if config[key] not in names:
            raise FigproofError(
                f"{config[key]!r} is unknown. {suggest(str(config[key]), names)}", where=f"config: {key}"
            )
    allowed = {"interpolation": (1,), "pca": (2,), "random": (1, 2)}[config["directions"]]
    _check_whole("dimensions", config["dimensions"], allowed[0], allowed[-1])
    _check_whole("points", config["points"], 2, 501)
    for key, low, high in (("examples", 1, 10**9), ("curvature_points", 2, 501)):
        if config[key] is not None:
            _check_whole(key, config[key], low, high)
    if config["curvature_points"] and config["dimensions"] == 1:
        raise FigproofError("needs a plane: set dimensions=2", where="config: curvature_points")
    check_number(config, "reach")


def _check_whole(key: str, value: Any, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        allowed = f"allowed are {low} to {high}" if low < high else f"allowed is {low}"
        raise FigproofError(f"is {value!r}; {allowed}", where=f"config: {key}")


def read_parts(source: SourceRun, examples: int | None) -> dict[str, Part]:
    """The data that the source run trained and validated on; of the former the first examples."""
    run = source.run
    data = load(run.config["dataset"], run.config["mnist_folder"])
    train = training_part(data.train, run.config["train_size"], run.config["label_noise"], run.config["seed"])
    return {"train": Part(train.images[:examples], train.labels[:examples]), "validation": data.validation}


@ex.main
def main(_run: Any, _config: Mapping[str, Any], source_run: int) -> float:
    """Evaluate; the result is the smallest training loss on the grid."""
    check(_config)
    source = perceptron_run(__file__, source_run)
    run = source.run
    recorder = Recorder(_run, METRICS, parents=[(run.id, run.experiment)])
    parts = read_parts(source, _config["examples"])
    trajectory = read_trajectory(source)
    found = directions(trajectory, _config)
    # Far from the trajectory a network may overflow; the metrics declare and record it.
    with np.errstate(over="ignore", invalid="ignore"), record.resumable(__file__, _config):
        if _config["dimensions"] == 2:
            arrays = on_plane(trajectory, found, _config, parts["train"])
            loss = arrays["loss"]
        else:
            arrays = on_line(trajectory, found, _config, parts)
            loss = arrays["train_loss"]
        recorder.arrays("landscape", examples=len(parts["train"].labels), **arrays)
    scalars = {"landscape.loss_min": loss.min(), "landscape.loss_max": loss.max()}
    if "explained_variance" in arrays:
        scalars["landscape.explained_variance"] = arrays["explained_variance"].sum()
    recorder.scalars(0, scalars)
    return float(loss.min())


if __name__ == "__main__":
    record.main(ex)
