"""Numbers of an experiment's config: Sacred checks that a key is known, not what it holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from figproof.errors import FigproofError


def check_number(config: Mapping[str, Any], key: str, *, zero: bool = False) -> None:
    """Refuse what is no finite number above 0, or from 0 with ``zero``.

    Raises
    ------
    FigproofError
        Names the key, the value and what is allowed.
    """
    value = config[key]
    real = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if not real or value < 0 or (value == 0 and not zero):
        allowed = "from 0" if zero else "above 0"
        raise FigproofError(f"is {value!r}; allowed are numbers {allowed}", where=f"config: {key}")
