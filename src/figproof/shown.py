"""Which conditions a figure shows, so that only their entries in the registry belong to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from figproof.conditions import Condition
from figproof.kinds import shows_conditions
from figproof.pins import load_pin
from figproof.project import Project
from figproof.schemas import FigureSpec, Panel


def shown_conditions(project: Project, spec: FigureSpec) -> frozenset[str]:
    """Names of the conditions whose looks a figure may ask for.

    They are those of its pins, of which a panel's params ``conditions`` or ``condition`` may choose some;
    none for a kind that says so (see :mod:`figproof.kinds`).

    Raises
    ------
    FigproofError
        A pin or kind that cannot be read.
    """
    names: set[str] = set()
    for _, panel in spec.parts():
        chosen = _chosen(panel) or {run.condition for run in load_pin(project, panel.pin).runs}
        if shows_conditions(project.kinds, panel.kind, len(chosen)):
            names |= chosen
    return frozenset(names)


def look_digests(conditions: Mapping[str, Condition], shown: Iterable[str]) -> list[list[str | None]]:
    """Name and digest of each condition shown, in registry order: their order in legends counts too.

    One that is not registered comes last, without a digest: drawing names it.
    """
    names = set(shown)
    known: list[list[str | None]] = [
        [name, condition.digest()] for name, condition in conditions.items() if name in names
    ]
    return [*known, *([name, None] for name in sorted(names - set(conditions)))]


def _chosen(panel: Panel) -> set[str]:
    """What the params name; wrong values are refused where the kind's params are checked."""
    given: Any = panel.params.get("conditions") or panel.params.get("condition")
    names = [given] if isinstance(given, str) else given
    return {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()
