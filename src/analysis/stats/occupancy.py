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


def variance(project: np.ndarray, unit: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Variance of the sum of ``values`` over the units that are in at least one project.

    Projects come about independently of each other (a Poisson process); which units a project has is its own. Two
    units then vary together by the projects that they share: estimated from the units with exactly the same
    projects, whose squared sum is added where they have one or three and taken off where they have two (``weights``).

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
    >>> round(alone.item(), 1), round(together.item(), 1)
    (2.6, 7.7)
    """
    at_risk = (values != 0).any(axis=1)
    present = np.bincount(unit, minlength=len(values)) > 0
    own = weights(int((present & at_risk).sum()), int(at_risk.sum()))
    sums, signs = _same_projects(project, unit, len(values), own)
    each = signs[:, None] * (sums @ values) ** 2
    total = each.sum(axis=0)
    return np.where(total > 0, total, np.nan), _freedom(each)


def weights(n_present: int, n: int) -> np.ndarray:
    """Weights of the units in one, two and three projects, of which ``n_present`` of ``n`` are in any.

    The exact weights of units in 1, 2, 3, … projects are 1, −1, 1, …, whose sum is unsteady where units are in many.
    Smoothed by a binomial law of three draws with chance θ, (−1)^(k+1) P(X ≥ k), they are steady (Efron and Thisted
    1976). θ is the one that gives independent units their variance, if all had the same expected number of projects.

    Returns
    -------
    array, (3,)

    Examples
    --------
    >>> weights(5, 100).round(2).tolist()  # few are in a project: nearly 1, −1 and 1
    [1.0, -0.99, 0.84]
    >>> weights(90, 100).round(2).tolist()
    [0.53, -0.13, 0.01]
    """
    # Mean of a Poisson law; half a unit more, as none is sure to be in any.
    mean = -np.log1p(-(n_present + 0.5) / (n + 1))
    one, two, three = mean ** np.arange(1, 4) / special.factorial(np.arange(1, 4))
    # What the weights give as a polynomial of θ, less that variance (over the chance of being in no project).
    roots = np.roots([one + 2 * two + three, -3 * (one + two), 3 * one, np.expm1(-mean)])
    chance = min(root.real for root in roots if abs(root.imag) < 1e-9)  # of several the smoothest
    return np.array([1, -1, 1]) * special.bdtrc(np.arange(3), 3, min(chance, 1.0))


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
    # Parts that nearly take each other away leave less than one degree of freedom, and no limit worth the name.
    freedom = np.where(freedom < 1, np.nan, freedom)
    error = np.sqrt(squared)
    return error, error * special.stdtrit(freedom, 0.5 + LEVEL / 2)


def projects_of(project: np.ndarray, unit: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """How many projects have a unit of each choice.

    Parameters
    ----------
    project, unit : array of int, (ties,)
        Which project has which unit.
    chosen : array of bool, (choices, units)

    Returns
    -------
    array of int, (choices,)

    Examples
    --------
    >>> projects_of(np.array([0, 0, 1]), np.array([0, 1, 1]), np.array([[True, False], [False, True]])).tolist()
    [1, 2]
    """
    members = sparse.csr_array(
        (np.ones(len(unit)), (project, unit)), shape=(max(project, default=0) + 1, chosen.shape[1])
    )
    return np.count_nonzero(members @ chosen.T.astype(float), axis=0)


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
    project: np.ndarray, unit: np.ndarray, n_units: int, own_weights: np.ndarray
) -> tuple[sparse.csr_array, np.ndarray]:
    """Which units have exactly the same projects, (sets, units), and the weight of each set, (sets,)."""
    order = np.lexsort((project, unit))
    units, start = np.unique(unit[order], return_index=True)
    found = [tuple(own) for own in np.split(project[order], start[1:])] if len(units) else []
    codes = {own: code for code, own in enumerate(dict.fromkeys(found))}
    signs = np.array([own_weights[len(own) - 1] if len(own) <= len(own_weights) else 0.0 for own in codes])
    places = np.array([codes[own] for own in found], dtype=int), units
    return sparse.csr_array((np.ones(len(units)), places), shape=(len(codes), n_units)), signs
