"""The loss of a recorded digits_mlp run on a plane through its last weights (Li et al. 2018).

The plane is spanned by two random directions, normalised filter by filter, or by the two first principal
directions of the recorded trajectory. Those are left as they are: normalising would tilt the plane out of
the trajectory. Biases stay at their last values.

    python experiments/loss_landscape.py with source_run=1 directions=pca
"""

# Sacred reads the local variables of a config function.
# ruff: noqa: F841

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from figproof import record
from figproof.errors import FigproofError, suggest
from figproof.numerics import landscape
from figproof.record import Declared, Experiment, Progress, Recorder
from figproof.record.checkpoints import Trajectory, read_trajectory
from figproof.record.datasets import Part, load, training_part
from figproof.record.numbers import check_number

ex = Experiment("loss_landscape", save_git_info=record.has_git(__file__))

DIRECTIONS = ("pca", "random")
NORMALISE = ("filter", "none")
ACTIVATIONS = {
    "relu": lambda z: np.maximum(z, 0.0),
    "tanh": np.tanh,
    "sigmoid": lambda z: 0.5 * (1.0 + np.tanh(0.5 * z)),
}
# What a batch of grid points keeps in memory at a time.
BATCH_BYTES = 32 * 1024**2
# How far the grid reaches beyond the trajectory, as a fraction of the trajectory's range.
MARGIN = 0.4

METRICS = {
    "landscape.loss_min": Declared("nat", 1, may_be_nan=True),
    "landscape.loss_max": Declared("nat", 1, may_be_nan=True),
    "landscape.explained_variance": Declared("", 1),
}


@ex.config
def config() -> None:
    seed = 0  # of the random directions
    source_run = None  # id of a digits_mlp run that stored checkpoints
    directions = "random"  # random or pca
    normalise = "filter" if directions == "random" else "none"
    points = 51  # of the grid along each direction
    reach = 1.0  # random: the grid spans [-reach, reach]; pca: it covers the trajectory


@ex.named_config
def smoke() -> None:
    points = 7


def stacked_loss(
    weights: list[np.ndarray], biases: list[np.ndarray], activation: str, part: Part
) -> np.ndarray:
    """Mean cross-entropy in nat of G networks at once, shape (G,).

    Parameters
    ----------
    weights : list of ndarray, shape (G, fan_in, fan_out)
    biases : list of ndarray, shape (G, 1, fan_out) or (1, 1, fan_out)
    """
    x = part.images
    for W, b in zip(weights[:-1], biases[:-1], strict=True):
        x = ACTIVATIONS[activation](x @ W + b)
    logits = x @ weights[-1] + biases[-1]
    shifted = logits - logits.max(axis=-1, keepdims=True)
    chosen = shifted[:, np.arange(len(part.labels)), part.labels]
    return (np.log(np.exp(shifted).sum(axis=-1)) - chosen).mean(axis=-1)


