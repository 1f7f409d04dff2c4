"""Space: do neighbouring municipalities take part alike, and does distance to a centre matter?

Neighbours share a border of the drawn polygons. A municipality without any (an island) is joined to the
nearest one, so that every municipality counts; these links are marked.
"""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse, stats

from analysis.measures import models
from analysis.measures.estimates import Coverage, Estimates, Reason, Unit
from analysis.measures.models import MAIN, POPULATION, TRAVEL
from analysis.measures.observations import Observations
from analysis.stats import LEVEL, logit, proportions
from analysis.stats.moran import N_PERMUTATIONS, local_p_values, moran, row_standardised, two_sided

#: Recorded where the share of recordings among neighbours is high or low around a high or low place.
QUADRANTS = ("high–high", "low–high", "low–low", "high–low")


def neighbours(boundaries: gpd.GeoDataFrame) -> pd.DataFrame:
    """Pairs of municipalities that share a border.

    Parameters
    ----------
    boundaries : GeoDataFrame
        municipality_code and polygons in metres. Polygons that touch or overlap are neighbours (the two
        municipalities that share a polygon too).

    Returns
    -------
    DataFrame
        municipality_code, neighbour_code (both directions), is_island_link.
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


def spatial_weights(codes: Iterable[str], neighbours: pd.DataFrame) -> sparse.csr_array:
    """Row-standardised weights in the order of ``codes``; pairs with others are left out."""
    codes = list(codes)
    position = pd.Series(np.arange(len(codes)), index=codes)
    i, j = (neighbours[name].map(position) for name in ("municipality_code", "neighbour_code"))
    keep = (i.notna() & j.notna()).to_numpy()
    return row_standardised(i[keep].astype(int), j[keep].astype(int), len(codes))


def autocorrelation(
    observations: Observations,
    neighbours: pd.DataFrame,
    *,
    n_permutations: int = N_PERMUTATIONS,
    seed: int = 0,
) -> Estimates:
    """Moran's I of any participation, and of what is left of it after the logit on ``models.MAIN``.

    Parameters
    ----------
    observations : Observations
    neighbours : DataFrame
        From ``neighbours``.
    n_permutations, seed : int

    Returns
    -------
    Estimates
        ``Moran's I`` per ``group`` ("any participation", "residuals of the logit") with a two-sided ``p_value``;
        ``conf_low`` and ``conf_high`` are the 95 % range of I when the values are shuffled over the map: an estimate
        outside it is more than chance. Residuals are Pearson's; shuffling them is an approximation, as they are not
        quite exchangeable.
    """
    data = models.prepare(observations, MAIN)
    reason = data.unusable()
    fit = None if reason else logit.likelihood(data.x, data.any)
    found, codes = observations.found.to_numpy(float), observations.panel["municipality_code"]
    rows: list[dict[str, object]] = [{"group": "any participation"}, {"group": "residuals of the logit"}]
    rows[0] |= _moran(found, codes, neighbours, n_permutations, seed)
    if fit is None:
        rows[1] |= {"reason": reason or Reason.NOT_CONVERGED}
    else:
        left = np.asarray(fit.resid_pearson)
        rows[1] |= _moran(left, data.panel["municipality_code"], neighbours, n_permutations, seed)
    method = f"{n_permutations} permutations; limits are the range of chance"
    return Estimates(rows, term="Moran's I", unit=Unit.INDEX, method=method, **observations.metadata)


def _moran(
    values: np.ndarray, codes: pd.Series, neighbours: pd.DataFrame, n_permutations: int, seed: int
) -> dict[str, object]:
    matrix, varies = spatial_weights(codes, neighbours), len(values) > 0 and np.ptp(values) >= 1e-12
    if len(values) < 3 or not varies or matrix.nnz == 0:
        reason = Reason.ONE_VALUE if len(values) and not varies else Reason.TOO_FEW
        return {"n": len(values), "reason": reason}
    observed, null = moran(values, matrix, n_permutations, seed)
    low, high = np.quantile(null, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    limits = {"conf_low": low, "conf_high": high, "p_value": two_sided(observed, null)}
    return {"n": len(values), "estimate": observed, **limits}


def local_indicators(
    observations: Observations,
    neighbours: pd.DataFrame,
    *,
    n_permutations: int = N_PERMUTATIONS,
    seed: int = 0,
) -> pd.DataFrame:
    """Local Moran's I of any participation, one row per municipality of the panel.

    Parameters
    ----------
    observations : Observations
    neighbours : DataFrame
        From ``neighbours``.
    n_permutations, seed : int

    Returns
    -------
    DataFrame
        municipality_code, local_i, p_value (conditional permutations, two-sided), q_value (false discovery rate,
        Benjamini–Hochberg), quadrant (place–neighbours) and is_cluster (q ≤ 0.05). Missing where all are alike or
        a place has no neighbour.
    """
    codes, found = observations.panel["municipality_code"], observations.found.to_numpy(float)
    frame = pd.DataFrame({"municipality_code": codes.to_numpy()})
    matrix = spatial_weights(codes, neighbours)
    if len(found) < 3 or np.ptp(found) == 0:
        return frame.assign(local_i=np.nan, p_value=np.nan, q_value=np.nan, quadrant=pd.NA, is_cluster=False)
    z = (found - found.mean()) / found.std()
    lag = matrix @ z
    frame["local_i"] = z * lag
    frame["p_value"] = local_p_values(z, matrix, n_permutations, seed)
    tested = frame["p_value"].notna().to_numpy()
    q = np.full(len(z), np.nan)
    q[tested] = stats.false_discovery_control(frame.loc[tested, "p_value"])
    frame["q_value"] = q
    corner = np.where(z > 0, np.where(lag > 0, 0, 3), np.where(lag > 0, 1, 2))
    frame["quadrant"] = pd.Series(np.array(QUADRANTS)[corner]).where(tested)
    return frame.assign(is_cluster=frame["q_value"] <= 0.05)


def travel_time(observations: Observations, n_groups: int = 5) -> Estimates:
    """Recorded share (uptake for a census) by travel time to the labour-market centre, and the trend.

    Parameters
    ----------
    observations : Observations
    n_groups : int
        Groups of equal number by minutes.

    Returns
    -------
    Estimates
        ``share`` per group (Wilson), ``x`` the mean minutes; ``trend``: odds ratio per hour by the logit, ``model``
        "alone" and "at equal population".
    """
    minutes = observations.panel["travel_minutes_to_centre"].astype(float).dropna()
    unit = Unit.UPTAKE if observations.coverage is Coverage.CENSUS else Unit.RECORDED
    shared = {"term": "share", "unit": unit, "method": "Wilson", "model": "", **observations.metadata}
    shares = Estimates([{"reason": Reason.ALL_MISSING}], **shared)
    if len(minutes):
        bins = pd.qcut(minutes, min(n_groups, minutes.nunique()), labels=False, duplicates="drop")
        table = minutes.groupby(bins).agg(["min", "max", "mean", "size"])
        x, n = observations.found.loc[minutes.index].groupby(bins).sum().to_numpy(), table["size"].to_numpy()
        low, high = proportions.wilson(x, n)
        names = [f"{a:.0f}–{b:.0f} minutes" for a, b in zip(table["min"], table["max"], strict=True)]
        frame = pd.DataFrame({"group": names, "x": table["mean"].to_numpy(), "estimate": x / n})
        frame = frame.assign(conf_low=low, conf_high=high, n=n, numerator=x, denominator=n)
        shares = Estimates(frame, **shared)
    parts = [pd.DataFrame(shares)]
    for name, covariates in (("alone", (TRAVEL,)), ("at equal population", (TRAVEL, POPULATION))):
        fit = models.any_participation(observations, covariates)
        fit = fit[(fit["term"] == TRAVEL) & (fit["unit"] == Unit.ODDS_RATIO)]
        parts.append(fit.assign(term="trend", model=name))
    return Estimates(pd.concat(parts, ignore_index=True))
