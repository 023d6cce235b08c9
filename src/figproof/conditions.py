"""The registry of conditions, ``config/conditions.yaml``: one look for each in every figure of a paper.

An entry's name is the condition's name in pins; its place in the file is its place in legends. Slot, marker
and dash of a new entry are written by ``figproof conditions assign`` and stay: a look that followed from the
other entries at each reading would change when one of them goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from figproof.canonical import digest_json
from figproof.closed import Closed, parse
from figproof.errors import FigproofError, raise_together, suggest
from figproof.yamlfile import load_yaml

Dash = tuple[float, tuple[float, ...] | None]

DASHES: Mapping[str, Dash] = {
    "solid": (0.0, None),
    "dashed": (0.0, (4.0, 1.6)),
    "dotted": (0.0, (1.0, 1.4)),
    "dashdot": (0.0, (5.0, 1.5, 1.0, 1.5)),
}
"""Named dashes: lengths on and off, in line widths."""

MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")
"""Filled markers, those that differ most first."""

CONDITIONS_FILE = "config/conditions.yaml"
ASSIGN = "run: figproof conditions assign"

_LOOK = ("slot", "marker", "dash")


class Entry(Closed):
    """An entry as a person may write it: with a look, or with parts of one, or with none yet.

    Attributes
    ----------
    label : str
    where : mapping of str to value
        ``config.<key>`` -> the value that makes a run one of this condition; empty if its name says it.
    slot : int, optional
        Index of its colour in the qualitative palette, from 0.
    marker : str, optional
        One of :data:`MARKERS`.
    dash : str or list of float, optional
        A name in :data:`DASHES`, or lengths on and off in line widths.
    """

    label: str = Field(min_length=1, max_length=60)
    where: dict[str, Any] = Field(default_factory=dict)
    slot: int | None = Field(None, ge=0)
    marker: str | None = None
    dash: str | list[float] | None = None

    @field_validator("where")
    @classmethod
    def _config_keys(cls, where: dict[str, Any]) -> dict[str, Any]:
        for key, value in where.items():
            if not re.fullmatch(r"config\.[^$.][^$]*", key):
                raise ValueError(f"{key!r} is not a config key. Write config.<key>")
            if isinstance(value, dict):
                raise ValueError(f"{key}: give one value; two values are two conditions")
        return where

    @field_validator("marker")
    @classmethod
    def _known_marker(cls, marker: str | None) -> str | None:
        if marker is not None and marker not in MARKERS:
            raise ValueError(f"marker {marker!r} is unknown. Known: {' '.join(MARKERS)}")
        return marker

    @field_validator("dash")
    @classmethod
    def _known_dash(cls, dash: str | list[float] | None) -> str | list[float] | None:
        if isinstance(dash, str) and dash not in DASHES:
            raise ValueError(f"dash {dash!r} is unknown. {suggest(dash, DASHES)}")
        if isinstance(dash, list) and (not dash or len(dash) % 2 or not all(0 < x <= 50 for x in dash)):
            raise ValueError(f"dash {dash} must be an even number of lengths between 0 and 50")
        return dash

    def missing(self) -> tuple[str, ...]:
        """Which parts of the look are not given yet."""
        return tuple(part for part in _LOOK if getattr(self, part) is None)


class Condition(Entry):
    """An entry with its whole look."""

    slot: int = Field(ge=0)
    marker: str
    dash: str | list[float]

    def dash_pattern(self) -> Dash:
        """The dash as Matplotlib's ``(offset, lengths)``; lengths None for a solid line."""
        return DASHES[self.dash] if isinstance(self.dash, str) else (0.0, tuple(self.dash))

    def look(self) -> tuple[int, str, Dash]:
        """What no other condition may have: slot, marker and dash."""
        return self.slot, self.marker, self.dash_pattern()

    def digest(self) -> str:
        """One digest of what a reader sees of it; ``where`` is no part of that."""
        return digest_json({"label": self.label, "look": self.look()})


def read_entries(path: Path) -> dict[str, Entry]:
    """Read the registry as it is written, with looks or without; a project without the file has no entry.

    Raises
    ------
    FigproofError
        All wrong entries.
    """
    where = place_of(path)
    content = load_yaml(path) if path.exists() else None
    if content is None:
        return {}
    if not isinstance(content, dict) or not all(isinstance(name, str) for name in content):
        raise FigproofError("must map condition names to their looks", where=where)
    errors: list[FigproofError] = []
    entries: dict[str, Entry] = {}
    for name, entry in content.items():
        try:
            entries[name] = parse(Entry, entry, where, name)
        except FigproofError as error:
            errors.append(error)
    errors += _same_settings(entries, where)
    raise_together(errors)
    return entries


def load_conditions(path: Path) -> dict[str, Condition]:
    """Read the registry of conditions.

    Returns
    -------
    dict of str to Condition
        In the file's order, which is the order of legends.

    Raises
    ------
    FigproofError
        All problems of the file: wrong entries, one without its whole look, two that look the same or are
        of one setting.
    """
    where = place_of(path)
    errors: list[FigproofError] = []
    conditions: dict[str, Condition] = {}
    taken: dict[Any, str] = {}
    for name, entry in read_entries(path).items():
        if missing := entry.missing():
            problem = f"has no {', '.join(missing)} yet"
            hint = f"{ASSIGN}, which writes them and changes no other"
            errors.append(FigproofError(problem, where=f"{where}: {name}", hint=hint))
            continue
        condition = Condition(**entry.model_dump())
        if condition.look() in taken:
            problem = f"has the slot, marker and dash of {taken[condition.look()]!r}; one must differ"
            errors.append(FigproofError(problem, where=f"{where}: {name}"))
        taken[condition.look()] = name
        conditions[name] = condition
    raise_together(errors)
    return conditions


def registered(conditions: Mapping[str, Condition], names: Iterable[str]) -> dict[str, Condition]:
    """The named conditions, in registry order.

    Raises
    ------
    FigproofError
        All names that are not registered, each with the nearest that is.
    """
    given = set(names)
    raise_together(
        [
            FigproofError(
                f"condition {name!r} has no look. {suggest(name, conditions)}",
                where=CONDITIONS_FILE,
                hint=f"add a line for {name}, or {ASSIGN}, which adds it",
            )
            for name in sorted(given - set(conditions))
        ]
    )
    return {name: condition for name, condition in conditions.items() if name in given}


def place_of(path: Path) -> str:
    """The registry as errors name it."""
    return CONDITIONS_FILE if path.as_posix().endswith(CONDITIONS_FILE) else str(path)


def _same_settings(entries: Mapping[str, Entry], where: str) -> list[FigproofError]:
    """A run would belong to two conditions, and have two looks."""
    seen: dict[str, str] = {}
    errors = []
    for name, entry in entries.items():
        setting = digest_json(entry.where)
        if entry.where and setting in seen:
            problem = f"has the config values of {seen[setting]!r}; a run cannot be both"
            errors.append(FigproofError(problem, where=f"{where}: {name}.where"))
        seen[setting] = name
    return errors
