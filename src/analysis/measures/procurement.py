"""Purchases by group: share of operating expenditure, per inhabitant, elasticity, and the register per krone.

Purchases are KOSTRA's AGD50 + AGD51 (``purchases_nok_thousand``); they are known for a part of the
municipalities, by chance of what could be read. A missing purchase is unknown, never 0: each row
says how many of the group are known (``numerator`` of ``denominator``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.measures.estimates import Coverage, Reason, Unit, row, tidy, weakest
from analysis.measures.observations import counts, coverage_of, label
from analysis.stats import LEVEL, bootstrap


def purchases_share(panel: pd.DataFrame, by: str | None = "is_small_rural") -> pd.DataFrame:
    """Mean share of operating expenditure that goes to purchases, by group, with Student's t interval.

    One municipality counts as one. The interval holds if the unknown municipalities are unknown by chance.
    """
    return _means(panel, panel["purchases_share"], by, "purchases share", Unit.EXPENDITURE_SHARE)


def purchases_per_inhabitant(panel: pd.DataFrame, by: str | None = "is_small_rural") -> pd.DataFrame:
    """Mean purchases per inhabitant in NOK, by group, with Student's t interval."""
    value = panel["purchases_nok_thousand"] * 1000 / panel["population"]
    return _means(panel, value, by, "purchases per inhabitant", Unit.NOK_PER_INHABITANT)


def _means(panel: pd.DataFrame, value: pd.Series, by: str | None, term: str, unit: Unit) -> pd.DataFrame:
    groups = pd.Series("all", index=panel.index) if by is None else panel[by]
    value = value.astype("Float64")
    coverage = Coverage.SAMPLE if value.isna().any() else Coverage.CENSUS
    rows = []
    for group, members in value.groupby(groups, observed=False):
        known = members.dropna().to_numpy(float)
        rows.append(
            row(
                term,
                group,
                n=len(known),
                numerator=len(known),
                denominator=len(members),
                unit=unit,
                method="mean, t interval",
                coverage=coverage,
                **mean_interval(known, len(members)),
            )
        )
    return tidy(rows)


def mean_interval(known: np.ndarray, members: int | None = None) -> dict[str, object]:
    """Estimate and t limits of a mean, or the reason for their absence."""
    if len(known) == 0:
        return {"reason": Reason.ALL_MISSING if members else Reason.EMPTY_GROUP}
    if len(known) == 1:
        return {"estimate": known[0], "reason": Reason.NO_SPREAD}
    half = special.stdtrit(len(known) - 1, 0.5 + LEVEL / 2) * known.std(ddof=1) / np.sqrt(len(known))
    return {"estimate": known.mean(), "low": known.mean() - half, "high": known.mean() + half}


def _known(panel: pd.DataFrame, column: str = "purchases_nok_thousand") -> np.ndarray:
    return panel[column].astype("Float64").to_numpy(float, na_value=np.nan)


def elasticity(panel: pd.DataFrame) -> pd.DataFrame:
    """Per cent more purchases (and operating expenditure) for one per cent more inhabitants.

    Slope of the logarithms by least squares with HC3 limits (t). Below 1: small municipalities buy more
    per inhabitant.
    """
    rows = []
    for term, column in (
        ("purchases", "purchases_nok_thousand"),
        ("operating expenditure", "operating_expenditure_nok_thousand"),
    ):
        amount, people = _known(panel, column), _known(panel, "population")
        keep = (amount > 0) & (people > 0)
        shared: dict[str, object] = {"n": int(keep.sum()), "unit": Unit.ELASTICITY, "method": "OLS, HC3"}
        shared |= {"numerator": keep.sum(), "denominator": len(panel)}
        shared["coverage"] = Coverage.CENSUS if keep.all() else Coverage.SAMPLE
        if keep.sum() < 4 or np.ptp(people[keep]) == 0:
            rows.append(row(term, reason=Reason.TOO_FEW if keep.sum() < 4 else Reason.ONE_VALUE, **shared))
            continue
        import statsmodels.api as sm  # slow to import, and most readers of this module never fit

        x = sm.add_constant(np.log(people[keep]))
        fit = sm.OLS(np.log(amount[keep]), x).fit(cov_type="HC3", use_t=True)
        low, high = fit.conf_int()[1]
        rows.append(row(term, estimate=fit.params[1], low=low, high=high, **shared))
    return tidy(rows)


def per_billion(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    by: str = "is_small_rural",
    *,
    draws: int = bootstrap.DRAWS,
    seed: int = 0,
    **options: Any,
) -> pd.DataFrame:
    """Recorded participations per NOK billion of yearly purchases, by group, where purchases are known.

    Ratio of sums; percentile bootstrap over municipalities (exact Poisson limits where nobody took part).
    ``numerator`` participations, ``denominator`` NOK billion, ``n`` municipalities with known purchases.
    """
    ids = None if programme_ids is None else list(programme_ids)
    bought = _known(panel) / 1e6
    count = counts(panel, participation, ids, **options).to_numpy(float)
    coverage = coverage_of(programmes, ids)
    coverage = weakest([coverage, Coverage.SAMPLE]) if np.isnan(bought).any() else coverage
    rows = []
    for group, index in panel.reset_index(drop=True).groupby(by, observed=False).groups.items():
        chosen = index[np.isfinite(bought[index])]
        billion, found = bought[chosen], count[chosen]
        shared: dict[str, object] = {"n": len(chosen), "numerator": found.sum(), "denominator": billion.sum()}
        shared |= {"unit": Unit.PER_BILLION, "coverage": coverage, "method": "ratio of sums, bootstrap"}
        values: dict[str, object] = {"reason": Reason.ALL_MISSING if len(index) else Reason.EMPTY_GROUP}
        if billion.sum() > 0:
            estimate = found.sum() / billion.sum()
            if not found.any():
                high = special.chdtri(2, 0.5 - LEVEL / 2) / 2 / billion.sum()
                values = {"estimate": 0.0, "low": 0.0, "high": high}
            else:
                weights = bootstrap.weights(len(chosen), draws, seed)
                with np.errstate(divide="ignore", invalid="ignore"):
                    low, high = bootstrap.interval((weights @ found) / (weights @ billion))
                values = {"estimate": estimate, "low": float(low), "high": float(high)}
        rows.append(row(label(ids), group, **shared, **values))
    return tidy(rows)


