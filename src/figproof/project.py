"""Where things lie in a project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from figproof.errors import FigproofError
from figproof.places import kind_folders


@dataclass(frozen=True)
class Project:
    """A project folder; every path in the house is made here.

    Attributes
    ----------
    root : Path
        The folder that holds ``config/config.yaml``.
    """

    root: Path

    @classmethod
    def find(cls, start: Path) -> Project:
        """The project that ``start`` lies in.

        Raises
        ------
        FigproofError
            Neither ``start`` nor a folder above it holds ``config/config.yaml``.
        """
        project = cls.around(start)
        if project.config_file.is_file():
            return project
        raise FigproofError(
            "no config/config.yaml here or in a folder above",
            where=str(project.root),
            hint="change into the project's folder",
        )

    @classmethod
    def around(cls, start: Path) -> Project:
        """The project that ``start`` lies in, or that folder itself, for what needs no project."""
        start = start.resolve()
        folders = (start, *start.parents)
        return cls(next((f for f in folders if (f / "config" / "config.yaml").is_file()), start))

    @property
    def config_file(self) -> Path:
        return self.root / "config" / "config.yaml"

    @property
    def conditions_file(self) -> Path:
        return self.root / "config" / "conditions.yaml"

    @property
    def figure_specs(self) -> Path:
        return self.root / "config" / "figures"

    @property
    def numbers_file(self) -> Path:
        return self.root / "config" / "numbers.yaml"

    @property
    def selections(self) -> Path:
        return self.root / "config" / "selections"

    @property
    def pins(self) -> Path:
        return self.root / "config" / "pins"

    @property
    def kinds(self) -> tuple[Path, ...]:
        return kind_folders(self.root)

    @property
    def lock_file(self) -> Path:
        return self.root / "requirements.lock"

    @property
    def approved_file(self) -> Path:
        return self.root / "figures.lock"

    @property
    def cache(self) -> Path:
        return self.root / ".figproof" / "cache"

    @property
    def approved_copies(self) -> Path:
        return self.root / ".figproof" / "approved"

    @property
    def results(self) -> Path:
        return self.root / "results"

    @property
    def build_lock(self) -> Path:
        return self.results / ".build.lock"

    @property
    def steps_lock(self) -> Path:
        return self.results / ".steps.lock"

    @property
    def objects(self) -> Path:
        return self.results / "snapshots" / "objects"

    def manifest(self, pin: str) -> Path:
        return self.results / "snapshots" / pin / "MANIFEST.json"

    def derived(self, figure: str) -> Path:
        return self.results / "derived" / figure

    def figure_file(self, figure: str, suffix: str) -> Path:
        return self.results / "figures" / f"{figure}.{suffix}"

    def lint_file(self, figure: str) -> Path:
        return self.results / "lint" / f"{figure}.json"

    def key_file(self, rule: str, name: str) -> Path:
        return self.results / "keys" / rule / f"{name}.json"

    def relative(self, path: Path) -> str:
        """The path below the root, with forward slashes, for messages and digests."""
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else str(path)
