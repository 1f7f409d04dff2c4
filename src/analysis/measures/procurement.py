"""Purchases by group: share of operating expenditure, per inhabitant, elasticity, and the register per krone.

Purchases are KOSTRA's AGD50 + AGD51 (HOUSE column ``purchases_nok_thousand``); they are known for a part of
the municipalities, by chance of what could be read. A missing purchase is unknown, never 0: each row
says how many of the group are known (``numerator`` of ``denominator``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.measures.result import LEVEL, Coverage, Reason, Unit, row, tidy


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
    half = stats.t.ppf(0.5 + LEVEL / 2, len(known) - 1) * known.std(ddof=1) / np.sqrt(len(known))
    return {"estimate": known.mean(), "low": known.mean() - half, "high": known.mean() + half}
