"""A municipality beside the groups it belongs to: means per group, for all municipalities at once."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from analysis.measures import spatial

#: Groups that hold the municipality itself, and the column of the panel that each is of.
OWN_GROUPS = {
    "kostra_group": "kostra_group",
    "labour_market_region": "labour_market_region_code",
    "county": "county_code",
}
#: How many municipalities an island gets as neighbours, by distance between boundaries.
N_NEAREST = 3


def neighbours(boundaries: gpd.GeoDataFrame) -> pd.DataFrame:
    """List the neighbours of each municipality; the nearest ones where it has no land border.

    Parameters
    ----------
    boundaries : GeoDataFrame
        municipality_code and geometry in metres.

    Returns
    -------
    DataFrame
        municipality_code, neighbour_code, is_land_border.
    """
    pairs = spatial.neighbours(boundaries)
    land = pairs.loc[~pairs["is_island_link"].astype(bool), ["municipality_code", "neighbour_code"]]
    codes = boundaries["municipality_code"].to_numpy(str)
    islands = np.flatnonzero(~np.isin(codes, land["municipality_code"].unique())).tolist()
    links = [
        (codes[i], codes[k]) for i in islands for k in spatial.nearest(boundaries.geometry, i, N_NEAREST)
    ]
    near = pd.DataFrame(links, columns=["municipality_code", "neighbour_code"], dtype=str)
    frame = pd.concat([land.assign(is_land_border=True), near.assign(is_land_border=False)])
    return frame.astype({"is_land_border": bool}).reset_index(drop=True)


def drawn_together(boundaries: gpd.GeoDataFrame) -> dict[str, list[str]]:
    """Municipalities that share one polygon, by each of their codes: nobody can tell whose a neighbour is.

    Parameters
    ----------
    boundaries : GeoDataFrame
        municipality_code and geometry.
    """
    sharing = boundaries.groupby(boundaries.geometry.to_wkb())["municipality_code"].agg(list)
    return {code: [c for c in codes if c != code] for codes in sharing if len(codes) > 1 for code in codes}


def members(panel: pd.DataFrame, neighbours: pd.DataFrame, nearest: pd.DataFrame) -> pd.DataFrame:
    """List who is in each group around each municipality.

    KOSTRA group, labour-market region, county and country hold the municipality itself; neighbours and
    peers do not. Groups of the municipality alone are left out.

    Parameters
    ----------
    panel : DataFrame
        One row per municipality with the columns in ``OWN_GROUPS``.
    neighbours : DataFrame
        :func:`neighbours`.
    nearest : DataFrame
        :func:`analysis.measures.peers.nearest`.

    Returns
    -------
    DataFrame
        municipality_code, group (of ``OWN_GROUPS``, "country", "neighbours" or "peers"), member_code.
    """
    code = panel[["municipality_code"]]
    parts = []
    for group, column in OWN_GROUPS.items():
        own = panel[["municipality_code", column]].dropna()
        pairs = own.merge(own.rename(columns={"municipality_code": "member_code"}), on=column)
        parts.append(pairs.assign(group=group))
    everyone = code.merge(code.rename(columns={"municipality_code": "member_code"}), how="cross")
    parts.append(everyone.assign(group="country"))
    parts.append(neighbours.rename(columns={"neighbour_code": "member_code"}).assign(group="neighbours"))
    parts.append(nearest.rename(columns={"peer_code": "member_code"}).assign(group="peers"))
    frame = pd.concat(parts)[["municipality_code", "group", "member_code"]]
    is_known = frame["municipality_code"].isin(code["municipality_code"]) & frame["member_code"].isin(
        code["municipality_code"]
    )
    frame = frame[is_known]
    is_alone = frame.groupby(["municipality_code", "group"])["member_code"].transform("size").eq(1)
    return frame[~(is_alone & (frame["municipality_code"] == frame["member_code"]).to_numpy())].reset_index(
        drop=True
    )


def means(groups: pd.DataFrame, values: pd.DataFrame) -> pd.DataFrame:
    """Average values over the members of each group, each municipality counting once.

    Parameters
    ----------
    groups : DataFrame
        :func:`members`.
    values : DataFrame
        Numeric or boolean columns on municipality_code; missing is unknown and left out of its mean.

    Returns
    -------
    DataFrame
        Indexed by municipality_code and group: n (members), for each column its mean under its own
        name and ``n_<column>`` (members for which it is known).
    """
    columns = list(values.columns)
    numeric = values.astype("Float64").astype(float)
    joined = groups.merge(numeric, left_on="member_code", right_index=True, how="left")
    grouped = joined.groupby(["municipality_code", "group"], sort=False)
    result = grouped[columns].mean()
    result.insert(0, "n", grouped.size())
    return result.join(grouped[columns].count().add_prefix("n_"))
