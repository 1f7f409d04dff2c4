"""Concentration: how unequally participations are spread, and whether towards large municipalities."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from analysis.errors import one_of, whole_number
from analysis.measures.covariates import column
from analysis.measures.estimates import Estimates, Reason, Unit, interval
from analysis.measures.intensity import rest_on_enough
from analysis.measures.observations import Observations
from analysis.measures.projects import tie_table
from analysis.stats import resample
from analysis.stats.inequality import below, middle_rank

Ranking = Literal["participations", "population"]
_METHOD = "bootstrap of projects"
GINI = "Gini coefficient"
BY_MUNICIPALITY = "concentration index, municipalities by population"
BY_INHABITANT = "concentration index, inhabitants by population of their municipality"


def concentration(
    observations: Observations, *, n_resamples: int = resample.N_RESAMPLES, seed: int = 0
) -> Estimates:
    """Gini coefficient of participations and two concentration indices.

    Parameters
    ----------
    observations : Observations
    n_resamples, seed : int
        Bootstrap of projects (BCa), where there are ``intensity.MIN_PROJECTS``; the municipalities and their
        populations are as they are.

    Returns
    -------
    Estimates
        ``GINI``: 0 where every municipality has as many, near 1 where one has all; it describes the participations
        that are documented and has no interval. ``BY_MUNICIPALITY``: the same with municipalities ranked by
        population, from −1 (all with the smallest) to 1 (all with the largest). ``BY_INHABITANT``: over inhabitants; 0
        means as many per inhabitant in small as in large municipalities.
    """
    people = column(observations.panel, "population")
    known = np.isfinite(people)
    count, people = observations.counts.to_numpy(float)[known], people[known]
    shared = observations.columns(len(count), count.sum(), len(count), unit=Unit.INDEX, method=_METHOD)
    if not count.any():
        reason = Reason.NO_PARTICIPANTS if len(count) else Reason.ALL_MISSING
        terms = (GINI, BY_MUNICIPALITY, BY_INHABITANT)
        return Estimates([{"term": term} for term in terms], reason=reason, **shared)
    one = np.ones(len(count))
    gini = 2 * float(count @ middle_rank(count, one)) / count.sum() - 1
    ranks = np.column_stack([middle_rank(people, one), middle_rank(people, people)])
    found = _mean_of(observations, known, 2 * ranks - 1, n_resamples, seed)
    rows = [{"term": GINI, "estimate": gini, "reason": Reason.NO_INTERVAL, "method": "of the documented"}]
    for term, *values in zip((BY_MUNICIPALITY, BY_INHABITANT), *found[:3], strict=True):
        rows.append({"term": term, **interval(values[0], (values[1], values[2]))})
    return Estimates(rows, **shared)


def curve(
    observations: Observations,
    ranking: Ranking = "participations",
    n_points: int = 51,
    *,
    n_resamples: int = resample.N_RESAMPLES,
    seed: int = 0,
) -> Estimates:
    """Lorenz curve (ranked by participations) or concentration curve (ranked by population).

    Parameters
    ----------
    observations : Observations
    ranking : {"participations", "population"}
    n_points : int
    n_resamples, seed : int
        Pointwise bootstrap of projects (percentiles), of the curve that is ranked by population. The Lorenz curve
        describes the participations that are documented and has no interval.

    Returns
    -------
    Estimates
        ``x``: the share of municipalities from the lowest rank up (0 to 1); ``estimate``: their share of all
        participations.
    """
    count = observations.counts.to_numpy(float)
    lorenz = one_of("ranking", ranking, get_args(Ranking)) == "participations"
    shared = observations.columns(len(count), count.sum(), len(count), unit=Unit.PARTICIPATIONS)
    shared["method"], shared["term"] = _METHOD, "Lorenz curve" if lorenz else "concentration curve"
    if not count.any():
        return Estimates([{"reason": Reason.NO_PARTICIPANTS}], **shared)
    grid = np.linspace(0, 1, whole_number("n_points", n_points, 2))
    if lorenz:
        values = count @ below(count, grid) / count.sum()
        frame = pd.DataFrame({"x": grid, "estimate": values, "reason": Reason.NO_INTERVAL})
        return Estimates(frame, **shared | {"method": "of the documented"})
    part = below(observations.panel["population"].to_numpy(float), grid)
    found = _mean_of(observations, np.full(len(count), True), part, n_resamples, seed, "percentile")
    frame = pd.DataFrame({"x": grid, **dict(zip(("estimate", "conf_low", "conf_high"), found, strict=False))})
    frame["reason"] = np.where(frame[["conf_low", "conf_high"]].notna().all(axis=1), "", Reason.NO_SPREAD)
    return Estimates(frame, **shared)


def _mean_of(
    observations: Observations,
    known: np.ndarray,
    values: np.ndarray,
    n_resamples: int,
    seed: int,
    method: resample.Method = "bca",
) -> resample.Interval:
    """Mean over the participations of the ``known`` municipalities' ``values`` (municipalities, k)."""
    ties = tie_table(observations)
    unit = pd.Index(observations.panel["municipality_code"][known]).get_indexer(ties["municipality_code"])
    own = np.column_stack([values, np.ones(len(values))])[unit[unit >= 0]]
    each = resample.sum_by_cluster(own, ties["project_id"].to_numpy(str)[unit >= 0])
    found = resample.interval(
        each,
        lambda totals: totals[..., :-1] / totals[..., -1:],
        n_resamples=n_resamples,
        seed=seed,
        method=method,
    )
    if rest_on_enough(each):
        return found
    none = np.full_like(found.estimate, np.nan)
    return resample.Interval(found.estimate, none, none, none)
