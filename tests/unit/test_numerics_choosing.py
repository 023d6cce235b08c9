"""Which runs of a pin a figure shows, and what a reader is told who did not choose."""

from pathlib import Path

import pytest

from figproof.errors import FigproofError
from figproof.kinds import example_run, kind_names, load_kind
from figproof.model import Snapshot
from figproof.numerics.choosing import chosen_runs, one_run

KINDS = Path(__file__).resolve().parents[2] / "figures"
RUNS = (
    example_run(1, "adam", seed=1),
    example_run(2, "adam", seed=2),
    example_run(3, "sgd", seed=1),
)
PIN = Snapshot("pin", RUNS)


def test_condition_and_seed_choose_one_run():
    assert one_run(PIN, "adam", 2) is RUNS[1]
    assert one_run(PIN, "sgd", None) is RUNS[2]
    assert one_run(PIN, None, 2) is RUNS[1]
    assert one_run(Snapshot("pin", RUNS[:1]), None, None) is RUNS[0]


@pytest.mark.parametrize(
    "condition, seed, problem, hint",
    [
        (None, None, "3 fit: adam seed 1, adam seed 2, sgd seed 1", "set params.condition and params.seed"),
        ("adam", None, "2 fit: adam seed 1, adam seed 2", "set params.seed"),
        (None, 1, "2 fit: adam seed 1, sgd seed 1", "set params.condition in"),
        ("adam", 9, "no run has seed 9; there are: adam seed 1, adam seed 2", "change params.seed"),
        ("adm", 1, "'adm' is not in the pin. Known: adam, sgd. Did you mean adam?", None),
    ],
)
def test_several_runs_or_none_are_named_with_the_parameter_that_decides(condition, seed, problem, hint):
    with pytest.raises(FigproofError) as caught:
        one_run(PIN, condition, seed)
    assert problem in caught.value.problem and caught.value.where == "pin pin"
    assert hint is None or hint in caught.value.hint


def test_the_same_seed_twice_is_narrowed_by_the_selection():
    with pytest.raises(FigproofError) as caught:
        one_run(Snapshot("pin", (RUNS[0], RUNS[0])), None, None)
    assert "narrow the selection" in caught.value.hint


def test_a_hundred_runs_are_not_all_listed():
    many = Snapshot("pin", tuple(example_run(n, "adam", seed=n) for n in range(100)))
    with pytest.raises(FigproofError, match=r"100 fit: adam seed 0, .*adam seed 11 and 88 more"):
        one_run(many, None, None)


@pytest.mark.parametrize("choose", [one_run, chosen_runs])
def test_an_empty_pin_says_how_to_fill_it(choose):
    with pytest.raises(FigproofError, match="holds no run") as caught:
        choose(Snapshot("adam", ()), None, None)
    assert caught.value.hint == "run: figproof pin adam"


def test_all_runs_of_a_condition_are_chosen_unless_a_seed_is_named():
    assert chosen_runs(PIN, "adam", None) == RUNS[:2]
    assert chosen_runs(PIN, "adam", 2) == (RUNS[1],)
    with pytest.raises(FigproofError, match="several conditions: adam, sgd"):
        chosen_runs(PIN, None, None)


SINGLE = (
    "activation_matrix",
    "attention",
    "embedding",
    "histogram_ridge",
    "loss_landscape",
    "network_diagram",
    "prediction_table",
    "roc_pr",
)


@pytest.mark.parametrize("name", SINGLE)
def test_every_kind_that_shows_one_run_says_the_same_of_several(name):
    assert name in kind_names(KINDS)
    kind = load_kind(KINDS, name)
    example = kind.example()
    run = example.snapshot.runs[0]
    twice = Snapshot("pin", (run, example_run(99, run.condition, seed=99, artifacts=run.artifacts)))
    params = example.params.model_copy(update={"condition": None, "seed": None})
    with pytest.raises(FigproofError, match=r"pin pin: one run is shown, 2 fit: .*seed 99"):
        kind.derive(twice, params)
