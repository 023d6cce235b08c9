"""Inputs that maximise a unit, and gradients over inputs, against closed forms and other solvers."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from figproof.errors import FigproofError
from figproof.kinds import example_run
from figproof.numerics.features import Trained, alike, into_bounds, maximise, strongest
from figproof.numerics.perceptron import ACTIVATIONS, Perceptron
from figproof.numerics.recorded import fitting_arrays

WIDTHS = (12, 7, 6, 3)


def trained(
    weights: list[np.ndarray], biases: list[np.ndarray], activation: str, shortcuts: bool = False
) -> Trained:
    widths = (len(weights[0]), *(len(b) for b in biases))
    flat = np.concatenate([array.ravel() for array in (*weights, *biases)])
    return Trained(Perceptron(widths, activation, shortcuts), flat)


def network(
    activation: str = "tanh", widths: tuple[int, ...] = WIDTHS, seed: int = 0, shortcuts: bool = False
) -> Trained:
    rng = np.random.default_rng(seed)
    shapes = list(pairwise(widths))
    weights = [rng.standard_normal(shape) for shape in shapes]
    return trained(weights, [0.3 * rng.standard_normal(out) for _, out in shapes], activation, shortcuts)


@pytest.mark.parametrize("shortcuts", [False, True])
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("layer", [1, 2, 3])
def test_gradients_over_inputs_agree_with_finite_differences(
    activation: str, layer: int, shortcuts: bool
) -> None:
    widths = (12, 6, 6, 3) if shortcuts else WIDTHS
    net, rng = network(activation, widths, shortcuts=shortcuts), np.random.default_rng(1)
    x, units = rng.random((5, 12)), np.array([0, 1, 2, 1, 0])
    values, gradient = net.slopes(x, layer, units)
    np.testing.assert_array_equal(values, net.pre_activations(x)[layer - 1][np.arange(5), units])
    numeric = np.empty_like(x)
    for at in range(12):
        step = np.zeros(12)
        step[at] = 1e-6
        numeric[:, at] = net.slopes(x + step, layer, units)[0] - net.slopes(x - step, layer, units)[0]
    numeric /= 2e-6
    assert np.linalg.norm(numeric) > 0.1, "a gradient of zero tests nothing"
    assert np.linalg.norm(gradient - numeric) / np.linalg.norm(numeric) < 1e-7


def test_values_before_the_activations_are_those_that_the_forward_pass_goes_through() -> None:
    net = network("relu", (12, 6, 6, 3), shortcuts=True)
    x = np.random.default_rng(2).random((5, 12))
    layers = net.form.forward(net.parameters, x)
    values = net.pre_activations(x)
    np.testing.assert_allclose(values[-1], layers[-1])
    np.testing.assert_allclose(np.maximum(values[1], 0), layers[2])


@given(st.integers(0, 10_000), st.integers(1, 8), st.floats(0.05, 4.0))
def test_the_projection_is_the_nearest_point_within_the_bounds(seed: int, size: int, norm: float) -> None:
    rng = np.random.default_rng(seed)
    point = 3.0 * rng.standard_normal((1, size))
    found = into_bounds(point, norm)
    assert found.min() >= 0 and found.max() <= 1 and np.linalg.norm(found) <= norm * (1 + 1e-12)
    # The nearest point of a convex set: no other point of the set lies beyond its tangent plane.
    others = rng.random((200, size))
    others *= np.minimum(1, norm / np.linalg.norm(others, axis=1, keepdims=True))
    assert ((others - found) @ (point - found).T).max() <= 1e-9
    np.testing.assert_allclose(into_bounds(found, norm), found, atol=1e-12)


def test_the_projection_agrees_with_a_general_solver() -> None:
    point = np.array([[2.5, 1.4, 0.6, -1.0, 0.2]])
    constraint = {"type": "ineq", "fun": lambda x: 1.3**2 - x @ x}
    solved = minimize(
        lambda x: ((x - point[0]) ** 2).sum(), np.full(5, 0.3), bounds=[(0, 1)] * 5, constraints=constraint
    )
    np.testing.assert_allclose(into_bounds(point, 1.3)[0], solved.x, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(into_bounds(point, 1.3)), 1.3, rtol=1e-12)


def linear(weight: list[float]) -> Trained:
    return trained([np.array(weight)[:, None]], [np.array([0.5])], "relu")


def test_a_linear_unit_is_maximised_by_its_weights_on_the_ball() -> None:
    # w >= 0 and a small ball: the box does not cut, and the maximum is norm * ||w||.
    weight = [3.0, 4.0, 0.0]
    starts = np.random.default_rng(0).random((6, 3))
    ascent = maximise(linear(weight), 1, np.zeros(6, dtype=np.int64), starts, 0.5, 60)
    np.testing.assert_allclose(ascent.inputs, np.tile([0.3, 0.4, 0.0], (6, 1)), atol=1e-6)
    np.testing.assert_allclose(ascent.values, 0.5 * 5.0 + 0.5, rtol=1e-9)


def test_a_linear_unit_leaves_out_pixels_it_dislikes_and_cuts_others_at_one() -> None:
    # Closed form: the brightest pixels at 1, the rest in proportion to the weights, negative ones at 0.
    weight = [10.0, 3.0, 4.0, -2.0]
    ascent = maximise(linear(weight), 1, np.zeros(4, dtype=np.int64), np.eye(4), np.sqrt(1.25), 80)
    np.testing.assert_allclose(ascent.inputs, np.tile([1.0, 0.3, 0.4, 0.0], (4, 1)), atol=1e-6)
    np.testing.assert_allclose(ascent.values, 10 + 2.5 + 0.5, rtol=1e-9)


def test_without_a_ball_in_reach_only_the_box_bounds() -> None:
    ascent = maximise(linear([1.0, -1.0]), 1, np.array([0]), np.array([[0.2, 0.9]]), 100.0, 40)
    np.testing.assert_array_equal(ascent.inputs, [[1.0, 0.0]])


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("layer", [2, 3])
def test_ascent_never_falls_stays_in_the_bounds_and_is_where_it_says(activation: str, layer: int) -> None:
    net, units = network(activation), np.arange(9) % 3
    starts = np.random.default_rng(4).random((9, 12))
    ascent = maximise(net, layer, units, starts, 1.5, 100)
    assert (np.diff(ascent.path, axis=0) >= 0).all()
    assert (ascent.path[-1] > ascent.path[0] + 0.1).all()
    np.testing.assert_array_equal(ascent.path[-1], ascent.values)
    np.testing.assert_allclose(net.slopes(ascent.inputs, layer, units)[0], ascent.values, rtol=1e-12)
    assert ascent.inputs.min() >= 0 and ascent.inputs.max() <= 1
    assert np.linalg.norm(ascent.inputs, axis=1).max() <= 1.5 * (1 + 1e-12)


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_ascent_ends_where_no_direction_within_the_bounds_rises(activation: str) -> None:
    net, units = network(activation), np.arange(6) % 3
    ascent = maximise(net, 3, units, np.random.default_rng(5).random((6, 12)), 1.5, 2000)
    _, gradient = net.slopes(ascent.inputs, 3, units)
    moved = into_bounds(ascent.inputs + gradient, 1.5) - ascent.inputs
    assert np.linalg.norm(moved, axis=1).max() < 1e-6


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_the_best_of_several_starts_is_no_worse_than_a_general_solver_finds(activation: str) -> None:
    net, rng = network(activation), np.random.default_rng(6)
    starts = rng.random((10, 12))
    ours = maximise(net, 3, np.zeros(10, dtype=np.int64), starts, 1.5, 300).values.max()
    constraint = {"type": "ineq", "fun": lambda x: 1.5**2 - x @ x}
    best = -np.inf
    for start in into_bounds(starts, 1.5):
        solved = minimize(
            lambda x: -net.slopes(x[None], 3, np.array([0]))[0][0],
            start,
            jac=lambda x: -net.slopes(x[None], 3, np.array([0]))[1][0],
            bounds=[(0, 1)] * 12,
            constraints=constraint,
        )
        best = max(best, net.slopes(into_bounds(solved.x[None], 1.5), 3, np.array([0]))[0][0])
    assert ours >= best - 1e-3 * abs(best)


def test_a_unit_without_slope_stays_where_it_started() -> None:
    silent = trained([-np.ones((3, 2)), np.ones((2, 1))], [np.full(2, -1.0), np.array([0.25])], "relu")
    starts = np.full((1, 3), 0.1)
    ascent = maximise(silent, 2, np.array([0]), starts, 5.0, 10)
    np.testing.assert_array_equal(ascent.inputs, starts)
    assert ascent.values[0] == 0.25


def test_the_strongest_rows_of_each_column_come_first_and_ties_keep_their_order() -> None:
    values = np.array([[1.0, 5.0], [3.0, 5.0], [3.0, 7.0]])
    assert strongest(values, 2).tolist() == [[1, 2], [2, 0]]
    assert strongest(values, 9).shape == (2, 3)


def test_starts_end_alike_if_all_come_near_the_best_one() -> None:
    values = np.array([[10.0, 9.95], [10.0, 9.8], [-10.0, -10.05], [0.0, 0.0]])
    assert alike(values, 0.01).tolist() == [True, False, True, True]


def fitting(**arrays: np.ndarray) -> dict[str, np.ndarray]:
    run = example_run(1, "adam", artifacts={"a": {"x": np.ones((2, 3)), "n": np.array([1, 2]), **arrays}})
    return fitting_arrays(run, "a", {"x": "NK", "n": "N"}, "do this", whole=("n",))


def test_arrays_of_one_artifact_must_share_lengths_and_be_whole_where_asked() -> None:
    assert set(fitting()) == {"x", "n"}
    for wrong, part in (
        (
            {"n": np.array([1, 2, 3])},
            r"n has shape \(3,\) .* not whole numbers, \(N\) with N = 2",
        ),
        ({"n": np.array([1.0, 2.0])}, "n has shape .* type float64, not whole numbers"),
        ({"x": np.ones(2)}, "x has shape"),
        ({"x": np.ones((2, 0))}, "x has shape"),
        ({"x": np.full((2, 3), np.inf)}, "6 values of x are not finite"),
    ):
        with pytest.raises(FigproofError, match=part):
            fitting(**wrong)
