"""The configs that a figure's file carries."""

import pytest

from figproof.canonical import digest_json
from figproof.settings import MOST_BYTES, said_configs


def test_what_all_runs_share_is_said_once_and_what_differs_by_run():
    configs = {7: {"lr": 0.1, "seed": 1, "hidden": [3]}, 3: {"lr": 0.1, "seed": 2, "hidden": [3]}}
    assert said_configs(configs) == {
        "same": {"hidden": [3], "lr": 0.1},
        "differ": {"3": {"seed": 2}, "7": {"seed": 1}},
    }


def test_a_key_that_one_run_lacks_differs_and_is_not_made_up():
    said = said_configs({1: {"a": None}, 2: {}, 3: {"a": 1}})
    assert said == {"same": {}, "differ": {"1": {"a": None}, "2": {}, "3": {"a": 1}}}


def test_one_and_the_integer_one_and_true_are_three_values():
    said = said_configs({1: {"a": 1}, 2: {"a": True}, 3: {"a": 1.0}})
    assert said["same"] == {}


@pytest.mark.parametrize(
    "value",
    [
        "/home/alice/mnist",
        "~/mnist",
        "C:\\data",
        "\\\\server\\share",
        "file:///home/alice",
        "mongodb://alice:secret@host/db",
        {"data": ["x", "/home/alice"]},
        {"/home/alice": 1},
        "x" * MOST_BYTES,
    ],
)
def test_paths_credentials_and_long_values_are_there_by_digest_alone(value):
    assert said_configs({1: {"data": value}})["same"] == {"data": {"sha256": digest_json(value)}}
    assert said_configs({1: {"data": value}, 2: {}})["differ"]["1"] == {
        "data": {"sha256": digest_json(value)}
    }


@pytest.mark.parametrize("value", ["mnist", "a/b", "12:30", "x" * (MOST_BYTES - 2), [0.1, None, True]])
def test_other_values_stand_as_they_are(value):
    assert said_configs({1: {"data": value}})["same"] == {"data": value}


def test_no_run_has_no_config():
    assert said_configs({}) == {"same": {}, "differ": {}}
