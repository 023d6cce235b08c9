"""Where names go beside points: on the clearest spot near their target, and off one another."""

from __future__ import annotations

import numpy as np

from figproof.model import FloatArray


def spread_apart(centres: FloatArray, sizes: FloatArray, rounds: int = 300) -> FloatArray:
    """Move boxes, each as little as it takes, until no two overlap.

    Boxes that overlap are pushed apart along the axis that needs less, half each, round after round.

    Parameters
    ----------
    centres : ndarray, shape (n, 2)
    sizes : ndarray, shape (n, 2)
        Widths and heights, in the units of the centres.

    Returns
    -------
    ndarray, shape (n, 2)
        New centres; overlaps remain only if ``rounds`` did not suffice.
    """
    moved = np.array(centres, dtype=np.float64)
    for _ in range(rounds):
        calm = True
        for i in range(len(moved)):
            for j in range(i + 1, len(moved)):
                reach = (sizes[i] + sizes[j]) / 2
                apart = moved[j] - moved[i]
                overlap = reach - np.abs(apart)
                if (overlap <= 1e-9 * reach).any():
                    continue
                axis = int((overlap / reach).argmin())
                way = 1.0 if apart[axis] >= 0 else -1.0
                moved[i, axis] -= way * overlap[axis] / 2
                moved[j, axis] += way * overlap[axis] / 2
                calm = False
        if calm:
            break
    return moved


def clearest(targets: FloatArray, sizes: FloatArray, points: FloatArray) -> FloatArray:
    """Move each box off its target, by up to twice its size, to where it covers few points.

    A place costs one for each point it covers and two for each box size it lies off; the cheapest
    wins, of equals the nearest, then the one above.

    Parameters
    ----------
    targets, sizes : ndarray, shape (n, 2)
        Centres, widths and heights of the boxes.
    points : ndarray, shape (m, 2)

    Returns
    -------
    ndarray, shape (n, 2)
    """
    angles = np.pi / 2 + 2 * np.pi * np.arange(8) / 8
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    shifts = np.vstack([np.zeros((1, 2)), *(distance * ring for distance in (0.8, 1.2, 1.6, 2.0))])
    places = targets[:, None, :] + shifts[None, :, :] * sizes[:, None, :]
    covers = np.abs(points[None, None] - places[:, :, None]) <= sizes[:, None, None] / 2
    # Rounded, so that a last bit of the ring's cosines decides no tie.
    cost = np.round(covers.all(axis=3).sum(axis=2) + 2 * np.hypot(*shifts.T), 6)
    best = cost.argmin(axis=1)
    result: FloatArray = places[np.arange(len(targets)), best]
    return result
