"""A researcher's wrong or odd arguments: taken where they can mean one thing only, else answered in words."""

from __future__ import annotations

import io
import re
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.replay.world import POPULATION_YEARS, REGION

from analysis.errors import AnalysisError
from analysis.loaders import brreg, doffin, kartverket, klass, notices, research_council, ssb, statbank

CHOSEN = {REGION: "0301", "KOKregnskapsomfa0000": "B", "KOKfunksjon0000": "201", "KOKart0000": "AGD50"}
CHOSEN |= {"ContentsCode": "*", "Tid": "2025"}
OF_PEOPLE = {"Region": ["K-0301"], "ContentsCode": ["*"], "Tid": ["2025"]}


@pytest.mark.parametrize(
    ("chosen", "years"),
    [
        (2025, ["2025"]),
        ([2024, 2025], ["2024", "2025"]),
        (range(2022, 2024), ["2022", "2023"]),
        (np.array([2022]), ["2022"]),
        ({"2022"}, ["2022"]),
        ("2025", ["2025"]),
        (" 2025 ", ["2025"]),
        ("top(2)", ["2024", "2025"]),
        ("*", ["2022", "2023", "2024", "2025"]),
        (re.compile(r"202[23]"), ["2022", "2023"]),
        (["2022", 2022, "bottom(1)"], ["2022"]),
    ],
)
def test_one_value_and_numbers_mean_what_they_say(replay, chosen, years):
    frame = ssb.table("12367", CHOSEN | {"Tid": chosen})
    assert frame["Tid"].astype(str).tolist() == years


def test_a_variable_named_twice_has_the_values_of_both(replay):
    assert ssb.table("12367", CHOSEN | {"tid": 2022})["Tid"].astype(str).tolist() == ["2022", "2025"]


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"Tid": []}, r"no value is chosen of 'Tid' \(år\)"),
        ({"Tid": None}, "Tid has no value None; it has '2022' to '2025'"),
        ({"Tid": [2025.0]}, "Tid has no value 2025.0"),
        ({"Tid": [True]}, "Tid has no value True"),
        ({"Tid": "1850"}, "Tid has no value '1850'; it has '2022' to '2025'"),
        ({REGION: 301}, r"no value '301'; did you mean '0301' \(Oslo - Oslove\)\?"),
        ({REGION: ["Bærum"]}, r"no value 'Bærum'; did you mean '\d{4}' \(Bærum\)"),
        ({1: "x"}, "no variable 1; it has"),
    ],
)
def test_a_selection_that_means_nothing_is_told_before_numbers_are_asked_for(replay, chosen, words):
    with pytest.raises(AnalysisError, match=words):
        ssb.table("12367", CHOSEN | chosen)
    assert replay.count("POST") == 0


@pytest.mark.parametrize("selection", [None, ["Tid"], "Tid"])
def test_a_selection_without_variables_is_told(replay, selection):
    with pytest.raises(AnalysisError, match="codes for each variable"):
        ssb.table("12367", selection)


@pytest.mark.parametrize(
    "table_id", ["", None, 7459, "../config", "12367?lang=en", "12367 ", "befolkning", "٠٧٤٥٩"]
)
def test_what_is_no_number_of_a_table_is_not_sent(replay, table_id):
    with pytest.raises(AnalysisError, match=r"five digits, written as text, e\.g\. '07459'"):
        ssb.table(table_id, CHOSEN)
    assert replay.requests == []


def test_a_codelist_has_effect_however_its_variable_is_spelled(replay):
    """The same codes without the codelist are other places: the variable's own, before the merger."""
    frame = ssb.table("07459", OF_PEOPLE, codelists={"region": "agg_KommSummer"})
    assert frame["Region"].astype(str).tolist() == ["K-0301"]
    asked = replay.requests[-1][2]
    assert b'"codelist":"agg_KommSummer"' in asked


def test_a_codelist_for_no_variable_is_told(replay):
    with pytest.raises(AnalysisError, match=r"codelists for \['Kommune'\]; it has \['Region'"):
        ssb.table("07459", OF_PEOPLE | {"Region": "0301"}, codelists={"Kommune": "agg_KommSummer"})


@pytest.mark.parametrize("codelists", ["agg_KommSummer", ["agg_KommSummer"]])
def test_a_codelist_without_its_variable_is_told(replay, codelists):
    with pytest.raises(AnalysisError, match="A codelist is named for its variable"):
        ssb.table("07459", OF_PEOPLE, codelists=codelists)
    assert replay.requests == []


@pytest.mark.parametrize(("limit", "most"), [(1, 1_000), (800_000, 50_000_000)])
def test_more_cells_than_can_be_read_are_refused_before_any_is(replay, monkeypatch, limit, most):
    """A limit that makes days of requests, and a selection that takes all memory."""
    replay.world.max_cells = limit
    replay.world.tables["12367"].variable("KOKfunksjon0000").labels = {str(n): "" for n in range(5_000)}
    with pytest.raises(
        AnalysisError, match=rf"cells are chosen .*KOKfunksjon0000 5000.* and {most} can be read"
    ):
        ssb.table("12367", dict.fromkeys(CHOSEN, "*"))
    assert replay.count("POST") == 0


