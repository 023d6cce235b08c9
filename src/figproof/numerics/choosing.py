"""Which runs of a pin a figure shows."""

from __future__ import annotations

from collections.abc import Sequence

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


def run_of_each(snapshot: Snapshot, conditions: Sequence[str] | None, seed: int | None) -> tuple[Run, ...]:
    """One run of each condition.

    Parameters
    ----------
    conditions : sequence of str or None
        In the order of the figure; all of the pin if None.
    seed : int or None
        May be None where a condition has one run.

    Raises
    ------
    FigproofError
        The pin is empty, a condition is named twice, or no run or several fit.
    """
    names = list(snapshot.conditions() if conditions is None else conditions)
    if not names:
        raise FigproofError("the pin holds no run", where=f"pin {snapshot.pin}")
    if len(set(names)) < len(names):
        raise FigproofError(
            f"a condition is named twice: {', '.join(names)}", where=f"pin {snapshot.pin}: params.conditions"
        )
    return tuple(snapshot.only_run(name, seed) for name in names)
