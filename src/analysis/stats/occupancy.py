"""How uncertain a sum over the units that are in at least one project is.

A project that comes about brings several units in at once, and a unit that many projects share is in whichever
of them come about: the number of units in at least one project is neither a sum over independent units nor one
over projects. Leaving out one project after another (the jackknife) counts every overlap twice and gives limits
that hold the truth too often.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse, special

from analysis.stats import LEVEL
from analysis.stats.resample import jackknife_error, sum_by_cluster

#: Weight of units in 1, 2, 3 and 4 projects. The exact weights are 1, −1, 1, −1, …, whose sum is unsteady where
#: units are in many projects; Euler's transformation of the series keeps its value (Efron and Thisted 1976).
SIGNS = np.array([15, -11, 5, -1]) / 16


def variance(project: np.ndarray, unit: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variance of the sum of ``values`` over the units that are in at least one project.

    Projects come about independently of each other (a Poisson process); which units a project has is its own. Two
    units then vary together by the projects that they share: estimated from the units with exactly the same
    projects, whose squared sum is added where their number of projects is odd and taken off where it is even.

    Parameters
    ----------
    project, unit : array of int, (ties,)
        Which project has which unit, each pair once.
    values : array, (units, k)

    Returns
    -------
    variance : array, (k,)
        Missing where the data cannot tell it.
    freedom : array, (k,)
        Degrees of freedom of the variance, for limits by Student's t: Satterthwaite's (1946), with a third of
        the fourth power of a normal sum for the square of its variance.

    Examples
    --------
    >>> alone, _ = variance(np.array([0, 1, 2]), np.array([0, 1, 2]), np.ones((5, 1)))
    >>> together, _ = variance(np.array([0, 0, 0]), np.array([0, 1, 2]), np.ones((5, 1)))
    >>> alone.item(), together.item()
    (2.8125, 8.4375)
    """
    sums, signs = _same_projects(project, unit, len(values))
    each = signs[:, None] * (sums @ values) ** 2
    total = each.sum(axis=0)
    return np.where(total > 0, total, np.nan), _freedom(each)


def _freedom(parts: np.ndarray) -> np.ndarray:
    """Degrees of freedom of the sum of squares ``parts`` (parts, k)."""
    total, spread = parts.sum(axis=0), (parts**2).sum(axis=0)
    return np.divide(3 * total**2, spread, out=np.full(len(total), np.nan), where=total > 0)


def errors(
    project: np.ndarray, unit: np.ndarray, values: np.ndarray, *, once: bool, amount: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors of weighted sums of what units have from projects, and half of their 95 % intervals.

    Parameters
    ----------
    project, unit : array of int, (ties,)
        Which project has which unit; projects are numbered from 0.
    values : array, (units, k)
        The weights.
    once : bool
        The sums are over units that are in at least one project (``variance``); else over all ties, and the error
        comes from leaving out one project after another.
    amount : array, (ties,), optional
        What a tie counts in the latter; 1 where None.

    Returns
    -------
    errors, half : array, (k,)
        Missing where there are fewer than two projects, or the data cannot tell.
    """
    if once:
        squared, freedom = variance(project, unit, values)
    else:
        weight = 1.0 if amount is None else amount[:, None]
        return jackknife(sum_by_cluster(values[unit] * weight, project))
    error = np.sqrt(squared)
    return error, error * special.stdtrit(freedom, 0.5 + LEVEL / 2)


def jackknife(left_out: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Standard errors of statistics, and half of their 95 % intervals, from their values without each project.

    Parameters
    ----------
    left_out : array, (projects, k)
        Or, of sums, what each project adds.

    Returns
    -------
    errors, half : array, (k,)
        Student's t; the degrees of freedom are fewer where few projects make the most of the variance.
    """
    error = jackknife_error(left_out)
    off = (left_out - left_out.mean(axis=0)) ** 2 if len(left_out) else left_out
    freedom = np.minimum(len(left_out) - 1, _freedom(off))
    return error, error * special.stdtrit(freedom, 0.5 + LEVEL / 2)


def _same_projects(
    project: np.ndarray, unit: np.ndarray, n_units: int
) -> tuple[sparse.csr_array, np.ndarray]:
    """Which units have exactly the same projects, (sets, units), and the weight of each set, (sets,)."""
    order = np.lexsort((project, unit))
    units, start = np.unique(unit[order], return_index=True)
    found = [tuple(own) for own in np.split(project[order], start[1:])] if len(units) else []
    codes = {own: code for code, own in enumerate(dict.fromkeys(found))}
    signs = np.array([SIGNS[len(own) - 1] if len(own) <= len(SIGNS) else 0.0 for own in codes])
    places = np.array([codes[own] for own in found], dtype=int), units
    return sparse.csr_array((np.ones(len(units)), places), shape=(len(codes), n_units)), signs
