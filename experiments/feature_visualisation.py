"""What the units of a recorded digits_mlp run look for, and where its decisions look, after training.

Activation maximisation (Erhan et al. 2009; Simonyan et al. 2014; Olah et al. 2017): for each unit of each
hidden layer and each class's logit, gradient ascent from several starts on its value before the activation
function, within the grey values' range and no farther from black than the median test input. Beside it,
the test inputs for which the unit's value is largest. Saliency (Simonyan et al. 2014): the gradient of the
predicted class's logit over the input, for test inputs that are classified right and wrong.

    python experiments/feature_visualisation.py with source_run=1
"""

# Sacred reads the local variables of a config function.
# ruff: noqa: F841

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from figproof import record
from figproof.errors import FigproofError
from figproof.numerics.features import Trained, maximise, strongest
from figproof.numerics.units import first_of_each
from figproof.record import Declared, Experiment, Progress, Recorder, SourceRun
from figproof.record.checkpoints import perceptron_run, read_trajectory
from figproof.record.datasets import Part, load
from figproof.record.numbers import check_number

ex = Experiment("feature_visualisation", save_git_info=record.has_git(__file__))

WHOLES = {"starts": 1, "steps": 1, "real": 1, "right": 0, "wrong": 0}


def METRICS(config: Mapping[str, Any]) -> dict[str, Declared]:
    """The ascent step by step, as the mean over all units and starts; and what came of it."""
    ascent = {"ascent.pre_activation": Declared("", config["steps"] + 1)}
    return ascent | {"ascent.above_real": Declared("", 1), "test.accuracy": Declared("", 1)}


@ex.config
def config() -> None:
    seed = 0  # of the starts
    source_run = None  # id of a digits_mlp run that stored checkpoints
    units = None  # of each hidden layer, the first so many; all if None
    starts = 8  # ascents for each unit
    steps = 200  # of each ascent
    norm = None  # largest Euclidean norm of an input; the median of the test inputs' if None
    real = 3  # test inputs stored for each unit, those with the largest values
    right = 1  # test inputs of each class whose saliency is stored: the first that are classified right
    wrong = 12  # and the first so many that are classified wrong


@ex.named_config
def smoke() -> None:
    units = 4
    starts = 2
    steps = 20


def trained(source: SourceRun, pixels: int) -> tuple[Trained, int]:
    """The network of the last checkpoint, and its epoch.

    Raises
    ------
    FigproofError
        Weights that belong to other inputs, or that do not fit together.
    """
    trajectory = read_trajectory(source)
    if trajectory.form.widths[0] != pixels:
        raise FigproofError(
            f"W1 takes {trajectory.form.widths[0]} inputs, an image has {pixels} pixels",
            where=f"run {source.run.id} ({source.run.experiment}): artifact 'checkpoints'",
        )
    return Trained(trajectory.form, trajectory.parameters[-1]), int(trajectory.epochs[-1])


def start_points(config: Mapping[str, Any], layer: int, units: int, pixels: int) -> np.ndarray:
    """Uniform grey, (units, starts, pixels); a unit's starts depend on nothing but seed, layer and unit."""
    shape = (config["starts"], pixels)
    return np.stack([np.random.default_rng([config["seed"], layer, k]).random(shape) for k in range(units)])


