"""Population on 1 January by municipality of 2024 (SSB table 07459, merged time series)."""

from __future__ import annotations

import pandas as pd

from analysis.tables.reforms import shared_series
from analysis.tables.schema import validate

NO_SERIES = "no SSB series for this year (area comes from a split municipality)"
COLUMNS = ["municipality_code", "year", "population", "note"]
WITH_OTHERS = "whole of then {name} ({code}), includes {others}"


def build(population: pd.DataFrame, reforms: pd.DataFrame) -> pd.DataFrame:
    """One row per municipality of 2024 and year.

    Parameters
    ----------
    population : DataFrame
        municipality_code (2024), year, population; no row where SSB publishes no series.
    reforms : DataFrame
        See :mod:`analysis.tables.reforms`.

    Returns
    -------
    DataFrame
        municipality_code, year, population (persons on 1 January; NA where SSB publishes no back
        series because the area comes from a split municipality), note (why a value is missing or wider
        than its code says: 1508 Ålesund includes Haram 2020–2023).

    Raises
    ------
    DataError
        A duplicate, an impossible year or a count that is not positive.
    """
    return validate(assemble(population, reforms), "population")


def assemble(population: pd.DataFrame, reforms: pd.DataFrame) -> pd.DataFrame:
    """The table of :func:`build`, not yet checked by its schema."""
    given = population[["municipality_code", "year", "population"]].astype({"year": "int64"})
    codes = reforms.loc[reforms["valid_to"].isna(), "code"].unique()
    grid = pd.DataFrame({"municipality_code": codes}).merge(given[["year"]].drop_duplicates(), how="cross")
    frame = grid.merge(given, how="outer", on=["municipality_code", "year"])
    frame["note"] = pd.Series(NO_SERIES, index=frame.index).where(frame["population"].isna())
    day = pd.to_datetime(frame["year"].astype(str) + "-01-01")
    for shared in shared_series(reforms).itertuples():
        inside = (day < shared.valid_to) & (pd.isna(shared.valid_from) | (day >= shared.valid_from))
        note = WITH_OTHERS.format(name=shared.name, code=shared.code, others=shared.others)
        frame.loc[inside & (frame["municipality_code"] == shared.municipality_code), "note"] = note
    return frame.sort_values(["municipality_code", "year"])[COLUMNS].reset_index(drop=True)
