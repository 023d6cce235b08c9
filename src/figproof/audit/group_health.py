"""What is wrong between runs that a figure would show together: seeds of one setting, and one seed twice."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from figproof.audit.difference import part
from figproof.audit.fields import dig, run_key
from figproof.audit.findings import Finding
from figproof.audit.spelling import plain
from figproof.canonical import digest_json
from figproof.store.reader import StoredRun

PATHS = ("command", "config", "experiment", "host.python_version", "result", "start_time", "status")
"""What of a run's document is needed to compare it with others."""
_MEASURED = "system."
"""Metrics of time and memory: they never come out the same twice."""
_MOST_NAMED = 5


@dataclass(frozen=True)
class Grouped:
    """What of a run is compared with the others of its group.

    Attributes
    ----------
    id : Any
    setting : str
        Digest of experiment, command and config without its seed; runs that share it are seeds of it.
    seed : str
        As JSON.
    versions : mapping of str to str
        Package, or ``python``, -> version.
    sources : mapping of str to str
        File name -> what stands for its content.
    """

    id: Any
    setting: str
    seed: str
    versions: Mapping[str, str]
    sources: Mapping[str, str]


def grouped(document: Mapping[str, Any], contents: Mapping[str, str]) -> Grouped | None:
    """A COMPLETED run as it is compared; None for any other.

    Parameters
    ----------
    contents : mapping of str to str
        ``repr`` of a file's id -> its recorded digest.
    """
    config = document.get("config")
    if document.get("status") != "COMPLETED" or not isinstance(config, Mapping):
        return None
    setting = {key: value for key, value in config.items() if key != "seed"}
    named = [dig(document, ["experiment", "name"]), document.get("command"), plain(setting)]
    listed = dig(document, ["experiment", "dependencies"])
    packages = [entry for entry in listed if isinstance(entry, str)] if isinstance(listed, list) else []
    versions = {name: version for name, _, version in (entry.partition("==") for entry in packages)}
    python = dig(document, ["host", "python_version"])
    return Grouped(
        id=document["_id"],
        setting=digest_json(named),
        seed=digest_json(plain(config.get("seed"))),
        versions={**versions, **({"python": python} if isinstance(python, str) else {})},
        sources={
            name: contents.get(repr(file_id), repr(file_id)) for name, file_id in source_files(document)
        },
    )


def source_files(document: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Name and file id of each source that a run's document lists."""
    listed = dig(document, ["experiment", "sources"])
    entries = listed if isinstance(listed, list) else []
    return [(str(e[0]), e[1]) for e in entries if isinstance(e, list) and len(e) == 2]


def group_findings(
    runs: Sequence[Grouped], asked: Collection[str], read: Callable[[Any], StoredRun | None]
) -> Iterator[Finding]:
    """Findings of every group that holds a run that was asked for.

    Parameters
    ----------
    runs : sequence of Grouped
        Of the whole store.
    asked : collection of str
        Keys of run ids.
    read : callable
        Run id -> run with its metrics, None if it cannot be read; asked for runs with one config and seed.
    """
    for group in _by(runs, lambda run: run.setting):
        if not any(run_key(run.id) in asked for run in group):
            continue
        for rule, noun, values in (
            ("versions", "", [run.versions for run in group]),
            ("code", "source ", [run.sources for run in group]),
        ):
            if differing := _differing(values):
                names = ", ".join(differing[:_MOST_NAMED]) + (" ..." if differing[_MOST_NAMED:] else "")
                ids = tuple(run.id for run in group)
                measured = f"{len(group)} runs of one setting differ in {noun}{names}"
                yield Finding(ids, rule, "warning", measured)
        for twins in _by(group, lambda run: run.seed):
            if len(twins) > 1:
                yield from _repeated([found for run in twins if (found := read(run.id)) is not None])


def _by(runs: Sequence[Grouped], key: Callable[[Grouped], str]) -> list[list[Grouped]]:
    found: dict[str, list[Grouped]] = {}
    for run in runs:
        found.setdefault(key(run), []).append(run)
    return list(found.values())


def _differing(columns: Sequence[Mapping[str, str]]) -> list[str]:
    """``numpy (1.26, 2.4)`` for each key whose values differ; digests are not spelled."""
    found = []
    for key in sorted({key for column in columns for key in column}):
        values = sorted({column.get(key, "none") for column in columns})
        if len(values) > 1:
            short = max(map(len, values)) <= 20
            found.append(f"{key} ({', '.join(values[:4])})" if short else f"{key} ({len(values)} versions)")
    return found


def _repeated(runs: Sequence[StoredRun]) -> Iterator[Finding]:
    for first, other in ((runs[0], other) for other in runs[1:]):
        parts = []
        if digest_json(plain(first.result)) != digest_json(plain(other.result)):
            parts.append(f"results {str(first.result)[:30]} and {str(other.result)[:30]}")
        theirs = {metric.name: metric for metric in other.metrics}
        for metric in first.metrics:
            if metric.name in theirs and not metric.name.startswith(_MEASURED):
                change = part(metric, theirs[metric.name])
                if change:
                    at = f" from step {change['step']}" if "step" in change else ""
                    parts.append(f"metric {metric.name[:60]!r}{at}")
        if parts:
            more = f" and {len(parts) - _MOST_NAMED} more" if parts[_MOST_NAMED:] else ""
            measured = f"one config and seed, but different {'; '.join(parts[:_MOST_NAMED])}{more}"
            yield Finding((first.id, other.id), "not-repeatable", "warning", measured)
