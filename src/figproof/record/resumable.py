"""Long experiments in steps: one that was killed goes on when it is recorded again."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from figproof.canonical import digest_file, digest_json
from figproof.project import Project
from figproof.steps import kept_in, numerics_digest

_KEPT_S = 30 * 24 * 3600.0


@contextmanager
def resumable(file: str, config: Mapping[str, Any]) -> Iterator[None]:
    """Keep what :func:`figproof.steps.step` computes in this block until the block ends well.

    Parameters
    ----------
    file : str
        The experiment's ``__file__``: says which project. Steps of another version of it, of the library's
        numerics or of numpy and scipy are computed anew; what nobody came back for in a month is removed.
    config : mapping
        The run's config: two runs at a time keep their steps apart.
    """
    source = Path(file)
    kept = Project.find(source.parent).cache / "recording"
    for old in sorted(kept.glob("*")):
        if time.time() - old.stat().st_mtime > _KEPT_S:
            shutil.rmtree(old, ignore_errors=True)
    folder = kept / digest_json({"experiment": source.stem, "config": config})[:32]
    found = len(list(folder.glob("*.step")))
    if found and sys.__stderr__ is not None:
        print(f"{source.stem}: goes on, {found} steps were kept", file=sys.__stderr__, flush=True)
    depends_on = {
        "experiment": digest_file(source),
        "numerics": numerics_digest(),
        "versions": {name: version(name) for name in ("numpy", "scipy")},
    }
    with kept_in(folder, depends_on, lambda line: None):
        yield
    shutil.rmtree(folder, ignore_errors=True)
