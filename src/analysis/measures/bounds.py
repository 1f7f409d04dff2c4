"""What a register with holes still allows: bounds, the tipping point, and tests of composition.

The recorded share of a group is its uptake times the chance that a participant of the group is recorded.
Nothing in a sample says how large that chance is, so the analyses here ask the reverse: how unequal would
recording have to be for the gap to be made by recording alone?
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.measures.estimates import Coverage, CoverageError, Estimates, Reason, Unit, why_undefined
from analysis.measures.groups import ALL, SMALL_RURAL, grouping, two_groups
from analysis.measures.observations import Observations
from analysis.register import reconcile
from analysis.stats import proportions
from analysis.stats.moran import N_PERMUTATIONS

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
    return Estimates(rows, term="uptake", unit=Unit.UPTAKE, method=_BOUNDS, **observations.metadata)


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
        ``denominator`` n, ``numerator`` x.
    """
    known, inside = two_groups(observations.panel, by)
    codes = observations.panel.loc[known, "municipality_code"][inside]
    table = reconcile.found_of_published(published_totals, observations.participation, projects)
    table = table[
        (table["measure"] == "municipalities") & table["programme_id"].isin(observations.programme_ids)
    ]
    rows = []
    for entry in table.itertuples():
        members = _members(observations, entry, projects)
        units = members.records["code_then"].fillna(members.records["municipality_code"])
        x = int(units[members.records["municipality_code"].isin(codes)].nunique())
        total, found = int(entry.published), int(units.nunique())
        row = {"round": entry.round, "n": total, "numerator": x, "denominator": found, **members.metadata}
        row["reason"] = _reason(entry)
        if row["reason"] is Reason.BOUNDS:
            row |= {"conf_low": x / total, "conf_high": (x + total - found) / total}
        rows.append(row)
    return Estimates(rows, term="composition", unit=Unit.PARTICIPANTS, method=_BOUNDS)


def tipping_point(observations: Observations, by: str = SMALL_RURAL) -> Estimates:
    """How unequal recording must be for equal uptake to give the recorded gap.

    Parameters
    ----------
    observations : Observations
    by : str
        Yes-or-no column of the panel.

    Returns
    -------
    Estimates
        ``recording ratio``: participants outside the group would have to be recorded this many times as often as
        the group's (its lower limit: as often as it takes for the gap to be within chance). ``unrecorded
        participants``: how many of the group's municipalities would have to be participants that the register
        misses, if it missed none of the others.
    """
    x1, n1, x2, n2 = observations.two_by_two(by)
    reason = why_undefined(n1, n2, x1 + x2)
    ratio: dict[str, object] = {"term": "recording ratio", "unit": Unit.RATIO, "method": "score"}
    number: dict[str, object] = {"term": "unrecorded participants", "unit": Unit.COUNT, "method": "Newcombe"}
    if not reason:
        low, high = map(float, proportions.koopman(x2, n2, x1, n1))
        ratio |= {"conf_low": low, "conf_high": high}
        ratio |= {"estimate": (x2 / n2) / (x1 / n1)} if x1 else {"reason": Reason.NO_CENTRE_GROUP}
        low, high = (float(limit) * n1 for limit in proportions.newcombe(x2, n2, x1, n1))
        number |= {"estimate": n1 * x2 / n2 - x1, "conf_low": low, "conf_high": high}
    return Estimates([ratio, number], **observations.columns(n1 + n2, x1, n1, reason=reason))


