"""Experiments of this repository, recorded into a test's store."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from figproof.npz import load_npz
from figproof.record.session import run_recorded
from figproof.store import Store
from figproof.store.reader import StoredRun, read_artifact, read_run

FOLDER = Path(__file__).resolve().parents[1] / "experiments"


def load_experiment(name: str) -> ModuleType:
    """A fresh copy: Sacred's experiments keep their observers."""
    spec = importlib.util.spec_from_file_location(f"experiment_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def recorded(store: Store, name: str, *arguments: str) -> StoredRun:
    """Record in this process; the stored run, proved whole by the session."""
    number = 1 + store.runs.count_documents({})
    assert run_recorded(load_experiment(name).ex, store, [name, *arguments]) == 0
    return read_run(store, number)


def arrays(store: Store, run: StoredRun, name: str) -> dict[str, npt.NDArray[Any]]:
    (artifact,) = [a for a in run.artifacts if a.name == f"{name}.npz"]
    return load_npz(read_artifact(store, artifact))


def relative_error(loss: Any, parameter: npt.NDArray[Any], gradient: npt.NDArray[Any]) -> float:
    """||g - central differences|| / ||differences||, element by element, in place."""
    numeric = np.zeros_like(parameter)
    for index in np.ndindex(parameter.shape):
        kept = parameter[index]
        parameter[index] = kept + 1e-5
        above = loss()
        parameter[index] = kept - 1e-5
        numeric[index] = (above - loss()) / 2e-5
        parameter[index] = kept
    scale = float(np.linalg.norm(numeric))
    assert scale > 1e-6, "a gradient of zero tests nothing"
    return float(np.linalg.norm(gradient - numeric)) / scale
