"""One municipality, many names: the register, the package and the search of the pages find the same one."""

from __future__ import annotations

import pandas as pd
import pytest

import analysis as an
from analysis import tables
from analysis.errors import AnalysisError
from analysis.register import cooperation, files, places, resolve
from analysis.report import narrowed
from analysis.report.pages.search import search_terms

#: Kind of name → term and code of 2024; from KLASS 131 and the official names in Sámi and Kven.
KINDS = {
    "official": ("Bærum", "3201"),
    "northern sami": ("Guovdageaidnu", "5612"),
    "northern sami, accents": ("Kárášjohka", "5610"),
    "northern sami, second of the pair": ("Evenášši", "1853"),
    "southern sami": ("Snåase", "5041"),
    "lule sami": ("Hábmer", "1875"),
    "kven": ("Porsanki", "5622"),
    "merged": ("Skedsmo", "3205"),
    "merged, north": ("Torsken", "5530"),
    "renamed in a merger": ("Lindås", "4631"),
    "split": ("Haram", "1580"),
}


@pytest.fixture(scope="module")
def register():
    return files.read()


@pytest.fixture(scope="module")
def terms(made, register):
    return search_terms(made["panel"], made["reforms"], register["names"])


@pytest.mark.parametrize(("term", "code"), KINDS.values(), ids=KINDS.keys())
def test_every_kind_of_name_finds_the_municipality(term, code, made, register, terms, monkeypatch):
    year = pd.array([2019 if made["reforms"].query("name == @term and valid_to.notna()").size else 2024])
    rows = pd.DataFrame({"participant_name": [term], "participant_type": ["municipality"]})
    rows = rows.assign(year=year.astype("Int64"), name_year=pd.array([None], "Int64"), county_hint=pd.NA)
    found, problems = resolve.resolve(rows, made["reforms"], register["counties"], register["names"])
    assert problems.empty and found["municipality_code"].tolist() == [code]

    assert code in set(terms.loc[terms["term"] == term, "municipality_code"])

    monkeypatch.setattr(tables, "load", made.__getitem__)
    assert places.municipality_code(term) == code


@pytest.mark.parametrize(
    ("number", "code"), [("0231", "3205"), ("0219", "3201"), ("5610", "5610"), ("2021", "5610")]
)
def test_numbers_of_today_and_of_the_past_find_it(number, code, made, terms, monkeypatch):
    monkeypatch.setattr(tables, "load", made.__getitem__)
    assert code in set(terms.loc[terms["term"] == number, "municipality_code"])
    assert places.municipality_code(number) == code


@pytest.mark.parametrize(("number", "code"), [("1902", "5501"), ("301", "0301"), ("0231", "3205")])
def test_a_selection_takes_the_numbers_that_names_take(number, code):
    assert an.observations().where(municipalities=[number]).panel["municipality_code"].tolist() == [code]


def test_a_selection_takes_the_names_that_the_command_line_takes():
    observations = an.observations()
    chosen = observations.where(programmes=["Horizon 2020", "horisont 2020", "Klimasats"]).programme_ids
    assert chosen == ["horizon_2020", "klimasats"]
    assert narrowed.choose(programmes=["Horizon 2020"]).programmes == ("horizon_2020",)


def test_a_county_of_the_past_is_no_selection():
    with pytest.raises(AnalysisError, match="former county, until 2023"):
        an.observations().where(counties="Troms og Finnmark")


@pytest.mark.parametrize(
    ("place", "code"), [("Os (Innlandet)", "3430"), ("Herøy (Nordland)", "1818"), ("Våler (Østfold)", "3114")]
)
def test_a_name_that_several_share_takes_its_county(place, code, made, monkeypatch):
    monkeypatch.setattr(tables, "load", made.__getitem__)
    assert places.municipality_code(place) == code


@pytest.mark.parametrize(
    ("hint", "year", "code"),
    [("Hedmark", "2019", "3430"), ("Hordaland", "2019", "4624"), ("Innlandet", "2022", "3430")],
)
def test_a_member_of_a_cooperation_is_told_by_its_county(hint, year, code, made, register):
    rows = register["cooperations"]
    at = rows.index[rows["member_name"] == "Os"]
    frames = {**register.frames, "cooperations": rows.loc[at].assign(county_hint=hint, as_of_year=year)}
    table = cooperation.build(files.Register(frames, register.package), made["reforms"])
    assert table["municipality_code"].tolist() == [code]


def test_all_official_names_keep_their_letters(made):
    """As KLASS writes them: no letter lost, none of another alphabet's look-alikes."""
    names = made["municipalities"].set_index("municipality_code")["municipality_name_official"]
    assert names["5610"] == "Kárášjohka - Karasjok" and names["1853"] == "Evenes - Evenášši"
    assert not names.str.contains(r"[?\ufffd]").any()
    letters = set("".join(names)) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZÆØÅabcdefghijklmnopqrstuvwxyzæøå -")
    assert letters <= set("ÁáČčĐđŊŋŠšŦŧŽžÖöÄäïÏ()")


def test_the_register_holds_what_was_collected(made):
    """Every list of the second and third collection: counts as they were published or counted at their source."""
    parts, rows = files.read()["participations"], made["participation"]
    assert len(parts) >= 1450 and parts["record_id"].is_unique
    towns = rows[rows["participant_type"] == "municipality"]
    assert towns["municipality_code"].notna().all()
    assert not rows.duplicated(["record_id", "participant_name"]).any()
    counts = rows["programme_id"].value_counts()
    known = {
        "research_council_project_owner": 492,
        "digisos": 110,
        "municipal_trial_scheme": 16,
        "futurebuilt": 9,
        "cities_of_the_future": 13,
        "eu_cities_mission": 3,
    }
    assert {name: counts[name] for name in known} == known


def test_the_joint_projects_with_most_members_were_checked_against_their_source(made):
    """How far the source could be read stands with the project; so for every list."""
    rows = made["participation"]
    projects = made["projects"].set_index("project_id")
    members = rows[rows["basis"] == "named"].groupby("project_id")["participant_name"].nunique()
    checked = projects["form_check"].notna() & projects["form_checked"].notna()
    joint = members[members.index.map(projects["form"]) == "joint"].sort_values(ascending=False).index[:15]
    assert checked[joint].all(), list(joint[~checked[joint]])
    lists = projects.index[projects["form"] == "list"]
    assert checked[lists].all(), list(lists[~checked[lists]])
