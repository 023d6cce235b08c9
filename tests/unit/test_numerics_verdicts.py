"""What the rules say of whole runs: what is found, what is not checked and why, and in which words."""

import numpy as np
import pytest

from figproof.errors import FigproofError
from figproof.model import Metric, Run
from figproof.numerics.health import Check
from figproof.numerics.verdicts import (
    FAULTS,
    check_run,
    checks_frame,
    of_outer_layers,
    of_whole_gradient,
    sentence,
    verdict,
)

STEPS = np.arange(41)
FALLING = 2.0 * np.exp(-STEPS / 8.0)


def run(**metrics):
    """``train_loss=values`` becomes the metric train.loss, ``mean1`` gradient.mean.layer1."""
    named = {}
    for key, values in metrics.items():
        steps, values = values if isinstance(values, tuple) else (np.arange(len(values)), values)
        gradient = key.startswith(("mean", "norm"))
        name = f"gradient.{key[:4]}.layer{key[4:]}" if gradient else key.replace("_", ".")
        named[name] = Metric(name, "nat", np.asarray(steps), np.asarray(values, dtype=float), "epoch")
    return Run(1, "1" * 64, "e", "c", 1, {}, named, {})


def healthy(**more):
    one = np.ones(41)
    given = {"train_loss": FALLING, "validation_loss": FALLING + 0.05, "mean1": one, "mean2": one}
    return run(**{**given, "norm1": one, "norm2": one, **more})


def asked(given, train="train.loss", validation="validation.loss"):
    return {check.fault: check for check in check_run(given, train, validation)}


def found(checks):
    return [fault for fault, check in checks.items() if check.found]


def test_every_rule_is_asked_of_a_whole_run_and_none_finds_a_fault():
    checks = asked(healthy())
    assert tuple(checks) == FAULTS
    assert all(check.checked for check in checks.values()) and found(checks) == []
    assert verdict(list(checks.values()), "epoch") == [("no fault found by 8 rules",)]


def test_missing_gradients_are_said_and_not_called_healthy():
    checks = asked(run(train_loss=FALLING, validation_loss=FALLING))
    assert [fault for fault, check in checks.items() if not check.checked] == ["vanishing", "exploding"]
    lines = verdict(list(checks.values()), "epoch")
    assert lines == [("no fault found by 6 rules",), ("not checked: vanishing, exploding", "(no gradients)")]


def test_one_layer_explodes_but_cannot_vanish():
    checks = asked(run(train_loss=FALLING, validation_loss=FALLING, mean1=np.ones(41), norm1=np.ones(41)))
    assert checks["exploding"].checked
    assert checks["vanishing"].why == "no gradients of two layers"


def test_without_a_validation_loss_overfitting_is_not_checked():
    checks = asked(healthy(), validation=None)
    assert checks["overfitting"].why == "no validation loss"
    with pytest.raises(FigproofError, match=r"validation.loss' was not recorded"):
        asked(run(train_loss=FALLING))


def test_a_run_that_becomes_nan_has_one_fault_and_the_rest_is_not_asked():
    broken = np.where(STEPS >= 7, np.nan, FALLING)
    checks = asked(healthy(train_loss=broken))
    assert found(checks) == ["not finite"] and checks["not finite"].step == 7
    assert checks["underfitting"].why == "losses are not finite" and not checks["underfitting"].checked
    # The fault says so already.
    assert len(verdict(list(checks.values()), "epoch")) == 1


def test_infinite_gradients_are_not_finite_though_losses_are():
    checks = asked(healthy(norm2=np.where(STEPS == 9, np.inf, 1.0)))
    assert found(checks) == ["not finite"] and checks["not finite"].step == 9
    assert checks["underfitting"].checked


def test_a_validation_loss_that_is_not_finite_leaves_the_rules_of_training():
    checks = asked(healthy(validation_loss=np.full(41, np.nan)))
    assert found(checks) == ["not finite"]
    assert not checks["overfitting"].checked and checks["plateau"].checked


