"""Population on 1 January by municipality of 2024 (SSB table 07459, merged time series)."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.tables.schema import municipality_code, validate

SCHEMA = pa.DataFrameSchema(
    {
        "municipality_code": municipality_code(),
        "year": pa.Column("int64", pa.Check.in_range(1986, 2100)),
        "population": pa.Column("Int64", pa.Check.gt(0), nullable=True),
        "note": pa.Column(str, nullable=True),
    },
    unique=["municipality_code", "year"],
    strict=True,
    coerce=True,
)


def build(population: pd.DataFrame) -> pd.DataFrame:
    """One row per municipality and year.

    Returns municipality_code, year, population (persons on 1 January; NA where SSB publishes no back
    series because the area comes from a split municipality), note (why a value is missing or wider
    than its code says: 1508 Ålesund includes Haram 2020–2023).

    Raises:
        DataError: a duplicate, an impossible year or a count that is not positive.
    """
    frame = population.sort_values(["municipality_code", "year"])
    return validate(frame[list(SCHEMA.columns)], SCHEMA, "population")
