"""What made a figure: a pure function of its inputs, without clock, host, path or user."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figproof.canonical import digest_file, digest_json
from figproof.kinds import kind_file
from figproof.pins import load_pin, pin_path
from figproof.project import Project
from figproof.schemas import FigureSpec, Panel
from figproof.shown import look_digests

if TYPE_CHECKING:
    from figproof.deriving import Derived
    from figproof.look import Look

FORMAT = "figproof-provenance-1"
VERSIONS = (
    "contourpy",
    "deflate",
    "figproof",
    "matplotlib",
    "numpy",
    "opentsne",
    "pillow",
    "pypdf",
    "scikit-learn",
    "scipy",
    "umap-learn",
)
"""Packages that can change a number or a byte of a figure."""

# Nothing here can change a pixel of a build: the store, recording, asking, approving, proving, words for
# people, scripts and previews. What an installed package has in builtin/ is not the library: a figure
# names its own kind and styles by digest.
_OUTSIDE = (
    "approvals.py",
    "assigning.py",
    "audit/",
    "beginning.py",
    "builtin/",
    "carried.py",
    "cli/",
    "dag.py",
    "errors.py",
    "index.py",
    "latexfiles.py",
    "lint/",
    "measuring.py",
    "numbers.py",
    "numberspecs.py",
    "packages.py",
    "pages.py",
    "paper.py",
    "papercheck.py",
    "previewing.py",
    "proof/",
    "record",
    "resemblance.py",
    "replay/",
    "scripting.py",
    "selecting.py",
    "standing.py",
    "store/",
    "styles/",
)


def library_digest() -> str:
    """One digest over the library's own files that can change a number or a byte of a figure."""
    root = Path(__file__).parent
    files = {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*.py"))}
    return digest_json(
        {name: digest_file(path) for name, path in files.items() if not name.startswith(_OUTSIDE)}
    )


def lock_digest(project: Project) -> str | None:
    """Digest of the lock, None for a project without one."""
    return digest_file(project.lock_file) if project.lock_file.is_file() else None


def spec_digest(spec: FigureSpec) -> str:
    """Digest of what a figure's YAML says, whatever its comments and order."""
    return digest_json(spec.model_dump())


def part_inputs(project: Project, panel: Panel) -> dict[str, Any]:
    """What the numbers of one part depend on, besides the library: kind, params and pinned runs."""
    return {
        "kind": digest_file(kind_file(project.kinds, panel.kind)),
        "params": panel.params,
        "pin": [panel.pin, digest_file(pin_path(project, panel.pin))],
    }


def figure_provenance(
    project: Project, figure: str, spec: FigureSpec, look: Look, tables: Mapping[str, Derived]
) -> dict[str, Any]:
    """Everything that went into a figure, by digest.

    Parameters
    ----------
    tables : mapping of str to Derived
        Panel letter (``""`` for a figure of one kind) -> its derived table.
    """
    return {
        "format": FORMAT,
        "figure": figure,
        "spec": spec_digest(spec),
        "page": {
            "venue": look.venue.name,
            "width": spec.width,
            "width_in": look.venue.width_in(spec.width),
            "height_in": spec.height_in,
        },
        "parts": [_part(project, letter, panel, tables[letter]) for letter, panel in spec.parts()],
        "styles": dict(sorted(look.sources.items())),
        "conditions": look_digests(look.conditions, look.conditions),
        "library": library_digest(),
        "lock": lock_digest(project),
        "versions": {name: version(name) for name in VERSIONS},
    }


def _part(project: Project, letter: str, panel: Panel, derived: Derived) -> dict[str, Any]:
    pin = load_pin(project, panel.pin)
    return {
        "panel": letter,
        "kind": {"name": panel.kind, "sha256": digest_file(kind_file(project.kinds, panel.kind))},
        "pin": {"name": panel.pin, "sha256": digest_file(pin_path(project, panel.pin))},
        "runs": [run.model_dump() for run in pin.runs],
        "configs": derived.configs,
        "table": derived.digest,
    }
