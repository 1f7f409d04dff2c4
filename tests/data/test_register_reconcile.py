"""Found against published, where both are known from the sources."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import raw as snapshots
from analysis.register import files as source
from analysis.register import participation, programmes, reconcile
from analysis.tables import population, reforms


@pytest.fixture(scope="module")
def compared():
    register = source.read()
    units = reforms.build(
        snapshots.read("ssb_municipalities"),
        snapshots.read("ssb_code_changes"),
        snapshots.read("ssb_split_series"),
    )
    people = population.build(snapshots.read("ssb_population"), units)
    table = participation.build(register, units, people)
    tables = programmes.build(register)
    return reconcile.reconcile(tables["published_totals"], table, tables["projects"])


def pick(compared, programme, round_, measure):
    chosen = compared[
        (compared["programme_id"] == programme)
        & (compared["round"] == round_)
        & (compared["measure"] == measure)
    ]
    return chosen.iloc[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("round_", "published", "found"),
    [("2017 first", 1, 1), ("2017", 4, 4), ("2018", 3, 1), ("2019", 5, 4), ("2020", 8, 8)],
)
def test_innovation_partnership_winners_by_round(compared, round_, published, found):
    row = pick(compared, "innovation_partnership", round_, "winners")
    assert (row["published"], row["found"]) == (published, found)


@pytest.mark.slow
def test_units_are_counted_as_they_were(compared):
    """Twelve took part in Møre og Romsdal in 2016; four of them lie in one municipality today."""
    row = pick(compared, "lup_network", "lup-net-arena-learning-smart-procurement", "municipalities")
    assert (row["published"], row["found"]) == (12, 12)
    # 25 named in the report, of 29.
    row = pick(compared, "lup_project", "lup-joint-procurement-electronic", "municipalities")
    assert (row["published"], row["found"]) == (29, 25)


def test_a_year_holds_what_was_granted_county_by_county(compared):
    """Klimasats published the awards of 2016 by county: eight in Nordland, three in Sør-Trøndelag, among others."""
    parts = compared[compared["round"].str.fullmatch(r"\D+ \d{4}") & compared["found"].notna()]
    assert {"Nordland 2016", "Oppland 2017", "Vestfold og Telemark 2020"} <= set(parts["round"])
    for part in parts.itertuples():
        whole = compared[
            (compared["programme_id"] == part.programme_id)
            & (compared["round"] == part.round[-4:])
            & (compared["measure"] == part.measure)
        ]
        assert (whole["found"] >= part.found).all()
    assert pick(compared, "klimasats", "2016", "projects")["found"] >= 8 + 3
    # "2017 first" was a call of its own, before the four of 2017.
    assert pick(compared, "innovation_partnership", "2017", "winners")["found"] == 4


def test_one_that_is_in_two_trials_counts_twice_where_the_source_counts_so(compared):
    """The ten trials of 2024 have sixteen participants in the government's list, Nordre Follo in two of them."""
    row = pick(compared, "municipal_trial_scheme", "first round", "participations")
    assert (row["published"], row["found"]) == (16, 16)
    rows = pd.DataFrame(
        {
            "project_id": ["a", "b", "b"],
            "participant_name": ["Nordre Follo", "Nordre Follo", "Oslo"],
            "participant_type": "municipality",
            "municipality_code": ["3207", "3207", "0301"],
            "code_then": ["3020", "3020", "0301"],
            "county_code_then": pd.NA,
            "year": 2024,
            "stage": "taking_part",
        }
    )
    assert reconcile.count(rows, "participants") == 2
    assert reconcile.count(rows, "participations") == 3


def test_those_that_were_not_chosen_are_not_found_among_the_participants(compared):
    """Nine municipalities were chosen for primary health teams; Ørskog and Malvik are known to have applied."""
    team = "health-service-trial-pilot-of-primary-health-teams"
    row = pick(compared, "health_service_trial", team, "municipalities")
    assert (row["published"], row["found"]) == (9, 9)


def test_members_of_groups_can_be_left_out(compared):
    row = pick(compared, "lup_project", "lup-response-platform-vaernesregionen", "municipalities")
    assert (row["published"], row["found"], row["found_named"]) == (13, 13, 6)


def test_oslo_counts_among_the_eleven_counties(compared):
    row = pick(compared, "lup_partner", "2023", "counties")
    assert (row["published"], row["found"]) == (11, 11)


def test_contradictions_stand_side_by_side(compared):
    told = compared[compared["contradicts"]]
    assert sorted(told.loc[told["programme_id"] == "innovation_partnership", "published"]) == [13, 14]
    assert not told["measure"].eq("winners").any()  # 2020: two sources, one number


def test_what_the_register_does_not_hold_is_unknown_and_not_zero(compared):
    kinds = compared.groupby("measure")["found"].agg(lambda found: found.isna().all())
    assert kinds[["applications", "applicants", "companies", "networks", "grants"]].all()
    assert not kinds[["projects", "participants", "municipalities", "counties", "winners"]].any()
    assert (compared["found"].fillna(0) >= compared["found_named"].fillna(0)).all()
    assert compared["source_url"].str.startswith("http").all()
    assert pd.api.types.is_integer_dtype(compared["found"])
