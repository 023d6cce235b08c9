"""A pin file as a person or a merge may leave it."""

import json

import pytest

from figproof.errors import FigproofError
from figproof.pins import FORMAT, load_pin
from figproof.project import Project

RUN = {"condition": "adam", "seed": 1, "id": 7, "digest": "ab" * 32}


def load(tmp_path, *runs, **changes):
    path = tmp_path / "config/pins/runs.json"
    path.parent.mkdir(parents=True)
    whole = {"format": FORMAT, "experiment": "digits_mlp", "expected_seeds": None, "runs": list(runs)}
    path.write_text(json.dumps(whole | changes))
    return load_pin(Project(tmp_path), "runs")


def test_a_pin_is_read(tmp_path):
    assert load(tmp_path, RUN).runs[0].id == 7


@pytest.mark.parametrize(
    "second, what",
    [({**RUN, "digest": "cd" * 32, "seed": 2}, "id: 7"), ({**RUN, "id": 8}, "condition and seed")],
)
def test_a_run_that_a_merge_listed_twice_is_refused(tmp_path, second, what):
    with pytest.raises(FigproofError, match=f"config/pins/runs.json: runs: two runs have the same {what}"):
        load(tmp_path, RUN, second)


def test_every_problem_of_a_pin_is_named_at_once(tmp_path):
    with pytest.raises(FigproofError) as error:
        load(tmp_path, {**RUN, "digest": "x"}, extra=1)
    assert "runs.0.digest" in str(error.value) and "unknown key 'extra'" in str(error.value)
