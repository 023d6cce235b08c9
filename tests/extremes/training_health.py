"""Extremes of training_health: one epoch, one and many runs, long names, NaN, zero, values that run away."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Metric, Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "training_health")
STEPS = np.arange(41)
FALLING = 2.3 * np.exp(-STEPS / 8)
CONDITIONS = ("sgd", "momentum", "adam", "relu", "overfitting", "oscillating", "sigmoid")


def one(number, condition, train, validation=None, *, gradients=None, config=None):
    """``gradients``: first layer's and last layer's, for the mean and the norm alike."""
    recorded = {"train.loss": (train, "nat")}
    recorded["validation.loss"] = (np.asarray(train) + 0.1 if validation is None else validation, "nat")
    for layer, values in enumerate(gradients or (), 1):
        recorded |= {f"gradient.{what}.layer{layer}": (values, "") for what in ("mean", "norm")}
    metrics = {
        name: Metric(name, unit, np.arange(len(values)), np.asarray(values, dtype=float), "epoch")
        for name, (values, unit) in recorded.items()
    }
    return example_run(number, condition, seed=number, config=config, metrics=metrics)


def example(*runs, **params):
    return Example(Snapshot("extreme", tuple(runs)), KIND.params(**params))


def many(count):
    gradients = (np.ones(41), np.ones(41))
    return [one(k, CONDITIONS[k % 7], FALLING * (1 + k / 40), gradients=gradients) for k in range(count)]


def worst():
    """It diverges, gradients explode and become NaN, and nothing of them reaches the first layer."""
    away = np.where(STEPS >= 5, 1e303, FALLING)
    last = np.where(STEPS >= 30, np.nan, np.where(STEPS >= 5, 1e250, 1.0))
    return one(1, "sigmoid", away, gradients=(np.where(STEPS >= 1, 0.0, 1.0), last))


def cases():
    """Name of the extreme -> what is given, and how it must end."""
    nan = np.where(STEPS >= 12, np.nan, FALLING)
    long_condition = "optimizer=sgd,learning_rate=0.1,activation=" + "a_very_long_name_" * 4
    keys = {"optimizer": "an_optimizer_with_a_name_that_does_not_end", "hidden": [32] * 200}
    zero = (np.zeros(41), np.zeros(41))
    long_series = 2.3 * np.exp(-np.arange(200_000) / 4e4)
    return {
        "one run": Extreme(example(one(1, "adam", FALLING))),
        "one epoch": Extreme(example(one(1, "adam", [2.3, 1.1]), one(2, "sgd", [2.4]))),
        "seven runs": Extreme(example(*many(7)), height_in=4.6),
        "twenty-four runs": Extreme(example(*many(24)), height_in=9.0),
        "twenty-four runs where they have no room": Extreme(
            example(*many(24)), refused="camera-ready", height_in=1.5
        ),
        "a hundred runs": Extreme(example(*many(100)), refused="100 runs"),
        "long condition": Extreme(example(one(1, long_condition, FALLING), one(2, "adam", FALLING))),
        "long titles": Extreme(
            example(one(1, "adam", FALLING, config=keys), titles=["optimizer", "hidden"]), height_in=3.0
        ),
        "long name of a metric": Extreme(
            example(
                example_run(
                    1,
                    "adam",
                    metrics={"a." * 30 + "loss": Metric("a." * 30 + "loss", "nat", STEPS, FALLING, "epoch")},
                ),
                train="a." * 30 + "loss",
                validation=None,
            )
        ),
        "nothing but NaN": Extreme(
            example(one(1, "adam", np.full(41, np.nan))), refused="no run has a finite"
        ),
        "nothing but NaN beside a healthy run": Extreme(
            example(one(1, "adam", np.full(41, np.nan)), one(2, "sgd", FALLING))
        ),
        "NaN from the twelfth epoch": Extreme(example(one(1, "adam", nan), one(2, "sgd", FALLING))),
        "several faults in one run": Extreme(example(worst(), one(2, "sgd", FALLING))),
        "gradients of zero": Extreme(example(one(1, "adam", FALLING, gradients=zero))),
        "a constant of zero": Extreme(example(one(1, "adam", np.zeros(41), np.zeros(41)))),
        "negative losses": Extreme(example(one(1, "adam", FALLING - 5))),
        "zero on a logarithmic axis": Extreme(
            example(one(1, "adam", np.zeros(41)), y_scale="log"), refused="logarithmic axis"
        ),
        "five decades on a logarithmic axis": Extreme(
            example(one(1, "adam", 2.3 * 0.75**STEPS), one(2, "sgd", FALLING), y_scale="log")
        ),
        "two hundred thousand points": Extreme(example(one(1, "adam", long_series))),
    }
