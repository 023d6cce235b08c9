"""What the loss on a grid costs, in stacks of networks and one network at a time.

    .venv/bin/python benchmarks/landscape.py [PYTHON]

The network of the demo on its training examples, 51 x 51 points. PYTHON is of an environment with the
package loss-landscapes (which needs torch): `python3 -m venv E; E/bin/pip install torch loss-landscapes`.
All evaluate the same plane in float64, and their losses are compared. "Products alone" multiplies matrices
of the stacks' shapes and does nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from figproof.numerics import landscape
from figproof.numerics.curvature import extreme_eigenvalues
from figproof.numerics.perceptron import Perceptron, log_softmax
from figproof.record.datasets import load

POINTS = 51
FORMS = {
    "2 hidden layers of 32": Perceptron((64, 32, 32, 10), "relu"),
    "20 hidden layers of 32, shortcuts": Perceptron((64, *[32] * 20, 10), "relu", shortcuts=True),
}
# Read by the other environment's Python, which has no figproof.
TORCH = """
import sys, time
import numpy as np, torch, loss_landscapes
from loss_landscapes.metrics import Loss
given = np.load(sys.argv[1])
torch.set_default_dtype(torch.float64)
depth = sum(name.startswith("W0_") for name in given.files)
class Net(torch.nn.Module):
    def __init__(self, which):
        super().__init__()
        layers = []
        for k in range(depth):
            W, b = given[f"W{which}_{k}"], given[f"b{which}_{k}"]
            layer = torch.nn.Linear(*W.shape)
            layer.weight.data, layer.bias.data = torch.tensor(W.T.copy()), torch.tensor(b)
            layers.append(layer)
        self.layers = torch.nn.ModuleList(layers)
    def forward(self, x):
        for k, layer in enumerate(self.layers[:-1]):
            z = layer(x)
            x = torch.relu(z + x if bool(given["shortcuts"]) and k else z)
        return self.layers[-1](x)
metric = Loss(torch.nn.functional.cross_entropy, torch.tensor(given["x"]), torch.tensor(given["y"]))
steps = int(given["steps"])
start = time.perf_counter()
with torch.no_grad():
    grid = loss_landscapes.planar_interpolation(Net(0), Net(1), Net(2), metric, steps)
print(time.perf_counter() - start)
np.save(sys.argv[2], grid)
"""


def timed(compute: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds by the wall clock, best of three, and the result."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        result = compute()
        times.append(time.perf_counter() - start)
    return min(times), result


def one_by_one(form: Perceptron, origin: Any, plane: Any, coordinates: Any, train: Any) -> Any:
    """The loss of each network of its own, as a script would."""
    right = np.arange(len(train.labels)), train.labels
    losses = []
    for point in coordinates:
        logits = form.forward(origin + point @ plane, train.images)[-1]
        losses.append(-log_softmax(logits)[right].mean())
    return np.array(losses)


def products_alone(form: Perceptron, networks: int, examples: int) -> None:
    """The matrix products of the stacks, as many threads as cores, their operands in the cache."""
    rows, stack = 128, form.stack(128)
    rng = np.random.default_rng(0)
    shapes = [(i + 1, o) for i, o in pairwise(form.widths)][1:]
    mixture, first = rng.random((stack, 3)), rng.random((3, form.widths[1] * rows))

    def multiply(count: int) -> None:
        held = [(rng.random((stack, o, i)), rng.random((stack, i, rows))) for i, o in shapes]
        out = [np.empty((stack, o, rows)) for _, o in shapes]
        for _ in range(count):
            mixture @ first
            for (W, a), z in zip(held, out, strict=True):
                np.matmul(W, a, out=z)

    cores = os.cpu_count() or 1
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(multiply, [round(networks / stack * examples / rows / cores)] * cores))


def by_package(
    python: str, form: Perceptron, origin: Any, plane: Any, steps: int, train: Any
) -> tuple[float, Any]:
    """Seconds and losses of loss-landscapes on its own grid: start + (i, j + 1) / steps."""
    arrays: dict[str, Any] = {"x": train.images, "y": train.labels, "steps": steps}
    arrays["shortcuts"] = form.shortcuts
    for which, point in enumerate((origin, origin + plane[0], origin + plane[1])):
        weights, biases = form.split(point)
        arrays |= {f"W{which}_{k}": W for k, W in enumerate(weights)}
        arrays |= {f"b{which}_{k}": b for k, b in enumerate(biases)}
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "given.npz", Path(folder) / "found.npy"
        np.savez(given, **arrays)
        command = [python, "-c", TORCH, str(given), str(found)]
        seconds = min(
            float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            for _ in range(3)
        )
        return seconds, np.load(found)


def compare(name: str, form: Perceptron, python: str | None) -> None:
    """One table's rows."""
    train = load("digits", None).train
    rng = np.random.default_rng(0)
    origin = np.zeros(form.size)
    weights = form.split(origin)[0]
    for layer, W in enumerate(weights):
        depth = len(weights) if form.adds_input(layer) else 1
        W[...] = rng.standard_normal(W.shape) * np.sqrt(2 / len(W) / depth)
    raw = landscape.random_directions(weights, rng)
    flat = [
        landscape.flatten(landscape.filter_normalise(landscape.unflatten(d, weights), weights)) for d in raw
    ]
    plane = np.pad(flat, ((0, 0), (0, form.size - flat[0].size)))
    # The grid of loss-landscapes: it goes there and back, and every other row begins one step earlier.
    i, j = (a.ravel() for a in np.meshgrid(np.arange(POINTS), np.arange(POINTS), indexing="ij"))
    coordinates = np.column_stack([i, j + (i % 2 == 0)]) / POINTS
    seconds, losses = timed(lambda: form.losses(origin, plane, coordinates, train.images, train.labels))
    alone, _ = timed(lambda: products_alone(form, len(coordinates), len(train.labels)))
    rows = {"in stacks (figproof)": (seconds, losses), "products alone": (alone, None)}
    rows["one by one, numpy"] = timed(lambda: one_by_one(form, origin, plane, coordinates, train))
    if python:
        taken, grid = by_package(python, form, origin, plane, POINTS, train)
        rows["loss-landscapes, torch"] = taken, grid.ravel()
    for what, (taken, found) in rows.items():
        difference = "" if found is None else f"{np.abs(found / losses - 1).max():.1e}"
        print(f"| {name} | {what} | {taken:.2f} | {taken / seconds:.2f} | {difference} |", flush=True)
    start = np.random.default_rng(0).standard_normal(form.size)
    hessian = form.hessian(origin, train.images, train.labels)
    lanczos, _ = timed(lambda: extreme_eigenvalues(hessian, start))
    print(f"| {name} | curvature of one point, Lanczos | {lanczos:.3f} | | |", flush=True)


def main() -> None:
    python = sys.argv[1] if len(sys.argv) > 1 else None
    print("| network | loss on 51 x 51 points | seconds | against stacks | largest relative difference |")
    print("| --- | --- | --- | --- | --- |")
    for name, form in FORMS.items():
        compare(name, form, python)


if __name__ == "__main__":
    main()
