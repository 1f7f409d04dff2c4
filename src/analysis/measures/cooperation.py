"""Cooperation: who takes part together, with whom, who leads, and do the same partners meet again.

A project with two or more municipalities named is joint. Where the register names only some of a
project's members, a joint project can look like a single one: shares of joint participation are lower
bounds wherever coverage is not census. Being a partner of a programme as such (``lup_partner``) or
winning an award is not cooperation and is left out unless asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from analysis.measures.estimates import Coverage, Reason, Unit, row, tidy
from analysis.measures.observations import coverage_of, municipal_rows
from analysis.stats import proportions

NOT_COOPERATION = ("lup_partner",)
WITH = ("alone", "with equals or smaller", "with a larger neighbour", "with a larger one elsewhere")


def cooperative(programmes: pd.DataFrame) -> list[str]:
    """Programmes whose projects can be joint: all but awards and memberships."""
    keep = (programmes["kind"] != "award") & ~programmes["programme_id"].isin(NOT_COOPERATION)
    return programmes.loc[keep, "programme_id"].tolist()


def participations(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    **options: Any,
) -> pd.DataFrame:
    """One row per unit and project: municipality_code, unit, project, is_lead, members, is_joint.

    ``unit`` is the municipality as it was (``code_then``, else the 2024 code), so that three old neighbours
    that later merged count as three. The panel's columns size_band, is_small_rural, county_code and
    labour_market_region_code are joined by the 2024 code.
    """
    ids = cooperative(programmes) if programme_ids is None else list(programme_ids)
    rows = municipal_rows(participation, ids, **options)
    rows = pd.DataFrame(
        {
            "municipality_code": rows["municipality_code"].astype(str),
            "unit": rows["code_then"].fillna(rows["municipality_code"]).astype(str),
            "project": rows["programme_id"].astype(str) + "/" + rows["project_id"].astype(str),
            "is_lead": rows["role"] == "lead",
        }
    )
    rows = rows.groupby(["project", "unit", "municipality_code"], as_index=False)["is_lead"].any()
    rows["members"] = rows.groupby("project")["unit"].transform("nunique")
    rows["is_joint"] = rows["members"] > 1
    columns = ["size_band", "is_small_rural", "county_code", "labour_market_region_code"]
    return rows.merge(panel[["municipality_code", *columns]], on="municipality_code")


def joint_share(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    by: str = "size_band",
    **options: Any,
) -> pd.DataFrame:
    """Share of participations that are joint, by group; interval allows for projects as clusters."""
    rows = participations(panel, participation, programmes, programme_ids, **options)
    return _shares(rows, {"joint": rows["is_joint"]}, by, _coverage(programmes, programme_ids))


def partners(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    by: str = "size_band",
    neighbours: pd.DataFrame | None = None,
    **options: Any,
) -> pd.DataFrame:
    """With whom: shares of participations ``alone``, ``with equals or smaller``, ``with a larger …``.

    Larger: of a higher size band. Neighbour: in the same labour-market region, or sharing a border where
    ``neighbours`` (municipality_code, neighbour_code) is given. The four shares of a group sum to 1.
    """
    rows = participations(panel, participation, programmes, programme_ids, **options)
    kind = _with_whom(rows, neighbours)
    return _shares(rows, {name: kind == name for name in WITH}, by, _coverage(programmes, programme_ids))


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


def lead_share(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    by: str = "size_band",
    **options: Any,
) -> pd.DataFrame:
    """Share of joint participations in which the municipality leads, by group."""
    rows = participations(panel, participation, programmes, programme_ids, **options)
    rows = rows[rows["is_joint"]]
    return _shares(rows, {"lead": rows["is_lead"]}, by, _coverage(programmes, programme_ids))


def ties(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Pairs of 2024 municipalities in joint projects: municipality_code < partner_code, projects (number).

    Not a result frame: the edges of the network figure and the map of ties.
    """
    rows = participations(panel, participation, programmes, programme_ids, **options)
    rows = rows[["project", "municipality_code"]].drop_duplicates()
    pairs = rows.merge(rows, on="project", suffixes=("", "_other"))
    pairs = pairs[pairs["municipality_code"] < pairs["municipality_code_other"]]
    pairs = pairs.rename(columns={"municipality_code_other": "partner_code"})
    return pairs.groupby(["municipality_code", "partner_code"]).size().rename("projects").reset_index()


def network(ties: pd.DataFrame, coverage: Coverage | str = Coverage.SAMPLE) -> pd.DataFrame:
    """The network in counts: municipalities with a tie, ties, components, size of the largest component."""
    import networkx as nx  # slow to import

    graph = nx.from_pandas_edgelist(ties, "municipality_code", "partner_code")
    components = [len(part) for part in nx.connected_components(graph)]
    values = {
        "municipalities with a tie": graph.number_of_nodes(),
        "ties": graph.number_of_edges(),
        "ties of two or more projects": int((ties["projects"] > 1).sum()),
        "components": len(components),
        "largest component": max(components, default=0),
    }
    shared = {"n": graph.number_of_nodes(), "unit": Unit.COUNT, "method": "count", "coverage": coverage}
    return tidy(
        row(term, estimate=value, reason=Reason.NO_INTERVAL, **shared) for term, value in values.items()
    )


def _coverage(programmes: pd.DataFrame, programme_ids: Iterable[str] | None) -> Coverage:
    return coverage_of(programmes, cooperative(programmes) if programme_ids is None else list(programme_ids))


def _shares(rows: pd.DataFrame, hits: dict[str, pd.Series], by: str, coverage: Coverage) -> pd.DataFrame:
    """Clustered share of each named outcome in each group; ``n`` is the number of projects."""
    results = []
    for group, members in rows.groupby(by, observed=False):
        for term, hit in hits.items():
            values = proportions.clustered(hit.loc[members.index], members["project"])
            projects = int(values.pop("clusters"))
            reason = Reason.NONE if len(members) else Reason.NO_PARTICIPANTS
            results.append(
                row(term, group, n=projects, unit=Unit.PARTICIPATIONS, coverage=coverage, reason=reason,
                    method="Wilson, projects as clusters", **values)
            )  # fmt: skip
    return tidy(results)
