"""The store of runs: a team's MongoDB or the embedded server. The only code that imports pymongo.

The two names below are imported when they are first asked for: the supervisor and the command line
read other modules of this package and must not wait for pymongo.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from figproof.store.connect import Store, open_store

__all__ = ["Store", "open_store"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from figproof.store import connect

    return getattr(connect, name)
