"""Extremes of feature_visualisation: one unit, 30 classes, 28 x 28, wide images, long names, NaN."""

from pathlib import Path

import numpy as np

from extreme import Extreme
from figproof.kinds import Example, example_run, load_kind
from figproof.model import Snapshot

KIND = load_kind(Path(__file__).resolve().parents[2] / "figures", "feature_visualisation")
LONG = ["a class whose name is a whole sentence of a data set's documentation", "another"]


def of(artifact, arrays, params):
    run = example_run(1, "adam", artifacts={artifact: arrays})
    return Example(Snapshot("extreme", (run,)), KIND.params(**params))


def units(widths, shape=(8, 8), scale=10.0, changes=None, **params):
    random = np.random.default_rng(0)
    count = sum(widths)
    values = scale * random.random((count, 4))
    arrays = {
        "layer": np.repeat(np.arange(1, len(widths) + 1), widths),
        "unit": np.concatenate([np.arange(width) for width in widths]),
        "width": np.repeat(widths, widths),
        "inputs": random.random((count, 4, *shape)).astype(np.float16),
        "values": values,
        "real": random.integers(0, 300, (count, 3)),
        "real_values": 0.5 * np.sort(values[:, :3])[:, ::-1],
        "real_labels": random.integers(0, widths[-1], (count, 3)),
        "real_inputs": random.random((count, 3, *shape)).astype(np.float16),
        "epoch": np.array(40),
        "norm": np.array(4.0),
        "test_inputs": np.array(300),
    }
    return of("features", arrays | (changes or {}), params)


def saliency(correct, failed, shape=(8, 8), scale=5.0, **params):
    random = np.random.default_rng(0)
    labels = np.arange(correct + failed) % 10
    arrays = {
        "input": np.arange(correct + failed),
        "images": random.random((correct + failed, *shape)).astype(np.float16),
        "gradient": (scale * random.normal(size=(correct + failed, *shape))).astype(np.float32),
        "labels": labels,
        "predicted": np.where(np.arange(correct + failed) < correct, labels, (labels + 1) % 10),
        "logits": random.random(correct + failed),
        "epoch": np.array(40),
        "test_inputs": np.array(300),
        "test_wrong": np.array(failed),
    }
    return of("saliency", arrays, {"view": "saliency", **params})


def cases():
    return {
        "one unit of one class": Extreme(units([1])),
        "30 classes": Extreme(units([32, 30], layers=[2]), height_in=5.0),
        "100 classes": Extreme(units([100]), "do not fit: pictures would be", height_in=6.0),
        "seven layers": Extreme(units([32] * 6 + [10], columns=6, layers=[1, 3, 6]), height_in=5.0),
        "28 x 28, three test inputs": Extreme(units([16, 10], (28, 28), real=3), height_in=6.5),
        "wide images": Extreme(units([6, 4], (6, 18), columns=6), height_in=4.0),
        "huge values": Extreme(units([6, 4], scale=1e9, columns=6)),
        "values of zero": Extreme(units([6, 4], scale=0.0, columns=6)),
        "long names": Extreme(units([6, 2], class_labels=LONG), "do not fit: words need"),
        "a diverged network": Extreme(
            units([4, 2], changes={"values": np.full((6, 4), np.nan)}), "24 values of values are not finite"
        ),
        "photographs": Extreme(units([16, 10], (224, 224)), "pixels are more than a figure's table holds"),
        "saliency of one input": Extreme(saliency(1, 0)),
        "saliency, none wrong": Extreme(saliency(10, 0, right=10), height_in=2.4),
        "saliency of 28 x 28": Extreme(saliency(10, 10, (28, 28), right=8, wrong=8, columns=8, outline=None)),
        "saliency of a page": Extreme(saliency(60, 40, right=40, wrong=40), height_in=8.0),
        "saliency of zero": Extreme(saliency(4, 4, scale=0.0)),
        "saliency of nothing": Extreme(saliency(4, 0, right=0), "no input is left of 4 right and 0 wrong"),
    }
