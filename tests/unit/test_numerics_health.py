"""Health rules on series whose fault is known by construction."""

import numpy as np

from figproof.numerics import health

STEPS = np.arange(41)
FALLING = 2.3 * np.exp(-STEPS / 8.0)


def test_a_falling_pair_of_curves_raises_nothing():
    assert health.not_finite(STEPS, [FALLING, FALLING]) is None
    assert health.overfitting(STEPS, FALLING, FALLING + 0.1) is None
    for rule in (health.underfitting, health.diverged, health.oscillation):
        assert rule(STEPS, FALLING) is None


def test_overfitting_starts_at_the_lowest_validation_loss_and_states_the_rise():
    validation = np.where(STEPS <= 10, 2.0 - 0.1 * STEPS, 1.0 + 0.02 * (STEPS - 10))
    found = health.overfitting(STEPS, FALLING, validation)
    assert found.step == 10
    assert np.isclose(found.value, np.median(validation[-4:]) - 1.0)
    assert health.overfitting(STEPS, FALLING[::-1], validation) is None


def test_a_network_that_learned_nothing_does_not_overfit():
    wobble = 2.3 - 0.01 * STEPS * (STEPS <= 3)
    assert health.overfitting(STEPS, FALLING, wobble) is None


def test_the_first_value_that_is_not_finite_is_named():
    broken = np.where(STEPS >= 7, np.nan, FALLING)
    found = health.not_finite(STEPS, [FALLING, broken])
    assert (found.step, found.value) == (7, 34)


def test_a_flat_loss_is_underfitting_and_a_loss_above_its_start_is_divergence():
    flat, rising = np.full(41, 2.3), 2.0 + 0.1 * STEPS
    assert health.underfitting(STEPS, flat).value == 1.0
    assert health.diverged(STEPS, flat) is None
    assert health.underfitting(STEPS, rising) is None
    assert health.diverged(STEPS, rising).step == 1


def test_a_loss_that_swings_in_its_later_half_oscillates():
    swinging = FALLING + 0.2 * (STEPS % 2)
    assert health.oscillation(STEPS, swinging).value > health.OSCILLATION_RISES
    assert health.oscillation(STEPS, np.where(STEPS < 20, swinging, FALLING)) is None


def test_gradients_vanish_by_the_ratio_of_layers_and_explode_by_their_growth():
    last = np.ones(41)
    assert health.vanishing(STEPS, 1e-4 * last, last).value == 1e-4
    assert health.vanishing(STEPS, 1e-2 * last, last) is None
    assert health.vanishing(STEPS, last, 0 * last) is None
    assert health.exploding(STEPS, np.where(STEPS >= 5, 500.0, 1.0)).step == 5
    assert health.exploding(STEPS, np.where(STEPS >= 5, 50.0, 1.0)) is None
