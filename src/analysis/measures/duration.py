"""Time to the first recorded participation: who comes in early, who late, who not yet.

Years are discrete. A municipality is at risk from the first year (or the year it came into being) to its
first participation, its end in a merger, or the last year. Undated participations can't be placed: a
unit that has only those is left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm

from analysis.measures import models
from analysis.measures.covariates import CENTRALITY, COVARIATES, POPULATION
from analysis.measures.estimates import Coverage, Reason, Unit, row, tidy
from analysis.measures.observations import coverage_of, municipal_rows
from analysis.stats import proportions

#: LUP, the oldest of the large programmes, began in 2010.
FIRST_YEAR = 2010


def units_over_time(panel: pd.DataFrame, reforms: pd.DataFrame) -> pd.DataFrame:
    """Municipalities as they have existed: unit, municipality_code (2024), codes, first_year, last_year.

    A merger ends its parts and begins a new unit; a new code or name for the same municipality does not.
    ``reforms`` is the table of that name. A unit that was split stays with the successor SSB's series give
    it (``series_code``), else with the first. ``first_year``/``last_year`` are missing where open.
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
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    last_year: int | None = None,
    reforms: pd.DataFrame | None = None,
    first_year: int = FIRST_YEAR,
    **options: Any,
) -> pd.DataFrame:
    """One row per unit at risk: unit, municipality_code, entry, exit (years, inclusive), is_event.

    Units are today's municipalities, or with ``reforms`` the municipalities as they existed; a merged one is
    at risk only if none of its parts had taken part. ``last_year``: the newest year in the register.
    """
    rows = municipal_rows(participation, programme_ids, **options)
    end = int(
        last_year
        if last_year is not None
        else rows["year"].max()
        if rows["year"].notna().any()
        else FIRST_YEAR
    )
    if reforms is None:
        table = pd.DataFrame(
            {"unit": panel["municipality_code"], "municipality_code": panel["municipality_code"]}
        )
        table = table.assign(first_year=pd.NA, last_year=pd.NA).astype(
            {"first_year": "Int64", "last_year": "Int64"}
        )
        first = rows.groupby("municipality_code")["year"].agg(["min", "size", "count"])
        table = table.join(first, on="unit")
    else:
        table = units_over_time(panel, reforms)
        table = table.join(_first_by_unit(table, rows))
    earliest = table["min"].astype("Int64")
    undated = table["size"].fillna(0).gt(0) & table["count"].fillna(0).eq(0)
    table = table.assign(entry=table["first_year"].fillna(first_year).clip(lower=first_year))
    table["exit"] = table["last_year"].fillna(end).clip(upper=end)
    event = (earliest <= table["exit"]).fillna(False).astype(bool)
    # What was recorded before the first year (or before a merger) is placed at the start of the spell.
    table["exit"] = table["exit"].where(~event, earliest.clip(lower=table["entry"]))
    table["is_event"] = event
    experienced = _experienced(table)
    keep = ~undated & (table["entry"] <= table["exit"]) & ~experienced
    table = table.loc[keep, ["unit", "municipality_code", "entry", "exit", "is_event"]]
    return table.astype({"entry": int, "exit": int}).reset_index(drop=True)


