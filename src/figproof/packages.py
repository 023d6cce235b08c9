"""The packages that a project pins in ``requirements.lock``, and those that are installed."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions, version
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from figproof.errors import FigproofError, raise_together
from figproof.project import Project
from figproof.provenance import VERSIONS


def needed_here(name: str) -> dict[str, str]:
    """A package and all that it needs on this machine -> installed version, sorted.

    What is needed and not installed is left out: conda splits packages in another way.
    """
    found: dict[str, str] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(name)]
    while waiting:
        asked = waiting.pop()
        key = (canonicalize_name(asked.name), frozenset(asked.extras))
        installed = _installed(asked.name)
        if key in seen or installed is None:
            continue
        seen.add(key)
        found[key[0]] = installed
        for line in distribution(asked.name).requires or ():
            inner = Requirement(line)
            extras = ("", *sorted(asked.extras))
            if inner.marker is None or any(inner.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(inner)
    return dict(sorted(found.items()))


def check_lock(project: Project, styles: Iterable[str]) -> None:
    """Compare the lock with what is installed, for the packages that can change a byte of a figure.

    A figure's provenance names the lock, so it must be true. A project without a lock has none to keep.

    Parameters
    ----------
    styles : iterable of str
        Names of the files that looks are read from, ``labstyle/venues/lab.mplstyle`` among them.

    Raises
    ------
    FigproofError
        All packages that are installed in another version than the lock allows, or a line that is none.
    """
    if not project.lock_file.is_file():
        return
    watched = {*map(canonicalize_name, VERSIONS), *_owners(styles)}
    where = project.relative(project.lock_file)
    errors = []
    for locked in _requirements(project.lock_file, where):
        installed = _installed(locked.name)
        applies = locked.marker is None or locked.marker.evaluate()
        if canonicalize_name(locked.name) not in watched or not applies or installed is None:
            continue
        if not locked.specifier.contains(installed, prereleases=True):
            errors.append(
                FigproofError(
                    f"{locked.name} {installed} is installed, the lock says {locked.specifier}",
                    where=where,
                    hint=f"pip install -r {where}, or write {locked.name}=={installed} there",
                )
            )
    raise_together(errors)


def _requirements(path: Path, where: str) -> list[Requirement]:
    """The lines of a requirements file that name a package; hashes and options say nothing of versions."""
    found = []
    for line in path.read_text("utf-8").replace("\\\n", " ").splitlines():
        text = line.partition(" #")[0].partition(" --")[0].strip()
        if text and not text.startswith(("#", "-")):
            try:
                found.append(Requirement(text))
            except InvalidRequirement as error:
                raise FigproofError(
                    f"{text[:80]!r} names no package and version", where=where, hint="write name==version"
                ) from error
    return found


def _owners(styles: Iterable[str]) -> set[str]:
    """The distributions that files of styles come from; none for those of the project and figproof."""
    owners = packages_distributions()
    modules = {name.partition("/")[0].partition(".")[0] for name in styles}
    return {canonicalize_name(owner) for module in modules for owner in owners.get(module, ())}


def _installed(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
