import datetime
import json
from dataclasses import replace

import numpy as np
import pytest
from bson import Decimal128, ObjectId

from factories import START, STOP, stored_artifact, stored_metric, stored_run
from figproof.canonical import digest_bytes
from figproof.content import run_content
from figproof.declare import Declared
from figproof.errors import FigproofError


def digest(run, artifact=b"bytes") -> str:
    return run_content(run, lambda a: artifact).digest


def test_the_digest_is_of_content_and_not_of_id_time_or_host():
    later = datetime.timedelta(days=3)
    metric = stored_metric()
    moved = stored_run(
        replace(metric, timestamps=np.asarray(metric.timestamps) + np.timedelta64(later)),
        id=99,
        start_time=START + later,
        stop_time=STOP + later,
        heartbeat=STOP + later,
    )
    assert digest(moved) == digest(stored_run())


@pytest.mark.parametrize(
    "other",
    [
        stored_run(experiment="other"),
        stored_run(config={"seed": 2}),
        stored_run(result=0.8),
        stored_run(stored_metric(values=(1.0, 0.5, 0.2500000001))),
        stored_run(stored_metric(steps=[0, 1, 3])),
        stored_run(artifacts=(stored_artifact("hidden.npz"),)),
    ],
)
def test_any_change_of_content_changes_the_digest(other):
    assert digest(other) != digest(stored_run())


def test_the_sign_of_a_nan_is_no_content():
    """Processors make NaN with either sign; an export keeps none."""
    declared = {"train.loss": Declared("nat", 3, may_be_nan=True)}
    runs = [
        stored_run(stored_metric(values=(1.0, nan, 0.25)), declared=declared)
        for nan in (float("nan"), -float("nan"))
    ]
    assert [np.signbit(run.metrics[0].values[1]) for run in runs] == [False, True]
    assert digest(runs[0]) == digest(runs[1])
    finite = stored_run(stored_metric(values=(1.0, 0.5, 0.25)), declared=declared)
    assert digest(finite) != digest(runs[0])


def test_an_artifacts_bytes_and_name_are_part_of_the_digest():
    run = stored_run(artifacts=(stored_artifact("a.npz"),))
    assert digest(run, b"one") != digest(run, b"two")
    assert digest(run) != digest(stored_run(artifacts=(stored_artifact("b.npz"),)))


def test_every_blob_lies_under_its_own_digest_and_is_named_by_the_document():
    content = run_content(stored_run(artifacts=(stored_artifact("a.npz"),)), lambda a: b"bytes")
    document = json.loads(content.document)
    named = {entry["sha256"] for entry in (*document["metrics"], *document["artifacts"])}
    assert named == set(content.blobs) == {digest_bytes(blob) for blob in content.blobs.values()}
    assert len(named) == 2


def test_odd_values_in_a_config_stay_data():
    config = {
        "py/object": "os.system",
        "nested": {"py/reduce": [{"py/type": "subprocess.Popen"}, ["id"]]},
        "json://3": float("nan"),
        "when": START,
        "raw": b"\x00",
        "id": ObjectId("0" * 24),
        "exact": Decimal128("1.10"),
    }
    document = json.loads(run_content(stored_run(config=config), lambda a: b"").document)
    assert document["config"]["nested"] == {"py/reduce": [{"py/type": "subprocess.Popen"}, ["id"]]}
    assert document["config"]["json://3"] == {"$float": "nan"}
    assert document["config"]["exact"] == {"$Decimal128": "1.10"}


def test_a_config_nested_without_end_is_refused():
    config: dict = {}
    for _ in range(300):
        config = {"deeper": config}
    with pytest.raises(FigproofError, match="nested deeper than 100 levels"):
        digest(stored_run(config=config))


def test_an_artifact_stored_twice_under_one_name_is_refused():
    with pytest.raises(FigproofError, match=r"'a\.npz' is stored twice"):
        digest(stored_run(artifacts=(stored_artifact("a.npz"), stored_artifact("a.npz"))))
