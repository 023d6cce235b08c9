"""Extreme eigenvalues against dense matrices."""

from __future__ import annotations

import numpy as np
import pytest

from figproof.numerics.curvature import extreme_eigenvalues


@pytest.mark.parametrize("shift", [-2.0, 0.0, 2.0])
def test_both_ends_of_the_spectrum_of_a_symmetric_matrix(shift: float) -> None:
    rng = np.random.default_rng(4)
    root = rng.standard_normal((60, 60))
    matrix = (root + root.T) / 2 + shift * np.eye(60)
    found = extreme_eigenvalues(lambda v: matrix @ v, rng.standard_normal(60))
    np.testing.assert_allclose(found, np.linalg.eigvalsh(matrix)[[0, -1]], rtol=1e-3)


def test_the_start_changes_nothing_but_the_last_digits() -> None:
    matrix = np.diag(np.linspace(-1, 5, 40))
    found = [
        extreme_eigenvalues(lambda v: matrix @ v, np.random.default_rng(seed).standard_normal(40))
        for seed in (0, 1)
    ]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-3)


def test_a_start_from_which_lanczos_breaks_down_gives_the_same_bits_each_time() -> None:
    spectrum = np.linspace(-3, 5, 60)
    found = [extreme_eigenvalues(lambda v: spectrum * v, np.eye(60)[3]) for _ in range(3)]
    assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()
    np.testing.assert_allclose(found[0], [-3, 5], rtol=1e-3)


def test_products_that_overflow_give_nan() -> None:
    found = extreme_eigenvalues(lambda v: v * np.inf, np.ones(30))
    assert np.isnan(found).all()
