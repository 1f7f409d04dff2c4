"""Kitagawa's decomposition of a difference between two shares over cells of a classification.

Own code because the packages for it (R's DasGupta and others) know neither cells that one side lacks nor
intervals.
"""

from __future__ import annotations

import numpy as np

#: Between Jeffreys' ½ and the uniform prior's 1: of the three the one whose limits hold the truth most nearly
#: as often as they say in simulated countries, with three large cells and with fifteen small ones (tests/slow/validation).
PRIOR = 0.75
#: Fewer members on either side and a cell cannot be compared: one municipality would stand for a rate.
MIN_CELL = 5
#: A decomposition is given where at least this share of each side can be compared.
MIN_SUPPORT = 0.5

#: Two arrays over the cells of one side: members and participants, or (rows of) shares and rates.
Counts = tuple[np.ndarray, np.ndarray]


def common(counts: tuple[Counts, Counts], min_cell: int = MIN_CELL) -> np.ndarray:
    """Which cells hold at least ``min_cell`` members on both sides.

    Examples
    --------
    >>> none = np.zeros(3)
    >>> common(((np.array([9, 4, 5]), none), (np.array([5, 9, 0]), none)))
    array([ True, False, False])
    """
    return np.minimum(counts[0][0], counts[1][0]) >= max(min_cell, 1)


def support(counts: tuple[Counts, Counts], common: np.ndarray) -> float:
    """Share of the members in the common cells, of the side where it is smaller."""
    return float(min(members[common].sum() / members.sum() for members, _ in counts))


def observed(members: np.ndarray, found: np.ndarray) -> Counts:
    """Shares of the cells, and rates in them, of one side: arrays of one row."""
    rates = np.divide(found, members, out=np.zeros(len(members)), where=members > 0)
    return (members / members.sum())[None], rates[None]


def drawn(members: np.ndarray, found: np.ndarray, n_resamples: int, rng: np.random.Generator) -> Counts:
    """``observed`` in the first row, then as many draws.

    Resampling municipalities would never move a rate of 0 or 1 in a cell of two or three, so rates are
    drawn from a beta distribution with ``PRIOR`` successes and failures more, and shares from Rubin's
    Bayesian bootstrap.
    """
    share, rate = observed(members, found)
    weight = rng.gamma(members, size=(n_resamples, len(members)))
    beta = rng.beta(found + PRIOR, members - found + PRIOR, (n_resamples, len(members)))
    return np.vstack([share, weight / weight.sum(axis=1, keepdims=True)]), np.vstack([rate, beta])


def kitagawa(group: Counts, others: Counts, common: np.ndarray) -> tuple[np.ndarray, ...]:
    """Gap, composition, rate, and what the cells not in common add on the group's side and on the others'.

    Parameters
    ----------
    group, others : tuple of array, (rows, cells)
        Shares and rates.
    common : array of bool, (cells,)

    Returns
    -------
    tuple of array, (rows,)
        The last four sum to the first.

    Examples
    --------
    >>> group, others = observed(np.array([10, 30]), np.array([5, 6])), observed(np.array([30, 10]), np.array([18, 1]))
    >>> [float(part[0].round(3)) for part in kitagawa(group, others, np.array([True, True]))[:3]]
    [-0.2, -0.2, 0.0]
    """
    (share_a, p_a), (share_b, p_b) = group, others
    total_a, total_b = (share_a * p_a).sum(axis=1), (share_b * p_b).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share_a, share_b = (
            (share * common) / (share * common).sum(axis=1, keepdims=True) for share in (share_a, share_b)
        )
    composition = ((share_a - share_b) * (p_a + p_b) / 2).sum(axis=1)
    rate = ((p_a - p_b) * (share_a + share_b) / 2).sum(axis=1)
    outside_a = total_a - (share_a * p_a).sum(axis=1)
    outside_b = (share_b * p_b).sum(axis=1) - total_b
    return total_a - total_b, composition, rate, outside_a, outside_b
