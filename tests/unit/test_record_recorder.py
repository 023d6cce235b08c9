"""The recorder, without a store: what it refuses, and what it hands to Sacred."""

from __future__ import annotations

import fractions
import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from figproof.errors import FigproofError
from figproof.npz import load_npz
from figproof.record import Declared, Progress, Recorder
from figproof.record import recorder as module

METRICS = {"loss": Declared("nat", 3), "gradient": Declared("", None, may_be_nan=True)}


class FakeRun:
    """What the recorder uses of Sacred's run."""

    def __init__(self) -> None:
        self.config = {"epochs": 4}
        self.info: dict[str, Any] = {}
        self._id = 7
        self.experiment_info = {"name": "tiny"}
        self.logged: list[tuple[str, Any, Any]] = []
        self.files: dict[str, tuple[bytes, Any, Any]] = {}

    def log_scalar(self, name: str, value: Any, step: Any) -> None:
        self.logged.append((name, value, step))

    def add_artifact(self, path: str, name: str, metadata: Any, content_type: str) -> None:
        self.files[name] = (Path(path).read_bytes(), metadata, content_type)


@pytest.fixture
def run() -> FakeRun:
    return FakeRun()


def test_many_scalars_of_a_step_are_recorded_in_one_call_as_plain_floats(run: FakeRun) -> None:
    recorder = Recorder(run, METRICS)
    recorder.scalars(np.int64(0), {"loss": np.float32(0.5), "gradient": np.array(2.0)})
    recorder.scalars(3, {"loss": 1})
    assert run.logged == [("loss", 0.5, 0), ("gradient", 2.0, 0), ("loss", 1.0, 3)]
    assert {type(value) for _, value, _ in run.logged} == {float}
    assert {type(step) for _, _, step in run.logged} == {int}
    assert list(recorder.series["loss"].values) == [0.5, 1.0]


def test_the_declaration_is_stored_with_the_run_and_may_depend_on_the_config(run: FakeRun) -> None:
    Recorder(run, lambda config: {"loss": Declared("nat", config["epochs"] + 1)}, parents=[(3, "source")])
    assert run.info["figproof"]["metrics"] == [
        {"name": "loss", "unit": "nat", "points": 5, "step_unit": "epoch", "may_be_nan": False}
    ]
    assert run.info["figproof"]["parents"] == [{"id": 3, "experiment": "source"}]


@pytest.mark.parametrize("value", ["1", None, True, np.bool_(True), 1j, [1.0], np.ones(1), object()])
def test_what_is_no_real_number_is_refused(run: FakeRun, value: Any) -> None:
    with pytest.raises(FigproofError, match=r"run 7 \(tiny\): metric 'loss': .* is no real number"):
        Recorder(run, METRICS).scalars(0, {"loss": value})
    assert run.logged == []


def test_fractions_are_real_and_integers_that_no_double_holds_are_refused(run: FakeRun) -> None:
    recorder = Recorder(run, METRICS)
    recorder.scalars(0, {"loss": fractions.Fraction(1, 4)})
    assert run.logged == [("loss", 0.25, 0)]
    with pytest.raises(FigproofError, match="no exact double"):
        recorder.scalars(1, {"loss": 2**53 + 1})


def test_an_undeclared_metric_is_refused_with_the_nearest_name(run: FakeRun) -> None:
    with pytest.raises(FigproofError, match=r"'los': was not declared\. .*Did you mean loss\?"):
        Recorder(run, METRICS).scalars(0, {"los": 1.0})


def test_nan_is_recorded_only_where_it_was_declared(run: FakeRun) -> None:
    recorder = Recorder(run, METRICS)
    recorder.scalars(0, {"gradient": float("nan")})
    recorder.scalars(1, {"gradient": float("inf")})
    for value in (float("nan"), float("-inf")):
        with pytest.raises(FigproofError, match=r"'loss': is (nan|-inf) at step 0\n.*may_be_nan=True"):
            recorder.scalars(0, {"loss": value})


def test_a_refused_value_leaves_nothing_of_its_step(run: FakeRun) -> None:
    recorder = Recorder(run, METRICS)
    with pytest.raises(FigproofError):
        recorder.scalars(0, {"gradient": 1.0, "loss": "x"})
    assert run.logged == []
    recorder.scalars(0, {"gradient": 1.0, "loss": 1.0})
    assert len(run.logged) == 2


@pytest.mark.parametrize("step", [0, -1])
def test_steps_increase(run: FakeRun, step: int) -> None:
    recorder = Recorder(run, METRICS)
    recorder.scalars(0, {"loss": 1.0})
    with pytest.raises(FigproofError, match=f"step {step} does not follow step 0"):
        recorder.scalars(step, {"loss": 1.0})


