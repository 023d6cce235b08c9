"""Extremes of sweep: one setting, 12 keys, 30 names, 1,000 settings, diverged runs, odd values, noise."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Metric, Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "sweep")
LONG = "a setting whose text is as long as a whole sentence of a paper"
HOSTILE = ["$\\frac{1}", "_x & y %", "<script>"]


def search(count, config, *, value=lambda c: -((np.log10(c["rate"]) + 2) ** 2), **params):
    runs = []
    for number in range(count):
        random = np.random.default_rng(number)
        made = {"rate": float(10 ** random.uniform(-4, 0)), **config(number, random)}
        metrics = {"loss": Metric("loss", "nat", np.arange(2), np.full(2, float(value(made))), "epoch")}
        runs.append(example_run(number + 1, "search", seed=1, config=made, metrics=metrics))
    given = {"metric": "loss", "better": "higher"} | params
    return Example(Snapshot("extreme", tuple(runs)), KIND.params(**given))


def width(number, random):
    return {"width": int(2 ** random.integers(2, 8))}


def many_keys(count):
    return lambda _, random: {f"weight of term {at}": float(random.random()) for at in range(count)}


def odd(number, random):
    values = {"decay": [0, 1e-5, 1e-3, 0.1][number % 4], "clip": [None, 0.5, 1.0, "auto", 2.5][number % 5]}
    return values | {"layers": [[8], [64, 64], [32, 32, 32]][number % 3], "nesterov": bool(number % 2)}


def diverging(config):
    return np.nan if config["rate"] > 0.1 else config["rate"]


def named(texts):
    return lambda number, random: {"name": texts[number % len(texts)]}


def cases():
    scatter, importance = {"view": "scatter"}, {"view": "importance"}
    return {
        "one setting": Extreme(search(1, width), "no config key differs"),
        "one setting, keys named": Extreme(search(1, width, keys=["rate", "width"])),
        "two settings": Extreme(search(2, width)),
        "one key": Extreme(search(20, lambda *_: {})),
        "one key, scatter": Extreme(search(20, lambda *_: {}, **scatter)),
        "two keys, scatter": Extreme(search(40, width, value=diverging, **scatter)),
        "8 keys": Extreme(search(60, many_keys(7))),
        "24 keys": Extreme(search(60, many_keys(23)), "in are there for it"),
        "8 keys, scatter": Extreme(search(60, many_keys(7), **scatter), height_in=6.5),
        "24 keys, scatter": Extreme(search(60, many_keys(23), **scatter), "in a panel"),
        "24 keys, importance": Extreme(search(60, many_keys(23), **importance), height_in=6.0),
        "30 names": Extreme(search(60, named([f"n{i}" for i in range(30)])), "30 names"),
        "long names": Extreme(search(9, named([LONG, "b"])), "is .* in wide"),
        "long names, scatter": Extreme(search(9, named([LONG, "b"]), **scatter), "is .* in wide"),
        "hostile names": Extreme(search(9, named(HOSTILE))),
        "hostile names, scatter": Extreme(search(9, named(HOSTILE), **scatter)),
        "zero, none, lists and words": Extreme(search(40, odd)),
        "zero, none, lists and words, scatter": Extreme(search(40, odd, **scatter), height_in=5.0),
        "1,000 settings": Extreme(search(1000, width)),
        "1,000 settings, scatter": Extreme(search(1000, width, **scatter)),
        "a third diverged, log": Extreme(search(40, width, value=diverging, metric_scale="log")),
        "every setting diverged": Extreme(search(9, width, value=lambda _: np.nan), "every setting diverged"),
        "one value of the metric": Extreme(search(20, width, value=lambda _: 0.5)),
        "one value, importance": Extreme(search(20, width, value=lambda _: 0.5, **importance), "in all 20"),
        "few settings, importance": Extreme(search(9, width, **importance), "importance needs 10"),
        "noise, importance": Extreme(
            search(30, width, value=lambda c: int(1e6 * c["rate"]) % 97, **importance), "explains nothing"
        ),
    }
