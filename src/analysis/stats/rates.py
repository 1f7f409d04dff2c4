"""Rates of counted events: ratios within strata, and log-linear models for many samples at once."""

from __future__ import annotations

import numpy as np

#: Furthest that a step of Newton's method may move a logarithm.
_STEP = 2.0


def stratified_rate_ratio(x1: np.ndarray, n1: np.ndarray, x2: np.ndarray, n2: np.ndarray) -> np.ndarray:
    """Ratio of the rates x1/n1 and x2/n2 that is common to all strata (the last axis).

    The estimate of a Poisson model with an effect of each stratum, found from the conditional likelihood,
    for any number of samples at once.

    Parameters
    ----------
    x1, x2 : array, (…, strata)
        Events of the two groups.
    n1, n2 : array, (strata,)
        Their exposures (municipalities, inhabitants).

    Returns
    -------
    array, (…)
        0 where the first group has no event in strata with both groups, infinite where the second has none,
        missing where neither has.

    Examples
    --------
    >>> two = np.array([2.0, 3]), np.array([10, 10]), np.array([4.0, 6]), np.array([10, 10])
    >>> float(stratified_rate_ratio(*two).round(6))
    0.5
    """
    x1, x2 = np.asarray(x1, dtype=float), np.asarray(x2, dtype=float)
    both = (np.asarray(n1) > 0) & (np.asarray(n2) > 0)
    x1, x2 = x1[..., both], x2[..., both]
    exposure = np.log(np.asarray(n1, dtype=float)[both] / np.asarray(n2, dtype=float)[both])
    total = x1 + x2
    first, second = x1.sum(axis=-1), x2.sum(axis=-1)
    usable = (first > 0) & (second > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        expected = (total / (1 + np.exp(-exposure))).sum(axis=-1)
        theta = np.where(usable, np.log(first / np.maximum(expected, 1e-300)), 0.0)
        for _ in range(50):
            share = 1 / (1 + np.exp(-(theta[..., None] + exposure)))
            score = first - (total * share).sum(axis=-1)
            information = (total * share * (1 - share)).sum(axis=-1)
            step = np.where(usable, np.clip(score / np.maximum(information, 1e-300), -2, 2), 0.0)
            theta = theta + step
            if np.abs(step).max(initial=0) < 1e-10:
                break
    return np.where(usable, np.exp(theta), np.where(first > 0, np.inf, np.where(second > 0, 0.0, np.nan)))


def poisson(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Coefficients of a log-linear Poisson model for many samples of the response at once.

    Parameters
    ----------
    x : array, (n, k)
        Design with the intercept.
    y : array, (samples, n)
        Counts, which need not be whole numbers.

    Returns
    -------
    array, (samples, k)
        Missing where a sample does not converge.

    Examples
    --------
    >>> poisson(np.ones((4, 1)), np.array([[1.0, 2, 3, 2]])).round(4)
    array([[0.6931]])
    """
    # On an orthogonal basis of the design, where columns of any scale are solved alike.
    basis, triangle = np.linalg.qr(x)
    basis, triangle = basis * np.sqrt(len(x)), triangle / np.sqrt(len(x))
    # The regression of log(y + ½) starts near the solution.
    beta = np.log(y + 0.5) @ basis / len(x)
    squares = np.einsum("ni,nj->nij", basis, basis).reshape(len(x), -1)
    active = np.arange(len(y))
    for _ in range(200):
        mean = np.exp(np.clip(beta[active] @ basis.T, -30, 30))
        information = (mean @ squares).reshape(-1, x.shape[1], x.shape[1])
        information += 1e-9 * mean.sum(axis=1)[:, None, None] * np.eye(x.shape[1])
        step = np.linalg.solve(information, ((y[active] - mean) @ basis)[..., None])[..., 0]
        furthest = np.abs(step @ basis.T).max(axis=1)
        beta[active] += step * np.minimum(1, _STEP / np.maximum(furthest, 1e-300))[:, None]
        active = active[furthest > 1e-9]
        if not len(active):
            break
    beta[active] = np.nan
    return np.linalg.solve(triangle, beta.T).T


def natural_spline(x: np.ndarray, knots: np.ndarray) -> np.ndarray:
    """Columns of a natural cubic spline (linear beyond the outer knots), without the intercept.

    Parameters
    ----------
    x : array, (n,)
    knots : array, (k,)
        In increasing order, at least two.

    Returns
    -------
    array, (n, k - 1)

    Examples
    --------
    >>> natural_spline(np.array([0.0, 1, 2]), np.array([0.0, 2])).ravel().tolist()
    [0.0, 1.0, 2.0]
    """
    x, knots = np.asarray(x, dtype=float), np.asarray(knots, dtype=float)

    def cubic(position: int) -> np.ndarray:
        beyond = np.maximum(x - knots[position], 0) ** 3 - np.maximum(x - knots[-1], 0) ** 3
        return beyond / (knots[-1] - knots[position])

    last = cubic(len(knots) - 2)
    return np.column_stack([x, *(cubic(k) - last for k in range(len(knots) - 2))])


def spline_design(at: np.ndarray, x: np.ndarray, n_knots: int) -> np.ndarray:
    """Intercept and natural spline at some points, with knots at even quantiles of ``x``, (points, n_knots)."""
    knots = np.quantile(x, np.linspace(0.02, 0.98, n_knots))
    return np.column_stack([np.ones(len(at)), natural_spline(at, knots)])


def without_each(
    fitted: np.ndarray,
    x: np.ndarray,
    count: np.ndarray,
    parts: np.ndarray,
    dispersion: float = 0.0,
    offset: np.ndarray | float = 0.0,
) -> np.ndarray:
    """Coefficients of a log-linear model of counts without each part of the counts, by Fisher scoring.

    Parameters
    ----------
    fitted : array, (k,)
        Coefficients for all of the counts.
    x : array, (n, k)
    count : array, (n,)
    parts : array, (parts, n)
        What is left out of the counts, part by part.
    dispersion : float
        Of the negative binomial (NB2), kept as it is; 0 is Poisson.
    offset : array, (n,)

    Returns
    -------
    array, (parts, k)

    Examples
    --------
    >>> one = np.ones((2, 1))
    >>> float(np.exp(without_each(np.log([3.0]), one, np.array([2.0, 4.0]), np.array([[1.0, 0.0]]))[0, 0]).round(2))
    2.5
    """
    beta, k = np.tile(fitted, (len(parts), 1)), x.shape[1]
    squares = (x[:, :, None] * x[:, None, :]).reshape(len(x), k * k)
    for _ in range(2):  # the start is near: more steps change nothing that is printed
        mean = np.exp(beta @ x.T + offset)
        weight = 1 / (1 + dispersion * mean)
        score = ((count - parts - mean) * weight) @ x
        beta = beta + np.linalg.solve(((mean * weight) @ squares).reshape(-1, k, k), score[..., None])[..., 0]
    return beta
