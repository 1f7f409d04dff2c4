"""Projects moved over the map as wholes: what would neighbours look like if projects were placed by chance?

A joint project makes neighbours alike without anything spreading between them. Shuffling municipalities takes
the projects apart and so calls that a pattern; keeping every municipality's number of projects (degree-
preserving swaps) keeps the pattern itself. Here each project keeps its members' places in the order of
nearness to its lead, and its lead is drawn anew.
"""

from __future__ import annotations

import numpy as np

from analysis.stats.resample import generator


def by_nearness(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Positions of all units in the order of their distance to each unit, itself first, (n, n).

    Examples
    --------
    >>> by_nearness(np.array([0.0, 1, 5]), np.array([0.0, 0, 0])).tolist()
    [[0, 1, 2], [1, 0, 2], [2, 1, 0]]
    """
    distance = np.hypot(np.subtract.outer(x, x), np.subtract.outer(y, y))
    np.fill_diagonal(distance, -1.0)
    return distance.argsort(axis=1, kind="stable")


def moved(
    project: np.ndarray,
    member: np.ndarray,
    lead: np.ndarray,
    order: np.ndarray,
    chance: np.ndarray,
    n_resamples: int,
    seed: int = 0,
) -> np.ndarray:
    """Where each tie of a project to a member is after every project's lead is drawn anew.

    Parameters
    ----------
    project, member : array of int, (ties,)
        The ties of the observed graph, by position.
    lead : array of int, (projects,)
        Position of each project's lead.
    order : array of int, (units, units)
        From ``by_nearness``.
    chance : array, (units,)
        Chance of each unit to lead a project; need not sum to 1.
    n_resamples, seed : int

    Returns
    -------
    array of int, (n_resamples, ties)

    Examples
    --------
    >>> order = by_nearness(np.arange(4.0), np.zeros(4))
    >>> moved(np.array([0, 0]), np.array([0, 1]), np.array([0]), order, np.ones(4), 3, seed=1)
    array([[2, 1],
           [3, 2],
           [0, 1]])
    """
    units = len(order)
    nearness = np.empty_like(order)
    np.put_along_axis(nearness, order, np.broadcast_to(np.arange(units), order.shape), axis=1)
    place = nearness[lead[project], member]
    edges = np.cumsum(chance) / np.sum(chance)
    drawn = generator(n_resamples, seed).random((n_resamples, len(lead)))
    new_lead = np.minimum(np.searchsorted(edges, drawn, side="right"), units - 1)
    return order[new_lead[:, project], place]


def relocated(
    project: np.ndarray,
    member: np.ndarray,
    lead: np.ndarray,
    order: np.ndarray,
    chance: np.ndarray,
    n_resamples: int,
    seed: int = 0,
) -> np.ndarray:
    """Participations of each unit after every project's lead is drawn anew and its members move along.

    Parameters
    ----------
    project, member, lead, order, chance, n_resamples, seed
        As in ``moved``.

    Returns
    -------
    array of int, (n_resamples, units)

    Examples
    --------
    >>> order = by_nearness(np.arange(4.0), np.zeros(4))
    >>> relocated(np.array([0, 0]), np.array([0, 1]), np.array([0]), order, np.ones(4), 3, seed=1)
    array([[0, 1, 1, 0],
           [0, 0, 1, 1],
           [1, 1, 0, 0]])
    """
    units = len(order)
    flat = moved(project, member, lead, order, chance, n_resamples, seed)
    flat = flat + units * np.arange(n_resamples)[:, None]
    return np.bincount(flat.ravel(), minlength=n_resamples * units).reshape(n_resamples, units)


def chance_of_as_few_and_as_many(each: np.ndarray, n_units: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Chance that an area would have no more, and no fewer, participations than it has, were all units alike.

    What a project has in an area moves as one, to an area with chance proportional to its units over how many of
    them then take part (all, where it has no more), so that every unit is expected to have as many as any other.
    An area's participations are then a sum of binomial numbers, whose distribution is exact.

    Parameters
    ----------
    each : array of whole numbers, (projects, areas)
        How many units of each area each project has.
    n_units : array, (areas,)

    Returns
    -------
    as_few, as_many : array, (areas,)

    Examples
    --------
    One of two projects with one unit each is in an area of four units, the other in one of two.

    >>> as_few, as_many = chance_of_as_few_and_as_many(np.array([[1, 0], [0, 1]]), np.array([4, 2]))
    >>> as_few.round(3).tolist(), as_many.round(3).tolist()
    ([0.556, 0.889], [0.889, 0.556])
    """
    from scipy import stats  # slow to import, and most readers of this module never use it

    sizes, numbers = np.unique(each[each > 0].astype(int), return_counts=True)
    found = []
    for area, has in enumerate(each.sum(axis=0).astype(int)):
        chances = np.ones(1)  # of 0, 1, 2 … participations
        for size, number in zip(sizes, numbers, strict=True):
            present = np.minimum(n_units, size).astype(int)
            weight = n_units / present
            of_size = np.zeros(number * present[area] + 1)
            of_size[:: present[area]] = stats.binom.pmf(
                np.arange(number + 1), number, weight[area] / weight.sum()
            )
            chances = np.convolve(chances, of_size)
        found.append((chances[: has + 1].sum(), chances[has:].sum()))
    as_few, as_many = np.array(found).reshape(-1, 2).T
    return as_few, as_many
