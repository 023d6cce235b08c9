"""The loss landscape of a recorded run: its numbers, a killed run, what it refuses."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from figproof.completeness import complete_metrics
from figproof.record.session import run_recorded
from figproof.store import Store
from figproof.store.reader import read_run
from trained import FOLDER, arrays, load_experiment, recorded


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
from trained import load_experiment
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

    script = KILLED.format(tests=str(Path(__file__).parents[1]))
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
