"""The gap: a group of municipalities against the others, in difference, ratio and representation.

Where every programme is a census the gap is one of uptake; otherwise it is a gap between *recorded* shares,
which is the gap in uptake only if participants of both groups are recorded equally often. The unit of each
row says which of the two it is; ``bounds`` says how much the assumption can bend.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.measures.estimates import Coverage, Estimates, Reason, Unit, interval, why_undefined
from analysis.measures.groups import ALL, SMALL_RURAL, two_groups
from analysis.measures.observations import Observations
from analysis.measures.projects import tie_table
from analysis.stats import proportions, resample
from analysis.stats.stratified import MantelHaenszel, mantel_haenszel

MANTEL_HAENSZEL = "Mantel–Haenszel by county"
JACKKNIFE = "jackknife of projects"
#: Term and method of the crude comparisons, and what gives their limits.
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
        ``difference`` (in shares) by Newcombe and by Miettinen–Nurminen's score, ``ratio`` by the score interval,
        both by Mantel–Haenszel across counties, and both by leaving out one project after another;
        ``numerator`` of ``denominator`` are the group's own. All but the last take municipalities to be found
        independently of each other and are too narrow where projects bring in several; the last is if anything
        too wide (tests/slow/validation).

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
    observations = observations.at_risk
    known, inside = two_groups(observations.panel, by)
    found = observations.found.to_numpy()[known]
    strata = pd.DataFrame({"x1": inside & found, "n1": inside, "x2": ~inside & found, "n2": ~inside})
    strata = strata.groupby(observations.panel.loc[known, "county_code"].to_numpy()).sum()
    pooled = pd.DataFrame(_pooled(mantel_haenszel(*strata.to_numpy().T)))
    crude, ties = compare(strata.sum().to_numpy()[None]), tie_table(observations)
    side = pd.Series(inside, index=observations.panel.loc[known, "municipality_code"])
    left_out = _left_out(crude, ties[ties["municipality_code"].isin(side.index)], side)
    frame = pd.concat([crude, pooled, left_out], ignore_index=True).fillna({"reason": Reason.NONE})
    frame["unit"] = frame["term"].map(difference_and_ratio(observations.coverage))
    return Estimates(frame, **observations.metadata)


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


def difference_and_ratio(coverage: Coverage) -> dict[str, Unit]:
    """The units of the terms ``difference`` and ``ratio``: of uptake for a census, else of recorded shares."""
    if coverage is Coverage.CENSUS:
        return {"difference": Unit.UPTAKE_DIFFERENCE, "ratio": Unit.UPTAKE_RATIO}
    return {"difference": Unit.RECORDED_DIFFERENCE, "ratio": Unit.RECORDED_RATIO}


def compare(counts: np.ndarray, methods: Iterable[tuple[str, str]] = tuple(METHODS)) -> pd.DataFrame:
    """Difference and ratio of x1/n1 and x2/n2 by each term and method in turn.

    Parameters
    ----------
    counts : array of int, (tables, 4)
        x1, n1, x2, n2 of each table.
    methods : iterable of (str, str)
        Keys of ``METHODS``.

    Returns
    -------
    DataFrame
        Columns of estimates but unit and coverage; all tables by the first method, then by the next.
    """
    x1, n1, x2, n2 = np.asarray(counts, dtype=float).T
    p1, p2 = proportions.share(x1, n1), proportions.share(x2, n2)
    ratio = np.divide(p1, p2, out=np.full(len(p1), np.nan), where=x2 > 0)
    empty = np.select([n1 == 0, n2 == 0], [Reason.EMPTY_GROUP, Reason.EMPTY_COMPARISON], Reason.NONE)
    nobody = np.select([x1 + x2 == 0, x2 == 0], [Reason.NO_PARTICIPANTS, Reason.NO_CENTRE], Reason.NONE)
    values = {"difference": (p1 - p2, empty), "ratio": (ratio, np.where(empty == "", nobody, empty))}
    parts = []
    for term, method in methods:
        estimate, reason = values[term]
        low, high = METHODS[term, method](x1, n1, x2, n2)
        part = pd.DataFrame({"estimate": estimate, "conf_low": low, "conf_high": high, "reason": reason})
        parts.append(part.assign(term=term, method=method, n=n1 + n2, numerator=x1, denominator=n1))
    return pd.concat(parts, ignore_index=True)


def _left_out(crude: pd.DataFrame, ties: pd.DataFrame, side: pd.Series) -> pd.DataFrame:
    """Difference and ratio again, with the limits from leaving out each project."""
    rows = crude.drop_duplicates("term").assign(method=JACKKNIFE, conf_low=np.nan, conf_high=np.nan)
    project, names = pd.factorize(ties["project_id"])
    only = ~ties["municipality_code"].duplicated(keep=False).to_numpy()
    mine = side.loc[ties["municipality_code"]].to_numpy()
    sizes = side.sum(), (~side).sum()
    found = [ties.loc[part, "municipality_code"].nunique() for part in (mine, ~mine)]
    lost = [np.bincount(project[only & part], minlength=len(names)) for part in (mine, ~mine)]
    with np.errstate(divide="ignore", invalid="ignore"):
        left = [(x - without) / n for x, without, n in zip(found, lost, sizes, strict=True)]
        errors = [resample.jackknife_error(v) for v in (left[0] - left[1], np.log(left[0] / left[1]))]
    for index, error, is_ratio in zip(rows.index, errors, (False, True), strict=True):
        estimate = rows.at[index, "estimate"]
        if not np.isfinite(error) or not np.isfinite(estimate):
            rows.at[index, "reason"] = rows.at[index, "reason"] or Reason.NO_SPREAD
            continue
        half = proportions.Z * error
        low, high = (
            (estimate * np.exp(-half), estimate * np.exp(half))
            if is_ratio
            else (estimate - half, estimate + half)
        )
        rows.loc[index, ["conf_low", "conf_high", "std_error"]] = low, high, error
    return rows


def _pooled(pooled: MantelHaenszel) -> list[dict[str, object]]:
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
        Terms ``by municipalities``, ``by inhabitants``, ``by purchases``; 1 is proportional.
    """
    observations = observations.at_risk
    known, inside = two_groups(observations.panel, by)
    panel = observations.panel.loc[known]
    spent = panel["operating_expenditure_nok_thousand"].to_numpy(float, na_value=np.nan)
    bought = panel["purchases_nok_thousand"].astype("Float64").to_numpy(float, na_value=np.nan)
    both = np.isfinite(bought) & np.isfinite(spent)
    sizes = {
        "by municipalities": np.ones(len(panel)),
        "by inhabitants": panel["population"].to_numpy(float, na_value=np.nan),
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
        return Estimates([{"term": term} for term in sizes], reason=reason, **shared)
    found = resample.interval(each, _first_share, n_resamples=n_resamples, seed=seed)
    rows = []
    with np.errstate(divide="ignore", invalid="ignore"):
        for term, size in sizes.items():
            totals = np.array([size[inside].sum(), size[~inside].sum()])
            if term == "by purchases":
                known_sides = (both & inside, both & ~inside)
                totals = totals * [bought[side].sum() / spent[side].sum() for side in known_sides]
            own = totals[0] / totals.sum()
            rows.append(
                {
                    "term": term,
                    **interval(found.estimate / own, (found.conf_low / own, found.conf_high / own)),
                }
            )
    return Estimates(rows, **shared)


def _first_share(totals: np.ndarray) -> np.ndarray:
    """The first of two totals as a share of both."""
    return totals[..., 0] / totals.sum(axis=-1)
