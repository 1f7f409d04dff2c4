"""Spatial autocorrelation with permutation tests: Moran's I and its local version.

Own code because it shuffles all permutations at once, and an installation needs neither esda nor libpysal for
it; tests and benchmarks compare with esda.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

N_PERMUTATIONS = 9_999


def row_standardised(i: np.ndarray, j: np.ndarray, n: int) -> sparse.csr_array:
    """(n, n) weights from pairs of positions; each row sums to 1, or to 0 where there is no neighbour."""
    matrix = sparse.csr_array((np.ones(len(i)), (i, j)), shape=(n, n))
    degree = np.asarray(matrix.sum(axis=1)).ravel()
    scale = np.divide(1, degree, out=np.zeros_like(degree), where=degree > 0)
    return sparse.csr_array(sparse.diags_array(scale) @ matrix)


def moran(
    values: np.ndarray, weights: sparse.csr_array, n_permutations: int = N_PERMUTATIONS, seed: int = 0
) -> tuple[float, np.ndarray]:
    """Moran's I with the given weights, and its values under random permutation.

    Examples
    --------
    >>> ring = row_standardised(np.array([0, 1, 2, 3]), np.array([1, 0, 3, 2]), 4)
    >>> moran(np.array([1.0, 1, 0, 0]), ring, n_permutations=9)[0]
    1.0
    """
    z = values - values.mean()
    scale = len(z) / weights.sum() / (z**2).sum()
    shuffled = np.random.default_rng(seed).permuted(np.tile(z, (n_permutations, 1)), axis=1)
    # (W zᵀ)ᵀ for all permutations at once.
    null = np.einsum("pi,pi->p", shuffled, (weights @ shuffled.T).T) * scale
    return float(z @ (weights @ z) * scale), null


def local_p_values(
    z: np.ndarray, weights: sparse.csr_array, n_permutations: int = N_PERMUTATIONS, seed: int = 0
) -> np.ndarray:
    """Two-sided p-values of each place's neighbours' mean, the place held and the others shuffled.

    Missing where a place has no neighbour.
    """
    n, degree, lag = len(z), np.diff(weights.indptr), weights @ z
    rng = np.random.default_rng(seed)
    columns = np.tile(np.arange(n - 1), (n_permutations, 1))
    drawn = rng.permuted(columns, axis=1)[:, : max(int(degree.max()), 1)]
    p_values = np.full(n, np.nan)
    for i in np.flatnonzero(degree):
        others = np.delete(z, i)
        p_values[i] = two_sided(lag[i], others[drawn[:, : degree[i]]].mean(axis=1))
    return p_values


def two_sided(observed: float, null: np.ndarray) -> float:
    """Twice the smaller tail of the permutations, the observed value counted in; at most 1."""
    tail = min((null >= observed - 1e-12).sum(), (null <= observed + 1e-12).sum())
    return float(min(2 * (tail + 1) / (len(null) + 1), 1))
