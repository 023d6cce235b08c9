"""Extremes of confusion: 30 classes, one, long names, nothing wrong, everything wrong."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "confusion")
LONG = ["a class whose name is a whole sentence of a data set's documentation", "another", "third"]


def example(classes, points, strength=1.5, **params):
    random = np.random.default_rng(0)
    labels = np.arange(points) % classes
    scores = strength * np.eye(classes)[labels] + random.normal(size=(points, classes))
    arrays = {"probabilities": scores[None], "labels": labels, "epochs": np.array([1])}
    run = example_run(1, "adam", artifacts={"predictions": arrays})
    return Example(Snapshot("extreme", (run,)), KIND.params(**params))


def cases():
    return {
        "30 classes": Extreme(example(30, 3000), height_in=6.0),
        "two classes": Extreme(example(2, 40)),
        "one class": Extreme(example(1, 10)),
        "long names": Extreme(example(3, 90, class_labels=LONG), "class_labels"),
        "nothing is wrong": Extreme(example(5, 100, 80.0)),
        "everything is wrong": Extreme(example(5, 100, -80.0)),
        "counts of thousands": Extreme(example(10, 60_000, normalise="none")),
    }
