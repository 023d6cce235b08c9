"""Landscapes as they were recorded: checked arrays of a run, and the levels that several share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from figproof.errors import FigproofError, suggest
from figproof.model import FloatArray, Run

ARTIFACT = "landscape"
_CONFIG = {"directions": ("interpolation", "pca", "random"), "normalise": ("filter", "none")}


def where_of(run: Run) -> str:
    """What errors about a run's landscape begin with."""
    return f"run {run.id} ({run.experiment}): {ARTIFACT}"


def check_directions(run: Run) -> None:
    """Refuse a run whose config does not say how its directions were made.

    Raises
    ------
    FigproofError
        ``directions`` or ``normalise`` is unknown.
    """
    for key, known in _CONFIG.items():
        if run.config.get(key) not in known:
            raise FigproofError(
                f"{key} is {run.config.get(key)!r}. {suggest(str(run.config.get(key)), known)}",
                where=f"run {run.id} ({run.experiment}): config",
            )


def finite(run: Run, name: str) -> FloatArray:
    """An array of the landscape.

    Raises
    ------
    FigproofError
        Not recorded, or not finite.
    """
    values = np.asarray(run.array(ARTIFACT, name), dtype=np.float64)
    bad = int((~np.isfinite(values)).sum())
    if bad:
        raise FigproofError(
            f"{name} holds {bad} values of {values.size} that are NaN or infinite",
            where=where_of(run),
            hint="record the landscape again over a smaller span",
        )
    return values


def check_plane(run: Run, alpha: FloatArray, beta: FloatArray, values: FloatArray, name: str) -> None:
    """Refuse values that do not belong to rising coordinates.

    Raises
    ------
    FigproofError
        Values are not of shape (A, B) with 3 or more each, or coordinates do not rise.
    """
    if values.shape != (alpha.size, beta.size) or min(values.shape) < 3:
        raise FigproofError(
            f"{name} has shape {values.shape}, "
            f"not (alpha, beta) = ({alpha.size}, {beta.size}), 3 or more each",
            where=where_of(run),
        )
    if (np.diff(alpha) <= 0).any() or (np.diff(beta) <= 0).any():
        raise FigproofError("alpha and beta must rise", where=where_of(run))


def common_levels(
    losses: Sequence[FloatArray], count: int, scale: Literal["log", "linear"], where: str
) -> FloatArray:
    """Round levels from just under the lowest loss of all landscapes to just above the highest.

    Parameters
    ----------
    losses : sequence of ndarray
    count : int
        About how many.
    scale : {"log", "linear"}

    Raises
    ------
    FigproofError
        The loss is the same everywhere, or not positive on a logarithmic scale.
    """
    low, high = min(float(loss.min()) for loss in losses), max(float(loss.max()) for loss in losses)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        raise FigproofError(
            f"the loss is {low:.6g} everywhere on the grid",
            where=where,
            hint="record the landscape again over a larger span",
        )
    if scale == "linear":
        step = _round_step((high - low) / count)
        return step * np.arange(np.floor(low / step), np.ceil(high / step) + 1)
    if low <= 0:
        raise FigproofError(
            f"the lowest loss is {low:.6g}; a logarithmic scale needs positive values",
            where=where,
            hint="set params.scale: linear",
        )
    wanted = np.geomspace(low, high, count)
    inner = sorted({float(f"{level:.1e}") for level in wanted[1:-1]})
    inner = [level for level in inner if low < level < high]
    if len(inner) < count // 2:
        # Almost flat: levels of two digits would coincide, and a logarithm is nearly straight here.
        step = _round_step((high - low) / count)
        inner = [level for level in step * np.arange(np.ceil(low / step), high / step) if low < level < high]
    return np.array([low * (1 - 1e-9), *inner, high * (1 + 1e-9)])


def _round_step(step: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that is not below the step."""
    power = 10.0 ** np.floor(np.log10(step))
    return float(power * min(factor for factor in (1, 2, 2.5, 5, 10) if factor * power >= step * (1 - 1e-9)))
