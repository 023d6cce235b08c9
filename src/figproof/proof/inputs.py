"""The files of a project that its figures are made from: its own, and those of the pinned runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from figproof.errors import FigproofError
from figproof.numberspecs import load_numbers
from figproof.project import Project
from figproof.schemas import FigureSpec
from figproof.snapshot import object_files
from figproof.specs import load_config

_CONFIG = (
    "config.yaml",
    "conditions.yaml",
    "numbers.yaml",
    "figures/*.yaml",
    "pins/*.json",
    "selections/*.yaml",
)
_FOLDERS = ("figures", "styles")


def input_files(project: Project, figures: Mapping[str, FigureSpec]) -> dict[str, Path]:
    """Everything but runs that the figures of a project are made from, by path below its folder, sorted.

    What an installed package gives (figproof's own kinds and styles, a team's) is not among them.

    Raises
    ------
    FigproofError
        A team's styles or a sheet lie outside of the project's folder.
    """
    root = project.root
    found: list[Path] = []
    config = load_config(project)
    for name in config.styles:
        if (root / name).is_dir():
            found += _inside(root, name, "config/config.yaml: styles").rglob("*")
    sheets = [(config.sheet, "config/config.yaml"), *((s.sheet, f"figure {f}") for f, s in figures.items())]
    for sheet, where in sheets:
        if sheet and (root / sheet).is_file():
            found.append(_inside(root, sheet, f"{where}: sheet"))
    return dict(sorted({**own_files(project), **_named(root, found)}.items()))


def own_files(project: Project) -> dict[str, Path]:
    """Specs, pins, selections, conditions, kinds, sheets and both locks, by path below its folder, sorted."""
    root = project.root
    found = [path for pattern in _CONFIG for path in (root / "config").glob(pattern)]
    found += [path for name in _FOLDERS for path in (root / name).rglob("*")]
    return _named(root, [*found, project.lock_file, project.approved_file])


def _named(root: Path, paths: Iterable[Path]) -> dict[str, Path]:
    files = [path for path in paths if path.is_file() and not _is_byproduct(path.relative_to(root))]
    return {path.relative_to(root).as_posix(): path for path in sorted(set(files))}


def snapshot_files(project: Project, figures: Mapping[str, FigureSpec]) -> dict[str, Path]:
    """The files of all pinned runs that the figures show, proved, by path below the project's folder.

    Raises
    ------
    FigproofError
        A run is not in the snapshots, or is damaged there.
    """
    pins = {panel.pin for spec in figures.values() for _, panel in spec.parts()}
    pins |= {number.pin for number in load_numbers(project).values()}
    found = {path for pin in sorted(pins) for path in object_files(project, pin)}
    return {path.relative_to(project.root).as_posix(): path for path in sorted(found)}


def _inside(root: Path, name: str, where: str) -> Path:
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        raise FigproofError(
            f"{name!r} lies outside of the project, so the project cannot be rebuilt from its own folder",
            where=where,
            hint="put it into the project's folder, or into an installed package",
        )
    return path


def _is_byproduct(path: Path) -> bool:
    return "__pycache__" in path.parts or any(part.startswith(".") for part in path.parts)
