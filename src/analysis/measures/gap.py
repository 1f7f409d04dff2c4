"""The gap: a group of municipalities against the others, in difference, ratio and representation.

Where every programme is a census the gap is one of uptake; otherwise it is a gap between *recorded* shares,
which is the gap in uptake only if participants of both groups are recorded equally often. The unit of each
row says which of the two it is; ``bounds`` says how much the assumption can bend.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.measures.covariates import column
from analysis.measures.estimates import Coverage, Estimates, Reason, Unit, interval
from analysis.measures.groups import (
    ALL,
    SMALL_RURAL,
    difference_and_ratio,
    need_observations,
    two_groups,
    why_undefined,
)
from analysis.measures.intensity import rest_on_enough
from analysis.measures.observations import Observations
from analysis.measures.projects import tie_table
from analysis.measures.specifications import (
    PROJECTS,
    RESULTS,
    WHOLE_COUNTRY,
    compared,
    vectors,
    weights,
)
from analysis.stats import proportions, resample

MANTEL_HAENSZEL = "Mantel–Haenszel by county"
#: What stands for the country, and for the comparison within counties, where participations are recorded ones.
BY_PROJECTS = {WHOLE_COUNTRY: PROJECTS, "county_code": f"{MANTEL_HAENSZEL}; {PROJECTS}"}
#: Term and method of the comparisons of a complete list, and what gives their limits.
METHODS = {
    ("difference", "Newcombe"): proportions.newcombe,
    ("difference", "score"): proportions.miettinen_nurminen,
    ("ratio", "score"): proportions.koopman,
}


def gap(observations: Observations, by: str = SMALL_RURAL) -> Estimates:
    """Difference and ratio of the two shares: the group minus the others, the group over the others.

    Shares are of the municipalities that could take part.

    Parameters
    ----------
    observations : Observations
    by : str
        Yes-or-no column of the panel; the group against the others.

    Returns
    -------
    Estimates
        ``difference`` (in shares) and ``ratio``, over the country and within counties (Mantel–Haenszel), with limits
        that allow for projects that bring in several municipalities (see ``stats.occupancy``). For a complete list also
        the limits that take municipalities as independent: Newcombe's, the score's, Mantel–Haenszel's.
        ``numerator`` of ``denominator`` are the group's own.

    Notes
    -----
    Unit: difference in shares (from −1 to 1) and ratio of shares. Source: the participation register
    (each record with its source).

    Examples
    --------
    >>> panel = pd.DataFrame({"municipality_code": list("abcd"), "county_code": "03",
    ...                       "is_small_rural": [True, True, False, False]})
    >>> rows = pd.DataFrame({"municipality_code": list("acd"), "participant_type": "municipality",
    ...                      "programme_id": "p", "project_id": "x"})
    >>> programmes = pd.DataFrame({"programme_id": ["p"], "coverage": ["census"]})
    >>> gap(Observations(panel, rows, programmes)).groupby("term")["estimate"].first().to_dict()
    {'difference': -0.5, 'ratio': 0.5}
    """
    need_observations(observations)
    observations = observations.at_risk
    known, inside = two_groups(observations.panel, by)
    panel = observations.panel.loc[known].reset_index(drop=True)
    observations = observations.with_panel(panel)
    vector = vectors({"": observations}, {"": None})[0]
    chosen = [weights(panel, "", pd.Series(inside), None, within) for within in BY_PROJECTS]
    rows = pd.DataFrame(compared(vector, "found", "equal", chosen, len(panel)))
    rows["method"] = rows["within"].map(BY_PROJECTS)
    parts = [rows.reindex(columns=["term", "method", *RESULTS])]
    if observations.coverage is Coverage.CENSUS:
        found = observations.found.to_numpy()
        strata = pd.DataFrame({"x1": inside & found, "n1": inside, "x2": ~inside & found, "n2": ~inside})
        strata = strata.groupby(panel["county_code"].to_numpy()).sum()
        pooled = pd.DataFrame(_pooled(proportions.mantel_haenszel(*strata.to_numpy().T)))
        parts = [pd.DataFrame(_independent(*strata.sum().tolist())), pooled, *parts]
    frame = pd.concat(parts, ignore_index=True).fillna({"reason": Reason.NONE})
    frame["unit"] = frame["term"].map(difference_and_ratio(observations.coverage))
    return Estimates(frame, by=by, **observations.metadata)


def gap_by_kind(observations: Observations, by: str = SMALL_RURAL) -> Estimates:
    """``gap`` for all programmes together, for each kind of programme and for each programme.

    Parameters
    ----------
    observations : Observations
    by : str
        Yes-or-no column of the panel.

    Returns
    -------
    Estimates
        As ``gap``, with the columns ``kind`` ("all" for all together) and ``programme`` ("all programmes" for all
        of the kind).
    """
    table = observations.programmes
    table = table[table["programme_id"].isin(observations.programme_ids)]
    parts = [gap(observations, by).assign(kind=ALL)]
    for kind in table["kind"].unique():
        parts.append(gap(observations.where(kinds=kind), by).assign(kind=kind, programme="all programmes"))
    for programme, kind in zip(table["programme_id"], table["kind"], strict=True):
        parts.append(gap(observations.where(programmes=programme), by).assign(kind=kind))
    return Estimates(pd.concat(parts, ignore_index=True))


def _independent(x1: float, n1: float, x2: float, n2: float) -> list[dict[str, object]]:
    """Difference and ratio of x1/n1 and x2/n2 by each of ``METHODS``."""
    empty = Reason.EMPTY_GROUP if not n1 else Reason.EMPTY_COMPARISON if not n2 else Reason.NONE
    nobody = Reason.NO_PARTICIPANTS if not x1 + x2 else Reason.NO_CENTRE if not x2 else Reason.NONE
    rows: list[dict[str, object]] = []
    for (term, method), limits in METHODS.items():
        row = {"term": term, "method": method, "n": n1 + n2, "numerator": x1, "denominator": n1}
        row["reason"] = empty or (nobody if term == "ratio" else Reason.NONE)
        low, high = (float(value[0]) for value in limits(*np.array([[x1], [n1], [x2], [n2]], dtype=float)))
        row |= {"conf_low": low, "conf_high": high}
        if not empty and (term == "difference" or x2):
            row["estimate"] = x1 / n1 - x2 / n2 if term == "difference" else x1 / n1 / (x2 / n2)
        rows.append(row)
    return rows


def _pooled(pooled: proportions.MantelHaenszel) -> list[dict[str, object]]:
    """Difference and ratio pooled over counties."""
    shared: dict[str, object] = {"n": pooled.n, "numerator": pooled.x1, "denominator": pooled.n1}
    shared["method"] = MANTEL_HAENSZEL
    if not pooled.n:
        return [{"term": t, "reason": Reason.ONE_STRATUM, **shared} for t in ("difference", "ratio")]
    half, difference = proportions.Z * pooled.difference_error, pooled.difference
    row: dict[str, object] = {"estimate": difference, "std_error": pooled.difference_error}
    row |= {"conf_low": difference - half, "conf_high": difference + half}
    ratio: dict[str, object] = {"estimate": pooled.ratio, "std_error": pooled.log_ratio_error}
    if np.isfinite(pooled.log_ratio_error):
        low, high = np.exp(np.log(pooled.ratio) + np.array([-1, 1]) * proportions.Z * pooled.log_ratio_error)
        ratio |= {"conf_low": low, "conf_high": high}
    elif pooled.ratio == 0:
        ratio["reason"] = Reason.NO_WALD
    else:
        ratio["reason"] = Reason.NONE_IN_COMPARISON if pooled.difference else Reason.NO_PARTICIPANTS
    return [{"term": "difference", **row, **shared}, {"term": "ratio", **ratio, **shared}]


def representation(
    observations: Observations,
    by: str = SMALL_RURAL,
    *,
    n_resamples: int = resample.N_RESAMPLES,
    seed: int = 0,
) -> Estimates:
    """Share of participations that are the group's, over its share of municipalities, inhabitants, purchases.

    Purchases of the municipalities where they are unknown are estimated within each side by the known ratio of
    purchases to operating expenditure.

    Parameters
    ----------
    observations : Observations
    by : str
        Yes-or-no column of the panel.
    n_resamples, seed : int
        Bootstrap of projects (BCa); the municipalities and their sizes are as they are.

    Returns
    -------
    Estimates
        Terms ``by municipalities``, ``by inhabitants``, ``by purchases``; 1 is proportional. Limits where both sides rest
        on projects enough (``intensity.MIN_PROJECTS``).

    Notes
    -----
    Unit: ratio of two shares. Source: the participation register (each record with its source);
    Statistics Norway's population and KOSTRA purchases.

    Examples
    --------
    >>> found = an.representation(an.observations())  # doctest: +SKIP
    """
    need_observations(observations)
    observations = observations.at_risk
    known, inside = two_groups(observations.panel, by)
    panel = observations.panel.loc[known]
    spent, bought = (
        column(panel, "operating_expenditure_nok_thousand"),
        column(panel, "purchases_nok_thousand"),
    )
    both = np.isfinite(bought) & np.isfinite(spent)
    sizes = {
        "by municipalities": np.ones(len(panel)),
        "by inhabitants": column(panel, "population"),
        "by purchases": np.nan_to_num(spent),
    }
    ties = tie_table(observations)
    ties = ties[ties["municipality_code"].isin(panel["municipality_code"])]
    group = ties["municipality_code"].isin(panel["municipality_code"][inside])
    each = pd.crosstab(ties["project_id"], group).reindex(columns=[True, False], fill_value=0).to_numpy(float)
    count = each.sum(axis=0)
    shared = observations.columns(len(panel), count[0], count.sum(), unit=Unit.RATIO)
    shared["method"] = "representation ratio, bootstrap of projects"
    reason = why_undefined(inside.sum(), (~inside).sum(), count.sum())
    if reason:
        return Estimates([{"term": term} for term in sizes], reason=reason, by=by, **shared)
    found = resample.interval(
        each, lambda totals: totals[..., 0] / totals.sum(axis=-1), n_resamples=n_resamples, seed=seed
    )
    limits = (found.conf_low, found.conf_high) if rest_on_enough(each, sides=2) else (np.nan, np.nan)
    rows = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for term, size in sizes.items():
            totals = np.array([size[inside].sum(), size[~inside].sum()])
            if term == "by purchases":
                known_sides = (both & inside, both & ~inside)
                totals = totals * [bought[side].sum() / spent[side].sum() for side in known_sides]
            own = totals[0] / totals.sum()
            rows.append({"term": term, **interval(found.estimate / own, (limits[0] / own, limits[1] / own))})
    return Estimates(rows, by=by, **shared)