@pytest.mark.parametrize("step", [0.5, "1", None, True, 2**63])
def test_a_step_that_is_no_integer_is_refused(run: FakeRun, step: Any) -> None:
    with pytest.raises(FigproofError, match="is not an integer"):
        Recorder(run, METRICS).scalars(step, {"loss": 1.0})


def test_more_points_than_a_document_holds_are_refused_with_advice(
    run: FakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert module.MAX_POINTS * 48 < 16.1 * 1024**2
    monkeypatch.setattr(module, "MAX_POINTS", 2)
    recorder = Recorder(run, METRICS)
    recorder.scalars(0, {"loss": 1.0})
    recorder.scalars(1, {"loss": 1.0})
    with pytest.raises(FigproofError, match=r"16 MB.*\n.*every k-th step"):
        recorder.scalars(2, {"loss": 1.0})


def test_arrays_become_one_deterministic_artifact_with_its_digest(run: FakeRun) -> None:
    Recorder(run, METRICS).arrays("weights", W=np.ones((2, 3)), b=np.zeros(3))
    content, metadata, content_type = run.files["weights.npz"]
    assert metadata == {"sha256": hashlib.sha256(content).hexdigest()}
    assert content_type == "application/octet-stream"
    np.testing.assert_array_equal(load_npz(content)["W"], np.ones((2, 3)))
    other = FakeRun()
    Recorder(other, METRICS).arrays("weights", b=np.zeros(3), W=np.ones((2, 3)))
    assert other.files["weights.npz"][0] == content


def test_an_artifact_is_stored_once_and_under_a_plain_name(run: FakeRun) -> None:
    recorder = Recorder(run, METRICS)
    recorder.arrays("weights", W=np.ones(2))
    with pytest.raises(FigproofError, match="recorded before"):
        recorder.arrays("weights", W=np.ones(2))
    for name in ("../weights", "a b", "", "a.npz"):
        with pytest.raises(FigproofError, match="not allowed"):
            recorder.arrays(name, W=np.ones(2))


def test_objects_are_refused_and_arrays_beyond_the_bound_too(
    run: FakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FigproofError, match="dtype object"):
        Recorder(run, METRICS).arrays("weights", W=np.array([{}]))
    monkeypatch.setattr(module, "MAX_BYTES", 100)
    with pytest.raises(FigproofError, match="at most 100 are read back"):
        Recorder(run, METRICS).arrays("weights", W=np.ones(100))
    assert run.files == {}


def test_what_is_collected_over_epochs_is_stacked_and_is_a_copy(run: FakeRun) -> None:
    recorder = Recorder(run, METRICS)
    weights = np.zeros(2)
    for epoch in (0, 5):
        weights += 1
        recorder.collect("checkpoints", epoch, W=weights)
    with pytest.raises(FigproofError, match="at epoch 5 before"):
        recorder.collect("checkpoints", 5, W=weights)
    recorder.store_collected("checkpoints", labels=np.array([1]))
    stored = load_npz(run.files["checkpoints.npz"][0])
    assert stored["epochs"].tolist() == [0, 5]
    assert stored["W"].tolist() == [[1.0, 1.0], [2.0, 2.0]]
    assert stored["labels"].tolist() == [1]


def test_nothing_collected_is_nothing_stored(run: FakeRun) -> None:
    Recorder(run, METRICS).store_collected("checkpoints", labels=np.array([1]))
    assert run.files == {}


class _Stream:
    def __init__(self, terminal: bool) -> None:
        self.terminal, self.text = terminal, ""

    def isatty(self) -> bool:
        return self.terminal

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


def test_progress_is_one_line_on_a_terminal_and_few_lines_in_a_log() -> None:
    terminal, log = _Stream(True), _Stream(False)
    for stream in (terminal, log):
        progress = Progress("epoch", 100, stream)  # type: ignore[arg-type]
        for number in range(100):
            progress.step(f"loss {number}")
    assert terminal.text.count("\n") == 1
    assert terminal.text.endswith("epoch 100/100 loss 99\n")
    assert log.text.splitlines() == [f"epoch {n}/100 loss {n - 1}" for n in (25, 50, 75, 100)]


@pytest.mark.parametrize("later", [{"w": np.ones(3)}, {"v": np.ones(2)}, {}])
def test_arrays_of_another_shape_are_refused_when_they_are_collected(run: FakeRun, later: Any) -> None:
    recorder = Recorder(run, METRICS)
    recorder.collect("weights", 0, w=np.ones(2))
    with pytest.raises(FigproofError, match=r"'weights' has the shapes .* at epoch 1, .*\(2,\).* at epoch 0"):
        recorder.collect("weights", 1, **later)
