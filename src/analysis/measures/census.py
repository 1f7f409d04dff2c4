"""Complete lists: rates, counts and kroner of programmes whose every participant is in the register.

A finite population that is known whole has no sampling error, so no interval is given. Where one is asked
for, it is of the process: how far the shares could have differed had chance decided otherwise who took part.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.measures.estimates import Coverage, CoverageError, Estimates, Reason, Unit
from analysis.measures.groups import coverages, grouping
from analysis.measures.observations import Observations
from analysis.measures.uptake import by_group, chosen_by_design
from analysis.stats import proportions

_EXACT = "complete list"
#: Column of the participant's own amount, and its unit, by currency.
AMOUNTS = {"nok": ("own_amount_nok", Unit.NOK_MILLION), "eur": ("own_amount_eur", Unit.EUR_MILLION)}


def require_census(observations: Observations, *, of_rate: bool = False) -> None:
    """Refuse programmes whose list of participants is not complete in the years chosen.

    Parameters
    ----------
    observations : Observations
    of_rate : bool
        Also refuse programmes whose organiser chose the participants: their number says nothing of the others.

    Raises
    ------
    CoverageError
        Names the programmes.
    """
    coverage = coverages(observations.programmes, observations.programme_ids, observations.years)
    short = coverage[coverage != Coverage.CENSUS]
    if len(short):
        raise CoverageError(
            f"Not a complete list: {', '.join(f'{name} ({coverage})' for name, coverage in short.items())}. "
            "Choose programmes of coverage census with .where(programmes=…) and years up to complete_to, or use "
            "intensity."
        )
    if of_rate and (chosen := chosen_by_design(observations)):
        raise CoverageError(
            f"No rate for {', '.join(chosen)}: the organiser chose who took part. Use census.counts."
        )


def rates(observations: Observations, by: str | None = None, *, process_interval: bool = False) -> Estimates:
    """Share of municipalities that took part, by group, of those that could.

    Parameters
    ----------
    observations : Observations
        Programmes of coverage census.
    by : str, optional
        Column of the panel (is_small_rural, size_band, centrality_class, county_name, …).
    process_interval : bool
        Wilson's interval of the process; else none.

    Returns
    -------
    Estimates
        ``took part`` per group: ``numerator`` municipalities of ``denominator`` eligible ones.

    Raises
    ------
    CoverageError
        A programme is not a census, or its participants were chosen by its organiser.

    Examples
    --------
    >>> panel = pd.DataFrame({"municipality_code": list("abc"), "size_band": ["s", "s", "l"]})
    >>> rows = pd.DataFrame({"municipality_code": list("ac"), "participant_type": "municipality",
    ...                      "programme_id": "p", "project_id": "x"})
    >>> programmes = pd.DataFrame({"programme_id": ["p"], "coverage": ["census"]})
    >>> rates(Observations(panel, rows, programmes), by="size_band")["estimate"].tolist()
    [1.0, 0.5]
    """
    require_census(observations, of_rate=True)
    groups, x, n = by_group(observations, by)
    frame = pd.DataFrame({"group": groups.to_numpy(object), "n": n, "numerator": x, "denominator": n})
    frame["estimate"] = proportions.share(x, n)
    why, method = Reason.NO_INTERVAL, _EXACT
    if process_interval:
        frame["conf_low"], frame["conf_high"] = proportions.wilson(x, n)
        why, method = Reason.NONE, f"{_EXACT}; Wilson interval of the process"
    frame["reason"] = np.where(n > 0, why, Reason.EMPTY_GROUP)
    return Estimates(frame, by=by, term="took part", unit=Unit.UPTAKE, method=method, **observations.metadata)


def counts(observations: Observations, by: str | None = None) -> Estimates:
    """Municipalities that took part and their participations, by group; for lists whose organiser chose them too.

    Parameters
    ----------
    observations : Observations
        Programmes of coverage census.
    by : str, optional
        Column of the panel.

    Returns
    -------
    Estimates
        ``participants``, ``participations`` and ``participations per municipality`` per group.

    Raises
    ------
    CoverageError
        A programme is not a census.
    """
    require_census(observations)
    table = pd.DataFrame({"count": observations.counts, "by": grouping(observations.panel, by)})
    rows: list[dict[str, object]] = []
    for group, members in table.groupby("by", observed=False)["count"]:
        n, total, found = len(members), int(members.sum()), int((members > 0).sum())
        shared = {"group": group, "n": n}
        rows.append({"term": "participants", "estimate": found, "unit": Unit.COUNT, **shared})
        rows.append({"term": "participations", "estimate": total, "unit": Unit.COUNT, **shared})
        if n:
            rate = {
                "estimate": total / n,
                "numerator": total,
                "denominator": n,
                "unit": Unit.PER_MUNICIPALITY,
            }
            rows.append({"term": "participations per municipality", **rate, **shared})
    return Estimates(rows, by=by, method=_EXACT, reason=Reason.NO_INTERVAL, **observations.metadata)


def amounts(observations: Observations, by: str | None = None, currency: str = "nok") -> Estimates:
    """Money granted to municipalities, by group.

    Parameters
    ----------
    observations : Observations
        Programmes of coverage census.
    by : str, optional
        Column of the panel.
    currency : {"nok", "eur"}
        Which of the participant's own amounts is added up.

    Returns
    -------
    Estimates
        ``amount`` (million), ``amount per inhabitant`` and ``amount per participation`` (both in the currency)
        per group; ``n`` participations with an amount, ``numerator`` the amount. None where the group took part and no
        amount is known; a grant that stands under two programmes counts once.

    Raises
    ------
    CoverageError
        A programme is not a census.
    """
    require_census(observations)
    column, million = AMOUNTS[currency]
    per_head, each = (
        (Unit.NOK_PER_INHABITANT, Unit.NOK_EACH)
        if currency == "nok"
        else (Unit.EUR_PER_INHABITANT, Unit.EUR_EACH)
    )
    every = observations.municipal_rows
    records = every.frame[observations.is_record & ~every.stands_twice(observations.is_record)]
    # Two rows of one municipality in a project (a former unit and its successor) both bring their amounts.
    money = records.groupby("municipality_code")[column].agg(["sum", "count", "size"]).astype(float)
    table = money.reindex(observations.panel["municipality_code"]).fillna(0).reset_index(drop=True)
    table["population"] = observations.panel["population"].to_numpy(float)
    table["by"] = grouping(observations.panel, by).reset_index(drop=True)
    rows: list[dict[str, object]] = []
    for group, members in table.groupby("by", observed=False):
        total, n, people, took_part = (
            float(members[name].sum()) for name in ("sum", "count", "population", "size")
        )
        # Nothing was granted to those that did not take part; what those got of whom no amount is known, nobody knows.
        unknown = took_part > 0 and not n
        total = np.nan if unknown else total
        shared: dict[str, object] = {"group": group, "n": int(n), "numerator": total}
        missing = {"reason": Reason.ALL_MISSING if unknown else Reason.NO_PARTICIPANTS}
        given = {"reason": Reason.ALL_MISSING} if unknown else {"estimate": total / 1e6}
        rows.append({"term": "amount", "unit": million, **shared, **given})
        for term, divisor, unit in (
            ("amount per inhabitant", people, per_head),
            ("amount per participation", n, each),
        ):
            row = {"term": term, "denominator": divisor, "unit": unit, **shared}
            rows.append(row | ({"estimate": total / divisor} if divisor and not unknown else missing))
    return Estimates(
        [{"reason": Reason.NO_INTERVAL, **row} for row in rows], by=by, method=_EXACT, **observations.metadata
    )


def first_and_repeat(observations: Observations, by: str | None = None) -> Estimates:
    """Participants of each year that come for the first time, and those that had taken part before.

    Parameters
    ----------
    observations : Observations
        Programmes of coverage census; rows without a year are left out. Of a period chosen the years are shown, and
        who had taken part before it comes for the first time no more.
    by : str, optional
        Column of the panel.

    Returns
    -------
    Estimates
        ``first time`` and ``repeat`` per group and year (``x``), in municipalities.

    Raises
    ------
    CoverageError
        A programme is not a census.
    """
    require_census(observations)
    group = grouping(observations.panel, by).set_axis(pd.Index(observations.panel["municipality_code"]))
    ever = replace(observations, years=None).rows
    pairs = ever.dropna(subset="year")[["municipality_code", "year"]].drop_duplicates()
    pairs = pairs.astype({"year": int})
    pairs["first"] = pairs["year"] == pairs.groupby("municipality_code")["year"].transform("min")
    pairs["by"] = pairs["municipality_code"].map(group)
    if observations.years is not None:
        pairs = pairs[pairs["year"].between(*observations.years)]
    if pairs.empty:
        return Estimates(
            [{"term": "first time", "unit": Unit.COUNT, "method": _EXACT, "reason": Reason.NO_PARTICIPANTS}],
            **observations.metadata,
        )
    years = np.arange(pairs["year"].min(), pairs["year"].max() + 1)
    rows = []
    for name in (
        group.dropna().unique() if not isinstance(group.dtype, pd.CategoricalDtype) else group.cat.categories
    ):
        mine = pairs[pairs["by"] == name]
        for term, first in (("first time", True), ("repeat", False)):
            number = mine.loc[mine["first"] == first, "year"].value_counts().reindex(years, fill_value=0)
            rows += [
                {"term": term, "group": name, "x": year, "estimate": x, "n": int((group == name).sum())}
                for year, x in number.items()
            ]
    shared = {"unit": Unit.COUNT, "method": _EXACT, "reason": Reason.NO_INTERVAL, **observations.metadata}
    return Estimates(rows, by=by, **shared)


def applications(table: pd.DataFrame, panel: pd.DataFrame, by: str | None = None) -> Estimates:
    """Applications of municipalities to the Research Council, and how many of those decided were granted.

    Parameters
    ----------
    table : DataFrame
        The table ``applications``, which is there once the Research Council's own file has been fetched.
    panel : DataFrame
    by : str, optional
        Column of the panel.

    Returns
    -------
    Estimates
        Per group ``applications``, ``per municipality`` and ``success rate`` (granted of granted and refused;
        applications under assessment are in the first two only). The file is complete, so nothing has an interval.

    Examples
    --------
    >>> table = pd.DataFrame({"municipality_code": ["a", "a"], "n_applied": [2, 2], "n_granted": [1, 0], "n_refused": [1, 1]})
    >>> found = applications(table, pd.DataFrame({"municipality_code": ["a", "b"]}))
    >>> found["estimate"].round(2).tolist()
    [4.0, 2.0, 0.33]
    """
    columns = ["n_applied", "n_granted", "n_refused"]
    own = table.groupby("municipality_code")[columns].sum().reindex(panel["municipality_code"], fill_value=0)
    groups = own.groupby(grouping(panel, by).to_numpy(), observed=False)
    sums, sizes = groups.sum(), groups.size()
    rows: list[dict[str, object]] = []
    for group, (applied, granted, refused) in zip(sums.index, sums.to_numpy(), strict=True):
        n, decided = int(sizes[group]), granted + refused
        shared = {"group": group, "n": n, "reason": Reason.NO_INTERVAL if n else Reason.EMPTY_GROUP}
        rows.append({**shared, "term": "applications", "estimate": applied, "unit": Unit.COUNT})
        each: dict[str, object] = {"numerator": applied, "denominator": n, "unit": Unit.RATIO}
        rows.append({**shared, "term": "per municipality", **each} | ({"estimate": applied / n} if n else {}))
        rate = {"numerator": granted, "denominator": decided, "unit": Unit.SHARE}
        known = {"estimate": granted / decided} if decided else {"reason": Reason.NO_PARTICIPANTS}
        rows.append({**shared, "term": "success rate", **rate, **known})
    return Estimates(rows, by=by, method=_EXACT, programme="research_council", coverage=Coverage.CENSUS)
