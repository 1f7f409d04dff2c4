"""How many were never seen? Estimates from how often those that were seen were seen.

The counts are of units (species, municipalities), one number for each unit: how often it was recorded. Every
estimator assumes that records are independent of each other and that the register is a sample of them; where
one record brings several units (joint projects) the standard errors are too small.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.stats.proportions import Z
from analysis.stats.resample import generator


class Richness(NamedTuple):
    """Number of units seen and unseen: estimate, 95 % limits, standard error, and those seen."""

    estimate: float
    conf_low: float
    conf_high: float
    std_error: float
    observed: int


def chao1(counts: ArrayLike) -> Richness:
    """Chao's lower bound of the number of units, from those seen once and twice (Chao 1984, 1987).

    Parameters
    ----------
    counts : array of int
        Records of each unit; zeros are passed over.

    Returns
    -------
    Richness
        Corrected for bias: f1(f1 − 1) / 2(f2 + 1) unseen units instead of f1² / 2 f2, which does not exist where
        f2 is 0. Limits by the log-normal transformation of the unseen (Chao 1987), as in EstimateS and scikit-bio.

    Examples
    --------
    >>> chao1([0, 1, 1, 4, 2, 5, 2, 4, 1, 2]).estimate
    9.75
    """
    values = _seen(counts)
    seen, once, twice = len(values), int((values == 1).sum()), int((values == 2).sum())
    if not once:
        return _nothing_once(seen, float(values.sum()))
    unseen = once * (once - 1) / (2 * (twice + 1))
    if twice:
        variance = (
            unseen
            + once * (2 * once - 1) ** 2 / (4 * (twice + 1) ** 2)
            + once**2 * twice * (once - 1) ** 2 / (4 * (twice + 1) ** 4)
        )
    else:
        variance = unseen + once * (2 * once - 1) ** 2 / 4 - once**4 / (4 * (seen + unseen))
    return _log_normal(seen, unseen, variance)


def zero_truncated_poisson(counts: ArrayLike) -> Richness:
    """Number of units if all are recorded equally often (a Poisson law), from the mean of those seen.

    Too low where some are recorded more often than others. Variance: van der Heijden and others (2003).

    Examples
    --------
    >>> round(zero_truncated_poisson([1] * 53 + [2] * 18 + [3] * 3 + [4] * 2 + [5, 5]).estimate)
    136
    """
    values = _seen(counts)
    seen = len(values)
    mean = values.mean() if seen else np.nan
    if not mean > 1:
        return _undefined(seen)
    from scipy import optimize  # slow to import, and most readers of this module never use it

    rate = optimize.brentq(lambda value: value - mean * -np.expm1(-value), 1e-12, mean)
    total = seen / -np.expm1(-rate)
    return _log_normal(seen, total - seen, total / (np.expm1(rate) - rate))


def zero_truncated_geometric(counts: ArrayLike) -> Richness:
    """Number of units if what they do varies as an exponential law (a geometric count), from the mean.

    Examples
    --------
    >>> zero_truncated_geometric([1, 1, 2, 4]).estimate
    8.0
    """
    values = _seen(counts)
    seen, records = len(values), float(values.sum())
    if not records > seen:
        return _undefined(seen)
    chance = seen / records  # a count ends with this chance
    total = seen / (1 - chance)
    # Binomial variance of those seen, and that of the chance (delta method).
    variance = (
        total * chance / (1 - chance) + (seen / (1 - chance) ** 2) ** 2 * chance**2 * (1 - chance) / seen
    )
    return _log_normal(seen, total - seen, variance)


def rarefaction(counts: ArrayLike, n_projects: int, kept: ArrayLike) -> np.ndarray:
    """Chance that each unit is still seen when only some of the projects are kept, drawn without replacement.

    Parameters
    ----------
    counts : array of int, (units,)
        Projects of each unit.
    n_projects : int
        All projects.
    kept : array of int, (sizes,)
        How many projects are kept.

    Returns
    -------
    array, (sizes, units)

    Examples
    --------
    >>> rarefaction([0, 1, 2], 4, [2, 4]).round(4)
    array([[0.    , 0.5   , 0.8333],
           [0.    , 1.    , 1.    ]])
    """
    counts, size = np.asarray(counts, dtype=float), np.asarray(kept, dtype=float)[:, None]
    rest = n_projects - counts
    possible = rest >= size
    with np.errstate(invalid="ignore"):
        missed = (
            special.gammaln(rest + 1)
            - special.gammaln(np.maximum(rest - size, 0) + 1)
            - special.gammaln(n_projects + 1)
            + special.gammaln(n_projects - size + 1)
        )
    return np.where(possible, np.abs(np.expm1(np.minimum(missed, 0))), 1.0)


def thinned(n_projects: int, kept: int, n_resamples: int, seed: int = 0) -> np.ndarray:
    """Which projects are kept in each of ``n_resamples`` draws without replacement, (n_resamples, n_projects).

    Examples
    --------
    >>> thinned(5, 2, 3).sum(axis=1).tolist()
    [2.0, 2.0, 2.0]
    """
    rng = generator(n_resamples, seed, kept)
    order = rng.random((n_resamples, n_projects)).argsort(axis=1)
    return (order < kept).astype(float)


def _nothing_once(seen: int, records: float) -> Richness:
    """All that there are were seen; the limits are those of a sample of this size (EstimateS)."""
    if not seen:
        return Richness(0.0, 0.0, 0.0, 0.0, 0)
    missed = float(np.exp(-records / seen))
    share = 1 - missed
    half = Z * np.sqrt(seen * missed / share) / share
    low, high = max(float(seen), seen / share - half), seen / share + half
    return Richness(float(seen), float(low), float(high), float(np.sqrt(seen * missed * share)), seen)


def _seen(counts: ArrayLike) -> np.ndarray:
    values = np.asarray(counts)
    return values[values > 0]


def _undefined(seen: int) -> Richness:
    nan = float("nan")
    return Richness(nan, nan, nan, nan, seen)


def _log_normal(seen: int, unseen: float, variance: float) -> Richness:
    """Limits from the log-normal law of the unseen, which keeps them above those seen."""
    variance = max(float(variance), 0.0)
    if unseen <= 0:
        return Richness(float(seen), float(seen), float(seen), float(np.sqrt(variance)), seen)
    factor = np.exp(Z * np.sqrt(np.log1p(variance / unseen**2)))
    return Richness(
        float(seen + unseen),
        float(seen + unseen / factor),
        float(seen + unseen * factor),
        float(np.sqrt(variance)),
        seen,
    )
