"""Extremes of epoch_strip."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "epoch_strip")


def _snapshot(epochs, classes=10, *, examples=60, broken=()):
    random = np.random.default_rng(0)
    labels = np.arange(examples) % classes
    grow = np.linspace(0, 5, epochs)[:, None, None] * np.eye(classes)[labels]
    scores = random.normal(0, 1, (examples, classes)) + grow
    probabilities = np.exp(scores) / np.exp(scores).sum(axis=-1, keepdims=True)
    probabilities[list(broken)] = np.nan
    arrays = {"probabilities": probabilities, "labels": labels, "epochs": np.arange(epochs)}
    return Snapshot("extreme", (example_run(1, "adam", artifacts={"predictions": arrays}),))


def cases():
    def example(snapshot, **params):
        return Example(snapshot, KIND.params(**params))

    names = [f"a class with a long name, number {k}" for k in range(30)]
    by_class = {"quantity": "class_accuracy", "layout": "accumulated"}
    return {
        "one epoch": Extreme(example(_snapshot(1))),
        "one epoch in one panel": Extreme(example(_snapshot(1), layout="accumulated")),
        "two hundred epochs": Extreme(example(_snapshot(200), layout="accumulated")),
        "twenty-four panels": Extreme(example(_snapshot(40), epochs=list(range(24)))),
        "a row that is not full": Extreme(example(_snapshot(40), epochs=[0, 1, 2, 3, 4, 5, 6, 9, 10, 11])),
        "one class": Extreme(example(_snapshot(5, 1), **by_class)),
        "thirty classes": Extreme(example(_snapshot(12, 30), quantity="class_accuracy")),
        "thirty long names": Extreme(
            example(_snapshot(12, 30), **by_class, class_labels=names), height_in=4.5
        ),
        "one example": Extreme(example(_snapshot(6, examples=1))),
        "NaN from the sixth epoch": Extreme(example(_snapshot(10, broken=range(6, 10)))),
        "nothing but NaN": Extreme(example(_snapshot(4, broken=range(4))), refused="no epoch has finite"),
        "an epoch that was not recorded": Extreme(
            example(_snapshot(4), epochs=[2, 7]), refused=r"epochs \[7\] were not recorded"
        ),
    }
