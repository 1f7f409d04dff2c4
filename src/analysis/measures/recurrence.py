"""Do the same municipalities meet again? Recurrence against a null model that keeps all degrees.

The null keeps how many joint projects each municipality has and how many members each project has, and
draws who meets whom at random. Projects that continue each other are one: a renewal is not a new meeting. What recurs beyond that is a
fixed constellation, not just busy municipalities. Members of one project and of its renewal are members of the one undertaking, as they
must be for the null; ``cooperation.ties`` asks that a pair be named in the same project, and can have a few pairs fewer.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.measures.cooperation import cooperative, participations
from analysis.measures.estimates import Estimates, Reason, Unit
from analysis.measures.groups import named_column
from analysis.measures.observations import Observations
from analysis.stats import TAILS
from analysis.stats.bipartite import recurring_pairs, rewire

N_RESAMPLES = 1_999


def recurrence(
    observations: Observations, *, within: str | None = None, n_resamples: int = N_RESAMPLES, seed: int = 0
) -> Estimates:
    """Pairs of municipalities that share two or more projects, observed and under the null model.

    Parameters
    ----------
    observations : Observations
    within : str, optional
        Column of the panel (county_code): only municipalities of the same group change places, so that each
        project keeps its counties, and what is left is recurrence beyond living near.
    n_resamples, seed : int

    Returns
    -------
    Estimates
        ``recurring pairs`` (count, with the one-sided ``p_value`` of more than chance); ``expected pairs`` under the
        null (mean and 95 % range); ``observed to expected`` (limits: over the null's 95 % range).
    """
    rows = participations(observations)[["undertaking", "municipality_code"]].drop_duplicates()
    rows = rows.rename(columns={"undertaking": "project"})
    rows = rows[rows.groupby("project")["municipality_code"].transform("size") > 1]
    shared = {
        "n": rows["project"].nunique(),
        "method": "degree-preserving swaps" + (f" within {within}" if within else ""),
        **observations.metadata | {"coverage": cooperative(observations).coverage},
    }
    terms = {"recurring pairs": Unit.COUNT, "expected pairs": Unit.COUNT, "observed to expected": Unit.RATIO}
    if rows.empty:
        empty = [{"term": term, "unit": unit} for term, unit in terms.items()]
        return Estimates(empty, reason=Reason.NO_JOINT_PROJECT, **shared)
    project, _ = pd.factorize(rows["project"])
    member, codes = pd.factorize(rows["municipality_code"])
    blocks = np.zeros(len(rows), int)
    if within is not None:
        group = named_column(observations.panel.set_index("municipality_code"), within).astype(str)
        blocks = pd.factorize(rows["municipality_code"].map(group))[0]
    present = np.zeros((1, project.max() + 1, len(codes)), bool)
    present[0, project, member] = True
    observed = float(recurring_pairs(present)[0])
    null = recurring_pairs(rewire(project, member, blocks, n_resamples, seed)).astype(float)
    low, high = np.quantile(null, TAILS)
    mean, p_value = null.mean(), (1 + (null >= observed).sum()) / (1 + n_resamples)
    estimates: list[dict[str, object]] = [
        {"estimate": observed, "p_value": p_value, "reason": Reason.NO_INTERVAL},
        {"estimate": mean, "conf_low": low, "conf_high": high},
        {"reason": Reason.ONE_VALUE},
    ]
    if mean > 0:
        limits = {"conf_low": observed / max(high, 1e-9), "conf_high": observed / low if low > 0 else np.inf}
        estimates[2] = {"estimate": observed / mean, **limits}
    found = [
        {"term": t, "unit": unit, **row} for (t, unit), row in zip(terms.items(), estimates, strict=True)
    ]
    return Estimates(found, **shared)
