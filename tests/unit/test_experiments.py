"""The experiments: their gradients, their records, their seeds."""

from __future__ import annotations

import importlib.util
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from figproof.completeness import complete_metrics
from figproof.errors import FigproofError
from figproof.npz import load_npz
from figproof.record.datasets import load, training_part
from figproof.record.session import run_recorded
from figproof.store import Store
from figproof.store.reader import StoredRun, read_artifact, read_run

FOLDER = Path(__file__).resolve().parents[2] / "experiments"


def load_experiment(name: str) -> ModuleType:
    """A fresh copy: Sacred's experiments keep their observers."""
    spec = importlib.util.spec_from_file_location(f"experiment_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def recorded(store: Store, name: str, *arguments: str) -> StoredRun:
    """Record in this process; the stored run, proved whole by the session."""
    number = 1 + store.runs.count_documents({})
    assert run_recorded(load_experiment(name).ex, store, [name, *arguments]) == 0
    return read_run(store, number)


def arrays(store: Store, run: StoredRun, name: str) -> dict[str, npt.NDArray[Any]]:
    (artifact,) = [a for a in run.artifacts if a.name == f"{name}.npz"]
    return load_npz(read_artifact(store, artifact))


def relative_error(loss: Any, parameter: npt.NDArray[Any], gradient: npt.NDArray[Any]) -> float:
    """||g - central differences|| / ||differences||, element by element, in place."""
    numeric = np.zeros_like(parameter)
    for index in np.ndindex(parameter.shape):
        kept = parameter[index]
        parameter[index] = kept + 1e-5
        above = loss()
        parameter[index] = kept - 1e-5
        numeric[index] = (above - loss()) / 2e-5
        parameter[index] = kept
    scale = float(np.linalg.norm(numeric))
    assert scale > 1e-6, "a gradient of zero tests nothing"
    return float(np.linalg.norm(gradient - numeric)) / scale


def test_every_gradient_of_the_transformer_agrees_with_finite_differences() -> None:
    m = load_experiment("digits_attention")
    rng = np.random.default_rng(0)
    p = m.new_parameters(2, 4, 3, rng)
    for name in p:
        # Away from the start, where gains are one and biases nil.
        p[name] += 0.3 * rng.standard_normal(p[name].shape)
    images, labels = rng.random((3, 64)), np.array([0, 4, 9])
    gradients = m.gradients(p, images, labels, 2, 2)
    assert set(gradients) == set(p)

    def loss() -> float:
        return float(m.cross_entropy(m.forward(p, images, 2, 2)[0], labels))

    errors = {name: relative_error(loss, p[name], gradients[name]) for name in sorted(p)}
    assert max(errors.values()) < 1e-6, errors


def test_attention_is_a_distribution_over_tokens_and_patches_keep_all_pixels() -> None:
    m = load_experiment("digits_attention")
    rng = np.random.default_rng(0)
    images = rng.random((2, 64))
    cut = m.patches(images)
    assert cut.shape == (2, 16, 4)
    np.testing.assert_array_equal(cut[0, 0], images[0].reshape(8, 8)[:2, :2].ravel())
    np.testing.assert_array_equal(cut[0, 1], images[0].reshape(8, 8)[:2, 2:4].ravel())
    names = m.token_names().tolist()
    assert (names[0], names[1 + 1], len(names)) == ("CLS", "1,2", 17)
    row, column = (int(number) - 1 for number in names[1 + 9].split(","))
    corner = images[0].reshape(8, 8)[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
    np.testing.assert_array_equal(cut[0, 9], corner.ravel())
    _, kept = m.forward(m.new_parameters(1, 8, 8, rng), images, 1, 4)
    maps = kept["1.attend"][-1]
    assert maps.shape == (2, 4, 17, 17)
    np.testing.assert_allclose(maps.sum(axis=-1), 1.0)


def test_optimizers_step_as_their_formulas_say() -> None:
    m = load_experiment("digits_mlp")
    steps = {}
    for name in m.OPTIMIZERS:
        p = np.array([1.0])
        optimizer = m.Optimizer(name, 0.1, p)
        seen = []
        for gradient in (2.0, 4.0):
            optimizer.step(np.array([gradient]))
            seen.append(float(p[0]))
        steps[name] = seen
    np.testing.assert_allclose(steps["sgd"], [0.8, 0.4])
    np.testing.assert_allclose(steps["momentum"], [0.8, 0.8 - 0.1 * (0.9 * 2 + 4)])
    first, second = (0.9 * 0.2 + 0.4) / (1 - 0.81), (0.999 * 0.004 + 0.016) / (1 - 0.999**2)
    np.testing.assert_allclose(steps["adam"], [0.9, 0.9 - 0.1 * first / np.sqrt(second)], atol=1e-8)


def test_networks_start_as_wide_as_their_layers_ask_and_smaller_where_shortcuts_add_up() -> None:
    m = load_experiment("digits_mlp")
    plain, added = (m.Perceptron((400, *[100] * 5, 10), "relu", shortcuts) for shortcuts in (False, True))
    starts = [m.initial(form, np.random.default_rng(0)) for form in (plain, added)]
    spreads = [[W.std() for W in form.split(p)[0]] for form, p in zip((plain, added), starts, strict=True)]
    np.testing.assert_allclose(spreads[0], [np.sqrt(2 / 400), *[np.sqrt(2 / 100)] * 5], rtol=0.05)
    np.testing.assert_allclose(np.divide(*spreads), [1, 2, 2, 2, 2, 1])
    np.testing.assert_array_equal(plain.split(starts[0])[1][0], 0.0)


def test_histograms_share_edges_over_epochs_and_leave_out_what_is_not_finite() -> None:
    m = load_experiment("digits_mlp")
    edges, counts = m.histograms([np.array([0.0, 1.0]), np.array([3.0, np.nan, np.inf])])
    assert (edges[0], edges[-1], counts.shape) == (0.0, 3.0, (2, m.BINS))
    assert counts.sum(axis=1).tolist() == [2, 1]
    flat, only = m.histograms([np.full(4, np.nan)])
    assert flat[0] < flat[-1]
    assert only.sum() == 0


@pytest.mark.store
def test_the_perceptron_records_what_figures_need(store: Store) -> None:
    run = recorded(store, "digits_mlp", "with", "smoke", "hidden=[6, 5]")
    metrics = complete_metrics(run)
    names = {f"gradient.{what}.layer{k}" for what in ("mean", "max", "norm") for k in (1, 2, 3)}
    names |= {f"{part}.{what}" for part in ("train", "validation") for what in ("loss", "accuracy")}
    assert set(metrics) == names | {"learning_rate"}
    assert {tuple(metric.steps) for metric in metrics.values()} == {(0, 1, 2, 3)}
    assert metrics["train.loss"].unit == "nat"
    predictions, hidden = arrays(store, run, "predictions"), arrays(store, run, "hidden")
    assert predictions["probabilities"].shape == (4, 360, 10)
    assert predictions["probabilities"].dtype == np.float16
    np.testing.assert_allclose(predictions["probabilities"].sum(axis=-1, dtype=np.float64), 1, atol=0.01)
    assert hidden["activations"].shape == (4, 360, 5)
    np.testing.assert_array_equal(hidden["labels"], predictions["labels"])
    checkpoints = arrays(store, run, "checkpoints")
    assert [checkpoints[name].shape for name in ("W1", "W3", "b3")] == [(4, 64, 6), (4, 5, 10), (4, 10)]
    histograms = arrays(store, run, "histograms")
    assert histograms["weights_layer1"].sum(axis=1).tolist() == [64 * 6] * 4
    assert histograms["gradients_layer3"].sum(axis=1).tolist() == [50] * 4
    assert histograms["activations_edges_layer2"].shape == (61,)
    silent = (hidden["activations"] == 0).all(axis=1).mean(axis=1)
    np.testing.assert_allclose(histograms["dead_layer2"], silent)
    assert histograms["dead_layer1"].shape == (4,) and "dead_layer3" not in histograms


@pytest.mark.store
@pytest.mark.parametrize(
    ("store_arrays", "epochs", "artifacts"),
    [("final", [3], ["data", "hidden", "histograms", "predictions"]), ("none", [], ["data"])],
)
def test_arrays_are_stored_as_often_as_asked(
    store: Store, store_arrays: str, epochs: list[int], artifacts: list[str]
) -> None:
    changes = (f"store_arrays={store_arrays}", "checkpoint_every=None")
    run = recorded(store, "digits_mlp", "with", "smoke", *changes)
    assert [artifact.name for artifact in run.artifacts] == [f"{name}.npz" for name in artifacts]
    for name in set(artifacts) - {"data"}:
        assert arrays(store, run, name)["epochs"].tolist() == epochs


@pytest.mark.store
def test_the_classes_of_the_examples_used_are_counted_with_noise_and_size(store: Store) -> None:
    run = recorded(store, "digits_mlp", "with", "smoke", "train_size=50", "label_noise=1.0", "seed=3")
    counts = arrays(store, run, "data")
    whole = load("digits")
    used = training_part(whole.train, 50, 1.0, 3)
    assert counts["train"].tolist() == [int((used.labels == k).sum()) for k in range(10)]
    assert counts["train"].sum() == 50 and counts["test"].sum() == len(whole.test.labels)


@pytest.mark.store
def test_a_profiled_run_records_time_and_memory_and_learns_the_same(store: Store) -> None:
    plain, profiled = (
        complete_metrics(recorded(store, "digits_mlp", "with", "smoke", f"profile={on}"))
        for on in (False, True)
    )
    assert not [name for name in plain if name.startswith("system.")]
    elapsed, times = profiled["system.elapsed"], profiled["system.epoch_time"]
    assert elapsed.steps.tolist() == [0, 1, 2, 3] and elapsed.values[0] == 0
    assert times.unit == "s" and (times.values > 0).all()
    assert (np.diff(elapsed.values) >= times.values).all()
    assert 20 < profiled["system.memory"].values[0] <= profiled["system.memory"].values[-1] < 20_000
    assert profiled["train.loss"].values.tobytes() == plain["train.loss"].values.tobytes()


def test_learning_rates_fall_in_steps_or_along_cosines_that_restart() -> None:
    rate_at = load_experiment("digits_mlp").rate_at

    def rates(schedule: str) -> list[float]:
        config = {"learning_rate": 0.4, "schedule": schedule, "schedule_period": 2}
        return [rate_at(config, epoch) for epoch in range(1, 6)]

    assert rates("constant") == [0.4] * 5
    assert rates("step") == pytest.approx([0.4, 0.4, 0.04, 0.04, 0.004])
    assert rates("cosine") == pytest.approx([0.4, 0.2, 0.4, 0.2, 0.4])


@pytest.mark.store
@pytest.mark.parametrize("name", ["digits_mlp", "digits_attention"])
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(store: Store, name: str) -> None:
    runs = [recorded(store, name, "with", "smoke", f"seed={seed}") for seed in (1, 1, 2)]
    bits = [{m.name: m.values.tobytes() for m in complete_metrics(run).values()} for run in runs]
    files = [{artifact.name: artifact.sha256 for artifact in run.artifacts} for run in runs]
    assert files[0], "nothing was stored"
    assert (bits[0], files[0]) == (bits[1], files[1])
    assert bits[0]["train.loss"] != bits[2]["train.loss"]


@pytest.mark.store
def test_a_diverging_run_is_recorded_with_its_infinities(store: Store) -> None:
    run = recorded(store, "digits_mlp", "with", "smoke", "learning_rate=1e200")
    losses = complete_metrics(run)["train.loss"].values
    assert run.status == "COMPLETED"
    assert not np.isfinite(losses[-1])
    assert np.isfinite(complete_metrics(run)["train.accuracy"].values).all()


@pytest.mark.store
def test_the_transformer_stores_maps_of_one_image_of_each_class(store: Store) -> None:
    run = recorded(store, "digits_attention", "with", "smoke")
    attention = arrays(store, run, "attention")
    assert attention["maps"].shape == (10, 2, 4, 17, 17)
    assert attention["images"].shape == (10, 8, 8)
    assert attention["tokens"].tolist()[:3] == ["CLS", "1,1", "1,2"]
    assert attention["labels"].tolist() == list(range(10))
    losses = complete_metrics(run)["train.loss"].values
    assert losses[-1] < losses[0] - 0.2


@pytest.mark.store
@pytest.mark.parametrize("directions", ["random", "pca"])
def test_a_landscape_agrees_with_the_run_it_was_made_from(
    store: Store, recording_address: str, monkeypatch: pytest.MonkeyPatch, directions: str
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    source = recorded(store, "digits_mlp", "with", "smoke", "label_noise=0.1", "activation=tanh")
    changes = ("points=5", "source_run=1", f"directions={directions}")
    run = recorded(store, "loss_landscape", "with", *changes)
    assert run.info["figproof"]["parents"] == [{"id": 1, "experiment": "digits_mlp"}]
    landscape = arrays(store, run, "landscape")
    assert landscape["loss"].shape == (5, 5)
    train_loss = complete_metrics(source)["train.loss"].values
    # Checkpoints are float32, what was trained float64.
    np.testing.assert_allclose(landscape["trajectory_loss"], train_loss, rtol=1e-6)
    np.testing.assert_allclose(landscape["trajectory"][-1], 0, atol=1e-12)
    np.testing.assert_allclose(landscape["distance"][-1], 0, atol=1e-12)
    assert 0 < landscape["explained_variance"].sum() <= 1 + 1e-12
    if directions == "random":
        np.testing.assert_allclose(landscape["alpha"], [-1, -0.5, 0, 0.5, 1])
        np.testing.assert_allclose(landscape["loss"][2, 2], train_loss[-1], rtol=1e-6)
    else:
        assert landscape["explained_variance"].sum() > 0.5
        for axis, along in (("alpha", 0), ("beta", 1)):
            assert landscape[axis][0] < landscape["trajectory"][:, along].min()
            assert landscape[axis][-1] > landscape["trajectory"][:, along].max()


@pytest.mark.store
def test_a_line_through_the_checkpoints_has_the_losses_of_the_first_and_the_last(
    store: Store, recording_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    source = recorded(store, "digits_mlp", "with", "smoke", "shortcuts=True", "hidden=[8,8]")
    run = recorded(store, "loss_landscape", "with", "points=19", "source_run=1", "directions=interpolation")
    line, metrics = arrays(store, run, "landscape"), complete_metrics(source)
    np.testing.assert_allclose(line["alpha"], np.arange(-4, 15) / 10, atol=1e-12)
    for name in ("train.loss", "train.accuracy", "validation.loss", "validation.accuracy"):
        ends = np.asarray(metrics[name].values)[[0, -1]]
        np.testing.assert_allclose(line[name.replace(".", "_")][[4, 14]], ends, rtol=1e-5, err_msg=name)
    run = recorded(store, "loss_landscape", "with", "points=5", "source_run=1", "dimensions=1")
    line = arrays(store, run, "landscape")
    np.testing.assert_allclose(line["alpha"], [-1, -0.5, 0, 0.5, 1])
    np.testing.assert_allclose(line["train_loss"][2], metrics["train.loss"].values[-1], rtol=1e-5)


@pytest.mark.store
def test_curvature_on_the_plane_is_that_of_the_dense_hessian_on_the_examples_asked_for(
    store: Store, recording_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    recorded(store, "digits_mlp", "with", "smoke", "hidden=[2]", "activation=tanh")
    changes = ("points=3", "source_run=1", "curvature_points=2", "examples=40")
    run = recorded(store, "loss_landscape", "with", *changes)
    m, landscape = load_experiment("loss_landscape"), arrays(store, run, "landscape")
    assert landscape["examples"] == 40
    source = m.record.source_run(str(FOLDER / "loss_landscape.py"), 1, "checkpoints")
    trajectory, part = m.read_trajectory(source), m.read_parts(source, 40)["train"]
    assert len(part.labels) == 40
    form, last = trajectory.form, trajectory.parameters[-1]
    plane = m.directions(trajectory, run.config)
    for i, alpha in enumerate(landscape["curvature_alpha"]):
        for j, beta in enumerate(landscape["curvature_beta"]):
            product = form.hessian(last + alpha * plane[0] + beta * plane[1], part.images, part.labels)
            expected = np.linalg.eigvalsh(np.array([product(e) for e in np.eye(form.size)]))
            found = [landscape["lambda_min"][i, j], landscape["lambda_max"][i, j]]
            np.testing.assert_allclose(found, expected[[0, -1]], rtol=2e-3)


KILLED = """
import sys, importlib.util
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_experiments import load_experiment
module = load_experiment("loss_landscape")
done, by_rows = [], module.step
def counted(*args, **kwargs):
    if len(done) == 3:
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)
    done.append(by_rows(*args, **kwargs))
    return done[-1]
module.step = counted
from figproof.record.session import main
main(module.ex)
"""


@pytest.mark.store
def test_a_landscape_that_was_killed_goes_on_and_comes_out_the_same(
    store: Store, recording_address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    recorded(store, "digits_mlp", "with", "smoke")
    changes = ("points=21", "source_run=1", "seed=77")
    whole = arrays(store, recorded(store, "loss_landscape", "with", *changes), "landscape")

    script = KILLED.format(tests=str(Path(__file__).parent))
    killed = subprocess.run(
        [sys.executable, "-c", script, "with", *changes], capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()

    module, computed = load_experiment("loss_landscape"), []
    losses = module.Perceptron.losses
    monkeypatch.setattr(
        module.Perceptron, "losses", lambda *args: computed.append(len(args[3])) or losses(*args)
    )
    assert run_recorded(module.ex, store, ["loss_landscape", "with", *changes]) == 0
    again = arrays(store, read_run(store, store.runs.count_documents({})), "landscape")
    # 21 rows, of which 3 steps of 4 were kept; each checkpoint's own loss is one network.
    assert computed.count(21) == 21 - 12
    assert sorted(again) == sorted(whole)
    for name, array in whole.items():
        np.testing.assert_array_equal(again[name], array, err_msg=name)


@pytest.mark.store
def test_a_landscape_needs_a_perceptron_with_checkpoints(
    store: Store,
    recording_address: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("FIGPROOF_STORE", recording_address)
    recorded(store, "digits_mlp", "with", "smoke", "checkpoint_every=None")
    for given, problem in (
        ("1", r"artifact 'checkpoints' was not recorded\. Known: data, hidden, histograms, inputs"),
        ("77", r"run 77 in .*: is not in the store"),
        ("None", "config: source_run: is None, no run id"),
    ):
        ex = load_experiment("loss_landscape").ex
        assert run_recorded(ex, store, ["x", "with", f"source_run={given}"]) == 1
        assert re.search(problem, capfd.readouterr().err)


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


@pytest.mark.parametrize(
    ("name", "changes", "problem"),
    [
        ("feature_visualisation", {"starts": 0}, "config: starts: is 0; allowed are whole numbers from 1"),
        ("feature_visualisation", {"units": True}, "config: units: is True; allowed are whole"),
        ("feature_visualisation", {"norm": -2.0}, "config: norm: is -2.0; allowed are numbers above 0"),
        ("feature_visualisation", {"right": 0, "wrong": 0}, "config: right: is 0, and so is wrong"),
        ("digits_mlp", {"optimizer": "adan"}, r"config: optimizer: 'adan' is unknown.*Did you mean adam"),
        ("digits_mlp", {"activation": "gelu"}, "config: activation"),
        ("digits_mlp", {"store_arrays": "all"}, "config: store_arrays"),
        ("digits_mlp", {"hidden": [8, 0]}, r"config: hidden\[1\]: is 0"),
        ("digits_mlp", {"epochs": 1.5}, "config: epochs: is 1.5"),
        ("digits_mlp", {"checkpoint_every": 0}, "config: checkpoint_every"),
        ("digits_mlp", {"hidden": 32}, "config: hidden: is 32; allowed is a list"),
        ("digits_mlp", {"learning_rate": 0}, "config: learning_rate: is 0; allowed are numbers above 0"),
        ("digits_mlp", {"learning_rate": "fast"}, "config: learning_rate: is 'fast'; allowed"),
        ("digits_mlp", {"weight_decay": -1}, "config: weight_decay: is -1; allowed are numbers from 0"),
        ("digits_attention", {"pixel_noise": None}, "config: pixel_noise: is None; allowed"),
        ("loss_landscape", {"source_run": 1, "reach": "far"}, "config: reach: is 'far'; allowed"),
        ("digits_mlp", {"schedule": "linear"}, "config: schedule: 'linear' is unknown"),
        ("digits_mlp", {"schedule": "step"}, "config: schedule_period: is None"),
        ("digits_attention", {"heads": 5}, "config: width: is 32, no multiple of heads"),
        ("digits_attention", {"layers": 0}, "config: layers"),
        ("loss_landscape", {"source_run": 1, "directions": "pcb"}, "config: directions"),
        ("loss_landscape", {"source_run": 1, "points": 1}, "config: points"),
        (
            "loss_landscape",
            {"source_run": 1, "dimensions": 3},
            "config: dimensions: is 3; allowed are 1 to 2",
        ),
        ("loss_landscape", {"source_run": 1, "examples": 0}, "config: examples"),
        (
            "loss_landscape",
            {"source_run": 1, "batch_norm": "train"},
            "config: batch_norm: .*Did you mean|absent",
        ),
        (
            "loss_landscape",
            {"source_run": 1, "directions": "pca", "dimensions": 1},
            "config: dimensions: is 1; allowed is 2",
        ),
        (
            "loss_landscape",
            {"source_run": 1, "dimensions": 1, "curvature_points": 5},
            "config: curvature_points: needs a plane",
        ),
    ],
)
def test_a_wrong_config_value_is_named_with_what_is_allowed(
    name: str, changes: dict[str, Any], problem: str
) -> None:
    module = load_experiment(name)
    defaults = {key: value for key, value in module.config().items() if not key.startswith("_")}
    module.check(defaults | ({"source_run": 1} if name == "loss_landscape" else {}))
    with pytest.raises(FigproofError, match=problem):
        module.check({**defaults, **changes})
