"""Extremes of loss_profile: one condition, many, long names, three points, a huge range, a flat line."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "loss_profile")

REGISTERED = ["sgd", "momentum", "adam", "relu", "overfitting", "oscillating", "sigmoid"]


def example(conditions=("adam",), points=41, loss=lambda a: 0.02 + (1 - a) ** 2, **params):
    alpha = np.linspace(-0.4, 1.4, points)
    runs = []
    for number, condition in enumerate(conditions, 1):
        values = loss(alpha) * (1 + 0.1 * number)
        arrays = {"alpha": alpha}
        for part, more in (("train", 1.0), ("validation", 1.3)):
            arrays[f"{part}_loss"] = more * values
            arrays[f"{part}_accuracy"] = np.exp(-more * values)
        config = {"directions": "interpolation", "normalise": "none"}
        runs.append(example_run(number, condition, config=config, artifacts={"landscape": arrays}))
    return Example(Snapshot("extreme", tuple(runs)), KIND.params(**params))


def cases():
    return {
        "one condition, both quantities": Extreme(example(show=["loss", "accuracy"])),
        "three points": Extreme(example(points=3)),
        "501 points": Extreme(example(points=501)),
        "a range of 12 decades": Extreme(example(loss=lambda a: np.exp(-14 * (1 - a)))),
        "a flat line": Extreme(example(loss=np.ones_like, scale="linear")),
        "seven conditions": Extreme(example(conditions=REGISTERED, show=["loss", "accuracy"])),
        "a hundred conditions": Extreme(example(conditions=[f"c{n}" for n in range(100)]), "100 conditions"),
        "a loss of zero on a logarithmic scale": Extreme(
            example(loss=lambda a: np.maximum(a, 0)), "logarithmic|positive"
        ),
    }
