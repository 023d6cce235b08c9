"""A network's weights as links between few nodes: units one by one, or in groups."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import scipy

from figproof.model import FloatArray, IntArray


def blocks(height: int, width: int, most: int) -> tuple[IntArray, tuple[int, int]]:
    """Group the pixels of an image into equal square blocks, as many as ``most`` allows.

    Returns
    -------
    group : ndarray of int64, shape (height * width,)
        Block of each pixel, row by row.
    shape : tuple of int
        Blocks down and across.
    """
    side = 1
    while -(-height // side) * -(-width // side) > most:
        side += 1
    down, across = -(-height // side), -(-width // side)
    rows, columns = np.divmod(np.arange(height * width), width)
    return np.asarray((rows // side) * across + columns // side, dtype=np.int64), (down, across)


def similar_units(features: FloatArray, most: int) -> IntArray:
    """Group units into at most ``most`` groups of equal size, neighbours in Ward's tree together.

    Parameters
    ----------
    features : ndarray, shape (units, k)
        What units are compared by: the weights into and out of each.

    Returns
    -------
    ndarray of int64, shape (units,)
        Group of each unit; each its own, in recorded order, where there are no more than ``most``.
    """
    units = features.shape[0]
    if units <= most:
        return np.arange(units, dtype=np.int64)
    group = np.empty(units, dtype=np.int64)
    hierarchy = scipy.cluster.hierarchy
    group[hierarchy.leaves_list(hierarchy.ward(features))] = np.arange(units) * most // units
    return group


def group_links(weights: FloatArray, source: IntArray, target: IntArray) -> tuple[FloatArray, FloatArray]:
    """Mean weight and mean absolute weight between groups.

    Parameters
    ----------
    weights : ndarray, shape (fan_in, fan_out)
    source, target : ndarray of int, shapes (fan_in,) and (fan_out,)
        Group of each unit, numbered from 0 without gaps.

    Returns
    -------
    mean, size : ndarray, shape (groups in, groups out)
        Equal but for the sign where every group is one unit.
    """
    into, out = (np.eye(int(group.max()) + 1)[group] for group in (source, target))
    pairs = np.outer(into.sum(axis=0), out.sum(axis=0))
    return into.T @ weights @ out / pairs, into.T @ np.abs(weights) @ out / pairs


def unit_groups(weights: Sequence[FloatArray], first: IntArray, most: int) -> list[IntArray]:
    """Groups of all layers: the given ones of the input, similar hidden units, every output alone."""
    groups = [first]
    for before, after in pairwise(weights):
        groups.append(similar_units(np.hstack([before.T, after]), most))
    return [*groups, np.arange(weights[-1].shape[1], dtype=np.int64)]