#: What each row of ``reconcile`` counts; municipalities' purchases are less than the published totals because
#: counties, investments and the national accounts' benefits in kind are outside KOSTRA's AGD50 + AGD51.
INCLUDES = {
    "purchases, known municipalities": "AGD50 + AGD51, operating, municipal group accounts",
    "purchases, all municipalities, estimated": "AGD50 + AGD51, operating; ratio to operating expenditure by size band",
    "operating expenditure": "AGD9: wages and transfers too; not purchases",
    "investment expenditure": "AGI1: own work and interest too; not purchases",
    "local_government": "SSB Offentlige innkjøp: municipalities and counties, with investments and benefits in kind",
    "local_government_goods_services": "of this: goods and services",
    "local_government_social_benefits_in_kind": "of this: social benefits in kind",
    "local_government_gross_fixed_capital_formation": "of this: gross fixed capital formation (investment)",
}


def reconcile(panel: pd.DataFrame, national_purchases: pd.DataFrame) -> pd.DataFrame:
    """What the municipal accounts sum to beside the published national totals, in NOK million.

    ``group`` is the year, ``method`` says what the row includes (``INCLUDES``). The estimate for all
    municipalities adds to the known sum, for each unknown municipality, the mean ratio to operating
    expenditure of its size band; the limits allow for how much single municipalities differ from it (one
    variance for all bands), so a large unknown city widens them. They vanish when all are known.
    """
    bought, spent = _known(panel), _known(panel, "operating_expenditure_nok_thousand")
    known = np.isfinite(bought)
    year = panel.loc[known, "purchases_year"].max() if known.any() else "unknown"
    shared = {"unit": Unit.NOK_MILLION, "reason": Reason.NO_INTERVAL}
    rows = [
        _sum("purchases, known municipalities", year, bought[known], len(panel)),
        _estimated_total(panel, bought, spent, year),
        _sum("operating expenditure", panel["accounts_year"].max(), spent, len(panel)),
        _sum(
            "investment expenditure",
            panel["accounts_year"].max(),
            _known(panel, "investment_expenditure_nok_thousand"),
            len(panel),
        ),
    ]
    published = national_purchases[
        national_purchases["measure"].isin(INCLUDES) & (national_purchases["status"] == "published")
        | national_purchases["measure"].str.startswith("local_government_")
    ]
    newest = published[published["year"] == published["year"].max()]
    for entry in newest.drop_duplicates(["measure", "year"], keep="last").itertuples():
        rows.append(
            row(
                entry.measure,
                entry.year,
                estimate=entry.amount_nok_million,
                method=INCLUDES[entry.measure],
                **shared,
            )
        )
    return tidy(rows)


def _sum(term: str, year: object, amounts: np.ndarray, members: int) -> dict[str, object]:
    known = amounts[np.isfinite(amounts)]
    shared = {"n": len(known), "numerator": len(known), "denominator": members, "unit": Unit.NOK_MILLION}
    shared |= {
        "method": INCLUDES[term],
        "coverage": Coverage.CENSUS if len(known) == members else Coverage.SAMPLE,
    }
    if not len(known):
        return row(term, year, reason=Reason.ALL_MISSING, **shared)
    return row(term, year, estimate=known.sum() / 1000, reason=Reason.NO_INTERVAL, **shared)


def _estimated_total(
    panel: pd.DataFrame, bought: np.ndarray, spent: np.ndarray, year: object
) -> dict[str, object]:
    term = "purchases, all municipalities, estimated"
    known = np.isfinite(bought) & np.isfinite(spent)
    shared = {"n": int(known.sum()), "numerator": known.sum(), "denominator": len(panel)}
    shared |= {"unit": Unit.NOK_MILLION, "method": INCLUDES[term]}
    shared["coverage"] = Coverage.CENSUS if known.all() else Coverage.SAMPLE
    total, spread, squares, freedom = np.nansum(bought[known]), 0.0, 0.0, 0
    for _, index in panel.reset_index(drop=True).groupby("size_band", observed=True).groups.items():
        chosen, unknown = index[known[index]], index[~known[index]]
        if len(unknown) and len(chosen) < 2:
            return row(term, year, reason=Reason.TOO_FEW, **shared)
        if len(chosen) < 2:
            continue
        ratio, rest = bought[chosen] / spent[chosen], spent[unknown]
        total += ratio.mean() * rest.sum()
        spread += (rest**2).sum() + rest.sum() ** 2 / len(chosen)
        squares += ((ratio - ratio.mean()) ** 2).sum()
        freedom += len(chosen) - 1
    if not freedom:
        return row(term, year, reason=Reason.TOO_FEW, **shared)
    half = special.stdtrit(freedom, 0.5 + LEVEL / 2) * np.sqrt(squares / freedom * spread)
    return row(
        term, year, estimate=total / 1000, low=(total - half) / 1000, high=(total + half) / 1000, **shared
    )
