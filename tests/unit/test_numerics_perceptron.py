"""Losses and derivatives of perceptrons, against one network at a time and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from figproof.model import FloatArray
from figproof.numerics.landscape import filter_normalise, flatten, random_directions, unflatten
from figproof.numerics.perceptron import ACTIVATIONS, Perceptron, log_softmax

EVERY = pytest.mark.parametrize(
    "form",
    [
        Perceptron((6, 5, 5, 5, 3), name, shortcuts)
        for name in sorted(ACTIVATIONS)
        for shortcuts in (False, True)
    ],
    ids=lambda form: f"{form.activation}{'-shortcuts' * form.shortcuts}",
)


def setting(form: Perceptron, seed: int = 1, examples: int = 20) -> tuple[FloatArray, FloatArray, np.ndarray]:
    rng = np.random.default_rng(seed)
    inputs = rng.standard_normal((examples, form.widths[0]))
    return 0.5 * rng.standard_normal(form.size), inputs, rng.integers(0, form.widths[-1], examples)


def by_hand(form: Perceptron, parameters: FloatArray, inputs: FloatArray, labels: np.ndarray) -> float:
    """The loss of one network, written as the definition."""
    f = {"relu": lambda z: np.maximum(z, 0), "tanh": np.tanh, "sigmoid": lambda z: 1 / (1 + np.exp(-z))}
    weights, biases = form.split(parameters)
    a = inputs
    for layer, (W, b) in enumerate(zip(weights[:-1], biases[:-1], strict=True)):
        added = a if form.shortcuts and layer > 0 else 0.0
        a = f[form.activation](a @ W + b + added)
    powers = np.exp(a @ weights[-1] + biases[-1])
    return float(-np.log(powers[np.arange(len(labels)), labels] / powers.sum(axis=1)).mean())


def differences(of: object, at: FloatArray) -> FloatArray:
    return np.array([(of(at + 1e-6 * e) - of(at - 1e-6 * e)) / 2e-6 for e in np.eye(at.size)])  # type: ignore[operator]


@EVERY
def test_losses_on_a_plane_are_those_of_its_networks_one_by_one(form: Perceptron) -> None:
    origin, inputs, labels = setting(form, examples=700)
    rng = np.random.default_rng(2)
    directions, coordinates = rng.standard_normal((2, form.size)), rng.uniform(-1, 1, (9, 2))
    losses = form.losses(origin, directions, coordinates, inputs, labels)
    expected = [by_hand(form, origin + c @ directions, inputs, labels) for c in coordinates]
    np.testing.assert_allclose(losses, expected, rtol=1e-12)


def test_a_first_layer_as_wide_as_the_inputs_has_a_shortcut_too() -> None:
    form = Perceptron((4, 4, 3), "relu", shortcuts=True)
    parameters, inputs, labels = setting(form)
    weights, biases = form.split(parameters)
    a = np.maximum(inputs @ (weights[0] + np.eye(4)) + biases[0], 0)
    logits = a @ weights[1] + biases[1]
    np.testing.assert_allclose(form.forward(parameters, inputs)[-1], logits)
    loss = -log_softmax(logits)[np.arange(20), labels].mean()
    still = np.zeros((1, form.size))
    np.testing.assert_allclose(form.losses(parameters, still, np.zeros((1, 1)), inputs, labels), loss)


@EVERY
def test_gradients_and_hessian_products_agree_with_finite_differences(form: Perceptron) -> None:
    at, inputs, labels = setting(form)
    gradient = form.gradient(at, inputs, labels)
    assert np.abs(gradient).max() > 0.01
    np.testing.assert_allclose(
        gradient, differences(lambda p: by_hand(form, p, inputs, labels), at), atol=2e-8
    )
    product = form.hessian(at, inputs, labels)
    hessian = np.array([product(e) for e in np.eye(form.size)])
    assert np.abs(hessian).max() > 0.1
    np.testing.assert_allclose(
        hessian, differences(lambda p: form.gradient(p, inputs, labels), at), atol=1e-8
    )


def test_a_network_that_overflows_is_nan_and_leaves_the_others() -> None:
    form = Perceptron((6, 5, 3), "relu")
    origin, inputs, labels = setting(form)
    with np.errstate(over="ignore", invalid="ignore"):
        losses = form.losses(origin, origin[None], np.array([[0.0], [1e200]]), inputs, labels)
    assert losses[0] == pytest.approx(by_hand(form, origin, inputs, labels))
    assert np.isnan(losses[1])


@settings(max_examples=25, deadline=None)
@given(factors=st.lists(st.floats(0.05, 20.0), min_size=2, max_size=2), seed=st.integers(0, 2**16))
def test_rescaling_layers_leaves_the_filter_normalised_landscape_of_a_relu_network_unchanged(
    factors: list[float], seed: int
) -> None:
    form = Perceptron((4, 5, 6, 3), "relu")
    parameters, inputs, labels = setting(form, seed)
    # Hidden layers grow by the factors and the last one shrinks by all of them: the same function.
    grown = np.array([*factors, 1 / np.prod(factors)])
    weights, biases = form.split(parameters)
    rescaled = np.concatenate(
        [(c * W).ravel() for c, W in zip(grown, weights, strict=True)]
        + [np.prod(grown[: k + 1]) * b for k, b in enumerate(biases)]
    )
    coordinates = np.random.default_rng(seed).uniform(-1, 1, (5, 2))
    landscapes = []
    for network in (parameters, rescaled):
        W = form.split(network)[0]
        raw = random_directions(W, np.random.default_rng(seed))
        unit = [filter_normalise(unflatten(d, W), W) for d in raw]
        directions = np.array([np.append(flatten(d), np.zeros(sum(form.widths[1:]))) for d in unit])
        landscapes.append(form.losses(network, directions, coordinates, inputs, labels))
    np.testing.assert_allclose(landscapes[1], landscapes[0], rtol=1e-9)
    assert np.ptp(landscapes[0]) > 0
