"""Arrays of one artifact that must fit together."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from figproof.errors import FigproofError
from figproof.model import Run


def fitting_arrays(
    run: Run, artifact: str, axes: Mapping[str, str], hint: str, *, whole: Collection[str] = ()
) -> dict[str, npt.NDArray[Any]]:
    """Read arrays and check that they are finite, not empty, and of shapes that belong together.

    Parameters
    ----------
    run : Run
    artifact : str
    axes : mapping of str to str
        Array name -> one letter an axis, ``""`` for a number; equal letters are equal lengths.
    hint : str
        What to do about an array that does not fit.
    whole : collection of str
        Names of the arrays that hold whole numbers.

    Raises
    ------
    FigproofError
        Names the array and its shape.
    """
    where = f"run {run.id} ({run.experiment}), artifact {artifact!r}"
    lengths: dict[str, int] = {}
    arrays: dict[str, npt.NDArray[Any]] = {}
    for name, letters in axes.items():
        array = np.asarray(run.array(artifact, name))
        fits = array.ndim == len(letters) and all(
            lengths.setdefault(letter, length) == length
            for letter, length in zip(letters, array.shape, strict=True)
        )
        if not fits or not array.size or array.dtype.kind not in ("iu" if name in whole else "iuf"):
            known = ", ".join(f"{letter} = {lengths[letter]}" for letter in letters if letter in lengths)
            wanted = f"({', '.join(letters)}) with {known}" if known else "one number"
            wanted = f"whole numbers, {wanted}" if name in whole else wanted
            raise FigproofError(
                f"{name} has shape {array.shape} and type {array.dtype}, not {wanted}", where=where, hint=hint
            )
        if not np.isfinite(array).all():
            problem = f"{int((~np.isfinite(array)).sum())} values of {name} are not finite"
            raise FigproofError(problem, where=where, hint="the network diverged: choose another run")
        arrays[name] = array
    return arrays
