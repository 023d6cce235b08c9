"""The words that say over how many seeds a figure is, and which are missing."""

from __future__ import annotations

from typing import Any

from figproof.model import Frame


def seeds_note(runs: Frame, look: Any) -> list[str]:
    """``["n = 5 seeds", "Adam 4 (no seed 3)"]`` for a frame of :func:`figproof.numerics.seeds.runs_frame`.

    ``["one run"]`` for one run of one condition, ``["each line is one run"]`` for one run of each.
    """
    counts, expected = runs["n"], int(runs["expected"].max())
    wanted = max(expected, int(counts.max()))
    if wanted == 1:
        return ["one run" if counts.size == 1 else "each line is one run"]
    if (counts == counts[0]).all():
        of = f" of {wanted}" if counts[0] < wanted else ""
        return [f"n = {counts[0]}{of} seeds"]
    parts = [f"n = {wanted} seeds"]
    for name, count, missing in zip(runs["condition"], counts, runs["missing"], strict=True):
        if count < wanted:
            which = f" (no seed {str(missing).replace(' ', ', ')})" if missing else ""
            parts.append(f"{look.label(name)} {count}{which}")
    return parts
