"""Extremes of results_table: one cell, every condition and many columns, long heads, a run that diverged."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Metric, Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "results_table")
HEAD = "a head that is a whole sentence long, and more than that "
REGISTERED = ["sgd", "momentum", "adam", "relu", "overfitting", "oscillating", "sigmoid"]


def example(conditions, seeds, columns, *, broken=(), label="m", **params):
    runs = []
    for condition in conditions:
        for seed in range(seeds):
            random = np.random.default_rng([seed, len(condition)])
            metrics = {}
            for column in range(columns):
                values = 0.9 + random.normal(0, 0.01, 3)
                if (condition, seed) in broken:
                    values[:] = np.nan
                metrics[f"m{column}"] = Metric(f"m{column}", "", np.arange(3), values, "epoch")
            runs.append(example_run(len(runs) + 1, condition, seed=seed, metrics=metrics))
    heads = [{"metric": f"m{k}", "better": "higher", "label": f"{label}{k}"} for k in range(columns)]
    given = KIND.params.model_validate({"columns": heads, "interval": "sd", **params})
    return Example(Snapshot("extreme", tuple(runs), expected_seeds=seeds), given)


def cases():
    return {
        "one run, one column": Extreme(example(["adam"], 1, 1)),
        "seven conditions, four columns": Extreme(example(REGISTERED, 5, 4, bold="not_worse")),
        "twelve columns": Extreme(example(REGISTERED, 5, 12), "in wide"),
        "long heads": Extreme(example(["adam"], 3, 3, label=HEAD), "in wide"),
        "one run diverged": Extreme(example(["adam", "sgd"], 3, 2, broken=[("adam", 1)], bold="not_worse")),
        "every run diverged": Extreme(example(["adam"], 1, 1, broken=[("adam", 0)])),
        "not enough height": Extreme(example(REGISTERED, 2, 1), "in high", height_in=0.8),
    }
