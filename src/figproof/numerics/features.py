"""What a unit of a perceptron answers to: inputs that maximise it, and its gradient over an input.

Activation maximisation (Erhan et al. 2009; Simonyan et al. 2014) is gradient ascent on the unit's value
*before* the activation function, where a silent ReLU still has a slope. Without a bound the value of a
linear unit has no maximum, so inputs stay in the box [0, 1] of grey values and in a ball around 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from figproof.model import FloatArray, IntArray
from figproof.numerics.perceptron import ACTIVATIONS, Perceptron

# A step is kept if it gains this share of what the slope promised (Armijo's rule, Bertsekas 1976).
_SUFFICIENT = 0.1
# Step lengths in units of the ball's radius: from where nothing moves to where only the bounds count.
_SHORTEST, _LONGEST = 2.0**-40, 2.0**20


@dataclass(frozen=True)
class Trained:
    """A perceptron with its parameters; layers count from 1, the last gives the logits.

    Attributes
    ----------
    form : Perceptron
    parameters : ndarray, shape (form.size,)
    """

    form: Perceptron
    parameters: FloatArray

    def pre_activations(self, inputs: FloatArray, layer: int | None = None) -> list[FloatArray]:
        """Values before the activation function of layers 1 to ``layer`` (all if None), each (n, units)."""
        weights, biases = self.form.split(self.parameters)
        activate = ACTIVATIONS[self.form.activation][0]
        values, a = [], inputs
        for k, (W, b) in enumerate(zip(weights[:layer], biases[:layer], strict=True)):
            z = a @ W + b
            if self.form.adds_input(k):
                z += a
            values.append(z)
            a = activate(z)
        return values

    def slopes(self, inputs: FloatArray, layer: int, units: IntArray) -> tuple[FloatArray, FloatArray]:
        """One unit's value before its activation function for each input, and its gradient.

        Parameters
        ----------
        inputs : ndarray, shape (n, d)
        layer : int
            From 1.
        units : ndarray of int, shape (n,)
            Which unit of the layer for which input, from 0.

        Returns
        -------
        values : ndarray, shape (n,)
        gradient : ndarray, shape (n, d)
            Exact, by one backward pass; at the kink of a ReLU its slope from below, 0.
        """
        values = self.pre_activations(inputs, layer)
        weights, _ = self.form.split(self.parameters)
        activate, slope, _ = ACTIVATIONS[self.form.activation]
        delta = np.eye(values[-1].shape[1])[units]
        for k in range(layer - 1, -1, -1):
            back = delta @ weights[k].T
            if self.form.adds_input(k):
                back += delta
            delta = back * slope(activate(values[k - 1])) if k else back
        return values[-1][np.arange(len(units)), units], delta


def into_bounds(points: FloatArray, norm: float) -> FloatArray:
    """The nearest points with coordinates in [0, 1] and Euclidean norm at most ``norm``; exact.

    The nearest point is clip(s y, 0, 1), where s in (0, 1] is 1 if that lies in the ball and otherwise
    solves ||clip(s y, 0, 1)|| = norm (the conditions of Karush, Kuhn and Tucker, with s = 1 / (1 + lambda)).

    Parameters
    ----------
    points : ndarray, shape (n, d)
    norm : float
        Above 0.

    Returns
    -------
    ndarray, shape (n, d)
    """
    positive = np.maximum(points, 0.0)
    inside = np.minimum(positive, 1.0)
    far = np.flatnonzero((inside * inside).sum(axis=1) > norm * norm)
    if far.size:
        inside[far] = np.minimum(positive[far] * _shrinking(positive[far], norm)[:, None], 1.0)
    return inside


def _shrinking(positive: FloatArray, norm: float) -> FloatArray:
    """s with ||min(s y, 1)|| = norm of each row y whose ||min(y, 1)|| is larger, shape (n,)."""
    squares = np.sort(positive, axis=1)[:, ::-1] ** 2
    # If k coordinates are cut to 1, k + s^2 * (sum of the other squares) = norm^2.
    others = np.cumsum(squares[:, ::-1], axis=1)[:, ::-1]
    left = norm * norm - np.arange(squares.shape[1])
    s2 = np.divide(left, others, out=np.full(squares.shape, -1.0), where=others > 0)
    cut = ((s2 >= 0) & (s2 * squares <= 1.0)).argmax(axis=1)
    return np.asarray(np.sqrt(s2[np.arange(len(cut)), cut]))


@dataclass(frozen=True)
class Ascent:
    """Where gradient ascent came to.

    Attributes
    ----------
    inputs : ndarray, shape (n, d)
    values : ndarray, shape (n,)
        Before the activation function.
    path : ndarray, shape (steps + 1, n)
        Values from start to end; they never fall.
    """

    inputs: FloatArray
    values: FloatArray
    path: FloatArray


def maximise(
    network: Trained, layer: int, units: IntArray, starts: FloatArray, norm: float, steps: int
) -> Ascent:
    """Projected gradient ascent, one row a start; all rows move at once.

    Each step tries one length: twice the last that gained enough, or half of the last that did not.

    Parameters
    ----------
    network : Trained
    layer : int
        From 1.
    units : ndarray of int, shape (n,)
        Which unit each start is to maximise, from 0.
    starts : ndarray, shape (n, d)
        Moved into the bounds first.
    norm : float
        Of the ball; see :func:`into_bounds`.
    steps : int
        How many lengths are tried.
    """
    inputs = into_bounds(starts, norm)
    values, gradient = network.slopes(inputs, layer, units)
    length = np.ones(len(units))
    path = np.empty((steps + 1, len(units)))
    path[0] = values
    for step in range(1, steps + 1):
        size = np.linalg.norm(gradient, axis=1)
        scale = np.divide(length * norm, size, out=np.zeros_like(size), where=size > 0)
        trial = into_bounds(inputs + scale[:, None] * gradient, norm)
        reached, slope = network.slopes(trial, layer, units)
        promised = (gradient * (trial - inputs)).sum(axis=1)
        good = (reached > values) & (reached >= values + _SUFFICIENT * promised)
        inputs[good], values[good], gradient[good] = trial[good], reached[good], slope[good]
        length = np.clip(np.where(good, 2.0 * length, 0.5 * length), _SHORTEST, _LONGEST)
        path[step] = values
    return Ascent(inputs, values, path)


def strongest(values: FloatArray, count: int) -> IntArray:
    """Rows with the largest values of each column, the largest first; of equals the first row.

    Parameters
    ----------
    values : ndarray, shape (n, units)

    Returns
    -------
    ndarray of int64, shape (units, min(count, n))
    """
    return np.argsort(-values, axis=0, kind="stable")[:count].T.astype(np.int64)


def alike(values: FloatArray, share: float) -> npt.NDArray[np.bool_]:
    """Units all of whose starts ended within a share of the best one's size; (units, starts) -> (units,)."""
    best = values.max(axis=1, keepdims=True)
    return np.asarray((values >= best - share * np.abs(best)).all(axis=1))
