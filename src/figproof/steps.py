"""Long derivations in steps: a killed one goes on with the steps that are done.

A step is a pure function of arrays and settings that computes with :mod:`figproof.numerics` alone.
Inside :func:`kept_in` its result is put aside under a digest of all that it depends on, and taken from
there when the same step comes again; outside, it is simply computed. What is put aside are the exact
doubles, so the numbers of a figure are the same bytes either way.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from figproof.canonical import array_bytes, digest_bytes, digest_file, digest_json
from figproof.files import sweep_leftovers, write_atomic
from figproof.model import FloatArray

_DIGEST_BYTES = 64
# Quicker steps need no line: a figure of the demo has dozens of them.
_WORTH_A_LINE_S = 1.0


@dataclass
class _Kept:
    folder: Path
    depends_on: Mapping[str, Any]
    say: Callable[[str], None]
    used: set[str] = field(default_factory=set)


_kept: ContextVar[_Kept | None] = ContextVar("kept", default=None)


@contextmanager
def kept_in(folder: Path, depends_on: Mapping[str, Any], say: Callable[[str], None]) -> Iterator[None]:
    """Keep the steps of this block in a folder.

    A block that ends well removes the steps that it did not use, so the folder holds one derivation.

    Parameters
    ----------
    folder : Path
        One for each figure.
    depends_on : mapping
        What every step depends on beside its inputs: code, packages, environment; JSON values.
    say : callable
        Gets a line for each long step, and for each that was found done.
    """
    kept = _Kept(folder, depends_on, say)
    token = _kept.set(kept)
    try:
        yield
    finally:
        _kept.reset(token)
    for path in sorted(folder.glob("*.step")):
        if path.name not in kept.used:
            path.unlink(missing_ok=True)
    sweep_leftovers(folder, time.time())


def step(
    label: str,
    inputs: Sequence[npt.NDArray[Any]],
    settings: Mapping[str, Any],
    compute: Callable[[], npt.ArrayLike],
) -> FloatArray:
    """The result of one step, computed or found done.

    Parameters
    ----------
    label : str
        For the line of progress; the result does not depend on it.
    inputs : sequence of ndarray
        Every array that ``compute`` reads.
    settings : mapping
        Every other thing that it depends on, the name of the computation among them; JSON values.
    compute : callable () -> array_like
    """
    kept = _kept.get()
    if kept is None:
        return np.asarray(compute(), dtype=np.float64)
    arrays = [digest_bytes(array_bytes(array)) for array in inputs]
    name = digest_json({"inputs": arrays, "settings": settings, "depends_on": kept.depends_on}) + ".step"
    kept.used.add(name)
    done = _read(kept.folder / name)
    if done is not None:
        kept.say(f"{label}: done before")
        return done
    started = time.monotonic()
    result = np.asarray(compute(), dtype=np.float64)
    content = array_bytes(result)
    write_atomic(kept.folder / name, digest_bytes(content).encode("ascii") + content)
    seconds = time.monotonic() - started
    if seconds >= _WORTH_A_LINE_S:
        kept.say(f"{label}: {seconds:.1f} s")
    return result


def numerics_digest() -> str:
    """One digest over the library's files that can change a step's result."""
    root = Path(__file__).parent
    files = sorted([*(root / "numerics").rglob("*.py"), root / "steps.py", root / "model.py"])
    return digest_json({path.relative_to(root).as_posix(): digest_file(path) for path in files})


def _read(path: Path) -> FloatArray | None:
    """The array of a file, None where it is missing or its bytes are not those that were written."""
    content = path.read_bytes() if path.is_file() else b""
    digest, array = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if not array or digest_bytes(array).encode("ascii") != digest:
        return None
    result: FloatArray = np.load(io.BytesIO(array), allow_pickle=False)
    return result
