"""What differs between runs: each later one is compared with the first."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from figproof.audit.fields import as_numbers
from figproof.audit.spelling import plain
from figproof.canonical import to_json_bytes
from figproof.errors import FigproofError
from figproof.model import FloatArray
from figproof.store.details import Details
from figproof.store.reader import StoredArtifact, StoredMetric

MOST_SOURCE_BYTES = 1_000_000
MOST_SOURCE_LINES = 5_000
"""``difflib`` needs the square of this in the worst case."""
_HOST = ("hostname", "cpu", "os", "python_version", "gpus")
_ABSENT = "(none)"

ReadFile = Callable[[StoredArtifact], bytes]


@dataclass(frozen=True)
class Difference:
    """What differs; parts without a difference are empty.

    Attributes
    ----------
    ids : tuple
    config, host, dependencies, results, git, artifacts : dict of str to list
        What differs -> its value in each run, in the order of ``ids``.
    metrics : list of dict
        ``name``, ``run``, and how it parts from the first run's.
    sources : list of dict
        ``name``, ``run``, ``change`` (a unified diff's lines, or why there is none).
    """

    ids: tuple[Any, ...]
    config: dict[str, list[Any]]
    results: dict[str, list[Any]]
    host: dict[str, list[Any]]
    git: dict[str, list[Any]]
    dependencies: dict[str, list[Any]]
    artifacts: dict[str, list[Any]]
    metrics: list[dict[str, Any]]
    sources: list[dict[str, Any]]


def compare_runs(runs: Sequence[Details], read_file: ReadFile) -> Difference:
    """Compare the first run with each of the others.

    Parameters
    ----------
    read_file : callable
        Gives the bytes of a source file.
    """
    return Difference(
        ids=tuple(one.run.id for one in runs),
        config=_table([flatten(one.run.config, "config") for one in runs]),
        results=_table(
            [{"status": one.run.status, **flatten({"result": one.run.result}, "")} for one in runs]
        ),
        host=_table([{key: one.host.get(key, _ABSENT) for key in _HOST} for one in runs]),
        git=_table([_git(one) for one in runs]),
        dependencies=_table([one.dependencies for one in runs]),
        artifacts=_table([_digests(one.run.artifacts) for one in runs]),
        metrics=[
            part for other in runs[1:] for part in _metrics(runs[0].run.metrics, other.run.metrics, other)
        ],
        sources=[part for other in runs[1:] for part in _sources(runs[0], other, read_file)],
    )


def flatten(value: Any, path: str) -> dict[str, Any]:
    """Nested mappings as dotted keys; an empty mapping is a value."""
    if not isinstance(value, Mapping) or not value:
        return {path: value}
    flat: dict[str, Any] = {}
    for key, item in value.items():
        flat |= flatten(item, f"{path}.{key}" if path else str(key))
    return flat


def _table(columns: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    keys = sorted({key for column in columns for key in column})
    rows = {key: [column.get(key, _ABSENT) for column in columns] for key in keys}
    return {key: row for key, row in rows.items() if any(not _equal(row[0], value) for value in row[1:])}


def _equal(a: Any, b: Any) -> bool:
    # 1, 1.0 and True are different answers in a config; NaN is the same as NaN.
    return to_json_bytes(plain(a)) == to_json_bytes(plain(b))


def _git(details: Details) -> dict[str, Any]:
    return {
        f"{entry['url']} {key}": entry[key] for entry in details.repositories for key in ("commit", "dirty")
    }


def _digests(files: Sequence[StoredArtifact]) -> dict[str, Any]:
    return {
        file.name: "not in the store" if file.missing else file.sha256 or f"no digest, {file.length} bytes"
        for file in files
    }


def _metrics(
    first: Sequence[StoredMetric], other: Sequence[StoredMetric], run: Details
) -> list[dict[str, Any]]:
    ours, theirs = {m.name: m for m in first}, {m.name: m for m in other}
    found = []
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in ours or name not in theirs:
            change: dict[str, Any] = {"change": "only in it" if name in theirs else "not in it"}
        else:
            change = part(ours[name], theirs[name])
        if change:
            found.append({"name": name, "run": run.run.id, **change})
    return found


def part(a: StoredMetric, b: StoredMetric) -> dict[str, Any]:
    """Where two curves part, bit for bit; nothing if they do not.

    Returns
    -------
    dict
        ``change``, ``step`` (the first that differs), ``values`` there, ``points`` of both, and
        ``largest`` absolute difference with its step over the points that both have.
    """
    first, second = as_numbers(a.values), as_numbers(b.values)
    count = min(len(first), len(second), len(a.steps), len(b.steps))
    x, y = first[:count], second[:count]
    steps_a, steps_b = np.asarray(a.steps[:count], dtype=object), np.asarray(b.steps[:count], dtype=object)
    odd = ~((x == y) | _same_non_numbers(a, b, x, y)) | (steps_a != steps_b).astype(bool)
    points = [len(first), len(second)]
    if not odd.any():
        return {"change": "one goes on", "points": points} if points[0] != points[1] else {}
    at = int(np.argmax(odd))
    if steps_a[at] != steps_b[at]:
        return {"change": "other steps", "steps": [steps_a[at], steps_b[at]], "points": points}
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(x - y)
    real = np.where(np.isnan(gap), -1.0, gap)
    far = int(np.argmax(real))
    return {
        "change": "parts",
        "step": steps_a[at],
        "values": [float(x[at]), float(y[at])],
        "points": points,
        "largest": float(gap[far]),
        "largest_step": steps_a[far],
    }


def _same_non_numbers(a: StoredMetric, b: StoredMetric, x: FloatArray, y: FloatArray) -> Any:
    """Where both are NaN, or both the same of what is no number at all."""
    nan = np.isnan(x) & np.isnan(y)
    if isinstance(a.values, list) or isinstance(b.values, list):
        for at in np.flatnonzero(nan):
            nan[at] = repr(a.values[at]) == repr(b.values[at])
    return nan


def _sources(first: Details, other: Details, read_file: ReadFile) -> list[dict[str, Any]]:
    ours, theirs = {f.name: f for f in first.sources}, {f.name: f for f in other.sources}
    found = []
    for name in sorted(ours.keys() | theirs.keys()):
        lines = _source_change(name, ours.get(name), theirs.get(name), (first, other), read_file)
        if lines:
            found.append({"name": name, "run": other.run.id, "change": lines})
    return found


def _source_change(
    name: str,
    a: StoredArtifact | None,
    b: StoredArtifact | None,
    runs: tuple[Details, Details],
    read_file: ReadFile,
) -> list[str]:
    if a is None or b is None:
        return ["only in it" if a is None else "not in it"]
    if a.file_id == b.file_id:
        return []
    texts = []
    for file, run in zip((a, b), runs, strict=True):
        try:
            texts.append(read_file(file))
        except FigproofError as error:
            return [f"cannot be compared: in run {run.run.id} it {error.problem}"]
    if texts[0] == texts[1]:
        return []
    lines = [text.decode("utf-8", "backslashreplace").splitlines() for text in texts]
    if max(map(len, lines)) > MOST_SOURCE_LINES:
        return [f"differs, and has more than {MOST_SOURCE_LINES} lines: not compared line by line"]
    before, after = (f"run {run.run.id}: {name}" for run in runs)
    return list(difflib.unified_diff(lines[0], lines[1], before, after, lineterm=""))