def test_few_points_and_losses_from_zero_are_not_checked():
    short = asked(run(train_loss=FALLING[:9], validation_loss=FALLING[:9]))
    assert {check.why for check in short.values() if not check.checked} == {
        "fewer than 10 points",
        "no gradients",
    }
    assert asked(run(train_loss=FALLING[:10], validation_loss=FALLING[:10]))["plateau"].checked
    below = asked(run(train_loss=-FALLING, validation_loss=FALLING))
    assert below["diverged"].why == "losses do not start above 0"


def test_losses_of_other_steps_are_compared_where_both_were_recorded():
    validation = np.concatenate([np.linspace(2, 1, 11), np.linspace(1.05, 1.5, 10)])
    checks = asked(run(train_loss=FALLING, validation_loss=(2 * np.arange(21), validation)))
    assert checks["overfitting"].found and checks["overfitting"].step in (20, 22)
    sparse = asked(run(train_loss=FALLING, validation_loss=(1 + 5 * np.arange(9), np.ones(9))))
    assert sparse["overfitting"].why == "fewer than 10 points"


def test_layers_are_taken_by_number_and_not_by_name():
    means = {f"mean{k}": np.full(41, 10.0**-k) for k in range(1, 11)}
    assert asked(healthy(**means))["vanishing"].value == pytest.approx(10.0**9)


def test_what_is_drawn_of_the_gradient_is_what_the_rules_measure():
    given = healthy(norm1=np.full(41, 3.0), norm2=np.full(41, 4.0), mean1=np.full(41, 0.1))
    steps, whole = of_whole_gradient(given)
    assert steps.tolist() == STEPS.tolist() and whole.tolist() == [5.0] * 41
    (_, first), (_, last) = of_outer_layers(given)
    assert (first[0], last[0]) == (0.1, 1.0)
    nothing = run(train_loss=FALLING)
    assert of_whole_gradient(nothing)[0].size == 0
    assert [steps.size for steps, _ in of_outer_layers(nothing)] == [0, 0]


@pytest.mark.parametrize(
    "fault, value, threshold, expected",
    [
        ("overfitting", 0.1334, 0.005, "validation rises 13\u00a0% (limit 0.5\u00a0%)"),
        ("underfitting", 0.994, 0.45, "99\u00a0% of loss left (limit 45\u00a0%)"),
        ("plateau", 0.0, 0.04, "changes by 0\u00a0% (limit 4\u00a0%)"),
        ("oscillating", 1.5, 0.08, "late swings of 150\u00a0% (limit 8\u00a0%)"),
        ("diverged", 1e303, 1.1, "ends at 1e303\u00a0× its start (limit 1.1\u00a0×)"),
        ("not finite", 0.83, 0.0, "83\u00a0% of epochs (limit 0\u00a0%)"),
        ("vanishing", 8.9e-7, 0.02, "first/last layer 9e-07 (limit 0.02)"),
        ("exploding", 195.2, 65.0, "norm grows 195-fold (limit 65)"),
    ],
)
def test_a_verdict_states_start_value_and_limit(fault, value, threshold, expected):
    start, measured = sentence(Check(fault, True, value, threshold, 12), "epoch")
    assert measured == expected
    assert start == (f"{fault} throughout" if fault == "underfitting" else f"{fault} from epoch 12")


def test_every_fault_has_a_sentence():
    assert all(len(sentence(Check(fault, True, 1.0, 1.0, 0), "step")) == 2 for fault in FAULTS)
    assert sentence(Check("plateau", False, 1.0, 1.0, -1), "step") == ()


def test_the_table_has_a_row_for_each_rule_asked_or_not():
    given = run(train_loss=FALLING, validation_loss=FALLING)
    table = checks_frame(given, check_run(given, "train.loss", "validation.loss"))
    assert table["fault"].tolist() == list(FAULTS)
    assert table["checked"].tolist() == [1] * 6 + [0, 0]
    assert np.isnan(table["value"][-1]) and table["why"][-1] == "no gradients"
