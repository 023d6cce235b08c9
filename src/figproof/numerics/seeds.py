"""How many runs each condition has, and which seeds are missing: stated in every figure of means."""

from __future__ import annotations

from collections.abc import Mapping

from figproof.model import Frame, Run, frame


def runs_frame(runs: Mapping[str, tuple[Run, ...]], expected: int | None) -> Frame:
    """One row a condition.

    Parameters
    ----------
    runs : mapping of str to tuple of Run
        Condition -> its runs.
    expected : int or None
        Seeds that the selection wanted for each condition.

    Returns
    -------
    Frame
        ``condition``, ``n``, ``expected`` (0 where the selection expects none), ``seeds`` and
        ``missing``: the seeds that only other conditions have.
    """
    seeds = {
        name: sorted({run.seed for run in group if run.seed is not None}) for name, group in runs.items()
    }
    everywhere = sorted({seed for found in seeds.values() for seed in found})
    missing = [[seed for seed in everywhere if seed not in found] for found in seeds.values()]
    return frame(
        condition=list(runs),
        n=[len(group) for group in runs.values()],
        expected=[expected or 0] * len(runs),
        seeds=[" ".join(map(str, found)) for found in seeds.values()],
        missing=[" ".join(map(str, found)) for found in missing],
    )
