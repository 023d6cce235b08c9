"""Extremes of the embedding: many classes, many epochs, one of each, points that coincide, no numbers."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "embedding")


def recorded(classes, points, epochs, *, width=8, activations=None):
    """A run whose classes part over its epochs."""
    random = np.random.default_rng(0)
    labels = np.arange(points) % classes
    corners = random.normal(size=(classes, width))
    parts = np.linspace(0.2, 4, epochs)
    made = np.stack([corners[labels] * part + random.normal(size=(points, width)) for part in parts])
    scores = np.exp(made @ corners.T - 0.5 * (corners**2).sum(axis=1))
    common = {"labels": labels, "epochs": np.arange(epochs)}
    return example_run(
        1,
        "adam",
        artifacts={
            "hidden": {"activations": made if activations is None else activations, **common},
            "predictions": {"probabilities": scores / scores.sum(axis=2, keepdims=True), **common},
        },
    )


def example(run, **params):
    return Example(Snapshot("example", (run,)), KIND.params(**params))


def cases():
    """Name of the extreme -> what is given, and how it must end."""
    ten, thirty = recorded(10, 200, 12), recorded(30, 300, 2)
    still = np.zeros((2, 60, 8))
    unknown = np.full((2, 60, 8), np.nan)
    return {
        "ten classes, twelve epochs": Extreme(example(ten, epochs=list(range(12))), height_in=4.6),
        "six paths through twelve epochs": Extreme(
            example(ten, epochs=[0, 3, 11], place="between", trajectories=[1, 2, 3, 4, 5, 16])
        ),
        "thirty classes": Extreme(example(thirty, epochs=[0, 1]), refused="30"),
        "one class, one epoch": Extreme(example(recorded(1, 60, 1), epochs=[0])),
        "one class in space": Extreme(example(recorded(1, 60, 1), epochs=[0], dimensions=3)),
        "ten classes in space": Extreme(example(ten, epochs=[0, 5, 11], dimensions=3, trajectories=[1, 2])),
        "5,000 points": Extreme(example(recorded(10, 5000, 1), epochs=[0])),
        "two classes as a star": Extreme(
            example(recorded(2, 60, 2), epochs=[0], method="star"), refused="three classes"
        ),
        "21 points": Extreme(example(recorded(3, 21, 1), epochs=[0])),
        "20 points": Extreme(example(recorded(3, 20, 1), epochs=[0]), refused=r"allowed are 1\.\.9"),
        "points that coincide": Extreme(
            example(recorded(3, 60, 2, activations=still), epochs=[0]), refused="rank 0"
        ),
        "points that coincide by t-SNE": Extreme(
            example(recorded(3, 60, 2, activations=still), epochs=[0], method="tsne"),
            refused="1 are different",
        ),
        "NaN": Extreme(
            example(recorded(3, 60, 2, activations=unknown), epochs=[0]), refused="60 of 60 points hold NaN"
        ),
    }
