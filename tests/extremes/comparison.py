from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Metric, Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "comparison")
REGISTERED = ["sgd", "momentum", "adam", "relu", "overfitting", "oscillating", "sigmoid"]


def _snapshot(conditions, seeds, *, name="validation.accuracy", broken=()):
    runs = []
    for condition in conditions:
        for seed in range(seeds):
            random = np.random.default_rng([seed, len(condition)])
            values = 0.9 + random.normal(0, 0.01, 4)
            if (condition, seed) in broken:
                values[2:] = np.nan
            metrics = {name: Metric(name, "", np.arange(4), values, "epoch")}
            runs.append(example_run(len(runs) + 1, condition, seed=seed, metrics=metrics))
    return Snapshot("extreme", tuple(runs), expected_seeds=seeds)


def cases():
    def example(snapshot, **params):
        return Example(
            snapshot, KIND.params(**{"metric": "validation.accuracy", "better": "higher"} | params)
        )

    long = "validation.accuracy.of.the.ensemble.on.the.corrupted.and.reweighted.hold.out.set"
    lost = _snapshot(["adam"], 1, broken=[("adam", 0)])
    return {
        "one run": Extreme(example(_snapshot(["adam"], 1)), height_in=1.4),
        "every registered condition": Extreme(example(_snapshot(REGISTERED, 5), test="t", baseline="sgd")),
        "long metric name": Extreme(
            example(_snapshot(["adam", "sgd"], 3, name=long), metric=long), height_in=1.6
        ),
        "a hundred seeds": Extreme(example(_snapshot(["adam", "sgd"], 100)), height_in=1.8),
        "one run diverged": Extreme(
            example(_snapshot(["adam", "sgd"], 4, broken=[("adam", 2)]), style="bars"), height_in=1.6
        ),
        "every run diverged": Extreme(example(lost), "every run diverged"),
        "a hundred conditions": Extreme(
            example(_snapshot([f"c{number:03}" for number in range(100)], 2)), "conditions.yaml"
        ),
        "not enough height": Extreme(
            example(_snapshot(REGISTERED, 2)), "7 conditions need a height of", height_in=1.2
        ),
    }
