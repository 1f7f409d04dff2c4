"""Reforms, names and participations as the pages of municipalities read them, on frames made by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.report.pages import profiles, records, search


def reforms() -> pd.DataFrame:
    """Three units become one in 2020 after all codes changed in 2018; a fourth is split off in 2024."""
    rows = [
        ("1703", "Namsos", "5007", None, "2018", False, "5007"),
        ("1725", "Namdalseid", "5007", None, "2018", False, "5007"),
        ("5005", "Namsos", "5007", "2018", "2020", False, "5007"),
        ("5040", "Namdalseid", "5007", "2018", "2020", False, "5007"),
        ("5007", "Namsos - Nåavmesjenjaelmie", "5007", "2020", None, False, "5007"),
        ("1507", "Ålesund", "1508", "2020", "2024", True, "1508"),
        ("1507", "Ålesund", "1580", "2020", "2024", True, "1508"),
        ("1534", "Haram", "1508", None, "2020", True, "1580"),
        ("1534", "Haram", "1580", None, "2020", True, "1580"),
        ("1508", "Ålesund", "1508", "2024", None, False, "1508"),
        ("1580", "Haram", "1580", "2024", None, False, "1580"),
        ("1850", "Tysfjord", "1806", None, "2020", True, None),
        ("1805", "Narvik", "1806", None, "2020", False, "1806"),
        ("1806", "Narvik", "1806", "2020", None, False, "1806"),
    ]
    frame = pd.DataFrame(
        rows,
        columns=["code", "name", "municipality_code", "valid_from", "valid_to", "is_split", "series_code"],
    )
    return frame.assign(
        valid_from=pd.to_datetime(frame["valid_from"] + "-01-01"),
        valid_to=pd.to_datetime(frame["valid_to"] + "-01-01"),
    )


def test_a_new_code_is_no_merger_and_a_divided_municipality_comes_in_part():
    found = profiles.mergers(reforms())
    assert found["5007"] == [profiles.Merger(2020, ("Namdalseid", "Namsos"), ())]
    assert found["1806"] == [profiles.Merger(2020, ("Narvik",), ("Tysfjord",))]
    assert "1580" not in found and "1508" not in found


def test_haram_was_part_of_alesund_for_four_years():
    assert profiles.separations(reforms()) == [profiles.Separation("1580", "1508", 2020, 2023)]


def test_every_name_and_number_finds_its_municipality():
    panel = pd.DataFrame(
        {
            "municipality_code": ["5007", "1580", "1508"],
            "municipality_name": ["Namsos", "Haram", "Ålesund"],
            "municipality_name_official": ["Namsos - Nåavmesjenjaelmie", "Haram", "Ålesund"],
        }
    )
    names = pd.DataFrame(
        {"name": ["Namsos bydel"], "participant_type": ["municipality"], "resolves_to": ["Namdalseid"]}
    )
    found = search.search_terms(panel, reforms(), names).groupby("term")["municipality_code"].agg(set)
    for term in ("Namsos", "Nåavmesjenjaelmie", "Namdalseid", "1725", "5040", "5007", "Namsos bydel"):
        assert found[term] == {"5007"}, term
    assert found["Haram"] == found["1534"] == {"1580"} and found["1507"] == {"1508"}


@pytest.fixture
def rows() -> pd.DataFrame:
    record = {
        "participant_type": "municipality",
        "programme_id": "klimasats",
        "project_id": "p1",
        "year": 2020,
        "role": "participant",
        "stage": "taking_part",
        "confidence": "stated",
        "basis": "named",
        "source_id": "s1",
        "name_then": "Fosnes",
        "municipality_code": "5007",
        "record_id": "R1",
    }
    others = [
        {},
        {"record_id": "R2", "role": "lead", "year": 2019, "name_then": "Namsos"},
        {"record_id": "R3", "project_id": "p2", "basis": "group"},
        {"record_id": "R4", "project_id": "p3", "stage": "nominee"},
        {"record_id": "R5", "project_id": "p4", "programme_id": "network"},
    ]
    participation = pd.DataFrame([record | other for other in others])
    programmes = pd.DataFrame({"scope": ["development", "setting"]}, index=["klimasats", "network"])
    projects = pd.DataFrame(
        {
            "project_id": ["p1", "p2", "p3", "p4"],
            "title": "One title of words",
            "title_nb": [None] * 4,
            "outcome": [None, "cancelled", None, None],
            "n_grants": [2, None, None, None],
        }
    )
    sources = pd.DataFrame(
        {"url": ["https://example.org/"], "title": [None], "publisher": ["example.org"]}, index=["s1"]
    )
    counted = participation[participation["project_id"] == "p1"]
    return records.participations(participation, programmes, projects, sources, counted).set_index(
        "project_id"
    )


def test_two_units_of_one_municipality_are_one_participation(rows):
    assert len(rows) == 4
    first = rows.loc["p1"]
    assert first["role"] == "lead" and first["year"] == 2019
    assert set(first["names_then"]) == {"Namsos", "Fosnes"}
    assert first["language"] == "en" and first["title_nb"] == "One title of words"
    assert records.part(first.to_dict()) == ["lead", "", "", "two grants"]
    assert records.part(rows.loc["p2"].to_dict())[2] == "cancelled"


def test_the_source_shown_is_that_of_the_year_shown():
    """Of two records with the same role, the earlier year's source stands beside that year."""
    record = {
        "participant_type": "municipality", "programme_id": "p", "project_id": "x", "role": "partner",
        "stage": "taking_part", "basis": "named", "name_then": "Stavanger", "municipality_code": "1103",
    }  # fmt: skip
    late = {"record_id": "R1", "year": 2025, "source_id": "late", "confidence": "inferred"}
    early = {"record_id": "R2", "year": 2010, "source_id": "early", "confidence": "stated"}
    rows = pd.DataFrame([record | late, record | early])
    projects = pd.DataFrame(
        {"project_id": ["x"], "title": "t", "title_nb": "t", "outcome": None, "n_grants": None}
    )
    sources = pd.DataFrame({"url": ["u1", "u2"], "publisher": ["a", "b"]}, index=["late", "early"])
    kinds = pd.DataFrame({"scope": ["procurement"]}, index=["p"])
    row = records.participations(rows, kinds, projects, sources, rows).iloc[0]
    assert (row["year"], row["source_url"], row["is_inferred"]) == (2010, "u2", False)


def test_only_the_rows_that_count_are_counted(rows):
    assert rows["is_counted"].to_dict() == {"p1": True, "p2": False, "p3": False, "p4": False}
    assert not rows.loc["p2", "is_named"] and rows.loc["p2", "takes_part"]
    assert not rows.loc["p3", "takes_part"]


def test_a_cooperation_is_told_once_with_its_newest_year():
    table = pd.DataFrame(
        {
            "cooperation_id": ["nii", "nii", "nii"],
            "name": ["NII"] * 3,
            "kind": ["standing"] * 3,
            "municipality_code": ["1576", "1576", None],
            "as_of_year": [2015, 2020, 2020],
            "to_year": [None, None, None],
            "source_id": ["s1", "s2", "s2"],
        }
    )
    sources = pd.DataFrame({"url": ["https://a.example", "https://b.example"]}, index=["s1", "s2"])
    found = records.cooperations(table, sources).to_dict("records")
    assert [(r["as_of_year"], r["source_url"]) for r in found] == [(2020, "https://b.example")]
