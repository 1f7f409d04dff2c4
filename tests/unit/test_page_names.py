"""A page is found by what people call it."""

from __future__ import annotations

import pytest

from analysis.errors import AnalysisError, UnknownName
from analysis.register import places
from analysis.report.page_names import page_key

KEYS = [
    *("index", "national", "municipalities", "county-03", "county-56", "county-15", "municipality-3454"),
    "programme-klimasats",
]


@pytest.fixture(autouse=True)
def _places(monkeypatch):
    counties = {"Finnmark": "56", "Finnmárku": "56", "Møre og Romsdal": "15", "Oslo": "03"}
    municipalities = {"Vang": "3454", "Oslo": "0301"}

    def lookup(known):
        def code(name):
            if name not in known:
                raise UnknownName("place", name, known)
            return known[name]

        return code

    monkeypatch.setattr(places, "county_code", lookup(counties))
    monkeypatch.setattr(places, "municipality_code", lookup(municipalities))
    monkeypatch.setattr(places, "programme_id", lookup({"Klimasats": "klimasats", "klimasats": "klimasats"}))


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("national", "national"),
        ("nasjonal", "national"),
        ("kommuner", "municipalities"),
        ("county-56", "county-56"),
        ("fylke-56", "county-56"),
        ("56", "county-56"),
        ("Finnmárku", "county-56"),
        ("Møre  og Romsdal", "county-15"),
        ("Oslo", "county-03"),
        ("Vang", "municipality-3454"),
        ("3454", "municipality-3454"),
        ("Klimasats", "programme-klimasats"),
        ("klimasats", "programme-klimasats"),
    ],
)
def test_names_and_codes(name, key):
    assert page_key(name, KEYS) == key


@pytest.mark.parametrize("name", ["natinal", "57", "Narnia"])
def test_what_is_no_page_is_answered_with_what_there_is(name):
    with pytest.raises(AnalysisError, match="There is no page"):
        page_key(name, KEYS)


@pytest.mark.parametrize(
    ("name", "meant"), [("natinal", "national"), ("oslox", "Oslo"), ("finmark", "Finnmark")]
)
def test_a_misspelt_page_is_answered_with_the_one_meant(name, meant):
    with pytest.raises(AnalysisError, match=f"did you mean '{meant}'"):
        page_key(name, KEYS)
