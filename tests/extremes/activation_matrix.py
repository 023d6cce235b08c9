"""Extremes of the activation matrix: many classes, units and examples, one of each, no numbers."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "activation_matrix")


def example(classes, examples, units, *, shift=0.0, value=None, **params):
    random = np.random.default_rng(0)
    labels = np.arange(examples) % classes
    centres = random.normal(size=(classes, units))
    made = np.maximum(centres[labels] + 0.3 * random.normal(size=(examples, units)), 0) - shift
    made = made if value is None else np.full_like(made, value)
    arrays = {"activations": made[None], "labels": labels, "epochs": np.array([3])}
    run = example_run(1, "adam", artifacts={"hidden": arrays})
    return Example(Snapshot("example", (run,)), KIND.params(**params))


def cases():
    """Name of the extreme -> what is given, and how it must end."""
    long = [f"a class with a long name, number {at}" for at in range(10)]
    return {
        "thirty classes": Extreme(example(30, 600, 64)),
        "one class": Extreme(example(1, 40, 16)),
        "one example and one unit": Extreme(example(1, 1, 1)),
        "long names": Extreme(example(10, 200, 32, class_labels=long)),
        "ten thousand examples of 512 units": Extreme(example(10, 10_000, 512)),
        "signed": Extreme(example(10, 200, 32, shift=0.5)),
        "all zero": Extreme(example(10, 200, 32, value=0.0)),
        "NaN": Extreme(example(10, 200, 32, value=np.nan), refused="not finite"),
        "too many units": Extreme(example(10, 20, 600), refused="600 units"),
    }
