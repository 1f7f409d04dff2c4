"""Proportional hazards in whole years, where the year of an event may be known only to lie between two.

Each year has an effect of its own, so that years of much recording do not bend the ratio, and so has each
stratum. Own code because statsmodels' binomial model with a complementary log-log link takes events of one year
only.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class HazardFit(NamedTuple):
    """Log hazard ratios of the columns of ``x``, their cluster-robust standard errors, and whether it converged."""

    beta: np.ndarray
    std_error: np.ndarray
    converged: bool


def fit(
    entry: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    event: np.ndarray,
    x: np.ndarray,
    strata: np.ndarray | None = None,
    clusters: np.ndarray | None = None,
) -> HazardFit:
    """Maximum likelihood of the grouped-time proportional hazards model.

    Parameters
    ----------
    entry : array of int, (n,)
        First year at risk.
    low, high : array of int, (n,)
        The event came in one of these years and those between; without an event ``high`` is the last year at risk.
    event : array of bool, (n,)
    x : array, (n, k)
        Covariates.
    strata : array, (n,), optional
        Each value has its own level; those without any event say nothing and are left out.
    clusters : array, (n,), optional
        Standard errors are robust to dependence within these; each unit by itself where None.

    Returns
    -------
    HazardFit

    Examples
    --------
    >>> year, event = np.array([1, 1, 2, 2, 2, 2]), np.array([True, True, True, True, False, False])
    >>> found = fit(np.ones(6, int), year, year, event, np.array([[0.0], [0], [1], [0], [1], [1]]))
    >>> bool(found.beta[0] < 0) and found.converged
    True
    """
    strata = np.zeros(len(x), int) if strata is None else np.unique(strata, return_inverse=True)[1]
    kept = np.bincount(strata, event)[strata] > 0
    entry, low, high, event, x, strata = (v[kept] for v in (entry, low, high, event, x, strata))
    clusters = (
        np.arange(len(x))
        if clusters is None
        else np.unique(np.asarray(clusters)[kept], return_inverse=True)[1]
    )
    years = np.arange(entry.min(), high.max() + 1)
    came = event[:, None] & (low[:, None] <= years) & (years <= high[:, None])
    until = np.where(event, low - 1, high)
    survived = (entry[:, None] <= years) & (years <= until[:, None])
    possible = came.any(axis=0)
    came, survived = came[:, possible].astype(float), survived[:, possible].astype(float)
    levels = np.unique(strata)
    design = np.column_stack([x - x.mean(axis=0), strata[:, None] == levels[None, 1:]]).astype(float)
    k, n_years = x.shape[1], came.shape[1]

    def scores(theta: np.ndarray) -> tuple[float, np.ndarray]:
        """Log likelihood, and each unit's derivative by every parameter."""
        hazard = np.exp(np.clip(theta[:n_years] + (design @ theta[n_years:])[:, None], -30, 10))
        inside = (came * hazard).sum(axis=1)
        chance = -np.expm1(-np.maximum(inside, 1e-12))
        value = np.log(chance[event]).sum() - (survived * hazard).sum()
        slope = np.where(event, (1 - chance) / chance, 0)
        each = (slope[:, None] * came - survived) * hazard
        return value, np.column_stack([each, each.sum(axis=1)[:, None] * design])

    def loss(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, each = scores(theta)
        return -value, -each.sum(axis=0)

    share = (came / np.maximum(came.sum(axis=1), 1)[:, None]).sum(axis=0) / np.maximum(
        (came + survived).sum(axis=0), 1
    )
    start = np.r_[np.log(np.maximum(share, 1e-4)), np.zeros(design.shape[1])]
    from scipy import optimize  # slow to import, and most readers of this module never use it

    found = optimize.minimize(loss, start, jac=True, method="BFGS", options={"gtol": 1e-4, "maxiter": 400})
    theta, step = found.x, 1e-5
    bread = np.empty((len(theta), len(theta)))
    for j in range(len(theta)):
        shift = np.zeros(len(theta))
        shift[j] = step
        bread[j] = (loss(theta + shift)[1] - loss(theta - shift)[1]) / (2 * step)
    inverse = np.linalg.pinv((bread + bread.T) / 2)
    each = scores(theta)[1]
    groups = clusters.max() + 1
    summed = np.zeros((groups, len(theta)))
    np.add.at(summed, clusters, each)
    # The correction for few clusters and for the parameters spent on years and strata, as in Stata and statsmodels.
    correction = groups / max(groups - 1, 1) * (len(x) - 1) / max(len(x) - len(theta), 1)
    cov = inverse @ (summed.T @ summed) @ inverse * correction
    at = slice(n_years, n_years + k)
    gradient = np.abs(loss(theta)[1]).max()
    return HazardFit(theta[at], np.sqrt(np.diag(cov)[at]), bool(gradient < 1e-2))
