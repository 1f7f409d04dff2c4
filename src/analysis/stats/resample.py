"""Intervals for functions of totals, from resampling the units (projects, web sites, …) that add to them.

A unit adds a row of numbers to the totals: a joint project adds participations of several municipalities at
once. Resampling whole units keeps together what was recorded together, which resampling municipalities does
not. Every resample's totals come from one matrix product.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

import numpy as np
from scipy import special

from analysis.errors import one_of, whole_number
from analysis.stats import TAILS

N_RESAMPLES = 2_000
#: Below this share of resamples with a finite value, their spread means nothing.
MIN_FINITE = 0.9

Method = Literal["bca", "percentile"]
Statistic = Callable[[np.ndarray], np.ndarray]


class Interval(NamedTuple):
    """Estimate, 95 % limits and standard error (over the resamples), each of the statistic's shape."""

    estimate: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    std_error: np.ndarray


def generator(n_resamples: int, seed: int, *more: int) -> np.random.Generator:
    """The generator of this seed (and of more numbers); refuses a seed or a number of resamples that is none.

    Examples
    --------
    >>> bool(generator(9, 1).random() == np.random.default_rng(1).random())
    True
    """
    whole_number("n_resamples", n_resamples, 1)
    return np.random.default_rng([whole_number("seed", seed), *more])


@lru_cache(maxsize=8)
def multiplicities(n: int, n_resamples: int = N_RESAMPLES, seed: int = 0) -> np.ndarray:
    """How often each of ``n`` units is drawn in each resample with replacement.

    Returns
    -------
    array of float, (n_resamples, n)
        Rows sum to ``n``; read-only. The same seed gives the same rows on every machine.

    Examples
    --------
    >>> multiplicities(3, n_resamples=2, seed=1)
    array([[1., 2., 0.],
           [0., 3., 0.]])
    """
    drawn = generator(n_resamples, seed).multinomial(n, np.full(n, 1 / n), size=n_resamples).astype(float)
    drawn.flags.writeable = False
    return drawn


def sum_by_cluster(contributions: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Sums of the rows of ``contributions`` (units, totals) that share a cluster, (clusters, totals).

    Examples
    --------
    >>> sum_by_cluster(np.array([[1.0, 0], [2, 1], [4, 0]]), np.array(["a", "b", "a"]))
    array([[5., 0.],
           [2., 1.]])
    """
    labels, codes = np.unique(np.asarray(clusters), return_inverse=True)
    result = np.zeros((len(labels), contributions.shape[1]))
    np.add.at(result, codes, contributions)
    return result


def interval(
    contributions: np.ndarray,
    statistic: Statistic,
    *,
    method: Method = "bca",
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Bootstrap interval of a statistic of totals.

    Parameters
    ----------
    contributions : array, (units, totals)
        What each unit adds to each total.
    statistic : callable
        Maps totals (…, totals) to values (…) or (…, values). Values that are not finite are left out.
    method : {"bca", "percentile"}
        Bias-corrected and accelerated (Efron 1987), or plain percentiles.
    n_resamples, seed : int

    Returns
    -------
    Interval
        Limits are missing where fewer than nine tenths of the resamples give a finite value, or where there
        are fewer than two units.

    Examples
    --------
    >>> each = np.column_stack([[1, 0, 2, 1, 0, 1, 3, 1.0], [2, 1, 1, 4, 2, 3, 1, 2.0]])
    >>> found = interval(each, lambda totals: totals[..., 0] / totals[..., 1])
    >>> float(found.estimate), bool(found.conf_low < 0.5625 < found.conf_high)
    (0.5625, True)
    """
    one_of("method", method, get_args(Method))
    contributions = np.asarray(contributions, dtype=float)
    n, totals = len(contributions), contributions.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = np.asarray(statistic(totals), dtype=float)
        if n < 2:
            missing = np.full(estimate.shape, np.nan)
            return Interval(estimate, missing, missing, missing)
        values = statistic(multiplicities(n, n_resamples, seed) @ contributions)
        left_out = np.asarray(statistic(totals - contributions), dtype=float)
    finite = np.isfinite(values)
    enough = finite.mean(axis=0) >= MIN_FINITE
    values = np.where(finite, values, np.nan)
    values[..., ~enough] = 0.0
    if method == "bca":
        low, high = _bca(estimate, values, left_out)
    else:
        low, high = np.nanquantile(values, TAILS, axis=0)
    std_error = np.nanstd(values, axis=0, ddof=1)
    return Interval(estimate, *(np.where(enough, found, np.nan) for found in (low, high, std_error)))


def jackknife_error(left_out: np.ndarray) -> np.ndarray:
    """Standard error of a statistic from its values without each unit, (units, …).

    Examples
    --------
    >>> float(jackknife_error(np.array([1.0, 2.0, 3.0])).round(4))
    1.1547
    """
    n = len(left_out)
    if n < 2:
        return np.full(left_out.shape[1:], np.nan)
    return np.sqrt((n - 1) / n * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))


