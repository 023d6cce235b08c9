"""Extremes of class_balance."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "class_balance")
PARTS = ("train", "validation", "test")


def _snapshot(counts, conditions=("adam",)):
    runs = [
        example_run(k, condition, artifacts={"data": dict.fromkeys(PARTS, np.asarray(counts))})
        for k, condition in enumerate(conditions, 1)
    ]
    return Snapshot("extreme", tuple(runs))


def cases():
    def example(snapshot, **params):
        return Example(snapshot, KIND.params(**params))

    tail = np.round(5000 * 0.8 ** np.arange(30)).astype(np.int64)
    names = [f"a class with a long name, number {k}" for k in range(10)]
    return {
        "one class": Extreme(example(_snapshot([100])), height_in=1.6),
        "thirty classes": Extreme(example(_snapshot(tail))),
        "a hundred classes": Extreme(example(_snapshot(np.arange(1, 101)))),
        "a thousand classes": Extreme(
            example(_snapshot(np.arange(1, 1001))), refused="1000 classes make bars too thin"
        ),
        "an absent class": Extreme(example(_snapshot([0, 12, 9]))),
        "long class names": Extreme(example(_snapshot(np.arange(10, 20)), class_labels=names)),
        "millions of examples": Extreme(example(_snapshot([1_200_000, 1_300_000, 900_000]))),
        "four conditions": Extreme(
            example(_snapshot(np.arange(10, 20), ("adam", "momentum", "relu", "sgd")))
        ),
        "a hundred conditions": Extreme(
            example(_snapshot([1, 2], [f"condition {k}" for k in range(100)])), refused="100 conditions"
        ),
        "no example": Extreme(example(_snapshot([0, 0])), refused="counts no example"),
        "negative": Extreme(example(_snapshot([-1, 3])), refused="a whole number for each class"),
    }
