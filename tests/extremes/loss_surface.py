"""Extremes of loss_surface: flat, huge range, coarse and fine grids, several conditions, long names."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "loss_surface")


def bowl(x, y):
    return 0.01 + x**2 + 3 * y**2


def example(loss, points=31, conditions=("adam",), directions="random", **params):
    side = np.linspace(-1, 1, points)
    x, y = np.meshgrid(side, side, indexing="ij")
    config = {"directions": directions, "normalise": "none" if directions == "pca" else "filter"}
    runs = []
    for number, condition in enumerate(conditions, 1):
        arrays = {
            "alpha": side,
            "beta": side,
            "loss": number * loss(x, y),
            "explained_variance": np.array([0.9, 0.05]),
        }
        runs.append(example_run(number, condition, config=config, artifacts={"landscape": arrays}))
    return Example(Snapshot("extreme", tuple(runs)), KIND.params(**params))


def cases():
    return {
        "almost flat": Extreme(example(lambda x, y: 2.302 + 0.0004 * bowl(x, y))),
        "a range of 12 decades": Extreme(example(lambda x, y: np.exp(14 * bowl(x, y)))),
        "a range of 12 decades, cut": Extreme(example(lambda x, y: np.exp(14 * bowl(x, y)), highest=100)),
        "three points a side": Extreme(example(bowl, points=3)),
        "linear heights": Extreme(example(lambda x, y: bowl(x, y) - 2, scale="linear")),
        "principal directions": Extreme(example(bowl, directions="pca")),
        "four conditions": Extreme(example(bowl, conditions=("adam", "sgd", "momentum", "relu"))),
        "a hundred conditions": Extreme(
            example(bowl, points=5, conditions=[f"c{n}" for n in range(100)]), "100 conditions side by side"
        ),
        "a grid too fine": Extreme(example(bowl, points=501), "a surface shows up to"),
        "a loss below zero on a logarithmic scale": Extreme(
            example(lambda x, y: bowl(x, y) - 2), "logarithmic|positive"
        ),
    }
