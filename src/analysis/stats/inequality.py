"""Concentration index and concentration curve, for many weightings of the same units at once."""

from __future__ import annotations

import numpy as np


def concentration_index(
    amount: np.ndarray, ranking: np.ndarray, size: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Concentration index of ``amount`` along ``ranking`` for each row of ``weights``.

    Twice the mean rank of a unit of the amount, less one; rank is the middle of a tie's span on an axis of
    total ``size``. The Gini coefficient where units are ranked by the amount itself. Missing where a row of
    weights has none of the amount.

    Examples
    --------
    >>> amount, one = np.array([0.0, 0, 0, 0, 0, 7]), np.ones(6)
    >>> concentration_index(amount, amount, one, one[None]).round(3)
    array([0.833])
    """
    part_amount, part_size = _by_rank(amount, ranking, size, weights)
    total_amount = part_amount.sum(axis=1, keepdims=True)
    upto = np.cumsum(part_size, axis=1)
    middle = (upto - part_size / 2) / upto[:, -1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2 * (part_amount / total_amount * middle).sum(axis=1) - 1


def concentration_curve(
    amount: np.ndarray, ranking: np.ndarray, weights: np.ndarray, grid: np.ndarray
) -> np.ndarray:
    """Share of the amount that the lowest-ranked share of the units has.

    Returns
    -------
    array, (rows of weights, points of the grid)
        The Lorenz curve where units are ranked by the amount itself.
    """
    part_amount, part_size = _by_rank(amount, ranking, np.ones(len(amount)), weights)
    x = np.cumsum(part_size, axis=1) / part_size.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.cumsum(part_amount, axis=1) / part_amount.sum(axis=1, keepdims=True)
    return np.array([np.interp(grid, np.r_[0, a], np.r_[0, b]) for a, b in zip(x, y, strict=True)])


def _by_rank(
    amount: np.ndarray, ranking: np.ndarray, size: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted amount and size summed over ties, in the order of the ranking."""
    order = np.argsort(ranking, kind="stable")
    first = np.r_[0, np.flatnonzero(np.diff(ranking[order])) + 1]
    weights = weights[:, order]
    a, b = (np.add.reduceat(weights * values[order], first, axis=1) for values in (amount, size))
    return a, b
