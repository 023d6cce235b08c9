"""``ro-crate-metadata.json`` of a bundle: RO-Crate 1.2, written as canonical JSON.

The library rocrate 0.16 writes the same graph, but with a clock, ids and an order of its own; what is
written here is read with it, and held to the profile by roc-validator 0.13 (see the how-to).
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from figproof.canonical import digest_bytes, to_readable_json
from figproof.schemas import FigureSpec

METADATA = "ro-crate-metadata.json"
SNAPSHOTS = "results/snapshots/"
_SPECIFICATION = "https://w3id.org/ro/crate/1.2"
_TYPES = {
    ".csv": "text/csv",
    ".json": "application/json",
    ".lock": "text/plain",
    ".md": "text/markdown",
    ".mplstyle": "text/plain",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
    ".tex": "text/x-tex",
    ".tiff": "image/tiff",
    ".ttf": "font/ttf",
    ".yaml": "application/yaml",
}
_DESCRIPTIONS = (
    ("borrowed/", "Of an installed package, as it was used; to be read."),
    ("config/conditions", "Looks of the conditions of the paper."),
    ("config/figures/", "What a figure shows, of which runs, and how."),
    ("config/pins/", "The runs that figures show, by content."),
    ("config/selections/", "The question to the store that gave a pin."),
    ("config/", "What all figures of the paper share."),
    ("figures.lock", "The approved digest of every built file."),
    ("figures/", "A kind of figure: how its numbers are computed and drawn."),
    ("requirements.lock", "The packages that made the figures."),
    ("results/derived/", "Numbers in a figure, computed from the runs."),
    ("results/figures/", "A figure, in one format, or what made it."),
    ("results/index.html", "Page of all figures."),
    ("styles/", "How figures look."),
)
_OTHER = "What is needed to read or to build the bundle."


def crate_metadata(
    title: str, date: str, members: Mapping[str, bytes], figures: Mapping[str, FigureSpec]
) -> bytes:
    """Describe a bundle.

    Parameters
    ----------
    title : str
        Of the paper's folder.
    date : str
        ``YYYY-MM-DD``.
    members : mapping of str to bytes
        Every other file of the bundle.
    figures : mapping of str to FigureSpec
    """
    described = sorted(name for name in members if not name.startswith(SNAPSHOTS))
    parts = [*described, SNAPSHOTS]
    graph = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": _SPECIFICATION},
        },
        _root(title, date, parts, members, figures),
        *(_file(name, members[name]) for name in described),
        {
            "@id": SNAPSHOTS,
            "@type": "Dataset",
            "name": "Pinned runs",
            "description": "Configs, results, metrics and artifacts of the pinned runs; each file is named "
            "by the SHA-256 of its bytes.",
        },
        *(_action(figure, spec, members) for figure, spec in figures.items()),
    ]
    if not _licence(members):
        graph.append(_NO_LICENCE)
    return to_readable_json({"@context": f"{_SPECIFICATION}/context", "@graph": graph})


_NO_LICENCE = {
    "@id": "#no-licence",
    "@type": "CreativeWork",
    "name": "No licence is stated",
    "description": "The project has no LICENSE file: ask its authors before using more than the law allows.",
}


def _licence(members: Iterable[str]) -> str:
    return next((name for name in ("LICENSE", "LICENSE.md", "LICENSE.txt") if name in members), "")


def _root(
    title: str, date: str, parts: list[str], members: Mapping[str, bytes], figures: Iterable[str]
) -> dict[str, Any]:
    return {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Figures of {title}",
        "description": "Figures of a paper with the recorded runs, numbers, styles and code that they are "
        "made from: they can be built again from this archive alone, to the same bytes.",
        "datePublished": date,
        "license": _refer([_licence(members) or _NO_LICENCE["@id"]]),
        "hasPart": _refer(parts),
        "mentions": _refer(f"#draw-{figure}" for figure in figures),
    }


def _file(name: str, content: bytes) -> dict[str, Any]:
    suffix = name[name.rfind(".") :] if "." in name else ""
    kind = _TYPES.get(suffix) or mimetypes.types_map.get(suffix) or "text/plain"
    return {
        "@id": _id(name),
        "@type": "File",
        "name": name,
        "description": next((text for begin, text in _DESCRIPTIONS if name.startswith(begin)), _OTHER),
        "encodingFormat": kind,
        "contentSize": str(len(content)),
        "sha256": digest_bytes(content),
    }


def _action(figure: str, spec: FigureSpec, members: Iterable[str]) -> dict[str, Any]:
    panels = [panel for _, panel in spec.parts()]
    inputs = [f"config/figures/{figure}.yaml", *sorted({f"config/pins/{panel.pin}.json" for panel in panels})]
    kinds = [f"{place}figures/{panel.kind}.py" for panel in panels for place in ("", "borrowed/figproof/")]
    action: dict[str, Any] = {
        "@id": f"#draw-{figure}",
        "@type": "CreateAction",
        "name": f"Draw {figure}",
        "instrument": _refer(name for name in sorted(set(kinds)) if name in members),
        "object": _refer(inputs),
        "result": _refer(name for name in sorted(members) if name.startswith(f"results/figures/{figure}.")),
    }
    return {**action, "description": spec.caption} if spec.caption else action


def _refer(names: Iterable[str]) -> Any:
    """References; one alone is no list, as RO-Crate wants it."""
    references = [{"@id": name if name.startswith("#") else _id(name)} for name in names]
    return references[0] if len(references) == 1 else references


def _id(name: str) -> str:
    return quote(name)
