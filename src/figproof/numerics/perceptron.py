"""Losses, gradients and Hessian-vector products of multi-layer perceptrons, many networks at a time.

All parameters are one vector: the weight matrices (fan_in, fan_out) layer by layer, then the biases. With
shortcuts a layer as wide as its input adds it before the activation (He et al. 2016), which is the layer
with W + I for W.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from figproof.model import FloatArray, IntArray

# name -> (f, into the second argument if there is one; f' and f'' as functions of f's value)
ACTIVATIONS: dict[str, tuple[Callable[..., FloatArray], ...]] = {
    "relu": (
        lambda z, out=None: np.maximum(z, 0.0, out=out),
        lambda a: (a > 0).astype(np.float64),
        lambda a: np.zeros_like(a),
    ),
    "tanh": (
        lambda z, out=None: np.tanh(z, out=out),
        lambda a: 1.0 - a * a,
        lambda a: -2.0 * a * (1.0 - a * a),
    ),
    "sigmoid": (
        lambda z, out=None: np.multiply(0.5, 1.0 + np.tanh(0.5 * z), out=out),
        lambda a: a * (1.0 - a),
        lambda a: a * (1.0 - a) * (1.0 - 2.0 * a),
    ),
}
# What the activations of the networks evaluated together may take: they should stay in the cache.
_STACK_BYTES = 256 * 1024
_EXAMPLES = 128


@dataclass(frozen=True)
class Perceptron:
    """The form of a network that classifies: softmax and mean cross-entropy after the last layer.

    Attributes
    ----------
    widths : tuple of int
        Inputs, hidden layers, classes.
    activation : str
        A name in ``ACTIVATIONS``.
    shortcuts : bool
        Hidden layers as wide as their input add it before the activation.
    """

    widths: tuple[int, ...]
    activation: str
    shortcuts: bool = False

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum((i + 1) * o for i, o in pairwise(self.widths))

    def adds_input(self, layer: int) -> bool:
        """Whether the hidden layer, from 0, has a shortcut; the last layer has none."""
        hidden = layer < len(self.widths) - 2
        return self.shortcuts and hidden and self.widths[layer] == self.widths[layer + 1]

    def split(self, parameters: FloatArray) -> tuple[list[FloatArray], list[FloatArray]]:
        """Views of weights (..., fan_in, fan_out) and biases (..., fan_out) of (..., size) parameters."""
        shapes = list(pairwise(self.widths))
        ends = np.cumsum([i * o for i, o in shapes] + [o for _, o in shapes])
        parts = np.split(parameters, ends[:-1], axis=-1)
        count, leading = len(shapes), parameters.shape[:-1]
        weights = [part.reshape(*leading, *shape) for part, shape in zip(parts, shapes, strict=False)]
        return weights, parts[count:]

    def losses(
        self,
        origin: FloatArray,
        directions: FloatArray,
        coordinates: FloatArray,
        inputs: FloatArray,
        labels: IntArray,
    ) -> FloatArray:
        """Mean cross-entropy of the networks ``origin + coordinates @ directions``, in nat.

        Products with the inputs are made once for the origin and each direction, not for each network:
        the first layer is linear in the coordinates.

        Parameters
        ----------
        origin : ndarray, shape (size,)
        directions : ndarray, shape (k, size)
        coordinates : ndarray, shape (g, k)
        inputs : ndarray, shape (n, widths[0])
        labels : ndarray of int, shape (n,)

        Returns
        -------
        ndarray, shape (g,)
            NaN where a network overflows.
        """
        blocks = list(_slices(len(labels), _EXAMPLES))
        first = [self._first_products(origin, directions, inputs[rows]) for rows in blocks]

        def summed(nets: slice) -> FloatArray:
            weights = self._with_biases(origin + coordinates[nets] @ directions)
            mixture = np.hstack([np.ones((len(coordinates[nets]), 1)), coordinates[nets]])
            total = np.zeros(len(mixture))
            with np.errstate(over="ignore", invalid="ignore"):
                for rows, products in zip(blocks, first, strict=True):
                    z = self._logits(mixture @ products, weights, rows.stop - rows.start)
                    total += _cross_entropy(z, labels[rows])
            return total

        stacks = list(_slices(len(coordinates), self.stack(_EXAMPLES)))
        # numpy works without the interpreter's lock, and stacks know nothing of one another.
        with ThreadPoolExecutor(min(len(stacks), os.cpu_count() or 1)) as pool:
            return np.concatenate(list(pool.map(summed, stacks))) / len(labels)

    def stack(self, examples: int) -> int:
        """Networks whose activations of so many examples stay in the cache."""
        return max(1, _STACK_BYTES // (8 * examples * max(self.widths[1:])))

    def _first_products(self, origin: FloatArray, directions: FloatArray, inputs: FloatArray) -> FloatArray:
        """The first layer's products with the inputs, shape (1 + k, widths[1] * n)."""
        weights, biases = self.split(np.vstack([origin, directions]))
        products = np.swapaxes(weights[0], 1, 2) @ inputs.T + biases[0][:, :, None]
        if self.adds_input(0):
            products[0] += inputs.T
        return products.reshape(len(products), -1)

    def _with_biases(self, parameters: FloatArray) -> list[FloatArray]:
        """Layers after the first as one matrix each, (g, fan_out, fan_in + 1): for inputs that end in a 1."""
        weights, biases = self.split(parameters)
        joined = []
        for layer in range(1, len(weights)):
            fan_in, fan_out = self.widths[layer : layer + 2]
            matrix = np.empty((len(parameters), fan_out, fan_in + 1))
            matrix[:, :, :fan_in] = np.swapaxes(weights[layer], 1, 2)
            if self.adds_input(layer):
                matrix[:, :, :fan_in] += np.eye(fan_in)
            matrix[:, :, fan_in] = biases[layer]
            joined.append(matrix)
        return joined

    def _logits(self, first: FloatArray, weights: list[FloatArray], examples: int) -> FloatArray:
        """(g, classes, n): what is done class by class runs along memory, and nothing is allocated twice."""
        activate = ACTIVATIONS[self.activation][0]
        spare = [np.empty((len(first), max(self.widths[1:]) + 1, examples)) for _ in range(2)]
        z = first.reshape(len(first), self.widths[1], examples)
        for layer, matrix in enumerate(weights, 1):
            held = spare[layer % 2][:, : self.widths[layer] + 1]
            activate(z, held[:, :-1])
            held[:, -1] = 1.0
            z = np.matmul(matrix, held, out=spare[(layer + 1) % 2][:, : self.widths[layer + 1]])
        return z

    def forward(self, parameters: FloatArray, inputs: FloatArray) -> list[FloatArray]:
        """Inputs, each hidden layer's activations, and the logits, of one network."""
        activate = ACTIVATIONS[self.activation][0]
        weights, biases = self.split(parameters)
        layers = [inputs]
        for layer, (W, b) in enumerate(zip(weights, biases, strict=True)):
            z = layers[-1] @ W + b
            if self.adds_input(layer):
                z += layers[-1]
            layers.append(activate(z) if layer < len(weights) - 1 else z)
        return layers

    def hessian(
        self, parameters: FloatArray, inputs: FloatArray, labels: IntArray
    ) -> Callable[[FloatArray], FloatArray]:
        """The product of the mean cross-entropy's Hessian with a vector (Pearlmutter 1994).

        Parameters
        ----------
        parameters : ndarray, shape (size,)
        inputs : ndarray, shape (n, widths[0])
        labels : ndarray of int, shape (n,)

        Returns
        -------
        callable
            (size,) -> (size,). Exact but for a ReLU's kink, where the second derivative counts as 0.
        """
        layers = self.forward(parameters, inputs)
        weights, _ = self.split(parameters)
        probabilities = np.exp(log_softmax(layers[-1]))
        deltas, errors = self._backward(layers, weights, probabilities, labels)
        _, slope, bend = ACTIVATIONS[self.activation]
        slopes = [slope(a) for a in layers[1:-1]]
        bends = [e * bend(a) for e, a in zip(errors, layers[1:-1], strict=True)]

        def product(vector: FloatArray) -> FloatArray:
            V, u = self.split(np.ravel(vector))
            moved = self._moved(layers, weights, slopes, V, u)
            step = probabilities * moved[-1]
            step = (step - probabilities * step.sum(axis=1, keepdims=True)) / len(labels)
            dW, db = [], []
            for layer in range(len(weights) - 1, -1, -1):
                grown = layers[layer].T @ step
                if layer:
                    grown += (slopes[layer - 1] * moved[layer - 1]).T @ deltas[layer]
                dW.append(grown.ravel())
                db.append(step.sum(axis=0))
                if layer:
                    back = step @ weights[layer].T + deltas[layer] @ V[layer].T
                    if self.adds_input(layer):
                        back += step
                    step = back * slopes[layer - 1] + bends[layer - 1] * moved[layer - 1]
            return np.concatenate(dW[::-1] + db[::-1])

        return product

    def gradient(self, parameters: FloatArray, inputs: FloatArray, labels: IntArray) -> FloatArray:
        """Of the mean cross-entropy, shape (size,)."""
        layers = self.forward(parameters, inputs)
        weights, _ = self.split(parameters)
        deltas, _ = self._backward(layers, weights, np.exp(log_softmax(layers[-1])), labels)
        dW = [(a.T @ delta).ravel() for a, delta in zip(layers[:-1], deltas, strict=True)]
        return np.concatenate(dW + [delta.sum(axis=0) for delta in deltas])

    def _backward(
        self, layers: list[FloatArray], weights: list[FloatArray], probabilities: FloatArray, labels: IntArray
    ) -> tuple[list[FloatArray], list[FloatArray]]:
        """Derivatives by each layer's sum before the activation, and by each hidden activation."""
        delta = probabilities.copy()
        delta[np.arange(len(labels)), labels] -= 1.0
        delta /= len(labels)
        deltas: list[FloatArray] = [delta]
        errors: list[FloatArray] = []
        slope = ACTIVATIONS[self.activation][1]
        for layer in range(len(weights) - 1, 0, -1):
            error = deltas[0] @ weights[layer].T
            if self.adds_input(layer):
                error += deltas[0]
            errors.insert(0, error)
            deltas.insert(0, error * slope(layers[layer]))
        return deltas, errors

    def _moved(
        self,
        layers: list[FloatArray],
        weights: list[FloatArray],
        slopes: list[FloatArray],
        V: list[FloatArray],
        u: list[FloatArray],
    ) -> list[FloatArray]:
        """Change of each layer's sum before the activation, for parameters that move along (V, u)."""
        moved = [layers[0] @ V[0] + u[0]]
        for layer in range(1, len(weights)):
            change = slopes[layer - 1] * moved[-1]
            z = layers[layer] @ V[layer] + u[layer] + change @ weights[layer]
            if self.adds_input(layer):
                z += change
            moved.append(z)
        return moved


def log_softmax(logits: FloatArray) -> FloatArray:
    """Along the last axis; no overflow."""
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)))


def _cross_entropy(z: FloatArray, labels: IntArray) -> FloatArray:
    """Summed over the examples, of logits (g, classes, n) that it overwrites; shape (g,)."""
    z -= z.max(axis=1, keepdims=True)
    chosen = z[:, labels, np.arange(len(labels))]
    np.exp(z, out=z)
    return np.asarray((np.log(z.sum(axis=1)) - chosen).sum(axis=1))


def _slices(count: int, size: int) -> Iterable[slice]:
    return (slice(start, min(start + size, count)) for start in range(0, count, size))
