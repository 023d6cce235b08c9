"""What an experiment promises to record, so that completeness can be proved later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from figproof.errors import FigproofError


@dataclass(frozen=True)
class Declared:
    """The promise for one metric.

    Attributes
    ----------
    unit : str
        Shown on axes; ``""`` for a number without unit.
    points : int or None
        How many values a complete run has; None where the experiment cannot know.
    step_unit : str
        What one step is: ``"epoch"``, ``"iteration"``.
    may_be_nan : bool
        Whether NaN and infinities are a result (a diverged run) and not a fault.
    """

    unit: str
    points: int | None
    step_unit: str = "epoch"
    may_be_nan: bool = False


def to_info(declared: Mapping[str, Declared]) -> list[dict[str, Any]]:
    """The form stored in ``info.figproof.metrics``: a list, because BSON keys cannot hold dots."""
    return [{"name": name, **asdict(declared[name])} for name in sorted(declared)]


def from_info(stored: Any, where: str) -> dict[str, Declared]:
    """Read :func:`to_info` back; what the store holds is data and is checked.

    Raises
    ------
    FigproofError
        The stored declaration has another form.
    """
    declared: dict[str, Declared] = {}
    if not isinstance(stored, list):
        raise FigproofError(f"info.figproof.metrics is {type(stored).__name__}, not a list", where=where)
    for entry in stored:
        try:
            name, unit, points = entry["name"], entry["unit"], entry["points"]
            step_unit, may_be_nan = entry["step_unit"], entry["may_be_nan"]
        except (KeyError, TypeError) as error:
            raise FigproofError(f"info.figproof.metrics holds {entry!r}", where=where) from error
        fits = (
            isinstance(name, str)
            and isinstance(unit, str)
            and isinstance(step_unit, str)
            and isinstance(may_be_nan, bool)
            and (points is None or (isinstance(points, int) and points >= 0))
        )
        if not fits:
            raise FigproofError(f"info.figproof.metrics holds {entry!r}", where=where)
        declared[name] = Declared(unit, points, step_unit, may_be_nan)
    return declared
