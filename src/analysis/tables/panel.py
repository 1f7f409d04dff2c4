"""One row per municipality: the only place where tables are joined."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.definitions import SIZE_BAND_LABELS, size_band, small_rural
from analysis.tables import municipalities as municipalities_table
from analysis.tables import procurement as procurement_table
from analysis.tables.schema import validate

#: Population and size are those of 1 January 2024, when the present structure came into force.
POPULATION_YEAR = 2024

_AMOUNTS = ["operating_revenue", "operating_expenditure", "net_operating_result", "investment_expenditure"]

SCHEMA = pa.DataFrameSchema(
    {
        **municipalities_table.SCHEMA.columns,
        "population": pa.Column("int64", pa.Check.gt(0)),
        "population_year": pa.Column("int64"),
        "size_band": pa.Column(pd.CategoricalDtype(list(SIZE_BAND_LABELS), ordered=True)),
        "is_small_rural": pa.Column(bool),
        **{f"{name}_nok_thousand": pa.Column("int64") for name in _AMOUNTS},
        "accounts_year": pa.Column("int64"),
        "purchases_nok_thousand": pa.Column("Int64", nullable=True),
        "purchases_operating_expenditure_nok_thousand": pa.Column("Int64", nullable=True),
        "purchases_share": pa.Column(float, pa.Check.in_range(0, 1), nullable=True),
        "purchases_year": pa.Column("Int64", nullable=True),
        "purchases_is_preliminary": pa.Column(bool),
        "expenditure_need_index": pa.Column(float, pa.Check.in_range(0.5, 4), nullable=True),
        "need_index_year": pa.Column("Int64", nullable=True),
    },
    strict=True,
    coerce=True,
)


def build(
    municipalities: pd.DataFrame,
    population: pd.DataFrame,
    accounts: pd.DataFrame,
    procurement: pd.DataFrame,
    expenditure_need_index: pd.DataFrame,
) -> pd.DataFrame:
    """One row per municipality of 2024, with the newest figures of each kind.

    Returns the columns of ``municipalities`` and: population (1 January of population_year), size_band,
    is_small_rural (main definition), operating_revenue_, operating_expenditure_, net_operating_result_
    and investment_expenditure_nok_thousand (group accounts of accounts_year), purchases_nok_thousand
    (AGD50 + AGD51, group accounts of purchases_year; NA where unknown),
    purchases_operating_expenditure_nok_thousand (same year), purchases_share (their ratio),
    purchases_is_preliminary (the year's figures are not final yet),
    expenditure_need_index (1 = national average, budget year need_index_year; NA where the copy lacks it).

    Raises:
        DataError: a municipality lacks population or accounts, or a value is out of range.
    """
    people = population.loc[population["year"] == POPULATION_YEAR, ["municipality_code", "population"]]
    # The newest year that every municipality has reported for.
    reported = accounts[accounts["measure"] == "operating_expenditure"].groupby("year").size()
    complete = reported.index[reported == len(municipalities)]
    accounts_year = int(complete.max() if len(complete) else reported.index.max())
    purse = accounts[accounts["year"] == accounts_year].pivot(
        index="municipality_code", columns="measure", values="amount_nok_thousand"
    )
    purse = purse[_AMOUNTS].add_suffix("_nok_thousand").reset_index()
    # Konsern figures, to compare with accounts of the same scope; one year for all, so that groups compare.
    bought = procurement_table.operating_purchases(procurement[procurement["scope"] == "A"])
    purchases_year = bought.loc[bought["purchases_nok_thousand"].notna(), "year"].max()
    bought = bought[bought["year"] == purchases_year].drop(columns="scope")
    is_preliminary = bool(procurement.loc[procurement["year"] == purchases_year, "is_preliminary"].any())
    spent = accounts[(accounts["measure"] == "operating_expenditure") & (accounts["year"] == purchases_year)]
    spent = bought["municipality_code"].map(spent.set_index("municipality_code")["amount_nok_thousand"])
    column = "purchases_operating_expenditure_nok_thousand"
    bought[column] = spent.astype("Int64").fillna(bought[column])
    bought = bought.rename(columns={"year": "purchases_year"})
    need = expenditure_need_index.astype({"budget_year": int}).rename(
        columns={"budget_year": "need_index_year"}
    )
    need = need[need["need_index_year"] == need["need_index_year"].max()]
    frame = municipalities.merge(people, on="municipality_code", how="left")
    for part in (purse, bought, need):
        frame = frame.merge(part, on="municipality_code", how="left")
    frame = frame.assign(
        population_year=POPULATION_YEAR,
        accounts_year=accounts_year,
        purchases_is_preliminary=is_preliminary,
        size_band=size_band(frame["population"]),
        is_small_rural=small_rural(frame),
        purchases_share=frame["purchases_nok_thousand"].astype(float)
        / frame["purchases_operating_expenditure_nok_thousand"].astype(float),
    )
    return validate(frame[list(SCHEMA.columns)], SCHEMA, "panel")