def _first_by_unit(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """First year, rows and dated rows of each unit, by the code it had when it took part."""
    then = rows["code_then"].fillna(rows["municipality_code"])
    long = (
        table[["municipality_code", "codes", "first_year", "last_year"]]
        .explode("codes")
        .reset_index(names="at")
    )
    members = rows.assign(codes=then)[["municipality_code", "codes", "year"]].reset_index(names="record")
    pairs = members.merge(long, on=["municipality_code", "codes"])
    inside = (pairs["year"] >= pairs["first_year"].fillna(0)) & (
        pairs["year"] <= pairs["last_year"].fillna(9999)
    )
    pairs = pairs[inside.fillna(True).astype(bool)]
    return pairs.drop_duplicates(["record", "at"]).groupby("at")["year"].agg(["min", "size", "count"])


def _experienced(table: pd.DataFrame) -> pd.Series:
    """Merged units one of whose parts had taken part before."""
    parts = table.loc[table["last_year"].notna() & table["is_event"], "municipality_code"]
    return table["first_year"].notna() & table["municipality_code"].isin(parts)


def _first_year(programmes: pd.DataFrame, ids: list[str] | None) -> int:
    """The year the first of the programmes began, not before ``FIRST_YEAR``."""
    if "period_from" not in programmes:
        return FIRST_YEAR
    chosen = programmes if ids is None else programmes[programmes["programme_id"].isin(ids)]
    return (
        max(int(chosen["period_from"].min()), FIRST_YEAR)
        if chosen["period_from"].notna().any()
        else FIRST_YEAR
    )


def first_participation(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    by: str = "is_small_rural",
    reforms: pd.DataFrame | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Share that has taken part by each year, by group: one less Kaplan–Meier's, delayed entry allowed for.

    ``term`` is the year, ``group`` the panel's column ``by`` (of the 2024 municipality a unit lies in). Limits:
    Greenwood on the log(−log) scale; before the first event Wilson's for none of those at risk. ``n`` at
    risk in the year, ``numerator`` first participations in it.
    """
    ids = None if programme_ids is None else list(programme_ids)
    coverage = coverage_of(programmes, ids)
    unit = Unit.UPTAKE if coverage is Coverage.CENSUS else Unit.RECORDED
    start = _first_year(programmes, ids)
    table = spells(panel, participation, ids, reforms=reforms, first_year=start, **options)
    table[by] = table["municipality_code"].map(panel.set_index("municipality_code")[by])
    shared = {"unit": unit, "method": "Kaplan–Meier", "coverage": coverage}
    rows = []
    for group, members in table.groupby(by, observed=False):
        if members.empty:
            rows.append(row("all years", group, reason=Reason.EMPTY_GROUP, **shared))
            continue
        for entry in kaplan_meier(members).itertuples():
            values = {"estimate": entry.cumulative, "low": entry.low, "high": entry.high}
            rows.append(
                row(str(entry.year), group, n=entry.at_risk, numerator=entry.events, **values, **shared)
            )
    return tidy(rows)


def kaplan_meier(table: pd.DataFrame) -> pd.DataFrame:
    """year, at_risk, events, cumulative (1 − survival), low, high for one group of spells."""
    years = np.arange(table["entry"].min(), table["exit"].max() + 1)
    entry, exit_, event = (table[name].to_numpy() for name in ("entry", "exit", "is_event"))
    at_risk = ((entry[:, None] <= years) & (years <= exit_[:, None])).sum(axis=0)
    events = ((exit_[:, None] == years) & event[:, None]).sum(axis=0)
    hazard = np.divide(events, at_risk, out=np.zeros(len(years)), where=at_risk > 0)
    survival = np.cumprod(1 - hazard)
    denominator = at_risk * (at_risk - events)
    terms = np.divide(events, denominator, out=np.zeros(len(years)), where=denominator > 0)
    spread = np.sqrt(np.cumsum(terms))
    inner = (survival > 0) & (survival < 1)
    log_survival = np.log(np.where(inner, survival, 0.5))
    factor = np.exp(proportions.Z * spread / np.abs(log_survival))
    low = np.where(inner, 1 - survival ** (1 / factor), 1 - survival)
    high = np.where(inner, 1 - survival**factor, 1 - survival)
    none = proportions.wilson(0, np.maximum(at_risk, 1))[1]
    whole = proportions.wilson(at_risk, np.maximum(at_risk, 1))[0]
    return pd.DataFrame(
        {
            "year": years,
            "at_risk": at_risk,
            "events": events,
            "cumulative": 1 - survival,
            "low": np.where(survival == 0, whole, low),
            "high": np.where(survival == 1, none, high),
        }
    )


def hazard(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    group: str = "is_small_rural",
    reforms: pd.DataFrame | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Hazard ratios of first participation: the group against the others, and per covariate.

    Complementary log-log model of unit-years (the grouped-time proportional hazards model) with a quadratic
    in time; limits robust to clustering in the 2024 municipality. Two models (``group`` of the result):
    ``group alone`` and ``population and centrality``.
    """
    ids = None if programme_ids is None else list(programme_ids)
    coverage = coverage_of(programmes, ids)
    start = _first_year(programmes, ids)
    table = spells(panel, participation, ids, reforms=reforms, first_year=start, **options)
    years = _unit_years(table)
    features = pd.DataFrame({group: panel[group].astype("Float64").to_numpy(float, na_value=np.nan)})
    for name in (POPULATION, CENTRALITY):
        features[name] = COVARIATES[name](panel)
    features.index = pd.Index(panel["municipality_code"])
    rows = []
    for model, names in (("group alone", [group]), ("population and centrality", [POPULATION, CENTRALITY])):
        x = features.loc[years["municipality_code"], names].to_numpy(float)
        rows += _cloglog(years, x, names, model, coverage)
    return tidy(rows)


def _unit_years(table: pd.DataFrame) -> pd.DataFrame:
    """One row per unit and year at risk: municipality_code, year, event."""
    length = (table["exit"] - table["entry"] + 1).to_numpy()
    repeated = table.loc[table.index.repeat(length)].reset_index(drop=True)
    repeated["year"] = repeated["entry"] + np.concatenate([np.arange(n) for n in length] or [np.arange(0)])
    repeated["event"] = repeated["is_event"] & (repeated["year"] == repeated["exit"])
    return repeated[["municipality_code", "year", "event"]]


def _cloglog(
    years: pd.DataFrame, x: np.ndarray, names: list[str], model: str, coverage: Coverage
) -> list[dict[str, object]]:
    keep = np.isfinite(x).all(axis=1)
    x, event = x[keep], years.loc[keep, "event"].to_numpy(float)
    shared: dict[str, object] = {"n": int(keep.sum()), "numerator": event.sum(), "denominator": keep.sum()}
    shared |= {
        "unit": Unit.HAZARD_RATIO,
        "method": "discrete-time cloglog, cluster-robust",
        "coverage": coverage,
    }
    reason = Reason.NONE
    if not event.any():
        reason = Reason.NO_PARTICIPANTS
    elif event.all() or (np.ptp(x, axis=0) == 0).any():
        reason = Reason.ONE_VALUE
    elif any(len(np.unique(x[:, k])) == 2 and _one_sided(x[:, k], event) for k in range(x.shape[1])):
        reason = Reason.SEPARATED
    time = years.loc[keep, "year"].to_numpy(float)
    time = (time - time.mean()) / 5 if len(time) else time
    columns = [np.ones(len(x)), *(x - x.mean(axis=0)).T] if len(x) else [x]
    if not reason:
        columns += [power for power in (time, time**2) if np.ptp(power) > 0]
        design = np.column_stack(columns)
        if np.linalg.matrix_rank(design) < design.shape[1]:
            reason = Reason.COLLINEAR
    if reason:
        return [row(name, model, reason=reason, **shared) for name in names]
    clusters = pd.factorize(years.loc[keep, "municipality_code"])[0]
    family = sm.families.Binomial(link=sm.families.links.CLogLog())
    settings = {"cov_type": "cluster", "cov_kwds": {"groups": clusters}, "maxiter": 200}
    fit = models.quiet_fit(sm.GLM(event, design, family=family), **settings)
    if fit is None:
        return [row(name, model, reason=Reason.NOT_CONVERGED, **shared) for name in names]
    limits = np.exp(np.column_stack([fit.params, fit.conf_int()])[1 : 1 + len(names)])
    return [
        row(name, model, estimate=value, low=low, high=high, **shared)
        for name, (value, low, high) in zip(names, limits, strict=True)
    ]


def _one_sided(indicator: np.ndarray, event: np.ndarray) -> bool:
    rates = [event[indicator == value].mean() for value in np.unique(indicator)]
    return min(rates) == 0 or max(rates) == 1