def maximising_inputs(
    network: Trained, test: Part, config: Mapping[str, Any], norm: float
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The artifact ``features``, and the ascents' mean value at every step, shape (steps + 1,)."""
    layers, pixels = len(network.form.widths) - 1, test.images.shape[1]
    parts, paths = [], []
    progress = Progress("feature_visualisation: layer", layers)
    for layer, values in enumerate(network.pre_activations(test.images), 1):
        width = values.shape[1]
        count = width if layer == layers else min(config["units"] or width, width)
        starts = start_points(config, layer, count, pixels)
        numbers = np.repeat(np.arange(count), config["starts"])
        ascent = maximise(network, layer, numbers, starts.reshape(-1, pixels), norm, config["steps"])
        rows = strongest(values[:, :count], config["real"])
        part = {"layer": np.full(count, layer), "unit": np.arange(count), "width": np.full(count, width)}
        part |= {"inputs": ascent.inputs.reshape(starts.shape).astype(np.float16)}
        part |= {"values": ascent.values.reshape(starts.shape[:2]), "real": rows}
        part |= {"real_values": values[rows, np.arange(count)[:, None]], "real_labels": test.labels[rows]}
        parts.append(part | {"real_inputs": test.images[rows].astype(np.float16)})
        paths.append(ascent.path)
        progress.step()
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return arrays, np.hstack(paths).mean(axis=1)


def saliency(network: Trained, test: Part, config: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The artifact ``saliency``: the right ones by class, then the wrong ones in their order."""
    logits = network.pre_activations(test.images)[-1]
    guess = logits.argmax(axis=1)
    right = np.flatnonzero(guess == test.labels)
    chosen = right[first_of_each(test.labels[right], config["right"])]
    rows = np.concatenate([chosen, np.flatnonzero(guess != test.labels)[: config["wrong"]]])
    values, gradient = network.slopes(test.images[rows], len(network.form.widths) - 1, guess[rows])
    return {
        "input": rows,
        "images": test.images[rows].astype(np.float16),
        "labels": test.labels[rows],
        "predicted": guess[rows],
        "logits": values,
        "gradient": gradient.astype(np.float32),
        "test_wrong": np.array((guess != test.labels).sum()),
    }


def as_images(arrays: Mapping[str, np.ndarray], *names: str) -> dict[str, np.ndarray]:
    """The same with the named arrays' last axis, pixels, as rows and columns."""
    side = round(arrays[names[0]].shape[-1] ** 0.5)
    return {**arrays, **{name: arrays[name].reshape(*arrays[name].shape[:-1], side, side) for name in names}}


def check(config: Mapping[str, Any]) -> None:
    """Refuse a config that Sacred lets pass: it knows names, not values."""
    least = WHOLES | ({} if config["units"] is None else {"units": 1})
    for key, low in least.items():
        value = config[key]
        if not isinstance(value, int) or isinstance(value, bool) or value < low:
            raise FigproofError(f"is {value!r}; allowed are whole numbers from {low}", where=f"config: {key}")
    if config["right"] + config["wrong"] == 0:
        raise FigproofError("is 0, and so is wrong: no saliency is left", where="config: right")
    if config["norm"] is not None:
        check_number(config, "norm")


@ex.main
def main(_run: Any, _config: Mapping[str, Any], source_run: int) -> float:
    """Maximise; the result is the share of units whose input exceeds all test inputs."""
    check(_config)
    source = perceptron_run(__file__, source_run)
    run = source.run
    recorder = Recorder(_run, METRICS, parents=[(run.id, run.experiment)])
    test = load(run.config["dataset"], run.config["mnist_folder"]).test
    network, epoch = trained(source, test.images.shape[1])
    norm = float(_config["norm"] or np.median(np.linalg.norm(test.images, axis=1)))
    features, path = maximising_inputs(network, test, _config, norm)
    about = {"epoch": epoch, "test_inputs": len(test.labels)}
    recorder.arrays("features", **as_images(features, "inputs", "real_inputs"), norm=norm, **about)
    shown = saliency(network, test, _config)
    recorder.arrays("saliency", **as_images(shown, "images", "gradient"), **about)
    for step, value in enumerate(path):
        recorder.scalars(step, {"ascent.pre_activation": value})
    accuracy = 1.0 - float(shown["test_wrong"]) / len(test.labels)
    above = float((features["values"].max(axis=1) > features["real_values"][:, 0]).mean())
    recorder.scalars(_config["steps"], {"ascent.above_real": above, "test.accuracy": accuracy})
    return above


if __name__ == "__main__":
    record.main(ex)
