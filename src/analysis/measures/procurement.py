"""Purchases by group: share of operating expenditure, per inhabitant, elasticity, and the register per krone.

Purchases are KOSTRA's AGD50 (goods and services for own production) + AGD51 (services that replace own
production, other municipalities' and inter-municipal companies' among them). Innovative procurement reaches mostly
the first, so measures take one of the two as well (``of``), or give both as rows. A missing purchase is unknown,
never 0: each row says how many of the group are known (``numerator`` of ``denominator``).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from scipy import special

from analysis.errors import one_of
from analysis.measures import covariates
from analysis.measures.estimates import Coverage, Estimates, Reason, Unit, interval, weakest
from analysis.measures.groups import SMALL_RURAL, grouping, named_column, need_panel, two_groups
from analysis.measures.intensity import rest_on_enough
from analysis.measures.observations import Observations
from analysis.measures.projects import tie_table
from analysis.stats import LEVEL, resample

Of = Literal["all", "own_production", "replacing_production"]
#: Beginning of the panel's columns of each kind of purchases.
KINDS: dict[str, str] = {
    "all": "purchases",
    "own_production": "purchases_own_production",
    "replacing_production": "purchases_replacing_production",
}
TERMS: dict[str, str] = {
    "all": "purchases",
    "own_production": "purchases for own production",
    "replacing_production": "purchases that replace own production",
}


def _kind(of: str) -> str:
    """The panel's name of a kind of purchases."""
    return KINDS[one_of("kind of purchases (of)", of, KINDS)]


def difference_in_share(panel: pd.DataFrame, by: str = SMALL_RURAL) -> Estimates:
    """The group's mean share of operating expenditure that goes to purchases less the others', by kind of purchases.

    Parameters
    ----------
    panel : DataFrame
    by : str
        Yes-or-no column of the panel.

    Returns
    -------
    Estimates
        One row per kind (``term``); interval and p-value by Welch, of the process that makes accounts differ.
    """
    from scipy import stats  # slow to import, and most readers of this module never use it

    known, inside = two_groups(panel, by)
    rows = []
    for of, column in KINDS.items():
        values = covariates.column(panel, f"{column}_share")[known]
        mine, others = (values[side & np.isfinite(values)] for side in (inside, ~inside))
        row: dict[str, object] = {
            "term": f"{TERMS[of]} share",
            "n": len(mine) + len(others),
            "numerator": len(mine),
        }
        if min(len(mine), len(others)) < 2:
            rows.append(row | {"reason": Reason.TOO_FEW})
            continue
        test = stats.ttest_ind(mine, others, equal_var=False)
        low, high = test.confidence_interval(LEVEL)
        row |= {"estimate": mine.mean() - others.mean(), "conf_low": low, "conf_high": high}
        rows.append(row | {"p_value": test.pvalue})
    return Estimates(rows, by=by, unit=Unit.SHARE_DIFFERENCE, method="difference in means, Welch")


def purchases_share(panel: pd.DataFrame, by: str | None = SMALL_RURAL, of: Of = "all") -> Estimates:
    """Mean share of operating expenditure that goes to purchases, by group, with Student's t interval.

    One municipality counts as one. The interval holds if the unknown municipalities are unknown by chance.

    Parameters
    ----------
    panel : DataFrame
    by : str, optional
        Column of the panel; the whole country where None.
    of : {"all", "own_production", "replacing_production"}

    Returns
    -------
    Estimates
        ``purchases share`` per group.

    Notes
    -----
    Unit: share of gross operating expenditure, from 0 to 1. Source: Statistics Norway, KOSTRA (AGD50,
    AGD51).

    Examples
    --------
    >>> panel = pd.DataFrame({"purchases_share": [0.2, 0.3, 0.4], "size_band": "b"})
    >>> purchases_share(panel, by="size_band")[["group", "estimate", "conf_low"]].round(3).values.tolist()
    [['b', 0.3, 0.052]]
    """
    return _means(panel, f"{_kind(of)}_share", by, f"{TERMS[of]} share", Unit.EXPENDITURE_SHARE)


def purchases_per_inhabitant(panel: pd.DataFrame, by: str | None = SMALL_RURAL, of: Of = "all") -> Estimates:
    """Mean purchases per inhabitant in NOK, by group, with Student's t interval.

    Per inhabitant at the end of the accounts year, as KOSTRA divides.

    Parameters
    ----------
    panel : DataFrame
        With ``purchases_nok_per_inhabitant`` (or that of the kind).
    by : str, optional
        Column of the panel; the whole country where None.
    of : {"all", "own_production", "replacing_production"}

    Returns
    -------
    Estimates
        ``purchases per inhabitant`` per group.

    Notes
    -----
    Unit: NOK per inhabitant. Source: Statistics Norway, KOSTRA (AGD50, AGD51) and population.

    Examples
    --------
    >>> panel = pd.DataFrame({"is_small_rural": [True, True, False, False],
    ...                       "purchases_nok_per_inhabitant": [30_000.0, 34_000.0, 20_000.0, 24_000.0]})
    >>> purchases_per_inhabitant(panel).set_index("group")["estimate"].to_dict()
    {False: 22000.0, True: 32000.0}
    """
    column = f"{_kind(of)}_nok_per_inhabitant"
    return _means(panel, column, by, f"{TERMS[of]} per inhabitant", Unit.NOK_PER_INHABITANT)


