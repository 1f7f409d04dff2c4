"""Random bipartite graphs with given degrees: who meets whom, if only by chance.

Own code because networkx rewires one graph at a time: here many chains run side by side.
"""

from __future__ import annotations

import numpy as np

from analysis.stats.resample import generator

#: Attempted swaps per tie of the graph; mixing is long done at a handful.
SWAPS_PER_TIE = 15


def recurring_pairs(present: np.ndarray) -> np.ndarray:
    """Pairs of members that share two or more projects, per chain of ``present`` (chain, project, member).

    Examples
    --------
    >>> recurring_pairs(np.array([[[True, True, False], [True, True, True]]]))
    array([1])
    """
    result = np.empty(len(present), int)
    for chain, matrix in enumerate(present):
        # Only members with two projects can be in such a pair; the matrix is symmetric but for its diagonal.
        busy = matrix[:, matrix.sum(axis=0) > 1].astype(np.float32)
        shared = (busy.T @ busy) > 1.5
        result[chain] = (shared.sum() - np.trace(shared)) // 2
    return result


def rewire(
    project: np.ndarray, member: np.ndarray, blocks: np.ndarray, n_resamples: int, seed: int
) -> np.ndarray:
    """Graphs after random swaps that keep the degree of every project and member.

    Each step picks two ties of the same block in every chain and swaps their members, unless one would come
    twice into a project; a refused swap counts as a step, which makes all graphs equally likely.

    Parameters
    ----------
    project, member, blocks : array of int, (ties,)
        The ties of the observed graph, and the block that each may be swapped in.
    n_resamples, seed : int

    Returns
    -------
    array of bool, (n_resamples, projects, members)
    """
    rng = generator(n_resamples, seed)
    ties = len(project)
    order = np.argsort(blocks, kind="stable")
    project, start, blocks = project[order], member[order], blocks[order]
    first = np.searchsorted(blocks, blocks, side="left")
    size = np.searchsorted(blocks, blocks, side="right") - first
    # Chains stand behind each other in flat arrays: one index finds the tie, or the member in the project.
    n_projects, n_members = project.max() + 1, member.max() + 1
    members = np.tile(start.astype(np.int32), n_resamples)
    present = np.zeros((n_resamples, n_projects, n_members), bool)
    present[:, project, start] = True
    flat, row = present.ravel(), project * n_members
    lines, tables = np.arange(n_resamples) * ties, np.arange(n_resamples) * (n_projects * n_members)
    for _ in range(SWAPS_PER_TIE * ties):
        one = rng.integers(0, ties, n_resamples)
        two = first[one] + (rng.random(n_resamples) * size[one]).astype(int)
        i, j = lines + one, lines + two
        a, b, p, q = members[i], members[j], tables + row[one], tables + row[two]
        free = np.flatnonzero(a != b)
        free = free[~flat[p[free] + b[free]]]
        free = free[~flat[q[free] + a[free]]]
        a, b, p, q = a[free], b[free], p[free], q[free]
        flat[p + a] = flat[q + b] = False
        flat[p + b] = flat[q + a] = True
        members[i[free]], members[j[free]] = b, a
    return present
