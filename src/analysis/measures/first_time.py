"""Hazard of the first recorded participation, with what calendar time and undated records allow.

Calendar time is the time of recording: every year has an effect of its own. A record without a year is an
event within its programme's period, not one to be left out. Units are the municipalities of 2024, where a
participation of a former part is theirs; or those of 2016 until they merged, by what they were then.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from analysis.errors import whole_number
from analysis.measures.covariates import column, covariate_values
from analysis.measures.estimates import Estimates, Reason, Unit
from analysis.measures.former_units import LAST_YEAR, records_then
from analysis.measures.groups import SMALL_RURAL, named_column, need_observations, two_groups, why_undefined
from analysis.measures.models import REGION
from analysis.measures.observations import Observations
from analysis.stats import grouped_hazard
from analysis.stats.proportions import Z

#: LUP, the oldest of the large programmes, began in 2010.
FIRST_YEAR = 2010


def first_years(
    observations: Observations, first_year: int = FIRST_YEAR, units_then: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Years between which each municipality was first recorded.

    Parameters
    ----------
    observations : Observations
    first_year : int
        First year at risk, or the first of the years chosen where that is later; municipalities known to have
        taken part before are left out.
    units_then : DataFrame, optional
        From ``former_units.units_then``: units are these, at risk until they merged or until the last year that the
        structure stood.

    Returns
    -------
    DataFrame
        municipality_code, low, high (years, inclusive; ``high`` is the last year where never recorded),
        is_event.

    Examples
    --------
    >>> panel = pd.DataFrame({"municipality_code": list("abc")})
    >>> rows = pd.DataFrame({"municipality_code": ["a", "b"], "participant_type": "municipality",
    ...                      "programme_id": "p", "project_id": list("xy"), "year": [2019, pd.NA]})
    >>> programmes = pd.DataFrame({"programme_id": ["p"], "coverage": ["sample"],
    ...                            "period_from": [2016], "period_to": [2018]})
    >>> first_years(Observations(panel, rows, programmes))[["low", "high", "is_event"]].to_numpy().tolist()
    [[2019, 2019, True], [2016, 2018, True], [2019, 2019, False]]
    """
    whole_number("first_year", first_year, 1)
    observations, first_year = _from_the_start(observations, first_year)
    if units_then is None:
        rows, codes = observations.rows, observations.panel["municipality_code"]
        last, end = int(rows["year"].max()) if rows["year"].notna().any() else first_year, None
    else:
        rows, codes, last = records_then(observations, units_then), units_then["municipality_code"], LAST_YEAR
        rows = rows[rows["year"].fillna(LAST_YEAR) <= LAST_YEAR]
        end = units_then.set_index("municipality_code")["last_year"].fillna(LAST_YEAR).clip(upper=LAST_YEAR)
    rows = rows[["municipality_code", "programme_id", "year"]]
    year = column(rows, "year")
    period = observations.programmes.drop_duplicates("programme_id").set_index("programme_id")
    began = (
        rows["programme_id"].map(period["period_from"]).astype("Float64").to_numpy(float, na_value=first_year)
    )
    ended = rows["programme_id"].map(period["period_to"]).astype("Float64").to_numpy(float, na_value=last)
    known = np.isfinite(year)
    span = pd.DataFrame(
        {
            "municipality_code": rows["municipality_code"].to_numpy(),
            "low": np.where(known, year, np.minimum(began, last)),
            "high": np.where(known, year, np.minimum(ended, last)),
        }
    )
    first = span.groupby("municipality_code").min().reindex(codes)
    event = first["high"].notna()
    end = pd.Series(last, index=first.index) if end is None else end.reindex(first.index).astype(float)
    first = first.assign(
        is_event=event,
        low=first["low"].fillna(end).clip(upper=end),
        high=first["high"].fillna(end).clip(upper=end),
    )
    first = first[~event | (first["high"] >= first_year)].reset_index()
    first["low"] = first["low"].clip(lower=first_year)
    return first.astype({"low": int, "high": int})


