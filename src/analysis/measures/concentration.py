"""Concentration: how unequally participations are spread, and whether towards large municipalities."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from analysis.measures.estimates import Estimates, Reason, Unit, interval
from analysis.measures.observations import Observations
from analysis.stats import bootstrap
from analysis.stats.inequality import concentration_curve, concentration_index

_METHOD = "bootstrap over municipalities"
GINI = "Gini coefficient"
BY_MUNICIPALITY = "concentration index, municipalities by population"
BY_INHABITANT = "concentration index, inhabitants by population of their municipality"


def concentration(
    observations: Observations, *, n_resamples: int = bootstrap.N_RESAMPLES, seed: int = 0
) -> Estimates:
    """Gini coefficient of participations and two concentration indices.

    Parameters
    ----------
    observations : Observations
    n_resamples, seed : int
        Percentile bootstrap over municipalities.

    Returns
    -------
    Estimates
        ``GINI``: 0 where every municipality has as many, near 1 where one has all. ``BY_MUNICIPALITY``: the same with
        municipalities ranked by population, from −1 (all with the smallest) to 1 (all with the largest).
        ``BY_INHABITANT``: over inhabitants; 0 means as many per inhabitant in small as in large municipalities.
    """
    people = observations.panel["population"].to_numpy(float, na_value=np.nan)
    known = np.isfinite(people)
    count, people = observations.counts.to_numpy(float)[known], people[known]
    one = np.ones(len(count))
    chosen = {GINI: (count, one), BY_MUNICIPALITY: (people, one), BY_INHABITANT: (people, people)}
    shared = observations.columns(len(count), count.sum(), len(count), unit=Unit.INDEX, method=_METHOD)
    if not count.any():
        reason = Reason.NO_PARTICIPANTS if len(count) else Reason.ALL_MISSING
        return Estimates([{"term": term} for term in chosen], reason=reason, **shared)
    weights = bootstrap.weights(len(count), n_resamples, seed)
    rows = []
    for term, (ranking, size) in chosen.items():
        values = concentration_index(count, ranking, size, weights)
        rows.append({"term": term, **interval(values[0], bootstrap.interval(values))})
    return Estimates(rows, **shared)


def curve(
    observations: Observations,
    ranking: Literal["participations", "population"] = "participations",
    n_points: int = 51,
    *,
    n_resamples: int = bootstrap.N_RESAMPLES,
    seed: int = 0,
) -> Estimates:
    """Lorenz curve (ranked by participations) or concentration curve (ranked by population).

    Parameters
    ----------
    observations : Observations
    ranking : {"participations", "population"}
    n_points : int
    n_resamples, seed : int
        Pointwise percentile bootstrap over municipalities.

    Returns
    -------
    Estimates
        ``x``: the share of municipalities from the lowest rank up (0 to 1); ``estimate``: their share of all
        participations.
    """
    count = observations.counts.to_numpy(float)
    lorenz = ranking == "participations"
    shared = observations.columns(len(count), count.sum(), len(count), unit=Unit.PARTICIPATIONS)
    shared["method"], shared["term"] = _METHOD, "Lorenz curve" if lorenz else "concentration curve"
    if not count.any():
        return Estimates([{"reason": Reason.NO_PARTICIPANTS}], **shared)
    weights = bootstrap.weights(len(count), n_resamples, seed)
    grid = np.linspace(0, 1, n_points)
    order = count if lorenz else observations.panel["population"].to_numpy(float)
    values = concentration_curve(count, order, weights, grid)
    low, high = bootstrap.interval(values)
    frame = pd.DataFrame({"x": grid, "estimate": values[0], "conf_low": low, "conf_high": high})
    frame["reason"] = np.where(np.isfinite(low) & np.isfinite(high), Reason.NONE, Reason.NO_SPREAD)
    return Estimates(frame, **shared)