def tipping_curve(observations: Observations, by: str = SMALL_RURAL, n_points: int = 25) -> Estimates:
    """Recorded share of the group's participants at which uptake is equal, against that of the others.

    Parameters
    ----------
    observations : Observations
    by : str
        Yes-or-no column of the panel.
    n_points : int

    Returns
    -------
    Estimates
        ``x``: the assumed share of the other participants that is recorded (from their recorded share, below which
        uptake would exceed 1, to 1); ``estimate``: the share of the group's participants that would then have to be
        recorded. Above the diagonal the group would have to be recorded better than the others.
    """
    x1, n1, x2, n2 = observations.two_by_two(by)
    shared = observations.columns(n1 + n2, x1, n1, unit=Unit.SHARE, method="score")
    shared["term"] = "share of the group's participants recorded"
    reason = why_undefined(n1, n2) or (Reason.NONE if x2 else Reason.NONE_IN_COMPARISON)
    if reason:
        return Estimates([{"reason": reason}], **shared)
    assumed = np.linspace(x2 / n2, 1, n_points)
    low, high = proportions.koopman(x1, n1, x2, n2)
    ratios = {"estimate": (x1 / n1) / (x2 / n2), "conf_low": float(low), "conf_high": float(high)}
    columns = {name: np.minimum(assumed * ratio, 1) for name, ratio in ratios.items()}
    return Estimates(pd.DataFrame({"x": assumed, **columns}), **shared)


def composition_tests(
    observations: Observations, by: str = SMALL_RURAL, *, n_permutations: int = N_PERMUTATIONS, seed: int = 0
) -> Estimates:
    """Are the recorded participants a fair draw of the municipalities?

    Both are valid tests of equal uptake if, among participants, being recorded does not depend on size; under
    that assumption only.

    Parameters
    ----------
    observations : Observations
    by : str
        Yes-or-no column of the panel.
    n_permutations, seed : int

    Returns
    -------
    Estimates
        ``share of the group``: the group's share of those recorded, with the exact hypergeometric p-value (Fisher,
        two-sided). ``size trend``: mean size band of those recorded less that of all, with a permutation p-value.
    """
    x1, n1, x2, n2 = observations.two_by_two(by)
    share: dict[str, object] = {"unit": Unit.PARTICIPANTS, "method": "Fisher, exact"}
    share["reason"] = why_undefined(n1, n2, x1 + x2) or Reason.NO_INTERVAL
    if share["reason"] is Reason.NO_INTERVAL:
        from scipy import stats  # slow to import

        p_value = stats.fisher_exact([[x1, n1 - x1], [x2, n2 - x2]]).pvalue
        share |= {"estimate": x1 / (x1 + x2), "p_value": p_value}
    found = observations.found.to_numpy()
    band = observations.panel["size_band"].astype("category").cat.codes.to_numpy(float)
    trend: dict[str, object] = {"unit": Unit.INDEX, "method": f"{n_permutations} permutations"}
    trend["reason"] = Reason.NO_PARTICIPANTS if not found.any() else Reason.ONE_VALUE
    if found.any() and not found.all() and np.ptp(band) > 0:
        rng = np.random.default_rng(seed)
        shuffled = rng.permuted(np.tile(band, (n_permutations, 1)), axis=1)[:, : found.sum()].mean(axis=1)
        observed = band[found].mean() - band.mean()
        extreme = (np.abs(shuffled - band.mean()) >= abs(observed) - 1e-12).sum()
        trend |= {"estimate": observed, "p_value": (extreme + 1) / (n_permutations + 1)}
        trend["reason"] = Reason.NO_INTERVAL
    rows = [{"term": "share of the group", **share}, {"term": "size trend", **trend}]
    return Estimates(rows, **observations.columns(n1 + n2, x1, x1 + x2))


def _rounds(
    observations: Observations, published_totals: pd.DataFrame | None, projects: pd.DataFrame | None
) -> list[Round]:
    """Each round of the one programme with a published number of participants; else one without a total."""
    (programme,) = observations.programme_ids
    if published_totals is None or projects is None:
        return [Round(ALL, 0, Reason.NO_TOTAL, observations)]
    table = reconcile.found_of_published(published_totals, observations.participation, projects)
    table = table[(table["programme_id"] == programme) & (table["measure"] == "participants")]
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
