"""Uptake, as far as the register's coverage lets it be known.

Shares have no interval: every municipality of the country is in the panel, and what an incomplete register names at least
once only describes. What could have gone otherwise stands with ``gap``, ``intensity`` and ``census.rates``.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.measures import bounds
from analysis.measures.estimates import Coverage, CoverageError, Estimates, Reason, Unit
from analysis.measures.groups import grouping, need_observations
from analysis.measures.observations import Observations
from analysis.stats import proportions


def uptake(
    observations: Observations,
    by: str | None = None,
    published_totals: pd.DataFrame | None = None,
    projects: pd.DataFrame | None = None,
) -> Estimates:
    """What can be said of uptake by group, which depends on the coverage.

    Parameters
    ----------
    observations : Observations
    by : str, optional
        Column of the panel; the whole country where None.
    published_totals, projects : DataFrame, optional
        The tables of these names, for the bounds.

    Returns
    -------
    Estimates
        Of a census the rates (``uptake_rate``), of one partial programme bounds (``bounds.uptake_bounds``), else
        the ``composition``, never a rate: so too where the organiser chose who took part.

    Notes
    -----
    Unit: shares of municipalities, from 0 to 1. Source: the participation register (each record with its
    source).

    Examples
    --------
    >>> horizon = an.observations().where(programmes="horizon_2020")  # doctest: +SKIP
    >>> int(an.uptake(horizon)["denominator"].iloc[0])  # doctest: +SKIP
    357
    """
    need_observations(observations)
    if observations.coverage is Coverage.CENSUS and not chosen_by_design(observations):
        return uptake_rate(observations, by)
    if observations.coverage is Coverage.PARTIAL and len(observations.programme_ids) == 1:
        return bounds.uptake_bounds(observations, by, published_totals, projects)
    return composition(observations, by)


def uptake_rate(observations: Observations, by: str | None = None) -> Estimates:
    """Share of each group's municipalities that took part.

    Parameters
    ----------
    observations : Observations
    by : str, optional
        Column of the panel; the whole country where None.

    Returns
    -------
    Estimates
        One row ``uptake`` per group.

    Raises
    ------
    CoverageError
        A programme is not a census, or its participants were chosen by its organiser.
    """
    if chosen := chosen_by_design(observations):
        raise CoverageError(f"No rate for {', '.join(chosen)}: the organiser chose who took part.")
    if observations.coverage is not Coverage.CENSUS:
        raise CoverageError(
            f"{observations.label}: coverage is {observations.coverage}, so the share that took part is not "
            "known."
        )
    groups, found, size = by_group(observations, by)
    return _shares(observations, by, groups, found, size, term="uptake", unit=Unit.UPTAKE)


def chosen_by_design(observations: Observations) -> list[str]:
    """Programmes among those chosen whose organiser chose the participants: their number says nothing of the others."""
    table = observations.programmes.set_index("programme_id").loc[observations.programme_ids]
    if "chosen_by_design" not in table:
        return []
    return table.index[table["chosen_by_design"].fillna(False).astype(bool)].tolist()


def recorded_share(observations: Observations, by: str | None = None) -> Estimates:
    """Share of each group's municipalities that the register names at least once.

    Of those that could take part (``Observations.eligible``). This is a lower bound of uptake. It grows with the number
    of projects collected, and so does or shrinks its difference between groups: see ``intensity`` for how often.

    Parameters
    ----------
    observations : Observations
    by : str, optional
        Column of the panel; the whole country where None.

    Returns
    -------
    Estimates
        One row ``recorded share`` per group; empty categories are kept.

    Notes
    -----
    Unit: share of municipalities, from 0 to 1. Source: the participation register (each record with its
    source).

    Examples
    --------
    >>> panel = pd.DataFrame({"municipality_code": ["0301", "1103", "5636"], "is_small_rural": [False, False, True]})
    >>> rows = pd.DataFrame({"municipality_code": ["0301"], "participant_type": ["municipality"],
    ...                      "programme_id": ["p"], "project_id": ["x"]})
    >>> programmes = pd.DataFrame({"programme_id": ["p"], "coverage": ["sample"]})
    >>> shares = recorded_share(Observations(panel, rows, programmes), by="is_small_rural")
    >>> shares.set_index("group")["estimate"].to_dict()
    {False: 0.5, True: 0.0}
    """
    need_observations(observations)
    groups, found, size = by_group(observations, by)
    return _shares(observations, by, groups, found, size, term="recorded share", unit=Unit.RECORDED)


def recorded_share_by_programme(observations: Observations, by: str | None = None) -> Estimates:
    """``recorded_share`` of each programme by itself (column ``programme``), in the table's order.

    Parameters
    ----------
    observations : Observations
    by : str, optional
        Column of the panel.

    Returns
    -------
    Estimates
        As of ``recorded_share``: shares of municipalities.

    Notes
    -----
    Unit: shares of municipalities, from 0 to 1. Source: the participation register (each record with its
    source).

    Examples
    --------
    >>> chosen = an.observations().where(programmes=["klimasats", "startoff"])  # doctest: +SKIP
    >>> sorted(an.recorded_share_by_programme(chosen)["programme"])  # doctest: +SKIP
    ['klimasats', 'startoff']
    """
    need_observations(observations)
    parts = [recorded_share(observations.where(programmes=i), by) for i in observations.programme_ids]
    return Estimates(pd.concat(parts, ignore_index=True))


def by_round(observations: Observations, by: str | None = None) -> Estimates:
    """Share of the municipalities of a round's counties that took part in it, for each round that counties held.

    Parameters
    ----------
    observations : Observations
        With the table ``eligibility``; rounds of the programmes and years chosen count.
    by : str, optional
        Column of the panel.

    Returns
    -------
    Estimates
        One row per group and round (columns ``programme`` and ``round``): ``took part in the round`` where the register
        has the whole round (coverage census), else ``recorded share``.

    Raises
    ------
    AnalysisError
        The observations have no table ``eligibility``.
    """
    table = observations.eligibility
    if table is None:
        raise AnalysisError("by_round needs observations with the table eligibility")
    grouping(observations.panel, by)  # refuses what is no column, also where no round counts
    table = table[table["round"].notna() & table["programme_id"].isin(observations.programme_ids)]
    parts, span = [], observations.years
    for (programme, name), could in table.groupby(["programme_id", "round"], sort=False):
        year, is_complete = could["year_from"].iloc[0], bool(could["is_complete"].iloc[0])
        if span is not None and (pd.isna(year) or not span[0] <= year <= span[1]):
            continue
        rows, codes = observations.participation, observations.panel["municipality_code"]
        inside = observations.panel[codes.isin(could["municipality_code"])].reset_index(drop=True)
        of_round = rows[(rows["programme_id"] == programme) & (rows["round"] == name)]
        chosen = replace(observations, panel=inside, participation=of_round, years=None, eligibility=None)
        part = recorded_share(chosen.where(programmes=str(programme)), by)
        if is_complete:
            part = part.assign(term="took part in the round", unit=Unit.UPTAKE, coverage=Coverage.CENSUS)
        parts.append(part.assign(round=name))
    return Estimates(pd.concat(parts, ignore_index=True) if parts else [])


def composition(observations: Observations, by: str | None = None) -> Estimates:
    """Share of each group among the distinct municipalities recorded.

    Parameters
    ----------
    observations : Observations
    by : str, optional
        Column of the panel, or of the participation (``size_band_then``): the participants are then the units
        as they were when they took part, counted by ``code_then``.

    Returns
    -------
    Estimates
        One row ``composition`` per group.

    Notes
    -----
    Unit: share of the municipalities recorded, from 0 to 1. Source: the participation register (each
    record with its source).

    Examples
    --------
    >>> found = an.composition(an.observations(), by="size_band")  # doctest: +SKIP
    >>> float(found["estimate"].sum().round(6))  # doctest: +SKIP
    1.0
    """
    need_observations(observations)
    if isinstance(by, str) and by not in observations.panel and by in observations.records:
        units = observations.records.dropna(subset=[by]).sort_values("year")
        units = units[units["municipality_code"].isin(observations.panel["municipality_code"])]
        units = units[~units["code_then"].fillna(units["municipality_code"]).duplicated()]
        sizes = units.groupby(by, observed=False).size()
        groups, found = sizes.index, sizes.to_numpy()
    else:
        groups, found, _ = by_group(observations, by)
    total = np.full(len(found), found.sum())
    return _shares(observations, by, groups, found, total, term="composition", unit=Unit.PARTICIPANTS)


def by_group(observations: Observations, by: str | None) -> tuple[pd.Index, np.ndarray, np.ndarray]:
    """Groups, municipalities found in each, and all of each that could take part; empty categories are kept."""
    observations = observations.at_risk
    groups = observations.found.groupby(grouping(observations.panel, by), observed=False)
    table = groups.agg(["sum", "size"])
    return table.index, table["sum"].to_numpy(int), table["size"].to_numpy(int)


def _shares(
    observations: Observations,
    by: str | None,
    groups: pd.Index,
    x: np.ndarray,
    n: np.ndarray,
    *,
    term: str,
    unit: Unit,
) -> Estimates:
    """Rows x / n."""
    empty = Reason.NO_PARTICIPANTS if unit is Unit.PARTICIPANTS else Reason.EMPTY_GROUP
    frame = pd.DataFrame({"group": groups.to_numpy(object), "n": n, "numerator": x, "denominator": n})
    frame["estimate"] = proportions.share(x, n)
    frame["reason"] = np.where(n > 0, Reason.NO_INTERVAL, empty)
    return Estimates(frame, by=by, term=term, unit=unit, method="exact count", **observations.metadata)
