"""Extremes of sweep_heatmap: one cell, 30 x 30, long names, all but one missing, every run diverged."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Metric, Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "sweep_heatmap")
LONG = "a setting whose text is as long as a whole sentence"


def example(columns, rows, *, keep=lambda x, y: True, value=lambda x, y: 0.5 + 0.01 * (x + y), **params):
    runs = []
    for x in range(columns):
        for y in range(rows):
            if keep(x, y):
                values = np.full(3, value(x, y))
                metrics = {"accuracy": Metric("accuracy", "", np.arange(3), values, "epoch")}
                config = {"rate": (x + 1) / 100, "width": y + 1, "name": f"{LONG} {x}", "seed": 1}
                runs.append(example_run(len(runs) + 1, "sweep", config=config, metrics=metrics))
    given = {"x": "rate", "y": "width", "metric": "accuracy", "better": "higher"} | params
    return Example(Snapshot("extreme", tuple(runs)), KIND.params(**given))


def cases():
    return {
        "one cell": Extreme(example(1, 1)),
        "30 x 30": Extreme(example(30, 30), height_in=6.0),
        "one column": Extreme(example(1, 12)),
        "all but the diagonal is missing": Extreme(example(6, 6, keep=lambda x, y: x == y)),
        "long names": Extreme(example(3, 3, x="name"), height_in=6.0),
        "one cell diverged": Extreme(example(3, 3, value=lambda x, y: np.nan if x == y == 1 else 0.5)),
        "every run diverged": Extreme(example(2, 2, value=lambda x, y: np.nan), "diverged in every cell"),
    }
