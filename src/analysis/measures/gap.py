"""The gap: small rural municipalities against the others, in difference, ratio and representation.

Where every named programme is a census the gap is one of uptake; otherwise it is a gap between
*recorded* shares, which is the gap in uptake only if participants of both groups are recorded equally
often. The unit of each row says which of the two it is; ``bounds`` says how much the assumption can bend.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from analysis.measures.estimates import Coverage, Reason, Unit, row, tidy
from analysis.measures.observations import counts, coverage_of, label, programmes_of_kind, took_part
from analysis.stats import bootstrap, proportions

SMALL_RURAL = "is_small_rural"


def gap(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    group: str = SMALL_RURAL,
    name: str | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Difference and ratio of the shares (group minus the others, group over the others).

    ``group`` is a boolean panel column. Rows: ``difference`` by Newcombe and by Miettinen–Nurminen,
    ``ratio`` by the score interval, and both by Mantel–Haenszel across counties. The result column
    ``group`` holds the programme(s) or ``name``; ``numerator`` of ``denominator`` are the group's own.
    """
    ids = None if programme_ids is None else list(programme_ids)
    seen = took_part(panel, participation, ids, **options).to_numpy()
    inside = panel[group].astype("boolean")
    known = inside.notna().to_numpy()
    inside, seen = inside[known].to_numpy(bool), seen[known]
    name = name or label(ids)
    rows = two_groups(inside, seen, name)
    rows += mantel_haenszel(inside, seen, panel.loc[known, "county_code"].to_numpy(), name)
    coverage = coverage_of(programmes, ids)
    return tidy([{**values, **_measure(values["term"], coverage)} for values in rows])


def gap_by_kind(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    group: str = SMALL_RURAL,
    **options: Any,
) -> pd.DataFrame:
    """``gap`` for all programmes together, for each kind of programme and for each programme."""
    kinds = [kind for kind in programmes["kind"].unique()]
    parts = [gap(panel, participation, programmes, None, group, **options)]
    for kind in kinds:
        ids = programmes_of_kind(programmes, kind)
        parts.append(gap(panel, participation, programmes, ids, group, name=f"kind: {kind}", **options))
    for programme in programmes["programme_id"]:
        parts.append(gap(panel, participation, programmes, [programme], group, **options))
    return tidy(pd.concat(parts, ignore_index=True))


def _measure(term: object, coverage: Coverage) -> dict[str, object]:
    census = coverage is Coverage.CENSUS
    if term == "difference":
        return {"unit": Unit.UPTAKE_DIFFERENCE if census else Unit.RECORDED_DIFFERENCE, "coverage": coverage}
    return {"unit": Unit.UPTAKE_RATIO if census else Unit.RECORDED_RATIO, "coverage": coverage}


def two_groups(inside: np.ndarray, seen: np.ndarray, name: str) -> list[dict[str, object]]:
    """Rows ``difference`` (two methods) and ``ratio`` for two boolean arrays; no unit yet."""
    x1, n1 = int((inside & seen).sum()), int(inside.sum())
    x2, n2 = int((~inside & seen).sum()), int((~inside).sum())
    shared = {"n": n1 + n2, "numerator": x1, "denominator": n1}
    reason = Reason.EMPTY_GROUP if n1 == 0 else Reason.EMPTY_COMPARISON if n2 == 0 else Reason.NONE
    if reason:
        return [
            row(term, name, reason=reason, method=method, **shared)
            for term, method in (("difference", "Newcombe"), ("difference", "score"), ("ratio", "score"))
        ]
    difference = x1 / n1 - x2 / n2
    rows = []
    for method, limits in (
        ("Newcombe", proportions.newcombe(x1, n1, x2, n2)),
        ("score", proportions.score_difference(x1, n1, x2, n2)),
    ):
        low, high = map(float, limits)
        rows.append(row("difference", name, estimate=difference, low=low, high=high, method=method, **shared))
    low, high = map(float, proportions.score_ratio(x1, n1, x2, n2))
    if x2:
        values: dict[str, object] = {"estimate": (x1 / n1) / (x2 / n2), "low": low, "high": high}
    else:
        values = {"low": low, "high": high, "reason": Reason.NO_CENTRE if x1 else Reason.NO_PARTICIPANTS}
    rows.append(row("ratio", name, method="score", **shared, **values))
    return rows


