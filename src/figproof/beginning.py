"""Begin a venue or a palette of one's own: a file that loads, as a copy of one that exists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from figproof.errors import FigproofError, suggest
from figproof.files import write_atomic
from figproof.header import Header, load_header, sheet_lines
from figproof.palette import read_palette
from figproof.places import Styles
from figproof.specs import NAME


def new_venue(root: Path, name: str, like: str) -> Path:
    """Write ``styles/venues/<name>.mplstyle`` with the values of another venue.

    Its title is the name, its status uncertain and its source to be filled in, because what the other
    venue's source says is not said of this one.

    Raises
    ------
    FigproofError
        The name is taken or no name, or there is no such other venue.
    """
    file = _new(root, "venue", "venues/{}.mplstyle", name, like)
    other = Styles.of(root).get(f"venues/{like}.mplstyle")
    header = load_header(other.path, other.name).model_dump(mode="json")
    header |= {
        "title": name,
        "source": f"to be filled in; the values are those of {like}",
        "status": "uncertain",
        "values": {},
    }
    lines = [f"#: {field}: {_flow(header[field])}" for field in Header.model_fields]
    body = [line for line in sheet_lines(other.path, other.name) if not line.startswith("#:")]
    return _written(file, [*lines, *body])


def new_palette(root: Path, name: str, like: str) -> Path:
    """Write ``styles/palettes/<name>.yaml`` with the colours of another palette.

    Raises
    ------
    FigproofError
        The name is taken or no name, or there is no such other palette.
    """
    file = _new(root, "palette", "palettes/{}.yaml", name, like)
    content = read_palette(root, like).model_dump(mode="json", exclude_none=True)
    content["source"] = f"to be filled in; the colours are those of {like}"
    return _written(file, [f"{key}: {_flow(value)}" for key, value in content.items()])


def _new(root: Path, noun: str, pattern: str, name: str, like: str) -> Path:
    styles = Styles.of(root)
    known = styles.names(pattern.format("*"))
    if not NAME.fullmatch(name):
        raise FigproofError(f"{name!r} is no name: lower-case letters, digits, '_' and '-', at most 64")
    if name in known:
        place = styles.get(pattern.format(name)).name
        raise FigproofError(f"{noun} {name!r} exists", where=place, hint="give the new one another name")
    if like not in known:
        raise FigproofError(f"{noun} {like!r} is unknown. {suggest(like, known)}", where="--like")
    return root / "styles" / pattern.format(name)


def _flow(value: Any) -> str:
    """A value on one line; JSON is YAML."""
    return json.dumps(value, ensure_ascii=False)


def _written(file: Path, lines: list[str]) -> Path:
    write_atomic(file, ("\n".join(lines) + "\n").encode())
    return file
