"""Each publisher's loader against the replay: what comes out, and what a wrong answer leads to."""

from __future__ import annotations

import io
import json
import re
import tracemalloc
import zipfile

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from tests.replay import Mishap
from tests.replay.server import Reply
from tests.replay.world import REGION, amount, notice, people

from analysis.errors import AnalysisError, DataError
from analysis.loaders import brreg, doffin, kartverket, klass, notices, ssb, statbank, validate
from analysis.loaders.client import Client
from analysis.loaders.messages import FetchError
from analysis.loaders.update import DATASETS
from analysis.tables import boundaries, procurement

PLACE = {REGION: ["0301", "EAK"], "KOKregnskapsomfa0000": ["B"], "KOKfunksjon0000": ["201", "202"]}
SELECTION = PLACE | {"KOKart0000": ["A370", "AGD50"], "ContentsCode": ["*"], "Tid": ["top(2)"]}


@pytest.fixture
def client():
    return Client(sleep=lambda _: None)


# StatBank


def test_a_table_has_codes_labels_values_status_unit_and_a_source_line(replay):
    frame = ssb.table("12367", SELECTION)
    assert len(frame) == 2 * 1 * 2 * 2 * 1 * 2
    first = frame.iloc[0]
    assert (first[REGION], first[f"{REGION}_label"], first["Tid"]) == ("0301", "Oslo - Oslove", "2024")
    assert (first["unit"], first["KOKart0000_label"]) == (
        "1000 kr",
        "Kjøp av varer og tjenester som inngår i egen produksjon",
    )
    cell = {REGION: "0301", "KOKregnskapsomfa0000": "B", "KOKfunksjon0000": "201", "KOKart0000": "AGD50"}
    assert first["value"] == amount(cell | {"ContentsCode": "KOSbelop0000", "Tid": "2024"})
    confidential = frame[(frame[REGION] == "EAK") & (frame["KOKart0000"] == "A370")]
    assert set(confidential["status"]) == {":"}
    assert confidential["value"].isna().all()
    assert frame.attrs["source_line"] == "Kilde: Statistisk sentralbyrå, tabell 12367"
    assert frame.attrs["mandatory_notes"] == ["En viktig merknad"]
    assert frame.attrs["updated"] == "2026-06-20T06:00:00Z"


@pytest.mark.parametrize("limit", [1, 3, 5, 7, 16, 100])
@pytest.mark.parametrize("index", ["object", "list"])
def test_the_cut_into_requests_leaves_no_trace_in_the_result(replay, limit, index):
    whole = ssb.table("12367", SELECTION)
    replay.requests.clear()
    replay.world.max_cells, replay.index_form = limit, index
    cut = ssb.table("12367", SELECTION)
    pd.testing.assert_frame_equal(whole, cut)
    assert replay.count("POST") >= -(-16 // limit)


def test_duplicates_and_case_are_mended_before_ssb_sees_them(replay):
    frame = ssb.table(
        "12367", SELECTION | {"tid": ["2025", "top(1)", "2025"], "Tid": ["2025"], REGION: ["eak", "0301"]}
    )
    assert frame["Tid"].astype(str).tolist() == ["2025"] * 8
    assert list(frame[REGION].cat.categories) == ["0301", "EAK"]  # the table's order, not ours


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("*", "ABCDE"),
        ("b", "B"),
        ("top(2)", "DE"),
        ("top(2,1)", "CD"),
        ("bottom(2)", "AB"),
        ("bottom(2, 1)", "BC"),
        ("from(C)", "CDE"),
        ("to(B)", "AB"),
        ("RANGE(b,d)", "BCD"),
        ("range(d,b)", ""),
        ("top(x)", ""),
        ("top()", ""),
        ("from(Z)", ""),
        ("Z", ""),
        ("?", "ABCDE"),
        ("[AB]", ""),
        ("top(9)", "ABCDE"),
        ("top(2,9)", ""),
    ],
)
def test_selection_expressions_mean_what_ssb_says(expression, found):
    assert "".join("ABCDE"[n] for n in statbank.expand(list("ABCDE"), expression)) == found


