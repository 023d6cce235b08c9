"""Extremes of gradient flow: many layers, conditions and steps, one of each, NaN."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Metric, Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "gradient_flow")
NAMES = ("sgd", "momentum", "adam", "relu", "overfitting", "oscillating", "sigmoid")


def example(layers, steps, conditions=1, *, broken=None, **params):
    runs = []
    for number, name in enumerate(NAMES[:conditions]):
        random = np.random.default_rng(number)
        metrics = {}
        for layer in range(1, layers + 1):
            values = 0.02 * 0.8 ** (layers - layer) * np.exp(random.normal(0, 0.2, steps))
            if broken is not None:
                values[-(-steps // 2) :] = broken
            for what, times in (("mean", 1.0), ("max", 20.0)):
                key = f"gradient.{what}.layer{layer}"
                metrics[key] = Metric(key, "", np.arange(steps), times * values, "epoch")
        runs.append(example_run(number + 1, name, metrics=metrics))
    return Example(Snapshot("example", tuple(runs)), KIND.params(**params))


def cases():
    """Name of the extreme -> what is given, and how it must end."""
    return {
        "one layer and one epoch": Extreme(example(1, 1, view="both")),
        "thirty layers": Extreme(example(30, 40, view="both")),
        "ten thousand steps": Extreme(example(4, 10_000, view="both")),
        "seven conditions": Extreme(example(5, 30, 7, statistic="max")),
        "two conditions as lines": Extreme(example(12, 30, 2, view="lines")),
        "NaN from half-way": Extreme(example(4, 30, broken=np.nan, view="both")),
        "zero from half-way": Extreme(example(4, 30, broken=0.0, view="lines")),
        "infinite from half-way": Extreme(example(4, 30, broken=np.inf)),
    }
