"""figproof: camera-ready figures from recorded ML runs, with proof.

In a script or notebook: ``with figproof.style("icml2025", width="single") as look:``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from figproof.scripting import style

__version__ = "0.1.0"
__all__ = ["__version__", "style"]


def __getattr__(name: str) -> Any:
    """``style``, when it is first asked for: every command imports this package, few need Matplotlib."""
    if name == "style":
        from figproof.scripting import style

        return style
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
