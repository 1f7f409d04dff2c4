"""What a register with holes still allows: worst-case bounds where a programme has published how many took part.

How unequal recording would have to be for it to make the difference is in ``completeness.sensitivity``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from analysis.measures.estimates import Coverage, CoverageError, Estimates, Reason, Unit
from analysis.measures.groups import ALL, SMALL_RURAL, grouping, two_groups, why_undefined
from analysis.measures.observations import Observations
from analysis.register import reconcile

_BOUNDS = "worst-case bounds"


class Round(NamedTuple):
    """A round of a programme with a published number of participants: how many are not named."""

    name: str
    missing: int
    reason: Reason
    observations: Observations


def uptake_bounds(
    observations: Observations,
    by: str | None = None,
    published_totals: pd.DataFrame | None = None,
    projects: pd.DataFrame | None = None,
) -> Estimates:
    """Worst-case bounds on the share of each group that took part, from found n and published N.

    N is a published number of participants, n the distinct participants of any type found. A total for a year
    is about that year.

    Parameters
    ----------
    observations : Observations
        Of one partial programme.
    by : str, optional
        Column of the panel; the whole country where None.
    published_totals, projects : DataFrame, optional
        The tables of these names; without them the rows have a reason and no bounds.

    Returns
    -------
    Estimates
        ``uptake`` per ``round`` and group. ``conf_low``: the N − n participants that are not named all belong to
        other groups (or are not new municipalities); ``conf_high``: all are municipalities of this group not yet
        counted.

    Raises
    ------
    CoverageError
        The programme is not partial, or there are several.
    """
    if observations.coverage is not Coverage.PARTIAL or len(observations.programme_ids) != 1:
        raise CoverageError(
            f"{observations.label}: bounds are for one partial programme, this is a {observations.coverage}."
        )
    rows = []
    for name, missing, reason, members in _rounds(observations, published_totals, projects):
        groups = members.found.groupby(grouping(members.panel, by), observed=False).agg(["sum", "size"])
        for group, x, n in groups.itertuples():
            row = {"round": name, "group": group, "n": n, "numerator": x, "denominator": n, "reason": reason}
            if not n:
                row["reason"] = Reason.EMPTY_GROUP
            elif reason is Reason.BOUNDS:
                row |= {"conf_low": x / n, "conf_high": min(x + missing, n) / n}
            rows.append(row)
    return Estimates(rows, by=by, term="uptake", unit=Unit.UPTAKE, method=_BOUNDS, **observations.metadata)


def gap_bounds(
    observations: Observations, published_totals: pd.DataFrame, projects: pd.DataFrame, by: str = SMALL_RURAL
) -> Estimates:
    """Worst-case bounds on the difference in uptake for each partial programme with a published total.

    Parameters
    ----------
    observations : Observations
    published_totals, projects : DataFrame
        The tables of these names.
    by : str
        Yes-or-no column of the panel.

    Returns
    -------
    Estimates
        ``difference`` (in shares) per ``programme`` and ``round``. ``conf_low``: all participants that are not named
        are municipalities outside the group; ``conf_high``: all are in it.
    """
    rows = []
    for programme in observations.programme_ids:
        chosen = observations.where(programmes=programme)
        if chosen.coverage is not Coverage.PARTIAL:
            continue
        for name, missing, reason, members in _rounds(chosen, published_totals, projects):
            x1, n1, x2, n2 = members.two_by_two(by)
            row = {"programme": programme, "round": name, "n": n1 + n2, "numerator": x1, "denominator": n1}
            row["reason"] = why_undefined(n1, n2) or reason
            if row["reason"] is Reason.BOUNDS:
                row["conf_low"] = x1 / n1 - min(x2 + missing, n2) / n2
                row["conf_high"] = min(x1 + missing, n1) / n1 - x2 / n2
            rows.append(row)
    return Estimates(
        rows, term="difference", unit=Unit.UPTAKE_DIFFERENCE, method=_BOUNDS, coverage=Coverage.PARTIAL
    )


def composition_bounds(
    observations: Observations, published_totals: pd.DataFrame, projects: pd.DataFrame, by: str = SMALL_RURAL
) -> Estimates:
    """The group's share of the participating municipalities of each round with a published number of them.

    Of N published, n are named and x of these are in the group: the share lies between x / N (all unnamed
    are others) and (x + N − n) / N (all unnamed are in the group). Units are counted as they were.

    Parameters
    ----------
    observations : Observations
    published_totals, projects : DataFrame
        The tables of these names.
    by : str
        Yes-or-no column of the panel.

    Returns
    -------
    Estimates
        ``composition`` per ``programme`` and ``round`` (a year, or the project_id of one process); ``n`` is N,
        ``denominator`` n, ``numerator`` x. The share itself, and no bounds, where all are named.
    """
    known, inside = two_groups(observations.panel, by)
    codes = observations.panel.loc[known, "municipality_code"][inside]
    totals = published_totals[
        (published_totals["measure"] == "municipalities")
        & published_totals["programme_id"].isin(observations.programme_ids)
    ]
    table = reconcile.found_of_published(totals, observations.participation, projects)
    rows = []
    for entry in table.itertuples():
        members = _members(observations, entry, projects)
        units = members.records["code_then"].fillna(members.records["municipality_code"])
        x = int(units[members.records["municipality_code"].isin(codes)].nunique())
        total, found = int(entry.published), int(units.nunique())
        row = {"round": entry.round, "n": total, "numerator": x, "denominator": found, **members.metadata}
        row["reason"] = _reason(entry)
        if row["reason"] is Reason.BOUNDS:
            if found < total:
                row |= {"conf_low": x / total, "conf_high": (x + total - found) / total}
            else:  # nobody is missing: the share is known
                row |= {"estimate": x / total, "reason": Reason.NO_INTERVAL}
        rows.append(row)
    return Estimates(rows, term="composition", unit=Unit.PARTICIPANTS, method=_BOUNDS)


def _rounds(
    observations: Observations, published_totals: pd.DataFrame | None, projects: pd.DataFrame | None
) -> list[Round]:
    """Each round of the one programme with a published number of participants; else one without a total."""
    (programme,) = observations.programme_ids
    if published_totals is None or projects is None:
        return [Round(ALL, 0, Reason.NO_TOTAL, observations)]
    totals = published_totals[
        (published_totals["programme_id"] == programme) & (published_totals["measure"] == "participants")
    ]
    table = reconcile.found_of_published(totals, observations.participation, projects)
    found = [
        Round(entry.round, entry.missing, _reason(entry), _members(observations, entry, projects))
        for entry in table.itertuples()
    ]
    return found or [Round(ALL, 0, Reason.NO_TOTAL, observations)]


def _reason(entry: Any) -> Reason:
    """Whether a row of ``reconcile.found_of_published`` gives bounds, or why it does not."""
    if entry.is_lower_limit:
        return Reason.LOWER_LIMIT
    if pd.isna(entry.found):
        return Reason.NO_MATCH
    return Reason.NOT_COMPARABLE if entry.found > entry.published else Reason.BOUNDS


def _members(observations: Observations, entry: Any, projects: pd.DataFrame) -> Observations:
    """The observations of one round; none where the register cannot tell which rows belong to it."""
    whole = observations.participation
    rows = reconcile.round_rows(whole, projects, entry.programme_id, entry.round, entry.year)
    rows = whole.iloc[:0] if rows is None else rows
    return observations.where(programmes=entry.programme_id).with_participation(rows)
