"""Numbers as a table or a sentence states them: a centre with its interval, rounded by one rule."""

from __future__ import annotations

import numpy as np

from figproof.model import FloatArray

INTERVALS = {
    "sd": "± sd",
    "sem": "± standard error",
    "bootstrap95": "[95 % bootstrap CI]",
    "minmax": "[range]",
    "none": "",
}


def decimals(centre: FloatArray, low: FloatArray, high: FloatArray) -> int:
    """Decimals of numbers that stand together.

    Two digits of the smallest interval's half, as a standard uncertainty is stated (JCGM 100:2008, 7.2.6);
    without intervals three digits of the largest centre.

    Parameters
    ----------
    centre, low, high : ndarray, shape (n,)
        NaN where there is none.
    """
    half = (high - low) / 2
    half = half[np.isfinite(half) & (half > 0)]
    if half.size:
        return int(np.clip(1 - np.floor(np.log10(half.min())), 0, 9))
    size = np.abs(centre[np.isfinite(centre) & (centre != 0)])
    return int(np.clip(2 - np.floor(np.log10(size.max())), 0, 9)) if size.size else 0


def stated(centre: float, low: float, high: float, digits: int, interval: str) -> str:
    """``0.978 ± 0.003`` or ``0.978 [0.975, 0.981]``; what diverged says so.

    Parameters
    ----------
    interval : {"sd", "sem", "bootstrap95", "minmax", "none"}
    """
    if not np.isfinite(centre):
        return "diverged"
    text = f"{centre:.{digits}f}".replace("-", "−")
    if not np.isfinite(low):
        return text
    if interval in ("sd", "sem"):
        return f"{text} ± {(high - low) / 2:.{digits}f}"
    return f"{text} [{low:.{digits}f}, {high:.{digits}f}]".replace("-", "−")
