"""Kitagawa's decomposition of a difference between two shares over cells of a classification.

Own code because the packages for it (R's DasGupta and others) know neither cells that one side lacks nor
projects that bring several units in.
"""

from __future__ import annotations

import numpy as np

#: Fewer members on either side and a cell cannot be compared: one municipality would stand for a rate.
MIN_CELL = 5
#: A decomposition is given where at least this share of each side can be compared.
MIN_SUPPORT = 0.5

#: Two arrays over the cells of one side: members and participants.
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


def weights(group: np.ndarray, others: np.ndarray, common: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What one participant in a cell adds to gap, composition, rate, and to what lies outside the common cells.

    With the members as they are, all five are sums over the participants.

    Parameters
    ----------
    group, others : array, (cells,)
        Members.
    common : array of bool, (cells,)

    Returns
    -------
    group, others : array, (5, cells)
        Weights of each side's participants. The last four rows (composition, rate, outside on the group's side and
        on the others') sum to the first.

    Examples
    --------
    >>> group, others = weights(np.array([10, 30]), np.array([30, 10]), np.array([True, True]))
    >>> (group @ [5, 6] + others @ [18, 1]).round(3)[:3] + 0.0
    array([-0.2, -0.2,  0. ])
    """
    a, b = (np.where(common, side, 0) / max(side[common].sum(), 1) for side in (group, others))
    within_a, within_b = (1 / np.maximum(side, 1) for side in (group, others))
    zero = np.zeros(len(group))
    whole_a, whole_b = (np.full(len(group), 1 / max(side.sum(), 1)) for side in (group, others))
    mine = [whole_a, (a - b) / 2 * within_a, (a + b) / 2 * within_a, whole_a - a * within_a, zero]
    theirs = [-whole_b, (a - b) / 2 * within_b, -(a + b) / 2 * within_b, zero, b * within_b - whole_b]
    return np.array(mine), np.array(theirs)
