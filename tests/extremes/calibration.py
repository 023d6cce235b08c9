"""Extremes of calibration: one run, six and seven conditions, one bin used, few points, 30 classes."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "calibration")
REGISTERED = ["sgd", "momentum", "adam", "relu", "overfitting", "oscillating", "sigmoid"]


def example(conditions, points, classes=5, sharp=1.5, **params):
    runs = []
    for number, condition in enumerate(conditions, start=1):
        random = np.random.default_rng(number)
        labels = random.integers(0, classes, points)
        odds = np.exp(sharp * (np.eye(classes)[labels] + random.normal(0, 1, (points, classes))))
        scores = (odds / odds.sum(axis=1, keepdims=True))[None].astype(np.float16)
        arrays = {"probabilities": scores, "labels": labels, "epochs": np.array([1])}
        runs.append(example_run(number, condition, artifacts={"predictions": arrays}))
    return Example(Snapshot("extreme", tuple(runs)), KIND.params(**params))


def cases():
    return {
        "one run": Extreme(example(["adam"], 300)),
        "six conditions": Extreme(example(REGISTERED[:6], 300)),
        "seven conditions": Extreme(example(REGISTERED, 300), "7 conditions cannot be told apart"),
        "one bin is used": Extreme(example(["adam"], 300, sharp=80.0)),
        "three points": Extreme(example(["adam", "sgd"], 3)),
        "30 classes, equal counts": Extreme(
            example(["adam", "sgd"], 5000, 30, binning="equal_mass", bins=30)
        ),
    }
