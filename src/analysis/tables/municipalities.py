"""The 357 municipalities and 15 counties of 2024, with what classifies them."""

from __future__ import annotations

import pandas as pd

from analysis.tables.schema import validate


def build(
    municipalities: pd.DataFrame,
    counties: pd.DataFrame,
    centrality_class: pd.DataFrame,
    centrality_index: pd.DataFrame,
    kostra_groups: pd.DataFrame,
    kostra_group_definitions: pd.DataFrame,
    labour_market_regions: pd.DataFrame,
    area: pd.DataFrame,
) -> pd.DataFrame:
    """One row per municipality of 2024.

    Parameters
    ----------
    municipalities, counties, centrality_class, centrality_index, kostra_groups, kostra_group_definitions, \
labour_market_regions, area : DataFrame
        The files of data/raw of those names; of ``area`` the newest year is taken.

    Returns
    -------
    DataFrame
        municipality_code, municipality_name (Norwegian part), municipality_name_official,
        county_code, county_name, centrality_class (1 most to 6 least central, KLASS 128),
        centrality_index (0–1000), kostra_group (KLASS 112), kostra_group_name,
        labour_market_region_code and _name (TØI's BA regions), travel_minutes_to_centre (of the labour
        market region), land_area_km2 (NA for municipalities of which the newest year has none).

    Raises
    ------
    DataError
        A municipality lacks a class, a group or a region, or a value is out of range.
    """
    newest = area.loc[area["year"] == area["year"].max(), ["municipality_code", "land_area_km2"]]
    frame = municipalities.merge(counties[["county_code", "county_name"]], on="county_code", how="left")
    for part in (centrality_class, centrality_index, kostra_groups, labour_market_regions, newest):
        frame = frame.merge(part, on="municipality_code", how="left")
    names = kostra_group_definitions[["kostra_group", "kostra_group_name"]]
    frame = frame.merge(names, on="kostra_group", how="left").sort_values("municipality_code")
    return validate(frame, "municipalities")


def build_counties(counties: pd.DataFrame) -> pd.DataFrame:
    """One row per county of 2024: county_code, county_name (Norwegian part), county_name_official."""
    return validate(counties.sort_values("county_code"), "counties")
