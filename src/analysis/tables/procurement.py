"""Municipal purchases in KOSTRA, and the published national totals they are compared with.

Operating purchases are AGD50 (goods and services that enter own production) plus AGD51 (services
that replace own production). Gross operating expenditure (AGD9) and gross investment (AGI1) stand
in the same published accounts and serve as denominators; they are not purchases.
"""

from __future__ import annotations

import pandas as pd

from analysis.tables.reforms import to_2024
from analysis.tables.schema import columns, typed_amounts, validate

#: KOSTRA code → (the name used here, its definition).
MEASURES = {
    "AGD50": ("purchases_own_production", "Goods and services that enter own production (arts 100-290)"),
    "AGD51": ("purchases_replacing_production", "Services that replace own production (arts 300-380)"),
    "A370": ("purchases_private", "Purchases from private suppliers that replace own production (art 370)"),
    "AG16": ("wages", "Wages including social costs, less sick-pay refunds"),
    "AG34": ("transfers", "Transfers"),
    "A590": ("depreciation", "Depreciation"),
    "AGD10": ("service_expenditure", "Gross operating expenditure on service areas"),
    "AGD9": ("operating_expenditure", "Gross operating expenditure"),
    "AGI1": ("investment_expenditure", "Gross investment expenditure"),
}
#: The measures whose sum is "operating purchases" everywhere in this project.
PURCHASES = ["purchases_own_production", "purchases_replacing_production"]
#: The items that gross operating expenditure is broken down into.
ITEMS = [*PURCHASES, "wages", "transfers", "depreciation"]


def build(purchases: pd.DataFrame, reforms: pd.DataFrame) -> pd.DataFrame:
    """One row per municipality of 2024, year, measure and scope.

    Parameters
    ----------
    purchases : DataFrame
        municipality_code (of its time), year, scope, ssb_code, amount_nok_thousand, status, is_preliminary,
        table_id.
    reforms : DataFrame
        See :mod:`analysis.tables.reforms`.

    Returns
    -------
    DataFrame
        municipality_code, year, measure (see ``MEASURES``), amount_nok_thousand (NA where SSB
        publishes none, with SSB's symbol in status), scope (A konsern, B kommunekasse), is_preliminary
        (published in March, revised in June), table_id, definition. A municipality without rows is unknown,
        not zero.

    Raises
    ------
    DataError
        An unknown code, a duplicate, or an amount that is not a whole number.
    """
    names = {code: name for code, (name, _) in MEASURES.items()}
    definitions = {code: text for code, (_, text) in MEASURES.items()}
    frame = to_2024(typed_amounts(purchases), reforms)
    frame = frame.assign(
        measure=frame["ssb_code"].map(names),
        definition=frame["ssb_code"].map(definitions),
        is_preliminary=frame["is_preliminary"].astype(str) == "True",
    )
    frame = frame.sort_values(["municipality_code", "year", "scope", "measure"])
    return validate(frame, "procurement")


def operating_purchases(procurement: pd.DataFrame) -> pd.DataFrame:
    """Set operating purchases, apart and added, beside operating expenditure.

    Parameters
    ----------
    procurement : DataFrame
        As :func:`build` gives it.

    Returns
    -------
    DataFrame
        One row per municipality_code, year and scope: purchases_own_production_nok_thousand (AGD50),
        purchases_replacing_production_nok_thousand (AGD51), purchases_nok_thousand (their sum; NA unless
        both are known), purchases_operating_expenditure_nok_thousand (AGD9 of the same year, else AGD10),
        purchases_items_nok_thousand (wages, purchases, transfers and depreciation together; NA unless all
        are known).
    """
    wide = procurement.pivot(
        index=["municipality_code", "year", "scope"], columns="measure", values="amount_nok_thousand"
    )
    columns = [*ITEMS, "operating_expenditure", "service_expenditure"]
    wide = wide.reindex(columns=columns).astype("Int64")
    return pd.DataFrame(
        {
            **{f"{name}_nok_thousand": wide[name] for name in PURCHASES},
            "purchases_nok_thousand": wide[PURCHASES].sum(axis=1, min_count=len(PURCHASES)).astype("Int64"),
            "purchases_operating_expenditure_nok_thousand": wide["operating_expenditure"].fillna(
                wide["service_expenditure"]
            ),
            "purchases_items_nok_thousand": wide[ITEMS].sum(axis=1, min_count=len(ITEMS)).astype("Int64"),
        }
    ).reset_index()


def build_national(national: pd.DataFrame) -> pd.DataFrame:
    """Published national totals of public purchases: year, measure, amount_nok_million, status, source.

    Definitions differ between publishers and releases; each row names its own source and status.
    """
    frame = national.rename(columns={"nok_million": "amount_nok_million"})
    return validate(frame, "national_purchases")


def cross_check(
    procurement: pd.DataFrame, statement: pd.DataFrame | None, reforms: pd.DataFrame
) -> pd.DataFrame:
    """Set purchases by function (12367) beside the operating statement (13551), group accounts.

    Parameters
    ----------
    procurement : DataFrame
        As :func:`build` gives it.
    statement : DataFrame or None
        The lines AG17 and AGD51 as data/raw holds them; None where they have not been fetched.
    reforms : DataFrame
        See :mod:`analysis.tables.reforms`.

    Returns
    -------
    DataFrame
        One row per municipality and year that both know: municipality_code, year, purchases_nok_thousand
        (AGD50 + AGD51 over functions), statement_nok_thousand (AG17 + AGD51), difference_pct of the
        statement. They differ by definition: AG17 leaves out arts 160, 165 and 290, and the functions leave
        out what lies outside service areas. Empty where there is no statement.
    """
    key = ["municipality_code", "year"]
    if statement is None:
        return validate(pd.DataFrame(columns=list(columns("purchases_check"))), "purchases_check")
    bought = operating_purchases(procurement[procurement["scope"] == "A"]).dropna(
        subset="purchases_nok_thousand"
    )
    lines = to_2024(typed_amounts(statement), reforms)
    lines = lines[lines["ssb_code"].isin(["AG17", "AGD51"])]
    sums = lines.groupby(key)["amount_nok_thousand"].sum(min_count=2).rename("statement_nok_thousand")
    both = bought.merge(sums.dropna().reset_index(), on=key)
    difference = both["purchases_nok_thousand"] - both["statement_nok_thousand"]
    both["difference_pct"] = (100 * difference / both["statement_nok_thousand"]).astype(float)
    return validate(both, "purchases_check")
