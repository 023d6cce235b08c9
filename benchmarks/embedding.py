"""What placing 10,000 points costs, and what a chain of epochs is worth.

    make showcase
    .venv/bin/python benchmarks/embedding.py

Two successive epochs of the showcase's hidden layer, in the environment of the derive worker. Seconds are
of the processor, so that another process beside it changes them little.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.manifold import TSNE
from sklearn.manifold import trustworthiness as sklearn_trustworthiness

from figproof.numerics.embedding import pca_basis, project
from figproof.numerics.embedding_chain import Tsne, Umap
from figproof.numerics.embedding_quality import displacement, nearest, trustworthiness, turned_onto
from figproof.project import Project
from figproof.snapshot import load_snapshot
from figproof.worker import worker_environment

SHOWCASE = Project(Path(__file__).parents[1] / "showcase")
EPOCHS = (20, 21)
NEIGHBOURS = 10


def timed(compute: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of processor time, and the result."""
    start = time.process_time()
    result = compute()
    return time.process_time() - start, result


def scikit_learn(layer: np.ndarray, start: np.ndarray) -> np.ndarray:
    """t-SNE started from coordinates, in the fewest rounds that scikit-learn allows (250)."""
    mapper = TSNE(init=start, early_exaggeration=1.0, max_iter=250, random_state=0, n_jobs=1)
    return np.asarray(mapper.fit_transform(layer), dtype=np.float64)


def chains(before: np.ndarray, after: np.ndarray) -> None:
    """One link of each chain against a cold start."""
    print("| placing 10,000 points | seconds | trustworthiness | displacement | after turning |")
    print("| --- | --- | --- | --- | --- |")

    def line(name: str, seconds: float, start: np.ndarray, placed: np.ndarray) -> None:
        moved, turned = displacement(start, placed), displacement(start, turned_onto(start, placed))
        trusted = trustworthiness(after, nearest(placed, NEIGHBOURS))
        print(f"| {name} | {seconds:.1f} | {trusted:.4f} | {moved:.3f} | {turned:.3f} |", flush=True)

    for name, layout in (("UMAP", Umap()), ("t-SNE", Tsne())):
        # The first fit also compiles.
        layout.fit(before[:500], None, "benchmark")
        start = layout.fit(before, None, "benchmark")
        line(f"{name}, from the epoch before", *measured(layout, after, start))
        line(f"{name}, from a cold start", *measured(layout, after, None, start))
        if name == "t-SNE":
            seconds, placed = timed(lambda start=start: scikit_learn(after, start))
            line("scikit-learn's t-SNE, from the epoch before", seconds, start, placed)


def measured(
    layout: Any, layer: np.ndarray, start: np.ndarray | None, before: np.ndarray | None = None
) -> tuple[float, np.ndarray, np.ndarray]:
    """Seconds, what to compare with, and the placement."""
    seconds, placed = timed(lambda: layout.fit(layer, start, "benchmark"))
    return seconds, start if before is None else before, placed


def judging(layer: np.ndarray) -> None:
    """Exact trustworthiness, here and in scikit-learn."""
    plane = project(layer, pca_basis(layer))
    ours, mine = timed(lambda: trustworthiness(layer, nearest(plane, NEIGHBOURS)))
    theirs, yours = timed(lambda: sklearn_trustworthiness(layer, plane, n_neighbors=NEIGHBOURS))
    print("\n| trustworthiness of 10,000 points | seconds | value |\n| --- | --- | --- |")
    print(f"| figproof, 5 MB at a time | {ours:.1f} | {mine:.9f} |")
    print(f"| scikit-learn, all distances at once | {theirs:.1f} | {yours:.9f} |")


def main() -> None:
    if "FIGPROOF_WORKER" not in os.environ:
        arguments = [sys.executable, "-I", *sys.argv]
        os.execve(sys.executable, arguments, worker_environment(SHOWCASE.cache))
    hidden = load_snapshot(SHOWCASE, "mnist").runs[0].array("hidden", "activations")
    before, after = (hidden[epoch].astype(np.float64) for epoch in EPOCHS)
    chains(before, after)
    judging(after)


if __name__ == "__main__":
    main()
