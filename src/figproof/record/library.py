"""Which of figproof's own code a run uses, for the record of the run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from figproof.canonical import digest_file
from figproof.worker import FIXED

_PACKAGE = Path(__file__).parent.parent
# How a run is stored or asked for changes no number of it.
_NOT_ITS_OWN = ("figproof.cli", "figproof.replay", "figproof.store", "figproof.__main__")


def loaded_library() -> list[dict[str, str]]:
    """The modules of figproof that are imported now: ``module`` and ``sha256``, sorted by name."""
    files = {
        name: getattr(module, "__file__", None)
        for name, module in sorted(sys.modules.items())
        if name.partition(".")[0] == "figproof" and not name.startswith(_NOT_ITS_OWN)
    }
    return [{"module": name, "sha256": digest_file(Path(file))} for name, file in files.items() if file]


def is_fixed_environment() -> bool:
    """Whether threads and instruction sets are those of :mod:`figproof.worker`."""
    return all(os.environ.get(name) == value for name, value in FIXED.items())


def digest_here(module: str) -> str | None:
    """The SHA-256 of a module of this figproof; None if it has none of that name."""
    below = _PACKAGE.joinpath(*module.split(".")[1:])
    found = [path for path in (below.with_suffix(".py"), below / "__init__.py") if path.is_file()]
    return digest_file(found[0]) if found else None