def plane(trajectory: Trajectory, config: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """Two flat directions over the weights."""
    last = [W[-1] for W in trajectory.weights]
    if config["directions"] == "random":
        pair = landscape.random_directions(last, np.random.default_rng(config["seed"]))
    else:
        pair = landscape.pca_directions(trajectory.flat_weights())
    if config["normalise"] == "none":
        return pair
    first, second = (
        landscape.flatten(landscape.filter_normalise(landscape.unflatten(d, last), last)) for d in pair
    )
    return first, second


def axis(coordinates: np.ndarray, config: Mapping[str, Any]) -> np.ndarray:
    """Grid along one direction: covers the trajectory (pca), or [-reach, reach] (random)."""
    if config["directions"] == "random":
        return np.linspace(-config["reach"], config["reach"], config["points"])
    margin = MARGIN * (coordinates.max() - coordinates.min())
    return np.linspace(coordinates.min() - margin, coordinates.max() + margin, config["points"])


def grid_loss(
    trajectory: Trajectory,
    pair: tuple[np.ndarray, np.ndarray],
    axes: tuple[np.ndarray, np.ndarray],
    part: Part,
) -> np.ndarray:
    """Loss at alpha[i], beta[j], shape (A, B); grid points are evaluated in stacks."""
    last = [W[-1] for W in trajectory.weights]
    biases = [b[-1][None, None, :] for b in trajectory.biases]
    alpha, beta = (grid.ravel() for grid in np.meshgrid(*axes, indexing="ij"))
    loss = np.empty(alpha.size)
    origin = landscape.flatten(last)
    batches = list(batched(alpha.size, part, last))
    progress = Progress("loss_landscape: batch", len(batches))
    for rows in batches:
        flat = origin + alpha[rows, None] * pair[0] + beta[rows, None] * pair[1]
        stacks = np.split(flat, np.cumsum([W.size for W in last])[:-1], axis=1)
        weights = [stack.reshape(-1, *W.shape) for stack, W in zip(stacks, last, strict=True)]
        loss[rows] = stacked_loss(weights, biases, trajectory.activation, part)
        progress.step()
    return loss.reshape(len(axes[0]), len(axes[1]))


def batched(count: int, part: Part, weights: list[np.ndarray]) -> Iterator[slice]:
    """Slices of grid points whose activations fit into ``BATCH_BYTES``."""
    widest = max(W.shape[1] for W in weights)
    size = max(1, BATCH_BYTES // (8 * widest * len(part.labels)))
    return (slice(start, start + size) for start in range(0, count, size))


def trajectory_loss(trajectory: Trajectory, part: Part) -> np.ndarray:
    """Loss of each checkpoint itself, with its own biases, shape (C,)."""
    return np.concatenate(
        [
            stacked_loss(
                [W[c : c + 1] for W in trajectory.weights],
                [b[c][None, None, :] for b in trajectory.biases],
                trajectory.activation,
                part,
            )
            for c in range(len(trajectory.epochs))
        ]
    )


def check(config: Mapping[str, Any]) -> None:
    """Refuse a config that Sacred lets pass: it knows names, not values."""
    if not isinstance(config["source_run"], int) or isinstance(config["source_run"], bool):
        hint = "record one: figproof record digits_mlp with checkpoint_every=1"
        raise FigproofError(f"is {config['source_run']!r}, no run id", where="config: source_run", hint=hint)
    for key, names in (("directions", DIRECTIONS), ("normalise", NORMALISE)):
        if config[key] not in names:
            raise FigproofError(
                f"{config[key]!r} is unknown. {suggest(str(config[key]), names)}", where=f"config: {key}"
            )
    if not isinstance(config["points"], int) or not 2 <= config["points"] <= 501:
        raise FigproofError(f"is {config['points']!r}; allowed are 2 to 501", where="config: points")
    check_number(config, "reach")


@ex.main
def main(_run: Any, _config: Mapping[str, Any], source_run: int) -> float:
    """Evaluate; the result is the smallest loss on the grid."""
    check(_config)
    source = record.source_run(__file__, source_run, "checkpoints")
    run = source.run
    if run.experiment != "digits_mlp":
        raise FigproofError(
            f"run {run.id} is a {run.experiment}, not a digits_mlp", where="config: source_run"
        )
    recorder = Recorder(_run, METRICS, parents=[(run.id, run.experiment)])
    data = load(run.config["dataset"], run.config["mnist_folder"])
    part = training_part(data.train, run.config["train_size"], run.config["label_noise"], run.config["seed"])
    trajectory = read_trajectory(source)
    pair = plane(trajectory, _config)
    # Distances count the biases, which leave the plane: the directions are zero there.
    whole = np.hstack([trajectory.flat_weights(), trajectory.flat_biases()])
    first, second = (np.concatenate([d, np.zeros(trajectory.flat_biases().shape[1])]) for d in pair)
    coordinates = landscape.project(whole, whole[-1], first, second)
    variance = landscape.explained_variance(whole, whole[-1], first, second)
    axes = (axis(coordinates[:, 0], _config), axis(coordinates[:, 1], _config))
    # Far from the trajectory a network may overflow; the metrics declare and record it.
    with np.errstate(over="ignore", invalid="ignore"):
        loss = grid_loss(trajectory, pair, axes, part)
    recorder.arrays(
        "landscape",
        alpha=axes[0],
        beta=axes[1],
        loss=loss,
        trajectory=coordinates,
        trajectory_epochs=trajectory.epochs,
        trajectory_loss=trajectory_loss(trajectory, part),
        distance=landscape.distance_from_plane(whole, whole[-1], first, second),
        explained_variance=variance,
    )
    extremes = {"landscape.loss_min": loss.min(), "landscape.loss_max": loss.max()}
    recorder.scalars(0, extremes | {"landscape.explained_variance": variance.sum()})
    return float(loss.min())


if __name__ == "__main__":
    record.main(ex)
