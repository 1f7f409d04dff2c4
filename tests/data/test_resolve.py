"""Names to codes, against facts known from KLASS and from the sources themselves."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.register import files as programmes
from analysis.register import resolve as names
from analysis.tables import reforms


@pytest.fixture(scope="module")
def register():
    return programmes.read()


# Each from KLASS 131 and the law on the 2020 and 2024 changes, not from this code.
UNITS = [
    ("Skedsmo", 2018, None, "0231", "3205"),
    ("Fet", 2017, None, "0227", "3205"),
    ("Sande", 2016, "Vestfold", "0713", "3903"),
    ("Sande (Vestfold)", 2016, None, "0713", "3903"),
    ("Sande (Møre og Romsdal)", 2020, None, "1514", "1514"),
    ("Bø", 2016, "Telemark", "0821", "4020"),
    ("Bø", 2016, "Nordland", "1867", "1867"),
    ("Bø", 2022, None, "1867", "1867"),
    ("Sauherad", 2016, None, "0822", "4020"),
    ("Våler", 2022, "Innlandet", "3419", "3419"),
    ("Våler", 2022, "Viken", "3018", "3114"),
    ("Våler", 2022, "Østfold", "3018", "3114"),
    ("Norddal", 2016, None, "1524", "1578"),
    ("Sandøy", 2016, None, "1546", "1508"),
    ("Skodje", 2016, None, "1529", "1508"),
    ("Ørskog", 2016, None, "1523", "1508"),
    ("Ålesund", 2016, None, "1504", "1508"),
    ("Ålesund", 2021, None, "1507", "1508"),
    ("Haram", 2016, None, "1534", "1580"),
    ("Haram", 2024, None, "1580", "1580"),
    ("Vikna", 2016, None, "1750", "5060"),
    ("Fosnes", 2015, None, "1748", "5007"),
    ("Klæbu", 2019, None, "5030", "5001"),
    ("Orkdal", 2016, None, "1638", "5059"),
    ("Lindås", 2015, None, "1263", "4631"),
    ("Eid", 2014, None, "1443", "4649"),
    ("Fjell", 2019, None, "1246", "4626"),
    ("Førde", 2017, None, "1432", "4647"),
    ("Os (Hordaland)", 2019, None, "1243", "4624"),
    ("Os", 2022, None, "3430", "3430"),
    ("Kåfjord", 2015, None, "1940", "5540"),
    ("Kåfjord kommune", 2024, None, "5540", "5540"),
    ("Kautokeino", 2020, None, "5430", "5612"),
    ("Guovdageaidnu", 2020, None, "5430", "5612"),
    ("Røyrvik", 2016, None, "1739", "5043"),
    ("HARSTAD KOMMUNE / HÁRSTTÁID SUOHKAN", 2019, None, "1903", "5503"),
    ("  stor-elvdal   KOMMUNE ", 2020, None, "3423", "3423"),
]
UNCERTAIN = [
    ("Bø", 2016, None, ["0821 Bø (Telemark)", "1867 Bø (Nordland)", "county_hint"]),
    ("Herøy", 2020, None, ["1515", "1818", "county_hint"]),
    ("Våler", 2022, None, ["3018", "3419", "county_hint"]),
    ("Os", 2019, None, ["0441", "1243", "county_hint"]),
    ("Nes", 2018, None, ["0236", "0616", "county_hint"]),
    ("Lillestrøm", 2018, None, ["3030 Lillestrøm 2020", "name_year"]),
    ("Skedsmo", 2022, None, ["0231 Skedsmo", "2019", "name_year"]),
    ("Bø", 2022, "Telemark", ["1867"]),
    ("Stavangr", 2022, None, ["near names: 1103 Stavanger", "names.csv"]),
    ("Atlantis", 2022, None, ["no municipality has this name"]),
    ("Kommune", 2022, None, ["no municipality has this name"]),
    ("3454", 2022, None, ["write the name, without the number: 3454 is Vang"]),
    ("545", 2018, None, ["write the name, without the number: 0545 is Vang"]),
    ("0545 Vang", 2022, None, ["write the name, without the number: 0545 is Vang"]),
    ("Nr. 9999", 2022, None, ["write the name, without the number: no municipality has had it"]),
    ("Vang/Valle", 2022, None, ["names several municipalities: write one row for each"]),
    ("Vang og Valle", 2022, None, ["names several municipalities: write one row for each"]),
    ("Bærum, Asker", None, None, ["names several municipalities: write one row for each"]),
    (
        "Viken fylkeskommune",
        2022,
        None,
        ["no municipality, but a county (30 Viken): write county as its"],
    ),
]


def rows_of(cases):
    """Rows of the register with a name, year, hint, kind of participant and year of the name each."""
    columns = ["participant_name", "year", "county_hint", "participant_type", "name_year"]
    rows = pd.DataFrame(list(cases), columns=columns)
    return rows.astype({"year": "Int64", "name_year": "Int64", "county_hint": "str"})


@pytest.fixture(scope="module")
def at_once(units, register):
    """What each of the cases above is resolved to, all in one go."""
    cases = list(dict.fromkeys((*case[:3], "municipality", None) for case in [*UNITS, *UNCERTAIN]))
    found, problems = names.resolve(rows_of(cases), units, register["counties"], register["names"])
    return {case: (found.loc[place], problems.get(place)) for place, case in enumerate(cases)}


@pytest.fixture
def resolve(units, register, at_once):
    def one(name, year=None, hint=None, kind="municipality", name_year=None, aliases=None):
        case = (name, year, hint, kind, name_year)
        if aliases is None and case in at_once:
            return at_once[case]
        listed = register["names"] if aliases is None else aliases
        found, problems = names.resolve(rows_of([case]), units, register["counties"], listed)
        return found.iloc[0], problems.get(0)

    return one


@pytest.mark.parametrize(("name", "year", "hint", "then", "now"), UNITS)
def test_a_unit_is_found_as_it_was_and_as_it_is(resolve, name, year, hint, then, now):
    found, problem = resolve(name, year, hint)
    assert problem is None
    assert (found["code_then"], found["municipality_code"], found["county_code"]) == (then, now, now[:2])


@pytest.mark.parametrize(("name", "year", "hint", "said"), UNCERTAIN)
def test_what_is_not_certain_is_told_and_never_guessed(resolve, name, year, hint, said):
    found, problem = resolve(name, year, hint)
    assert pd.isna(found["municipality_code"])
    for words in said:
        assert words in problem


def test_an_unknown_year_needs_one_unit_in_all_years(resolve):
    found, problem = resolve("Lindås")
    assert (found["municipality_code"], found["code_then"], problem) == ("4631", "1263", None)
    found, _ = resolve("Bergen")
    assert found["municipality_code"] == "4601"
    assert pd.isna(found["code_then"])  # 1201 until 2019, 4601 since: which one is not known
    assert resolve("Våler")[1] is not None


def test_a_name_of_a_later_structure_does_not_give_a_unit_that_did_not_exist(resolve):
    found, problem = resolve("LILLESTRØM KOMMUNE", 2018, name_year=2022)
    assert problem is None
    assert found["municipality_code"] == "3205"
    assert pd.isna(found["code_then"])
    found, _ = resolve("KRISTIANSAND KOMMUNE", 2015, name_year=2022)
    assert (found["code_then"], found["municipality_code"]) == ("1001", "4204")


def test_a_split_unit_without_a_series_keeps_its_split(resolve):
    found, problem = resolve("Tysfjord", 2018)
    assert problem is None
    assert found["is_split"]
    assert pd.isna(found["municipality_code"])
    assert found["code_then"] == "1850"


@pytest.mark.parametrize(
    ("name", "year", "code", "successors"),
    [
        ("Viken fylkeskommune", 2021, "30", "31;32;33"),
        ("Vestfold og Telemark fylkeskommune", 2023, "38", "39;40"),
        ("Troms og Finnmark fylkeskommune", 2020, "54", "55;56"),
        ("Hordaland fylkeskommune", 2015, "12", "46"),
        ("Buskerud fylkeskommune", 2016, "06", "33"),
        ("Buskerud fylkeskommune", 2024, "33", "33"),
        ("Sør-Trøndelag fylkeskommune", 2016, "16", "50"),
        ("Vest-Agder fylkeskommune", 2013, "10", "42"),
        ("AFK Eiendom FKF (Akershus fylkeskommune)", 2018, "02", "32"),
    ],
)
def test_a_county_keeps_what_it_was_and_names_its_successors(resolve, name, year, code, successors):
    found, problem = resolve(name, year, kind="county")
    assert problem is None
    assert (found["county_code_then"], found["county_successors"]) == (code, successors)
    assert pd.isna(found["county_code"]) == (";" in successors)
    assert pd.isna(found["municipality_code"])


def test_a_county_that_did_not_exist_that_year_is_a_problem(resolve):
    assert "Viken 2020–2023" in resolve("Viken fylkeskommune", 2018, kind="county")[1]
    assert "name_year" in resolve("Trøndelag fylkeskommune", 2017, kind="county")[1]


def test_other_bodies_get_no_code(resolve):
    found, problem = resolve("OsloBygg KF (Oslo kommune)", 2020, kind="other")
    assert problem is None
    assert found.drop("is_split").isna().all()


def test_a_name_list_entry_holds_only_in_its_years(resolve):
    aliases = pd.DataFrame(
        [{"name": "Storkommunen", "valid_from": "2020", "valid_to": None, "participant_type": "municipality",
          "resolves_to": "Bø", "county_hint": "Nordland", "reason": "test"}]
    )  # fmt: skip
    assert resolve("storkommunen", 2022, aliases=aliases)[0]["municipality_code"] == "1867"
    assert resolve("Storkommunen", 2018, aliases=aliases)[1] is not None


@pytest.mark.slow
def test_former_counties_hold_their_municipalities(units, register):
    """Every municipality of a county then lies in one of its successors, but those its note names."""
    counties = names.counties_over_time(register["counties"])
    moved = {
        "0121",
        "0532",
        "0533",
        "0627",
        "0628",
        "0711",
        "1444",
        "1567",
        "1571",
        "1850",
        "1852",
        "3053",
        "3054",
    }
    for year in (2017, 2018, 2019, 2020, 2023):
        listed = reforms.crosswalk(units, year)
        for row in listed[~listed["code"].isin(moved)].itertuples():
            county = counties[
                (counties["code"] == row.code[:2])
                & (counties["from_year"] <= year)
                & (counties["to_year"] >= year)
            ]
            assert len(county) == 1, (year, row.code)
            assert row.municipality_code[:2] in county["successors"].iloc[0].split(";"), (
                year,
                row.code,
                row.name,
            )


def test_a_name_year_does_not_date_the_participation(resolve):
    """Kongsberg was 0604, then 3006, then 3303: named in 2013, taking part at an unknown time."""
    found, problem = resolve("Kongsberg", name_year=2013)
    assert problem is None
    assert found["municipality_code"] == "3303"
    assert pd.isna(found["code_then"])
