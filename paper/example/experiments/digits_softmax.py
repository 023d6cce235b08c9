"""Softmax regression on 8 x 8 digits, in plain numpy: an experiment to start from.

figproof record digits_softmax with optimizer=momentum seed=1
"""

# Sacred reads the local variables of a config function.
# ruff: noqa: F841

from __future__ import annotations

import numpy as np
from scipy.special import log_softmax

from figproof import record
from figproof.record import Declared, Experiment, Recorder
from figproof.record.datasets import Part, load

ex = Experiment("digits_softmax", save_git_info=record.has_git(__file__))

BATCH = 32
MOMENTUM = {"sgd": 0.0, "momentum": 0.9}


def METRICS(config):
    """Every epoch from 0, before training."""
    return {f"{part}.loss": Declared("nat", config["epochs"] + 1) for part in ("train", "validation")}


@ex.config
def config():
    seed = 0
    optimizer = "sgd"  # sgd or momentum
    learning_rate = 0.1
    epochs = 20
    examples = 200  # to train on, drawn by the seed


@ex.named_config
def smoke():
    epochs = 2


def loss(weights: np.ndarray, part: Part) -> float:
    """Mean cross-entropy in nat."""
    return -log_softmax(part.images @ weights, axis=1)[np.arange(len(part.labels)), part.labels].mean()


@ex.main
def main(_run, seed, optimizer, learning_rate, epochs, examples):
    recorder = Recorder(_run, METRICS)
    data, rng = load("digits"), np.random.default_rng(seed)
    drawn = rng.permutation(len(data.train.labels))[:examples]
    train = Part(data.train.images[drawn], data.train.labels[drawn])
    weights = 0.01 * rng.standard_normal((train.images.shape[1], 10))
    velocity = np.zeros_like(weights)
    targets = np.eye(10)[train.labels]
    for epoch in range(epochs + 1):
        losses = {"train.loss": loss(weights, train), "validation.loss": loss(weights, data.validation)}
        recorder.scalars(epoch, losses)
        order = rng.permutation(len(targets))
        for rows in np.array_split(order, max(1, len(order) // BATCH)):
            images = train.images[rows]
            surplus = np.exp(log_softmax(images @ weights, axis=1)) - targets[rows]
            velocity = MOMENTUM[optimizer] * velocity + images.T @ surplus / len(rows)
            weights = weights - learning_rate * velocity


if __name__ == "__main__":
    record.main(ex)
