"""Concentration: how unequally participations are spread, and whether towards large municipalities."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from analysis.measures.estimates import Reason, Unit, row, tidy
from analysis.measures.observations import counts, coverage_of, label
from analysis.stats import bootstrap

GINI = "Gini coefficient"
BY_MUNICIPALITY = "concentration index, municipalities by population"
BY_INHABITANT = "concentration index, inhabitants by population of their municipality"


def concentration(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    *,
    draws: int = bootstrap.DRAWS,
    seed: int = 0,
    **options: Any,
) -> pd.DataFrame:
    """Gini coefficient of participations and two concentration indices, with bootstrap limits.

    Gini: 0 where every municipality has as many, near 1 where one has all. Concentration index: the same
    with municipalities ranked by population, from −1 (all with the smallest) to 1 (all with the largest);
    over inhabitants, 0 means as many per inhabitant in small as in large municipalities.
    """
    ids = None if programme_ids is None else list(programme_ids)
    count = counts(panel, participation, ids, **options).to_numpy(float)
    people = panel["population"].to_numpy(float, na_value=np.nan)
    keep = np.isfinite(people)
    count, people = count[keep], people[keep]
    shared = {"n": len(count), "numerator": count.sum(), "denominator": len(count), "unit": Unit.INDEX}
    shared |= {"method": "bootstrap over municipalities", "coverage": coverage_of(programmes, ids)}
    chosen = {
        GINI: (count, np.ones(len(count))),
        BY_MUNICIPALITY: (people, np.ones(len(count))),
        BY_INHABITANT: (people, people),
    }
    if not count.any():
        reason = Reason.NO_PARTICIPANTS if len(count) else Reason.ALL_MISSING
        return tidy([row(term, label(ids), reason=reason, **shared) for term in chosen])
    weights = np.vstack([np.ones(len(count)), bootstrap.weights(len(count), draws, seed)])
    rows = []
    for term, (ranking, size) in chosen.items():
        values = index(count, ranking, size, weights)
        low, high = bootstrap.interval(values[1:])
        limits = {"low": float(low), "high": float(high)} if np.isfinite([low, high]).all() else {}
        reason = Reason.NONE if limits else Reason.NO_SPREAD
        rows.append(row(term, label(ids), estimate=values[0], reason=reason, **limits, **shared))
    return tidy(rows)


def index(amount: np.ndarray, ranking: np.ndarray, size: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Concentration index of ``amount`` along ``ranking`` for each row of ``weights``.

    Twice the mean rank of a unit of the amount, less one; rank is the middle of a tie's span on an axis of
    total ``size``. Missing where a row of weights has none of the amount.
    """
    part_amount, part_size = _by_rank(amount, ranking, size, weights)
    total_amount = part_amount.sum(axis=1, keepdims=True)
    upto = np.cumsum(part_size, axis=1)
    middle = (upto - part_size / 2) / upto[:, -1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        return 2 * (part_amount / total_amount * middle).sum(axis=1) - 1


def curve(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    ranking: str = "participations",
    points: int = 51,
    *,
    draws: int = bootstrap.DRAWS,
    seed: int = 0,
    **options: Any,
) -> pd.DataFrame:
    """Lorenz curve (``ranking="participations"``) or concentration curve (``"population"``).

    ``group`` is the share of municipalities from the lowest rank up (0 to 1), ``estimate`` their share of all
    participations, with pointwise bootstrap limits.
    """
    ids = None if programme_ids is None else list(programme_ids)
    count = counts(panel, participation, ids, **options).to_numpy(float)
    order = count if ranking == "participations" else panel["population"].to_numpy(float)
    term = "Lorenz curve" if ranking == "participations" else "concentration curve"
    shared = {"n": len(count), "numerator": count.sum(), "denominator": len(count)}
    shared |= {"unit": Unit.PARTICIPATIONS, "method": "bootstrap over municipalities"}
    shared["coverage"] = coverage_of(programmes, ids)
    if not count.any():
        return tidy([row(term, reason=Reason.NO_PARTICIPANTS, **shared)])
    weights = np.vstack([np.ones(len(count)), bootstrap.weights(len(count), draws, seed)])
    part_amount, part_size = _by_rank(count, order, np.ones(len(count)), weights)
    x = np.cumsum(part_size, axis=1) / part_size.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        y = np.cumsum(part_amount, axis=1) / part_amount.sum(axis=1, keepdims=True)
    grid = np.linspace(0, 1, points)
    at = np.array([np.interp(grid, np.r_[0, a], np.r_[0, b]) for a, b in zip(x, y, strict=True)])
    low, high = bootstrap.interval(at[1:])
    reason = np.where(np.isfinite(low) & np.isfinite(high), Reason.NONE, Reason.NO_SPREAD)
    return tidy(
        row(term, float(grid[i]), estimate=at[0, i], low=low[i], high=high[i], reason=reason[i], **shared)
        for i in range(points)
    )


def _by_rank(
    amount: np.ndarray, ranking: np.ndarray, size: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weighted amount and size summed over ties, in the order of the ranking."""
    order = np.argsort(ranking, kind="stable")
    first = np.r_[0, np.flatnonzero(np.diff(ranking[order])) + 1]
    weights = weights[:, order]
    return (
        np.add.reduceat(weights * amount[order], first, axis=1),
        np.add.reduceat(weights * size[order], first, axis=1),
    )
