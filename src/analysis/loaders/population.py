"""Population and area from the StatBank: tables 07459 (codes of the time, and merged) and 11342."""

from __future__ import annotations

import pandas as pd

from analysis.loaders import ssb
from analysis.loaders.exchange import Asker

#: SSB's own aggregation of old municipalities into today's; its codes are ``K-`` and four digits.
MERGED = "agg_KommSummer"


def fetch_then(client: Asker) -> pd.DataFrame:
    """07459: persons on 1 January in the municipalities of the time, all years."""
    return ssb.table(
        "07459", {"Region": ["????"], "ContentsCode": ["Personer1"], "Tid": ["*"]}, client=client
    )


def fetch_merged(client: Asker) -> pd.DataFrame:
    """07459 with ``agg_KommSummer``: persons on 1 January in today's municipalities, all years.

    ``attrs['shared_members']`` names the old codes that count in several of today's.
    """
    selection = {"Region": ["K-????"], "ContentsCode": ["Personer1"], "Tid": ["*"]}
    frame = ssb.table("07459", selection, codelists={"Region": MERGED}, client=client)
    frame.attrs["shared_members"] = shared_members(ssb.codelist(MERGED, client=client))
    return frame


def shared_members(codelist: pd.DataFrame) -> dict[str, list[str]]:
    """Old codes that SSB sums into more than one of today's (as a split unit may be), each with those."""
    groups = codelist[codelist["member_code"].duplicated(keep=False)].groupby("member_code")["code"]
    return {str(member): sorted(codes.str.removeprefix("K-")) for member, codes in groups}


def fetch_area(client: Asker) -> pd.DataFrame:
    """11342: persons, area, land area and density, in the municipalities of the time, all years."""
    return ssb.table("11342", {"Region": ["????"], "ContentsCode": ["*"], "Tid": ["*"]}, client=client)


def population(frame: pd.DataFrame) -> pd.DataFrame:
    """Persons on 1 January: municipality_code, year, population (Int64), status.

    For the merged series (codes ``K-0301``) as for the codes of the time; rows where the code was not
    in use (``.``, or no persons at all) are left out: no municipality has 0 inhabitants.
    """
    column = "Personer1" if "Personer1" in frame["ContentsCode"].cat.categories else "Folkemengde"
    kept = frame[(frame["ContentsCode"] == column) & (frame["value"] != 0)]
    kept = kept[(kept["status"].astype(object) != ".") | kept["value"].notna()]
    return pd.DataFrame(
        {
            "municipality_code": kept["Region"].astype("str").str.removeprefix("K-"),
            "year": kept["Tid"].astype("str").astype("int64"),
            "population": kept["value"].astype("Int64"),
            "status": kept["status"].astype("str"),
        }
    ).reset_index(drop=True)


def area(frame: pd.DataFrame) -> pd.DataFrame:
    """From 11342: municipality_code, year, population, area_km2, land_area_km2 (code of its time)."""
    names = {"Folkemengde": "population", "ArealKm2": "area_km2", "LandArealKm2": "land_area_km2"}
    kept = frame[frame["ContentsCode"].isin(names) & frame["value"].notna()]
    wide = kept.astype({"Region": "str", "Tid": "str", "ContentsCode": "str"}).pivot(
        index=["Region", "Tid"], columns="ContentsCode", values="value"
    )
    wide = wide.reindex(columns=list(names)).rename(columns=names).reset_index()
    wide = wide.rename(columns={"Region": "municipality_code", "Tid": "year"}).rename_axis(columns=None)
    wide = wide.astype({"year": "int64", "population": "Int64"})
    return wide[wide["population"] > 0].reset_index(drop=True)
