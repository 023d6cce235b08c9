"""Extremes of attention: 12 heads x 12 layers, 200 tokens, one head, a causal mask, one token, names."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "attention")


WORDS = ["[CLS]", "the", "cat", "sat", "on", "the", "mat", ".", "[SEP]", "$x$", "_", "%"]
LONG = "a token whose name is a whole sentence"


def example(layers, heads, tokens, *, causal=False, names=None, **params):
    random = np.random.default_rng(0)
    maps = np.exp(random.normal(0, 2, (1, layers, heads, tokens, tokens)))
    maps = np.tril(maps) if causal else maps
    maps /= maps.sum(axis=-1, keepdims=True)
    arrays = {
        "maps": maps.astype(np.float32),
        "images": random.random((1, 8, 8)),
        "labels": np.array([0]),
        "predictions": np.array([0]),
    }
    arrays |= {} if names is None else {"tokens": np.array(names)}
    run = example_run(1, "attention", artifacts={"attention": arrays})
    return Example(Snapshot("extreme", (run,)), KIND.params(causal=causal, **params))


def cases():
    return {
        "12 heads x 12 layers": Extreme(example(12, 12, 16, show_input=False), height_in=6.5),
        "200 tokens": Extreme(example(1, 2, 200)),
        "12 heads x 12 layers x 200 tokens": Extreme(
            example(12, 12, 200, show_input=False), "5,760,000 weights; the table of a figure holds"
        ),
        "one head": Extreme(example(1, 1, 5)),
        "one token": Extreme(example(1, 1, 1)),
        "200 names": Extreme(example(1, 2, 200, names=[f"{LONG} {at}" for at in range(200)])),
        "12 names": Extreme(example(2, 4, 12, names=WORDS)),
        "another number of names": Extreme(example(1, 1, 5, names=["a"]), "the 5 tokens have names of shape"),
        "causal": Extreme(example(2, 2, 12, causal=True)),
    }
