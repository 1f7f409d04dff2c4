"""Which municipalities are neighbours, and whether neighbours take part alike beyond the projects that they share.

Neighbours share a border of the drawn polygons. A municipality without any (an island) is joined to the
nearest one, so that every municipality counts; these links are marked.

Moran's I stands against a world in which every project is placed anew as a whole: its lead drawn by size alone, its
other members as near to the lead as they were. Shuffling single municipalities instead would find a pattern
wherever projects bring neighbours in, without anything spreading between them.
"""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from analysis.errors import whole_number
from analysis.measures.estimates import Estimates, Reason, Unit, interval
from analysis.measures.intensity import MIN_PROJECTS
from analysis.measures.observations import Observations
from analysis.measures.projects import leads, tie_table
from analysis.stats import TAILS, rates
from analysis.stats.moran import morans_i, row_standardised, two_sided
from analysis.stats.relocation import by_nearness, relocated

N_RESAMPLES = 1_999
#: Knots of the spline of log population by which leads are drawn; fewer are tried where they do not fit.
_KNOTS = (4, 3, 2)


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
        other = codes[nearest(geometry, i, 1)[0]]
        pairs[(codes[i], other)] = pairs[(other, codes[i])] = True
    frame = pd.DataFrame([(*pair, island) for pair, island in pairs.items()])
    frame = frame.reindex(columns=range(3))
    frame.columns = ["municipality_code", "neighbour_code", "is_island_link"]
    return frame.sort_values(["municipality_code", "neighbour_code"], ignore_index=True)


def nearest(geometry: gpd.GeoSeries, place: int, n: int) -> np.ndarray:
    """Find the polygons that are nearest to one of them, by distance between boundaries.

    Parameters
    ----------
    geometry : GeoSeries
        Polygons in metres.
    place : int
        Position of the one.
    n : int
        How many; all others where there are fewer.

    Returns
    -------
    array of int
        Positions, the nearest first.
    """
    whole_number("n", n, 1)
    shapes = geometry.to_numpy()
    others = np.delete(np.arange(len(shapes)), place)
    # Two polygons are at least as far apart as their bounding boxes: only those with a near box are measured.
    boxes = shapely.box(*shapely.bounds(shapes).T)
    at_least = shapely.distance(boxes[others], boxes[place])
    some = others[np.argsort(at_least, kind="stable")[:n]]
    reach = shapely.distance(shapes[some], shapes[place]).max(initial=0)
    others = others[at_least <= reach * (1 + 1e-9)]
    distance = shapely.distance(shapes[others], shapes[place])
    return others[np.argsort(distance, kind="stable")[:n]]


def nearness(boundaries: gpd.GeoDataFrame, codes: pd.Index) -> np.ndarray:
    """Positions of all municipalities in the order of their distance to each, by centroids, itself first, (n, n)."""
    centre = boundaries.set_index("municipality_code").geometry.centroid.reindex(codes)
    return by_nearness(centre.x.to_numpy(), centre.y.to_numpy())


def spatial_weights(codes: Iterable[str], neighbours: pd.DataFrame) -> sparse.csr_array:
    """Row-standardised weights in the order of ``codes``; pairs with others are left out."""
    codes = list(codes)
    position = pd.Series(np.arange(len(codes)), index=codes)
    i, j = (neighbours[name].map(position) for name in ("municipality_code", "neighbour_code"))
    keep = (i.notna() & j.notna()).to_numpy()
    return row_standardised(i[keep].astype(int), j[keep].astype(int), len(codes))


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
        From ``neighbours``.
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