def test_everything_wrong_with_a_selection_is_told_at_once_before_a_request_is_spent(replay):
    with pytest.raises(AnalysisError) as caught:
        ssb.table("12367", {"Region": ["0301"], "Tid": ["1850"], "KOKart0000": ["AGD50"]})
    for words in ("'Region'", "'1850'", REGION, "must be chosen"):
        assert words in str(caught.value)
    assert replay.count("POST") == 0


def test_merged_population_stands_under_the_codes_of_today(replay):
    tidy = ssb.population()
    assert tidy.loc[
        (tidy["municipality_code"] == "0301") & (tidy["year"] == 2024), "population"
    ].item() == people("0301")
    members = ssb.codelist("agg_KommSummer")
    assert members.loc[members["code"] == "K-1580", "member_code"].tolist() == ["1580"]
    assert set(ssb.population([2024])["year"]) == {2024}
    assert tidy.attrs["labels"]["ContentsCode"] == {"Personer1": "Personer"}
    assert tidy.attrs["retrieved"][:2] == "20"


def test_nobody_lives_in_a_code_that_is_not_in_use(replay):
    expected = {2022: 356, 2023: 356, 2024: 357, 2025: 357}
    tidy = ssb.population([2022, 2023, 2024, 2025], merged=False)
    assert tidy.groupby("year").size().to_dict() == expected
    assert ssb.area().groupby("year").size().to_dict() == expected


@pytest.mark.parametrize("kind", ["html", "html-as-json", "truncated", "wrong-type"])
def test_a_bad_data_answer_is_refused(replay, client, kind):
    replay.mishaps = [Mishap(kind, where="POST")]
    with pytest.raises(AnalysisError, match="12367"):
        ssb.table("12367", SELECTION, client=client)


@pytest.mark.parametrize("stamp", ["2026-06-21T06:00:00Z", "2026-06-20T05:59:59Z", None])
def test_a_table_that_changes_while_it_is_fetched_is_refused(replay, client, stamp):
    table, document = replay.world.tables["12367"], replay.world.tables["12367"].document
    table.document = lambda selection, index: (
        document(selection, index) | ({} if selection is None else {"updated": stamp})
    )
    with pytest.raises(DataError, match=r"as of .*its numbers as of .*changed while it was fetched"):
        ssb.table("12367", SELECTION, client=client)


def test_an_answer_with_other_cells_than_asked_for_is_refused(replay, client):
    table, document = replay.world.tables["12367"], replay.world.tables["12367"].document
    table.document = lambda selection, index: document(selection and selection | {"Tid": ["2022"]}, index)
    with pytest.raises(DataError, match="Tid"):
        ssb.table("12367", SELECTION, client=client)


@pytest.mark.parametrize("unit", [{"base": "kr"}, {"base": None}, {"base": "1000 kr "}])
def test_metadata_that_describes_a_unit_otherwise_than_the_data_is_told(replay, client, unit):
    table, document = replay.world.tables["12367"], replay.world.tables["12367"].document

    def described(selection, index):
        content = document(selection, index)
        if selection is not None:
            content["dimension"]["ContentsCode"]["category"]["unit"] = {"KOSbelop0000": unit}
        return content

    table.document = described
    with pytest.raises(DataError, match="describe KOSbelop0000 differently"):
        ssb.table("12367", SELECTION, client=client)


@pytest.mark.parametrize("load", [ssb.purchases, ssb.accounts, ssb.operating_statement])
def test_amounts_in_another_unit_than_their_column_says_are_refused(replay, client, load):
    """A researcher who calls the loader is protected as a refresh is: kroner are not thousands of kroner."""
    for table in replay.world.tables.values():
        for variable in table.variables:
            variable.units = {code: {"base": "kr"} for code in variable.units}
    with pytest.raises(DataError, match="no contents in 1000 kr"):
        load(client=client)
    assert replay.count("POST") == 0


# KOSTRA


def small(cells):
    """A frame as 12367 gives it, from (region, year, function, art, value, status)."""
    frame = pd.DataFrame(cells, columns=[REGION, "Tid", "KOKfunksjon0000", "KOKart0000", "value", "status"])
    for column in frame.columns.drop("value"):
        frame[column] = frame[column].astype("str").astype("category")
    return frame


