"""Municipal purchases in KOSTRA, and the published national totals they are compared with.

Operating purchases are AGD50 (goods and services that enter own production) plus AGD51 (services
that replace own production). Gross operating expenditure (AGD9) and gross investment (AGI1) stand
in the same published accounts and serve as denominators; they are not purchases.
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.tables.schema import municipality_code, validate

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

SCHEMA = pa.DataFrameSchema(
    {
        "municipality_code": municipality_code(),
        "year": pa.Column("int64", pa.Check.in_range(2015, 2100)),
        "measure": pa.Column(str, pa.Check.isin([name for name, _ in MEASURES.values()])),
        # Not "≥ 0": SSB publishes negative amounts (Fauske's investment 2025).
        "amount_nok_thousand": pa.Column("Int64", nullable=True),
        "status": pa.Column(str, pa.Check.isin([".", "..", ":"]), nullable=True),
        "scope": pa.Column(str, pa.Check.isin(["A", "B"])),
        "is_preliminary": pa.Column(bool),
        "table_id": pa.Column(str),
        "definition": pa.Column(str),
    },
    unique=["municipality_code", "year", "measure", "scope"],
    strict=True,
    coerce=True,
)

NATIONAL_SCHEMA = pa.DataFrameSchema(
    {
        "year": pa.Column("int64", pa.Check.in_range(1990, 2100)),
        "measure": pa.Column(str),
        "amount_nok_million": pa.Column("int64", pa.Check.gt(0)),
        "status": pa.Column(str),
        "source": pa.Column(str),
    },
    strict=True,
    coerce=True,
)


def build(purchases: pd.DataFrame) -> pd.DataFrame:
    """One row per municipality, year, measure and scope.

    Args:
        purchases: municipality_code, year, ssb_code, amount_nok_thousand; from a live table also
            scope, status, table_id and is_preliminary (else group accounts ``A``, no status, "KOSTRA", final).

    Returns municipality_code, year, measure (see ``MEASURES``), amount_nok_thousand (NA where SSB
    publishes none, with SSB's symbol in status), scope (A konsern, B kommunekasse),
    is_preliminary (published in March, revised in June), table_id, definition. A municipality without rows is unknown, not zero.

    Raises:
        DataError: an unknown code, a duplicate, or an amount that is not a whole number.
    """
    names = {code: name for code, (name, _) in MEASURES.items()}
    definitions = {code: text for code, (_, text) in MEASURES.items()}
    frame = pd.DataFrame(
        {"status": pd.NA, "scope": "A", "table_id": "KOSTRA", "is_preliminary": False}, index=purchases.index
    )
    frame = purchases.combine_first(frame).assign(
        measure=purchases["ssb_code"].map(names), definition=purchases["ssb_code"].map(definitions)
    )
    frame = frame.sort_values(["municipality_code", "year", "scope", "measure"])
    return validate(frame[list(SCHEMA.columns)], SCHEMA, "procurement")


def operating_purchases(procurement: pd.DataFrame) -> pd.DataFrame:
    """Operating purchases beside operating expenditure, per municipality, year and scope.

    Returns municipality_code, year, scope, purchases_nok_thousand (AGD50 + AGD51; NA unless both are
    known), purchases_operating_expenditure_nok_thousand (AGD9 of the same year, else AGD10).
    """
    wide = procurement.pivot(
        index=["municipality_code", "year", "scope"], columns="measure", values="amount_nok_thousand"
    )
    columns = [*PURCHASES, "operating_expenditure", "service_expenditure"]
    wide = wide.reindex(columns=columns).astype("Int64")
    return pd.DataFrame(
        {
            "purchases_nok_thousand": wide[PURCHASES].sum(axis=1, min_count=2).astype("Int64"),
            "purchases_operating_expenditure_nok_thousand": wide["operating_expenditure"].fillna(
                wide["service_expenditure"]
            ),
        }
    ).reset_index()


def build_national(national: pd.DataFrame) -> pd.DataFrame:
    """Published national totals of public purchases: year, measure, amount_nok_million, status, source.

    Definitions differ between publishers and releases; each row names its own source and status.
    """
    frame = national.rename(columns={"nok_million": "amount_nok_million"})
    return validate(frame[list(NATIONAL_SCHEMA.columns)], NATIONAL_SCHEMA, "national_purchases")
