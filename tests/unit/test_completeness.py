"""What makes a stored run unfit for a pin, and the sentence that each fault gets."""

import datetime

import numpy as np
import pytest

from factories import START, STOP, stored_artifact, stored_metric, stored_run
from figproof.completeness import complete_metrics
from figproof.declare import Declared
from figproof.errors import FigproofError


def fault(run) -> str:
    with pytest.raises(FigproofError) as error:
        complete_metrics(run)
    assert str(error.value).startswith("run 7 (digits_mlp): ")
    return str(error.value)


def test_a_whole_run_gives_its_metrics_with_their_units():
    metric = complete_metrics(stored_run())["train.loss"]
    assert (metric.unit, metric.step_unit) == ("nat", "epoch")
    assert metric.steps.tolist() == [0, 1, 2] and metric.values.tolist() == [1.0, 0.5, 0.25]


def test_a_run_made_without_declarations_is_read_without_units():
    metric = complete_metrics(stored_run(info={}))["train.loss"]
    assert (metric.unit, metric.step_unit) == ("", "step")


@pytest.mark.parametrize("status", ["RUNNING", "FAILED", "INTERRUPTED", "QUEUED", "TIMEOUT"])
def test_a_run_that_is_not_completed_is_named(status):
    assert f"status is {status}" in fault(stored_run(status=status))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stop_time": None}, "stop_time is missing"),
        ({"heartbeat": None}, "last heartbeat (None)"),
        ({"heartbeat": STOP - datetime.timedelta(minutes=2)}, "lost the store during the run"),
        ({"artifacts": (stored_artifact("hidden.npz", missing=True),)}, "'hidden.npz' has no file"),
        ({"info": {"figproof": {"metrics": "x"}}}, "info.figproof.metrics is str"),
        ({"info": {"figproof": {"metrics": [{"name": "a"}]}}}, "info.figproof.metrics holds"),
    ],
)
def test_a_damaged_run_document_is_named(changes, sentence):
    assert sentence in fault(stored_run(**changes))


def times(*seconds: float) -> np.ndarray:
    return np.datetime64(START, "ms") + np.array([int(s * 1000) for s in seconds], dtype="timedelta64[ms]")


@pytest.mark.parametrize(
    ("metric", "sentence"),
    [
        (stored_metric(values=(1.0, 0.5)), "has 2 points, 3 were declared"),
        (stored_metric(values=(1.0, 0.5, 0.2, 0.1)), "has 4 points, 3 were declared"),
        (stored_metric(steps=[0, 1]), "2 steps, 3 values"),
        (stored_metric(timestamps=times(1, 2)), "and 2 times"),
        (stored_metric(steps=[0, 2, 1]), "decrease at step 1"),
        (stored_metric(steps=[0, 1, 1]), "step 1 twice, with"),
        (stored_metric(steps=[0, 1, None]), "the step None"),
        (stored_metric(steps=[0, 1, 1.5]), "the step 1.5"),
        (stored_metric(steps=[0, True, 2]), "the step True"),
        (stored_metric(steps=[0, 1, 2**60]), "steps must be whole numbers"),
        (stored_metric(values=(1.0, float("nan"), 0.2)), "is not finite at step 1"),
        (stored_metric(values=(1.0, 0.5, float("inf"))), "is not finite at step 2"),
        (stored_metric(values=(1.0, "0.5", 0.2)), "the value '0.5' (str)"),
        (stored_metric(values=(1.0, True, 0.2)), "the value 'True' (bool)"),
        (stored_metric(values=(1, 2**53 + 1, 2)), "lose digits"),
        (stored_metric(timestamps=times(-10, 0, 1)), "its id was used before"),
        (stored_metric(timestamps=times(0, 1, 400)), "after the run stopped"),
        (stored_metric(timestamps=np.array(["a", "b", "c"])), "times that are no dates"),
    ],
)
def test_a_damaged_metric_is_named(metric, sentence):
    assert sentence in fault(stored_run(metric))


def test_a_declared_metric_that_is_absent_is_named_with_the_nearest():
    run = stored_run(stored_metric("train.los"))
    assert "metric 'train.loss' was declared and is not in the store" in fault(run)
    assert "Did you mean train.los?" in fault(run)


def test_two_documents_of_one_metric_are_named():
    assert "has two documents" in fault(stored_run(stored_metric(), stored_metric()))


def test_points_that_a_retried_write_stored_twice_are_dropped():
    metric = stored_metric(steps=[0, 1, 1, 2], values=[1.0, 0.5, 0.5, 0.2], timestamps=times(0, 1, 1, 2))
    kept = complete_metrics(stored_run(metric))["train.loss"]
    assert kept.steps.tolist() == [0, 1, 2] and kept.values.tolist() == [1.0, 0.5, 0.2]


def test_nan_is_a_result_where_it_was_declared():
    metric = stored_metric(values=(1.0, float("nan"), float("inf")))
    declared = {"train.loss": Declared("nat", 3, may_be_nan=True)}
    assert np.isnan(complete_metrics(stored_run(metric, declared=declared))["train.loss"].values[1])


def test_integers_are_values_and_negative_steps_are_steps():
    kept = complete_metrics(stored_run(stored_metric(values=(3, 2, 1), steps=[-1, 0, 5])))["train.loss"]
    assert kept.values.dtype == np.float64 and kept.steps.tolist() == [-1, 0, 5]


def test_all_faults_of_a_run_are_told_at_once():
    run = stored_run(stored_metric(values=(1.0,)), stored_metric("b", steps=[2, 1, 0]))
    assert fault(run).count("run 7 (digits_mlp)") == 2
