"""What is counted as participation: scopes, grants under two programmes, lists, renewals, bounds of years."""

from __future__ import annotations

import pandas as pd
import pytest
from tests.slow.validation import simulator

from analysis.errors import AnalysisError, UnknownName
from analysis.measures import cooperation, counting, projects, recurrence
from analysis.measures.observations import Observations


@pytest.fixture(scope="module")
def observations(made):
    return Observations(made["panel"], made["participation"], made["programmes"])


def by_group(observations):
    small = observations.panel["is_small_rural"]
    return observations.counts[small].sum(), observations.counts[~small].sum()


# --- the register -----------------------------------------------------------------------------------


def test_procurement_and_development_are_counted_and_setting_never(observations, made):
    scope = made["programmes"].set_index("programme_id")["scope"]
    counted = observations.records["programme_id"].map(scope)
    assert set(counted) == {"procurement", "development"}
    setting = scope.index[scope == "setting"]
    assert set(setting) == {"regional_digitalisation_network", "sustainability_mapping_u4ssc"}
    assert made["participation"]["programme_id"].isin(setting).sum() == 164
    for programme in setting:
        with pytest.raises(AnalysisError, match="not participation"):
            observations.where(programmes=programme)


def test_adoption_is_counted_only_when_asked_for(observations):
    adoption = observations.where(scopes="adoption", basis="named")
    assert by_group(adoption) == (36, 100)
    digisos = observations.where(programmes="digisos")
    small = digisos.panel["is_small_rural"]
    assert (digisos.found[small].sum(), digisos.found[~small].sum()) == (28, 76)
    both = observations.where(scopes=["procurement", "development", "adoption"])
    assert both.counts.sum() == observations.counts.sum() + observations.where(scopes="adoption").counts.sum()


def test_named_participations_in_procurement(observations):
    procurement = observations.where(scopes="procurement", basis="named")
    assert by_group(procurement) == (26, 178)
    assert procurement.label == "procurement"


def test_the_budget_of_a_scheme_is_no_participation(observations, made):
    schemes = made["projects"].query("form == 'scheme'")["project_id"]
    assert len(schemes) == 1
    assert not observations.records["project_id"].isin(schemes).any()


def test_the_second_census(observations):
    owners = observations.where(programmes="research_council_project_owner")
    small = owners.panel["is_small_rural"]
    assert (owners.found[small].sum(), owners.found[~small].sum()) == (13, 84)
    assert (owners.counts[small].sum(), owners.counts[~small].sum()) == (20, 303)
    assert owners.coverage == "census"


def test_each_programme_counts_all_its_rows_and_a_sum_counts_a_grant_once(observations):
    names = ["forkommune", "research_council_project_owner"]
    apart = [observations.where(programmes=name).counts.sum() for name in names]
    together = observations.where(programmes=names).rows
    # All eight FORKOMMUNE projects are Research Council grants; one is a county's, which is not counted here.
    assert sum(apart) - len(together) == 7
    assert not (together["programme_id"] == "forkommune").any()


def test_only_municipalities_of_the_same_grant_are_left_out(observations):
    # Trondheim's pre-project RENVANN became a grant to Trondheim; Oslo took part in it and keeps its participation.
    project = "pcp-renvann-trenchless-renewal-water"
    alone = observations.where(programmes="pre_commercial_procurement").rows
    both = observations.where(
        programmes=["pre_commercial_procurement", "research_council_project_owner"]
    ).rows
    names = [set(rows.loc[rows["project_id"] == project, "municipality_code"]) for rows in (alone, both)]
    assert names[0] - names[1] == {"5001"}
    assert "0301" in names[1]


def test_lists_are_no_cooperation(observations, made):
    lists = set(made["projects"].query("form == 'list'")["project_id"])
    rows = cooperation.participations(observations.where(scopes=["procurement", "development", "adoption"]))
    assert not rows["project"].str.split("/").str[1].isin(lists).any()
    assert cooperation.ties(observations.where(programmes="digisos")).empty


def test_the_awards_of_a_list_are_resampled_one_by_one(observations):
    adopted = projects.tie_table(observations.where(programmes="digisos"), "split")
    assert adopted["municipality_code"].nunique() == 104
    assert adopted["project_id"].is_unique
    assert adopted["weight"].eq(1).all()


# --- made-up rows -----------------------------------------------------------------------------------

