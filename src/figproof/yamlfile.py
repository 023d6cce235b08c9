"""Read YAML as plain data: no tags, no aliases, no duplicate keys; errors name file and line."""

from __future__ import annotations

import copy
import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, DocumentStartEvent, Event, NodeEvent

from figproof.errors import FigproofError
from figproof.files import read_bounded

MAX_BYTES = 1_000_000
MAX_DEPTH = 50

_OPENS = ("MappingStartEvent", "SequenceStartEvent")
_CLOSES = ("MappingEndEvent", "SequenceEndEvent")


def load_yaml(path: Path) -> Any:
    """Read one YAML file.

    Parameters
    ----------
    path : Path
        At most 1 MB of UTF-8 with one document.

    Returns
    -------
    dict, list, str, int, float, bool or None
        YAML 1.2: ``no`` is a string, ``1e-3`` a number. None for an empty file.

    Raises
    ------
    FigproofError
        The file cannot be read or is too large; syntax error, duplicate key, anchor, alias, tag,
        second document, a nesting deeper than 50 or a date. Names file and line or key.
    """
    content = read_bounded(path, MAX_BYTES, str(path))
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FigproofError(f"is not UTF-8: byte {error.start} cannot be read", where=str(path)) from error
    return parse_yaml(text, str(path))


def parse_yaml(text: str, where: str) -> Any:
    """Read YAML from text; ``where`` names its origin in errors. Otherwise as :func:`load_yaml`."""
    return copy.deepcopy(_parsed(text, where))


@lru_cache(maxsize=256)
def _parsed(text: str, where: str) -> Any:
    """Kept: `figproof check` reads config.yaml and the sheets of 40 figures hundreds of times."""
    try:
        _refuse_more_than_data(text, where)
        content = YAML(typ="safe", pure=True).load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{where}: line {mark.line + 1}" if mark is not None else where
        problem = error.problem or error.context or "cannot be read"
        raise FigproofError(f"is not valid YAML: {' '.join(problem.split())}", where=place) from error
    except (YAMLError, ValueError) as error:
        # ValueError: a value that looks like a number or a date and is none, as 2025-99-99.
        raise FigproofError(f"is not valid YAML: {' '.join(str(error).split())}", where=where) from error
    _refuse_dates(content, where)
    return content


def _refuse_dates(value: Any, where: str, path: tuple[str, ...] = ()) -> None:
    """A date is no JSON value and could not be hashed; it was most likely meant as text."""
    if isinstance(value, datetime.date):
        raise FigproofError(
            f"{value} is read as a date",
            where=f"{where}: {'.'.join(path)}",
            hint=f"write '{value}' in quotes",
        )
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            _refuse_dates(key, where, path)
            _refuse_dates(item, where, (*path, str(key)))


def _refuse_more_than_data(text: str, where: str) -> None:
    """Walk the events, before anything is built: an alias bomb must not be expanded first."""
    depth = documents = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += (type(event).__name__ in _OPENS) - (type(event).__name__ in _CLOSES)
        documents += isinstance(event, DocumentStartEvent)
        problem = _not_data(event)
        if depth > MAX_DEPTH:
            problem = f"is nested deeper than {MAX_DEPTH} levels"
        if documents > 1:
            problem = "holds a second document ('---'); one is allowed"
        if problem:
            line = event.start_mark.line + 1
            raise FigproofError(problem, where=f"{where}: line {line}", hint="write plain values")


def _not_data(event: Event) -> str | None:
    if isinstance(event, AliasEvent):
        return f"the alias '*{event.anchor}' is not allowed"
    if isinstance(event, NodeEvent) and event.anchor is not None:
        return f"the anchor '&{event.anchor}' is not allowed"
    tag = getattr(event, "tag", None)
    if tag is not None:
        return f"the tag '{tag}' is not allowed"
    return None
