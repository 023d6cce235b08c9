"""Hidden units and classes: which class a unit answers to, and how clearly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from figproof.errors import FigproofError
from figproof.model import FloatArray, IntArray


def class_means(activations: FloatArray, labels: IntArray) -> tuple[IntArray, FloatArray]:
    """Classes that occur, rising, and each unit's mean activation over each of them.

    Parameters
    ----------
    activations : ndarray, shape (n, units)
    labels : ndarray of int, shape (n,)

    Returns
    -------
    classes : ndarray of int64, shape (k,)
    means : ndarray, shape (k, units)
    """
    classes = np.unique(labels).astype(np.int64)
    return classes, np.stack([activations[labels == name].mean(axis=0) for name in classes])


def selectivity(activations: FloatArray, labels: IntArray) -> FloatArray:
    """Share of a unit's variance that lies between the classes (eta squared), 0 to 1, shape (units,).

    It needs no sign, unlike (a - b) / (a + b) of class means; NaN for a unit that never changes.
    """
    classes, means = class_means(activations, labels)
    sizes = np.array([(labels == name).sum() for name in classes], dtype=np.float64)
    middle = activations.mean(axis=0)
    between = (sizes[:, None] * (means - middle) ** 2).sum(axis=0)
    total = ((activations - middle) ** 2).sum(axis=0)
    constant = np.ptp(activations, axis=0) == 0
    share = np.divide(between, total, out=np.full(total.shape, np.nan), where=~constant & (total > 0))
    return np.asarray(np.clip(share, 0, 1))


def order_by_class(activations: FloatArray, labels: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Units by the class they answer to most, the most selective first; units that never change last.

    Returns
    -------
    order, preferred : ndarray of int64, shape (units,)
        Unit numbers in their new order; the class with the largest mean activation of each unit, in
        recorded order.
    share : ndarray, shape (units,)
        :func:`selectivity`, in recorded order.
    """
    if not np.isfinite(activations).all():
        raise FigproofError(
            f"{int((~np.isfinite(activations)).sum())} activations are not finite",
            hint="choose an epoch before the run diverged",
        )
    classes, means = class_means(activations, labels)
    preferred = classes[means.argmax(axis=0)]
    share = selectivity(activations, labels)
    constant = np.isnan(share)
    order = np.lexsort((-np.nan_to_num(share), np.where(constant, 0, preferred), constant))
    return order.astype(np.int64), preferred, share


def first_of_each(labels: npt.NDArray[np.integer], most: int) -> IntArray:
    """Row numbers sorted by class, in each class in their order, at most ``most`` of a class."""
    kept = [np.flatnonzero(labels == name)[:most] for name in np.unique(labels)]
    return np.concatenate(kept).astype(np.int64) if kept else np.zeros(0, dtype=np.int64)
