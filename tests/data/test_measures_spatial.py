import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from shapely import box
from tests.slow.validation import simulator

from analysis.measures import spatial
from analysis.stats.moran import moran

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from esda import Moran, Moran_Local
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


def test_shared_polygon_makes_neighbours():
    twins = gpd.GeoDataFrame(
        {"municipality_code": ["1508", "1580"]}, geometry=[box(0, 0, 1, 1)] * 2, crs="EPSG:25833"
    )
    assert len(spatial.neighbours(twins)) == 2


def test_moran_is_esda(squares, pairs):
    values = np.random.default_rng(3).normal(size=81) + np.arange(81) / 40
    observed, null = moran(
        values, spatial.spatial_weights(squares["municipality_code"], pairs), 4_999, seed=1
    )
    second = Moran(values, lat2W(9, 9, rook=False), permutations=0)
    assert observed == pytest.approx(second.I)
    assert null.mean() == pytest.approx(second.EI, abs=0.005)
    assert null.var() == pytest.approx(second.VI_rand, rel=0.1)


def test_local_indicators_are_esda(squares, pairs):
    rng = np.random.default_rng(8)
    seen = rng.random(81) < np.where(np.arange(81) % 9 < 4, 0.8, 0.2)
    panel = squares[["municipality_code"]]
    frame = spatial.local_indicators(
        simulator.observations(panel, register(panel.loc[seen, "municipality_code"]), PROGRAMMES),
        pairs,
        seed=2,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        second = Moran_Local(seen.astype(float), lat2W(9, 9, rook=False), permutations=9)
    np.testing.assert_allclose(frame["local_i"], second.Is * 81 / 80)
    quadrant = {1: "high–high", 2: "low–high", 3: "low–low", 4: "high–low"}
    assert frame["quadrant"].tolist() == [quadrant[q] for q in second.q]
    # Of yes-or-no values the number among k of 80 others is hypergeometric, so the p-value is known exactly.
    near = lat2W(9, 9, rook=False).neighbors
    for i in range(81):
        null = stats.hypergeom(80, seen.sum() - seen[i], len(near[i]))
        x = seen[near[i]].sum()
        exact = min(2 * min(null.cdf(x), null.sf(x - 1)), 1)
        assert frame.loc[i, "p_value"] == pytest.approx(exact, abs=0.03)


def test_clustered_map_is_found_and_random_is_not(squares, pairs):
    panel = simulator.panel(np.random.default_rng(1), 81)
    rng = np.random.default_rng(2)
    west = np.arange(81) % 9 < 4
    for p, found in ((np.where(west, 0.9, 0.1), True), (np.full(81, 0.5), False)):
        rows = register(panel.loc[rng.random(81) < p, "municipality_code"])
        frame = spatial.autocorrelation(
            simulator.observations(panel, rows, PROGRAMMES, ["whole"]), pairs, n_permutations=999
        )
        first = frame.set_index("group").loc["any participation"]
        assert bool(first["p_value"] < 0.01) == found


def test_order_of_municipalities_does_not_matter(squares, pairs):
    values = np.random.default_rng(3).normal(size=81)
    order = np.random.default_rng(4).permutation(81)
    codes = squares["municipality_code"].to_numpy()
    first = moran(values, spatial.spatial_weights(codes, pairs), 9)[0]
    second = moran(values[order], spatial.spatial_weights(codes[order], pairs), 9)[0]
    assert first == pytest.approx(second)


def test_travel_time_groups_count_everyone_once():
    panel = simulator.panel(np.random.default_rng(1), 300)
    seen = np.random.default_rng(2).random(300) < np.where(panel["travel_minutes_to_centre"] > 30, 0.2, 0.6)
    rows = register(panel.loc[seen, "municipality_code"])
    frame = spatial.travel_time(simulator.observations(panel, rows, PROGRAMMES, ["whole"]))
    shares = frame[frame["term"] == "share"]
    assert shares["n"].sum() == 300
    assert shares["numerator"].sum() == seen.sum()
    assert frame[frame["model"] == "alone"]["conf_high"].iloc[0] < 1


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("share", [0, 1])
def test_degenerate_input_gives_numbers_or_reasons(pairs, share):
    panel = simulator.panel(np.random.default_rng(1), 81)
    rows = register(panel["municipality_code"] if share else [])
    frames = [
        spatial.autocorrelation(
            simulator.observations(panel, rows, PROGRAMMES, ["whole"]), pairs, n_permutations=19
        ),
        spatial.autocorrelation(
            simulator.observations(panel, rows, PROGRAMMES, ["whole"]), pairs.iloc[:0], n_permutations=19
        ),
        spatial.travel_time(simulator.observations(panel, rows, PROGRAMMES, ["whole"])),
        spatial.travel_time(
            simulator.observations(panel.assign(travel_minutes_to_centre=np.nan), rows, PROGRAMMES, ["whole"])
        ),
        spatial.travel_time(
            simulator.observations(panel.assign(travel_minutes_to_centre=9), rows, PROGRAMMES, ["whole"])
        ),
    ]
    for frame in frames:
        blank = frame[["estimate", "conf_low", "conf_high"]].isna().any(axis=1)
        assert (frame.loc[blank, "reason"] != "").all()
    local = spatial.local_indicators(
        simulator.observations(panel, rows, PROGRAMMES), pairs, n_permutations=19
    )
    assert not local["is_cluster"].any()