NAMES = {REGION: "municipality_code", "Tid": "year", "KOKart0000": "ssb_code"}


def test_a_confidential_part_makes_the_sum_unknown_and_not_in_use_is_not_unknown():
    cells = [
        ("0301", "2024", "201", "AGD50", 10, None),
        ("0301", "2024", "202", "AGD50", np.nan, ":"),
        ("0301", "2024", "203", "AGD50", np.nan, ".."),
        ("4601", "2024", "201", "AGD50", 7, None),
        ("4601", "2024", "202", "AGD50", np.nan, "."),
        ("1507", "2024", "201", "AGD50", np.nan, "."),
        ("1507", "2024", "202", "AGD50", np.nan, "."),
        ("5001", "2024", "201", "AGD50", np.nan, ".."),
        ("1103", "2024", "201", "AGD51", -4, None),
        ("1833", "2024", "201", "AGD51", np.nan, None),
    ]
    found = ssb.sum_amounts(small(cells), NAMES).set_index("municipality_code")
    assert found.loc["0301", "status"] == ":"
    assert pd.isna(found.loc["0301", "amount_nok_thousand"])
    assert found.loc["4601", "amount_nok_thousand"] == 7
    assert "1507" not in found.index  # the code was not in use: no row, not a zero
    assert found.loc["5001", "status"] == ".."
    assert found.loc["1103", "amount_nok_thousand"] == -4  # replacing services can be negative
    assert pd.isna(found.loc["1833", "amount_nok_thousand"])


def test_purchases_are_summed_over_functions_never_over_service_areas(replay):
    tidy = ssb.purchases()
    oslo = tidy[(tidy["municipality_code"] == "0301") & (tidy["year"] == 2025) & (tidy["scope"] == "B")]
    cell = {REGION: "0301", "KOKregnskapsomfa0000": "B", "ContentsCode": "KOSbelop0000", "Tid": "2025"}
    by_hand = sum(amount(cell | {"KOKart0000": "AGD51", "KOKfunksjon0000": f}) for f in ("100", "201", "202"))
    assert oslo.set_index("ssb_code").loc["AGD51", "amount_nok_thousand"] == by_hand
    assert set(tidy["table_id"]) == {"12367"}
    places = tidy[tidy["municipality_code"] != "2111"].groupby("year")["municipality_code"].nunique()
    assert places.to_dict() == {2022: 356, 2023: 356, 2024: 357, 2025: 357}


@pytest.mark.slow
def test_fetched_purchases_are_what_the_table_of_procurement_takes(replay, made):
    tidy = ssb.purchases([2024, 2025])
    built = procurement.build(tidy, made["reforms"])
    assert len(built) == (tidy["municipality_code"] != "2111").sum()


def test_accounts_keep_all_lines_of_units_that_are_asked_for(replay):
    tidy = ssb.accounts()
    assert set(tidy["ssb_code"]) == {"AGD13", "AGD9", "AGD23", "AGI1"}
    assert tidy["municipality_code"].str.fullmatch(r"\d{4}").all()
    totals = ssb.account_totals().set_index("unit")["unit_name"]
    assert set(totals["EAK"]) == {"Landet"}
    assert {"EAFK", "EKG01", "EKG17", "2111"} < set(totals.index)


def test_figures_are_preliminary_until_15_june_of_the_next_year():
    years = ["2023", "2024", "2025"]
    assert ssb.preliminary_years(years, "2026-03-16T07:00:00Z") == ["2025"]
    assert ssb.preliminary_years(years, "2026-06-14T23:00:00Z") == ["2025"]
    assert ssb.preliminary_years(years, "2026-06-15T06:00:00Z") == []


def test_changed_meaning_is_told_with_the_labels_found(replay):
    replay.world.tables["12367"].variable("KOKart0000").labels["A370"] = "Kjøp fra staten"
    problems = validate.problems(DATASETS["ssb_purchases"], ssb.purchases())
    assert len(problems) == 1 and "Kjøp fra staten" in problems[0]


