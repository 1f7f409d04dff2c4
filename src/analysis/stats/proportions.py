"""Intervals for proportions, their difference and their ratio; vectorised over arrays of tables.

Arguments are counts ``x`` of ``n`` (scalars or arrays that broadcast). Each interval is two arrays, the
lower and the upper 95 % limit; they are missing where a denominator is 0. Two groups are also compared pooled over
strata (Mantel–Haenszel), and a share is given of observations that come in clusters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.stats import LEVEL

Z = float(special.ndtri(0.5 + LEVEL / 2))
Array = np.ndarray


def _arrays(*values: ArrayLike) -> list[Array]:
    return [np.asarray(value, dtype=float) for value in np.broadcast_arrays(*values)]


def share(x: ArrayLike, n: ArrayLike) -> Array:
    """x / n, missing where n is 0."""
    x, n = _arrays(x, n)
    return np.divide(x, n, out=np.full(x.shape, np.nan), where=n > 0)


def wilson(x: ArrayLike, n: ArrayLike) -> tuple[Array, Array]:
    """Wilson's score interval for a proportion (Wilson 1927; Newcombe 1998, method 3).

    statsmodels has the same (``proportion_confint``), for one more second of import in every kernel.

    Examples
    --------
    >>> low, high = wilson(81, 263)
    >>> print(low.round(4), high.round(4))
    0.2553 0.3662
    """
    x, n = _arrays(x, n)
    p = share(x, n)
    safe = np.where(n > 0, n, np.nan)
    centre = (x + Z**2 / 2) / (safe + Z**2)
    half = Z * np.sqrt(p * (1 - p) / safe + Z**2 / (4 * safe**2)) / (1 + Z**2 / safe)
    # At 0 and n the limit is 0 and 1 exactly; rounding may leave 1e-18.
    return np.where(x == 0, centre * 0, centre - half), np.where(x == n, 1 + 0 * centre, centre + half)


def newcombe(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike) -> tuple[Array, Array]:
    """Newcombe's hybrid score interval for p1 − p2 (Statistics in Medicine 1998; 17: 873–890, method 10).

    Examples
    --------
    >>> low, high = newcombe(56, 70, 48, 80)
    >>> print(low.round(4), high.round(4))
    0.0524 0.3339
    """
    p1, p2 = share(x1, n1), share(x2, n2)
    (l1, u1), (l2, u2) = wilson(x1, n1), wilson(x2, n2)
    low = p1 - p2 - np.sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2)
    high = p1 - p2 + np.sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2)
    return low, high


def miettinen_nurminen(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike) -> tuple[Array, Array]:
    """Miettinen and Nurminen's score interval for p1 − p2 (Statistics in Medicine 1985; 4: 213–226).

    Not taken from statsmodels: its ``confint_proportions_2indep(method="score")`` raises on ordinary tables
    (on 19 of 60 random ones with groups of 10 to 200), where its root finder meets an undefined value.

    Examples
    --------
    >>> low, high = miettinen_nurminen(9, 10, 3, 10)
    >>> print(low.round(3), high.round(3))
    0.17 0.841
    """
    x1, n1, x2, n2 = _arrays(x1, n1, x2, n2)
    ok = (n1 > 0) & (n2 > 0)
    x1, n1, x2, n2 = (np.where(ok, values, 1.0) for values in (x1, n1, x2, n2))

    def z(delta: Array) -> Array:
        p2 = _restricted_difference(x1, n1, x2, n2, delta)
        p1 = np.clip(p2 + delta, 0, 1)
        return _score(x1 / n1 - x2 / n2 - delta, p1 * (1 - p1) / n1 + p2 * (1 - p2) / n2, n1 + n2)

    centre = x1 / n1 - x2 / n2
    low = _bisect(z, np.full(centre.shape, -1.0), centre, Z)
    high = _bisect(z, centre, np.ones(centre.shape), -Z)
    return np.where(ok, low, np.nan), np.where(ok, high, np.nan)


def koopman(x1: ArrayLike, n1: ArrayLike, x2: ArrayLike, n2: ArrayLike) -> tuple[Array, Array]:
    """Score interval for p1 / p2 (Koopman 1984, with Miettinen and Nurminen's N/(N−1)).

    The lower limit is 0 where x1 = 0, the upper infinite where x2 = 0; both missing where both are 0. Own code
    so that difference and ratio come from one score test, for arrays of tables at once.

    Examples
    --------
    >>> low, high = koopman(36, 40, 16, 80)
    >>> print(low.round(1), high.round(1))
    2.9 7.2
    """
    x1, n1, x2, n2 = _arrays(x1, n1, x2, n2)
    ok = (n1 > 0) & (n2 > 0) & (x1 + x2 > 0)
    x1, n1, x2, n2 = (np.where(ok, values, 1.0) for values in (x1, n1, x2, n2))

    def z(log_ratio: Array) -> Array:
        ratio = np.exp(log_ratio)
        a, b, c = (n1 + n2) * ratio, -((n1 + x2) * ratio + x1 + n2), x1 + x2
        # The smaller root, in the form that does not cancel when the ratio is extreme.
        p2 = np.clip(2 * c / (-b + np.sqrt(np.maximum(b**2 - 4 * a * c, 0))), 0, 1)
        p1 = np.clip(ratio * p2, 0, 1)
        variance = p1 * (1 - p1) / n1 + ratio**2 * p2 * (1 - p2) / n2
        return _score(x1 / n1 - ratio * x2 / n2, variance, n1 + n2)

    wide = np.full(x1.shape, 20.0)
    centre = np.log(np.maximum(x1, 0.5) / n1) - np.log(np.maximum(x2, 0.5) / n2)
    low = np.where(x1 == 0, 0.0, np.exp(_bisect(z, -wide, np.where(x2 == 0, wide, centre), Z)))
    high = np.where(x2 == 0, np.inf, np.exp(_bisect(z, np.where(x1 == 0, -wide, centre), wide, -Z)))
    return np.where(ok, low, np.nan), np.where(ok, high, np.nan)


def _score(numerator: Array, variance: Array, total: Array) -> Array:
    """Score statistic with the N/(N−1) variance; ±infinity where the variance vanishes off the centre."""
    variance = variance * total / np.maximum(total - 1, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = numerator / np.sqrt(variance)
    return np.where(
        variance > 1e-15, z, np.where(np.abs(numerator) < 1e-12, 0.0, np.copysign(np.inf, numerator))
    )


def _restricted_difference(x1: Array, n1: Array, x2: Array, n2: Array, delta: Array) -> Array:
    """Maximum-likelihood p2 under p1 − p2 = delta (closed form of Miettinen and Nurminen's cubic)."""
    total, events = n1 + n2, x1 + x2
    l2 = (n1 + 2 * n2) * delta - total - events
    l1 = (n2 * delta - total - 2 * x2) * delta + events
    l0 = x2 * delta * (1 - delta)
    q = (l2 / (3 * total)) ** 3 - l1 * l2 / (6 * total**2) + l0 / (2 * total)
    radius = np.sqrt(np.maximum((l2 / (3 * total)) ** 2 - l1 / (3 * total), 0))
    p = np.where(q < 0, -radius, radius)
    cosine = np.divide(q, p**3, out=np.zeros_like(q), where=np.abs(p) > 1e-12)
    angle = (np.pi + np.arccos(np.clip(cosine, -1, 1))) / 3
    return np.clip(2 * p * np.cos(angle) - l2 / (3 * total), np.maximum(0, -delta), np.minimum(1, 1 - delta))


def _bisect(function: Callable[[Array], Array], low: Array, high: Array, target: float) -> Array:
    """Where the decreasing ``function`` crosses ``target`` between ``low`` and ``high``."""
    for _ in range(60):
        middle = (low + high) / 2
        above = function(middle) > target
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (low + high) / 2


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


class ClusteredShare(NamedTuple):
    """A share of observations in clusters; the first three are missing where there is no observation."""

    estimate: float
    conf_low: float
    conf_high: float
    numerator: float
    denominator: float
    n_clusters: int


def clustered(hit: ArrayLike, cluster: ArrayLike) -> ClusteredShare:
    """Share of ``hit`` with Wilson's interval on the effective number of observations, given clusters.

    The number is divided by the design effect of the clusters (never below 1, as for a survey; Korn and
    Graubard 1998). Where all or none hit, nothing shows how alike a cluster is: the clusters are counted.
    """
    hits = np.asarray(hit, dtype=float)
    _, codes = np.unique(np.asarray(cluster), return_inverse=True)
    n, x, clusters = len(hits), float(hits.sum()), int(codes.max()) + 1 if len(hits) else 0
    if not n:
        return ClusteredShare(np.nan, np.nan, np.nan, x, n, clusters)
    p, effective = x / n, float(clusters)
    if 0 < p < 1 and clusters > 1:
        residual = np.bincount(codes, hits - p)
        variance = (residual**2).sum() * clusters / (clusters - 1) / n**2
        effective = n / max(variance / (p * (1 - p) / n), 1.0)
    low, high = wilson(p * effective, effective)
    return ClusteredShare(p, float(low), float(high), x, n, clusters)
