"""Spatial autocorrelation: Moran's I of many samples at once.

Own code because it takes all samples at once, and an installation needs neither esda nor libpysal for it;
tests compare with esda.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse


def row_standardised(i: np.ndarray, j: np.ndarray, n: int) -> sparse.csr_array:
    """(n, n) weights from pairs of positions; each row sums to 1, or to 0 where there is no neighbour."""
    matrix = sparse.csr_array((np.ones(len(i)), (i, j)), shape=(n, n))
    degree = np.asarray(matrix.sum(axis=1)).ravel()
    scale = np.divide(1, degree, out=np.zeros_like(degree), where=degree > 0)
    return sparse.csr_array(sparse.diags_array(scale) @ matrix)


def morans_i(values: np.ndarray, weights: sparse.csr_array) -> np.ndarray:
    """Moran's I of each row of ``values`` (samples, units); missing where all are alike.

    Examples
    --------
    >>> ring = row_standardised(np.array([0, 1, 2, 3]), np.array([1, 0, 3, 2]), 4)
    >>> morans_i(np.array([[1.0, 1, 0, 0]]), ring)
    array([1.])
    """
    z = values - values.mean(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        return (z * (weights @ z.T).T).sum(axis=1) / (z**2).sum(axis=1) * values.shape[1] / weights.sum()


def two_sided(observed: float, null: np.ndarray) -> float:
    """Twice the smaller tail of the permutations, the observed value counted in; at most 1."""
    tail = min((null >= observed - 1e-12).sum(), (null <= observed + 1e-12).sum())
    return float(min(2 * (tail + 1) / (len(null) + 1), 1))