@pytest.mark.parametrize("years", [2024, "2024", ["2024"], range(2024, 2025), pd.Series([2024]), {2024}])
def test_population_takes_years_in_any_form(replay, years):
    assert set(ssb.population(years)["year"]) == {2024}


@pytest.mark.parametrize("years", [[], 1850, [2024.5], "i fjor"])
def test_population_of_no_year_is_told(replay, years):
    with pytest.raises(AnalysisError, match=r"'Tid'|Tid has no value .*; it has '2015' to '2026'"):
        ssb.population(years)


def test_years_and_a_first_year_contradict_each_other(replay):
    with pytest.raises(AnalysisError, match="first_year 2025"):
        ssb.population([2024], first_year=2025)
    with pytest.raises(AnalysisError, match=rf"it has '{POPULATION_YEARS[0]}' to '{POPULATION_YEARS[-1]}'"):
        ssb.population(first_year=2099)


def test_one_art_is_one_art(replay):
    assert set(ssb.purchases(2025, arts="AGD50")["ssb_code"]) == {"AGD50"}
    with pytest.raises(AnalysisError, match="no value is chosen of 'KOKart0000'"):
        ssb.purchases(2025, arts=[])


def test_expressions_of_every_type_are_understood():
    assert statbank.expand(["2024", "2025"], " 2025") == [1]


# The other publishers


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2024", None),
        (2024, None),
        ("01.01.2024", None),
        ("2024-13-01", None),
        ("2024-02-30", None),
        ("20240101", None),
        ("2024-1-1", None),
        ("", None),
        (None, None),
        (pd.Timestamp("2024-01-01 12:00"), None),
        ("0001-01-01", None),
        ("2024-01-01", "9999-12-31"),
        ("2024-01-01", "x"),
        ("2024-01-01", "2020-01-01"),
        ("2024-01-01", "2024-01-01"),
        (None, "2024-01-01"),
    ],
)
@pytest.mark.parametrize("ask", [klass.codes, klass.changes, lambda *days: klass.correspondence(131, *days)])
def test_klass_is_not_asked_with_what_is_no_period(replay, ask, start, end):
    arguments = (128, start, end) if ask.__name__ == "<lambda>" else (131, start, end)
    with pytest.raises(
        AnalysisError, match=r"KLASS takes dates .* such as '2024-01-01'|must end after it begins"
    ):
        ask(*arguments)
    assert replay.requests == []


def test_klass_takes_a_date_of_python(replay):
    assert len(klass.changes(131, date(2024, 1, 1))) == len(klass.changes(131, "2024-01-01")) > 0


@pytest.mark.parametrize("number", ["kommuner", None, 131.0, "../131", ""])
def test_klass_is_not_asked_for_what_is_no_number(replay, number):
    with pytest.raises(AnalysisError, match="numbers such as 131"):
        klass.codes(number, "2024-01-01")
    with pytest.raises(AnalysisError, match="numbers such as 131"):
        klass.correspondence(131, number, "2024-01-01")
    assert replay.requests == []


@pytest.mark.parametrize("tolerance", [-1, "20", None, float("nan"), float("inf")])
def test_a_tolerance_that_is_no_distance_is_told_before_anything_is_fetched(replay, tolerance):
    with pytest.raises(AnalysisError, match="tolerance_m is a distance in metres"):
        kartverket.boundaries(tolerance_m=tolerance)
    assert replay.requests == []


@pytest.mark.parametrize("form", ["komm", "", None, 5, ["KOMM"], "KOMM&page=2"])
def test_a_form_that_is_none_has_no_units(replay, form):
    """The register answers with no units, which is no answer to ``komm``."""
    with pytest.raises(AnalysisError, match="codes such as 'KOMM'"):
        brreg.organisations(form)
    assert replay.requests == []


@pytest.mark.parametrize("number", ["95893542", "", None, "NO958935420MVA", "../enheter", "٩٥٨٩٣٥٤٢٠"])
def test_a_mistyped_organisation_number_is_not_one_that_the_register_lacks(replay, number):
    with pytest.raises(AnalysisError, match="has nine digits"):
        brreg.organisation(number)
    assert replay.requests == []


def test_an_organisation_number_may_be_a_number_or_have_spaces(replay):
    assert brreg.organisation(111111111) is brreg.organisation("111 111 111") is None


@pytest.mark.parametrize("query", ["", "  ", None, 5])
def test_a_query_that_is_none_is_not_sent(replay, query):
    with pytest.raises(AnalysisError, match="A query is text"):
        notices.search(query)
    assert replay.requests == []


@pytest.mark.parametrize(
    ("first", "last"),
    [(2025, 2024), ("2024", "2024"), (2024.0, 2024), (0, 0), (2024, 0), (99999, 99999), (2024, "2025")],
)
def test_doffin_is_not_asked_for_what_are_no_years(replay, first, last):
    with pytest.raises(AnalysisError, match="from one year to a later one"):
        doffin.search(first_year=first, last_year=last)
    assert replay.requests == []


@pytest.mark.parametrize(
    "stream", ["prosjektnummer\n1", None, 5, ["a"], io.StringIO("a"), Path("dataset.csv")]
)
def test_a_register_is_read_from_bytes(stream):
    with pytest.raises(AnalysisError, match=r"soknader2/dataset.csv is read from bytes.*read_bytes\(\)"):
        research_council.parse_applications(stream)
