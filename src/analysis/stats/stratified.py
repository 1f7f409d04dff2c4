"""Comparison of two groups pooled over strata (Mantel–Haenszel)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike


class MantelHaenszel(NamedTuple):
    """Pooled difference and ratio of two proportions.

    ``x1`` of ``n1`` are the group's counts in the strata that hold both groups, ``n`` everybody there.
    ``difference`` is missing without such a stratum, ``ratio`` without an event outside the group; a ratio of
    0 has no ``log_ratio_error``.
    """

    n: int
    x1: float
    n1: float
    difference: float
    difference_error: float
    ratio: float
    log_ratio_error: float


def mantel_haenszel(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike) -> MantelHaenszel:
    """Difference and ratio of x1/n1 and x2/n2, arrays over strata, pooled.

    Standard errors: Sato (Biometrics 1989; 45: 1323–1324) for the difference, Greenland and Robins (Biometrics
    1985; 41: 55–68) for the ratio; both hold for many small strata. statsmodels' ``StratifiedTable`` has
    neither the difference nor this error of the ratio.

    Examples
    --------
    >>> pooled = mantel_haenszel([8, 22], [106, 98], [5, 16], [120, 85])
    >>> print(round(pooled.difference, 3), round(pooled.ratio, 2))
    0.035 1.33
    """
    a, n1, b, n2 = (np.asarray(values, dtype=float) for values in (x1, n1, x2, n2))
    both = (n1 > 0) & (n2 > 0)
    a, n1, b, n2 = a[both], n1[both], b[both], n2[both]
    total = n1 + n2
    if not both.any():
        return MantelHaenszel(0, 0.0, 0.0, np.nan, np.nan, np.nan, np.nan)
    weight = (n1 * n2 / total).sum()
    difference = ((a * n2 - b * n1) / total).sum() / weight
    p = ((n1**2 * b - n2**2 * a + n1 * n2 * (n2 - n1) / 2) / total**2).sum()
    q = ((a * (n2 - b) + b * (n1 - a)) / (2 * total)).sum()
    difference_error = np.sqrt(max(difference * p + q, 0)) / weight
    r, s = (a * n2 / total).sum(), (b * n1 / total).sum()
    ratio = r / s if s else np.nan
    error = np.nan
    if r and s:
        variance = ((n1 * n2 * (a + b) - a * b * total) / total**2).sum() / (r * s)
        error = np.sqrt(max(variance, 0))
    return MantelHaenszel(int(total.sum()), a.sum(), n1.sum(), difference, difference_error, ratio, error)
