"""What the tables are made from: the publishers' live answers where they were fetched, else the snapshot.

Each function gives one input in the shape that its table's ``build`` takes. Live figures come in the
codes of their time and are moved to the 2024 structure here, by the units of :mod:`analysis.tables.reforms`.
"""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd

from analysis import raw as snapshots
from analysis.loaders import kartverket, kostra, refresh
from analysis.loaders import population as statbank_population
from analysis.tables import accounts as accounts_table
from analysis.tables import boundaries as boundaries_table
from analysis.tables import reforms as reforms_table

#: The embedded polygons are of this structure.
BOUNDARY_YEAR = 2020
#: The first year of KOSTRA's tables and of the embedded population series.
FIRST_YEAR = 2015
NO_SERIES = "no SSB series for this year (area comes from a split municipality)"
WITH_HARAM = "whole of then Ålesund (1507), includes Haram"


def population(municipalities: pd.DataFrame) -> pd.DataFrame:
    """Persons on 1 January by municipality of 2024 and year: municipality_code, year, population, note."""
    live = refresh.latest("ssb_07459_merged")
    if live is None:
        return snapshots.read("ssb_population")
    series = statbank_population.population(live)
    series = series[series["year"] >= FIRST_YEAR].set_index(["municipality_code", "year"])
    years = series.index.unique("year").sort_values()
    grid = pd.MultiIndex.from_product([municipalities["municipality_code"], years])
    frame = series.reindex(grid)[["population"]].rename_axis(["municipality_code", "year"]).reset_index()
    absent = frame["population"].isna()
    frame["note"] = pd.Series(NO_SERIES, index=frame.index).where(absent)
    # Where SSB gives Haram no figure of its own, Ålesund's holds it.
    joint = frame["year"].isin(frame.loc[absent & frame["municipality_code"].eq("1580"), "year"])
    frame.loc[joint & frame["municipality_code"].eq("1508") & frame["year"].ge(2020), "note"] = WITH_HARAM
    return frame


def _newest(feed: str) -> pd.Series | None:
    """The class that each municipality in force has now, by its code; None where it was never fetched."""
    live = refresh.latest(feed)
    if live is None:
        return None
    # Open-ended rows last, so that they win over what a municipality was classed as before.
    rows = live[live["in_force"]].sort_values(["valid_to", "valid_from"], na_position="last")
    return rows.drop_duplicates("source_code", keep="last").set_index("source_code")["target_code"]


def centrality() -> pd.DataFrame:
    """Centrality: municipality_code, centrality_class (live where fetched), centrality_index (snapshot).

    KLASS publishes the class alone; the index stays that of the snapshot's edition.
    """
    frame, newest = snapshots.read("ssb_centrality"), _newest("klass_centrality")
    if newest is None:
        return frame
    return frame.assign(centrality_class=frame["municipality_code"].map(newest).str.lstrip("0"))


def kostra_groups() -> pd.DataFrame:
    """KOSTRA groups: municipality_code, kostra_group (EKG01 …), kostra_group_name."""
    frame, newest = snapshots.read("ssb_kostra_groups"), _newest("klass_kostra_groups")
    if newest is None:
        return frame
    number = frame["municipality_code"].map(newest).str.extract(r"(\d+)$")[0]
    return frame[["municipality_code"]].assign(
        kostra_group="EKG" + number.str.zfill(2), kostra_group_name="KOSTRA-gruppe " + number.str.lstrip("0")
    )


def area() -> pd.DataFrame:
    """Land area: municipality_code, land_area_km2; the newest year of the live table, else 2016's."""
    live = refresh.latest("ssb_11342")
    if live is None:
        return snapshots.read("ssb_area")
    frame = statbank_population.area(live)
    return frame.loc[frame["year"] == frame["year"].max(), ["municipality_code", "land_area_km2"]]


def accounts(reforms: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Municipal accounts and the published totals, as ``accounts.build`` and ``build_totals`` take them."""
    live = refresh.latest("ssb_12137")
    if live is None:
        return snapshots.read("ssb_accounts"), snapshots.read("ssb_accounts_totals")
    lines = list(accounts_table.MEASURES)
    municipal = kostra.accounts(live)
    municipal = to_2024(municipal[municipal["ssb_code"].isin(lines)], reforms)
    totals = kostra.accounts(live, re.compile(r"EAK|EAFK|EKG\d\d")).rename(
        columns={"municipality_code": "unit"}
    )
    known = totals["ssb_code"].isin(lines) & totals["amount_nok_thousand"].notna()
    return municipal.dropna(subset="amount_nok_thousand"), totals[known]


def purchases(reforms: pd.DataFrame) -> pd.DataFrame:
    """Purchases as ``procurement.build`` takes them: all municipalities and years once fetched."""
    live = refresh.latest("ssb_12367")
    if live is None:
        return snapshots.read("ssb_purchases")
    preliminary = [int(year) for year in live.attrs["preliminary_years"]]
    found = to_2024(kostra.purchases(live), reforms)
    return found.assign(is_preliminary=found["year"].isin(preliminary))


def purchases_check() -> pd.DataFrame | None:
    """Purchases by function (12367) beside the statement of accounts (13551), group accounts, every year.

    Returns municipality_code (of its time), year, purchases_nok_thousand, statement_nok_thousand,
    difference_pct, or None until both tables have been fetched. The definitions differ a little; see
    :func:`analysis.loaders.kostra.cross_check`.
    """
    bought, statement = refresh.latest("ssb_12367"), refresh.latest("ssb_13551")
    if bought is None or statement is None:
        return None
    return kostra.cross_check(kostra.purchases(bought), kostra.accounts(statement))


def polygons() -> tuple[gpd.GeoDataFrame, int]:
    """Municipal polygons clipped at the coast, and the year of their structure.

    Kartverket's own reach into the sea; they are clipped by the land of the embedded polygons.
    """
    embedded = snapshots.read_geometry("kartverket_boundaries_2020")
    live = refresh.latest("kartverket_boundaries")
    if live is None:
        return embedded, BOUNDARY_YEAR
    return kartverket.clip_to_coast(live, boundaries_table.repair(embedded)), 2024


def to_2024(frame: pd.DataFrame, reforms: pd.DataFrame) -> pd.DataFrame:
    """Amounts by the municipalities of their year, summed to those of 2024.

    Args:
        frame: municipality_code (of its time), year, amount_nok_thousand, and optionally ``status``; all
            other columns are kept and tell the rows apart.

    Merged units add up; a sum with a missing part is missing, with SSB's symbol for that part. Units of
    which SSB's own series makes nothing (touched by a split) are left out with their successors, since a
    part of a sum is not the sum. Codes not in force in a year have no row in the result.
    """
    years = frame["year"].unique()
    walks = [reforms_table.crosswalk(reforms, int(year)).assign(year=year) for year in years]
    placed = pd.concat(walks)[["code", "year", "series_code"]].drop_duplicates(["code", "year"])
    moved = frame.rename(columns={"municipality_code": "code"}).merge(placed, on=["code", "year"])
    moved = moved.dropna(subset="series_code").drop(columns=["code", "unit_name"], errors="ignore")
    moved = moved.rename(columns={"series_code": "municipality_code"})
    keys = [c for c in moved.columns if c not in ("amount_nok_thousand", "status")]
    groups = moved.groupby(keys, sort=True)
    summed = groups["amount_nok_thousand"].agg(lambda part: part.sum(skipna=False)).to_frame()
    if "status" in moved:
        summed["status"] = groups["status"].max()  # ":" sorts last: a confidential part makes the sum so
    return summed.reset_index()
