"""Features of a recorded perceptron, against the network that they were made from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from figproof.completeness import complete_metrics
from figproof.record.datasets import load
from figproof.record.session import run_recorded
from figproof.store import Store
from trained import arrays, load_experiment, recorded


@pytest.mark.store
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_features_agree_with_the_network_they_were_made_from(
    store: Store, recording_address: str, monkeypatch: pytest.MonkeyPatch, activation: str
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    source = recorded(store, "digits_mlp", "with", "smoke", f"activation={activation}", "hidden=[8, 6]")
    run = recorded(store, "feature_visualisation", "with", "smoke", "source_run=1")
    assert run.info["figproof"]["parents"] == [{"id": 1, "experiment": "digits_mlp"}]
    weights, images = arrays(store, source, "checkpoints"), load("digits").test.images

    def answers(x: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        f = load_experiment("digits_mlp").ACTIVATIONS[activation][0]
        first = x @ weights["W1"][-1] + weights["b1"][-1]
        second = f(first) @ weights["W2"][-1] + weights["b2"][-1]
        return [first, second, f(second) @ weights["W3"][-1] + weights["b3"][-1]]

    features = arrays(store, run, "features")
    assert features["inputs"].shape == (4 + 4 + 10, 2, 8, 8)
    assert features["layer"].tolist() == [1] * 4 + [2] * 4 + [3] * 10
    assert features["unit"].tolist() == [*range(4), *range(4), *range(10)]
    assert sorted(set(zip(features["layer"], features["width"], strict=True))) == [(1, 8), (2, 6), (3, 10)]
    flat = features["inputs"].astype(np.float64).reshape(18, 2, 64)
    assert flat.min() >= 0 and flat.max() <= 1
    assert features["norm"] == np.median(np.linalg.norm(images, axis=1))
    assert np.linalg.norm(flat, axis=-1).max() < features["norm"] * 1.001
    on_test = answers(images)
    for at, (layer, unit) in enumerate(zip(features["layer"], features["unit"], strict=True)):
        # Inputs are stored in half precision.
        reached = answers(flat[at])[layer - 1][:, unit]
        np.testing.assert_allclose(features["values"][at], reached, rtol=0.01, atol=0.01)
        values = on_test[layer - 1][:, unit]
        np.testing.assert_array_equal(features["real"][at], np.argsort(-values, kind="stable")[:3])
        np.testing.assert_allclose(features["real_values"][at], np.sort(values)[::-1][:3])
    rises = complete_metrics(run)["ascent.pre_activation"]
    assert rises.steps.tolist() == list(range(21)) and (np.diff(rises.values) >= 0).all()
    np.testing.assert_allclose(rises.values[-1], features["values"].mean())
    above = (features["values"].max(axis=1) > features["real_values"][:, 0]).mean()
    assert complete_metrics(run)["ascent.above_real"].values[0] == above > 0.7

    saliency = arrays(store, run, "saliency")
    guess = arrays(store, source, "predictions")["probabilities"][-1].argmax(axis=1)
    right = saliency["labels"] == saliency["predicted"]
    np.testing.assert_array_equal(saliency["predicted"], guess[saliency["input"]])
    assert sorted(set(saliency["labels"][right])) == saliency["labels"][right].tolist()
    assert (~right).sum() == 12 and saliency["test_wrong"] == (guess != load("digits").test.labels).sum()
    x, predicted = images[saliency["input"]], saliency["predicted"]
    rows, step = np.arange(len(predicted)), np.zeros(64)
    step[27] = 1e-6
    difference = (answers(x + step)[2] - answers(x - step)[2])[rows, predicted] / 2e-6
    np.testing.assert_allclose(saliency["gradient"][:, 27 // 8, 27 % 8], difference, rtol=1e-4, atol=1e-6)


@pytest.mark.store
def test_features_of_images_of_28_x_28(
    store: Store, recording_address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    rng = np.random.default_rng(0)
    for name, count in (("train", 20), ("t10k", 12)):
        pixels = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        classes = np.arange(count, dtype=np.uint8) % 10
        for kind, body in (("images-idx3", pixels), ("labels-idx1", classes)):
            header = bytes([0, 0, 8, body.ndim]) + np.array(body.shape, dtype=">u4").tobytes()
            (tmp_path / f"{name}-{kind}-ubyte").write_bytes(header + body.tobytes())
    given = ("dataset=mnist", f"mnist_folder={str(tmp_path)!r}", "train_size=None")
    recorded(store, "digits_mlp", "with", "smoke", *given)
    run = recorded(store, "feature_visualisation", "with", "smoke", "source_run=1")
    assert arrays(store, run, "features")["inputs"].shape == (4 + 10, 2, 28, 28)
    assert arrays(store, run, "saliency")["gradient"].shape[1:] == (28, 28)


@pytest.mark.store
def test_features_need_a_perceptron_with_checkpoints(
    store: Store,
    recording_address: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    recorded(store, "digits_mlp", "with", "smoke", "checkpoint_every=None")
    recorded(store, "digits_attention", "with", "smoke", "epochs=1")
    for given, problem in (
        ("1", r"artifact 'checkpoints' was not recorded\. Known: data, hidden, histograms, inputs"),
        ("2", "config: source_run: run 2 is a digits_attention, not a digits_mlp"),
        ("77", r"run 77 in .*: is not in the store"),
        ("True", "config: source_run: is True, no run id"),
    ):
        ex = load_experiment("feature_visualisation").ex
        assert run_recorded(ex, store, ["x", "with", f"source_run={given}"]) == 1
        assert re.search(problem, capfd.readouterr().err)
