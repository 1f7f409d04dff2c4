"""Bootstrap resamples as a matrix of weights, so that a statistic is computed for all of them at once.

A resample of n units with replacement is the row of how often each unit was drawn. Sums over a resample are
then one matrix product. The same seed gives the same resamples on every machine.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.stats import LEVEL

N_RESAMPLES = 2_000


def weights(
    n: int, n_resamples: int = N_RESAMPLES, seed: int = 0, *, strata: np.ndarray | None = None
) -> np.ndarray:
    """How often each of ``n`` units is in each resample; the first row is the sample itself.

    Parameters
    ----------
    n, n_resamples, seed : int
    strata : array, optional
        Resample within each stratum, keeping its size.

    Returns
    -------
    array of float, (1 + n_resamples, n)
        Row 0 is all ones: a statistic computed for all rows has the estimate first.

    Examples
    --------
    >>> weights(3, n_resamples=2, seed=1)
    array([[1., 1., 1.],
           [1., 2., 0.],
           [0., 3., 0.]])
    """
    rng = np.random.default_rng(seed)
    result = np.ones((1 + n_resamples, n))
    codes = np.zeros(n, int) if strata is None else pd.factorize(np.asarray(strata))[0]
    for code in range(codes.max(initial=-1) + 1):
        members = np.flatnonzero(codes == code)
        chance = np.full(len(members), 1 / len(members))
        result[1:, members] = rng.multinomial(len(members), chance, size=n_resamples)
    return result


def interval(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Percentile limits over the resamples: rows 1 and on of ``values``, whose row 0 is the estimate.

    Values that are not finite are left out. The limits are missing where fewer than nine tenths are finite:
    the statistic is then too often undefined for its spread to mean anything.
    """
    values = np.where(np.isfinite(values[1:]), values[1:], np.nan)
    enough = np.isfinite(values).mean(axis=0) >= 0.9
    filled = np.where(enough, values, 0.0)
    low, high = np.nanquantile(filled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)
