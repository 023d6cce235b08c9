"""Where kinds and styles are found: the project's own first, then its team's, then figproof's.

A team's styles are a folder or an installed package with ``venues/``, ``palettes/`` and ``fonts/``, as
``styles/`` has them; ``config/config.yaml`` lists them under ``styles``.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from figproof.errors import FigproofError
from figproof.yamlfile import load_yaml


@dataclass(frozen=True)
class Folder:
    """A folder of styles.

    Attributes
    ----------
    name : str
        What its files are called after: ``styles`` in the project, ``<package>`` or ``figproof:styles``.
    path : Path
    """

    name: str
    path: Path


@dataclass(frozen=True)
class Found:
    """A file of styles.

    Attributes
    ----------
    name : str
        The same on every machine: ``styles/venues/icml2025.mplstyle`` in the project.
    path : Path
    """

    name: str
    path: Path


@dataclass(frozen=True)
class Styles:
    """The folders of styles of a project, those that win first."""

    folders: tuple[Folder, ...]

    @classmethod
    def of(cls, root: Path) -> Styles:
        """Those of the project ``root``.

        Raises
        ------
        FigproofError
            A team's styles that are no folder and no installed package.
        """
        given = [
            Folder("styles", root / "styles"),
            *_of_the_team(root),
            Folder("figproof:styles", builtin("styles")),
        ]
        folders: dict[Path, Folder] = {}
        for folder in given:
            if folder.path.is_dir():
                folders.setdefault(folder.path.resolve(), folder)
        return cls(tuple(folders.values()))

    def find(self, file: str) -> Found | None:
        """The file below a folder, e.g. ``venues/icml2025.mplstyle``; None if no folder has it."""
        for folder in self.folders:
            if (folder.path / file).is_file():
                return Found(f"{folder.name}/{file}", folder.path / file)
        return None

    def get(self, file: str) -> Found:
        """As :meth:`find`; where no folder has it, the place in the project where it would be."""
        return self.find(file) or Found(f"styles/{file}", self.folders[0].path / file)

    def names(self, pattern: str) -> tuple[str, ...]:
        """Stems of the files of all folders that fit a pattern such as ``venues/*.mplstyle``, sorted."""
        return tuple(sorted({path.stem for folder in self.folders for path in folder.path.glob(pattern)}))

    def fonts(self) -> tuple[Found, ...]:
        """The TrueType files of all folders, sorted by name; of one name the first folder's."""
        return tuple(self.get(f"fonts/{name}.ttf") for name in self.names("fonts/*.ttf"))


def builtin(name: str) -> Path:
    """figproof's own ``styles``, ``figures`` or ``paper``: in the installed package, or in its repository."""
    packaged = Path(__file__).parent / "builtin" / name
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / name


def kind_folders(root: Path) -> tuple[Path, ...]:
    """Where the kinds of a project are: its own, then figproof's."""
    own, ours = root / "figures", builtin("figures")
    return (own,) if own.resolve() == ours.resolve() else (own, ours)


def find_sheet(root: Path, name: str, where: str = "sheet") -> Found:
    """A team's sheet by the name that figproof gives it: a path below the project, or in a package.

    Parameters
    ----------
    root : Path
        The project.
    name : str
        ``styles/lab.mplstyle``, ``../lab/lab.mplstyle``, or ``labstyle/lab.mplstyle`` in the installed
        package ``labstyle``.
    where : str
        What asks for it, for the error.

    Raises
    ------
    FigproofError
        No such file.
    """
    beside = root / name
    if Path(name).is_absolute() or not name.endswith(".mplstyle"):
        raise FigproofError(
            f"{name!r} must be a path below the project, or in a package, and end with .mplstyle", where=where
        )
    if beside.is_file():
        return Found(name, beside)
    package, _, file = name.partition("/")
    folder = _installed(package)
    if folder is None or ".." in Path(file).parts or not (folder / file).is_file():
        raise FigproofError(
            f"{name!r} is no file below the project, and in no installed package",
            where=where,
            hint="correct the name, or install the package that holds it",
        )
    return Found(name, folder / file)


def _of_the_team(root: Path) -> list[Folder]:
    path = root / "config" / "config.yaml"
    content = load_yaml(path) if path.is_file() else None
    listed = content.get("styles", []) if isinstance(content, dict) else []
    names: Sequence[object] = listed if isinstance(listed, list) else [listed]
    return [_team_folder(root, str(name)) for name in names]


def _team_folder(root: Path, name: str) -> Folder:
    where = "config/config.yaml: styles"
    beside = root / name
    if beside.is_dir():
        return Folder(name.rstrip("/"), beside)
    if not _is_dotted(name):
        raise FigproofError(f"{name!r} is no folder below the project, and no package", where=where)
    place = _installed(name)
    if place is None:
        raise FigproofError(
            f"{name!r} is no folder below the project, and no installed package",
            where=where,
            hint=f"install the package that holds {name}, or correct the name",
        )
    return Folder(name, place)


def _is_dotted(name: str) -> bool:
    return all(part.isidentifier() for part in name.split("."))


def _installed(package: str) -> Path | None:
    """The folder of an installed package, found without importing it; None if there is none."""
    try:
        spec = importlib.util.find_spec(package) if _is_dotted(package) else None
    except ModuleNotFoundError:
        return None
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) if places else None
