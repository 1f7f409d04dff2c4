import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box, buffer, points
from tests.slow.validation import simulator

from analysis.measures import spatial
from analysis.stats.moran import morans_i

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from esda import Moran
    from libpysal.weights import lat2W

PROGRAMMES = simulator.programmes(whole="census", seen="sample")


def grid(side):
    """side × side squares of 1 km with codes in reading order, as lat2W numbers them."""
    cells = [
        box(1000 * x, -1000 * y, 1000 * x + 1000, -1000 * y + 1000) for y in range(side) for x in range(side)
    ]
    codes = [f"{1000 + i}" for i in range(side**2)]
    return gpd.GeoDataFrame({"municipality_code": codes}, geometry=cells, crs="EPSG:25833")


@pytest.fixture(scope="module")
def squares():
    return grid(9)


@pytest.fixture(scope="module")
def pairs(squares):
    return spatial.neighbours(squares)


def register(codes, programme="whole"):
    return simulator.participation(list(codes), [f"x{i}" for i in range(len(codes))], programme)


def test_neighbours_are_the_queen_s_moves(pairs):
    second = lat2W(9, 9, rook=False)
    found = pairs.groupby("municipality_code")["neighbour_code"].apply(set)
    assert {int(k) - 1000: {int(v) - 1000 for v in vs} for k, vs in found.items()} == {
        k: set(v) for k, v in second.neighbors.items()
    }
    assert not pairs["is_island_link"].any()


def test_islands_are_joined_to_the_nearest_in_both_directions(squares):
    island = gpd.GeoDataFrame(
        {"municipality_code": ["2000"]}, geometry=[box(12_000, -500, 13_000, 0)], crs=squares.crs
    )
    pairs = spatial.neighbours(pd.concat([squares, island], ignore_index=True))
    links = pairs[pairs["is_island_link"]]
    assert links[["municipality_code", "neighbour_code"]].to_numpy().tolist() == [
        ["1008", "2000"],
        ["2000", "1008"],
    ]


def test_the_nearest_are_those_of_all_distances_in_order():
    centres = np.random.default_rng(5).uniform(0, 90_000, (60, 2))
    # shapely's own buffer: geopandas 1.0 has another name for the number of segments.
    land = gpd.GeoSeries(buffer(points(centres), 4_000, quad_segs=3), crs="EPSG:25833")
    for place in range(60):
        measured = land.distance(land.iloc[place]).drop(place).sort_values(kind="stable")
        assert spatial.nearest(land, place, 5).tolist() == measured.index[:5].tolist()
    assert len(spatial.nearest(land.iloc[:3], 0, 5)) == 2 and not len(spatial.nearest(land.iloc[:1], 0, 5))


def test_shared_polygon_makes_neighbours():
    twins = gpd.GeoDataFrame(
        {"municipality_code": ["1508", "1580"]}, geometry=[box(0, 0, 1, 1)] * 2, crs="EPSG:25833"
    )
    assert len(spatial.neighbours(twins)) == 2


def test_moran_is_esda(squares, pairs):
    values = np.random.default_rng(3).normal(size=(2, 81)) + np.arange(81) / 40
    observed = morans_i(values, spatial.spatial_weights(squares["municipality_code"], pairs))
    second = [Moran(one, lat2W(9, 9, rook=False), permutations=0).I for one in values]
    np.testing.assert_allclose(observed, second)


def test_order_of_municipalities_does_not_matter(squares, pairs):
    values = np.random.default_rng(3).normal(size=81)
    order = np.random.default_rng(4).permutation(81)
    codes = squares["municipality_code"].to_numpy()
    first = morans_i(values[None], spatial.spatial_weights(codes, pairs))[0]
    second = morans_i(values[None, order], spatial.spatial_weights(codes[order], pairs))[0]
    assert first == pytest.approx(second)
