"""Rates of many small areas that borrow strength from each other, and corrections for many tests.

Each area's rate is drawn towards what is usual among the areas, the more so the fewer observations
it has. How alike the areas are is estimated from all of them; the intervals allow for the uncertainty of
that (the law of the areas is averaged over its likelihood on a grid, not fixed at its best value).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import special, stats

from analysis.stats import LEVEL

_GRID = 40
#: Points of the grid with less weight than this, against the best one, are left out.
_NEGLIGIBLE = 1e-4


class Shrunken(NamedTuple):
    """Estimates and 95 % limits of the areas, the usual value among them, and their coefficient of variation."""

    estimate: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    centre: float
    spread: float


def gamma_poisson(x: ArrayLike, exposure: ArrayLike) -> Shrunken:
    """Rates x/exposure of areas whose true rates follow a gamma law.

    Parameters
    ----------
    x, exposure : array, (areas,)
        Events (need not be whole numbers) and municipalities, inhabitants, … of each area.

    Returns
    -------
    Shrunken

    Examples
    --------
    >>> found = gamma_poisson([0, 4, 20], [10, 10, 10])
    >>> bool((found.estimate > [0, 0.4, 0]).all() and found.estimate[2] < 2)
    True
    """
    x, exposure = np.asarray(x, dtype=float), np.asarray(exposure, dtype=float)
    overall = max(x.sum(), 0.5) / exposure.sum()
    centre, variation = overall * np.exp(np.linspace(-2.5, 2.5, _GRID)), _points(0.02, 2.5)
    mean, spread = (grid.ravel() for grid in np.meshgrid(centre, variation, indexing="ij"))
    shape = 1 / spread**2
    after_shape, after_rate = shape[:, None] + x, (shape / mean)[:, None] + exposure
    likelihood = (
        special.gammaln(after_shape)
        - special.gammaln(shape)[:, None]
        + shape[:, None] * np.log(shape / mean)[:, None]
        - after_shape * np.log(after_rate)
    ).sum(axis=1)
    weight, kept = _weights(likelihood)
    after_shape, after_rate, mean, spread = after_shape[kept], after_rate[kept], mean[kept], spread[kept]
    top = 3 * (x / exposure + overall) + 30 / exposure
    low, high = _mixture_limits(lambda at: special.gammainc(after_shape, after_rate * at), weight, top)
    return Shrunken(
        weight @ (after_shape / after_rate), low, high, float(weight @ mean), float(weight @ spread)
    )


def effective(x: ArrayLike, squares: ArrayLike, exposure: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Counts and exposures divided by how many events come together.

    Where projects bring c events at once, the variance of their sum is the sum of c², not of c.

    Parameters
    ----------
    x, squares : array, (areas,)
        Sum of c and of c² over the projects of each area.
    exposure : array, (areas,)

    Returns
    -------
    tuple of array
        Effective events and exposures, with the same rates; areas without events take the common divisor.

    Examples
    --------
    >>> effective([4, 0], [8, 0], [10, 10])
    (array([2., 0.]), array([5., 5.]))
    """
    x, squares, exposure = (np.asarray(values, dtype=float) for values in (x, squares, exposure))
    common = squares.sum() / x.sum() if x.sum() else 1.0
    divisor = np.where(x > 0, np.divide(squares, x, out=np.ones_like(x), where=x > 0), common)
    return x / divisor, exposure / divisor


def adjust(p_values: ArrayLike, method: Literal["holm", "bh"] = "holm") -> np.ndarray:
    """P-values corrected for how many there are; missing ones stay missing and do not count.

    Parameters
    ----------
    p_values : array
    method : {"holm", "bh"}
        Holm's step-down correction (the chance of any false rejection), or the false discovery rate of
        Benjamini and Hochberg.

    Examples
    --------
    >>> adjust([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    >>> adjust([0.01, 0.04, 0.03], "bh").round(2).tolist()
    [0.03, 0.04, 0.04]
    """
    values = np.asarray(p_values, dtype=float)
    result = np.full(values.shape, np.nan)
    known = np.isfinite(values)
    found = values[known]
    if method == "bh":
        result[known] = stats.false_discovery_control(found) if len(found) else found
        return result
    order = found.argsort()
    stepped = np.maximum.accumulate(found[order] * np.arange(len(found), 0, -1))
    corrected = np.empty(len(found))
    corrected[order] = np.minimum(stepped, 1)
    result[known] = corrected
    return result


def _points(low: float, high: float) -> np.ndarray:
    """Points that divide an interval evenly on its square root, closer where it begins."""
    return np.linspace(np.sqrt(low), np.sqrt(high), _GRID) ** 2


def _weights(likelihood: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of the points that count, and which they are."""
    weight = np.exp(likelihood - likelihood.max())
    kept = weight > _NEGLIGIBLE
    return weight[kept] / weight[kept].sum(), kept


def _mixture_limits(
    cdf: Callable[[np.ndarray], np.ndarray], weight: np.ndarray, top: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where the weighted distribution functions reach 2.5 and 97.5 %, by bisection from 0 to ``top``."""
    limits = []
    for level in ((1 - LEVEL) / 2, (1 + LEVEL) / 2):
        low, high = np.zeros(len(top)), top.copy()
        for _ in range(40):
            middle = (low + high) / 2
            below = weight @ cdf(middle) < level
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        limits.append((low + high) / 2)
    return limits[0], limits[1]
