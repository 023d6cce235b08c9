"""The extreme eigenvalues of a Hessian that is known by its products with vectors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy

from figproof.model import FloatArray

TOLERANCE = 1e-3
"""Of an eigenvalue, relative: far below what a colour shows."""


def extreme_eigenvalues(product: Callable[[FloatArray], FloatArray], start: FloatArray) -> FloatArray:
    """Smallest and largest eigenvalue of a symmetric matrix, by Lanczos (ARPACK, implicitly restarted).

    Parameters
    ----------
    product : callable
        (n,) -> (n,): the matrix times a vector.
    start : ndarray, shape (n,)
        Not orthogonal to the wanted eigenvectors: random numbers. The result does not depend on it but
        for the tolerance.

    Returns
    -------
    ndarray, shape (2,)
        NaN if products are not finite or ARPACK does not converge.
    """
    if not np.isfinite(product(start)).all():
        return np.full(2, np.nan)
    linalg = scipy.sparse.linalg
    operator = linalg.LinearOperator((start.size, start.size), matvec=product, dtype=np.float64)
    try:
        # Where Lanczos breaks down ARPACK goes on from random numbers: of the operating system, unless given.
        found = linalg.eigsh(
            operator, k=2, which="BE", v0=start, tol=TOLERANCE, return_eigenvectors=False, rng=0
        )
    except linalg.ArpackError:
        return np.full(2, np.nan)
    return np.sort(found)
