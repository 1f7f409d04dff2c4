"""Municipal group accounts (konsern) in KOSTRA: the purse that a municipality disposes of."""

from __future__ import annotations

import pandas as pd

from analysis.tables.reforms import to_2024
from analysis.tables.schema import typed_amounts, validate

#: KOSTRA code → the name used here. None of these are purchases.
MEASURES = {
    "AGD13": "operating_revenue",
    "AGD9": "operating_expenditure",
    "AGD23": "net_operating_result",
    "AGI1": "investment_expenditure",
}


def _tidy(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    named = frame.assign(measure=frame["ssb_code"].map(MEASURES), table_id="12137")
    # The publisher withholds some amounts; they are no rows here.
    return validate(named.dropna(subset="amount_nok_thousand"), table)


def build(accounts: pd.DataFrame, reforms: pd.DataFrame) -> pd.DataFrame:
    """One row per municipality of 2024, year and measure (SSB table 12137, group accounts).

    Parameters
    ----------
    accounts : DataFrame
        municipality_code (of its time), year, ssb_code, amount_nok_thousand, status.
    reforms : DataFrame
        See :mod:`analysis.tables.reforms`.

    Returns
    -------
    DataFrame
        municipality_code, year, measure (operating_revenue AGD13, operating_expenditure AGD9,
        net_operating_result AGD23, investment_expenditure AGI1), amount_nok_thousand, table_id.

    Raises
    ------
    DataError
        An unknown code, a duplicate, or an amount that is not a whole number.
    """
    moved = to_2024(typed_amounts(accounts), reforms)
    moved = moved.sort_values(["municipality_code", "year", "ssb_code"])
    return _tidy(moved, "accounts")


def build_totals(totals: pd.DataFrame) -> pd.DataFrame:
    """The published sums that :func:`build` is checked against.

    Returns
    -------
    DataFrame
        unit (EAK country, EKG01–17 KOSTRA groups, EAFK counties incl. Oslo, 2111 Longyearbyen),
        unit_name, year, measure, amount_nok_thousand, table_id.
    """
    return _tidy(totals, "accounts_totals")
