"""Paired comparison of conditions, seed by seed, and the correction for making several."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy

from figproof.errors import FigproofError
from figproof.model import FloatArray

Test = Literal["t", "wilcoxon", "sign_flip"]
TESTS = {"t": "paired t-test", "wilcoxon": "Wilcoxon signed-rank test", "sign_flip": "sign-flip test"}


@dataclass(frozen=True)
class Paired:
    """Two conditions on the seeds that both have.

    Attributes
    ----------
    n : int
        Number of pairs.
    difference : float
        Mean of ``values - baseline`` over the pairs.
    p : float
        Two-sided; 1 where all differences are 0.
    """

    n: int
    difference: float
    p: float


def paired(values: FloatArray, baseline: FloatArray, test: Test) -> Paired:
    """Compare values with a baseline, pair by pair.

    Parameters
    ----------
    values, baseline : ndarray, shape (n,)
        Entry i of both comes from the same seed.
    test : {"t", "wilcoxon", "sign_flip"}
        Student's paired t-test; Wilcoxon's signed-rank test with its exact distribution (the normal
        one from 50 pairs on or with ties); the permutation test over all 2**n signs of the
        differences (Fisher 1935; 9999 seeded draws where there are more).

    Raises
    ------
    FigproofError
        Fewer than two pairs, or a value is not finite.
    """
    if values.size < 2:
        raise FigproofError(
            f"a paired test needs two seeds that both conditions have, there is {values.size}",
            hint="set test: none, or record both conditions with the same seeds",
        )
    difference = values - baseline
    if not np.isfinite(difference).all():
        raise FigproofError("a run that diverged cannot be compared", hint="set test: none")
    if not difference.any():
        return Paired(values.size, 0.0, 1.0)
    return Paired(values.size, float(difference.mean()), _p_value(difference, test))


def _p_value(difference: FloatArray, test: Test) -> float:
    if test == "t":
        if np.ptp(difference) == 0:
            # The same difference for every seed: its spread is 0 and t is infinite.
            return 0.0
        return float(scipy.stats.ttest_1samp(difference, 0.0).pvalue)
    if test == "wilcoxon":
        return float(scipy.stats.wilcoxon(difference).pvalue)
    found = scipy.stats.permutation_test(
        (difference,),
        lambda sample, axis: np.mean(sample, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=9999,
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)


def holm(p_values: npt.ArrayLike) -> FloatArray:
    """Adjusted p-values of several tests (Holm 1979): the step-down Bonferroni correction.

    The i-th smallest of m is multiplied by m - i + 1; adjusted values do not fall, and stay at most 1.

    Parameters
    ----------
    p_values : array_like, shape (m,)

    Returns
    -------
    ndarray, shape (m,)
    """
    given = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    factors = given.size - np.arange(given.size)
    adjusted = np.empty_like(given)
    adjusted[order] = np.minimum(np.maximum.accumulate(given[order] * factors), 1.0)
    return adjusted


def p_text(p: float) -> str:
    """A p-value in two digits; what is under 0.001 is said to be that."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.2g}"
