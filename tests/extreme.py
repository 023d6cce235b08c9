"""One extreme input of a kind, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass

from figproof.kinds import Example


@dataclass(frozen=True)
class Extreme:
    """What a kind is given, and how it must end.

    Attributes
    ----------
    example : Example
    refused : str or None
        Part of the error's text, where the input cannot be shown well; None: it is drawn.
    height_in : float
        Height of the canvas; it has the full width of the page.
    """

    example: Example
    refused: str | None = None
    height_in: float = 3.6