def _means(panel: pd.DataFrame, column: str, by: str | None, term: str, unit: Unit) -> Estimates:
    need_panel(panel)
    value = named_column(panel, column).astype("Float64")
    coverage = Coverage.SAMPLE if value.isna().any() else Coverage.CENSUS
    rows = []
    for group, members in value.groupby(grouping(panel, by), observed=False):
        known = members.dropna().to_numpy(float)
        row = {"group": group, "n": len(known), "numerator": len(known), "denominator": len(members)}
        rows.append(row | _mean(known, len(members)))
    return Estimates(rows, by=by, term=term, unit=unit, method="mean, t interval", coverage=coverage)


def _mean(known: np.ndarray, members: int) -> dict[str, object]:
    """Estimate and t limits of a mean, or the reason for their absence."""
    if len(known) == 0:
        return {"reason": Reason.ALL_MISSING if members else Reason.EMPTY_GROUP}
    mean = known.mean()
    if len(known) == 1:
        return {"estimate": mean, "reason": Reason.NO_SPREAD}
    error = known.std(ddof=1) / np.sqrt(len(known))
    half = special.stdtrit(len(known) - 1, 0.5 + LEVEL / 2) * error
    return {"estimate": mean, "conf_low": mean - half, "conf_high": mean + half, "std_error": error}


def elasticity(panel: pd.DataFrame) -> Estimates:
    """Per cent more purchases (and operating expenditure) for one per cent more inhabitants.

    Slope of the logarithms by least squares with HC3 limits (t), inhabitants being those at the end of the year of
    the amount. Below 1: small municipalities buy more per inhabitant.

    Parameters
    ----------
    panel : DataFrame

    Returns
    -------
    Estimates
        Terms ``purchases``, its two kinds where the panel has them, and ``operating expenditure``.
    """
    rows = []
    columns = {TERMS[of]: column for of, column in KINDS.items() if f"{column}_nok_thousand" in panel}
    for term, column in {**columns, "operating expenditure": "operating_expenditure"}.items():
        amount = covariates.column(panel, f"{column}_nok_thousand")
        people = covariates.people(panel, "accounts" if column == "operating_expenditure" else "purchases")
        keep = (amount > 0) & (people > 0)
        row: dict[str, object] = {"term": term, "n": keep.sum(), "numerator": keep.sum()}
        row["coverage"] = Coverage.CENSUS if keep.all() else Coverage.SAMPLE
        if keep.sum() < 4 or np.ptp(people[keep]) == 0:
            row["reason"] = Reason.TOO_FEW if keep.sum() < 4 else Reason.ONE_VALUE
        else:
            import statsmodels.api as sm  # slow to import, and most readers of this module never fit

            x = sm.add_constant(np.log(people[keep]))
            fit = sm.OLS(np.log(amount[keep]), x).fit(cov_type="HC3", use_t=True)
            low, high = fit.conf_int()[1]
            row |= {"estimate": fit.params[1], "conf_low": low, "conf_high": high, "std_error": fit.bse[1]}
        rows.append(row)
    return Estimates(rows, unit=Unit.ELASTICITY, method="OLS, HC3", denominator=len(panel))


def per_billion(
    observations: Observations,
    by: str = SMALL_RURAL,
    of: Of = "all",
    *,
    n_resamples: int = resample.N_RESAMPLES,
    seed: int = 0,
) -> Estimates:
    """Recorded participations per NOK billion of yearly purchases, by group, where purchases are known.

    Parameters
    ----------
    observations : Observations
    by : str
        Column of the panel.
    of : {"all", "own_production", "replacing_production"}
    n_resamples, seed : int
        Bootstrap of projects (BCa; the exact limit of none where nobody took part), where a group rests on
        ``intensity.MIN_PROJECTS`` projects.

    Returns
    -------
    Estimates
        ``participations per NOK billion`` per group, a ratio of sums: ``numerator`` participations, ``denominator`` NOK
        billion, ``n`` municipalities with known purchases.
    """
    panel, ties = observations.panel.reset_index(drop=True), tie_table(observations)
    bought = covariates.column(panel, f"{_kind(of)}_nok_thousand") / 1e6
    rows = []
    for group, index in panel.groupby(grouping(panel, by), observed=False).groups.items():
        chosen = index[np.isfinite(bought[index])]
        billion = float(bought[chosen].sum())
        mine = ties["municipality_code"].isin(panel.loc[chosen, "municipality_code"])
        each = mine.groupby(ties["project_id"]).sum().to_numpy(float)[:, None]
        row = {"group": group, "n": len(chosen), "numerator": each.sum(), "denominator": billion}
        if not billion > 0:
            row["reason"] = Reason.ALL_MISSING if len(index) else Reason.EMPTY_GROUP
        elif not each.any():
            high = special.chdtri(2, 0.5 - LEVEL / 2) / 2 / billion
            row |= interval(0.0, (0.0, high))
        else:
            found = resample.interval(
                each / billion, lambda totals: totals[..., 0], n_resamples=n_resamples, seed=seed
            )
            limits = (found.conf_low, found.conf_high) if rest_on_enough(each) else (np.nan, np.nan)
            row |= interval(float(found.estimate), limits)
        rows.append(row)
    incomplete = [Coverage.SAMPLE] if np.isnan(bought).any() else []
    shared = {**observations.metadata, "coverage": weakest([observations.coverage, *incomplete])}
    shared |= {"term": "participations per NOK billion", "method": "ratio of sums, bootstrap of projects"}
    return Estimates(rows, by=by, unit=Unit.PER_BILLION, **shared)
