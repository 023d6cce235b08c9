"""Runs are read whole, and odd documents are passed on, from a real server."""

from __future__ import annotations

import datetime
from typing import Any

import bson
import numpy as np
import pytest

from figproof.errors import FigproofError
from figproof.store import Store, reader
from figproof.store.reader import list_runs, read_run

pytestmark = pytest.mark.store
START = datetime.datetime(2026, 1, 2, 3, 4, 5, 678000)


def run_document(**changes: Any) -> dict[str, Any]:
    return {
        "_id": 1,
        "experiment": {"name": "digits_mlp"},
        "status": "COMPLETED",
        "config": {"seed": 3, "remote": "https://user:tok@h/x"},
        "info": {"figproof": {"metrics": []}},
        "result": 0.5,
        "start_time": START,
        "stop_time": START,
        "heartbeat": START,
        "artifacts": [],
        **changes,
    }


def metric_document(name: Any = "loss", **changes: Any) -> dict[str, Any]:
    series = {"steps": [0, 1], "values": [1.0, 0.5], "timestamps": [START, START]}
    return {"run_id": 1, "name": name, **series, **changes}


def test_a_run_comes_with_metrics_and_artifacts_sorted_by_name(store: Store) -> None:
    file_id = store.fs.put(b"abc", metadata={"sha256": "0" * 64})
    listed = [{"name": "b.npz", "file_id": file_id}, {"name": "a.npz", "file_id": bson.ObjectId()}]
    store.runs.insert_one(run_document(artifacts=listed))
    store.metrics.insert_many([metric_document("b"), metric_document("a"), metric_document(run_id=2)])

    run = read_run(store, 1)

    assert [metric.name for metric in run.metrics] == ["a", "b"]
    assert [(a.name, a.length, a.sha256, a.missing) for a in run.artifacts] == [
        ("a.npz", None, None, True),
        ("b.npz", 3, "0" * 64, False),
    ]
    assert (run.id, run.experiment, run.status, run.result) == (1, "digits_mlp", "COMPLETED", 0.5)
    assert run.start_time == run.stop_time == run.heartbeat == START
    assert run.start_time is not None and run.start_time.tzinfo is None
    steps, values = np.asarray(run.metrics[0].steps), np.asarray(run.metrics[0].values)
    assert (steps.tolist(), values.tolist()) == ([0, 1], [1.0, 0.5])
    assert np.asarray(run.metrics[0].timestamps).dtype == np.dtype("datetime64[ms]")


@pytest.mark.parametrize("count", [9, 10, 1000, 20_001])
def test_metrics_of_any_length_come_back(store: Store, count: int) -> None:
    values = np.linspace(0, 1, count)
    store.runs.insert_one(run_document())
    store.metrics.insert_one(
        metric_document(steps=list(range(count)), values=values.tolist(), timestamps=[START] * count)
    )

    (metric,) = read_run(store, 1).metrics

    np.testing.assert_array_equal(metric.steps, np.arange(count))
    np.testing.assert_array_equal(metric.values, values)
    assert len(metric.timestamps) == count


def test_two_documents_of_one_metric_are_both_listed(store: Store) -> None:
    store.runs.insert_one(run_document())
    store.metrics.insert_many([metric_document(), metric_document()])

    assert [metric.name for metric in read_run(store, 1).metrics] == ["loss", "loss"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"values": ["a", 1.0]}, ["a", 1.0]),
        ({"values": [True, 1]}, [True, 1]),
        ({"values": [bson.Decimal128("1")]}, [bson.Decimal128("1")]),
        ({"values": 3.0}, ["values is float, not a list"]),
        ({"values": {"0": 1.0}}, ["values is dict, not a list"]),
        ({"values": []}, []),
    ],
)
def test_odd_values_are_passed_on_as_a_list(
    store: Store, changes: dict[str, Any], expected: list[Any]
) -> None:
    store.runs.insert_one(run_document())
    store.metrics.insert_one(metric_document(**changes))

    assert read_run(store, 1).metrics[0].values == expected