def _bca(estimate: np.ndarray, values: np.ndarray, left_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    shape = values.shape[1:]
    values = np.sort(values.reshape(len(values), -1), axis=0)  # missing values come last
    known = np.isfinite(values).sum(axis=0)
    centre = np.nan_to_num(estimate.reshape(-1))
    below = ((values < centre).sum(axis=0) + (values <= centre).sum(axis=0)) / 2 / known
    bias = special.ndtri(np.clip(below, 1 / (known + 1), known / (known + 1)))
    left_out = left_out.reshape(len(left_out), -1)
    with np.errstate(divide="ignore", invalid="ignore"):
        pull = np.where(np.isfinite(left_out), np.nanmean(left_out, axis=0) - left_out, 0)
        bend = np.nan_to_num((pull**3).sum(axis=0) / (6 * (pull**2).sum(axis=0) ** 1.5))
    limits = []
    for level in TAILS:
        z = bias + special.ndtri(level)
        share = special.ndtr(bias + z / np.maximum(1 - bend * z, 1e-9))
        # Linear interpolation between the order statistics, as in numpy's quantile.
        at = share * (known - 1)
        floor = np.floor(at).astype(int)
        ceiling = np.minimum(floor + 1, known - 1)
        columns = np.arange(values.shape[1])
        lower, upper = values[floor, columns], values[ceiling, columns]
        limits.append((lower + (at - floor) * (upper - lower)).reshape(shape))
    return limits[0], limits[1]


def ratio(numerator: float = 1.0, denominator: float = 1.0) -> Statistic:
    """First total over ``numerator``, over second total over ``denominator``: a ratio of two rates.

    Examples
    --------
    >>> float(ratio(173, 184)(np.array([116, 366])).round(3))
    0.337
    """
    return lambda totals: (totals[..., 0] / numerator) / (totals[..., 1] / denominator)


def difference(numerator: float = 1.0, denominator: float = 1.0) -> Statistic:
    """First total over ``numerator``, minus second total over ``denominator``: a difference of two rates."""
    return lambda totals: totals[..., 0] / numerator - totals[..., 1] / denominator


def upper_limit_of_none(n_units: int, exposure: float) -> float:
    """Upper 97.5 % limit of a rate whose total is 0.

    No resample of such units holds anything else than 0. The limit is that of the chance that a unit adds
    one to the total, seen in none of ``n_units`` (Clopper and Pearson 1934), times them, over the exposure.

    Parameters
    ----------
    n_units : int
    exposure : float

    Examples
    --------
    >>> round(upper_limit_of_none(100, 200), 4)
    0.0181
    """
    if not n_units or not exposure:
        return float("inf")
    return float((1 - TAILS[0] ** (1 / n_units)) * n_units / exposure)


def upper_ratio_of_none(n_units: int, others: float) -> float:
    """Upper 97.5 % limit of a ratio of totals whose first total is 0: units add to the one or to the other.

    That all of ``n_units`` add to the others says how large the odds may be that one adds to the first, and no
    more of the others' own total than that they are so many. Where each adds one, this is the exact limit of the
    ratio of two Poisson numbers; where some add to both, it is wider than need be.

    Parameters
    ----------
    n_units : int
    others : float
        The second total.

    Examples
    --------
    >>> round(upper_ratio_of_none(6, 6), 4)  # R: poisson.test(c(0, 6))$conf.int
    0.8493
    """
    if not n_units or not others:
        return float("inf")
    return float((TAILS[0] ** (-1 / n_units) - 1) * n_units / others)
