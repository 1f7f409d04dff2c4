"""Bootstrap draws as a matrix of weights, so that a statistic is computed for all draws at once.

A draw of n units with replacement is the row of how often each unit was drawn. Sums over a draw are then
one matrix product. Seeded: the same seed gives the same draws on every machine.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.stats import LEVEL

DRAWS = 2_000


def weights(n: int, draws: int = DRAWS, seed: int = 0, *, strata: np.ndarray | None = None) -> np.ndarray:
    """(draws, n) float array: how often each unit is in each draw.

    ``strata``: draw within each stratum, keeping its size.
    """
    rng = np.random.default_rng(seed)
    if strata is None:
        return rng.multinomial(n, np.full(n, 1 / n), size=draws).astype(float)
    result = np.empty((draws, n))
    codes, _ = pd.factorize(np.asarray(strata))
    for code in range(codes.max() + 1):
        members = np.flatnonzero(codes == code)
        chance = np.full(len(members), 1 / len(members))
        result[:, members] = rng.multinomial(len(members), chance, size=draws)
    return result


def interval(values: np.ndarray, axis: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Percentile limits over the draws; draws without a finite value are left out.

    Missing where fewer than nine tenths of the draws are finite: the statistic is then too often
    undefined for its spread to mean anything.
    """
    values = np.where(np.isfinite(values), values, np.nan)
    enough = np.isfinite(values).mean(axis=axis) >= 0.9
    filled = np.where(np.expand_dims(enough, axis), values, 0.0)
    low, high = np.nanquantile(filled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=axis)
    return np.where(enough, low, np.nan), np.where(enough, high, np.nan)
