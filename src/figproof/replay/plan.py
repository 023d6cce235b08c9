"""What the record of a run says about running it again; all of it is data and is checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from figproof.completeness import complete_metrics
from figproof.content import Content, run_content
from figproof.errors import FigproofError, raise_together
from figproof.model import Metric
from figproof.replay.sources import Source, read_sources, source_errors
from figproof.store.address import without_credentials
from figproof.store.rawbson import CODEC
from figproof.store.reader import StoredRun, read_artifact, read_run

if TYPE_CHECKING:
    from figproof.store import Store

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{0,99}")
_MAX_DEPTH = 50
_WHOLE_64_BIT = 2**63
_PROGRAM = ("experiment", "command", "meta.named_configs", "host.python_version", "resources", "config")


@dataclass(frozen=True)
class Plan:
    """A recorded run, and all that it takes to run it again.

    Attributes
    ----------
    run : StoredRun
        Proved whole.
    metrics : dict of str to Metric
    content : Content
        The run as canonical bytes; its digest is what the run is.
    command, main : str
        Sacred's command; the source that is run.
    named_configs : tuple of str
    sources : tuple of Source
        As stored, their names and digests checked.
    dependencies : tuple of (str, str)
        Package and version, as Sacred recorded them; version ``""`` where it found none.
    python : str
        Version; ``""`` if it was not recorded.
    library : tuple of (str, str) or None
        Modules of figproof that the run had imported and their SHA-256; None if not recorded.
    commits : tuple of str
        Where the sources were committed, in words.
    fixed : bool or None
        Whether threads and instruction sets were fixed (``figproof record``); None if not recorded.
    parents : tuple of (StoredRun, Content)
        Runs that this one read, as they are in the store now.
    lacks : tuple of str
        What the record does not hold, in words.
    """

    run: StoredRun
    metrics: dict[str, Metric]
    content: Content
    command: str
    main: str
    named_configs: tuple[str, ...]
    sources: tuple[Source, ...]
    dependencies: tuple[tuple[str, str], ...]
    python: str
    library: tuple[tuple[str, str], ...] | None
    commits: tuple[str, ...]
    fixed: bool | None
    parents: tuple[tuple[StoredRun, Content], ...]
    lacks: tuple[str, ...]

    @property
    def where(self) -> str:
        return f"run {self.run.id} ({self.run.experiment})"

    @property
    def seconds(self) -> float:
        """How long the recorded run took; 0 if its times are not stored."""
        start, stop = self.run.start_time, self.run.stop_time
        return (stop - start).total_seconds() if start and stop else 0.0

    @property
    def uses_figproof(self) -> bool:
        """Whether the run recorded through :mod:`figproof.record`."""
        return isinstance(self.run.info.get("figproof"), dict)


def read_plan(store: Store, run_id: int) -> Plan:
    """Read a run and check that it can be run again.

    Raises
    ------
    FigproofError
        The run is not whole (only whole runs can be compared), its sources are missing, damaged or not
        safe to unpack, its config is no plain data, or a run that it read is gone.
    """
    run = read_run(store, run_id)
    where = f"run {run.id} ({run.experiment})"
    metrics, content = complete_metrics(run), run_content(run, lambda a: read_artifact(store, a))
    document = store.runs.with_options(codec_options=CODEC).find_one(
        {"_id": {"$eq": run_id}}, dict.fromkeys(_PROGRAM, 1)
    )
    program = _mapping(_mapping(document).get("experiment"))
    main, command = program.get("mainfile"), _mapping(document).get("command")
    named = _mapping(_mapping(document).get("meta")).get("named_configs")
    dependencies, unreadable = _dependencies(program.get("dependencies"))
    errors = _program_errors(main, command, where) + _plain_errors(run.config, f"{where}: config")
    errors += source_errors(program.get("sources"), main, [name for name, _ in dependencies], where)
    raise_together(errors)
    told = _mapping(run.info.get("figproof"))
    parents = _parents(store, told.get("parents"), where)
    fixed = told.get("fixed_environment")
    plan = Plan(
        run=run,
        metrics=metrics,
        content=content,
        command=str(command),
        main=str(main),
        named_configs=tuple(
            name for name in (named or ()) if isinstance(name, str) and _NAME.fullmatch(name)
        ),
        sources=read_sources(store, program["sources"], where),
        dependencies=dependencies,
        python=str(_mapping(_mapping(document).get("host")).get("python_version") or "")[:40],
        library=_library(told.get("library")),
        commits=_commits(program.get("repositories")),
        fixed=fixed if isinstance(fixed, bool) else None,
        parents=parents,
        lacks=(),
    )
    return _with_lacks(plan, unreadable, _mapping(document))


def _with_lacks(plan: Plan, said: list[str], document: Mapping[str, Any]) -> Plan:
    """The plan with all that its record does not hold."""
    lacks = list(said)
    if plan.uses_figproof and plan.library is None:
        lacks.append("which code of figproof it ran with; it runs with this figproof")
    if plan.fixed is None:
        lacks.append("whether threads and instruction sets were fixed; taken as `figproof record` fixes them")
    lacks += [
        f"the content of run {run.id} ({run.experiment}) when it read that; taken as it is now, "
        + content.digest[:12]
        for run, content in plan.parents
    ]
    resources = document.get("resources")
    if isinstance(resources, list) and resources:
        lacks.append(f"its {len(resources)} data files (Sacred's resources): they are not made again")
    if document.get("config") != plan.run.config:
        lacks.append("its whole config: user names and passwords in addresses are not given to a replay")
    if "seed" not in plan.run.config:
        lacks.append("a seed")
    return replace(plan, lacks=tuple(lacks))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _program_errors(main: Any, command: Any, where: str) -> list[FigproofError]:
    errors = []
    if not isinstance(main, str) or not main.endswith(".py"):
        errors.append(
            FigproofError(
                f"the main file is {str(main)[:80]!r}; only a run of a .py file can be run again",
                where=where,
                hint="a run from a notebook or a prompt stores no program",
            )
        )
    if not isinstance(command, str) or not _NAME.fullmatch(command):
        errors.append(FigproofError(f"the command is {str(command)[:80]!r}", where=where))
    return errors


def _plain_errors(value: Any, where: str, depth: int = 0) -> list[FigproofError]:
    """What a config holds that is no plain data; pickled objects are never decoded."""
    if depth > _MAX_DEPTH:
        return [FigproofError(f"is nested deeper than {_MAX_DEPTH} levels", where=where)]
    if isinstance(value, Mapping):
        coded = sorted(str(key) for key in value if not _is_plain_key(key))
        if coded:
            problem = f"holds an object as jsonpickle writes it ({coded[0][:60]!r}), which is never decoded"
            hint = "such a run cannot be replayed; put numbers, texts and lists into the config"
            return [FigproofError(problem, where=where, hint=hint)]
        return [
            e for key, item in value.items() for e in _plain_errors(item, f"{where}.{key}"[:200], depth + 1)
        ]
    if isinstance(value, (list, tuple)):
        return [e for item in value for e in _plain_errors(item, where, depth + 1)]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _WHOLE_64_BIT:
        return [FigproofError(f"holds {value}, more than 64 bits", where=where)]
    if value is None or isinstance(value, (bool, int, float, str)):
        return []
    return [FigproofError(f"holds {type(value).__name__}, which JSON cannot give", where=where)]


def _is_plain_key(key: Any) -> bool:
    return isinstance(key, str) and not key.startswith(("py/", "json://", "$"))


def _dependencies(listed: Any) -> tuple[tuple[tuple[str, str], ...], list[str]]:
    """Packages and versions, and what cannot be read as such."""
    found: dict[str, str] = {}
    unreadable = []
    for entry in listed if isinstance(listed, list) else []:
        match = re.fullmatch(
            r"([A-Za-z0-9][A-Za-z0-9._-]{0,99})(?:==([A-Za-z0-9.+!_-]{1,60}|<unknown>))?", str(entry)
        )
        if match is None:
            unreadable.append(f"a readable name of the package {str(entry)[:80]!r}")
        else:
            found[match[1]] = match[2] if match[2] and match[2] != "<unknown>" else ""
    if not found:
        unreadable.append("the packages that it ran with")
    return tuple(sorted(found.items())), unreadable


def _commits(stored: Any) -> tuple[str, ...]:
    """Commit, repository, and whether there were changes that were not committed."""
    return tuple(
        f"{str(entry.get('commit'))[:12]} of {without_credentials(str(entry.get('url')))[:100]}"
        + (" with changes that were not committed" if entry.get("dirty") else "")
        for entry in (stored if isinstance(stored, list) else [])
        if isinstance(entry, Mapping)
    )


def _library(stored: Any) -> tuple[tuple[str, str], ...] | None:
    """Modules of figproof and their digests."""
    if not isinstance(stored, list) or not stored:
        return None
    found = []
    for entry in stored:
        module, digest = _mapping(entry).get("module"), _mapping(entry).get("sha256")
        if isinstance(module, str) and isinstance(digest, str) and _NAME.fullmatch(module):
            found.append((module, digest[:64]))
    return tuple(sorted(found)) or None


def _parents(store: Store, listed: Any, where: str) -> tuple[tuple[StoredRun, Content], ...]:
    """The runs that this one read, whole."""
    ids = []
    for entry in listed if isinstance(listed, list) else []:
        run_id = _mapping(entry).get("id")
        if isinstance(run_id, bool) or not isinstance(run_id, int):
            raise FigproofError(f"names {str(run_id)[:60]!r} as a run that it read", where=where)
        ids.append(run_id)
    found = []
    for run_id in sorted(set(ids)):
        try:
            run = read_run(store, run_id)
            found.append((run, run_content(run, lambda a: read_artifact(store, a))))
        except FigproofError as error:
            raise FigproofError(
                f"it read run {run_id}, which cannot be read now: {error.problem}", where=where
            ) from error
    return tuple(found)
