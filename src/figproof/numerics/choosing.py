"""Which runs of a pin a figure shows, and what they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from figproof.errors import FigproofError, suggest
from figproof.model import Run, Snapshot
from figproof.numerics.curves import run_name

LONGEST_TITLE = 80
_MOST_NAMED = 12


def one_run(snapshot: Snapshot, condition: str | None, seed: int | None) -> Run:
    """The single run of the condition and the seed; what is None is not asked for.

    Raises
    ------
    FigproofError
        The pin is empty, no run fits, or several do (names them, and which parameter tells them apart).
    """
    found = [run for run in _of(snapshot, condition) if seed is None or run.seed == seed]
    if len(found) == 1:
        return found[0]
    where = f"pin {snapshot.pin}"
    if not found:
        there = _named(_of(snapshot, condition))
        raise FigproofError(
            f"no run has seed {seed}; there are: {there}", where=where, hint="change params.seed"
        )
    several = [f"params.{key}" for key in ("condition", "seed") if len({getattr(r, key) for r in found}) > 1]
    keys = " and ".join(several)
    raise FigproofError(
        f"one run is shown, {len(found)} fit: {_named(found)}",
        where=where,
        hint=f"set {keys} in the figure's YAML" if keys else "narrow the selection to one run a seed",
    )


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
    if seed is not None:
        return (one_run(snapshot, condition, seed),)
    runs = _of(snapshot, condition)
    conditions = sorted({run.condition for run in runs})
    if len(conditions) > 1:
        raise FigproofError(
            f"the pin holds several conditions: {', '.join(conditions)}",
            where=f"pin {snapshot.pin}",
            hint="set params.condition in the figure's YAML",
        )
    return runs


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
    names = sorted({run.condition for run in _of(snapshot, None)}) if conditions is None else list(conditions)
    if len(set(names)) < len(names):
        raise FigproofError(
            f"a condition is named twice: {', '.join(names)}", where=f"pin {snapshot.pin}: params.conditions"
        )
    return tuple(one_run(snapshot, name, seed) for name in names)


def _of(snapshot: Snapshot, condition: str | None) -> tuple[Run, ...]:
    if not snapshot.runs:
        raise FigproofError(
            "the pin holds no run", where=f"pin {snapshot.pin}", hint=f"run: figproof pin {snapshot.pin}"
        )
    return snapshot.runs if condition is None else snapshot.of(condition)


def _named(runs: Sequence[Run]) -> str:
    names = [f"{run.condition} {run_name(run)}" for run in runs[:_MOST_NAMED]]
    more = f" and {len(runs) - _MOST_NAMED} more" if len(runs) > _MOST_NAMED else ""
    return ", ".join(names) + more


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
