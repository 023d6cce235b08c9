"""Extremes of loss_curvature: nothing negative, nothing converged but one, coarse and fine maps."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "loss_curvature")


def example(low, points=15, conditions=("adam",), directions="random", **params):
    side = np.linspace(-1, 1, points)
    far = np.hypot(side[:, None], side[None, :])
    config = {"directions": directions, "normalise": "none" if directions == "pca" else "filter"}
    runs = []
    for number, condition in enumerate(conditions, 1):
        arrays = {
            "curvature_alpha": side,
            "curvature_beta": side,
            "lambda_min": low(far),
            "lambda_max": 1.0 + number * far,
            "explained_variance": np.array([0.9, 0.05]),
            "examples": np.array(60000),
        }
        runs.append(example_run(number, condition, config=config, artifacts={"landscape": arrays}))
    return Example(Snapshot("extreme", tuple(runs)), KIND.params(**params))


def cases():
    return {
        "almost convex": Extreme(example(lambda far: -1e-9 * far - 1e-12)),
        "only one cell converged": Extreme(example(lambda far: np.where(far < 0.05, -0.2, np.nan))),
        "three points a side": Extreme(example(lambda far: -far, points=3)),
        "101 points a side": Extreme(example(lambda far: -(far**3), points=101)),
        "a cut scale": Extreme(example(lambda far: -9 * far, largest=1)),
        "principal directions": Extreme(example(lambda far: -far, directions="pca")),
        "four conditions": Extreme(example(lambda far: -far, conditions=("adam", "sgd", "momentum", "relu"))),
        "a hundred conditions": Extreme(
            example(lambda far: -far, points=5, conditions=[f"c{n}" for n in range(100)]),
            "100 conditions side by side",
        ),
        "nothing converged": Extreme(example(lambda far: far * np.nan), "no eigenvalues"),
    }
