"""Cooperation: who takes part together, with whom, and who leads.

A project with two or more municipalities named is joint. Where the register names only some of a
project's members, a joint project can look like a single one; but joint projects are easier to document than
small local ones. Wherever coverage is not census, shares of joint participation are of what is documented. Being a partner of a programme as such or winning an award is not
cooperation (column ``is_cooperation`` of ``programmes``) and is left out unless its programme is asked for.
Single awards that share a list (``form`` list) are no undertaking of several and are always left out. A
project that continues another one is no new meeting of its members.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis.errors import one_of
from analysis.measures.estimates import Coverage, Estimates, Reason, Unit
from analysis.measures.groups import grouping
from analysis.measures.observations import Observations
from analysis.stats import proportions

Units = Literal["then", "now"]
WITH = ("alone", "with equals or smaller", "with a larger neighbour", "with a larger one elsewhere")
_COLUMNS = ("size_band", "is_small_rural", "county_code", "labour_market_region_code")


def cooperative(observations: Observations) -> Observations:
    """Only programmes whose projects can be joint (no awards, no memberships), unless programmes were chosen."""
    if observations.chosen is not None:
        return observations
    table = observations.programmes.set_index("programme_id").loc[observations.programme_ids]
    return observations.where(programmes=table.index[table["is_cooperation"].astype(bool)])


def participations(observations: Observations) -> pd.DataFrame:
    """One row per unit and project.

    A unit is the municipality as it was (``code_then``, else the 2024 code), so that three old neighbours
    that later merged count as three. A grant that stands under two programmes counts once.

    Parameters
    ----------
    observations : Observations

    Returns
    -------
    DataFrame
        municipality_code, unit, project, undertaking (the first of the projects that continue each other),
        is_lead, members (units in the project, in all of the country), is_joint, and of the panel size_band, is_small_rural, county_code and labour_market_region_code.
    """
    chosen = cooperative(observations)
    rows = chosen.municipal_rows.frame[
        chosen.is_record & ~chosen.municipal_rows.stands_twice(chosen.is_record)
    ]
    if "form" in rows:
        rows = rows[rows["form"].ne("list").fillna(True).astype(bool)]
    rows = pd.DataFrame(
        {
            "municipality_code": rows["municipality_code"].astype(str),
            "unit": rows["code_then"].fillna(rows["municipality_code"]).astype(str),
            "project": rows["programme_id"].astype(str) + "/" + rows["project_id"].astype(str),
            "undertaking": continued(rows["project_id"], observations.participation),
            "is_lead": rows["role"] == "lead",
        }
    )
    key = ["project", "undertaking", "unit", "municipality_code"]
    rows = rows.groupby(key, as_index=False)["is_lead"].any()
    rows["members"] = rows.groupby("project")["unit"].transform("nunique")
    rows["is_joint"] = rows["members"] > 1
    return rows.merge(observations.panel[["municipality_code", *_COLUMNS]], on="municipality_code")


def continued(projects: pd.Series, participation: pd.DataFrame) -> pd.Series:
    """The first of the projects that continue each other, for each project_id.

    Examples
    --------
    >>> rows = pd.DataFrame({"project_id": ["b", "c"], "continues_project_id": ["a", "b"]})
    >>> continued(pd.Series(["c", "d"]), rows).tolist()
    ['a', 'd']
    """
    if "continues_project_id" not in participation:
        return projects
    known = participation.dropna(subset="continues_project_id").drop_duplicates("project_id")
    before = known.set_index("project_id")["continues_project_id"]
    first = projects.astype(str)
    for _ in range(len(before)):  # each step goes back at least one project; a circle ends with the count
        if not first.isin(before.index).any():
            break
        first = first.map(before).fillna(first)
    return first


def joint_share(observations: Observations, by: str | None = "size_band", units: Units = "then") -> Estimates:
    """Share of participations that are joint, by group; the interval allows for projects as clusters.

    Parameters
    ----------
    observations : Observations
    by : str, optional
        size_band, is_small_rural, county_code or labour_market_region_code; the whole country where None.
    units : {"then", "now"}
        Whether three old neighbours that later merged count as three participations, or as one of the
        municipality of 2024. That the project was joint is said of the units as they were in both.

    Returns
    -------
    Estimates
        ``joint`` per group; ``n`` is the number of projects.
    """
    one_of("units", units, get_args(Units))
    rows = participations(observations)
    if units == "now":
        rows = rows.drop_duplicates(["project", "municipality_code"], ignore_index=True)
    return _shares(rows, {"joint": rows["is_joint"]}, by, observations)


def partners(
    observations: Observations, by: str | None = "size_band", neighbours: pd.DataFrame | None = None
) -> Estimates:
    """With whom: shares of participations alone, with equals, with a larger neighbour, with a larger one.

    Parameters
    ----------
    observations : Observations
    by : str, optional
        As in ``joint_share``.
    neighbours : DataFrame, optional
        municipality_code, neighbour_code: who shares a border. Neighbours are otherwise those of the same
        labour-market region.

    Returns
    -------
    Estimates
        The terms of ``WITH`` per group, which sum to 1; larger is of a higher size band.
    """
    rows = participations(observations)
    kind = _with_whom(rows, neighbours)
    return _shares(rows, {name: kind == name for name in WITH}, by, observations)


def _with_whom(rows: pd.DataFrame, neighbours: pd.DataFrame | None) -> pd.Series:
    kind = pd.Series(np.where(rows["is_joint"], WITH[1], WITH[0]), index=rows.index)
    columns = ["project", "unit", "municipality_code", "size_band", "labour_market_region_code"]
    side = rows[columns].assign(rank=rows["size_band"].cat.codes).reset_index()
    pairs = side.merge(side, on="project", suffixes=("", "_other"))
    larger = pairs[pairs["rank_other"] > pairs["rank"]]
    near = (larger["labour_market_region_code"] == larger["labour_market_region_code_other"]).to_numpy()
    if neighbours is not None:
        border = pd.MultiIndex.from_frame(neighbours[["municipality_code", "neighbour_code"]])
        both = pd.MultiIndex.from_frame(larger[["municipality_code", "municipality_code_other"]])
        near = near | both.isin(border)
    kind.loc[larger["index"].unique()] = WITH[3]
    kind.loc[larger.loc[near, "index"].unique()] = WITH[2]
    return kind


def lead_share(observations: Observations, by: str | None = "size_band") -> Estimates:
    """Share of joint participations in which the municipality leads, by group.

    Parameters
    ----------
    observations : Observations
    by : str, optional
        As in ``joint_share``.

    Returns
    -------
    Estimates
        ``lead`` per group; ``n`` is the number of projects.
    """
    rows = participations(observations)
    rows = rows[rows["is_joint"]]
    return _shares(rows, {"lead": rows["is_lead"]}, by, observations)


def ties(observations: Observations) -> pd.DataFrame:
    """Pairs of 2024 municipalities in joint projects, the edges of a network or a map.

    Parameters
    ----------
    observations : Observations

    Returns
    -------
    DataFrame
        municipality_code < partner_code, projects (number; those that continue each other count once).
    """
    rows = participations(observations)[["project", "undertaking", "municipality_code"]].drop_duplicates()
    pairs = rows.merge(rows, on=["project", "undertaking"], suffixes=("", "_other"))
    pairs = pairs[pairs["municipality_code"] < pairs["municipality_code_other"]]
    pairs = pairs.rename(columns={"municipality_code_other": "partner_code"})
    pairs = pairs.drop_duplicates(["municipality_code", "partner_code", "undertaking"])
    return pairs.groupby(["municipality_code", "partner_code"]).size().rename("projects").reset_index()


def network(ties: pd.DataFrame) -> Estimates:
    """The network in counts: municipalities with a tie, ties, components, size of the largest component.

    Parameters
    ----------
    ties : DataFrame
        From ``ties``.

    Returns
    -------
    Estimates
        One row per count.
    """
    import networkx as nx  # slow to import

    graph = nx.from_pandas_edgelist(ties, "municipality_code", "partner_code")
    components = [len(part) for part in nx.connected_components(graph)]
    counts = {
        "municipalities with a tie": graph.number_of_nodes(),
        "ties": graph.number_of_edges(),
        "ties of two or more projects": int((ties["projects"] > 1).sum()),
        "components": len(components),
        "largest component": max(components, default=0),
    }
    shared = {"method": "count", "coverage": Coverage.SAMPLE, "reason": Reason.NO_INTERVAL}
    rows = [{"term": term, "estimate": value} for term, value in counts.items()]
    return Estimates(rows, n=graph.number_of_nodes(), unit=Unit.COUNT, **shared)


def _shares(
    rows: pd.DataFrame, hits: dict[str, pd.Series], by: str | None, observations: Observations
) -> Estimates:
    """Clustered share of each named outcome in each group; ``n`` is the number of projects."""
    found: list[dict[str, object]] = []
    for group, members in rows.groupby(grouping(rows, by), observed=False):
        reason = Reason.NONE if len(members) else Reason.NO_PARTICIPANTS
        for term, hit in hits.items():
            share = proportions.clustered(hit.loc[members.index], members["project"])._asdict()
            found.append(
                {"term": term, "group": group, "n": share.pop("n_clusters"), "reason": reason, **share}
            )
    shared = {**observations.metadata, "coverage": cooperative(observations).coverage}
    return Estimates(found, unit=Unit.PARTICIPATIONS, method="Wilson, projects as clusters", **shared)
