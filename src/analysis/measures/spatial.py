"""Which municipalities are neighbours.

Neighbours share a border of the drawn polygons. A municipality without any (an island) is joined to the
nearest one, so that every municipality counts; these links are marked.
"""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from analysis.stats.moran import row_standardised
from analysis.stats.relocation import by_nearness


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
