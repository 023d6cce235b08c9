"""Extremes of loss_curves."""

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Metric, Snapshot

LOSS = "validation.loss"


def one(number, condition, values, *, name=LOSS, seed=1):
    values = np.asarray(values, dtype=float)
    metric = Metric(name, "nat", np.arange(values.size), values, "epoch")
    return example_run(number, condition, seed=seed, metrics={name: metric})


def example(runs, **params):
    from pathlib import Path

    kind = load_kind(Path(__file__).resolve().parents[2] / "figures", "loss_curves")
    return Example(
        Snapshot("extreme", tuple(runs)), kind.params(**{"metrics": [LOSS], "band": "none", **params})
    )


def cases():
    fall = np.exp(-np.arange(40) / 9)
    long_name = "validation." + "very_long_name_of_a_metric_" * 2 + "loss"
    noisy = fall + np.random.default_rng(0).normal(0, 0.1, 40)
    conditions = ("sgd", "momentum", "adam", "relu", "overfitting", "oscillating", "sigmoid")
    many = [one(k, name, fall * (1 + 0.2 * k)) for k, name in enumerate(conditions, 1)]
    nan = fall.copy()
    nan[12:] = np.nan
    return {
        "one run": Extreme(example([one(1, "adam", fall)])),
        "one epoch": Extreme(example([one(1, "adam", [1.0]), one(2, "sgd", [2.0])])),
        "seven conditions": Extreme(example(many)),
        "a hundred conditions": Extreme(
            example([one(k, f"condition {k:03d}", fall) for k in range(1, 101)]), refused="100 conditions"
        ),
        "a hundred seeds": Extreme(
            example([one(k, "adam", fall * (1 + k / 100), seed=k) for k in range(1, 101)], centre="none")
        ),
        "a long metric name": Extreme(
            example([one(1, "adam", fall, name=long_name)], metrics=[long_name], y_label="loss")
        ),
        "zero and negative on symlog": Extreme(
            example([one(1, "adam", noisy)], y_scale="symlog", symlog_threshold=0.1)
        ),
        "zero on log": Extreme(example([one(1, "adam", noisy)], y_scale="log"), refused="logarithmic"),
        "NaN from the twelfth epoch": Extreme(example([one(1, "adam", nan), one(2, "sgd", fall)])),
        "nothing but NaN": Extreme(example([one(1, "adam", np.full(9, np.nan))]), refused="no step"),
        "a constant of zero": Extreme(example([one(1, "adam", np.zeros(30))])),
        "a million points": Extreme(
            example([one(1, "adam", np.sin(np.arange(1_000_000) / 1e4))], smoothing="ema", decay=0.99)
        ),
    }
