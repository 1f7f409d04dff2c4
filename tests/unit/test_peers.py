"""Peers and groups of a municipality, on frames small enough to reckon by hand."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from analysis.errors import AnalysisError
from analysis.measures import comparison, peers


def panel(**columns: list) -> pd.DataFrame:
    n = len(next(iter(columns.values())))
    defaults = {
        "municipality_code": [f"{i:04d}" for i in range(1, n + 1)],
        "municipality_name": list("ABCDEFGH"[:n]),
        "population": [1000] * n,
        "centrality_index": [500] * n,
        "operating_expenditure_nok_thousand": [100_000] * n,
        "expenditure_need_index": [1.0] * n,
    }
    return pd.DataFrame(defaults | columns)


def test_distance_is_the_root_mean_square_of_standardised_differences():
    # Populations 1, e and e² have logarithms 0, 1, 2: mean 1, standard deviation √(2/3). Expenditure follows.
    people = np.exp([0, 1, 2]) * 1000
    frame = panel(
        population=list(people),
        operating_expenditure_nok_thousand=list(people),
        centrality_index=[500, 500, 800],
        expenditure_need_index=[1.0, 1.0, 1.0],
    )
    found = peers.nearest(frame, 2).set_index(["municipality_code", "peer_code"])["distance"]
    step = 1 / np.sqrt(2 / 3)
    central = 300 / np.std([500, 500, 800])
    assert found["0001", "0002"] == pytest.approx(np.sqrt(step**2 / 4))
    assert found["0001", "0003"] == pytest.approx(np.sqrt(((2 * step) ** 2 + central**2) / 4))
    assert peers.peers(frame, "0001", 1)["municipality_code"].tolist() == ["0002"]


def test_expenditure_is_per_inhabitant_at_the_end_of_the_accounts_year():
    """Spending 100 per inhabitant of 1 January after the accounts each, whatever the population a year before."""
    people, after = np.array([1000.0, 2000.0, 3000.0]), np.array([1100.0, 1900.0, 3300.0])
    frame = panel(population=list(people), operating_expenditure_nok_thousand=list(after / 10))
    frame["accounts_population"] = after
    assert peers.standardised(frame)["expenditure_per_inhabitant"].tolist() == [0, 0, 0]
    # Without that column, the population is what there is: 110, 95 and 110 kroner each.
    alone = peers.standardised(frame.drop(columns="accounts_population"))["expenditure_per_inhabitant"]
    assert alone.tolist() == pytest.approx([0.5**0.5, -(2**0.5), 0.5**0.5])


def test_an_unknown_value_is_left_out_of_its_pairs_and_never_called_alike():
    frame = panel(centrality_index=[500, 520, 900], expenditure_need_index=[1.0, None, 1.0])
    row = peers.peers(frame, "0001", 1).iloc[0]
    assert row["municipality_name"] == "B"
    assert row["is_alike_log_population"] and not row["is_alike_expenditure_need_index"]
    spread = np.std([500, 520, 900])
    assert row["distance"] == pytest.approx(np.sqrt((20 / spread) ** 2 / 3)), "three variables are known"


def test_ties_are_ordered_by_code_and_there_are_never_more_than_the_others():
    frame = panel(population=[1000, 1000, 1000]).iloc[::-1]
    assert peers.peers(frame, "0003", 10)["municipality_code"].tolist() == ["0001", "0002"]
    assert "0003" not in peers.peers(frame, "0003", 10)["municipality_code"].tolist()


def test_an_unknown_code_is_named():
    with pytest.raises(AnalysisError, match="9999"):
        peers.peers(panel(population=[1, 2]), "9999")


@pytest.fixture
def land() -> gpd.GeoDataFrame:
    """Two squares side by side, and islands 3, 5, 7 and 9 units east of the second."""
    boxes = [shapely.box(x, 0, x + 1, 1) for x in (0, 1, 5, 7, 9, 11)]
    return gpd.GeoDataFrame({"municipality_code": list("ABCDEF")}, geometry=boxes, crs="EPSG:25833")


def test_neighbours_share_land_and_islands_get_the_nearest_three(land):
    found = comparison.neighbours(land)
    of = found.groupby("municipality_code")["neighbour_code"].agg(set)
    assert of["A"] == {"B"} and of["B"] == {"A"}
    assert of["C"] == {"B", "D", "E"} and of["F"] == {"E", "D", "C"}
    assert set(found.loc[~found["is_land_border"], "municipality_code"]) == set("CDEF")


def groups() -> pd.DataFrame:
    frame = panel(population=[1, 2, 3]).assign(
        kostra_group=["EKG01", "EKG01", "EKG13"],
        labour_market_region_code=["1", "2", "3"],
        county_code=["03", "11", "11"],
    )
    pairs = pd.DataFrame({"municipality_code": ["0001"], "neighbour_code": ["0002"]})
    alike = pd.DataFrame({"municipality_code": ["0003"], "peer_code": ["0001"]})
    return comparison.members(frame, pairs, alike)


def test_groups_of_one_are_left_out_but_one_neighbour_is_kept():
    found = groups().groupby(["municipality_code", "group"])["member_code"].agg(set)
    assert found["0001", "kostra_group"] == {"0001", "0002"}
    assert ("0003", "kostra_group") not in found and ("0001", "county") not in found
    assert "labour_market_region" not in found.index.get_level_values("group")
    assert found["0001", "neighbours"] == {"0002"} and found["0003", "peers"] == {"0001"}
    assert found["0002", "country"] == {"0001", "0002", "0003"}


def test_means_leave_out_what_is_unknown_and_say_how_many_are_known():
    values = pd.DataFrame(
        {"share": [0.2, np.nan, 0.6], "is_found": [True, False, True]},
        index=pd.Index(["0001", "0002", "0003"], name="municipality_code"),
    )
    found = comparison.means(groups(), values)
    country = found.loc[("0001", "country")]
    assert country["n"] == 3 and country["share"] == pytest.approx(0.4) and country["n_share"] == 2
    assert country["is_found"] == pytest.approx(2 / 3) and country["n_is_found"] == 3
    assert np.isnan(found.loc[("0001", "neighbours"), "share"])
