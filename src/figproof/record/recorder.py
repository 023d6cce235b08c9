"""The recorder: what an experiment writes, checked when it is written."""

from __future__ import annotations

import math
import numbers
import tempfile
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from figproof.canonical import digest_bytes
from figproof.declare import Declared, to_info
from figproof.errors import FigproofError, suggest
from figproof.npz import MAX_BYTES, dump_npz
from figproof.record.library import is_fixed_environment, loaded_library

Metrics = Mapping[str, Declared] | Callable[[Mapping[str, Any]], Mapping[str, Declared]]

# A point costs up to 48 bytes in the metric's document, which MongoDB bounds at 16 MB.
MAX_POINTS = 350_000
CONTENT_TYPE = "application/octet-stream"

_EXACT = 2**53


@dataclass
class Series:
    """What was recorded of one metric: as many steps as values."""

    steps: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))


class Recorder:
    """Writes metrics and arrays of one run, and keeps what it wrote so that the store can be checked.

    Parameters
    ----------
    run : sacred.run.Run
        Sacred's ``_run``.
    metrics : mapping of str to Declared, or a function of the run's config that gives one
        The experiment's ``METRICS``; stored in ``info.figproof.metrics``. Beside them goes what a replay
        compares: the code of figproof that the run uses, and whether threads and instruction sets are fixed.
    parents : sequence of (id, experiment)
        Recorded runs that this one was computed from; stored in ``info.figproof.parents``.

    Raises
    ------
    FigproofError
        A declared name that Sacred or MongoDB cannot hold.
    """

    def __init__(self, run: Any, metrics: Metrics, parents: Sequence[tuple[int, str]] = ()) -> None:
        self.declared = dict(metrics(run.config) if callable(metrics) else metrics)
        for name in self.declared:
            if not name or "\0" in name or name.startswith("$"):
                raise FigproofError(f"the metric name {name!r} is not allowed", where="METRICS")
        self.series = {name: Series() for name in self.declared}
        self.artifacts: dict[str, str] = {}
        self._collected: dict[str, dict[int, dict[str, npt.NDArray[Any]]]] = {}
        self._run = run
        run.info["figproof"] = {
            "metrics": to_info(self.declared),
            "parents": [{"id": run_id, "experiment": name} for run_id, name in parents],
            "library": loaded_library(),
            "fixed_environment": is_fixed_environment(),
        }
        # The session looks here when the run has ended; a run has one recorder.
        run.figproof_recorder = self

    def scalars(self, step: int, values: Mapping[str, Any]) -> None:
        """Record one value of each named metric at one step.

        Parameters
        ----------
        step : int
            Larger than the metric's step before.
        values : mapping of str to float
            Declared names -> real numbers, Python's or numpy's.

        Raises
        ------
        FigproofError
            Undeclared name, no real number, NaN or infinity where not declared, a step that does not
            increase, or more points than a document of the store can hold. Nothing is recorded then.
        """
        whole = self._whole_step(step)
        checked = {name: self._checked(name, whole, value) for name, value in values.items()}
        for name, value in checked.items():
            self.series[name].steps.append(whole)
            self.series[name].values.append(value)
            self._run.log_scalar(name, value, whole)

    def arrays(self, name: str, **arrays: npt.ArrayLike) -> None:
        """Store arrays as the artifact ``<name>.npz``.

        Raises
        ------
        FigproofError
            An artifact of that name exists, an array holds objects, or all together are larger than
            what is read back (512 MB).
        """
        if name in self.artifacts or not name.replace("_", "").isalnum():
            problem = (
                "was recorded before"
                if name in self.artifacts
                else "is not allowed; use letters, digits, '_'"
            )
            raise FigproofError(f"the artifact name {name!r} {problem}", where=self._where())
        content = dump_npz(arrays)
        if len(content) > MAX_BYTES:
            raise FigproofError(
                f"artifact {name!r} has {len(content)} bytes; at most {MAX_BYTES} are read back",
                where=self._where(),
                hint="store fewer epochs, or float16",
            )
        digest = digest_bytes(content)
        with tempfile.TemporaryDirectory(prefix="figproof-") as folder:
            path = Path(folder) / f"{name}.npz"
            path.write_bytes(content)
            self._run.add_artifact(
                str(path), name=path.name, metadata={"sha256": digest}, content_type=CONTENT_TYPE
            )
        self.artifacts[name] = digest

    def collect(self, name: str, epoch: int, **arrays: npt.ArrayLike) -> None:
        """Keep a copy of an epoch's arrays until :meth:`store_collected`; all epochs have the same shapes."""
        epochs = self._collected.setdefault(name, {})
        if epoch in epochs:
            raise FigproofError(f"{name!r} was collected at epoch {epoch} before", where=self._where())
        copies = {key: np.array(value) for key, value in arrays.items()}
        shapes = {key: array.shape for key, array in copies.items()}
        if epochs:
            first, before = next(iter(epochs.items()))
            expected = {key: array.shape for key, array in before.items()}
            if shapes != expected:
                raise FigproofError(
                    f"{name!r} has the shapes {shapes} at epoch {epoch}, {expected} at epoch {first}",
                    where=self._where(),
                    hint="collect the same arrays with the same shapes at every epoch",
                )
        epochs[epoch] = copies

    def store_collected(self, name: str, **fixed: npt.ArrayLike) -> None:
        """Store what was collected as one artifact: each array stacked over epochs, and ``epochs``.

        Parameters
        ----------
        name : str
            Nothing is stored if nothing was collected under it.
        **fixed : array_like
            Arrays that do not change from epoch to epoch, e.g. labels.
        """
        collected = self._collected.pop(name, {})
        if not collected:
            return
        epochs = sorted(collected)
        stacked = {key: np.stack([collected[epoch][key] for epoch in epochs]) for key in collected[epochs[0]]}
        self.arrays(name, epochs=np.array(epochs, dtype=np.int64), **stacked, **fixed)

    def _where(self) -> str:
        return f"run {self._run._id} ({self._run.experiment_info['name']})"

    def _whole_step(self, step: Any) -> int:
        if isinstance(step, bool) or not isinstance(step, numbers.Integral) or abs(int(step)) >= 2**63:
            raise FigproofError(f"step {step!r} is not an integer", where=self._where())
        return int(step)

    def _checked(self, name: str, step: int, value: Any) -> float:
        """The value as Python's float, or an error that says what is allowed."""
        where = f"{self._where()}: metric {name!r}"
        if name not in self.declared:
            raise FigproofError(
                f"was not declared. {suggest(name, self.declared)}", where=where, hint="declare it in METRICS"
            )
        if isinstance(value, np.ndarray) and value.ndim == 0:
            value = value[()]
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
            raise FigproofError(f"{value!r} at step {step} is no real number", where=where)
        if isinstance(value, numbers.Integral) and abs(int(value)) > _EXACT:
            raise FigproofError(f"{value!r} at step {step} is no exact double", where=where)
        number = float(value)
        if not math.isfinite(number) and not self.declared[name].may_be_nan:
            raise FigproofError(
                f"is {number} at step {step}",
                where=where,
                hint="if that is a result (a diverged run), declare it: Declared(..., may_be_nan=True)",
            )
        self._check_step(name, step, where)
        return number

    def _check_step(self, name: str, step: int, where: str) -> None:
        steps = self.series[name].steps
        if steps and step <= steps[-1]:
            raise FigproofError(f"step {step} does not follow step {steps[-1]}", where=where)
        if len(steps) >= MAX_POINTS:
            raise FigproofError(
                f"has {MAX_POINTS} points; one document of the store (16 MB) holds no more",
                where=where,
                hint="record every k-th step, or the series as an array: recorder.arrays(...)",
            )
