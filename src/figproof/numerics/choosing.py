"""Which runs of a pin a figure shows, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from figproof.errors import FigproofError, suggest
from figproof.model import Run, Snapshot
from figproof.numerics.curves import run_name

LONGEST_TITLE = 80


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


def config_title(run: Run, keys: Sequence[str]) -> str:
    """The values of some config keys: ``sgd, learning rate 0.1``; a text stands without its key.

    At most 80 characters, and none that cannot be printed: configs are not ours.

    Raises
    ------
    FigproofError
        The run's config has no such key (names the nearest).
    """
    unknown = [key for key in keys if key not in run.config]
    if unknown:
        raise FigproofError(
            f"config key {unknown[0]!r} is not in {run.condition} {run_name(run)}. "
            f"{suggest(unknown[0], map(str, run.config))}",
            where="params.titles",
            hint="name keys that every run has",
        )
    text = ", ".join(_with_key(key, run.config[key]) for key in keys)
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return plain if len(plain) <= LONGEST_TITLE else f"{plain[: LONGEST_TITLE - 3]}..."


def _with_key(key: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        shown = "-".join(map(str, value)) or "none"
    else:
        shown = f"{value:g}" if isinstance(value, float) else str(value)
    return f"{key.replace('_', ' ')} {shown}"
