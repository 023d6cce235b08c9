"""Extremes of prediction_table: many inputs, many classes, one, long names, wide images."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "prediction_table")
LONG = ["a class whose name is a whole sentence of a data set's documentation", "another"]


def example(classes, points, shape=(8, 8), **params):
    random = np.random.default_rng(0)
    labels = np.arange(points) % classes
    odds = np.exp(2 * np.eye(classes)[labels] + random.normal(size=(points, classes)))
    scores = (odds / odds.sum(axis=1, keepdims=True))[None].astype(np.float16)
    artifacts = {
        "predictions": {"probabilities": scores, "labels": labels, "epochs": np.array([1])},
        "inputs": {"images": random.integers(0, 255, (points, *shape)).astype(np.uint8), "labels": labels},
    }
    return Example(Snapshot("extreme", (example_run(1, "adam", artifacts=artifacts),)), KIND.params(**params))


def cases():
    return {
        "one input of one class": Extreme(example(1, 1)),
        "a full page": Extreme(example(10, 100, count=20), height_in=4.0),
        "more than the page holds": Extreme(example(10, 500, count=200), "inputs need a height of"),
        "30 classes": Extreme(example(30, 90)),
        "a hundred classes": Extreme(example(100, 200), "bars of 100 classes cannot be read"),
        "long names": Extreme(example(2, 20, class_labels=LONG), "for the bars"),
        "wide images": Extreme(example(5, 30, shape=(6, 12))),
    }
