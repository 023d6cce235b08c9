"""``figproof conditions``: the registry as it is, and new looks written into it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figproof.project import Project

if TYPE_CHECKING:
    from collections.abc import Mapping

    from figproof.conditions import Condition


def add_parser(subparsers: Any) -> None:
    """Add ``conditions`` with its word ``assign``."""
    parser = subparsers.add_parser(
        "conditions", help="list the looks of conditions, and give new ones theirs"
    )
    parser.set_defaults(run=_list)
    words = parser.add_subparsers(dest="what", metavar="WHAT")
    line = "write a colour, marker and dash for new conditions into the registry; no other changes"
    words.add_parser("assign", help=line).set_defaults(run=_assign)


def _list(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.conditions import load_conditions
    from figproof.pins import load_pin
    from figproof.specs import pin_names

    project = Project(root)
    conditions = load_conditions(project.conditions_file)
    held = {name: {run.condition for run in load_pin(project, name).runs} for name in pin_names(project)}
    for name, line in _lines(project, conditions).items():
        pins = [pin for pin, names in held.items() if name in names]
        print(f"{line}  {'in pin ' + ', '.join(pins) if pins else 'in no pin'}")
    return 0


def _assign(arguments: argparse.Namespace, root: Path) -> int:
    from figproof.assigning import assign

    project = Project(root)
    added = assign(project)
    for line in _lines(project, added).values():
        print(line)
    print(f"{len(added)} written to config/conditions.yaml" if added else "every condition has its look")
    return 0


def _lines(project: Project, conditions: Mapping[str, Condition]) -> dict[str, str]:
    from figproof.palette import load_palette
    from figproof.specs import load_config

    palette = load_config(project).palettes.qualitative
    colours = load_palette(project.root, palette, "qualitative").colours or []
    wide = max(map(len, conditions), default=0)
    return {
        name: f"{name:<{wide}}  {look.label}: colour {look.slot} "
        f"({colours[look.slot] if look.slot < len(colours) else f'none in {palette}'}), "
        f"marker {look.marker}, dash {look.dash}"
        for name, look in conditions.items()
    }
