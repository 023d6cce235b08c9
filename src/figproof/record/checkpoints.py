"""The checkpoints of a recorded digits_mlp run, as the input of another experiment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from figproof.errors import FigproofError
from figproof.model import FloatArray, IntArray
from figproof.numerics import landscape
from figproof.record.source import SourceRun, source_run


@dataclass(frozen=True)
class Trajectory:
    """Checkpoints of the source run.

    Attributes
    ----------
    weights, biases : list of ndarray, shapes (C, fan_in, fan_out) and (C, fan_out)
        float64, layer by layer.
    epochs : ndarray of int64, shape (C,)
    activation : str
    """

    weights: list[FloatArray]
    biases: list[FloatArray]
    epochs: IntArray
    activation: str

    def flat_weights(self) -> FloatArray:
        """(C, weights)."""
        return np.stack([landscape.flatten([W[c] for W in self.weights]) for c in range(len(self.epochs))])

    def flat_biases(self) -> FloatArray:
        """(C, biases)."""
        return np.concatenate(self.biases, axis=1)


def perceptron_run(file: str, run_id: Any) -> SourceRun:
    """The digits_mlp run that an experiment's config names as ``source_run``, with its checkpoints.

    Parameters
    ----------
    file : str
        The experiment's ``__file__``: says which project.
    run_id : int
        As the config holds it, unchecked.

    Raises
    ------
    FigproofError
        No run id, no such run, a run of another experiment, or one without checkpoints.
    """
    where = "config: source_run"
    if not isinstance(run_id, int) or isinstance(run_id, bool):
        hint = "record one: figproof record digits_mlp with checkpoint_every=1"
        raise FigproofError(f"is {run_id!r}, no run id", where=where, hint=hint)
    experiment = source_run(file, run_id).run.experiment
    if experiment != "digits_mlp":
        raise FigproofError(
            f"run {run_id} is a {experiment}, not a digits_mlp", where=where, hint="name another run"
        )
    return source_run(file, run_id, "checkpoints")


def read_trajectory(source: SourceRun) -> Trajectory:
    """The checkpoints, with the shapes that the run's config promises."""
    run, arrays = source.run, source.artifacts["checkpoints"]
    where = f"run {run.id} ({run.experiment}): artifact 'checkpoints'"
    layers = len(run.config["hidden"]) + 1
    names = [f"{kind}{k}" for kind in "Wb" for k in range(1, layers + 1)]
    missing = [name for name in ["epochs", *names] if name not in arrays]
    if missing:
        raise FigproofError(f"lacks {', '.join(missing)}", where=where)
    weights = [arrays[f"W{k}"].astype(np.float64) for k in range(1, layers + 1)]
    biases = [arrays[f"b{k}"].astype(np.float64) for k in range(1, layers + 1)]
    count = len(arrays["epochs"])
    fits = all(W.shape == (count, *W.shape[1:2], b.shape[-1]) for W, b in zip(weights, biases, strict=True))
    if not fits or not all(np.isfinite(a).all() for a in weights + biases):
        raise FigproofError("holds weights that are not finite or do not fit together", where=where)
    return Trajectory(weights, biases, arrays["epochs"], run.config["activation"])
