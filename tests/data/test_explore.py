"""The public face for exploring: names that people use, facts that publishers print."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

import analysis as an
from analysis import tables
from analysis.errors import AnalysisError
from analysis.explore import dictionary
from analysis.i18n import using
from analysis.register import places
from analysis.tables import schema


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("Vang", "3454"),
        ("vang kommune", "3454"),
        ("0545", "3454"),  # Vang's code until 2019 (KLASS 131)
        ("Guovdageaidnu", "5612"),
        ("Kautokeino", "5612"),
        ("Norddal", "1578"),  # merged into Fjord in 2020
        ("Våler (Innlandet)", "3419"),
        ("Våler (Viken)", "3114"),  # its county of 2020 to 2023, as faults of the register name it
        ("Våler (Hedmark)", "3419"),
        ("Os (Hordaland)", "4624"),  # Bjørnafjorden since 2020
        ("Stor-Elvdal", "3423"),
        ("0301", "0301"),
        ("301", "0301"),  # a spreadsheet has dropped the zero
        ("  Bærum ", "3201"),
    ],
)
def test_every_official_form_finds_the_municipality(place, code):
    assert places.municipality_code(place) == code


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("Våler", "3114 Våler (Østfold), 3419 Våler (Innlandet)"),
        ("Snillfjord", "5055 Heim (Trøndelag), 5056 Hitra (Trøndelag), 5059 Orkland (Trøndelag)"),
        ("Vangg", "did you mean 'Vang'?"),
        ("9999", "There is no municipality or code '9999'"),
        ("5012", "'5012' (Snillfjord) stands for several: 5055 Heim (Trøndelag)"),
        ("Norge", "is the whole country, no municipality"),
        (301, "codes are text with leading zeros"),
        (np.int64(301), "codes are text with leading zeros"),
        (None, "None is not text"),
        ("", "There is no municipality"),
    ],
)
def test_what_cannot_be_told_is_said(place, said):
    with pytest.raises(AnalysisError) as caught:
        places.municipality_code(place)
    assert said in str(caught.value)


@pytest.mark.parametrize("number", ["1999", "3900", "303", "9999"])
def test_a_number_that_nobody_had_is_like_no_other(number):
    for find in (places.municipality_code, lambda place: an.observations().where(municipalities=[place])):
        with pytest.raises(AnalysisError) as caught:
            find(number)
        assert str(caught.value) == f"There is no municipality or code {number!r}"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("Hordaland", "'Hordaland' is a former county, until 2019; it became Vestland (46)"),
        ("Troms og Finnmark", "until 2023; it became Troms (55), Finnmark (56)"),
        ("viken fylkeskommune", "it became Østfold (31), Akershus (32), Buskerud (33)"),
        ("12", "'12' (Hordaland) is a former county"),
        ("Norge", "is the whole country, no county"),
        ("99", "There is no county or code '99'"),
    ],
)
def test_a_county_of_the_past_says_what_it_became(place, said):
    with pytest.raises(AnalysisError) as caught:
        places.county_code(place)
    assert said in str(caught.value) and "did you mean" not in str(caught.value)
    with pytest.raises(AnalysisError, match=r"former county|whole country|no county"):
        an.county(place)
    if place == "Hordaland":
        with pytest.raises(AnalysisError, match="former county"):
            an.compare("Vang", place)


def test_a_county_that_has_its_old_name_again_is_the_one_of_today():
    assert [places.county_code(place) for place in ("Troms", "Finnmark", "Østfold", "3")] == [
        "55",
        "56",
        "31",
        "03",
    ]


def test_a_county_is_no_municipality_and_the_other_way_round():
    for find in (an.municipality, an.peers, lambda name: an.observations().where(municipalities=[name])):
        with pytest.raises(
            AnalysisError, match=r"'Finnmark' is a county \(56\), no municipality: an\.county"
        ):
            find("Finnmark")
    with pytest.raises(
        AnalysisError, match=r"'Vang' is a municipality \(3454\), no county: an\.municipality"
    ):
        an.county("Vang")
    with pytest.raises(AnalysisError, match="'Hordaland' is a former county"):
        an.municipality("Hordaland")
    assert places.municipality_code("Oslo") == "0301" and places.county_code("Oslo") == "03"


def test_a_list_of_places_to_compare_is_answered_with_how_to_write_them():
    with pytest.raises(AnalysisError, match=r"an\.compare\('Vang', 'Bærum'\), or an\.compare\(\*names\)"):
        an.compare(["Vang", "Bærum"])


def test_a_comparison_speaks_the_language_in_use_and_its_frame_keeps_its_names():
    with using("nb"):
        beside = an.county("Finnmark").beside
        shown = repr(beside)
    assert "andre fylker" in shown and "Norge" in shown and "driftsutgifter per innbygger, kroner" in shown
    assert not re.search("inhabitant|municipalit|Norway", shown)
    assert list(beside.frame) == ["unit", "Finnmark", "other counties", "Norway"]
    assert "operating expenditure per inhabitant, NOK" in repr(beside)


@pytest.mark.slow
def test_every_municipality_and_county_is_found_by_its_own_names():
    listed = tables.load("municipalities")
    names = listed["municipality_name"]
    alone = ~names.duplicated(keep=False)
    assert [places.municipality_code(name) for name in names[alone]] == listed.loc[
        alone, "municipality_code"
    ].tolist()
    counties = tables.load("counties")
    assert [places.county_code(name) for name in counties["county_name_official"]] == counties[
        "county_code"
    ].tolist()


def test_a_comparison_adds_up_to_what_publishers_print():
    frame = an.compare("norge").frame["Norway"]
    assert frame["municipalities"] == 357
    assert frame["population"] == 5_550_203  # SSB, 1 January 2024
    # SSB's sums of 2025, NOK 1000: AGD50, AGD51, AGD9.
    assert frame["purchases, share of operating expenditure"] == pytest.approx(
        (97_482_843 + 81_965_532) / 658_381_085
    )


def test_places_are_compared_by_what_names_them_and_each_kind_of_programme_counts_its_own():
    """As in the reports: the groups that a source names (all of Agder) are not counted, a grant of two kinds is in both."""
    register = an.load("participation")
    taking_part = register["participant_type"].eq("municipality") & register["stage"].isin(
        ["taking_part", "winner"]
    )
    rows = register[
        taking_part & register["municipality_code"].notna() & register["form"].ne("scheme").fillna(True)
    ]
    assert rows["basis"].eq("group").any()
    rows = rows[rows["basis"] == "named"].drop_duplicates(["municipality_code", "project_id"])
    rows = rows.merge(an.load("programmes")[["programme_id", "scope"]], on="programme_id")
    counted = rows[rows["scope"].isin(["procurement", "development"])]
    pairs = set(zip(counted["municipality_code"], counted["project_id"], strict=True))
    twice = [
        pair in pairs for pair in zip(counted["municipality_code"], counted["same_grant_as"], strict=True)
    ]
    places_of = {"Agder": rows["municipality_code"].str[:2].eq("42"), "Norway": rows["project_id"].notna()}
    found = an.compare(*places_of).frame
    for place, here in places_of.items():
        once = counted[~np.array(twice)].index.intersection(rows.index[here])
        each = len(once) / found.loc["municipalities", place]
        assert found.loc["participations per municipality", place] == pytest.approx(each)
        # No grant of today's register stands under two programmes for procurement, or under two for adoption.
        for kind in ("procurement", "adoption"):
            assert found.loc[f"participations, {kind}", place] == (rows["scope"][here] == kind).sum()
    whole = found.loc[["participations, procurement", "participations, development"], "Norway"].sum()
    assert whole > found.loc["participations per municipality", "Norway"] * 357


def test_a_county_and_the_others_make_the_country():
    frame = an.county("Finnmárku").beside.frame
    for indicator in ("municipalities", "population", "participations, development"):
        row = frame.loc[indicator]
        assert row["Finnmark"] + row["other counties"] == row["Norway"]


def test_unknown_amounts_are_said_and_not_added(monkeypatch):
    whole = tables.load

    def without_one(name):
        frame = whole(name)
        if name == "panel":
            frame.loc[frame["municipality_code"] == "3454", "purchases_own_production_nok_thousand"] = pd.NA
        return frame

    monkeypatch.setattr(tables, "load", without_one)
    compared = an.compare("Vang", "Bærum")
    assert np.isnan(compared.frame.loc["purchases for own services per inhabitant", "Vang"])
    assert "unknown" in repr(compared)


@pytest.mark.slow
def test_a_municipality_is_shown_with_what_is_documented():
    profile = an.municipality("Vang")
    assert profile.code == "3454"
    assert "Gnist" in profile.participations["programme"].tolist()
    assert profile.participations["source_url"].str.startswith("http").all()
    assert profile.beside.frame.loc["municipalities", "neighbours"] == 8
    nobody = an.load("panel").loc[lambda p: ~an.observations().found.to_numpy(), "municipality_code"].iloc[0]
    assert "may still have taken part" in repr(an.municipality(nobody))


def test_the_most_alike_are_as_many_as_asked_for_and_never_itself():
    alike = an.peers("Vang", n=5)
    assert len(alike) == 5
    assert "3454" not in set(alike["municipality_code"])
    assert alike["distance"].is_monotonic_increasing


def test_every_column_of_every_table_is_explained():
    for name in tables.names():
        described = dictionary.describe(name)
        assert list(described["column"]) == list(tables.load(name).columns), name
        blank = described.loc[described["description"] == "", "column"].tolist()
        assert not blank, (name, blank)
    assert an.describe()["description"].str.len().gt(10).all()


@pytest.mark.parametrize(
    ("table", "column"), [("programmes", "kind"), ("participation", "role"), ("published_totals", "measure")]
)
def test_a_column_of_few_values_names_them(table, column):
    said = an.describe(table).set_index("column").loc[column, "description"]
    assert all(value in said for value in set(an.load(table)[column]))


def test_a_notebook_shows_whole_words_and_shares_as_a_person_writes_them():
    html = an.describe("panel")._repr_html_()
    assert "<td>&gt;99%</td>" in html and "<td>100%</td>" in html


def test_a_project_in_a_notebook_leads_to_its_source():
    assert re.search(
        r'<th scope="row"><a href="https://[^"]+"[^>]*>Gnist 2021</a>', an.municipality("Vang")._repr_html_()
    )


def test_a_map_of_yes_and_no_says_yes_and_no():
    figure = an.map(an.load("panel"), "is_small_rural")
    assert [(item.name, item.n) for item in figure.legend[:2]] == [("no", 184), ("yes", 173)]
    assert 'aria-label="Vang: yes"' in figure.drawings[0]
    assert figure.alt.endswith("by is_small_rural. Municipalities in each class: no: 184; yes: 173.")


def test_a_map_says_what_0_means_where_it_does_not_mean_none():
    """122 of 357 municipalities are in no list: hatched, not the lowest class of a scale."""
    obs = an.observations().where(basis="named")
    counted = obs.panel.assign(participations=obs.counts)
    figure = an.map(counted, "participations", zero="none documented")
    assert (figure.legend[0].name, figure.legend[0].n) == ("none documented", 122)
    assert figure.legend[1].name == "1" and sum(item.n or 0 for item in figure.legend) == 357
    assert ": none documented" in figure.drawings[0] and 'aria-label="Vang: 1"' in figure.drawings[0]
    nobody = an.map(counted.assign(participations=0), "participations", zero="none documented")
    assert [(item.name, item.n) for item in nobody.legend[:1]] == [("none documented", 357)]
    # Yes and no are no counts: no means no.
    is_small = an.map(obs.panel, "is_small_rural", zero="none documented")
    assert 'aria-label="Oslo: no"' in is_small.drawings[0] and is_small.legend[0].name == "no"


@pytest.mark.slow
def test_a_map_of_counties_has_their_municipalities_with_names_and_values():
    panel = an.load("panel")
    figure = an.map(panel, "population", counties=["Finnmark", "Troms"])
    own = panel[panel["county_code"].isin(["55", "56"])]
    assert len(figure.data) == len(own) == 18 + 21
    alta = own.set_index("municipality_code").loc["5601", "population"]
    assert ">Alta</text>" in figure.drawings[0] and f">{alta:,}</text>" in figure.drawings[0]
    assert sum(item.n for item in figure.legend) == len(own)


@pytest.mark.parametrize(
    ("county", "said"),
    [
        ("Finland", "did you mean 'Innlandet'"),
        ("20", "former county, until 2019.*56"),
        (56, "56 is a number"),
    ],
)
def test_a_map_of_no_county_says_which_was_meant(county, said):
    with pytest.raises(AnalysisError, match=said):
        an.map(an.load("panel"), "population", counties=county)


def test_an_interactive_map_is_kept_as_a_page_that_needs_nothing_else(tmp_path):
    shown = an.map(an.load("panel"), "population", counties="Oslo", interactive=True)
    page = shown.save(tmp_path / "map.html").read_text(encoding="utf-8")
    assert 'name="viewport"' in page and "<body><main>" in page and page.count('aria-level="1"') == 1
    assert page.startswith("<!DOCTYPE html>") and 'type="search"' in page and 'aria-label="Oslo: ' in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert shown.save(tmp_path / "map.svg").stat().st_size > 1000
    with pytest.raises(AnalysisError, match=r"map\.pdf: a figure is saved as"):
        shown.save(tmp_path / "map.pdf")


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ({"municipality_code": ["3454", "3454"], "x": [1, 2]}, "'3454' stands in several rows.*groupby"),
        (
            {"municipality_code": ["3454", "0301"], "x": [1, np.inf]},
            "the value of '0301' is infinite .*np.nan",
        ),
        (
            {"name": ["Vang"], "x": [1]},
            "no column municipality_code, only name, x.*places import municipality_code",
        ),
        ({"municipality_code": [3454], "x": [1]}, "3454 is a number"),
    ],
)
def test_a_frame_that_cannot_be_drawn_says_what_to_do(frame, said):
    with pytest.raises(AnalysisError, match=said):
        an.map(pd.DataFrame(frame), "x")


def test_no_explanation_is_left_over():
    official = schema.dictionary()
    built = {column for name in official["table"] if name in tables.names() for column in tables.load(name)}
    assert set(official["column"]) <= built | set(schema.columns("applications"))


def test_an_unknown_table_is_answered_with_a_likely_one():
    with pytest.raises(AnalysisError, match="did you mean 'panel'"):
        an.describe("panl")
