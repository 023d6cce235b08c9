"""The checkpoints of a recorded digits_mlp run, as the input of another experiment."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from figproof.errors import FigproofError
from figproof.model import FloatArray, IntArray
from figproof.numerics.perceptron import ACTIVATIONS, Perceptron
from figproof.record.source import SourceRun, source_run


@dataclass(frozen=True)
class Trajectory:
    """Checkpoints of the source run.

    Attributes
    ----------
    form : Perceptron
    parameters : ndarray, shape (C, form.size)
        float64, in the order of ``form.split``.
    epochs : ndarray of int64, shape (C,)
    """

    form: Perceptron
    parameters: FloatArray
    epochs: IntArray


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
    """The checkpoints, with the shapes that the run's config promises.

    Raises
    ------
    FigproofError
        An array is missing, has another shape, or is not finite.
    """
    run, arrays = source.run, source.artifacts["checkpoints"]
    where = f"run {run.id} ({run.experiment}): artifact 'checkpoints'"
    layers = len(run.config["hidden"]) + 1
    names = [f"{kind}{k}" for kind in "Wb" for k in range(1, layers + 1)]
    missing = [name for name in ["epochs", *names] if name not in arrays]
    if missing:
        raise FigproofError(f"lacks {', '.join(missing)}", where=where)
    count = len(arrays["epochs"])
    widths = (*arrays["W1"].shape[1:2], *(arrays[f"b{k}"].shape[-1] for k in range(1, layers + 1)))
    form = Perceptron(widths, run.config["activation"], run.config.get("shortcuts", False))
    expected: list[tuple[int, ...]] = [(count, *shape) for shape in pairwise(widths)]
    expected += [(count, o) for o in widths[1:]]
    fits = [arrays[name].shape for name in names] == expected and form.activation in ACTIVATIONS
    if not fits or not all(np.isfinite(arrays[name]).all() for name in names):
        raise FigproofError("holds weights that are not finite or do not fit together", where=where)
    flat = [arrays[name].astype(np.float64).reshape(count, -1) for name in names]
    return Trajectory(form, np.hstack(flat), arrays["epochs"])
