"""Logit for many weightings of the same data at once (bootstrap draws), by Firth's penalised likelihood.

Firth's estimate exists for every draw, also where a draw separates the outcome, and has less bias than
the likelihood's in small samples.
"""

from __future__ import annotations

import numpy as np

_STEP = 3.0


def firth_logit(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, iterations: int = 60, tolerance: float = 1e-7
) -> np.ndarray:
    """(draws, columns of x) coefficients; rows of missing values where a draw does not converge.

    ``x`` (n, k) with intercept, ``y`` (n,) of 0 and 1, ``weights`` (draws, n).
    """
    draws, k = len(weights), x.shape[1]
    squares = np.einsum("ni,nj->nij", x, x).reshape(len(x), k * k)
    beta = np.zeros((draws, k))
    active = np.arange(draws)
    # A draw whose weighted columns are collinear has no estimate at all.
    gram = (weights @ squares).reshape(draws, k, k)
    diagonal = np.sqrt(np.maximum(np.einsum("bii->bi", gram), 1e-300))
    usable = np.linalg.cond(gram / diagonal[:, :, None] / diagonal[:, None, :]) < 1e10
    beta[~usable] = np.nan
    active = active[usable]
    for _ in range(iterations):
        if not len(active):
            break
        w, b = weights[active], beta[active]
        p = 1 / (1 + np.exp(-np.clip(b @ x.T, -30, 30)))
        variance = w * p * (1 - p)
        information = (variance @ squares).reshape(-1, k, k)
        inverse = np.linalg.inv(information)
        hat = variance * (inverse.reshape(-1, k * k) @ squares.T)
        score = (w * (y - p) + hat * (0.5 - p)) @ x
        step = np.einsum("bij,bj->bi", inverse, score)
        longest = np.abs(step).max(axis=1)
        beta[active] = b + step * np.minimum(1, _STEP / np.maximum(longest, 1e-300))[:, None]
        active = active[longest > tolerance]
    beta[active] = np.nan
    return beta