@pytest.mark.slow
def test_the_cross_check_sets_two_tables_side_by_side_where_both_know(made):
    bought = pd.DataFrame(
        [
            ("0301", 2024, "A", "AGD50", 60),
            ("0301", 2024, "A", "AGD51", 50),
            ("0301", 2024, "B", "AGD50", 999),
            ("4601", 2024, "A", "AGD50", 60),
        ],
        columns=["municipality_code", "year", "scope", "ssb_code", "amount_nok_thousand"],
    ).assign(status=pd.NA, is_preliminary=False, table_id="12367")
    lines = [(m, 2024, c, a) for m in ("0301", "4601") for c, a in (("AG17", 52), ("AGD51", 48))]
    statement = pd.DataFrame(lines, columns=["municipality_code", "year", "ssb_code", "amount_nok_thousand"])
    units = made["reforms"]
    found = procurement.cross_check(procurement.build(bought, units), statement, units)
    assert found.to_dict("records") == [
        {
            "municipality_code": "0301",
            "year": 2024,
            "purchases_nok_thousand": 110,
            "statement_nok_thousand": 100,
            "difference_pct": 10.0,
        }
    ]
    assert procurement.cross_check(procurement.build(bought, units), None, units).empty


# KLASS


def test_codes_and_changes_of_municipalities(replay):
    codes = klass.codes(klass.MUNICIPALITIES, "2013-01-01")
    assert codes["valid_to"].isna().sum() == 357
    assert not codes["code"].isin(["9999"]).any()
    assert codes.loc[codes["code"] == "1507", "valid_to"].item() == "2024-01-01"
    changes = klass.changes(klass.MUNICIPALITIES, "2013-01-01")
    split = changes[(changes["old_code"] == "1507") & (changes["change_date"] == "2024-01-01")]
    assert split["new_code"].tolist() == ["1508", "1580"]
    assert klass.code_changes()["change_date"].min() >= "2017"


def test_a_gap_in_the_correspondence_tables_narrows_the_period(replay):
    groups = klass.correspondence(klass.MUNICIPALITIES, klass.KOSTRA_GROUPS, "2020-01-01", "2026-11-21")
    assert groups["source_code"].nunique() == 357
    assert replay.count("corresponds") == 3  # 2020 and 2021 have none


def test_no_correspondence_at_all_is_told(replay):
    replay.mishaps = [Mishap("404", where="corresponds")]
    with pytest.raises(FetchError, match="404"):
        klass.correspondence(klass.MUNICIPALITIES, klass.CENTRALITY, "2024-01-01", "2025-01-01")


def test_xml_where_json_was_asked_for_is_refused(replay):
    replay.answer_ = replay.answer
    replay.answer = lambda method, target, body, headers: replay.answer_(
        method, target, body, {"accept": "*/*"}
    )
    with pytest.raises(FetchError, match="xml"):
        klass.codes(klass.MUNICIPALITIES, "2020-01-01")


# Kartverket


def test_municipalities_counties_and_boundaries(replay):
    places = kartverket.municipalities()
    assert (places["municipality_code"].nunique(), places["county_code"].nunique()) == (357, 15)
    frame = kartverket.boundaries()
    assert frame.crs.to_epsg() == 25833
    assert frame["municipality_code"].is_unique
    assert {"1508", "1580"} <= set(frame["municipality_code"])  # the split of 2024 is drawn
    assert frame.geometry.is_valid.all()
    assert frame.geometry.area.round().eq(100_000_000).all()


def test_the_sea_is_cut_away_and_what_would_vanish_is_kept_and_said():
    published = gpd.GeoDataFrame(
        {"municipality_code": ["1508", "1151"]},
        geometry=[shapely.box(0, 0, 10, 10), shapely.box(20, 0, 30, 10)],
        crs=25833,
    )
    land = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 4, 10), shapely.box(3, 0, 5, 10)], crs=25833)
    clipped = boundaries.clip_to_coast(published, land)
    assert clipped.geometry.area.tolist() == [50, 100]
    assert clipped["is_clipped"].tolist() == [True, False]


@pytest.mark.parametrize("kind", ["truncated", "html"])
@pytest.mark.parametrize("where", [r"\.xml", r"\.zip"])
def test_a_broken_feed_or_archive_is_refused(replay, kind, where):
    replay.mishaps = [Mishap(kind, where=where)]
    with pytest.raises(AnalysisError):
        kartverket.boundaries()


