"""The settings that a search tried: which runs share one, which keys differ, on what scale a key stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from figproof.canonical import to_json_bytes
from figproof.errors import FigproofError
from figproof.model import FloatArray, Run
from figproof.numerics.curves import run_name
from figproof.numerics.summaries import config_value, is_number, levels, value_text

SEED = "seed"
LOG_FROM = 100.0
FEW = 8
EMPTY = "(empty)"
_NAME_SLOT = 0.16
_NAMES_SHARE = 0.5


@dataclass(frozen=True)
class Setting:
    """Runs that differ in nothing but the seed.

    Attributes
    ----------
    runs : tuple of Run
        By seed.
    config : mapping of str to object
        Dotted key -> value, the seed left out; see :func:`settings_of`.
    """

    runs: tuple[Run, ...]
    config: Mapping[str, Any]

    def value(self, key: str) -> Any:
        """The value at a dotted key, as :func:`figproof.numerics.summaries.config_value` finds it."""
        return self.config[key] if key in self.config else config_value(self.runs[0], key)


def settings_of(runs: Sequence[Run]) -> list[Setting]:
    """The settings, in an order that does not depend on the order of the runs.

    A mapping inside a config becomes dotted keys. So does a list that has one length in all runs, as
    ``hidden.0``; one whose length differs is one value. A key that other runs alone have is None.

    Raises
    ------
    FigproofError
        A setting holds the same seed more than once.
    """
    configs = [_flat(run.config) for run in runs]
    for key in sorted({key for config in configs for key in config}):
        sizes = {len(value) if isinstance(value, (list, tuple)) else -1 for value in _column(configs, key)}
        if len(sizes) == 1 and min(sizes) > 0:
            for config in configs:
                config |= {f"{key}.{at}": item for at, item in enumerate(config.pop(key))}
    known = sorted({key for config in configs for key in config} - {SEED})
    groups: dict[bytes, list[int]] = {}
    for at, config in enumerate(configs):
        groups.setdefault(to_json_bytes([config.get(key) for key in known]), []).append(at)
    found = []
    for _, members in sorted(groups.items()):
        ordered = sorted((runs[at] for at in members), key=lambda run: (run.seed or 0, run.digest))
        _check_seeds(ordered)
        found.append(Setting(tuple(ordered), {key: configs[members[0]].get(key) for key in known}))
    return found


def _flat(config: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in config.items():
        if isinstance(value, Mapping) and value:
            found |= _flat(value, f"{before}{key}.")
        else:
            found[f"{before}{key}"] = value
    return found


def _column(configs: Sequence[Mapping[str, Any]], key: str) -> list[Any]:
    return [config.get(key) for config in configs]


def _check_seeds(runs: Sequence[Run]) -> None:
    seeds = [run.seed for run in runs]
    if len(set(seeds)) < len(seeds):
        raise FigproofError(
            f"one setting holds the same seed more than once: {seeds}",
            where=f"{runs[0].condition} {run_name(runs[0])}",
            hint="narrow the selection to one run a seed",
        )


def differing_keys(settings: Sequence[Setting]) -> list[str]:
    """Dotted keys whose values are not the same in all settings, sorted."""
    return [
        key
        for key in sorted(settings[0].config)
        if len({to_json_bytes(setting.config[key]) for setting in settings}) > 1
    ]


@dataclass(frozen=True)
class Scale:
    """Where a key's values stand between 0 and 1.

    Attributes
    ----------
    kind : {"linear", "log", "names"}
        Of the numbers; ``names`` where there is none.
    low, high : float
        Smallest and largest number; NaN without one.
    names : tuple of str
        Values that are no numbers, in their order; apart from the numbers, under them.
    """

    kind: Literal["linear", "log", "names"]
    low: float
    high: float
    names: tuple[str, ...]

    def places(self, numbers: FloatArray, names: Sequence[str]) -> FloatArray:
        """Positions in [0, 1] of numbers, and of names where a number is NaN; shape (n,)."""
        slot, foot = self._slots()
        # Halved, because the range from -1e308 to 1e308 is infinite.
        low, high = self._scaled([self.low, self.high]) / 2
        inside = (self._scaled(numbers) / 2 - low) / (high - low or 1.0)
        if self.low == self.high:
            inside = np.where(np.isnan(numbers), np.nan, 0.5)
        at = [(self.names.index(name) + 0.5) * slot if name else np.nan for name in names]
        return np.where(np.isnan(numbers), at, foot + (1 - foot) * inside)

    def columns(self, numbers: FloatArray, names: Sequence[str]) -> FloatArray:
        """What a tree sees, shape (n, width): the number on its scale, and an indicator of each name."""
        indicators = [[name == one for one in self.names] for name in names]
        wide = np.array(indicators, dtype=np.float64).reshape(len(names), len(self.names))
        if self.kind == "names":
            return wide
        scaled = np.where(np.isnan(numbers), self._scaled(np.array(self.low)) - 1, self._scaled(numbers))
        return np.column_stack([scaled, wide])

    def _slots(self) -> tuple[float, float]:
        """Height of a name's slot, and where the numbers begin."""
        count = len(self.names)
        if self.kind == "names":
            return 1 / count, 1.0
        slot = min(_NAME_SLOT, _NAMES_SHARE / max(count, 1))
        return slot, count * slot + (0.3 * slot if count else 0.0)

    def _scaled(self, numbers: npt.ArrayLike) -> FloatArray:
        given = np.asarray(numbers, dtype=np.float64)
        return np.log10(given) if self.kind == "log" else given


