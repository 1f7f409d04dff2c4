"""Concentration index and concentration curve."""

from __future__ import annotations

import numpy as np


def middle_rank(ranking: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Middle of each unit's span on an axis from 0 to 1 of total ``size``; units that tie share theirs.

    The concentration index is twice the mean rank of a unit of an amount, less one; the Gini coefficient where units
    are ranked by the amount itself.

    Examples
    --------
    >>> amount = np.array([0.0, 0, 0, 0, 0, 7])
    >>> float((2 * (amount / 7) @ middle_rank(amount, np.ones(6)) - 1).round(3))
    0.833
    """
    _, tie = np.unique(ranking, return_inverse=True)
    width = np.bincount(tie, size)
    return ((np.cumsum(width) - width / 2) / width.sum())[tie]


def below(ranking: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Part of each unit's amount that lies among the lowest-ranked share of the units, (units, points of the grid).

    Units that tie stand beside each other. A concentration curve is the mean of a column weighted by the amount; the
    Lorenz curve where units are ranked by the amount itself.

    Examples
    --------
    >>> below(np.array([5, 1, 5, 9]), np.array([0.25, 0.5, 1])).tolist()
    [[0.0, 0.5, 1.0], [1.0, 1.0, 1.0], [0.0, 0.5, 1.0], [0.0, 0.0, 1.0]]
    """
    _, tie = np.unique(ranking, return_inverse=True)
    upto = np.cumsum(np.bincount(tie)) / len(ranking)
    start, end = np.r_[0, upto[:-1]][tie], upto[tie]
    return np.clip((grid - start[:, None]) / (end - start)[:, None], 0, 1)
