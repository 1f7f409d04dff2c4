"""Municipalities as they were on 1 January 2016, with their population: the denominator of shares by size then.

A record from before the reforms of 2017-2020 names a municipality of its time. How large that
municipality was is in this table; how central it was is not published for the structure of 2016, so it
takes the centrality class of 2024 of the municipality that its territory lies in.
"""

from __future__ import annotations

import pandas as pd

from analysis.definitions import size_band, small_rural
from analysis.errors import DataError, Fault
from analysis.tables.reforms import crosswalk
from analysis.tables.schema import validate

#: The structure that the codes of the file are of: that of 1 January.
YEAR = 2016


def build(population: pd.DataFrame, reforms: pd.DataFrame, municipalities: pd.DataFrame) -> pd.DataFrame:
    """Population of the municipalities of 2016, each with its place in the 2024 structure.

    Parameters
    ----------
    population : DataFrame
        code (of 2016), year (2006 or 2016, both on the structure of 2016), population.
    reforms : DataFrame
        See :func:`analysis.tables.reforms.build`; must reach back to 2016.
    municipalities : DataFrame
        municipality_code and centrality_class of 2024.

    Returns
    -------
    DataFrame
        One row per municipality of 1 January 2016 and year: code, name (official, as then),
        county_code_then, year, population (persons on 1 January), size_band, municipality_code (2024:
        where SSB's series place it; NA for a divided one that they place nowhere), successors (2024
        codes, semicolons between), is_split, centrality_class (2024, of municipality_code; of a divided one
        with no place the class that all its successors share, else NA), is_small_rural (main definition
        on the population then; NA where successors differ so that it cannot be told).

    Raises
    ------
    DataError
        A code that was not in force on 1 January 2016, or one in force that has no population.
    """
    then = crosswalk(reforms, YEAR)
    listed, known, day = set(population["code"]), set(then["code"]), f"{YEAR}-01-01"
    wrong = dict.fromkeys(listed - known, f"not in force on {day}")
    wrong |= dict.fromkeys(known - listed, f"in force on {day}, but has no population here")
    if wrong:
        file = "ssb/population_2016.csv"
        raise DataError([Fault(file, None, "code", code, problem) for code, problem in wrong.items()])
    classes = then.assign(
        centrality=then["municipality_code"].map(
            municipalities.set_index("municipality_code")["centrality_class"]
        )
    )
    # SSB's series decide where they place a divided unit; without, all successors count.
    placed = classes["series_code"].isna() | (classes["municipality_code"] == classes["series_code"])
    by_code = classes[placed].astype({"centrality": "Int64"}).groupby("code")["centrality"]
    low, high = by_code.min(), by_code.max()
    units = then.drop_duplicates("code").set_index("code")
    frame = population.astype({"year": int, "population": int})[["code", "year", "population"]]
    successors = then.sort_values("municipality_code").groupby("code")["municipality_code"].agg(";".join)
    is_split = frame["code"].map(units["is_split"])
    place = (
        frame["code"].map(units["municipality_code"]).mask(is_split, frame["code"].map(units["series_code"]))
    )
    rural = [
        small_rural(frame.assign(centrality_class=frame["code"].map(limit))).reset_index(drop=True)
        for limit in (low, high)
    ]
    frame = frame.assign(
        name=frame["code"].map(units["name"]),
        county_code_then=frame["code"].str[:2],
        size_band=size_band(frame["population"]),
        municipality_code=place,
        successors=frame["code"].map(successors),
        is_split=is_split,
        centrality_class=frame["code"].map(low.where(low == high)),
        is_small_rural=rural[0].where(rural[0] == rural[1]).to_numpy(),
    )
    return validate(frame.sort_values(["code", "year"]), "population_then")
