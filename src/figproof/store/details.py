"""Everything that a run's document says beside its content: host, sources, git, dependencies, output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bson.errors import BSONError

from figproof.errors import FigproofError
from figproof.store.connect import Store
from figproof.store.rawbson import CODEC
from figproof.store.reader import StoredArtifact, StoredRun, cleaned, locate_files, read_run

_MOST_FILES = 10_000


@dataclass(frozen=True)
class Details:
    """A run and its circumstances.

    Attributes
    ----------
    run : StoredRun
    command : str
    host : dict
        Without the environment, which may hold secrets.
    repositories : tuple of dict
        ``url`` (without credentials), ``commit``, ``dirty``; each once.
    dependencies : dict of str to str
        Package -> version.
    sources, resources : tuple of StoredArtifact
    updates : dict
        What the command line changed in the config.
    output : str
        What the run printed.
    """

    run: StoredRun
    command: str
    host: dict[str, Any]
    repositories: tuple[dict[str, Any], ...]
    dependencies: dict[str, str]
    sources: tuple[StoredArtifact, ...]
    resources: tuple[StoredArtifact, ...]
    updates: dict[str, Any]
    output: str


def read_details(store: Store, run_id: Any) -> Details:
    """Read a run and its circumstances.

    Raises
    ------
    FigproofError
        See :func:`figproof.store.reader.read_run`.
    """
    run = read_run(store, run_id)
    where = f"run {run.id} in {store.address}"
    runs = store.runs.with_options(codec_options=CODEC)
    try:
        found = runs.find_one({"_id": {"$eq": run_id}}, {"config": 0, "info": 0, "result": 0})
        document = cleaned(found or {})
    except (BSONError, RecursionError) as error:
        raise FigproofError(f"cannot be decoded ({type(error).__name__})", where=where) from None
    experiment, meta = _mapping(document.get("experiment")), _mapping(document.get("meta"))
    host = {key: value for key, value in _mapping(document.get("host")).items() if key != "ENV"}
    output, command = document.get("captured_out"), document.get("command")
    return Details(
        run=run,
        command=command if isinstance(command, str) else "",
        host=host,
        repositories=_repositories(experiment),
        dependencies=_dependencies(experiment),
        sources=locate_files(store, _pairs(experiment.get("sources")), run.id),
        resources=locate_files(store, _pairs(document.get("resources")), run.id),
        updates=_mapping(meta.get("config_updates")),
        output=output if isinstance(output, str) else "",
    )


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    return value[:_MOST_FILES] if isinstance(value, list) else []


def _pairs(value: Any) -> list[tuple[Any, Any]]:
    return [(entry[0], entry[1]) for entry in _items(value) if isinstance(entry, list) and len(entry) == 2]


def _repositories(experiment: Mapping[str, Any]) -> tuple[dict[str, Any], ...]:
    # Sacred lists a repository once for each source file in it.
    unique: list[dict[str, Any]] = []
    for entry in _items(experiment.get("repositories")):
        kept = (
            {key: entry.get(key) for key in ("url", "commit", "dirty")} if isinstance(entry, dict) else None
        )
        if kept is not None and kept not in unique:
            unique.append(kept)
    return tuple(unique)


def _dependencies(experiment: Mapping[str, Any]) -> dict[str, str]:
    found = {}
    for entry in _items(experiment.get("dependencies")):
        if isinstance(entry, str):
            name, _, version = entry.partition("==")
            found[name] = version
    return dict(sorted(found.items()))
