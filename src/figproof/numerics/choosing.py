"""Which runs of a pin a figure of one condition shows."""

from __future__ import annotations

from figproof.errors import FigproofError
from figproof.model import Run, Snapshot


def chosen_runs(snapshot: Snapshot, condition: str | None, seed: int | None) -> tuple[Run, ...]:
    """All runs of the condition, or the one with the seed.

    Parameters
    ----------
    condition : str or None
        May be None if the pin holds one condition.
    seed : int or None

    Raises
    ------
    FigproofError
        The pin is empty, holds several conditions and none is named, or no run or several fit the seed.
    """
    conditions = snapshot.conditions()
    if not conditions:
        raise FigproofError("the pin holds no run", where=f"pin {snapshot.pin}")
    if condition is None and len(conditions) > 1:
        raise FigproofError(
            f"the pin holds several conditions: {', '.join(conditions)}",
            where=f"pin {snapshot.pin}",
            hint="set params.condition in the figure's YAML",
        )
    name = condition or conditions[0]
    return snapshot.of(name) if seed is None else (snapshot.only_run(name, seed),)