def test_a_metric_without_any_series_is_empty(store: Store) -> None:
    store.runs.insert_one(run_document())
    store.metrics.insert_one({"run_id": 1, "name": 5})

    (metric,) = read_run(store, 1).metrics

    assert (metric.name, len(metric.steps), len(metric.values), len(metric.timestamps)) == ("5", 0, 0, 0)


def test_a_document_with_nothing_but_an_id_is_read(store: Store) -> None:
    store.runs.insert_one({"_id": 1})

    run = read_run(store, 1)

    assert (run.experiment, run.status, run.config, run.info, run.result) == ("", "", {}, {}, None)
    assert (run.start_time, run.metrics, run.artifacts) == (None, (), ())


def test_odd_documents_do_not_crash(store: Store) -> None:
    odd = {
        "config": {
            "d": bson.Decimal128("1"),
            "o": bson.ObjectId(),
            "c": bson.Code("x"),
            "r": bson.Regex("a"),
        },
        "start_time": "yesterday",
        "stop_time": None,
        "artifacts": [5, {"name": 7}, {"name": "a", "file_id": {"$gt": ""}}],
        "status": 4,
    }
    store.runs.insert_one(run_document(**odd))

    run = read_run(store, 1)

    assert (run.start_time, run.stop_time, run.status) == (None, None, "4")
    assert [(a.name, a.missing) for a in run.artifacts] == [("", True), ("7", True), ("a", True)]


@pytest.mark.parametrize("key", ["config", "info", "experiment"])
def test_a_list_where_a_document_belongs_is_named(store: Store, key: str) -> None:
    store.runs.insert_one(run_document(**{key: [1]}))

    with pytest.raises(FigproofError, match=f"{key}: is list, not a document"):
        read_run(store, 1)


def test_passwords_in_urls_are_not_read(store: Store) -> None:
    store.runs.insert_one(run_document())

    assert read_run(store, 1).config["remote"] == "https://redacted@h/x"
    assert list_runs(store, "digits_mlp")[0]["config"]["remote"] == "https://redacted@h/x"


@pytest.mark.parametrize("run_id", [2, "1", {"$gt": 0}])
def test_an_absent_run_is_named(store: Store, run_id: Any) -> None:
    store.runs.insert_one(run_document())

    with pytest.raises(FigproofError, match="is not in the store"):
        read_run(store, run_id)


@pytest.mark.parametrize("edit", [{"$set": {"config.seed": 4}}, None])
def test_a_run_that_changes_while_it_is_read_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch, edit: dict[str, Any] | None
) -> None:
    store.runs.insert_one(run_document(status="RUNNING"))
    read_metrics = reader._read_metrics

    def meddle(opened: Store, run_id: Any) -> Any:
        if edit is None:
            store.runs.delete_one({"_id": 1})
        else:
            store.runs.update_one({"_id": 1}, edit)
        return read_metrics(opened, run_id)

    monkeypatch.setattr(reader, "_read_metrics", meddle)

    with pytest.raises(FigproofError, match=r"was edited or deleted while it was read \(status 'RUNNING'\)"):
        read_run(store, 1)


def test_runs_of_one_experiment_are_listed_by_id_with_few_fields(store: Store) -> None:
    store.runs.insert_many(
        [run_document(_id=3), run_document(_id=1), run_document(_id=2, experiment={"name": "other"})]
    )

    listed = list_runs(store, "digits_mlp")

    assert [run["_id"] for run in listed] == [1, 3]
    assert set(listed[0]) == {"_id", "config", "status", "result", "experiment", "start_time", "archived"}


def test_an_experiment_name_cannot_be_a_question(store: Store) -> None:
    store.runs.insert_one(run_document())

    assert list_runs(store, {"$gt": ""}) == []  # type: ignore[arg-type]
