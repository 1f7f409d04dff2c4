"""What all table schemas share: column types, code patterns, and faults that read as sentences.

pandera is imported where it is used: it is slow to import, and ``register check`` needs none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import DataError, Fault

if TYPE_CHECKING:
    import pandera.pandas as pa

MUNICIPALITY = r"^\d{4}$"
COUNTY = r"^\d{2}$"


def municipality_code(**options) -> pa.Column:
    """A four-digit municipality code as text."""
    import pandera.pandas as pa

    return pa.Column(str, pa.Check.str_matches(MUNICIPALITY, error="a four-digit code"), **options)


def county_code(**options) -> pa.Column:
    """A two-digit county code as text."""
    import pandera.pandas as pa

    return pa.Column(str, pa.Check.str_matches(COUNTY, error="a two-digit code"), **options)


def typed_amounts(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame of data/raw with year and amount_nok_thousand as numbers.

    Raises
    ------
    DataError
        An amount or a year that is not a whole number, with its row.
    """
    out = frame.copy()
    for column in ("year", "amount_nok_thousand"):
        numbers = pd.to_numeric(frame[column], errors="coerce")
        wrong = frame[column].notna() & (numbers.isna() | (numbers % 1 != 0))
        if wrong.any():
            name = frame.attrs.get("source", {}).get("file", "amounts")
            place = frame.index[wrong][0]
            fault = Fault(name, int(place) + 2, column, frame.loc[place, column], "must be a whole number")
            raise DataError([fault])
        out[column] = numbers.astype("Int64")
    return out


def validate(frame: pd.DataFrame, schema: pa.DataFrameSchema, table: str) -> pd.DataFrame:
    """The frame, typed and checked by its schema.

    Raises
    ------
    DataError
        Every fault at once, with the table, row (as in a spreadsheet) and column.
    """
    from pandera.errors import SchemaErrors

    try:
        return schema.validate(frame.reset_index(drop=True), lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        faults = [
            Fault(
                table,
                None if pd.isna(case["index"]) else int(case["index"]) + 2,
                None if case["column"] is None else str(case["column"]),
                case["failure_case"],
                f"must satisfy: {case['check']}",
            )
            for case in cases.to_dict("records")
        ]
        raise DataError(faults, f"The table {table} does not fit its schema") from None
