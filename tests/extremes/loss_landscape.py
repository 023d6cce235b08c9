"""Extremes of loss_landscape: almost flat, huge range, a long path, one point of it, a coarse grid."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "loss_landscape")


def example(loss, steps=10, points=21, **params):
    side = np.linspace(-1, 1, points)
    x, y = np.meshgrid(side, side, indexing="ij")
    t = np.linspace(0, 1, steps)
    path = np.column_stack([0.9 - 0.9 * t, 0.7 * (1 - t) ** 2])
    arrays = {
        "alpha": side,
        "beta": side,
        "loss": loss(x, y),
        "trajectory": path,
        "trajectory_epochs": np.arange(steps),
        "trajectory_loss": loss(path[:, 0], path[:, 1]),
        "distance": np.linspace(0.2, 0, steps),
        "explained_variance": np.array([0.9, 0.05]),
    }
    config = {"directions": "pca", "normalise": "none"}
    run = example_run(1, "adam", config=config, artifacts={"landscape": arrays})
    return Example(Snapshot("extreme", (run,)), KIND.params(**params))


def many(loss, conditions, **params):
    (run,) = example(loss, points=9).snapshot.runs
    runs = [replace(run, id=n, digest=f"{n:064}", condition=name) for n, name in enumerate(conditions, 1)]
    return Example(Snapshot("extreme", tuple(runs)), KIND.params(**params))


def cases():
    def bowl(x, y):
        return 0.01 + x**2 + 3 * y**2

    return {
        "almost flat": Extreme(example(lambda x, y: 2.302 + 0.0004 * bowl(x, y))),
        "a range of 12 decades": Extreme(example(lambda x, y: np.exp(14 * bowl(x, y)))),
        "a path of 500 epochs": Extreme(example(bowl, steps=500)),
        "a path of two epochs": Extreme(example(bowl, steps=2)),
        "three points a side": Extreme(example(bowl, points=3)),
        "linear levels": Extreme(example(lambda x, y: bowl(x, y) - 2, scale="linear")),
        "a hundred conditions": Extreme(
            many(bowl, [f"c{n}" for n in range(100)]), "100 conditions side by side"
        ),
        "four conditions": Extreme(many(bowl, ["sgd", "momentum", "adam", "relu"], trajectory=False)),
        "a loss below zero on a logarithmic scale": Extreme(
            example(lambda x, y: bowl(x, y) - 2), "logarithmic|positive"
        ),
    }
