"""Time to the first recorded participation: who comes in early, who late, who not yet.

Years are discrete. A municipality is at risk from the first year (or the year it came into being) to its
first participation, its end in a merger, or the last year. Undated participations cannot be placed: a
unit that has only those is left out.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import statsmodels.api as sm

from analysis.measures.estimates import Coverage, Estimates, Reason, Unit
from analysis.measures.groups import SMALL_RURAL, grouping
from analysis.measures.models import CENTRALITY, COVARIATES, POPULATION
from analysis.measures.observations import Observations
from analysis.stats import logit
from analysis.stats.survival import cumulative_incidence

#: LUP, the oldest of the large programmes, began in 2010.
FIRST_YEAR = 2010


def units_over_time(panel: pd.DataFrame, reforms: pd.DataFrame) -> pd.DataFrame:
    """Municipalities as they have existed.

    A merger ends its parts and begins a new unit; a new code or name for the same municipality does not. A unit
    that was split stays with the successor SSB's series give it (``series_code``), else with the first.

    Parameters
    ----------
    panel : DataFrame
    reforms : DataFrame
        The table of that name.

    Returns
    -------
    DataFrame
        unit, municipality_code (2024), codes (tuple), first_year, last_year (missing where open).
    """
    rows = reforms[reforms["municipality_code"].isin(panel["municipality_code"])]
    home = rows["series_code"].fillna(rows.groupby(["code", "name"])["municipality_code"].transform("min"))
    rows = rows[~rows["is_split"] | (rows["municipality_code"] == home)]
    found = []
    for code, history in rows.groupby("municipality_code"):
        merged = _merger_date(history)
        if merged is None:
            found.append((code, code, tuple(history["code"].unique()), None, None))
            continue
        before = history[history["valid_from"].isna() | (history["valid_from"] < merged)]
        after = history[history["valid_from"] >= merged]
        for number, part in enumerate(_same_unit(before)):
            found.append((f"{code}-{number}", code, part, None, merged.year - 1))
        found.append((code, code, tuple(after["code"].unique()), merged.year, None))
    frame = pd.DataFrame(found, columns=["unit", "municipality_code", "codes", "first_year", "last_year"])
    return frame.astype({"first_year": "Int64", "last_year": "Int64"})


def _merger_date(history: pd.DataFrame) -> pd.Timestamp | None:
    """The date since which only one unit has stood where the municipality is; ``None`` if always."""
    merged = None
    for date in sorted(history["valid_to"].dropna().unique()):
        started = history["valid_from"].isna() | (history["valid_from"] < date)
        active = history[started & (history["valid_to"].isna() | (history["valid_to"] >= date))]
        if active["code"].nunique() > 1:
            merged = pd.Timestamp(date)
    return merged


def _same_unit(history: pd.DataFrame) -> list[tuple[str, ...]]:
    """Codes grouped where they share a code or a name: the same municipality under another code."""
    groups: list[tuple[set[str], set[str]]] = []
    for code, name in zip(history["code"], history["name"], strict=True):
        codes, names = {code}, {name}
        for group in [g for g in groups if code in g[0] or name in g[1]]:
            codes, names = codes | group[0], names | group[1]
            groups.remove(group)
        groups.append((codes, names))
    return [tuple(sorted(codes)) for codes, _ in groups]


def spells(
    observations: Observations,
    reforms: pd.DataFrame | None = None,
    first_year: int = FIRST_YEAR,
    last_year: int | None = None,
) -> pd.DataFrame:
    """One row per unit at risk.

    Parameters
    ----------
    observations : Observations
    reforms : DataFrame, optional
        The table of that name: units are then the municipalities as they existed, and a merged one is at risk
        only if none of its parts had taken part. Else units are today's municipalities.
    first_year : int
    last_year : int, optional
        The newest year in the register where None.

    Returns
    -------
    DataFrame
        unit, municipality_code, entry, exit (years, inclusive), is_event.
    """
    rows = observations.records
    newest = rows["year"].max() if rows["year"].notna().any() else FIRST_YEAR
    end = int(newest if last_year is None else last_year)
    if reforms is None:
        codes = observations.panel["municipality_code"]
        table = pd.DataFrame(
            {"unit": codes, "municipality_code": codes, "first_year": pd.NA, "last_year": pd.NA}
        )
        table = table.astype({"first_year": "Int64", "last_year": "Int64"})
        table = table.join(rows.groupby("municipality_code")["year"].agg(["min", "size", "count"]), on="unit")
    else:
        table = units_over_time(observations.panel, reforms)
        table = table.join(_first_by_unit(table, rows))
    earliest = table["min"].astype("Int64")
    undated = table["size"].fillna(0).gt(0) & table["count"].fillna(0).eq(0)
    table = table.assign(entry=table["first_year"].fillna(first_year).clip(lower=first_year))
    table["exit"] = table["last_year"].fillna(end).clip(upper=end)
    event = (earliest <= table["exit"]).fillna(False).astype(bool)
    # What was recorded before the first year (or before a merger) is placed at the start of the spell.
    table["exit"] = table["exit"].where(~event, earliest.clip(lower=table["entry"]))
    table["is_event"] = event
    keep = ~undated & (table["entry"] <= table["exit"]) & ~_experienced(table)
    table = table.loc[keep, ["unit", "municipality_code", "entry", "exit", "is_event"]]
    return table.astype({"entry": int, "exit": int}).reset_index(drop=True)


def _first_by_unit(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """First year, rows and dated rows of each unit, by the code it had when it took part."""
    then = rows["code_then"].fillna(rows["municipality_code"])
    spans = table[["municipality_code", "codes", "first_year", "last_year"]]
    long = spans.explode("codes").reset_index(names="at")
    members = rows.assign(codes=then)[["municipality_code", "codes", "year"]].reset_index(names="record")
    pairs = members.merge(long, on=["municipality_code", "codes"])
    inside = pairs["year"].between(pairs["first_year"].fillna(0), pairs["last_year"].fillna(9999))
    pairs = pairs[inside.fillna(True).astype(bool)]
    return pairs.drop_duplicates(["record", "at"]).groupby("at")["year"].agg(["min", "size", "count"])


def _experienced(table: pd.DataFrame) -> pd.Series:
    """Merged units one of whose parts had taken part before."""
    parts = table.loc[table["last_year"].notna() & table["is_event"], "municipality_code"]
    return table["first_year"].notna() & table["municipality_code"].isin(parts)


def _first_year(observations: Observations) -> int:
    """The year the first of the programmes began, not before ``FIRST_YEAR``."""
    table = observations.programmes
    if "period_from" not in table:
        return FIRST_YEAR
    began = table.loc[table["programme_id"].isin(observations.programme_ids), "period_from"].dropna()
    return max(int(began.min()), FIRST_YEAR) if len(began) else FIRST_YEAR


def first_participation(
    observations: Observations, by: str = SMALL_RURAL, reforms: pd.DataFrame | None = None
) -> Estimates:
    """Share that has taken part by each year, by group: one less Kaplan–Meier's, delayed entry allowed for.

    Parameters
    ----------
    observations : Observations
    by : str
        Column of the panel, of the 2024 municipality that a unit lies in.
    reforms : DataFrame, optional
        As in ``spells``.

    Returns
    -------
    Estimates
        ``taken part`` per group and year (``x``); ``n`` at risk in the year, ``numerator`` first participations in it.
        Limits: Greenwood on the log(−log) scale; before the first event Wilson's for none of those at risk.
    """
    table = spells(observations, reforms, _first_year(observations))
    codes = pd.Index(observations.panel["municipality_code"])
    table["by"] = table["municipality_code"].map(grouping(observations.panel, by).set_axis(codes))
    unit = Unit.UPTAKE if observations.coverage is Coverage.CENSUS else Unit.RECORDED
    parts = []
    for group, members in table.groupby("by", observed=False):
        if members.empty:
            parts.append(pd.DataFrame([{"group": group, "reason": Reason.EMPTY_GROUP}]))
            continue
        curve = cumulative_incidence(*(members[name].to_numpy() for name in ("entry", "exit", "is_event")))
        frame = pd.DataFrame(curve._asdict()).rename(
            columns={"time": "x", "at_risk": "n", "events": "numerator"}
        )
        parts.append(frame.assign(group=group, reason=Reason.NONE))
    shared = {"term": "taken part", "unit": unit, "method": "Kaplan–Meier", **observations.metadata}
    return Estimates(pd.concat(parts, ignore_index=True) if parts else [], **shared)


def hazard(
    observations: Observations, by: str = SMALL_RURAL, reforms: pd.DataFrame | None = None
) -> Estimates:
    """Hazard ratios of first participation: the group against the others, and per covariate.

    Complementary log-log model of unit-years (the grouped-time proportional hazards model) with a quadratic
    in time; limits robust to clustering in the 2024 municipality.

    Parameters
    ----------
    observations : Observations
    by : str
        Yes-or-no column of the panel.
    reforms : DataFrame, optional
        As in ``spells``.

    Returns
    -------
    Estimates
        One row per covariate (``term``) of two models (``model``): "group alone", "population and centrality";
        ``n`` unit-years, ``numerator`` first participations.
    """
    panel = observations.panel
    years = _unit_years(spells(observations, reforms, _first_year(observations)))
    features = pd.DataFrame({by: grouping(panel, by).astype("Float64").to_numpy(float, na_value=np.nan)})
    for name in (POPULATION, CENTRALITY):
        features[name] = COVARIATES[name](panel)
    features.index = pd.Index(panel["municipality_code"])
    rows = []
    for model, names in (("group alone", [by]), ("population and centrality", [POPULATION, CENTRALITY])):
        x = features.loc[years["municipality_code"], names].to_numpy(float)
        rows += [{"model": model, **row} for row in _cloglog(years, x, names)]
    method = "discrete-time cloglog, cluster-robust"
    return Estimates(rows, unit=Unit.HAZARD_RATIO, method=method, **observations.metadata)


def _unit_years(table: pd.DataFrame) -> pd.DataFrame:
    """One row per unit and year at risk: municipality_code, year, event."""
    length = (table["exit"] - table["entry"] + 1).to_numpy()
    repeated = table.loc[table.index.repeat(length)].reset_index(drop=True)
    repeated["year"] = repeated["entry"] + np.concatenate([np.arange(n) for n in length] or [np.arange(0)])
    repeated["event"] = repeated["is_event"] & (repeated["year"] == repeated["exit"])
    return repeated[["municipality_code", "year", "event"]]


def _cloglog(years: pd.DataFrame, x: np.ndarray, names: list[str]) -> list[dict[str, object]]:
    keep = np.isfinite(x).all(axis=1)
    x, years = x[keep], years.loc[keep]
    event = years["event"].to_numpy(float)
    shared = {"n": len(x), "numerator": event.sum(), "denominator": len(x)}
    reason, fit = _unusable(x, event), None
    if not reason:
        time = years["year"].to_numpy(float)
        time = (time - time.mean()) / 5
        columns = [np.ones(len(x)), *(x - x.mean(axis=0)).T]
        design = np.column_stack(columns + [power for power in (time, time**2) if np.ptp(power) > 0])
        if np.linalg.matrix_rank(design) < design.shape[1]:
            reason = Reason.COLLINEAR
        else:
            family = sm.families.Binomial(link=sm.families.links.CLogLog())
            settings = {"groups": pd.factorize(years["municipality_code"])[0]}
            fit = logit.fit_or_none(
                sm.GLM(event, design, family=family), cov_type="cluster", cov_kwds=settings, maxiter=200
            )
    if fit is None:
        return [{"term": name, "reason": reason or Reason.NOT_CONVERGED, **shared} for name in names]
    limits = np.exp(np.column_stack([fit.params, fit.conf_int()])[1 : 1 + len(names)])
    return [
        {"term": name, "estimate": value, "conf_low": low, "conf_high": high, "std_error": error, **shared}
        for name, (value, low, high), error in zip(names, limits, fit.bse[1:], strict=False)
    ]


def _unusable(x: np.ndarray, event: np.ndarray) -> Reason:
    """Why the event cannot be modelled; empty where it can."""
    if not event.any():
        return Reason.NO_PARTICIPANTS
    if event.all() or (np.ptp(x, axis=0) == 0).any():
        return Reason.ONE_VALUE
    for values in x.T:
        if len(np.unique(values)) == 2:
            rates = [event[values == value].mean() for value in np.unique(values)]
            if min(rates) == 0 or max(rates) == 1:
                return Reason.SEPARATED
    return Reason.NONE