@pytest.mark.parametrize("encoding", ["bogus", "big5", "utf-7", "idna"])
def test_a_feed_in_an_odd_encoding_is_refused_in_words(replay, encoding):
    feed = f'<?xml version="1.0" encoding="{encoding}"?><feed/>'.encode()
    replay.answer = lambda *_: Reply(200, feed, "application/atom+xml")
    with pytest.raises(FetchError, match="a feed that cannot be read"):
        kartverket.boundaries()


# Brønnøysund


def test_organisation_numbers_of_municipalities(replay):
    frame = brreg.organisations("KOMM")
    assert len(frame) == 357  # the pre-registration is left out
    assert frame.loc[frame["municipality_code"] == "0301", "organisation_number"].item() == "900000301"


def test_no_hits_have_no_embedded(replay):
    assert brreg.organisations("IKS").empty
    assert brreg.organisation("123456789") is None
    assert brreg.organisation("111111111") is None  # removed: 410


def test_many_pages(replay, monkeypatch):
    monkeypatch.setattr(brreg, "PAGE", 100)
    assert len(brreg.organisations("KOMM")) == 357
    assert replay.count("page=") == 4


def test_more_units_than_can_be_reached_are_refused(replay, monkeypatch):
    monkeypatch.setattr(brreg, "REACHABLE", 300)
    with pytest.raises(FetchError, match="358 units, only 300 can be reached"):
        brreg.organisations("KOMM")


@pytest.mark.parametrize(
    ("field", "column"), [("navn", "organisation_name"), ("forretningsadresse", "municipality_code")]
)
def test_what_a_unit_does_not_have_is_missing(replay, field, column):
    organisations = replay.world.organisations
    replay.world.organisations = lambda form: [unit | {field: None} for unit in organisations(form)]
    assert brreg.organisations("KOMM")[column].isna().all()


@pytest.mark.parametrize("field", ["organisasjonsnummer", "organisasjonsform"])
def test_a_unit_without_number_or_form_is_refused(replay, field):
    organisations = replay.world.organisations
    replay.world.organisations = lambda form: [unit | {field: None} for unit in organisations(form)]
    with pytest.raises(FetchError, match="no list of units"):
        brreg.organisations("KOMM")


@pytest.mark.parametrize("field", ["kommunenummer", "kommunenavnNorsk", "fylkesnavn"])
def test_a_municipality_without_code_or_name_is_refused(replay, field):
    body = json.dumps(
        [
            {
                "fylkesnummer": "03",
                "fylkesnavn": "Oslo",
                "kommuner": [{"kommunenummer": "0301", "kommunenavnNorsk": "Oslo"}],
            }
        ]
    )
    body = re.sub(rf'"{field}": "\w+"', f'"{field}": null', body).encode()
    replay.answer = lambda *_: Reply(200, body)
    with pytest.raises(FetchError, match="without code or name"):
        kartverket.municipalities(client=Client())


@pytest.mark.parametrize("repeated", [1, 100, 357])
def test_units_that_come_twice_are_no_others(replay, monkeypatch, repeated):
    """Pages that overlap, since the register changed while they were read."""
    monkeypatch.setattr(brreg, "PAGE", 100)
    organisations = replay.world.organisations
    replay.world.organisations = lambda form: [*organisations(form)[:repeated], *organisations(form)][:358]
    with pytest.raises(FetchError, match=r"sent \d+ different units of 358"):
        brreg.organisations("KOMM")


# TED and Doffin


def test_all_pages_are_read_and_the_endless_token_ends(replay):
    frame = notices.ted()
    assert not frame.duplicated(["publication_number", "buyer_name"]).any()
    assert frame["publication_number"].nunique() == 7
    # seven notices in pages of three, then two found by their words
    assert replay.count("notices") == 4
    first = frame[frame["publication_number"] == "000001-2024"].iloc[0]
    assert first["title"] == "Norge: prosjekt 0"
    assert first["publication_date"] == "2024-01-15"
    assert list(frame.columns) == [*notices.COLUMNS, "found_by"]


