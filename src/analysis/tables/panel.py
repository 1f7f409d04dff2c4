"""One row per municipality: the only place where tables are joined."""

from __future__ import annotations

import pandas as pd

from analysis.definitions import size_band, small_rural
from analysis.tables import procurement as procurement_table
from analysis.tables.schema import validate

#: Population and size are those of 1 January 2024, when the present structure came into force.
POPULATION_YEAR = 2024
#: Below this share of operating expenditure the items leave out a part of the municipality's functions: Oslo's
#: make 83 per cent in 2025 (it is a county too), all others' 88 or more.
LEAST_BROKEN_DOWN = 0.85

_AMOUNTS = [
    "operating_revenue",
    "operating_expenditure",
    "net_operating_result",
    "investment_expenditure",
]
#: Purchases, and apart the two kinds that they are the sum of.
_PURCHASES = ["purchases", *procurement_table.PURCHASES]


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
    (AGD50 + AGD51, group accounts of purchases_year; NA where unknown) and apart
    purchases_own_production_nok_thousand (AGD50) and purchases_replacing_production_nok_thousand (AGD51),
    purchases_operating_expenditure_nok_thousand (same year), of the three purchases their _share (of that
    expenditure) and _nok_per_inhabitant (NOK, over purchases_population), accounts_population and
    purchases_population (1 January after accounts_year and after purchases_year, as KOSTRA divides),
    purchases_items_share (wages, purchases, transfers and depreciation over expenditure), purchases_is_partial
    (that share is under LEAST_BROKEN_DOWN: the items leave out functions, so compare neither share nor amount),
    purchases_is_preliminary (the year's figures are not final yet),
    expenditure_need_index (1 = national average, budget year need_index_year; NA where the copy lacks it).

    Raises
    ------
    DataError
        A municipality lacks population or accounts, or a value is out of range.
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
    for name, year in (("accounts", accounts_year), ("purchases", purchases_year)):
        after = population[population["year"] == year + 1].set_index("municipality_code")["population"]
        frame[f"{name}_population"] = frame["municipality_code"].map(after).astype("Int64")
    expenditure = frame["purchases_operating_expenditure_nok_thousand"].astype(float)
    for name in _PURCHASES:
        amount = frame[f"{name}_nok_thousand"].astype(float)
        frame[f"{name}_share"] = amount / expenditure
        frame[f"{name}_nok_per_inhabitant"] = 1000 * amount / frame["purchases_population"].astype(float)
    items = frame["purchases_items_nok_thousand"].astype(float) / expenditure
    frame = frame.assign(
        population_year=POPULATION_YEAR,
        accounts_year=accounts_year,
        purchases_is_preliminary=is_preliminary,
        size_band=size_band(frame["population"]),
        is_small_rural=small_rural(frame),
        purchases_items_share=items,
        purchases_is_partial=items.lt(LEAST_BROKEN_DOWN).astype("boolean").mask(items.isna()),
    )
    return validate(frame, "panel")
