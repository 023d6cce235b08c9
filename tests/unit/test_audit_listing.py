"""``figproof runs list``: only what is asked for is read; names out of a run are text."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pymongo
import pytest
from pymongo import monitoring

from figproof.audit.listing import ask, list_runs
from figproof.audit.marking import archive_runs, tag_runs
from figproof.audit.spelling import as_csv, as_json, as_table
from figproof.errors import FigproofError
from figproof.store import Store
from stored import put_metric, put_run

pytestmark = pytest.mark.store


def ids(store: Store, *filters: str, **options: Any) -> list[Any]:
    return list(list_runs(store, ask(filters, **options)).ids)


@pytest.fixture
def runs(store: Store) -> Store:
    put_run(store, 1, config__optimizer="sgd", loss=[3.0, 1.0, 2.0])
    put_run(store, 2, config__learning_rate=0.1, loss=[3.0, 2.0, 0.5])
    put_run(store, 10, status="FAILED", loss=[])
    return store


def test_filters_sort_and_limit(runs: Store) -> None:
    assert ids(runs) == [1, 2, 10]
    assert ids(runs, "config.optimizer=adam", "status=COMPLETED") == [2]
    assert ids(runs, "metric:loss:min<=1") == [1, 2]
    assert ids(runs, "metric:loss:last>0.5") == [1]
    assert ids(runs, "metric:loss:at:1=2") == [2]
    assert ids(runs, sort="metric:loss:last") == [2, 1, 10], "runs without the metric stand last"
    assert ids(runs, sort="metric:loss:last", descending=True) == [1, 2, 10]
    listing = list_runs(runs, ask((), sort="id", descending=True, limit=2))
    assert (listing.ids, listing.notes) == ((10, 2), ("1 more match",))


@pytest.mark.parametrize("descending", [False, True])
def test_a_run_that_diverged_is_neither_the_best_nor_the_worst(runs: Store, descending: bool) -> None:
    put_run(runs, 3, loss=[3.0, float("nan")])
    found = ids(runs, sort="metric:loss:last", descending=descending)
    assert found[2:] == [3, 10], "NaN, then runs without the metric"
    assert ids(runs, "metric:loss:last=NaN") == [3]


def test_a_value_that_no_run_has_is_named_with_what_there_is(runs: Store) -> None:
    tag_runs(runs, ["1"], ["paper"], [])
    asked = ["status=completed", "config.optimizer=adem", "config.hidden=[32,32]", "tag=papr", "id=77"]
    assert list_runs(runs, ask(asked)).notes == (
        "no run has status completed. Known: COMPLETED, FAILED.",
        "no run has config.optimizer adem. Known: adam, sgd. Did you mean adam?",
        "no run has tag papr. Known: paper. Did you mean paper?",
    )
    assert list_runs(runs, ask(["status=FAILED", "config.optimizer=sgd"])).notes == (), "each alone is there"


def test_a_listing_without_a_column_is_refused() -> None:
    with pytest.raises(FigproofError, match=r"--columns: names no field, e\.g\. id,experiment,status"):
        ask((), " , ")


def test_columns_are_those_that_were_asked_for(runs: Store) -> None:
    listing = list_runs(runs, ask(["id=2"], 'id,metric:loss:max,metric:"loss":points,config.hidden.0,host'))

    assert listing.columns == ("id", "metric:loss:max", 'metric:"loss":points', "config.hidden.0", "host")
    assert listing.rows == ((2, 3.0, 3, 32, "node1"),)


def test_a_mistyped_key_or_metric_is_an_error_that_names_the_nearest(runs: Store) -> None:
    with pytest.raises(FigproofError, match=r"no run has 'config.optimzer'.*Did you mean config.optimizer"):
        ids(runs, "config.optimzer=adam")
    with pytest.raises(FigproofError, match=r"no run has 'losss'. Known: loss. Did you mean loss"):
        ids(runs, columns="metric:losss:last")
    with pytest.raises(FigproofError, match="is 0; at least 1"):
        ids(runs, limit=0)


def test_two_documents_of_one_metric_have_no_last_value(runs: Store) -> None:
    put_metric(runs, 2, "loss", [9.0])

    assert ids(runs, "metric:loss:last>0") == [1]


def test_a_filter_reaches_the_server_only_as_names_and_constants(runs: Store) -> None:
    sent: list[Any] = []

    class Listener(monitoring.CommandListener):
        def started(self, event: monitoring.CommandStartedEvent) -> None:
            sent.append((event.command_name, event.command.get("filter"), event.command.get("projection")))

        def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

        def failed(self, event: monitoring.CommandFailedEvent) -> None: ...

    options = runs.address.options
    with pymongo.MongoClient("127.0.0.1", event_listeners=[Listener()], **options) as client:
        seen = replace(runs, database=client[runs.database.name])
        assert ids(seen, 'config.optimizer={"$where": "sleep(1000)"}', "status!=$where") == []
    found = [(question, fields) for name, question, fields in sent if name == "find"]
    assert found, "no question was seen"
    assert "$" not in json.dumps([question for question, _ in found], default=str)
    runs_read = next(fields for _, fields in found if fields and "config.optimizer" in fields)
    assert set(runs_read.values()) == {1} and "captured_out" not in runs_read and "config" not in runs_read


def test_archived_runs_are_left_out_unless_they_are_asked_for(runs: Store) -> None:
    archive_runs(runs, ["2"], archived=True)
    tag_runs(runs, ["1"], ["paper"], [])

    assert ids(runs) == [1, 10]
    assert list_runs(runs, ask(["status=COMPLETED"])).notes == (
        "1 archived runs are left out; show them with archived=true",
    )
    assert ids(runs, "archived=true") == [2]
    assert ids(runs, "tag=paper") == [1]


HOSTILE = "=cmd|'/c calc'!A1"


def test_hostile_names_stay_text_in_every_format(store: Store) -> None:
    put_run(
        store,
        1,
        experiment__name="<script>alert(1)</script>",
        config__optimizer=HOSTILE,
        config__learning_rate=-0.5,
        host__hostname="\x1b[2J\x9b31m‮evil\x7f",
    )
    listing = list_runs(store, ask((), "experiment,config.optimizer,config.learning_rate,host"))

    rows = list(csv.reader(io.StringIO(as_csv(listing.columns, listing.rows))))
    assert rows[1] == [
        "<script>alert(1)</script>",
        "'" + HOSTILE,
        "-0.5",
        "\\x1b[2J\\x9b31m\\u202eevil\\x7f",
    ], "text that a spreadsheet would run has an apostrophe, a negative number has none"
    table = as_table(listing.columns, listing.rows)
    assert all(line.isprintable() for line in table.splitlines()) and "\\x1b[2J" in table
    said = as_json(listing.rows)
    assert all(line.isprintable() for line in said.splitlines())
    assert json.loads(said)[0] == list(listing.rows[0])


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@x", "\tx", "\rx"])
def test_a_columns_name_is_no_formula_either(name: str) -> None:
    assert as_csv([name], []).startswith(("'", "\"'")), as_csv([name], [])


def test_a_run_whose_fields_have_other_types_is_listed(store: Store) -> None:
    put_run(store, 1)
    put_run(store, "text", experiment="digits", config=[1], host=None, start_time="now", result=float("nan"))
    store.runs.insert_one({"_id": 3})

    assert sorted(map(str, ids(store))) == ["1", "3", "text"]
    assert ids(store, "duration>0") == [1]
