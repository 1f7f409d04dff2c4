"""Purchases by group: share of operating expenditure, per inhabitant, elasticity, and the register per krone.

Purchases are KOSTRA's AGD50 + AGD51 (``purchases_nok_thousand``). A missing purchase is unknown, never 0: each
row says how many of the group are known (``numerator`` of ``denominator``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from analysis.measures.estimates import Coverage, Estimates, Reason, Unit, weakest
from analysis.measures.groups import SMALL_RURAL, grouping
from analysis.measures.observations import Observations
from analysis.stats import LEVEL, bootstrap


def purchases_share(panel: pd.DataFrame, by: str | None = SMALL_RURAL) -> Estimates:
    """Mean share of operating expenditure that goes to purchases, by group, with Student's t interval.

    One municipality counts as one. The interval holds if the unknown municipalities are unknown by chance.

    Parameters
    ----------
    panel : DataFrame
    by : str, optional
        Column of the panel; the whole country where None.

    Returns
    -------
    Estimates
        ``purchases share`` per group.

    Examples
    --------
    >>> panel = pd.DataFrame({"purchases_share": [0.2, 0.3, 0.4], "size_band": "b"})
    >>> purchases_share(panel, by="size_band")[["group", "estimate", "conf_low"]].round(3).values.tolist()
    [['b', 0.3, 0.052]]
    """
    return _means(panel, panel["purchases_share"], by, "purchases share", Unit.EXPENDITURE_SHARE)


def purchases_per_inhabitant(panel: pd.DataFrame, by: str | None = SMALL_RURAL) -> Estimates:
    """Mean purchases per inhabitant in NOK, by group, with Student's t interval.

    Per inhabitant at the end of the accounts year, as KOSTRA divides.

    Parameters
    ----------
    panel : DataFrame
        With ``purchases_nok_per_inhabitant``.
    by : str, optional
        Column of the panel; the whole country where None.

    Returns
    -------
    Estimates
        ``purchases per inhabitant`` per group.
    """
    value = panel["purchases_nok_per_inhabitant"]
    return _means(panel, value, by, "purchases per inhabitant", Unit.NOK_PER_INHABITANT)


def _means(panel: pd.DataFrame, value: pd.Series, by: str | None, term: str, unit: Unit) -> Estimates:
    value = value.astype("Float64")
    coverage = Coverage.SAMPLE if value.isna().any() else Coverage.CENSUS
    rows = []
    for group, members in value.groupby(grouping(panel, by), observed=False):
        known = members.dropna().to_numpy(float)
        row = {"group": group, "n": len(known), "numerator": len(known), "denominator": len(members)}
        rows.append(row | _mean(known, len(members)))
    return Estimates(rows, term=term, unit=unit, method="mean, t interval", coverage=coverage)


def _mean(known: np.ndarray, members: int) -> dict[str, object]:
    """Estimate and t limits of a mean, or the reason for their absence."""
    if len(known) == 0:
        return {"reason": Reason.ALL_MISSING if members else Reason.EMPTY_GROUP}
    mean = known.mean()
    if len(known) == 1:
        return {"estimate": mean, "reason": Reason.NO_SPREAD}
    error = known.std(ddof=1) / np.sqrt(len(known))
    half = special.stdtrit(len(known) - 1, 0.5 + LEVEL / 2) * error
    return {"estimate": mean, "conf_low": mean - half, "conf_high": mean + half, "std_error": error}


def _known(panel: pd.DataFrame, column: str = "purchases_nok_thousand") -> np.ndarray:
    return panel[column].astype("Float64").to_numpy(float, na_value=np.nan)


def elasticity(panel: pd.DataFrame) -> Estimates:
    """Per cent more purchases (and operating expenditure) for one per cent more inhabitants.

    Slope of the logarithms by least squares with HC3 limits (t). Below 1: small municipalities buy more
    per inhabitant.

    Parameters
    ----------
    panel : DataFrame

    Returns
    -------
    Estimates
        Terms ``purchases`` and ``operating expenditure``.
    """
    rows = []
    for term in ("purchases", "operating expenditure"):
        amount = _known(panel, f"{term.replace(' ', '_')}_nok_thousand")
        people = _known(panel, "population")
        keep = (amount > 0) & (people > 0)
        row: dict[str, object] = {"term": term, "n": keep.sum(), "numerator": keep.sum()}
        row["coverage"] = Coverage.CENSUS if keep.all() else Coverage.SAMPLE
        if keep.sum() < 4 or np.ptp(people[keep]) == 0:
            row["reason"] = Reason.TOO_FEW if keep.sum() < 4 else Reason.ONE_VALUE
        else:
            import statsmodels.api as sm  # slow to import, and most readers of this module never fit

            x = sm.add_constant(np.log(people[keep]))
            fit = sm.OLS(np.log(amount[keep]), x).fit(cov_type="HC3", use_t=True)
            low, high = fit.conf_int()[1]
            row |= {"estimate": fit.params[1], "conf_low": low, "conf_high": high, "std_error": fit.bse[1]}
        rows.append(row)
    return Estimates(rows, unit=Unit.ELASTICITY, method="OLS, HC3", denominator=len(panel))


def per_billion(
    observations: Observations,
    by: str = SMALL_RURAL,
    *,
    n_resamples: int = bootstrap.N_RESAMPLES,
    seed: int = 0,
) -> Estimates:
    """Recorded participations per NOK billion of yearly purchases, by group, where purchases are known.

    Parameters
    ----------
    observations : Observations
    by : str
        Column of the panel.
    n_resamples, seed : int
        Percentile bootstrap over municipalities (exact Poisson limits where nobody took part).

    Returns
    -------
    Estimates
        ``participations per NOK billion`` per group, a ratio of sums: ``numerator`` participations, ``denominator`` NOK
        billion, ``n`` municipalities with known purchases.
    """
    panel = observations.panel.reset_index(drop=True)
    bought, count = _known(panel) / 1e6, observations.counts.to_numpy(float)
    rows = []
    for group, index in panel.groupby(grouping(panel, by), observed=False).groups.items():
        chosen = index[np.isfinite(bought[index])]
        billion, found = bought[chosen], count[chosen]
        row = {"group": group, "n": len(chosen), "numerator": found.sum(), "denominator": billion.sum()}
        if not billion.sum() > 0:
            row["reason"] = Reason.ALL_MISSING if len(index) else Reason.EMPTY_GROUP
        elif not found.any():
            high = special.chdtri(2, 0.5 - LEVEL / 2) / 2 / billion.sum()
            row |= {"estimate": 0.0, "conf_low": 0.0, "conf_high": high}
        else:
            weights = bootstrap.weights(len(chosen), n_resamples, seed)
            with np.errstate(divide="ignore", invalid="ignore"):
                low, high = bootstrap.interval((weights @ found) / (weights @ billion))
            estimate = found.sum() / billion.sum()
            row |= {"estimate": estimate, "conf_low": float(low), "conf_high": float(high)}
        rows.append(row)
    incomplete = [Coverage.SAMPLE] if np.isnan(bought).any() else []
    shared = {**observations.metadata, "coverage": weakest([observations.coverage, *incomplete])}
    shared |= {"term": "participations per NOK billion", "method": "ratio of sums, bootstrap"}
    return Estimates(rows, unit=Unit.PER_BILLION, **shared)


ESTIMATED = "purchases, all municipalities, estimated"
#: What each row of ``against_published`` counts; municipalities' purchases are less than the published totals because
#: counties, investments and the national accounts' benefits in kind are outside KOSTRA's AGD50 + AGD51.
INCLUDES = {
    "purchases, known municipalities": "AGD50 + AGD51, operating, municipal group accounts",
    ESTIMATED: "AGD50 + AGD51, operating; ratio to operating expenditure by size band",
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
    bought, spent = _known(panel), _known(panel, "operating_expenditure_nok_thousand")
    known = np.isfinite(bought)
    year = panel.loc[known, "purchases_year"].max() if known.any() else np.nan
    accounts_year = panel["accounts_year"].max()
    invested = _known(panel, "investment_expenditure_nok_thousand")
    rows = [
        {"term": "purchases, known municipalities", "x": year, **_sum(bought)},
        {"term": ESTIMATED, "x": year, **_estimated_total(panel, bought, spent)},
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
