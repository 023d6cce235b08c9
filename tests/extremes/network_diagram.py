"""Extremes of the network diagram: deep, wide, minimal, with long names, without numbers."""

from itertools import pairwise
from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "network_diagram")


def example(*widths, scale=1.0, **params):
    random = np.random.default_rng(0)
    arrays = {"epochs": np.array([3])}
    for number, shape in enumerate(pairwise(widths), 1):
        arrays[f"W{number}"] = scale * random.normal(size=(1, *shape))
    run = example_run(1, "adam", artifacts={"checkpoints": arrays})
    return Example(Snapshot("example", (run,)), KIND.params(**params))


def cases():
    """Name of the extreme -> what is given, and how it must end."""
    long = [f"a class with a long name, number {at}" for at in range(10)]
    return {
        "one input and one output": Extreme(example(1, 1)),
        "eight layers": Extreme(example(64, 32, 32, 32, 32, 32, 32, 10)),
        "wide": Extreme(example(784, 512, 512, 10, input_shape=[28, 28])),
        "long names": Extreme(example(64, 16, 10, input_shape=[8, 8], class_labels=long)),
        "weights of zero": Extreme(example(4, 4, 2, scale=0.0)),
        "thirty classes": Extreme(example(64, 16, 30), height_in=6.0),
        "thirty classes without room": Extreme(example(64, 16, 30), refused="no room", height_in=2.4),
        "NaN": Extreme(example(4, 4, 2, scale=np.nan), refused="not finite"),
        "ten layers": Extreme(example(*[8] * 10), refused="10 layers"),
    }
