"""Amounts, days, periods and references that cannot be: told with file, row, column and value, in words."""

from __future__ import annotations

import datetime

import pandas as pd
import pytest

from analysis.register import cells, files

AHEAD = str(datetime.date.today().year + 2)


def told(**files_values):
    """Faults after cells of the first record of each file were changed; one reading finds those of all files."""
    for file, values in files_values.items():
        path = files.folder() / f"{file}.csv"
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        frame = frame.assign(**{name: [value, *frame[name][1:]] for name, value in values.items()})
        frame.to_csv(path, index=False, lineterminator="\n")
    return [str(fault) for fault in files.read().faults]


@pytest.mark.parametrize("value", ["99999999999999999999", "999999999999999", "200000000001"])
def test_an_amount_larger_than_all_purchases_is_told(project, value):
    found = told(projects={"amount_nok": value}, participations={"own_amount_nok": value})
    assert sorted(found) == [
        f"{file}.csv, row 2, column {column}: '{value}': must be from 1 to 200 000 000 000; "
        "all municipalities of the country buy for about so much in a year"
        for file, column in (("participations", "own_amount_nok"), ("projects", "amount_nok"))
    ]


def test_every_number_of_the_register_has_bounds():
    """A number that no computer's whole number holds ended in an error of pandas."""
    for resource in files.package()["resources"]:
        for field in resource["schema"]["fields"]:
            if field["type"] in ("integer", "number") and field.get("unit") != "year":
                assert {"minimum", "maximum"} <= set(field["constraints"]), (resource["name"], field["name"])


@pytest.mark.parametrize(
    "ahead",
    [
        {
            "sources": {"retrieved": "3019-01-01", "date": "2099-01-01"},
            "programmes": {"apply_url_checked": "2099-01-01", "status_year": AHEAD},
            "projects": {"form_checked": "2099-01-01", "year": AHEAD},
            "participations": {"date": f"{AHEAD}-05", "name_year": AHEAD},
            "collections": {"date": AHEAD},
            "published_totals": {"year": AHEAD},
        },
        {"sources": {"date": AHEAD}, "participations": {"year": AHEAD}},
    ],
)
def test_what_lies_in_the_future_is_told(project, ahead):
    found = told(**ahead)
    for file, values in ahead.items():
        for column, value in values.items():
            wanted = f"{file}.csv, row 2, column {column}: '{value}': lies in the future; "
            assert any(text.startswith(wanted) for text in found), wanted


def test_next_year_is_no_future_and_a_clock_that_is_behind_refuses_nothing(monkeypatch):
    judge = cells.judge_of({"name": "year", "type": "integer", "unit": "year"})
    assert judge(str(datetime.date.today().year + 1)) is None

    class Behind(datetime.date):
        @classmethod
        def today(cls):
            return cls(1970, 1, 1)

    monkeypatch.setattr(cells.datetime, "date", Behind)
    assert files.read().faults == []


def test_a_period_that_ends_before_it_begins_is_told(project):
    periods = {
        "programmes": [("period_from", "period_to"), ("eligible_from", "eligible_to")],
        "cooperations": [("from_year", "to_year")],
        "groups": [("valid_from", "valid_to")],
        "names": [("valid_from", "valid_to")],
    }
    found = told(
        **{
            file: {begin: "2020" for begin, _ in pairs} | {end: "2010" for _, end in pairs}
            for file, pairs in periods.items()
        }
    )
    for file, pairs in periods.items():
        for begin, end in pairs:
            assert f"{file}.csv, row 2, column {end}: '2010': earlier than {begin}" in found


@pytest.mark.parametrize(
    ("file", "values", "fault"),
    [
        (
            "projects",
            {"project_id": "p", "continues_project_id": "p"},
            "column continues_project_id: 'p': is this project itself; name the other one",
        ),
        (
            "projects",
            {"project_id": "p", "same_grant_as": "p", "same_grant_certainty": "certain"},
            "column same_grant_as: 'p': is this project itself; name the other one",
        ),
        (
            "participations",
            {"organisation_number": "958935421"},
            "column organisation_number: '958935421': no organisation number: its last digit does not follow from the "
            "others; copy it again",
        ),
        (
            "participations",
            {"source_id": "ssb-klass-131", "further_source_ids": "ssb-klass-131"},
            "column further_source_ids: 'ssb-klass-131': is a source of this record already; leave it out",
        ),
        (
            "candidates",
            {"status": "accepted", "reason": "read"},
            "column record_id: an accepted candidate needs its record_id",
        ),
        (
            "candidates",
            {"status": "accepted", "reason": "read", "record_id": "R9999"},
            "column record_id: 'R9999': no such record in participations.csv",
        ),
    ],
)
def test_a_reference_that_leads_nowhere_or_to_itself_is_told(project, file, values, fault):
    assert f"{file}.csv, row 2, {fault}" in told(**{file: values})


@pytest.mark.parametrize("text", ["-500", "-5", "−1 000"])
def test_a_negative_number_is_not_told_as_a_formula(text):
    field = {"name": "amount_nok", "type": "integer", "constraints": {"minimum": 1}}
    assert cells.judge_of(field)(text) == "must not be negative"


@pytest.mark.parametrize("text", ["2023-05", "ca 2023", "2023/2024"])
def test_what_is_no_year_is_told_where_to_go(text):
    form = files.resource(files.package(), "form")
    field = next(field for field in form["schema"]["fields"] if field["name"] == "year")
    assert cells.judge_of(field, files.columns(form))(text) == (
        "must be a year of four digits, e.g. 2023; a month or a day goes into date, "
        "a span of years into year_from and year_to"
    )
