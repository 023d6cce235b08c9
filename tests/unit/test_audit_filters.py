"""Filters are a closed grammar; what a user or a run wrote is only ever a value."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from figproof.audit.fields import Row, parse_field, statistic
from figproof.audit.filters import parse_filter
from figproof.errors import FigproofError
from figproof.store.marks import Mark

RUN: dict[str, Any] = {
    "_id": 7,
    "status": "COMPLETED",
    "result": {"accuracy": 0.9},
    "start_time": datetime.datetime(2026, 1, 2, 3, 4),
    "stop_time": datetime.datetime(2026, 1, 2, 3, 5),
    "host": {"hostname": "node1"},
    "experiment": {"name": "digits", "repositories": [{"commit": "4c59d4d" + "0" * 33, "dirty": True}]},
    "config": {
        "optimizer": "adam",
        "learning_rate": 0.01,
        "epochs": 40,
        "shuffle": True,
        "schedule": None,
        "hidden": [32, 16],
        "name": "$where",
        "digits": "10",
        "nested": {"a": {"b": 1}},
        "list": "a,b",
        "diverged": float("nan"),
        "word": "True",
    },
}
ROW = Row(RUN, Mark(tags=("draft", "paper"), note="look = here", archived=False), {"metric:loss:last": 0.25})


@pytest.mark.parametrize(
    "text",
    [
        "config.learning_rate=.01",
        "config.learning_rate<1.",
        "config.diverged=NaN",
        'config.word="True"',
        "config.optimizer=adam",
        'config.optimizer="adam"',
        "config.optimizer=sgd,adam",
        "config.optimizer!=sgd",
        "config.optimizer~DA",
        "config.learning_rate<=0.01",
        "config.learning_rate<1e-1",
        "config.epochs=40.0",
        "config.epochs>39",
        "config.shuffle=true",
        "config.schedule=null",
        "config.absent=null",
        "config.absent!=3",
        "config.hidden=[32,16]",
        "config.hidden.1=16",
        "config.nested.a.b=1",
        "config.name=$where",
        'config.digits="10"',
        'config.list="a,b"',
        "result.accuracy>=0.9",
        "metric:loss:last<0.3",
        "status=COMPLETED",
        "id=7",
        "id!=8",
        "host=node1",
        "commit=4c59d4d",
        "dirty=true",
        "tag=paper",
        "tag!=final",
        "tag~pap",
        "note~look =",
        "archived=false",
        "duration=60",
        "started=2026-01-02",
        "started>=2026-01-02",
        "started<=2026-01-02",
        "started>2026-01-01",
        "started<2026-01-02T03:05",
        "started>2026-01-02T04:03+01:00",
    ],
)
def test_these_fit(text: str) -> None:
    assert parse_filter(text, "here").fits(ROW)


@pytest.mark.parametrize(
    "text",
    [
        "config.optimizer=sgd",
        "config.optimizer!=adam",
        "config.optimizer!=sgd,adam",
        "config.shuffle=1",
        "config.epochs=true",
        "config.digits=10",
        "config.absent=3",
        "config.absent<3",
        "config.optimizer<3",
        "config.schedule!=null",
        "config.hidden=[16,32]",
        "config.list=a,b",
        "result.accuracy>0.9",
        "metric:loss:max>0",
        "commit=4c5",
        "dirty=false",
        "tag=pap",
        "tag!=paper",
        "tag=null",
        "started>2026-01-02",
        "started<2026-01-02",
        "stopped!=2026-01-02",
    ],
)
def test_these_do_not_fit(text: str) -> None:
    assert not parse_filter(text, "here").fits(ROW)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("config.optimizer", "is no filter. Allowed: FIELD=VALUE"),
        ("=adam", "is no filter"),
        ("config.optimizer==adam", "'==' is no operator"),
        ("config.epochs=>40", "'=>' is no operator"),
        ("config.shuffle=True", "'True' is written 'true' here"),
        ("config.schedule!=1,None", "'None' is written 'null' here"),
        ("metric:loss:last=nan", "allowed are also NaN and Infinity"),
        ("optimiser=adam", "is no field of a run. Known: archived"),
        ("statu=x", "Did you mean status"),
        ("config.=1", "is no field"),
        ("config.a..b=1", "an empty part"),
        ("config.$where=1", "starts with \\$"),
        ("config.a.$gt=1", "starts with \\$"),
        ("$where=1", "is no field"),
        ("metric:loss=1", "does not say which number of the metric"),
        ("metric:loss:mean>1", "Allowed: metric:NAME:STAT"),
        ("metric:loss:last>low", "'low' is no number"),
        ("duration>true", "is no number"),
        ("dirty=maybe", "allowed are =true and =false"),
        ("dirty>false", "allowed are =true and =false"),
        ("started>yesterday", "'yesterday' is no time. Allowed: 2026-01-31"),
        ("config." + "a" * 3000 + "=1", "is no filter"),
    ],
)
def test_what_is_not_in_the_grammar_is_refused_by_name(text: str, said: str) -> None:
    with pytest.raises(FigproofError, match=said):
        parse_filter(text, "figproof runs list")


def test_only_the_first_part_of_a_key_is_asked_of_the_server() -> None:
    assert parse_field("config.nested.a.b", "here").paths == ("config.nested",)
    assert parse_field("result.a.b", "here").paths == ("result",)


def test_a_metric_whose_name_holds_an_operator_is_written_in_quotes() -> None:
    asked = parse_filter('metric:"loss<1:x":at:-3>=0', "here")

    assert (asked.field.metric, asked.field.stat, asked.operator) == ("loss<1:x", "at:-3", ">=")


@pytest.mark.parametrize(
    ("stat", "wanted"),
    [
        ("first", 3.0),
        ("last", 2.0),
        ("min", 1.0),
        ("max", 3.0),
        ("points", 4),
        ("at:20", 1.0),
        ("at:5", None),
    ],
)
def test_numbers_of_a_series(stat: str, wanted: float | None) -> None:
    assert statistic(stat, [0, 10, 20, 30], [3.0, float("nan"), 1.0, 2.0]) == wanted


@pytest.mark.parametrize("values", [[], [float("nan")], ["x"], [None]])
def test_a_series_without_a_number_has_no_smallest(values: list[Any]) -> None:
    assert statistic("min", list(range(len(values))), values) is None
