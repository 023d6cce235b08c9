"""Extremes of roc_pr: many classes, one class, long names, perfect and random scores, few points."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "roc_pr")
LONG = ["a class whose name is a whole sentence of a data set's documentation", "another", "third"]


def example(count, points, strength=2.0, *, labels=None, **params):
    random = np.random.default_rng(0)
    truth = np.arange(points) % count if labels is None else labels
    scores = strength * np.eye(count)[truth] + random.normal(size=(points, count))
    arrays = {"probabilities": scores[None], "labels": truth, "epochs": np.array([1])}
    run = example_run(1, "adam", artifacts={"predictions": arrays})
    return Example(Snapshot("extreme", (run,)), KIND.params(**params))


def cases():
    return {
        "30 classes": Extreme(example(30, 300)),
        "two classes": Extreme(example(2, 40)),
        "one class": Extreme(example(3, 30, labels=np.zeros(30, int)), "all test points are of one class"),
        "long names": Extreme(example(3, 90, class_labels=LONG)),
        "perfect": Extreme(example(5, 100, 50.0)),
        "chance": Extreme(example(5, 100, 0.0)),
        "three thousand points, averages alone": Extreme(example(5, 3_000, classes=0)),
        "averages of precision and recall alone": Extreme(example(4, 60, classes=0, view="pr")),
    }
