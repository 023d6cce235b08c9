"""Extremes of system_metrics."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Metric, Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "system_metrics")
REGISTERED = ("sgd", "momentum", "adam", "relu", "overfitting", "oscillating", "sigmoid")


def _snapshot(conditions, epochs=20, *, seconds=0.3, name="system.epoch_time", broken=False):
    runs, steps = [], np.arange(1, epochs + 1)
    for number, condition in enumerate(conditions, 1):
        times = seconds * number * (1 + 0.1 * np.random.default_rng(number).random(epochs))
        if broken:
            times[-1] = np.nan
        metrics = {
            name: Metric(name, "s", steps, times, "epoch"),
            "system.memory": Metric("system.memory", "MiB", steps, np.full(epochs, 70.0 + number), "epoch"),
        }
        runs.append(example_run(number, condition, metrics=metrics))
    return Snapshot("extreme", tuple(runs))


def cases():
    def example(snapshot, **params):
        return Example(snapshot, KIND.params(**params))

    long = "system.time_of_the_forward_pass_with_augmentation_on_the_host"
    return {
        "one run": Extreme(example(_snapshot(["adam"]))),
        "one epoch": Extreme(example(_snapshot(["adam", "sgd"], 1))),
        "seven conditions": Extreme(example(_snapshot(REGISTERED))),
        "a hundred conditions": Extreme(
            example(_snapshot([f"condition {k:03d}" for k in range(100)])), refused="100 conditions"
        ),
        "microseconds": Extreme(example(_snapshot(["adam", "sgd"], seconds=3e-6))),
        "a hundred thousand steps": Extreme(example(_snapshot(["adam"], 100_000))),
        "a long name": Extreme(example(_snapshot(["adam", "sgd"], name=long), metrics=[long]), height_in=4.0),
        "no time at all": Extreme(example(_snapshot(["adam"], seconds=0.0))),
        "NaN": Extreme(example(_snapshot(["adam"], broken=True)), refused="not finite"),
    }
