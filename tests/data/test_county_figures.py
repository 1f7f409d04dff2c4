"""Pages that a reader takes to count the same do so: of counties, programmes, municipalities, and the national one."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import definitions
from analysis.i18n import using
from analysis.report import data
from analysis.report.pages import (
    county_brief,
    county_figures,
    county_rows,
    municipality_beside,
    national,
    programme,
    robustness,
)
from analysis.report.pages.profiles import prepare


@pytest.fixture(scope="module")
def country():
    return data.load()


@pytest.fixture(scope="module")
def profiles(country):
    return prepare(country)


@pytest.fixture(scope="module")
def counties(country):
    return [data.County.load(country, code) for code in sorted(country.panel["county_code"].unique())]


def counted(figure):
    """The two numbers of each ``12 of 40 participations``."""
    return [[int(word) for word in text.split() if word.isdigit()] for text in figure.data["detail"]]


def test_joint_participations_are_recounted(country, counties):
    """Row by row: named municipalities in projects, without awards, memberships and lists of single grants."""
    programmes = country.programmes.set_index("programme_id")
    single = set(country.projects.loc[country.projects["form"] == "list", "project_id"])
    members, homes, again = {}, {}, []
    for row in country.participation.itertuples():
        could_be_joint = programmes.loc[row.programme_id, "is_cooperation"] and row.project_id not in single
        scope, stage = programmes.loc[row.programme_id, "scope"], row.stage
        is_counted = scope in ("procurement", "development") and stage in ("taking_part", "winner")
        if could_be_joint and is_counted and row.basis == "named" and row.participant_type == "municipality":
            members.setdefault((row.programme_id, row.project_id), set()).add(row.municipality_code)
            homes[row.municipality_code] = row.county_code
            if pd.notna(row.same_grant_as):
                again.append(((row.programme_id, row.project_id), row.same_grant_as, row.municipality_code))
    # A municipality's grant that stands under two programmes is one participation (Gjesdal in FABULOS).
    under = {key[1]: key for key in members}
    for key, other, code in again:
        if code in members.get(under.get(other), ()):
            members[key].discard(code)
    with using("en"):
        for county in counties:
            here = [len(m) > 1 for m in members.values() for code in m if homes[code] == county.code]
            rest = [len(m) > 1 for m in members.values() for code in m if homes[code] != county.code]
            expected = [[sum(here), len(here)], [sum(rest), len(rest)]]
            assert counted(county_figures.cooperation(county)) == expected, county.name
        whole = counted(national.cooperation(country))
    assert [sum(column) for column in zip(*whole, strict=True)] == [
        sum(c) for c in zip(*expected, strict=True)
    ]


def test_a_municipality_that_shares_its_area_on_the_map_is_sent_to_the_other(counties):
    # Haram and Ålesund are one area: Fjord and Molde border on it, and nobody can tell whose they are.
    more = next(county for county in counties if county.name == "Møre og Romsdal")
    with using("en"):
        call = {
            row["name"]: [other["name"] for other in row["call"]] for row in county_brief.undocumented(more)
        }
    assert call["Haram"] == ["Ålesund"]


@pytest.mark.slow
def test_the_list_of_joint_projects_holds_the_joint_participations(counties):
    with using("en"):
        for county in counties:
            listed = county_rows.joint_projects(county)
            named = sum(len(names.split(", ")) for names in listed["From the county"]) if len(listed) else 0
            assert named == counted(county_figures.cooperation(county))[0][0]


@pytest.mark.slow
def test_the_national_table_counts_municipalities_as_the_programmes_pages_do(country, profiles):
    with using("en"):
        table = robustness.coverage_table(country)
        pages = [
            programme.view(profiles, key)["n_municipalities"] for key in country.programmes["programme_id"]
        ]
    assert table["Municipalities named"].astype(int).tolist() == pages
    assert (table["Only in a group"].astype(int) > 0).any()


def test_county_councils_are_those_that_took_part(profiles):
    """Norway has fourteen; the former ones are said to be former. Who owns a scheme does not take part in it."""
    with using("en"):
        said = {
            key: " ".join(programme.view(profiles, key)["summary"])
            for key in ("regional_startoff", "research_council_project_owner")
        }
    assert "county council" not in said["regional_startoff"]
    assert (
        "17 county councils took part. Three of the county councils are of former counties."
        in (said["research_council_project_owner"])
    )


def test_a_programme_page_that_speaks_of_small_rural_municipalities_says_which_these_are(country, profiles):
    with using("en"):
        label = definitions.SMALL_RURAL["main"].label
        for key in country.programmes["programme_id"]:
            view = programme.view(profiles, key)
            speaks = "small" in " ".join(view["summary"])
            assert (label in view["definition"]) if speaks else not view["definition"], key


def test_groups_are_said_to_have_more_members_only_where_they_have(profiles):
    """Klimasats' six members of a network have had grants of their own."""
    with using("en"):
        assert "group" not in " ".join(programme.view(profiles, "klimasats")["summary"])
        assert "24 more municipalities" in " ".join(
            programme.view(profiles, "sustainability_mapping_u4ssc")["summary"]
        )


def test_documented_participations_of_others_are_those_of_the_comparison(country, profiles):
    """Digisos and welfare technology are adoption: they stood beside "with at least one", which leaves them out."""
    named = set(country.named.rows["municipality_code"])
    with using("en"):
        in_brief = {
            code
            for code in country.panel["municipality_code"]
            if municipality_beside.in_brief(profiles, code)
        }
    assert in_brief == named