PANEL = pd.DataFrame(
    {
        "municipality_code": ["0301", "1103", "5636"],
        "county_code": ["03", "11", "56"],
        "size_band": pd.Categorical(["50000+", "50000+", "under_2000"]),
        "is_small_rural": [False, False, True],
        "labour_market_region_code": ["1", "2", "3"],
    }
)
PROGRAMMES = simulator.programmes(a="sample", b="sample", c="sample", d="sample").assign(
    scope=["procurement", "development", "adoption", "setting"], kind="grant", is_cooperation=True
)


def made_up(rows):
    return Observations(PANEL, pd.concat(rows, ignore_index=True), PROGRAMMES)


def test_wrong_scopes_are_answered():
    observations = made_up([simulator.participation(["0301"], ["x"], "a")])
    with pytest.raises(UnknownName, match="did you mean 'procurement'"):
        observations.where(scopes="procurment")
    with pytest.raises(UnknownName):
        observations.where(scopes="setting")
    assert observations.where(programmes=["a", "c"], scopes="adoption").programme_ids == ["c"]
    assert observations.where(scopes="adoption", kinds="grant").programme_ids == ["c"]
    assert observations.programme_ids == ["a", "b"]


def test_a_grant_counts_where_the_other_one_is_outside_the_selection():
    rows = [
        simulator.participation(["0301", "1103"], ["x", "x"], "a", year=2019, same_grant_as="y"),
        simulator.participation(["0301"], ["y"], "b", year=2021, same_grant_as=None),
    ]
    observations = made_up(rows)
    assert observations.counts.tolist() == [1, 1, 0]
    assert observations.where(scopes="procurement").counts.tolist() == [1, 1, 0]
    assert observations.where(years=2019).counts.tolist() == [1, 1, 0]
    assert observations.rows["project_id"].tolist() == ["x", "y"]


def test_a_renewal_is_no_new_meeting():
    codes, first, second = ["0301", "1103"], ["x", "x"], ["y", "y"]
    new = [
        simulator.participation(codes, project, "a", continues_project_id=None) for project in (first, second)
    ]
    assert cooperation.ties(made_up(new))["projects"].tolist() == [2]
    renewed = [new[0], new[1].assign(continues_project_id="x")]
    assert cooperation.ties(made_up(renewed))["projects"].tolist() == [1]
    pairs = recurrence.recurrence(made_up(renewed), n_resamples=9).set_index("term")["estimate"]
    assert pairs["recurring pairs"] == 0
    assert cooperation.participations(made_up(renewed))["project"].nunique() == 2


def test_a_row_without_year_counts_where_its_bounds_lie_within():
    bounds = {"year": pd.NA, "year_from": pd.array([2016, 2010, pd.NA], "Int64")}
    rows = simulator.participation(
        ["0301", "1103", "5636"],
        ["x", "y", "z"],
        "a",
        year_to=pd.array([2018, 2026, pd.NA], "Int64"),
        **bounds,
    )
    observations = made_up([rows])
    assert observations.where(years=(2015, 2020)).counts.tolist() == [1, 0, 0]
    assert observations.where(years=(2017, 2020)).counts.sum() == 0
    assert observations.counts.tolist() == [1, 1, 1]


def test_every_row_that_is_not_counted_says_why():
    """One row for each reason, by hand; those without a reason are as many as the participations."""
    rows = pd.concat(
        [
            simulator.participation(["0301"], ["x"], "a", same_grant_as="y"),
            simulator.participation(["0301", "0301"], ["y", "y"], "b"),
            simulator.participation(["1103"], ["z"], "a", stage="candidate"),
            simulator.participation(["1103"], ["s"], "a", form="scheme"),
            simulator.participation(["1103"], ["d"], "c"),
            simulator.participation(["1103"], ["g"], "a", basis="group"),
            simulator.participation(["1103"], ["o"], "a", year=2001),
            simulator.participation(["1103"], ["k"], "a", participant_type="county"),
        ],
        ignore_index=True,
    )
    rows["form"] = rows["form"].fillna("joint")
    chosen = made_up([rows]).where(basis="named", years=(2010, 2030))
    why = counting.why_not_counted(chosen)
    assert why.tolist() == [
        "same_grant",
        "",
        "same_project",
        "did_not_take_part",
        "budget",
        "programme_not_counted",
        "group_not_named",
        "outside_the_selection",
        "not_a_municipality",
    ]
    assert set(why) - {""} == set(counting.REASONS)
    assert (why == "").sum() == chosen.counts.sum() == 1
    # The grant counts once in all, and under each of its programmes.
    table = counting.by_programme(chosen).loc["0301"]
    assert table["a"] == table["b"] == 1
