"""A paper's figures with all that they are made from, as one archive that proves itself.

::

    MANIFEST.json             every file -> SHA-256, figproof's version and code, packages
    ro-crate-metadata.json    the same for archives of research data
    README.md                 what to do with it
    config/ figures/ styles/  the project's own: specs, pins, selections, conditions, kinds, sheets, fonts
    requirements.lock figures.lock Snakefile profiles/
    results/                  approved figures and numbers; snapshots of the pinned runs
    borrowed/                 figproof's and a team's kinds and sheets that the figures used, to be read

The bytes are a function of the project and the date alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from figproof import __version__
from figproof.approvals import compare
from figproof.canonical import digest_bytes, to_readable_json
from figproof.errors import FigproofError, raise_together
from figproof.files import write_atomic
from figproof.kinds import kind_file, kind_names
from figproof.places import Styles, builtin
from figproof.project import Project
from figproof.proof.crate import METADATA, crate_metadata
from figproof.proof.inputs import input_files, snapshot_files
from figproof.proof.rebuilding import RULES, built_files
from figproof.proof.status import built_reasons
from figproof.provenance import VERSIONS, library_digest
from figproof.schemas import FigureSpec
from figproof.specs import load_config, load_figures
from figproof.store.archive import MANIFEST, Contents, pack, unpack

FORMAT = "figproof-bundle-1"
LONGEST_NAME = 200
README = "README.md"

_WORD = r"[A-Za-z0-9_][A-Za-z0-9_. +@=,()~-]*"
BUNDLE = Contents(
    re.compile(rf"(?=.{{1,{LONGEST_NAME}}}\Z)(?:{_WORD}/)*{_WORD}"),
    f"plainly: letters, digits and '_. +@=,()~-', at most {LONGEST_NAME}, no part that begins with a dot",
    "get the file again, or make it with: figproof bundle OUT",
)
_LICENCES = ("LICENSE", "LICENSE.md", "LICENSE.txt")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def write_bundle(project: Project, out: Path, date: str) -> int:
    """Write a bundle of what is approved; how many files it holds.

    Parameters
    ----------
    out : Path
        The ``.tar.gz``.
    date : str
        ``YYYY-MM-DD``, the date of publication that RO-Crate asks for.

    Raises
    ------
    FigproofError
        A figure is stale, not built or not approved, a run is not in the snapshots, or a name cannot
        stand in an archive; nothing is written.
    """
    if not _DATE.fullmatch(date):
        raise FigproofError(f"{date!r} is no date. Write YYYY-MM-DD", where="--date")
    figures = load_figures(project)
    _check_ready(project, figures)
    members = _members(project, figures)
    title = project.root.resolve().name
    members[README] = _README.format(count=len(figures), date=date, version=__version__).encode()
    members[METADATA] = crate_metadata(title, date, members, figures)
    members[MANIFEST] = _manifest(members, figures)
    _check_names(members)
    write_atomic(out, pack(members))
    return len(members)


def _check_ready(project: Project, figures: Mapping[str, FigureSpec]) -> None:
    config = load_config(project)
    errors = [
        FigproofError(f"is stale: {reason.kind}: {reason.text}", where=f"figure {figure}")
        for figure in figures
        for reason in built_reasons(project, config, figure)
    ]
    raise_together(errors)
    found = compare(project)
    odd = [*found.different, *found.missing, *found.unapproved, *found.left_over]
    if odd:
        raise FigproofError(
            f"{len(odd)} files are not as figures.lock approves them, e.g. results/{odd[0]}",
            where="figproof bundle",
            hint="see `figproof verify --frozen`; look, then: figproof approve",
        )


def _members(project: Project, figures: Mapping[str, FigureSpec]) -> dict[str, bytes]:
    files = {
        **input_files(project, figures),
        **snapshot_files(project, figures),
        **_borrowed(project, figures),
    }
    files |= {name: project.root / name for name in _LICENCES if (project.root / name).is_file()}
    files |= {name: builtin("paper") / "base" / name for name in RULES}
    members = {name: path.read_bytes() for name, path in files.items()}
    members |= {f"results/{name}": content for name, content in built_files(project).items()}
    return members


def _borrowed(project: Project, figures: Mapping[str, FigureSpec]) -> dict[str, Path]:
    """Kinds and styles that come from packages: a build takes them there; here they are for readers."""
    found: dict[str, Path] = {}
    places = {folder.name: folder.path for folder in Styles.of(project.root).folders}
    for figure, spec in figures.items():
        for _, panel in spec.parts():
            path = kind_file(project.kinds, panel.kind)
            if not path.is_relative_to(project.root):
                found[f"borrowed/figproof/figures/{path.name}"] = path
        used = json.loads(project.figure_file(figure, "provenance.json").read_bytes())["styles"]
        for name in used:
            place = next((place for place in places if name.startswith(f"{place}/")), None)
            path = places[place] / name.removeprefix(f"{place}/") if place else project.root / name
            if path.is_file() and not path.is_relative_to(project.root):
                found[f"borrowed/{name.replace(':', '/')}"] = path
    return found


def _manifest(members: Mapping[str, bytes], figures: Iterable[str]) -> bytes:
    return to_readable_json(
        {
            "format": FORMAT,
            "figproof": __version__,
            "library": library_digest(),
            "packages": {name: version(name) for name in VERSIONS},
            "figures": sorted(figures),
            "files": {name: digest_bytes(members[name]) for name in sorted(members)},
        }
    )


def _check_names(names: Iterable[str]) -> None:
    raise_together(
        [
            FigproofError("cannot stand in a bundle under this name", where=name, hint="rename it")
            for name in sorted(names)
            if not BUNDLE.member.fullmatch(name)
        ]
    )


@dataclass(frozen=True)
class Bundle:
    """A bundle, read and proved.

    Attributes
    ----------
    members : mapping of str to bytes
    figures : tuple of str
    made_by : str
        figproof's version.
    library : str
        Digest of the code of the figproof that made it.
    packages : mapping of str to str
        Versions that can change a byte.
    """

    members: Mapping[str, bytes]
    figures: tuple[str, ...]
    made_by: str
    library: str
    packages: Mapping[str, str]

    def foreign_code(self) -> tuple[str, ...]:
        """Kinds of the bundle's own, which run when it is rebuilt; figproof's own apart."""
        ours = builtin("figures")
        known = {name: digest_bytes((ours / f"{name}.py").read_bytes()) for name in kind_names(ours)}
        return tuple(
            name
            for name in sorted(self.members)
            if name.startswith("figures/")
            and name.endswith(".py")
            and known.get(Path(name).stem) != digest_bytes(self.members[name])
        )

    def other_versions(self) -> tuple[str, ...]:
        """What is installed here in another version than where the bundle was made."""
        here = {"figproof": __version__, **{name: version(name) for name in VERSIONS}}
        found = [
            f"{name} {given}, here {here.get(name, 'not installed')}"
            for name, given in sorted({"figproof": self.made_by, **self.packages}.items())
            if here.get(name) != given
        ]
        if not found and self.library != library_digest():
            found.append(f"figproof {self.made_by} with other code than here")
        return tuple(found)

    def lay(self, root: Path) -> Project:
        """Write the files below a new folder."""
        for name, content in self.members.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return Project(root)


def read_bundle(path: Path) -> Bundle:
    """Read a bundle and compare every file with its manifest; nothing is written.

    Raises
    ------
    FigproofError
        No bundle; a name that could leave a folder, a link, too much data; a file that is missing, not
        listed, or has another digest than the manifest says.
    """
    members = unpack(path, BUNDLE)
    try:
        manifest = json.loads(members[MANIFEST])
        if manifest["format"] != FORMAT:
            raise ValueError(f"format is {manifest['format']!r}, this figproof reads {FORMAT!r}")
        listed = dict(manifest["files"])
        bundle = Bundle(
            members,
            tuple(map(str, manifest["figures"])),
            str(manifest["figproof"]),
            str(manifest["library"]),
            {str(name): str(given) for name, given in manifest["packages"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise FigproofError(f"{MANIFEST} is damaged ({error})", where=str(path), hint=BUNDLE.hint) from error
    _check_listed(path, members, listed)
    _check_folders(path, members)
    return bundle


def _check_listed(path: Path, members: Mapping[str, bytes], listed: Mapping[str, Any]) -> None:
    errors = []
    for name in sorted({*members, *listed} - {MANIFEST}):
        if name not in listed or name not in members:
            problem = "is not in the manifest" if name in members else "is missing"
        elif digest_bytes(members[name]) != listed[name]:
            problem = "has other bytes than the manifest says"
        else:
            continue
        errors.append(FigproofError(problem, where=f"{path}: {name}"))
    raise_together(errors)


def _check_folders(path: Path, members: Mapping[str, bytes]) -> None:
    """A name that is a file here and a folder there cannot be laid out."""
    for name in members:
        for parent in Path(name).parents:
            if parent.as_posix() in members:
                raise FigproofError(f"{parent.as_posix()!r} is a file and a folder", where=str(path))


_README = """\
# A bundle of {count} figures, {date}

Made by figproof {version}. `results/figures` holds the figures, `results/derived` their numbers,
`results/snapshots` the recorded runs, `results/index.html` the page; `ro-crate-metadata.json` describes the
files, `MANIFEST.json` has the SHA-256 of each.

    pip install -r requirements.lock
    figproof bundle verify FILE.tar.gz     # builds everything again and compares every byte
    snakemake                              # in the unpacked folder: the same, to work with

Neither needs the store or a network. `borrowed` holds kinds and sheets of the installed packages as they
were used; a build takes them from the packages.
"""
