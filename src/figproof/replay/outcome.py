"""What a replayed program left behind: checked, because hostile code may have written it."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from figproof.errors import FigproofError
from figproof.model import FloatArray, IntArray
from figproof.store.gridfile import MAX_FILE_BYTES

_MAX_DOCUMENT_BYTES = 8_000_000
_MAX_NAMES = 2000
_MAX_POINTS_BYTES = 8 * 350_000
_MAX_ALL_BYTES = 2 * MAX_FILE_BYTES
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Series:
    """A metric of a replay; ``times`` in milliseconds since 1970 (UTC); arrays of shape (n,)."""

    steps: IntArray
    values: FloatArray
    times: IntArray


@dataclass(frozen=True)
class Outcome:
    """What a replay recorded.

    Attributes
    ----------
    metrics : mapping of str to Series
    artifacts : mapping of str to bytes
    config, result, info : Any
        Plain data.
    dependencies : tuple of str
        As Sacred found them.
    host : mapping
        As Sacred describes the machine.
    captured_out : str
    start, stop : datetime
        Naive UTC, as Sacred's.
    """

    metrics: Mapping[str, Series]
    artifacts: Mapping[str, bytes]
    config: Any
    result: Any
    info: Mapping[str, Any]
    dependencies: tuple[str, ...]
    host: Mapping[str, Any]
    captured_out: str
    start: datetime
    stop: datetime


def read_outcome(folder: Path, where: str, tail: list[str]) -> Outcome:
    """Read what the child wrote.

    Parameters
    ----------
    where : str
        Names the run in errors.
    tail : list of str
        The last lines that the program wrote, for the error.

    Raises
    ------
    FigproofError
        The program ended without its record, or the record has another form or is too large.
    """
    try:
        content = _read(folder / "run.json", _MAX_DOCUMENT_BYTES)
    except FileNotFoundError:
        lines = "".join(f"\n    {line}" for line in tail)
        raise FigproofError(f"the replay ended without a record{lines}", where=where) from None
    try:
        return _outcome(folder, json.loads(content))
    except (ValueError, KeyError, TypeError, AttributeError, OSError, RecursionError, OverflowError) as error:
        raise FigproofError(
            f"the replay left a record that cannot be read ({type(error).__name__}: {str(error)[:100]})",
            where=where,
        ) from None


def _outcome(folder: Path, document: Any) -> Outcome:
    names, listed = document["metrics"], document["artifacts"]
    if len(names) > _MAX_NAMES or len(listed) > _MAX_NAMES:
        raise ValueError(f"more than {_MAX_NAMES} names")
    artifacts: dict[str, bytes] = {}
    left = _MAX_ALL_BYTES
    for number, entry in enumerate(listed):
        name = _name(entry["name"])
        if name in artifacts:
            raise ValueError("an artifact is recorded twice")
        artifacts[name] = _read(folder / f"artifact-{number}", min(MAX_FILE_BYTES, left))
        left -= len(artifacts[name])
    if not isinstance(document["info"], dict) or not isinstance(document["host"], dict):
        raise ValueError("info is no mapping")
    return Outcome(
        metrics={_name(name): _series(folder, number) for number, name in enumerate(names)},
        artifacts=artifacts,
        config=document["config"],
        result=document["result"],
        info=document["info"],
        dependencies=tuple(str(entry)[:_LONGEST_NAME] for entry in document["dependencies"]),
        host={key: value for key, value in document["host"].items() if key != "ENV"},
        captured_out=str(document["captured_out"]),
        start=_time(document["start_ms"]),
        stop=_time(document["stop_ms"]),
    )


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name or len(name) > _LONGEST_NAME or "\0" in name:
        raise ValueError("a name is no name")
    return name


def _series(folder: Path, number: int) -> Series:
    def column(part: str, kind: type[Any]) -> npt.NDArray[Any]:
        return np.frombuffer(_read(folder / f"metric-{number}.{part}", _MAX_POINTS_BYTES), dtype=kind)

    series = Series(column("steps", np.int64), column("values", np.float64), column("times", np.int64))
    if not len(series.steps) == len(series.values) == len(series.times):
        raise ValueError("steps, values and times differ in length")
    return series


def _time(milliseconds: Any) -> datetime:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC).replace(tzinfo=None)


def _read(path: Path, most: int) -> bytes:
    """A regular file of bounded size; a link or a pipe that the program put there is not followed."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(handle, "rb") as stream:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode) or about.st_size > most:
            raise ValueError(f"{path.name} is no file of at most {most} bytes")
        return stream.read(most)
