"""What counts as a participation, and that a wrong name or code is answered and never silently 0."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.slow.validation import simulator

import analysis as an
from analysis.errors import AnalysisError, UnknownName
from analysis.measures import covariates, gap, uptake
from analysis.measures.estimates import CoverageError, Estimates, Unit
from analysis.measures.observations import Observations
from analysis.register import places

PROGRAMMES = simulator.programmes(whole="census", seen="sample").assign(kind=["grant", "network"])


@pytest.fixture
def observations():
    panel = pd.DataFrame(
        {
            "municipality_code": ["0301", "1103", "5636"],
            "county_code": ["03", "11", "56"],
            "is_small_rural": [False, False, True],
            "population": [700_000, 145_000, 900],
            "centrality_class": [1, 2, 6],
        }
    )
    rows = pd.concat(
        [
            simulator.participation(
                ["0301", "0301", "5636"], ["x", "x", "x"], "whole", year=[2019, 2019, 2021]
            ),
            simulator.participation(
                ["1103", "5636"], ["y", "z"], "seen", basis=["group", "named"], year=pd.NA
            ),
        ],
        ignore_index=True,
    )
    return Observations(panel, rows, PROGRAMMES)


def test_a_municipality_counts_once_in_a_project(observations):
    assert observations.counts.tolist() == [1, 1, 2]
    assert len(observations.rows) == 4


def test_filters_narrow_what_counts(observations):
    assert observations.where(programmes="whole").counts.tolist() == [1, 0, 1]
    assert observations.where(kinds="network").counts.tolist() == [0, 1, 1]
    assert observations.where(programmes="whole", kinds=["network"]).programme_ids == []
    assert observations.where(years=2019).counts.tolist() == [1, 0, 0]
    assert observations.where(years=(2019, 2021)).counts.tolist() == [1, 0, 1]
    assert observations.where(basis="named").counts.tolist() == [1, 0, 2]
    assert observations.where(counties="56").counts.tolist() == [2]
    assert observations.where(municipalities=["0301", "1103"]).found.tolist() == [True, True]
    assert observations.counts.tolist() == [1, 1, 2]


def test_the_same_selection_is_counted_once(observations):
    assert observations.where(years=2019) is observations.where(years=(2019, 2019))
    assert observations.where(years=2019) is not observations.where(years=2021)
    # Another panel is another selection, whatever it selects.
    first = observations.with_panel(observations.panel.head(1))
    assert first.where(years=2019).counts.tolist() == [1]
    assert observations.where(years=2019).counts.tolist() == [1, 0, 0]


def test_municipalities_and_counties_go_by_name_too(observations, monkeypatch):
    monkeypatch.setattr(places, "municipality_code", {"Oslo": "0301", "Karasjohka": "5636"}.__getitem__)
    monkeypatch.setattr(places, "county_code", {"Finnmárku": "56"}.__getitem__)
    assert observations.where(municipalities=["Karasjohka", "0301"]).counts.tolist() == [1, 2]
    assert observations.where(counties="Finnmárku").counts.tolist() == [2]


@pytest.mark.parametrize(
    "years", ["2019-2021", "2019–2021", [2019, 2020, 2021], range(2019, 2022), np.arange(2019, 2022)]
)
def test_a_period_is_given_in_any_of_its_forms(observations, years):
    assert observations.where(years=years).counts.tolist() == [1, 0, 1]


def test_programmes_go_by_official_name_too(observations):
    named = replace(
        observations, programmes=PROGRAMMES.assign(name_nb=["Hel liste", "Sett"], name_en=["Whole", "Seen"])
    )
    assert named.where(programmes="hel LISTE").programme_ids == ["whole"]
    assert named.where(programmes=["Seen", "whole", "Whole"]).programme_ids == ["seen", "whole"]
    assert observations.where(programmes="whole").programme_ids == ["whole"]


def test_municipalities_and_counties_are_looked_up_in_the_same_panel(observations, monkeypatch):
    assert observations.where(municipalities=["0301", "5636"], counties=["56", "11"]).counts.tolist() == [2]
    monkeypatch.setattr(places, "municipality_code", {"Oslo": "0301"}.__getitem__)
    with pytest.raises(AnalysisError, match=r"'Oslo' .code 0301. is not in the panel"):
        observations.where(counties="56").where(municipalities="Oslo")


def test_coverage_is_the_weakest_of_the_programmes_chosen(observations):
    assert observations.coverage == "sample"
    assert observations.where(programmes=["whole"]).coverage == "census"
    assert (observations.label, observations.where(programmes="whole").label) == ("all programmes", "whole")


def test_another_definition_moves_who_is_small_and_rural(observations):
    assert observations.with_definition("small").panel["is_small_rural"].tolist() == [False, False, True]
    assert observations.with_definition("district").panel["is_small_rural"].sum() == 1
    with pytest.raises(UnknownName, match="did you mean 'district'"):
        observations.with_definition("distrikt")


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"programmes": "hole"}, "did you mean 'whole'"),
        ({"kinds": ["grants"]}, "did you mean 'grant'"),
        ({"basis": "name"}, "did you mean 'named'"),
        ({"basis": ""}, "no basis"),
        ({"municipalities": [301]}, "301 is a number"),
        ({"counties": 56}, "56 is a number"),
        ({"municipalities": ["0301", None]}, "a name is missing"),
        ({"municipalities": ["0301", float("nan")]}, "a name is missing"),
        (
            {"municipalities": pd.DataFrame({"name": ["0301"]})},
            "a DataFrame was given; it takes a name, or several",
        ),
        ({"municipalities": Path("mine.csv")}, "Path was given; it takes a name, or several"),
        ({"programmes": [["whole"]]}, "a list stands where a name must stand"),
        ({"municipalities": "0301", "counties": "56"}, "No municipality is in both .*: 0301 and 56"),
        ({"years": (2022, 2019)}, "years=.2022, 2019. .*: 2022 comes after 2019"),
        ({"years": "2022-2019"}, "2022 comes after 2019"),
        ({"years": [2018, 2020, 2021]}, "neither a year nor a period; write '2020' or '2018-2022' .*range"),
        ({"years": 2020.5}, "years=2020.5 is neither a year nor a period"),
        ({"years": "last year"}, "'last year' is neither a year nor a period"),
    ],
)
def test_wrong_names_are_answered(observations, wrong, hint):
    with pytest.raises(AnalysisError, match=hint):
        observations.where(**wrong)


def test_codes_that_are_numbers_are_refused(observations):
    panel = observations.panel.assign(municipality_code=[301, 1103, 5636])
    with pytest.raises(AnalysisError, match="panel: 301 is a number"):
        observations.with_panel(panel)
    with pytest.raises(AnalysisError, match="is a number"):
        observations.with_participation(
            observations.participation.assign(municipality_code=np.arange(5).astype(float))
        )


def test_a_panel_without_codes_or_with_one_twice_is_refused(observations):
    with pytest.raises(
        AnalysisError, match=r"no column municipality_code, only name.*places import municipality_code"
    ):
        observations.with_panel(pd.DataFrame({"name": ["Oslo"]}))
    with pytest.raises(AnalysisError, match="'0301' stands in several rows"):
        observations.with_panel(pd.concat([observations.panel, observations.panel.head(1)]))


@pytest.mark.parametrize(
    "measure",
    [
        an.intensity,
        an.gap,
        an.uptake,
        an.recorded_share,
        an.recorded_share_by_programme,
        an.composition,
        an.representation,
        an.rarefaction,
        an.hazard,
    ],
)
def test_a_measure_of_participations_says_that_it_takes_observations(observations, measure):
    with pytest.raises(AnalysisError, match="takes observations, not a DataFrame"):
        measure(observations.panel)


@pytest.mark.parametrize("measure", [an.purchases_share, an.purchases_per_inhabitant])
def test_a_measure_of_purchases_says_that_it_takes_the_panel(observations, measure):
    with pytest.raises(AnalysisError, match=r"takes the panel, .* not Observations"):
        measure(observations)


@pytest.mark.parametrize(
    ("values", "odd"),
    [
        ([None, "Nordland", None], "'Nordland'"),
        ([True, False, "maybe"], "'maybe'"),
        ([1, 0, 2], "2"),
        (["yes", "no", "no"], "'yes'"),
    ],
)
def test_a_group_names_the_first_value_that_is_neither_yes_nor_no(observations, values, odd):
    panel = observations.panel.assign(mine=values)
    with pytest.raises(AnalysisError, match=f"it holds {odd}. Make one of it: .* == {odd}"):
        gap.gap(observations.with_panel(panel), by="mine")


def test_a_group_is_one_column(observations):
    with pytest.raises(AnalysisError, match=r"column of the panel: .* it takes one name"):
        uptake.recorded_share(observations, by=["county_code", "population"])


def test_what_exists_is_listed_once(observations):
    named = replace(
        observations, programmes=PROGRAMMES.assign(name_nb=["Whole", "Sett"], name_en=["Whole", "Seen"])
    )
    with pytest.raises(UnknownName, match=r"there are: whole, seen, Sett$"):
        named.where(programmes="xyz")


def test_unknown_columns_and_covariates_are_answered(observations):
    with pytest.raises(UnknownName, match="did you mean 'county_code'"):
        uptake.recorded_share(observations, by="county")
    with pytest.raises(AnalysisError, match="must be a column of yes and no"):
        gap.gap(observations, by="county_code")
    with pytest.raises(UnknownName, match="population, per doubling"):
        covariates.design_matrix(observations.panel, ["population"])


# --- estimates --------------------------------------------------------------------------------------


def test_a_rate_is_for_a_census_only():
    row = {
        "term": "t",
        "estimate": 0.5,
        "conf_low": 0.1,
        "conf_high": 0.9,
        "unit": Unit.UPTAKE,
        "method": "m",
    }
    assert Estimates([row])["coverage"].tolist() == ["census"]
    with pytest.raises(CoverageError):
        Estimates([row], coverage="partial")


def test_a_column_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="low"):
        Estimates([{"term": "t", "low": 1}])


def test_parts_of_estimates_print_as_they_do_other_frames_are_plain_and_values_keep_their_kind(observations):
    shares = uptake.recorded_share(observations, by="is_small_rural")
    assert isinstance(shares, Estimates)
    named = shares.replace({"group": {True: "Small rural", False: "Others"}})
    for part in (shares[shares["group"]], shares.sort_values("estimate"), shares.head(1), named):
        assert isinstance(part, Estimates)
        assert "term: recorded share" in repr(part).splitlines()[0] and "%" in repr(part)
    assert "Small rural" in named._repr_html_() and "is_small_rural" in repr(named)
    for other in (shares[["group", "estimate"]], shares.T, shares.set_index("group")):
        assert repr(other) == repr(pd.DataFrame(other))
    assert "mine" in repr(shares.assign(mine=1))
    shares.columns = [f"my_{name}" for name in shares]
    assert "my_term" in repr(shares) and "my_term" in shares._repr_html_()
    by_class = uptake.recorded_share(observations, by="centrality_class")
    assert named["group"].tolist() == ["Others", "Small rural"] and by_class["group"].tolist() == [1, 2, 6]


def test_estimates_print_as_a_person_writes_them(observations):
    text = repr(uptake.recorded_share(observations, by="is_small_rural"))
    assert "term: recorded share" in text.splitlines()[0]
    assert "100.0%" in text
    assert "std_error" not in text
    html = uptake.recorded_share(observations)._repr_html_()
    assert "<strong>recorded share</strong>" in html
    assert "<td>3</td>" in html
