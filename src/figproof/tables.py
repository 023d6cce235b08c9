"""A figure's numbers on disk: one CSV a frame, ``facts.json``, and a small file of their digests."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from figproof.canonical import digest_bytes, digest_json, quantise, to_readable_json
from figproof.errors import FigproofError
from figproof.model import Frame, Table

_DTYPES = {"f": "float", "i": "int", "U": "str"}
_READERS = {"float": np.float64, "int": np.int64, "str": np.str_}


def table_files(table: Table) -> dict[str, bytes]:
    """The files of a table by name; floats have 9 significant digits."""
    files = {f"{name}.csv": _csv(table.frames[name]) for name in sorted(table.frames)}
    columns = {
        name: {column: _DTYPES[array.dtype.kind] for column, array in frame.items()}
        for name, frame in sorted(table.frames.items())
    }
    # JSON sorts keys; the order of columns is the CSV header's.
    files["facts.json"] = to_readable_json({"facts": _facts(table.facts), "columns": columns})
    return files


def table_digest(files: dict[str, bytes]) -> str:
    """One digest over a table's files."""
    return digest_json({name: digest_bytes(content) for name, content in files.items()})


def read_table(folder: Path, expected: dict[str, str]) -> Table:
    """Read a table back, as it will be drawn.

    Parameters
    ----------
    folder : Path
    expected : mapping of str to str
        File name -> SHA-256, as ``derive`` wrote it.

    Raises
    ------
    FigproofError
        A file is missing or its bytes are not those that ``derive`` wrote.
    """
    contents = {}
    for name, digest in expected.items():
        path = folder / name
        contents[name] = path.read_bytes() if path.is_file() else b""
        if digest_bytes(contents[name]) != digest:
            raise FigproofError("is not what `figproof derive` wrote", where=str(path))
    about = json.loads(contents["facts.json"])
    frames = {
        name: _frame(contents[f"{name}.csv"].decode("utf-8"), columns)
        for name, columns in about["columns"].items()
    }
    return Table(frames, about["facts"])


def _facts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _facts(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_facts(item) for item in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        number = float(quantise(value)[()])
        return number if np.isfinite(number) else str(number)
    return value


def _csv(frame: Frame) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(frame)
    writer.writerows(zip(*(_spelled(array) for array in frame.values()), strict=True))
    return text.getvalue().encode("utf-8")


def _spelled(array: npt.NDArray[Any]) -> list[str]:
    if array.dtype.kind == "f":
        return [repr(value) for value in quantise(array).tolist()]
    texts = [str(value) for value in array.tolist()]
    broken = next((text for text in texts if "\r" in text or "\0" in text), None)
    if broken is not None:
        # A CSV reader would end the row there.
        raise FigproofError(f"{broken!a} cannot stand in a CSV", hint="leave out the run that recorded it")
    return texts


def _frame(text: str, columns: dict[str, str]) -> dict[str, npt.NDArray[Any]]:
    header, *rows = csv.reader(io.StringIO(text))
    cells = list(zip(*rows, strict=True)) if rows else [()] * len(header)
    return {
        name: np.array(column, dtype=_READERS[columns[name]]) if columns[name] != "float" else _floats(column)
        for name, column in zip(header, cells, strict=True)
    }


def _floats(column: tuple[str, ...]) -> npt.NDArray[np.float64]:
    return np.array([float(cell) for cell in column], dtype=np.float64)
