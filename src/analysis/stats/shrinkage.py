"""Estimates of many areas that borrow strength from each other, and corrections for many tests.

Each area's estimate is drawn towards what is usual among the areas, the more so the less certain it is. How alike
the areas are is estimated from all of them, and the limits allow for the uncertainty of that.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from analysis.stats.proportions import Z

#: Fewer areas cannot tell how alike they are.
MIN_AREAS = 4


class Shrunken(NamedTuple):
    """Estimates and 95 % limits of the areas, the usual value among them, and the variance between them."""

    estimate: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray
    centre: float
    variance: float


def towards_usual(estimate: ArrayLike, error: ArrayLike) -> Shrunken:
    """Estimates of areas whose true values follow a normal law, drawn towards its mean.

    Parametric empirical Bayes (Morris 1983): the variance between areas is Paule and Mandel's, the shrinkage is
    corrected for its being estimated, and so are the limits. They hold the truth of 95 of 100 areas; those of a
    single area far from the others hold it less often.

    Parameters
    ----------
    estimate, error : array, (areas,)
        Estimates and their standard errors, of at least ``MIN_AREAS`` areas.

    Returns
    -------
    Shrunken

    Examples
    --------
    >>> found = towards_usual([0, 1, 2, 3, 4], [1, 1, 1, 1, 1])
    >>> found.estimate.round(1).tolist(), found.centre
    ([0.4, 1.2, 2.0, 2.8, 3.6], 2.0)
    """
    estimate, own = np.asarray(estimate, dtype=float), np.square(np.asarray(error, dtype=float))
    n = len(estimate)
    if n < MIN_AREAS:
        raise ValueError(f"{n} areas cannot tell how alike they are: {MIN_AREAS} are needed.")
    # Slow to import, and most readers of this module never use it.
    from statsmodels.stats.meta_analysis import combine_effects

    between = float(combine_effects(estimate, own, method_re="iterated").tau2)
    weight = 1 / (own + between)
    centre = float(weight @ estimate / weight.sum())
    drawn = (n - 3) / (n - 1) * own * weight
    distance = estimate - centre
    known = own * (1 - (1 - weight / weight.sum()) * drawn)
    typical = weight @ own / weight.sum()
    unknown = 2 / (n - 3) * drawn**2 * (typical + between) * weight * distance**2
    middle, half = estimate - drawn * distance, Z * np.sqrt(known + unknown)
    return Shrunken(middle, middle - half, middle + half, centre, between)


def adjust(p_values: ArrayLike) -> np.ndarray:
    """P-values corrected for how many there are (Holm's step-down); missing ones stay missing and do not count.

    Examples
    --------
    >>> adjust([0.01, 0.04, 0.03]).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.array(p_values, dtype=float)
    known = np.isfinite(values)
    if known.any():
        # Slow to import, and most readers of this module never use it.
        from statsmodels.stats.multitest import multipletests

        values[known] = multipletests(values[known], method="holm")[1]
    return values
