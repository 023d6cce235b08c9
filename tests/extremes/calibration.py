"""Extremes of calibration: one run, six and seven conditions, one bin used, few points, 30 classes,
five runs."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "calibration")
REGISTERED = ["sgd", "momentum", "adam", "relu", "overfitting", "oscillating", "sigmoid"]


def example(conditions, points, classes=5, sharp=1.5, **params):
    runs = []
    labels = np.random.default_rng(0).integers(0, classes, points)
    for number, condition in enumerate(conditions, start=1):
        random = np.random.default_rng(number)
        odds = np.exp(sharp * (np.eye(classes)[labels] + random.normal(0, 1, (points, classes))))
        scores = (odds / odds.sum(axis=1, keepdims=True))[None].astype(np.float16)
        arrays = {"probabilities": scores, "labels": labels, "epochs": np.array([1])}
        runs.append(example_run(number, condition, seed=number, artifacts={"predictions": arrays}))
    return Example(Snapshot("extreme", tuple(runs)), KIND.params(**params))


def cases():
    return {
        "one run": Extreme(example(["adam"], 300)),
        "six conditions": Extreme(example(REGISTERED[:6], 300)),
        "seven conditions": Extreme(example(REGISTERED, 300), "7 conditions cannot be told apart"),
        "five runs and one": Extreme(example(["adam"] * 5 + ["sgd"], 300)),
        "five runs of three points": Extreme(example(["adam"] * 5, 3)),
        "one bin is used": Extreme(example(["adam"], 300, sharp=80.0)),
        "three points": Extreme(example(["adam", "sgd"], 3)),
        "30 classes, equal counts": Extreme(
            example(["adam", "sgd"], 5000, 30, binning="equal_mass", bins=30)
        ),
    }
