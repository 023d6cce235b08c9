"""The experiments: their gradients, their records, their seeds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from figproof.completeness import complete_metrics
from figproof.errors import FigproofError
from figproof.record.datasets import load, training_part
from figproof.store import Store
from trained import arrays, load_experiment, recorded, relative_error


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
