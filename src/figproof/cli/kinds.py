"""``figproof kinds [KIND]``: what a figure's YAML can ask for, where the files of kinds are elsewhere."""

from __future__ import annotations

import argparse
from inspect import formatannotation
from pathlib import Path
from typing import Any

from figproof.project import Project


def add_parser(subparsers: Any) -> None:
    """Add ``kinds``."""
    parser = subparsers.add_parser("kinds", help="list the kinds of figures, or the params of one")
    parser.add_argument("kind", nargs="?", metavar="KIND")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, root: Path) -> int:
    project = Project(root)
    if arguments.kind is None:
        _list(project)
    else:
        _show(project, arguments.kind)
    return 0


def _list(project: Project) -> None:
    from figproof.kinds import kind_file, kind_names, load_kind

    names = kind_names(project.kinds)
    for name in names:
        own = kind_file(project.kinds, name).is_relative_to(project.root)
        line = load_kind(project.kinds, name).doc.strip().splitlines()[0]
        print(f"{name:<{max(map(len, names))}}  {'figures/ ' if own else 'figproof '} {line}")


def _show(project: Project, name: str) -> None:
    from figproof.kinds import load_kind

    kind = load_kind(project.kinds, name, where="figproof kinds")
    print(f"{kind.path}\n\n{kind.doc.strip()}\n\nparams:")
    for key, field in kind.params.model_fields.items():
        default = "" if field.is_required() else f" = {field.get_default(call_default_factory=True)!r}"
        print(f"  {key}: {formatannotation(field.annotation)}{default}\n      {field.description}")