@dataclass(frozen=True)
class OnScale:
    """Values of one key and their scale.

    Attributes
    ----------
    numbers : ndarray, shape (n,)
        NaN where the value is a name.
    names : list of str
        ``""`` where it is a number.
    """

    scale: Scale
    numbers: FloatArray
    names: list[str]


def on_scale(values: Sequence[Any], log: bool | None = None) -> OnScale:
    """Tell numbers from names and choose a scale.

    Numbers stand on a logarithmic scale if they are spread more evenly there than on a linear one, and
    the largest is at least :data:`LOG_FROM` times the smallest or they are few, such as 16, 32, 64. A zero
    below numbers that span decades has no place among them and becomes a name.

    Parameters
    ----------
    values : sequence
        Config values, or a metric's with a text where it has none.
    log : bool, optional
        Logarithmic or linear whatever the values; positive if True.
    """
    numbers = np.array([float(v) if is_number(v) and np.isfinite(v) else np.nan for v in values])
    if log is None:
        log = _belongs_on_log(numbers)
        numbers = np.where(numbers == 0, np.nan, numbers) if log else numbers
    named = [at for at in range(len(values)) if np.isnan(numbers[at])]
    given = [values[at] for at in named]
    # As texts, unless all are lists of numbers: those are put in the order of their numbers.
    lists = all(isinstance(value, (list, tuple)) and all(map(is_number, value)) for value in given)
    order, level = levels(given if lists else [value_text(value) for value in given], "")
    order = [text or EMPTY for text in order]
    names = [""] * len(values)
    for at, place in zip(named, level, strict=True):
        names[at] = order[place]
    if len(named) == len(values):
        return OnScale(Scale("names", np.nan, np.nan, tuple(order)), numbers, names)
    low, high = float(np.nanmin(numbers)), float(np.nanmax(numbers))
    return OnScale(Scale("log" if log else "linear", low, high, tuple(order)), numbers, names)


def _belongs_on_log(numbers: FloatArray) -> bool:
    """Whether the positive numbers are more even in factors, and span decades or are few."""
    distinct = np.unique(numbers[numbers > 0])
    if distinct.size < 2 or (numbers < 0).any():
        return False
    uneven, uneven_log = _unevenness(distinct), _unevenness(np.log(distinct))
    if distinct[0] <= distinct[-1] / LOG_FROM:
        return uneven_log <= uneven
    few = distinct.size <= FEW and not (numbers == 0).any()
    return few and uneven_log < 0.5 * uneven


def _unevenness(rising: FloatArray) -> float:
    """Largest distance from an even spread, as a share of the range."""
    even = np.linspace(0, 1, rising.size)
    return float(np.abs((rising - rising[0]) / np.ptp(rising) - even).max())
