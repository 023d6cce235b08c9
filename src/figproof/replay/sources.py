"""The stored source files of a run: refused if they are not what they seem, then put into a clean folder."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from figproof.canonical import digest_bytes
from figproof.errors import FigproofError, printable, raise_together
from figproof.packages import needed_here
from figproof.store.gridfile import find_file, read_file, recorded_sha256

if TYPE_CHECKING:
    from figproof.store import Store

MAX_FILES = 1000
MAX_FILE_BYTES = 4_000_000
MAX_BYTES = 40_000_000
_LONGEST_NAME = 240
_HINT = "such a run cannot be replayed; nothing was run"
# What Python would run without anybody having read it, or before anything else.
_HIDDEN = (".pyc", ".pyo", ".so", ".pyd", ".dll", ".dylib", ".pth", ".egg", ".zip")
_RESERVED = ("figproof", "sacred", "sitecustomize", "usercustomize")
_PART = re.compile(r"[^\\/:*?\"<>|]+")


@dataclass(frozen=True)
class Source:
    """One source file of a run.

    Attributes
    ----------
    name : str
        Relative, with forward slashes, proved to stay below the folder it is put into.
    file_id : Any
        In GridFS.
    content : bytes
    sha256 : str
        Of ``content``.
    proved : bool
        Whether the store held this digest too, from when the run was recorded.
    """

    name: str
    file_id: Any
    content: bytes
    sha256: str
    proved: bool


def source_errors(listed: Any, main: Any, packages: Iterable[str], where: str) -> list[FigproofError]:
    """All that is wrong with the names under which a run's sources are stored.

    Parameters
    ----------
    listed : Any
        ``experiment.sources`` of the run: a list of (name, file id).
    main : Any
        ``experiment.mainfile``.
    packages : iterable of str
        Packages that the run used: a source must not take the place of one.
    """
    if not isinstance(listed, list) or not listed:
        return [FigproofError("stores no sources", where=where, hint="it cannot be run from its record")]
    if len(listed) > MAX_FILES:
        return [FigproofError(f"stores {len(listed)} sources; at most {MAX_FILES} are read", where=where)]
    if not all(isinstance(entry, (list, tuple)) and len(entry) == 2 for entry in listed):
        return [FigproofError("experiment.sources is no list of names and file ids", where=where)]
    names = [entry[0] for entry in listed]
    taken = _taken(tuple(packages))
    errors = []
    for name in names:
        problem = _name_problem(name) or _shadow_problem(name, main, taken)
        if problem:
            shown = printable(str(name)[:100])
            errors.append(FigproofError(f"source '{shown}' {problem}", where=where, hint=_HINT))
    errors += [FigproofError(problem, where=where, hint=_HINT) for problem in _clashes(names)]
    if isinstance(main, str) and main not in names:
        errors.append(FigproofError(f"the main file {main[:100]!r} is not among its sources", where=where))
    return errors


def _name_problem(name: Any) -> str | None:
    """What makes a stored name no path below a folder."""
    if not isinstance(name, str) or not name or len(name) > _LONGEST_NAME:
        return "is no file name"
    if not name.isprintable() or not name.isascii():
        return "has characters that file names of programs do not have"
    parts = name.split("/")
    if name.startswith(("/", "~")) or re.match(r"[A-Za-z]:", name):
        return "is an absolute path: it would be written outside the clean folder"
    if ".." in parts:
        return "leads out of the clean folder"
    if any(part in ("", ".") or not _PART.fullmatch(part) or part.endswith((" ", ".")) for part in parts):
        return "is no plain relative path"
    lower = name.lower()
    if lower.endswith(_HIDDEN) or "__pycache__" in lower.split("/") or parts[0].startswith("."):
        return "is no source that can be read: it would be run unseen"
    return None


@cache
def _taken(packages: tuple[str, ...]) -> dict[str, str]:
    """Lower-case names of modules that no source may take -> whose they are."""
    wanted = {canonicalize_name(name) for name in packages}
    wanted |= {canonicalize_name(name) for name in (*needed_here("sacred"), *needed_here("figproof"))}
    taken = {
        module.lower(): f"the package {owners[0]}"
        for module, owners in packages_distributions().items()
        if any(canonicalize_name(owner) in wanted for owner in owners)
    }
    taken |= dict.fromkeys((name.lower() for name in sys.stdlib_module_names), "Python's own library")
    return taken | dict.fromkeys(_RESERVED, "what runs a replay")


def _shadow_problem(name: str, main: Any, taken: dict[str, str]) -> str | None:
    """Whether a source would be imported in place of a module that is not the run's own."""
    path = PurePosixPath(name)
    beside_main = isinstance(main, str) and path.parent == PurePosixPath(main).parent
    candidates = {path.parts[0], path.parts[-1] if beside_main else path.parts[0]}
    for candidate in sorted(candidates):
        module = candidate.partition(".")[0].lower()
        if module in taken:
            return f"would take the place of the module {module!r} of {taken[module]}"
    return None


def _clashes(names: Sequence[Any]) -> list[str]:
    """Names that are one file, or a file and a folder, on some file system."""
    plain = [name.lower() for name in names if isinstance(name, str)]
    folders = {str(parent) for name in plain for parent in PurePosixPath(name).parents}
    twice = sorted({name for name in plain if plain.count(name) > 1})
    both = sorted(set(plain) & folders - {"."})
    return [f"two sources are called {printable(name[:100])!r}" for name in twice] + [
        f"the source {printable(name[:100])!r} is a file and a folder" for name in both
    ]


def read_sources(store: Store, listed: Sequence[Sequence[Any]], where: str) -> tuple[Source, ...]:
    """The bytes of the sources, each proved whole, sorted by name.

    Raises
    ------
    FigproofError
        A file is missing, damaged or too large, or is no text; its digest differs from the recorded one.
    """
    sources: list[Source] = []
    errors: list[FigproofError] = []
    left = MAX_BYTES
    for name, file_id in listed:
        try:
            content = read_file(store, file_id, f"{where}: source {name!r}", min(MAX_FILE_BYTES, left))
            sources.append(_checked(store, name, file_id, content, where))
            left -= len(content)
        except FigproofError as error:
            errors.append(error)
    raise_together(errors)
    return tuple(sorted(sources, key=lambda source: source.name))


def _checked(store: Store, name: str, file_id: Any, content: bytes, where: str) -> Source:
    if name.endswith(".py"):
        try:
            content.decode("utf-8")
        except UnicodeDecodeError:
            raise FigproofError(f"source {name!r} is no UTF-8 text", where=where, hint=_HINT) from None
    proved = recorded_sha256(find_file(store, file_id)) is not None
    return Source(name, file_id, content, digest_bytes(content), proved)


def unpack(sources: Iterable[Source], folder: Path) -> None:
    """Write the sources below an empty folder; nothing that exists is followed or replaced."""
    folder.mkdir(mode=0o700)
    for source in sources:
        path = folder.joinpath(*source.name.split("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as stream:
            stream.write(source.content)
