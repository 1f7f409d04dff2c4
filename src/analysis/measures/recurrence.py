"""Do the same municipalities meet again? Recurrence against a null model that keeps all degrees.

The null keeps how many joint projects each municipality has and how many members each project has, and
draws who meets whom at random: the graph of municipalities and projects is rewired by swaps, many
chains side by side. What recurs beyond that is a fixed constellation, not just busy municipalities.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from analysis.measures.cooperation import cooperative, participations
from analysis.measures.estimates import Reason, Unit, row, tidy
from analysis.measures.observations import coverage_of
from analysis.stats import LEVEL

CHAINS = 1_999
#: Attempted swaps per tie of the graph; mixing is long done at a handful.
SWAPS_PER_TIE = 15


def recurrence(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    *,
    within: str | None = None,
    chains: int = CHAINS,
    seed: int = 0,
    **options: Any,
) -> pd.DataFrame:
    """Pairs of municipalities that share two or more projects, observed and under the null model.

    ``within`` (a panel column such as county_code) lets only municipalities of the same county change
    places: each project then keeps its counties, and what is left is recurrence beyond living near.
    Terms: ``recurring pairs`` (group observed; group null model: mean and 95 % range), ``observed to
    expected`` (limits: over the null's 95 % range) and ``p-value`` (one-sided, more than chance).
    """
    ids = cooperative(programmes) if programme_ids is None else list(programme_ids)
    rows = participations(panel, participation, programmes, ids, **options)
    rows = rows[["project", "municipality_code"]].drop_duplicates()
    rows = rows[rows.groupby("project")["municipality_code"].transform("size") > 1]
    method = "degree-preserving swaps" + (f" within {within}" if within else "")
    shared: dict[str, object] = {"coverage": coverage_of(programmes, ids), "method": method}
    shared["n"] = rows["project"].nunique()
    terms = ("recurring pairs", "observed to expected", "p-value")
    if rows.empty:
        return tidy([row(term, unit=Unit.COUNT, reason=Reason.NO_JOINT_PROJECT, **shared) for term in terms])
    project, _ = pd.factorize(rows["project"])
    town, codes = pd.factorize(rows["municipality_code"])
    blocks = np.zeros(len(rows), int)
    if within is not None:
        county = panel.set_index("municipality_code")[within].astype(str)
        blocks = pd.factorize(rows["municipality_code"].map(county))[0]
    present = np.zeros((1, project.max() + 1, len(codes)), bool)
    present[0, project, town] = True
    observed = float(recurring_pairs(present)[0])
    null = recurring_pairs(rewire(project, town, blocks, chains, seed)).astype(float)
    low, high = np.quantile(null, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    p_value = (1 + (null >= observed).sum()) / (1 + chains)
    fixed = {"reason": Reason.NO_INTERVAL, **shared}
    mean = null.mean()
    ratio: dict[str, object] = {"reason": Reason.ONE_VALUE}
    if mean > 0:
        high_ratio = observed / low if low > 0 else np.inf
        ratio = {"estimate": observed / mean, "low": observed / max(high, 1e-9), "high": high_ratio}
    return tidy(
        [
            row(terms[0], "observed", estimate=observed, unit=Unit.COUNT, **fixed),
            row(terms[0], "null model", estimate=mean, low=low, high=high, unit=Unit.COUNT, **shared),
            row(terms[1], "observed", unit=Unit.RATIO, **shared, **ratio),
            row(terms[2], "observed", estimate=p_value, unit=Unit.P_VALUE, **fixed),
        ]
    )


def recurring_pairs(present: np.ndarray) -> np.ndarray:
    """Pairs of towns that share two or more projects, per chain of ``present`` (chain, project, town)."""
    result = np.empty(len(present), int)
    for chain, matrix in enumerate(present):
        # Only towns with two projects can be in such a pair; the matrix is symmetric but for its diagonal.
        busy = matrix[:, matrix.sum(axis=0) > 1].astype(np.float32)
        shared = (busy.T @ busy) > 1.5
        result[chain] = (shared.sum() - np.trace(shared)) // 2
    return result


def rewire(project: np.ndarray, town: np.ndarray, blocks: np.ndarray, chains: int, seed: int) -> np.ndarray:
    """(chains, project, town) incidence after random swaps that keep every row and column sum.

    Each step picks two ties of the same block in every chain and swaps their towns, unless a town would
    come twice into a project; a refused swap counts as a step, which makes all graphs equally likely.
    """
    rng = np.random.default_rng(seed)
    ties = len(project)
    order = np.argsort(blocks, kind="stable")
    project, start, blocks = project[order], town[order], blocks[order]
    first = np.searchsorted(blocks, blocks, side="left")
    size = np.searchsorted(blocks, blocks, side="right") - first
    towns = np.tile(start, (chains, 1))
    present = np.zeros((chains, project.max() + 1, town.max() + 1), bool)
    present[:, project, start] = True
    lines = np.arange(chains)
    for _ in range(SWAPS_PER_TIE * ties):
        one = rng.integers(0, ties, chains)
        two = first[one] + (rng.random(chains) * size[one]).astype(int)
        p, q, a, b = project[one], project[two], towns[lines, one], towns[lines, two]
        free = ~present[lines, p, b] & ~present[lines, q, a]
        line, one, two, p, q, a, b = (values[free] for values in (lines, one, two, p, q, a, b))
        present[line, p, a] = present[line, q, b] = False
        present[line, p, b] = present[line, q, a] = True
        towns[line, one], towns[line, two] = b, a
    return present