def _from_the_start(observations: Observations, first_year: int) -> tuple[Observations, int]:
    """The observations with what came before their period, and the first year at risk, which is in it.

    Otherwise one that had taken part before would come for the first time in the period, and nobody before it.
    """
    if observations.years is None:
        return observations, first_year
    first, last = observations.years
    return observations.where(years=(0, last)), max(first_year, first)


def hazard(
    observations: Observations,
    by: str = SMALL_RURAL,
    *,
    covariates: Sequence[str] = (),
    within: str | None = "county_code",
    cluster: str = REGION,
    first_year: int = FIRST_YEAR,
    units_then: pd.DataFrame | None = None,
) -> Estimates:
    """Hazard ratio of first participation: the group over the others, with an effect of each year.

    Parameters
    ----------
    observations : Observations
    by : str
        Yes-or-no column of the panel.
    covariates : sequence of str
        Names from ``covariates.COVARIATES`` that stand beside the group.
    within : str, optional
        Column of the panel each of whose values has a level of its own.
    cluster : str
        Column of the panel: limits are robust to dependence within its values.
    first_year : int
    units_then : DataFrame, optional
        From ``former_units.units_then``: the municipalities of 2016 by what they were, at risk until they merged;
        what stands in the panel (group, covariates, strata, clusters) is then theirs, centrality their successor's.

    Returns
    -------
    Estimates
        One row per covariate, the group first; ``n`` municipalities, ``numerator`` of them recorded.

    Notes
    -----
    Unit: hazard ratio. Source: the participation register (each record with its source).

    Examples
    --------
    >>> horizon = an.observations().where(programmes="horizon_2020")  # doctest: +SKIP
    >>> found = an.hazard(horizon)  # doctest: +SKIP
    """
    need_observations(observations)
    observations, first_year = _from_the_start(observations, first_year)
    whole = observations.panel if units_then is None else units_then
    known, inside = two_groups(whole, by)
    panel = whole.loc[known]
    features = {by: inside.astype(float)}
    beside = covariate_values(panel, covariates)
    features |= beside
    table = pd.DataFrame(features).assign(code=panel["municipality_code"].to_numpy())
    table["within"] = 0 if within is None else named_column(panel, within).to_numpy()
    table["cluster"] = named_column(panel, cluster).to_numpy()
    table = table.dropna().merge(
        first_years(observations, first_year, units_then), left_on="code", right_on="municipality_code"
    )
    event, group = table["is_event"].to_numpy(bool), table[by].to_numpy(bool)
    shared: dict[str, object] = {"unit": Unit.HAZARD_RATIO, **observations.metadata}
    shared |= {"n": len(table), "numerator": int(event.sum()), "denominator": len(table)}
    shared["model"] = ", ".join(["group", *beside]) + (f"; within {within}" if within else "")
    shared["method"] = f"grouped proportional hazards, year effects, clustered by {cluster}"
    reason = why_undefined(int(group.sum()), int((~group).sum()), int(event.sum()))
    if not reason and not (event[group].any() and event[~group].any()):
        reason = Reason.SEPARATED
    if not reason:
        fit = grouped_hazard.fit(
            np.full(len(table), first_year),
            table["low"].to_numpy(),
            table["high"].to_numpy(),
            event,
            table[list(features)].to_numpy(),
            table["within"].to_numpy(),
            table["cluster"].to_numpy(),
        )
        reason = Reason.NONE if fit.converged else Reason.NOT_CONVERGED
    if reason:
        return Estimates([{"term": name, "reason": reason} for name in features], by=by, **shared)
    beta, error = fit.beta, fit.std_error
    low, high = np.exp([beta - Z * error, beta + Z * error])
    ratios = {"term": list(features), "estimate": np.exp(beta), "conf_low": low, "conf_high": high}
    ratios |= {"std_error": error, "p_value": 2 * special.ndtr(-np.abs(beta / error))}
    return Estimates(pd.DataFrame(ratios), by=by, **shared)