def test_a_partial_answer_is_asked_for_again_in_smaller_pages(replay):
    good = replay.answer

    def late(method, target, body, headers):
        reply = good(method, target, body, headers)
        if b'"limit":250' in body:
            reply.body = reply.body.replace(b'"timedOut": false', b'"timedOut": true')
        return reply

    replay.answer = late
    assert notices.ted()["publication_number"].nunique() == 7


def test_fewer_notices_than_ted_counts_are_refused(replay):
    good = replay.answer

    def short(method, target, body, headers):
        reply = good(method, target, body, headers)
        reply.body = reply.body.replace(b'"totalNoticeCount": 7', b'"totalNoticeCount": 70')
        return reply

    replay.answer = short
    with pytest.raises(FetchError, match="7 different notices of 70"):
        notices.ted()


def test_pages_that_come_in_circles_are_refused(replay):
    good = replay.answer

    def circling(method, target, body, headers):
        return good(
            method, target, body.replace(b'"iterationNextToken":"6"', b'"iterationNextToken":"0"'), headers
        )

    replay.answer = circling
    with pytest.raises(FetchError, match="6 different notices of 7"):
        notices.search(notices.BY_PROCEDURE)


@pytest.mark.parametrize(
    ("names", "numbers", "expected"),
    [
        (["Bergen kommune"], ["964338531", "958935420"], {"Bergen kommune": ""}),
        (["Bergen kommune", "Oslo kommune", "Rana kommune"], ["964338531", "958935420"], dict.fromkeys(("Bergen kommune", "Oslo kommune", "Rana kommune"), "")),
        ({"nor": ["Bergen kommune"], "eng": ["City of Bergen"]}, ["964338531"], {"Bergen kommune": "964338531"}),
        (["Bergen kommune", "Bergen kommune"], ["964 338 531", "NO964338531MVA"], {"Bergen kommune": "964338531"}),
        (["Bergen kommune"], [], {"Bergen kommune": ""}),
        ([], ["964338531"], {"": "964338531"}),
    ],
)  # fmt: skip
def test_lists_of_buyers_and_numbers_are_never_paired_by_their_order(names, numbers, expected):
    rows = notices._ted_rows(notice(0) | {"buyer-name": names, "organisation-identifier-buyer": numbers})
    assert {row[6]: row[7] for row in rows} == expected


def test_a_number_is_a_buyers_only_where_there_is_one_of_each(replay):
    joint = {"buyer-name": ["Bergen kommune", "Oslo kommune"]}
    replay.world.notices = [
        replay.world.notices[0],
        replay.world.notices[3] | joint | {"organisation-identifier-buyer": ["958935420", "964338531"]},
    ]
    found = notices.ted().set_index("buyer_name")["buyer_number"]
    assert found[["Bergen kommune"]].isna().all()
    assert "900000301" in set(found[["Oslo kommune"]])


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        ("958935420", "958935420"),
        ("NO 958 935 420 MVA", "958935420"),
        ("NO958935420MVA", "958935420"),
        ("958.935.420", "958935420"),
        ("958-935-420", "958935420"),
        ("NO-958-935-420", "958935420"),
        ("Org.nr: 958935420", "958935420"),
        ("0192:958935420", "958935420"),
        ("9908:958 935 420", "958935420"),
        ("0088:958935420", ""),
        ("958\u00a0935\u2011420", "958935420"),
        ("95893542", ""),
        ("9589354201", ""),
        ("", ""),
    ],
)
def test_organisation_numbers_are_cleaned_to_nine_digits_or_nothing(raw, number):
    assert notices.organisation_number(raw) == number


def test_fields_of_ted_in_all_shapes():
    assert notices.texts("a") == ["a"]
    assert notices.texts(["a", "b"]) == ["a", "b"]
    assert notices.texts({"eng": "a", "nor": ["b", "c"]}) == ["b", "c"]
    assert notices.texts({"FRA": {"x": "d"}}) == ["d"]
    assert notices.texts(None) == []
    assert notice(0)["buyer-name"] != notice(1)["buyer-name"]  # the replay does serve several shapes


def test_doffin_with_a_key(replay, monkeypatch):
    monkeypatch.setenv(doffin.KEY, "a-key")
    frame = doffin.search(last_year=2025)
    assert frame["publication_number"].tolist() == ["2024-100", "2024-101"]
    assert frame["found_by"].tolist() == ["procedure", "text"]
    assert frame["buyer_number"].tolist() == ["900000301"] * 2
    assert list(frame.columns) == [*notices.COLUMNS, "found_by"]


