"""Smoothing and step grids, against their definitions written out the slow way."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from figproof.errors import FigproofError
from figproof.numerics.curves import align, ema, moving_average

series = arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e6, 1e6))


def slow_ema(values: np.ndarray, decay: float) -> list[float]:
    """Kingma & Ba's sum with explicit powers: sum of (1-b) b^(t-i) x_i over 1 - b^t."""
    out = []
    for t in range(1, len(values) + 1):
        total = sum((1 - decay) * decay ** (t - i) * values[i - 1] for i in range(1, t + 1))
        out.append(total / (1 - decay**t))
    return out


def slow_moving(values: np.ndarray, window: int) -> list[float]:
    out = []
    for i in range(len(values)):
        reach = min(window // 2, i, len(values) - 1 - i)
        out.append(sum(values[i - reach : i + reach + 1]) / (2 * reach + 1))
    return out


@given(series, st.sampled_from([0.0, 0.5, 0.9, 0.99]))
def test_ema_is_the_bias_corrected_sum(values, decay):
    np.testing.assert_allclose(ema(values, decay), slow_ema(values, decay), rtol=1e-9, atol=1e-6)


def test_ema_starts_at_the_first_value_and_not_near_zero():
    assert ema(np.array([5.0, 5.0, 5.0]), 0.99) == pytest.approx([5, 5, 5])


@given(series, st.sampled_from([1, 3, 5, 11]))
def test_moving_average_is_the_mean_of_a_window_that_stays_centred(values, window):
    np.testing.assert_allclose(
        moving_average(values, window), slow_moving(values, window), rtol=1e-9, atol=1e-6
    )


def test_moving_average_keeps_a_straight_line_up_to_its_ends():
    line = 3.0 * np.arange(20) - 7
    np.testing.assert_allclose(moving_average(line, 9), line, atol=1e-12)


@pytest.mark.parametrize("smooth", [lambda v: ema(v, 0.9), lambda v: moving_average(v, 3)])
def test_smoothing_neither_drops_nor_spreads_what_is_not_finite(smooth):
    values = np.array([1.0, 2.0, np.nan, 4.0, np.inf, 6.0, 7.0])
    smoothed = smooth(values)
    assert np.isnan(smoothed[2]) and np.isposinf(smoothed[4])
    assert np.isfinite(smoothed[[0, 1, 3, 5, 6]]).all()


@pytest.mark.parametrize("decay", [-0.1, 1.0, 2.0, float("nan")])
def test_a_decay_outside_its_range_is_refused(decay):
    with pytest.raises(FigproofError, match=r"\[0, 1\)"):
        ema(np.ones(3), decay)


@pytest.mark.parametrize("window", [0, 2, -3])
def test_an_even_or_empty_window_is_refused(window):
    with pytest.raises(FigproofError, match="odd"):
        moving_average(np.ones(3), window)


GRIDS = [np.array([0, 1, 2, 4]), np.array([0, 2, 4, 6])]
VALUES = [np.array([10.0, 11, 12, 14]), np.array([20.0, 22, 24, np.nan])]


def test_unequal_grids_are_refused_unless_a_rule_is_chosen():
    with pytest.raises(FigproofError, match=r"last step 4/6(.|\n)*align: common"):
        align(GRIDS, VALUES, "equal")


def test_common_keeps_the_shared_steps_and_counts_what_it_left_out():
    aligned = align(GRIDS, VALUES, "common")
    assert aligned.steps.tolist() == [0, 2, 4]
    assert aligned.values.tolist() == [[10, 12, 14], [20, 22, 24]]
    assert aligned.left_out == 2


def test_union_keeps_all_steps_and_tells_a_gap_from_a_recorded_nan():
    aligned = align(GRIDS, VALUES, "union")
    assert aligned.steps.tolist() == [0, 1, 2, 4, 6]
    assert aligned.recorded.tolist() == [[True, True, True, True, False], [True, False, True, True, True]]
    assert np.isnan(aligned.values[1, 4]) and aligned.recorded[1, 4]
    assert aligned.left_out == 0


def test_grids_without_a_shared_step_are_refused():
    with pytest.raises(FigproofError, match="share no step"):
        align([np.array([0, 2]), np.array([1, 3])], [np.ones(2), np.ones(2)], "common")
