"""Each health rule on series whose fault is known by construction, at its threshold and just past it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from figproof.numerics import health
from figproof.numerics.health import (
    DIVERGED_RATIO,
    EXPLODING_RATIO,
    OSCILLATION_SWING,
    OVERFIT_RISE,
    PLATEAU_FALL,
    PLATEAU_LEFT,
    UNDERFIT_LEFT,
    VANISHING_RATIO,
)

STEPS = np.arange(41)
FALLING = 2.0 * np.exp(-STEPS / 8.0)
A_BIT = 1e-6
OF_TRAINING = (health.underfitting, health.plateau, health.oscillating, health.diverged)


def test_a_falling_pair_of_curves_shows_no_fault():
    checks = [rule(STEPS, FALLING) for rule in OF_TRAINING]
    checks.append(health.overfitting(STEPS, FALLING, FALLING + 0.1))
    assert [check.fault for check in checks if check.found] == []
    assert all(check.checked and check.step == -1 for check in checks)


def v_shaped(rise):
    """Falls by 1 to step 20 and rises again by a share of it, in a straight line, flat for the last tenth."""
    return np.concatenate([2.0 - STEPS[:21] / 20, 1.0 + rise * np.minimum(np.arange(1, 21) / 16, 1.0)])


def test_overfitting_starts_at_the_lowest_validation_loss():
    found = health.overfitting(STEPS, FALLING, v_shaped(0.5))
    assert found.found and found.step in (20, 21)
    # The lowest tenth is 1, 1, and a bit: its median lies between the smallest steps of the rise.
    assert np.isclose(found.value, 0.5, atol=0.05)


@pytest.mark.parametrize("factor, expected", [(0.9, False), (1.2, True)])
def test_overfitting_is_a_rise_above_the_threshold(factor, expected):
    check = health.overfitting(STEPS, FALLING, v_shaped(factor * OVERFIT_RISE))
    assert check.found is expected and check.why == ""


def test_a_rise_while_training_loss_rises_too_is_no_overfitting():
    check = health.overfitting(STEPS, FALLING[::-1], v_shaped(0.5))
    assert not check.found and check.why == "the training loss did not fall on"
    assert check.value > OVERFIT_RISE


def test_a_network_that_learned_nothing_does_not_overfit():
    wobble = 2.0 - 0.01 * STEPS * (STEPS <= 3)
    check = health.overfitting(STEPS, FALLING, wobble)
    assert not check.found and "less than 10 %" in check.why


def test_a_rise_no_larger_than_the_noise_is_no_overfitting():
    swinging = np.where(STEPS < 10, 2.0 - STEPS / 10, 1.0 + 0.1 * (STEPS % 2))
    assert not health.overfitting(STEPS, FALLING, swinging).found


@pytest.mark.parametrize(
    "rule, threshold", [(health.underfitting, UNDERFIT_LEFT), (health.diverged, DIVERGED_RATIO)]
)
def test_underfitting_and_divergence_are_what_is_left_at_the_end(rule, threshold):
    for left, expected in ((threshold, False), (threshold + A_BIT, True)):
        # The end is a median over the last tenth, so a flat tail states it exactly.
        flat = np.concatenate([np.linspace(1.0, left, 37), np.full(4, left)])
        check = rule(STEPS, flat)
        assert (check.found, check.value) == (expected, pytest.approx(left))


def test_a_run_that_diverged_does_not_also_underfit_or_stay_on_a_plateau():
    rising = np.concatenate([np.linspace(1.0, 5.0, 20), np.full(21, 5.0)])
    assert health.diverged(STEPS, rising).found
    for rule in (health.underfitting, health.plateau, health.oscillating):
        assert not rule(STEPS, rising).found
    assert health.underfitting(STEPS, rising).why == "it diverged"


def test_divergence_starts_where_the_loss_rose_for_good():
    loss = np.where(STEPS == 3, 9.0, np.where(STEPS >= 30, 2.0, 0.5))
    loss[0] = 1.0
    assert health.diverged(STEPS, loss).step == 30


def stair(left, change=0.0):
    """Falls from 1 to ``left`` in ten steps; in the last third, on by ``change`` of its whole fall."""
    fall = 1.0 - left
    loss = np.interp(STEPS, [0, 10], [1.0, left + change * fall])
    # The last third's halves are 6 and 7 points; twice their difference is the change.
    loss[-7:] -= change * fall / 2
    return loss


@pytest.mark.parametrize("left, expected", [(PLATEAU_LEFT, False), (PLATEAU_LEFT + A_BIT, True)])
def test_a_plateau_has_much_left(left, expected):
    check = health.plateau(STEPS, stair(left))
    assert check.found is expected and check.value == pytest.approx(0, abs=1e-12)
    assert ("is left" in check.why) is not expected


@pytest.mark.parametrize("factor, expected", [(0.9, True), (1.2, False)])
def test_a_plateau_has_stopped_falling(factor, expected):
    check = health.plateau(STEPS, stair(0.5, factor * PLATEAU_FALL))
    assert check.found is expected
    assert check.value == pytest.approx(factor * PLATEAU_FALL, rel=0.05)


def test_a_plateau_starts_where_the_loss_comes_to_stay():
    assert health.plateau(STEPS, stair(0.5)).step == 10
    assert not health.plateau(STEPS, np.linspace(1.0, 0.5, 41)).found


def swings(size):
    """Falls to 0.2 and swings up by ``size`` at steps 12 and 30."""
    loss = np.interp(STEPS, [0, 5], [1.0, 0.2])
    loss[[12, 30]] += size
    return loss


@pytest.mark.parametrize(
    "size, expected", [(OSCILLATION_SWING - A_BIT, False), (OSCILLATION_SWING + A_BIT, True)]
)
def test_oscillation_is_two_swings_above_the_threshold(size, expected):
    check = health.oscillating(STEPS, swings(size))
    assert (check.found, check.step) == (expected, 11 if expected else -1)
    assert check.value == pytest.approx(size)


def test_one_spike_and_early_swings_do_not_oscillate():
    once = np.interp(STEPS, [0, 5], [1.0, 0.2]) + 0.5 * (STEPS == 30)
    early = np.interp(STEPS, [0, 5], [1.0, 0.2]) + 0.5 * np.isin(STEPS, [8, 12])
    assert health.oscillating(STEPS, once).value == 0
    assert not health.oscillating(STEPS, early).found
    flat = 1.0 + 0.01 * (STEPS % 2)
    assert "less than 10 %" in health.oscillating(STEPS, flat).why


def test_the_first_value_that_is_not_finite_is_named():
    found = health.not_finite(STEPS, np.array([7, 9]))
    assert (found.found, found.step, found.value) == (True, 7, pytest.approx(2 / 41))
    assert not health.not_finite(STEPS, np.array([], dtype=np.int64)).found


@pytest.mark.parametrize("ratio, expected", [(VANISHING_RATIO, False), (VANISHING_RATIO * 0.999, True)])
def test_gradients_vanish_by_the_ratio_of_first_to_last_layer(ratio, expected):
    last = np.ones(41)
    check = health.vanishing(STEPS, ratio * last, last)
    assert (check.found, check.value) == (expected, pytest.approx(ratio))


def test_gradients_vanish_through_half_of_the_run_and_where_there_are_none():
    last = np.ones(41)
    for steps_without, expected in ((20, False), (21, True)):
        first = np.where(41 - steps_without <= STEPS, 0.0, 1.0)
        check = health.vanishing(STEPS, first, last)
        assert (check.found, check.step) == (expected, 20 if expected else -1)
    dead = health.vanishing(STEPS, 0 * last, 0 * last)
    assert dead.found and dead.value == 0


def test_steps_without_a_ratio_are_left_out_and_none_is_not_checked():
    first, last = np.ones(41), np.where(STEPS < 30, 0.0, 1.0)
    assert health.vanishing(STEPS, first, last).value == 1
    nothing = health.vanishing(STEPS, first, 0 * last)
    assert not nothing.checked and np.isnan(nothing.value)


@pytest.mark.parametrize("times, expected", [(EXPLODING_RATIO, False), (EXPLODING_RATIO + A_BIT, True)])
def test_gradients_explode_by_their_growth(times, expected):
    norm = np.where(STEPS == 5, times, 1.0)
    check = health.exploding(STEPS, norm[None, :])
    assert (check.found, check.step) == (expected, 5 if expected else -1)
    assert check.value == pytest.approx(times)


def test_the_gradient_is_that_of_all_layers_even_where_squares_overflow():
    huge = np.where(STEPS >= 5, 3e200, 3.0)
    assert health.exploding(STEPS, np.stack([huge, 4 / 3 * huge])).value == pytest.approx(1e200)


def test_a_network_that_leaves_a_plateau_does_not_explode():
    # Much gradient at first, little on the plateau, as much as at first when it is left.
    norm = np.where(STEPS == 0, 1.0, np.where(STEPS < 30, 0.01, 1.5))
    assert not health.exploding(STEPS, norm[None, :]).found


def test_gradients_that_are_not_finite_are_left_out_of_the_growth():
    norm = np.where(STEPS >= 7, np.inf, np.where(STEPS == 6, 500.0, 1.0))
    assert health.exploding(STEPS, norm[None, :]).step == 6
    assert not health.exploding(STEPS, np.where(STEPS > 0, np.nan, 1.0)[None, :]).checked


LOSSES = arrays(np.float64, st.integers(10, 60), elements=st.floats(0.01, 100.0))


@given(LOSSES, st.sampled_from([0.25, 8.0, 1024.0]))
def test_no_rule_depends_on_the_unit_of_the_loss(loss, unit):
    steps = np.arange(loss.size)
    for rule in OF_TRAINING:
        assert rule(steps, unit * loss) == rule(steps, loss)
    mirrored = loss[::-1].copy()
    assert health.overfitting(steps, unit * loss, unit * mirrored) == health.overfitting(
        steps, loss, mirrored
    )


@given(LOSSES)
def test_a_fault_starts_at_a_recorded_step_and_is_past_its_threshold(loss):
    steps = 3 + 2 * np.arange(loss.size)
    for rule in OF_TRAINING:
        check = rule(steps, loss)
        assert np.isfinite(check.value) or check.value == np.inf
        assert (check.step in steps) is check.found
        if check.found and check.fault != "plateau":
            assert check.value > check.threshold
        if check.found and check.fault == "plateau":
            assert check.value <= check.threshold


@given(LOSSES)
def test_medians_before_each_value_are_numpys(series):
    expected = [np.median(series[:k]) for k in range(1, series.size)]
    assert np.allclose(health._medians_before(series), expected)


@given(LOSSES)
def test_swings_lead_from_each_low_to_the_next_high(series):
    lows, highs = health._swings(series)
    assert (series[highs] > series[lows]).all()
    rises = np.maximum(np.diff(series), 0).sum()
    assert np.isclose((series[highs] - series[lows]).sum(), rises)


def test_a_long_run_is_judged_as_a_short_one_of_the_same_shape():
    long = np.interp(np.linspace(0, 40, 400_001), STEPS, v_shaped(0.5))
    steps = np.arange(long.size)
    check, expected = (
        health.overfitting(steps, 1e6 - steps, long),
        health.overfitting(STEPS, FALLING, v_shaped(0.5)),
    )
    assert check.found and abs(check.step / 10_000 - expected.step) <= 1
    assert check.value == pytest.approx(expected.value, abs=0.05)
