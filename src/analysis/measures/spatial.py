"""Space: do neighbouring municipalities take part alike, and does distance to a centre matter?

Neighbours share a border of the drawn polygons. A municipality without any (an island) is joined to the
nearest one, so that every municipality has a say; these links are marked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import sparse, stats

from analysis.measures import models
from analysis.measures.covariates import MAIN, POPULATION, TRAVEL
from analysis.measures.estimates import Coverage, Reason, Unit, row, tidy
from analysis.measures.observations import coverage_of, label, took_part
from analysis.stats import LEVEL, proportions

PERMUTATIONS = 9_999
#: Recorded where the share of recordings among neighbours is high or low around a high or low place.
QUADRANTS = ("high–high", "low–high", "low–low", "high–low")


def neighbours(boundaries: gpd.GeoDataFrame) -> pd.DataFrame:
    """Pairs municipality_code, neighbour_code (both directions) and is_island_link.

    ``boundaries`` in metres. Polygons that touch or overlap are neighbours (the two municipalities that
    share a polygon too).
    """
    codes = boundaries["municipality_code"].to_numpy(str)
    geometry = boundaries.geometry
    left, right = boundaries.sindex.query(geometry, predicate="intersects")
    keep = left != right
    pairs = {(codes[i], codes[j]): False for i, j in zip(left[keep], right[keep], strict=True)}
    lonely = np.setdiff1d(np.arange(len(codes)), left[keep])
    for i in lonely if len(codes) > 1 else ():
        distance = geometry.distance(geometry.iloc[i]).to_numpy().copy()
        distance[i] = np.inf
        other = codes[int(distance.argmin())]
        pairs[(codes[i], other)] = pairs[(other, codes[i])] = True
    frame = pd.DataFrame([(*pair, island) for pair, island in pairs.items()])
    frame = frame.reindex(columns=range(3))
    frame.columns = ["municipality_code", "neighbour_code", "is_island_link"]
    return frame.sort_values(["municipality_code", "neighbour_code"], ignore_index=True)


def weights(codes: Iterable[str], pairs: pd.DataFrame) -> sparse.csr_array:
    """Row-standardised weights in the order of ``codes``; pairs with others are left out."""
    position = pd.Series(np.arange(len(list(codes))), index=list(codes))
    i, j = pairs["municipality_code"].map(position), pairs["neighbour_code"].map(position)
    keep = (i.notna() & j.notna()).to_numpy()
    i, j = i[keep].astype(int), j[keep].astype(int)
    matrix = sparse.csr_array((np.ones(len(i)), (i, j)), shape=(len(position), len(position)))
    degree = np.asarray(matrix.sum(axis=1)).ravel()
    scale = np.divide(1, degree, out=np.zeros_like(degree), where=degree > 0)
    return sparse.csr_array(sparse.diags_array(scale) @ matrix)


def autocorrelation(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    pairs: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    **options: Any,
) -> pd.DataFrame:
    """Moran's I of any participation, and of what is left of it after the logit on ``covariates.MAIN``.

    ``low`` and ``high`` are the 95 % range of I when the values are shuffled over the map: an estimate
    outside it is more than chance. A row ``p-value`` (two-sided) follows each. Residuals are Pearson's;
    shuffling them is an approximation, as they are not quite exchangeable.
    """
    ids = None if programme_ids is None else list(programme_ids)
    coverage = coverage_of(programmes, ids)
    seen = took_part(panel, participation, ids, **options)
    rows = _moran_rows(
        "any participation",
        seen.to_numpy(float),
        panel["municipality_code"],
        pairs,
        coverage,
        permutations,
        seed,
    )
    data = models.prepare(panel, participation, programmes, ids, MAIN, **options)
    name = "residuals of the logit"
    reason = models.unusable(data)
    fit = None if reason else models.quiet_fit(sm.GLM(data.any, data.x, family=sm.families.Binomial()))
    if fit is None:
        reason = reason or Reason.NOT_CONVERGED
        refused = row("Moran's I", name, unit=Unit.INDEX, method="none", coverage=coverage, reason=reason)
        return tidy([*rows, refused])
    codes = data.panel["municipality_code"]
    return tidy(rows + _moran_rows(name, fit.resid_pearson, codes, pairs, coverage, permutations, seed))


def _moran_rows(
    name: str,
    values: np.ndarray,
    codes: pd.Series,
    pairs: pd.DataFrame,
    coverage: Coverage,
    permutations: int,
    seed: int,
) -> list[dict[str, object]]:
    shared: dict[str, object] = {"n": len(values), "unit": Unit.INDEX, "coverage": coverage}
    shared["method"] = f"{permutations} permutations; limits are the range of chance"
    matrix = weights(codes, pairs)
    if len(values) < 3 or np.ptp(values) < 1e-12 or matrix.nnz == 0:
        reason = Reason.ONE_VALUE if len(values) and np.ptp(values) < 1e-12 else Reason.TOO_FEW
        return [row("Moran's I", name, reason=reason, **shared)]
    observed, null = moran(values, matrix, permutations, seed)
    low, high = np.quantile(null, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    p_value = two_sided(observed, null)
    shared_p = {**shared, "unit": Unit.P_VALUE, "reason": Reason.NO_INTERVAL}
    return [
        row("Moran's I", name, estimate=observed, low=low, high=high, **shared),
        row("p-value", name, estimate=p_value, **shared_p),
    ]


def moran(
    values: np.ndarray, matrix: sparse.csr_array, permutations: int = PERMUTATIONS, seed: int = 0
) -> tuple[float, np.ndarray]:
    """Moran's I with the given weights, and its values under random permutation."""
    z = values - values.mean()
    scale = len(z) / matrix.sum() / (z**2).sum()
    shuffled = np.random.default_rng(seed).permuted(np.tile(z, (permutations, 1)), axis=1)
    # (W zᵀ)ᵀ for all permutations at once.
    null = np.einsum("pi,pi->p", shuffled, (matrix @ shuffled.T).T) * scale
    return float(z @ (matrix @ z) * scale), null


