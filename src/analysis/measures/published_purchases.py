"""What the municipal accounts sum to, beside the published totals of public purchases."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from analysis.measures.covariates import column
from analysis.measures.estimates import Coverage, Estimates, Reason, Unit
from analysis.measures.procurement import KINDS, TERMS
from analysis.stats import LEVEL

ESTIMATED = "purchases, all municipalities, estimated"
#: What each row of ``against_published`` counts; municipalities' purchases are less than the published totals because
#: counties, investments and the national accounts' benefits in kind are outside KOSTRA's AGD50 + AGD51.
INCLUDES = {
    "purchases, known municipalities": "AGD50 + AGD51, operating, municipal group accounts",
    ESTIMATED: "AGD50 + AGD51, operating; ratio to operating expenditure by size band",
    TERMS["own_production"]: "AGD50, operating, municipal group accounts",
    TERMS["replacing_production"]: "AGD51, operating, municipal group accounts",
    "operating expenditure": "AGD9: wages and transfers too; not purchases",
    "investment expenditure": "AGI1: own work and interest too; not purchases",
    "local_government": "SSB Offentlige innkjøp: municipalities and counties, with investments and benefits in kind",
    "local_government_goods_services": "of this: goods and services",
    "local_government_social_benefits_in_kind": "of this: social benefits in kind",
    "local_government_gross_fixed_capital_formation": "of this: gross fixed capital formation (investment)",
}


def against_published(panel: pd.DataFrame, national_purchases: pd.DataFrame) -> Estimates:
    """What the municipal accounts sum to beside the published national totals.

    The estimate for all municipalities adds to the known sum, for each unknown municipality, the mean ratio to
    operating expenditure of its size band; the limits allow for how much single municipalities differ from it (one
    variance for all bands), so a large unknown city widens them. They vanish when all are known.

    Parameters
    ----------
    panel : DataFrame
    national_purchases : DataFrame
        The table of that name.

    Returns
    -------
    Estimates
        One row per total (``term``), in NOK million; ``x`` is the year, ``method`` says what the row includes.
    """
    bought, spent = (
        column(panel, "purchases_nok_thousand"),
        column(panel, "operating_expenditure_nok_thousand"),
    )
    known = np.isfinite(bought)
    year = panel.loc[known, "purchases_year"].max() if known.any() else np.nan
    accounts_year = panel["accounts_year"].max()
    invested = column(panel, "investment_expenditure_nok_thousand")
    rows = [
        {"term": "purchases, known municipalities", "x": year, **_sum(bought)},
        {"term": ESTIMATED, "x": year, **_estimated_total(panel, bought, spent)},
        *(
            {"term": TERMS[of], "x": year, **_sum(column(panel, f"{name}_nok_thousand"))}
            for of, name in KINDS.items()
            if of != "all" and f"{name}_nok_thousand" in panel
        ),
        {"term": "operating expenditure", "x": accounts_year, **_sum(spent)},
        {"term": "investment expenditure", "x": accounts_year, **_sum(invested)},
    ]
    published = national_purchases[
        national_purchases["measure"].isin(INCLUDES) & (national_purchases["status"] == "published")
        | national_purchases["measure"].str.startswith("local_government_")
    ]
    newest = published[published["year"] == published["year"].max()]
    newest = newest.drop_duplicates(["measure", "year"], keep="last")
    for term, x, amount in zip(newest["measure"], newest["year"], newest["amount_nok_million"], strict=True):
        rows.append({"term": term, "x": x, "estimate": amount, "reason": Reason.NO_INTERVAL})
    return Estimates([{**row, "method": INCLUDES[row["term"]]} for row in rows], unit=Unit.NOK_MILLION)


def _described(known: np.ndarray) -> dict[str, object]:
    coverage = Coverage.CENSUS if known.all() else Coverage.SAMPLE
    return {"n": known.sum(), "numerator": known.sum(), "denominator": len(known), "coverage": coverage}


def _sum(amounts: np.ndarray) -> dict[str, object]:
    known = np.isfinite(amounts)
    if not known.any():
        return {"reason": Reason.ALL_MISSING, **_described(known)}
    return {"estimate": amounts[known].sum() / 1000, "reason": Reason.NO_INTERVAL, **_described(known)}


def _estimated_total(panel: pd.DataFrame, bought: np.ndarray, spent: np.ndarray) -> dict[str, object]:
    known = np.isfinite(bought) & np.isfinite(spent)
    row = _described(known)
    total, spread, squares, freedom = np.nansum(bought[known]), 0.0, 0.0, 0
    for _, index in panel.reset_index(drop=True).groupby("size_band", observed=True).groups.items():
        chosen, unknown = index[known[index]], index[~known[index]]
        if len(unknown) and len(chosen) < 2:
            return row | {"reason": Reason.TOO_FEW}
        if len(chosen) < 2:
            continue
        ratio, rest = bought[chosen] / spent[chosen], spent[unknown]
        total += ratio.mean() * rest.sum()
        spread += (rest**2).sum() + rest.sum() ** 2 / len(chosen)
        squares += ((ratio - ratio.mean()) ** 2).sum()
        freedom += len(chosen) - 1
    if not freedom:
        return row | {"reason": Reason.TOO_FEW}
    half = special.stdtrit(freedom, 0.5 + LEVEL / 2) * np.sqrt(squares / freedom * spread)
    limits = {"conf_low": (total - half) / 1000, "conf_high": (total + half) / 1000}
    return row | {"estimate": total / 1000, **limits}
