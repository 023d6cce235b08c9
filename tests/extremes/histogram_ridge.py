"""Extremes of histogram ridges: many layers and epochs, one of each, spikes, nothing finite."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "histogram_ridge")


def example(layers, epochs, *, wide=1.0, spike=0, empty_from=None, **params):
    random = np.random.default_rng(0)
    arrays = {"epochs": np.arange(epochs)}
    for layer in range(1, layers + 1):
        edges = wide * np.linspace(-4, 4, 61)
        counts = np.stack([np.histogram(wide * random.normal(size=400), edges)[0] for _ in range(epochs)])
        counts[:, 30] += spike
        counts[empty_from if empty_from is not None else epochs :] = 0
        arrays |= {f"weights_layer{layer}": counts, f"weights_edges_layer{layer}": edges}
        arrays[f"dead_layer{layer}"] = np.full(epochs, 0.125)
    run = example_run(1, "sgd", artifacts={"histograms": arrays})
    return Example(Snapshot("example", (run,)), KIND.params(**params))


def cases():
    """Name of the extreme -> what is given, and how it must end."""
    return {
        "twelve layers": Extreme(example(12, 20)),
        "one layer and one epoch": Extreme(example(1, 1)),
        "sixty ridges": Extreme(example(2, 100, ridges=60)),
        "a spike, as roots": Extreme(example(3, 20, spike=4000, height="root")),
        "tiny values": Extreme(example(3, 20, wide=1e-7)),
        "huge values": Extreme(example(3, 20, wide=1e12)),
        "NaN from half-way": Extreme(example(3, 20, empty_from=10)),
        "nothing but NaN": Extreme(example(3, 20, empty_from=0), refused="every histogram is empty"),
        "thirty layers": Extreme(example(30, 5), refused="30 layers do not fit"),
    }
