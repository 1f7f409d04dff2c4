"""Do neighbours take part alike beyond the projects that they share?

Moran's I against a world in which every project is placed anew as a whole: its lead drawn by size alone, its
other members as near to the lead as they were. Shuffling single municipalities instead would find a pattern
wherever projects bring neighbours in, without anything spreading between them.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from analysis.measures.estimates import Estimates, Reason, Unit, interval
from analysis.measures.intensity import MIN_PROJECTS
from analysis.measures.observations import Observations
from analysis.measures.projects import leads, tie_table
from analysis.measures.spatial import nearness, spatial_weights
from analysis.stats import TAILS, rates
from analysis.stats.moran import morans_i, two_sided
from analysis.stats.relocation import relocated

N_RESAMPLES = 1_999
#: Knots of the spline of log population by which leads are drawn; fewer are tried where they do not fit.
_KNOTS = (4, 3, 2)


def autocorrelation_beyond_projects(
    observations: Observations,
    boundaries: gpd.GeoDataFrame,
    neighbours: pd.DataFrame,
    *,
    n_resamples: int = N_RESAMPLES,
    seed: int = 0,
) -> Estimates:
    """Moran's I of being found, with the range that projects placed by size alone would give.

    Parameters
    ----------
    observations : Observations
    boundaries : GeoDataFrame
        municipality_code and geometry in metres.
    neighbours : DataFrame
        From ``spatial.neighbours``.
    n_resamples, seed : int

    Returns
    -------
    Estimates
        ``Moran's I`` for all participations, for the projects' leads only, and for the projects of one
        municipality (``group``); the limits are the middle 95 % of the null, the p-value is two-sided.
    """
    panel = observations.panel
    codes = pd.Index(panel["municipality_code"])
    order = nearness(boundaries, codes)
    weights = spatial_weights(codes, neighbours)
    ties = tie_table(observations)
    head = leads(observations)
    ties["is_lead"] = ties["municipality_code"] == ties["project_id"].map(head)
    alone = ties.groupby("project_id")["municipality_code"].transform("size") == 1
    population = np.log(panel["population"].to_numpy(float))
    rows = []
    for group, chosen in (
        ("all participations", ties),
        ("leads", ties[ties["is_lead"]]),
        ("projects of one municipality", ties[alone]),
    ):
        project, names = pd.factorize(chosen["project_id"])
        row: dict[str, object] = {
            "group": group,
            "n": len(panel),
            "numerator": len(chosen),
            "denominator": len(names),
        }
        member, lead = codes.get_indexer(chosen["municipality_code"]), codes.get_indexer(head.loc[names])
        found = np.bincount(member, minlength=len(codes)) > 0
        if len(names) < MIN_PROJECTS or found.all() or not found.any():
            rows.append(row | {"reason": Reason.TOO_FEW})
            continue
        chance = lead_chance(population, lead)
        null = relocated(project, member, lead, order, chance, n_resamples, seed) > 0
        values = morans_i(np.vstack([found, null]), weights)
        low, high = np.nanquantile(values[1:], TAILS)
        rows.append(row | interval(values[0], (low, high)) | {"p_value": two_sided(values[0], values[1:])})
    shared = {"term": "Moran's I", "unit": Unit.INDEX, **observations.metadata}
    return Estimates(
        rows, method="projects placed anew by the lead's size; limits are the range of chance", **shared
    )


def lead_chance(log_population: np.ndarray, lead: np.ndarray) -> np.ndarray:
    """Expected number of projects led by each municipality, as a smooth function of its population.

    A straighter function where so few lead that the curve has no best fit.
    """
    led = np.bincount(lead, minlength=len(log_population)).astype(float)
    for n_knots in _KNOTS:
        design = rates.spline_design(log_population, log_population, n_knots)
        chance = np.exp(design @ rates.poisson(design, led[None])[0])
        if np.isfinite(chance).all():
            return chance
    return np.full(len(log_population), led.mean())
