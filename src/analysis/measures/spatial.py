"""Which municipalities are neighbours.

Neighbours share a border of the drawn polygons. A municipality without any (an island) is joined to the
nearest one, so that every municipality counts; these links are marked.
"""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from analysis.stats.moran import row_standardised


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
