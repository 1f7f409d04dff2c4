"""Wrong arguments of the public functions are answered in words, and what is meant as yes or no is taken as such."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

import analysis as an
from analysis.measures.estimates import Coverage


@pytest.fixture(scope="module")
def obs():
    return an.observations()


@pytest.fixture(scope="module")
def panel():
    return an.load("panel")


@pytest.mark.parametrize("name", [3, None, [], {"panel": 1}])
def test_a_table_that_is_no_name_is_unknown(name):
    with pytest.raises(an.AnalysisError, match="There is no table"):
        an.load(name)


@pytest.mark.parametrize("by", [None, 3, ["size_band"]])
def test_groups_are_named_by_one_column(obs, by):
    for measure in (an.gap, an.representation, an.hazard):
        with pytest.raises(an.AnalysisError, match="column of"):
            measure(obs, by=by)


@pytest.mark.parametrize("by", ["population", "travel_minutes_to_centre"])
def test_a_number_that_differs_for_all_is_no_group(obs, panel, by):
    for measure in (an.recorded_share, an.intensity, an.composition):
        with pytest.raises(
            an.AnalysisError, match=f"by='{by}' holds .* different numbers.*pd.qcut.*by='band'"
        ):
            measure(obs, by=by)
    with pytest.raises(an.AnalysisError, match="Make bands of it"):
        an.purchases_share(panel, by=by)
    shares = an.recorded_share(obs.with_panel(panel.assign(band=pd.qcut(panel[by], 4))), by="band")
    assert len(shares) == 4 and shares["denominator"].sum() == 357


@pytest.mark.parametrize("dtype", [object, "boolean", int, float, "Int64"])
def test_yes_and_no_are_a_pair_in_any_type(obs, panel, dtype):
    usual = an.intensity(obs, n_resamples=99)
    mine = obs.with_panel(panel.assign(mine=panel["is_small_rural"].astype(dtype)))
    found = an.intensity(mine, by="mine", n_resamples=99)
    assert found["term"].tolist() == usual["term"].tolist() == ["rate", "rate", "ratio", "difference"]
    np.testing.assert_allclose(found["estimate"].astype(float), usual["estimate"].astype(float))


def test_a_panel_without_some_codes_is_refused(obs, panel):
    with pytest.raises(an.AnalysisError, match=r"municipality_code is missing in 2 of 357 rows.*dropna"):
        obs.with_panel(panel.assign(municipality_code=panel["municipality_code"].mask(panel.index < 2)))


@pytest.mark.parametrize(
    ("change", "definition", "said"),
    [
        ({}, None, "definition: None was given; it takes one name, e.g. 'main'"),
        ({}, 3, "definition: 3 was given; it takes one name, e.g. 'main'"),
        ({"population": "5 000"}, "main", "population: '5 000' is no whole number"),
        ({"population": -5}, "main", "population: -5 is no whole number"),
        ({"population": 0.5}, "main", "population: 0.5 is no whole number"),
    ],
)
def test_a_definition_rests_on_whole_numbers(panel, change, definition, said):
    with pytest.raises(an.AnalysisError, match=said):
        an.small_rural(panel.assign(**change), definition)


def test_a_panel_without_what_a_definition_rests_on_says_so(panel):
    with pytest.raises(an.AnalysisError, match="There is no column of the panel 'population'"):
        an.small_rural(panel[["municipality_code", "centrality_class"]])


def test_nothing_is_per_less_than_nothing(obs, panel):
    with pytest.raises(an.AnalysisError, match="population: -5 is negative"):
        an.intensity(obs.with_panel(panel.assign(population=-5)), per="inhabitant")


@pytest.mark.parametrize("n", [0, -1, 2.5, "5"])
def test_peers_are_a_whole_number_of_others(n):
    with pytest.raises(an.AnalysisError, match=r"n=.*must be a whole number from 1 up"):
        an.peers("Vang", n=n)


@pytest.mark.parametrize("n_classes", [0, -1, 6, "5", 2.5])
def test_a_map_has_as_many_classes_as_colours(panel, n_classes):
    with pytest.raises(an.AnalysisError, match="a map has 1 to 5 classes"):
        an.map(panel, "population", n_classes=n_classes)


def test_a_map_refuses_what_it_cannot_draw(panel):
    with pytest.raises(an.AnalysisError, match="1e\\+300 is too large"):
        an.map(panel.assign(x=1e300), "x")
    bare = gpd.GeoDataFrame({"kommunenummer": ["0301"]}, geometry=gpd.points_from_xy([0], [0]), crs=25833)
    with pytest.raises(an.AnalysisError, match="no column county_code, municipality_code, name"):
        an.map(panel, "population", boundaries=bare)


def test_a_map_says_what_it_is_in_a_line(panel):
    assert repr(an.map(panel, "population")) == "<Figure map-population: population>"


def test_no_programmes_are_no_complete_list(obs):
    nothing = obs.where(programmes=[])
    assert nothing.counts.sum() == 0 and nothing.coverage is Coverage.SAMPLE


def test_years_are_no_yes_or_no(obs):
    with pytest.raises(an.AnalysisError, match="neither a year nor a period"):
        obs.where(years=True)
