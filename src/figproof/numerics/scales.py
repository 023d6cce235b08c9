"""One value scale for many panels: wide enough for what they compare, and what lies beyond it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from figproof.model import FloatArray, IntArray

TIMES_UP = 1.3
DECADES_UP, DECADES_DOWN = 2.0, 3.0
_MARGIN = 0.05


def common_limits(series: Sequence[FloatArray], *, logarithmic: bool) -> tuple[float, float] | None:
    """Low and high end of an axis that all series share.

    The ends are those of the data, but one series that runs away must not flatten the others: a
    logarithmic axis ends at most two decades above the largest and three below the smallest first
    value, a linear one at 1.3 times the largest; a linear one for positive values starts at 0.

    Parameters
    ----------
    series : sequence of ndarray, each of shape (n_i,)
    logarithmic : bool
        Only values above 0 count then.

    Returns
    -------
    tuple of float or None
        With a margin; None if no value can be shown.
    """
    usable = [one[np.isfinite(one) & ((one > 0) | (not logarithmic))] for one in series]
    shown = [one for one in usable if one.size]
    if not shown:
        return None
    starts = np.abs([one[0] for one in shown])
    low, high = min(float(one.min()) for one in shown), max(float(one.max()) for one in shown)
    if logarithmic:
        high = min(high, float(starts.max()) * 10**DECADES_UP)
        low = max(low, float(starts.min()) * 10**-DECADES_DOWN)
        room = (high / low) ** _MARGIN if high > low else 2.0
        return low / room, high * room
    if starts.max() > 0:
        low, high = max(low, -TIMES_UP * float(starts.max())), min(high, TIMES_UP * float(starts.max()))
    low = min(low, 0.0)
    room = _MARGIN * (high - low) or 0.5 * abs(high) or 0.5
    return low - room, high + room


def beyond(values: FloatArray, low: float, high: float) -> IntArray:
    """Indices of the largest value of each stretch above ``high``, and of the smallest below ``low``.

    Values that are not finite end a stretch and are in none, and so are zeros on a scale without one.
    """
    found = []
    above, below = np.isfinite(values) & (values > high), np.isfinite(values) & (values < low)
    for outside, extreme in ((above, np.argmax), (below & ~((low > 0) & (values <= 0)), np.argmin)):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], outside.astype(np.int8), [0]])))
        found += [start + int(extreme(values[start:stop])) for start, stop in edges.reshape(-1, 2)]
    return np.array(sorted(found), dtype=np.int64)