def mantel_haenszel(
    inside: np.ndarray, seen: np.ndarray, strata: np.ndarray, name: str
) -> list[dict[str, object]]:
    """Difference and ratio pooled over strata (Mantel–Haenszel).

    Variances: Sato (Biometrics 1989) for the difference, Greenland and Robins (Biometrics 1985) for the
    ratio; both hold for many small strata. Strata with only one of the groups carry no information.
    """
    table = pd.DataFrame(
        {
            "stratum": strata,
            "a": inside & seen,
            "n1": inside,
            "b": ~inside & seen,
            "n0": ~inside,
        }
    )
    a, n1, b, n0 = table.groupby("stratum").sum().to_numpy(float).T
    both = (n1 > 0) & (n0 > 0)
    a, n1, b, n0 = a[both], n1[both], b[both], n0[both]
    total = n1 + n0
    method = "Mantel–Haenszel by county"
    shared = {"n": int(total.sum()), "numerator": a.sum(), "denominator": n1.sum(), "method": method}
    if not both.any():
        return [row(term, name, reason=Reason.ONE_STRATUM, **shared) for term in ("difference", "ratio")]
    weight = n1 * n0 / total
    difference = ((a * n0 - b * n1) / total).sum() / weight.sum()
    p = ((n1**2 * b - n0**2 * a + n1 * n0 * (n0 - n1) / 2) / total**2).sum()
    q = ((a * (n0 - b) + b * (n1 - a)) / (2 * total)).sum()
    half = proportions.Z * np.sqrt(max(difference * p + q, 0)) / weight.sum()
    rows = [
        row("difference", name, estimate=difference, low=difference - half, high=difference + half, **shared)
    ]
    r, s = (a * n0 / total).sum(), (b * n1 / total).sum()
    if r == 0 or s == 0:
        reason = Reason.NO_PARTICIPANTS if r == s else Reason.NONE_IN_COMPARISON if s == 0 else Reason.NONE
        if reason:
            return [*rows, row("ratio", name, reason=reason, **shared)]
        return [*rows, row("ratio", name, estimate=0.0, reason=Reason.NO_WALD, **shared)]
    spread = ((n1 * n0 * (a + b) - a * b * total) / total**2).sum() / (r * s)
    low, high = np.exp(np.log(r / s) + np.array([-1, 1]) * proportions.Z * np.sqrt(max(spread, 0)))
    return [*rows, row("ratio", name, estimate=r / s, low=low, high=high, **shared)]


def representation(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    group: str = SMALL_RURAL,
    *,
    draws: int = bootstrap.DRAWS,
    seed: int = 0,
    **options: Any,
) -> pd.DataFrame:
    """Share of participations that are the group's, over its share of municipalities, inhabitants, purchases.

    Terms ``by municipalities``, ``by inhabitants``, ``by purchases``. Purchases of the municipalities
    where they are unknown are estimated within each side by the known ratio of purchases to operating
    expenditure. Intervals: percentile bootstrap over municipalities within each side.
    """
    ids = None if programme_ids is None else list(programme_ids)
    known = panel[group].notna().to_numpy()
    table = panel.loc[known]
    inside = table[group].astype(bool).to_numpy()
    count = counts(table, participation, ids, **options).to_numpy(float)
    spent = table["operating_expenditure_nok_thousand"].to_numpy(float, na_value=np.nan)
    bought = table["purchases_nok_thousand"].astype("Float64").to_numpy(float, na_value=np.nan)
    both = np.isfinite(bought) & np.isfinite(spent)
    columns = {
        "by municipalities": np.ones(len(table)),
        "by inhabitants": table["population"].to_numpy(float, na_value=np.nan),
        "by purchases": np.nan_to_num(spent),
    }
    shared = {"n": len(table), "numerator": count[inside].sum(), "denominator": count.sum()}
    shared |= {
        "unit": Unit.RATIO,
        "method": "representation ratio, bootstrap",
        "coverage": coverage_of(programmes, ids),
    }
    reason = _undefined(inside, count)
    if reason:
        return tidy([row(term, label(ids), reason=reason, **shared) for term in columns])
    weights = np.vstack([np.ones(len(table)), bootstrap.weights(len(table), draws, seed, strata=inside)])
    rows = []
    with np.errstate(divide="ignore", invalid="ignore"):
        share = weights @ (count * inside) / (weights @ count)
        for term, size in columns.items():
            mine, rest = weights @ (size * inside), weights @ (size * ~inside)
            if term == "by purchases":
                mine, rest = (
                    value
                    * (weights @ np.where(both & side, bought, 0))
                    / (weights @ np.where(both & side, spent, 0))
                    for value, side in ((mine, inside), (rest, ~inside))
                )
            ratio = share / (mine / (mine + rest))
            low, high = bootstrap.interval(ratio[1:])
            values: dict[str, object] = {"estimate": ratio[0], "low": low, "high": high}
            if not np.isfinite(ratio[0]):
                values = {"reason": Reason.ALL_MISSING}
            elif not np.isfinite([low, high]).all():
                values = {"estimate": ratio[0], "reason": Reason.NO_SPREAD}
            rows.append(row(term, label(ids), **shared, **values))
    return tidy(rows)


def _undefined(inside: np.ndarray, count: np.ndarray) -> Reason:
    if not inside.any():
        return Reason.EMPTY_GROUP
    if inside.all():
        return Reason.EMPTY_COMPARISON
    return Reason.NONE if count.any() else Reason.NO_PARTICIPANTS