def local_indicators(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    pairs: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = 0,
    **options: Any,
) -> pd.DataFrame:
    """Local Moran of any participation for each municipality (not a result frame: one row per place on a map).

    Returns municipality_code, local_i, p_value (conditional permutation, two-sided), q_value (false
    discovery rate, Benjamini–Hochberg), quadrant (place–neighbours) and is_cluster (q ≤ 0.05). Missing
    where all are alike or a place has no neighbour.
    """
    seen = took_part(panel, participation, programme_ids, **options).to_numpy(float)
    frame = pd.DataFrame({"municipality_code": panel["municipality_code"].to_numpy()})
    matrix = weights(panel["municipality_code"], pairs)
    if len(seen) < 3 or np.ptp(seen) == 0:
        return frame.assign(local_i=np.nan, p_value=np.nan, q_value=np.nan, quadrant=pd.NA, is_cluster=False)
    z = (seen - seen.mean()) / seen.std()
    lag = matrix @ z
    frame["local_i"] = z * lag
    frame["p_value"] = _conditional_p(z, matrix, lag, permutations, seed)
    tested = frame["p_value"].notna().to_numpy()
    q = np.full(len(z), np.nan)
    q[tested] = stats.false_discovery_control(frame.loc[tested, "p_value"])
    frame["q_value"] = q
    corner = np.where(z > 0, np.where(lag > 0, 0, 3), np.where(lag > 0, 1, 2))
    frame["quadrant"] = pd.Series(np.array(QUADRANTS)[corner]).where(tested)
    return frame.assign(is_cluster=frame["q_value"] <= 0.05)


def _conditional_p(
    z: np.ndarray, matrix: sparse.csr_array, lag: np.ndarray, permutations: int, seed: int
) -> np.ndarray:
    """Two-sided p-values with each place held and the others shuffled over its neighbours."""
    n, degree = len(z), np.diff(matrix.indptr)
    rng = np.random.default_rng(seed)
    columns = np.tile(np.arange(n - 1), (permutations, 1))
    draws = rng.permuted(columns, axis=1)[:, : max(int(degree.max()), 1)]
    p_values = np.full(n, np.nan)
    for i in np.flatnonzero(degree):
        others = np.delete(z, i)
        p_values[i] = two_sided(lag[i], others[draws[:, : degree[i]]].mean(axis=1))
    return p_values


def two_sided(observed: float, null: np.ndarray) -> float:
    """Twice the smaller tail of the permutations, the observed value counted in; at most 1."""
    tail = min((null >= observed - 1e-12).sum(), (null <= observed + 1e-12).sum())
    return float(min(2 * (tail + 1) / (len(null) + 1), 1))


def travel_time(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    groups: int = 5,
    **options: Any,
) -> pd.DataFrame:
    """Recorded share (uptake for a census) by travel time to the labour-market centre, and the trend.

    Rows ``share``: groups of equal number by minutes, Wilson. Rows ``trend``: odds ratio per hour, alone
    and at equal population (``group``), cluster-robust.
    """
    ids = None if programme_ids is None else list(programme_ids)
    coverage = coverage_of(programmes, ids)
    minutes = panel["travel_minutes_to_centre"].astype(float)
    seen = took_part(panel, participation, ids, **options)
    unit = Unit.UPTAKE if coverage is Coverage.CENSUS else Unit.RECORDED
    rows = []
    for members in _equal_groups(minutes, groups):
        x, n = int(seen[members].sum()), len(members)
        low, high = proportions.wilson(x, n)
        name = f"{minutes[members].min():.0f}–{minutes[members].max():.0f} minutes"
        shared = {"n": n, "numerator": x, "denominator": n, "unit": unit, "method": "Wilson"}
        rows.append(
            row("share", name, estimate=x / n, low=float(low), high=float(high), coverage=coverage, **shared)
        )
    if not rows:
        rows = [
            row("share", label(ids), unit=unit, method="Wilson", coverage=coverage, reason=Reason.ALL_MISSING)
        ]
    parts = [tidy(rows)]
    for name, covariates in (("alone", (TRAVEL,)), ("at equal population", (TRAVEL, POPULATION))):
        fit = models.any_participation(panel, participation, programmes, ids, covariates, **options)
        fit = fit[(fit["term"] == TRAVEL) & (fit["unit"] == Unit.ODDS_RATIO)]
        parts.append(fit.assign(term="trend", group=name))
    return tidy(pd.concat(parts, ignore_index=True))


def _equal_groups(minutes: pd.Series, groups: int) -> list[pd.Index]:
    known = minutes.dropna()
    if known.empty:
        return []
    bins = pd.qcut(known, min(groups, known.nunique()), labels=False, duplicates="drop")
    return [members.index for _, members in known.groupby(bins)]
