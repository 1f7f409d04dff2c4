"""Tables against published facts."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from analysis import raw as snapshots
from analysis.errors import DataError
from analysis.tables import boundaries, reforms

# SSB, population of Norway on 1 January (statbank 07459).
NORWAY = {
    2020: 5_367_580,
    2021: 5_391_369,
    2022: 5_425_270,
    2023: 5_488_984,
    2024: 5_550_203,
    2025: 5_594_340,
}


def test_municipalities_and_counties(made):
    assert len(made["municipalities"]) == 357
    assert made["municipalities"]["county_code"].nunique() == 15 == len(made["counties"])
    sizes = made["municipalities"].groupby("county_name").size()
    # Kartverket's list of counties: Nordland has 41 municipalities, Oslo is one, Finnmark 18.
    assert (sizes["Nordland"], sizes["Oslo"], sizes["Finnmark"]) == (41, 1, 18)


def test_names_use_the_norwegian_part(made):
    names = made["municipalities"].set_index("municipality_code")["municipality_name"]
    expected = {
        "5612": "Kautokeino",
        "1833": "Rana",
        "5540": "Kåfjord",
        "1826": "Hattfjelldal",
        "5041": "Snåsa",
    }
    expected |= {
        "5001": "Trondheim",
        "5628": "Tana",
        "5518": "Lavangen",
        "5512": "Tjeldsund",
        "1841": "Fauske",
        "1875": "Hamarøy",
    }
    assert names[list(expected)].to_dict() == expected
    assert not names.str.contains(" - ").any()


def test_official_names_keep_their_sami_and_kven_letters(made):
    names = made["municipalities"].set_index("municipality_code")["municipality_name_official"]
    expected = {
        "1845": "Sørfold - Fuolldá",
        "1853": "Evenes - Evenášši",
        "5006": "Steinkjer - Stïentje",
        "5503": "Harstad - Hárstták",
        "5536": "Lyngen - Ivgu - Yykeä",
        "5610": "Kárášjohka - Karasjok",
        "5622": "Porsanger - Porsáŋgu - Porsanki",
    }
    assert names[list(expected)].to_dict() == expected
    # What the list of changes of 2024 calls a unit is what the list of municipalities calls it.
    changes = snapshots.read("ssb_code_changes").query("change_date == '2024-01-01'")
    now = changes.set_index("new_code")["new_name"]
    differ = now[now != names.reindex(now.index)]
    assert set(differ.index) == {"5536"}  # named in all its languages only later
    counties = made["counties"].set_index("county_code")["county_name_official"]
    assert counties["18"] == "Nordland - Nordlánnda"
    assert counties["56"] == "Finnmark - Finnmárku - Finmarkku"


def test_class_sizes_of_the_centrality_index(made):
    counts = made["municipalities"]["centrality_class"].value_counts().sort_index()
    assert counts.tolist() == [5, 21, 54, 65, 104, 108]


def test_centrality_index_lies_in_its_class(made):
    # SSB's class borders: 925, 870, 775, 670, 565.
    frame = made["municipalities"]
    borders = pd.cut(
        frame["centrality_index"], [-1, 564, 669, 774, 869, 924, 1000], labels=[6, 5, 4, 3, 2, 1]
    )
    assert (borders.astype(int) == frame["centrality_class"]).all()


@pytest.mark.parametrize(("year", "persons"), NORWAY.items())
def test_population_sums_to_norway(made, year, persons):
    frame = made["population"]
    assert frame.loc[frame["year"] == year, "population"].sum() == persons


def test_population_gaps_are_where_ssb_has_no_series(made):
    frame = made["population"]
    gaps = frame[frame["population"].isna()]
    assert gaps["note"].notna().all()
    assert gaps.groupby("municipality_code")["year"].agg(["min", "max"]).to_dict("index") == {
        **{code: {"min": 2015, "max": 2019} for code in ("1806", "1875", "5055", "5056", "5059")},
        "1580": {"min": 2020, "max": 2023},
    }


def test_accounts_add_up_to_the_published_totals_to_the_unit(made):
    accounts, totals = made["accounts"], made["accounts_totals"]
    assert accounts.groupby("measure").size().eq(357).all()
    grouped = accounts.merge(
        made["municipalities"][["municipality_code", "kostra_group"]], on="municipality_code"
    )
    ours = pd.concat(
        [
            grouped.groupby(["kostra_group", "measure"])["amount_nok_thousand"].sum(),
            pd.concat({"EAK": grouped.groupby("measure")["amount_nok_thousand"].sum()}),
        ]
    )
    published = totals[totals["year"] == 2024].set_index(["unit", "measure"])["amount_nok_thousand"]
    published = published.drop(["EAFK", "2111"])
    assert len(published) == 18 * 4
    pd.testing.assert_series_equal(
        ours.sort_index(), published.sort_index(), check_names=False, check_index_type=False
    )


def test_purchases_cover_every_municipality(made):
    panel = made["panel"]
    assert panel["purchases_nok_thousand"].notna().all()
    assert not (panel["purchases_nok_thousand"] == 0).any()
    # Stavanger 2025: AGD50 2 777 139 + AGD51 1 818 673 (NOK thousand), of AGD9 17 090 462.
    stavanger = panel.set_index("municipality_code").loc["1103"]
    assert stavanger["purchases_nok_thousand"] == 2_777_139 + 1_818_673
    assert stavanger["purchases_share"] == pytest.approx(4_595_812 / 17_090_462)


def test_small_rural_counts(made):
    panel = made["panel"]
    assert panel["is_small_rural"].sum() == 173
    assert (panel["population"] < 5_000).sum() == 174
    assert panel["size_band"].value_counts(sort=False).tolist() == [77, 97, 70, 47, 46, 20]


def test_every_code_in_every_table_is_valid(made):
    municipalities = set(made["municipalities"]["municipality_code"])
    counties = set(made["counties"]["county_code"])
    for name, frame in made.items():
        for column, valid in (("municipality_code", municipalities), ("county_code", counties)):
            if column in frame:
                assert set(frame[column].dropna()) <= valid, (name, column)
    belongs = made["municipalities"].set_index("municipality_code")["county_code"]
    assert (
        belongs[made["boundaries"]["municipality_code"]].to_numpy() == made["boundaries"]["county_code"]
    ).all()


# --- reforms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "count"), [(2017, 426), (2018, 422), (2019, 422), (2020, 356), (2023, 356), (2024, 357)]
)
def test_number_of_municipalities_in_each_structure(made, year, count):
    # SSB: 426 municipalities in 2017, 422 in 2018 and 2019, 356 from 2020, 357 from 2024.
    assert reforms.crosswalk(made["reforms"], year)["code"].nunique() == count


@pytest.mark.parametrize(
    ("year", "code", "targets"),
    [
        (2017, "1601", {"5001"}),  # Trondheim, recoded with Sør-Trøndelag in 2018
        (2019, "0101", {"3101"}),  # Halden: 0101 → 3001 → 3101
        (2019, "0231", {"3205"}),  # Skedsmo → Lillestrøm
        (2019, "0821", {"4020"}),  # Bø (Telemark) → Midt-Telemark
        (2019, "1867", {"1867"}),  # Bø (Nordland) stays
        (2019, "1850", {"1806", "1875"}),  # Tysfjord, split
        (2019, "5012", {"5055", "5056", "5059"}),  # Snillfjord, split three ways
        (2022, "1507", {"1508", "1580"}),  # Ålesund, split
    ],
)
def test_units_lead_to_their_municipality_of_2024(made, year, code, targets):
    walk = reforms.crosswalk(made["reforms"], year)
    rows = walk[walk["code"] == code]
    assert set(rows["municipality_code"]) == targets
    assert rows["is_split"].all() == (len(targets) > 1)


def test_splits_are_placed_as_ssb_places_its_series(made):
    walk = reforms.crosswalk(made["reforms"], 2019).set_index("code")["series_code"].groupby(level=0).first()
    assert walk["1534"] == "1580" and walk["1504"] == "1508"
    assert pd.isna(walk["1850"])


def test_reused_code_means_what_it_meant_in_its_year(made):
    table = made["reforms"]
    assert (table["code"] == "1507").sum() == 2
    assert "1507" not in set(reforms.crosswalk(table, 2019)["code"]) | set(
        reforms.crosswalk(table, 2024)["code"]
    )


def test_a_change_to_a_code_that_never_was_is_named(made):
    changes = snapshots.read("ssb_code_changes")
    changes.loc[3, "new_code"] = "9876"
    with pytest.raises(DataError, match="row 5, column new_code: '9876'"):
        reforms.build(snapshots.read("ssb_municipalities"), changes, snapshots.read("ssb_split_series"))


# --- boundaries -------------------------------------------------------------------------------------


def test_polygons_are_valid_complete_and_keep_their_area(made):
    frame = made["boundaries"]
    assert len(frame) == 357 and frame.geometry.is_valid.all() and not frame.geometry.is_empty.any()
    source = snapshots.read_geometry("kartverket_boundaries_2020").to_crs(boundaries.CRS)
    published = shapely.make_valid(source.geometry.values)
    drawn = frame[frame["municipality_code"] != "1580"]  # shares Ålesund's polygon
    assert drawn.area.sum() == pytest.approx(shapely.area(published).sum(), rel=0.01)
    each = drawn.set_index("municipality_code").area / 1e6
    # Kartverket: total area Oslo 454 km², Kautokeino 9 707 km², Kvitsøy 6 km².
    assert each["0301"] == pytest.approx(454, rel=0.01)
    assert each["5612"] == pytest.approx(9_707, rel=0.01)


def test_neighbours_do_not_overlap(made):
    frame = made["boundaries"].query("municipality_code != '1580'").reset_index(drop=True)
    pairs = frame.sindex.query(frame.geometry, predicate="overlaps")
    shared = shapely.intersection(frame.geometry.values[pairs[0]], frame.geometry.values[pairs[1]])
    assert shapely.area(shared).sum() < 1_000  # m², of 323 000 km²


def test_fifteen_counties_after_dissolve(made):
    frame = made["county_boundaries"]
    assert len(frame) == 15 and frame.geometry.is_valid.all()
    assert frame.area.sum() == pytest.approx(
        made["boundaries"].query("municipality_code != '1580'").area.sum(), rel=1e-4
    )


def test_shared_polygon_is_said(made):
    notes = made["boundaries"].set_index("municipality_code")["note"].dropna()
    assert set(notes.index) == {"1508", "1580"}
    assert "1580" in notes["1508"]


def test_a_missing_polygon_stops_the_build(made):
    polygons = snapshots.read_geometry("kartverket_boundaries_2020")
    fewer = gpd.GeoDataFrame(polygons[polygons["municipality_code"] != "5612"])
    with pytest.raises(DataError, match="5437"):  # Kautokeino's code in 2020
        boundaries.build(
            fewer[fewer["municipality_code"] != "5437"], made["reforms"], made["municipalities"], 2020
        )
