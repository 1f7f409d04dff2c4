"""Taking a finished solution into use: time to adoption, from a complete list with dates.

Adoption is neither a grant nor a competition. Dates follow suppliers and shared offices, so neighbours are
not independent: limits of the hazard ratio are robust to clusters of them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.measures.covariates import covariate_values
from analysis.measures.estimates import Coverage, Estimates, Reason, Unit
from analysis.measures.groups import SMALL_RURAL, grouping, named_column, two_groups
from analysis.stats.survival import cumulative_incidence

#: Digisos: its first municipalities, and the last day on which the list is complete.
DIGISOS = (pd.Timestamp("2018-04-24"), pd.Timestamp("2019-11-03"))

Period = tuple[pd.Timestamp, pd.Timestamp]


def dates_of(records: pd.DataFrame, programme: str = "digisos") -> pd.DataFrame:
    """Days on which municipalities adopted, as ``adoption_times`` takes them: the programme's records with a date.

    Parameters
    ----------
    records : DataFrame
        programme_id, municipality_code, date: ``records`` of observations, or the table ``participation``.
    programme : str

    Returns
    -------
    DataFrame
        municipality_code, listed_to_stay.

    Examples
    --------
    >>> records = pd.DataFrame({"programme_id": ["digisos", "p"], "municipality_code": ["a", "b"], "date": "2018-05-24"})
    >>> dates_of(records).to_numpy().tolist()
    [['a', '2018-05-24']]
    """
    rows = records.loc[records["programme_id"] == programme, ["municipality_code", "date"]]
    return rows.dropna().rename(columns={"date": "listed_to_stay"})


def adoption_times(panel: pd.DataFrame, dates: pd.DataFrame, period: Period = DIGISOS) -> pd.DataFrame:
    """Days from the start to adoption of each municipality of the panel, censored at the end of the period.

    Parameters
    ----------
    panel : DataFrame
        municipality_code.
    dates : DataFrame
        municipality_code (2024; a municipality counts from its first part) and listed_to_stay, one row per
        unit that adopted; dates after the period count as not yet.
    period : tuple of Timestamp
        First day, and the last on which the list is complete.

    Returns
    -------
    DataFrame
        municipality_code, days, is_adopted; one row per municipality of the panel, in its order.

    Raises
    ------
    AnalysisError
        A date is missing or before the start.

    Examples
    --------
    >>> panel = pd.DataFrame({"municipality_code": ["a", "b"]})
    >>> dates = pd.DataFrame({"municipality_code": ["a"], "listed_to_stay": ["2018-05-24"]})
    >>> adoption_times(panel, dates)["days"].tolist()
    [30, 558]
    """
    start, end = period
    when = pd.to_datetime(dates["listed_to_stay"], errors="coerce")
    wrong = dates[when.isna() | (when < start)]
    if len(wrong):
        raise AnalysisError(
            f"listed_to_stay of municipality {wrong['municipality_code'].iloc[0]} is "
            f"{wrong['listed_to_stay'].iloc[0]!r}: give a date from {start:%Y-%m-%d} on"
        )
    first = when.groupby(dates["municipality_code"]).min().reindex(panel["municipality_code"]).to_numpy()
    days = pd.Series(first, dtype="datetime64[ns]").sub(start).dt.days
    adopted = days.notna() & (days <= (end - start).days)
    days = days.where(adopted, (end - start).days).astype(int)
    return pd.DataFrame(
        {"municipality_code": panel["municipality_code"].to_numpy(), "days": days, "is_adopted": adopted}
    )


def share_adopted(
    panel: pd.DataFrame,
    dates: pd.DataFrame,
    by: str | None = SMALL_RURAL,
    period: Period = DIGISOS,
) -> Estimates:
    """Share of municipalities that had adopted by each day, by group: one less Kaplan–Meier's curve.

    Parameters
    ----------
    panel, dates, period
        As in ``adoption_times``.
    by : str, optional
        Column of the panel.

    Returns
    -------
    Estimates
        ``adopted`` per group on each day with an adoption and on the last day; ``x`` is the year with the day
        as its fraction, ``n`` those not yet adopted the day before, ``numerator`` the day's adoptions. Limits
        (Greenwood) are of the process: the list is complete.
    """
    times = adoption_times(panel, dates, period)
    last = (period[1] - period[0]).days
    rows = []
    for group, members in times.groupby(grouping(panel, by).to_numpy(), observed=False):
        days, adopted = members["days"].to_numpy(), members["is_adopted"].to_numpy()
        curve = cumulative_incidence(np.zeros(len(days), int), days, adopted)
        frame = pd.DataFrame(curve._asdict())
        frame = frame[(frame["events"] > 0) | (frame["time"] == last)]
        day = period[0] + pd.to_timedelta(frame["time"], unit="D")
        length = 365 + day.dt.is_leap_year
        frame = frame.assign(x=day.dt.year + (day.dt.day_of_year - 1) / length, group=group)
        rows.append(frame.rename(columns={"at_risk": "n", "events": "numerator"}).drop(columns="time"))
    return Estimates(
        pd.concat(rows, ignore_index=True),
        term="adopted",
        unit=Unit.UPTAKE,
        method="Kaplan–Meier",
        programme="digisos",
        coverage=Coverage.CENSUS,
    )


def adoption_hazard(
    panel: pd.DataFrame,
    dates: pd.DataFrame,
    by: str = SMALL_RURAL,
    period: Period = DIGISOS,
    *,
    strata: str | None = None,
    covariates: Sequence[str] = (),
) -> Estimates:
    """Hazard ratio of adoption: the group over the others, by Cox's model.

    Parameters
    ----------
    panel, dates, period
        As in ``share_adopted``.
    by : str
        Yes-or-no column of the panel.
    strata : str, optional
        Column of the panel (county_code) each of whose values has a baseline hazard of its own.
    covariates : sequence of str
        Names from ``covariates.COVARIATES`` that stand beside the group.

    Returns
    -------
    Estimates
        One row per covariate, the group first; ``n`` municipalities, ``numerator`` adoptions. Limits are robust to
        dependence within labour-market regions. Ties of days by Breslow's method, the only one that statsmodels has
        with clusters.
    """
    known, inside = two_groups(panel, by)
    features = {by: inside.astype(float)}
    beside = covariate_values(panel, covariates)
    features |= {name: each[known] for name, each in beside.items()}
    times = adoption_times(panel, dates, period)[known]
    x = np.column_stack(list(features.values()))
    complete = np.isfinite(x).all(axis=1)
    days, adopted = times["days"].to_numpy(float)[complete], times["is_adopted"].to_numpy()[complete]
    x, table = x[complete], panel.loc[known].loc[complete]
    model = ", ".join(["group", *beside]) + (f"; strata {strata}" if strata else "")
    shared: dict[str, object] = {
        "unit": Unit.HAZARD_RATIO,
        "method": "Cox, clustered by labour_market_region_code",
        "model": model,
    }
    shared |= {"programme": "digisos", "coverage": Coverage.CENSUS}
    shared |= {"n": len(x), "numerator": int(adopted.sum()), "denominator": len(x)}
    rates = [adopted[x[:, 0] == value].mean() if (x[:, 0] == value).any() else 0 for value in (0, 1)]
    if min(rates) == 0:
        return Estimates([{"term": name, "reason": Reason.SEPARATED} for name in features], **shared)
    # Slow to import, and most readers of this module never use it.
    from statsmodels.duration.hazard_regression import PHReg

    fit = PHReg(
        days,
        x,
        status=adopted.astype(float),
        ties="breslow",
        strata=None if strata is None else named_column(table, strata).to_numpy(),
    ).fit(groups=pd.factorize(table["labour_market_region_code"])[0])
    ratios = pd.DataFrame(np.exp(fit.conf_int()), columns=["conf_low", "conf_high"]).assign(
        term=list(features), estimate=np.exp(fit.params), std_error=fit.bse, p_value=fit.pvalues
    )
    return Estimates(ratios, **shared)