def doffin_hit(replay, **changes):
    good = replay.answer

    def altered(method, target, body, headers):
        reply = good(method, target, body, headers)
        if "/v2/download" in target:
            xml = b"<x><cbc:ContractFolderID schemeName='n'>f-1</cbc:ContractFolderID></x>"
            return type(reply)(200, xml, "application/octet-stream")
        content = json.loads(reply.body)
        content["hits"] = [hit | changes for hit in content["hits"]]
        reply.body = json.dumps(content).encode()
        return reply

    replay.answer = altered


@pytest.mark.parametrize(
    "stamp",
    ["2023-12-31T23:15:00Z", "2023-12-31T23:00:00.000Z", "2024-01-01T00:15:00+01:00", "2024-12-31T23:15:00Z"],
)
def test_a_doffin_notice_of_new_years_night_is_of_its_year_in_oslo(replay, monkeypatch, stamp):
    monkeypatch.setenv(doffin.KEY, "a-key")
    doffin_hit(replay, issueDate=stamp)
    assert len(doffin.search(last_year=2024)) == 2


@pytest.mark.parametrize("stamp", ["2019-03-01T00:00:00Z", "2023-12-30T23:15:00Z", "2025-01-01T00:15:00Z"])
def test_a_date_filter_without_effect_is_told(replay, monkeypatch, stamp):
    monkeypatch.setenv(doffin.KEY, "a-key")
    doffin_hit(replay, issueDate=stamp)
    with pytest.raises(FetchError, match="date filter has no effect"):
        doffin.search(last_year=2024)


@pytest.mark.parametrize("total", [3, 60])
def test_doffin_notices_that_come_twice_are_no_others(replay, monkeypatch, total):
    """Pages that overlap; and an empty page before the last."""
    monkeypatch.setenv(doffin.KEY, "a-key")
    good = replay.answer

    def altered(method, target, body, headers):
        reply = good(method, re.sub(r"page=\d+", "page=1", target) if total == 3 else target, body, headers)
        reply.body = reply.body.replace(b'"numHitsTotal": 2', b'"numHitsTotal": %d' % total)
        return reply

    replay.answer = altered
    with pytest.raises(FetchError, match=f"sent 2 different notices of {total}"):
        doffin.search(first_year=2024, last_year=2024)


def test_doffin_notices_of_one_procedure_say_so(replay, monkeypatch):
    monkeypatch.setenv(doffin.KEY, "a-key")
    doffin_hit(replay)
    assert doffin.search(last_year=2024)["procedure_id"].tolist() == ["f-1", "f-1"]


@pytest.mark.slow
@pytest.mark.parametrize("size", [64, 200])
def test_a_small_archive_that_unpacks_to_much_is_refused_before_it_does(replay, monkeypatch, size):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Basisdata_0000_Norge_25833_Kommune_GeoJSON.geojson", bytes(size << 20))
    monkeypatch.setattr(replay.world, "boundaries", packed.getvalue)
    tracemalloc.start()
    with pytest.raises(DataError, match="unpacks to more than 32 MB"):
        kartverket.boundaries(client=Client(sleep=lambda _: None))
    assert tracemalloc.get_traced_memory()[1] < 20 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    "geometry",
    [{"type": "LineString", "coordinates": [[0, 0], [1, 1]]},
     {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]}],
)  # fmt: skip
def test_a_municipality_that_is_published_without_an_area_is_named(replay, monkeypatch, geometry):
    whole = replay.world.boundaries()
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        name = archive.namelist()[0]
        content = json.loads(archive.read(name).decode("utf-8-sig"))
    broken = next(f for f in content["features"] if f["properties"].get("kommunenummer") == "1103")
    broken["geometry"] = geometry
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, json.dumps(content))
    monkeypatch.setattr(replay.world, "boundaries", packed.getvalue)
    with pytest.raises(DataError, match=r"'1103'.*no area"):
        kartverket.boundaries(client=Client(sleep=lambda _: None))
