"""Numbers for a paper's text."""

import numpy as np
import pytest

from figproof.errors import FigproofError
from figproof.kinds import example_run
from figproof.model import Metric, Snapshot
from figproof.numbers import numbers_tex
from figproof.numberspecs import load_numbers
from figproof.numerics.stating import decimals, stated
from figproof.project import Project

VALUES = {"adam": (0.90, 0.92, 0.97), "sgd": (0.5,), "broken": (0.4, float("nan"))}


@pytest.fixture
def numbers(tmp_path, monkeypatch):
    """Write config/numbers.yaml over one pin of made-up runs; the macros as text."""
    (tmp_path / "config" / "pins").mkdir(parents=True)
    (tmp_path / "config" / "pins" / "some.json").write_text("{}")
    runs = []
    for condition, finals in VALUES.items():
        for seed, final in enumerate(finals):
            metric = Metric("acc", "nat", np.arange(3), np.array([0.1, 0.99, final]), "epoch")
            runs.append(
                example_run(
                    len(runs) + 1, condition, seed=seed, config={"seed": seed}, metrics={"acc": metric}
                )
            )
    monkeypatch.setattr("figproof.numbers.load_snapshot", lambda project, pin: Snapshot("some", tuple(runs)))

    def write(text):
        (tmp_path / "config" / "numbers.yaml").write_text(text)
        return Project(tmp_path)

    return write


def entry(name="accuracy", **keys):
    given = {"pin": "some", "condition": "adam", "metric": "acc"} | keys
    return f"{name}:\n" + "".join(f"  {key}: {value}\n" for key, value in given.items())


def test_a_number_is_rounded_to_two_digits_of_its_spread(numbers):
    sd = np.std(VALUES["adam"], ddof=1)
    assert f"{sd:.3f}" == "0.036"
    assert numbers_tex(numbers(entry())) == (
        "% acc, final, mean of 3 sd; pin some, runs 1, 2, 3\n"
        "\\newcommand{\\accuracy}{(0.930 $\\pm$ 0.036)\\,nat}\n"
    )


@pytest.mark.parametrize(
    "keys, body",
    [
        ({"percent": "true"}, "(93.0 $\\pm$ 3.6)\\,\\%"),
        ({"unit": "false"}, "0.930 $\\pm$ 0.036"),
        ({"interval": "minmax", "decimals": 1}, "0.9 [0.9, 1.0]\\,nat"),
        ({"interval": "none"}, "0.930\\,nat"),
        ({"centre": "median", "interval": "none", "decimals": 2}, "0.92\\,nat"),
        ({"value": "best", "better": "higher", "decimals": 2, "interval": "none"}, "0.99\\,nat"),
        ({"value": "best", "better": "lower", "decimals": 2, "interval": "none"}, "0.10\\,nat"),
        ({"condition": "sgd"}, "0.500\\,nat"),
        ({"condition": "broken"}, "diverged\\,nat"),
    ],
)
def test_how_a_number_is_taken_and_written(numbers, keys, body):
    assert numbers_tex(numbers(entry(**keys))).splitlines()[1] == f"\\newcommand{{\\accuracy}}{{{body}}}"


@pytest.mark.parametrize(
    "text, said",
    [
        (entry("acc2"), "'acc2' cannot be a LaTeX macro: letters only"),
        (entry(pin="sone"), r"numbers\.yaml: accuracy\.pin: pin 'sone' is unknown.*Did you mean some"),
        (entry(value="best"), "better belongs to value: best"),
        (entry(metrics="acc"), "unknown key 'metrics'.*Did you mean metric"),
        (entry(centre="median"), "interval: sd is around a mean"),
        ("[1]", "must map"),
        (entry(decimals="'2'"), "decimals"),
    ],
)
def test_a_wrong_entry_is_named_with_its_key(numbers, text, said):
    with pytest.raises(FigproofError, match=said):
        load_numbers(numbers(text))


@pytest.mark.parametrize(
    "keys, said",
    [
        ({"condition": "adan"}, "accuracy: condition 'adan' is not pinned.*adam"),
        ({"metric": "acx"}, "acx"),
    ],
)
def test_what_was_not_recorded_is_named_with_what_was(numbers, keys, said):
    with pytest.raises(FigproofError, match=said):
        numbers_tex(numbers(entry(**keys)))


def test_a_project_without_numbers_has_none(tmp_path):
    assert load_numbers(Project(tmp_path)) == {}


def test_decimals_follow_the_smallest_interval_or_the_largest_centre():
    none = np.array([np.nan])
    assert decimals(np.array([97.123]), np.array([97.0]), np.array([97.25])) == 2
    assert decimals(np.array([0.5, 123.4]), none, none) == 0
    assert decimals(np.array([0.0123]), none, none) == 4
    assert stated(-1.234, float("nan"), float("nan"), 2, "none") == "−1.23"
    assert stated(float("nan"), 0.0, 1.0, 2, "sd") == "diverged"
