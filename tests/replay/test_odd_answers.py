"""Answers that can be read and are wrong: other places, other days, other counts. What is wrong in silence is the worst."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.replay import Replay
from tests.replay.test_publishers import NAMES, small

from analysis import plausibility
from analysis.errors import DataError
from analysis.loaders import brreg, doffin, kartverket, klass, notices, ssb, validate
from analysis.loaders.client import Client
from analysis.loaders.messages import FetchError
from analysis.loaders.update import DATASETS


@pytest.fixture
def client():
    return Client(sleep=lambda _: None)


def altered(replay: Replay, where: str, change: Callable[[Any], object]) -> None:
    """Let the JSON answers of some addresses be changed in place."""
    good = replay.answer

    def answer(method, target, body, headers):
        reply = good(method, target, body, headers)
        if re.search(where, target):
            content = json.loads(reply.body)
            change(content)
            reply.body = json.dumps(content).encode()
        return reply

    replay.answer = answer


def redrawn(replay: Replay, point: Callable[[list[float]], list[float]]) -> None:
    """Let the boundaries be published with other coordinates."""

    def drawn(shape):
        return [drawn(part) for part in shape] if isinstance(shape[0], list) else point(shape)

    with zipfile.ZipFile(io.BytesIO(replay.world.boundaries())) as archive:
        name = archive.namelist()[0]
        content = json.loads(archive.read(name).decode("utf-8-sig"))
    for feature in content["features"]:
        feature["geometry"]["coordinates"] = drawn(feature["geometry"]["coordinates"])
    packed = archived(**{name: json.dumps(content)})
    replay.world.boundaries = lambda: packed


def archived(**files: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


# Statistics Norway


@pytest.mark.parametrize("symbol", [":", ".."])
def test_a_zero_beside_a_symbol_is_no_figure(symbol):
    """SSB's symbols: ``:`` may not be published, ``..`` not available; older interfaces put 0 beside them."""
    cells = [("0301", "2024", "201", "AGD50", 10.0, None), ("0301", "2024", "202", "AGD50", 0.0, symbol)]
    found = ssb.sum_amounts(small(cells), NAMES).iloc[0]
    assert pd.isna(found["amount_nok_thousand"])
    assert found["status"] == symbol


def test_a_zero_of_a_code_that_is_not_in_use_has_no_row():
    cells = [("0301", "2024", "201", "AGD50", 0.0, None), ("1507", "2024", "201", "AGD50", 0.0, ".")]
    assert ssb.sum_amounts(small(cells), NAMES)["municipality_code"].tolist() == ["0301"]


def test_any_number_of_symbols_can_be_read(replay):
    """JSON-stat allows any text as a symbol; 300 are more than a byte can number."""
    regions = list(replay.world.tables["11342"].variable("Region").labels)[:300]
    replay.world.tables["11342"].cell = lambda codes: (None, f"s{codes['Region']}")
    frame = ssb.table("11342", {"Region": regions, "ContentsCode": "ArealKm2", "Tid": "2025"})
    assert frame["status"].astype(str).tolist() == [f"s{code}" for code in regions]


def test_a_year_between_others_may_not_be_missing(replay):
    years = replay.world.tables["11342"].variable("Tid")
    years.labels = {year: year for year in ("2022", "2023", "2025")}
    assert validate.problems(DATASETS["ssb_area"], ssb.area()) == [
        "nothing for 2024, between years that are there"
    ]


@pytest.mark.parametrize(
    ("note", "is_excused"),
    [
        ("Se tabell 11827.", False),  # 1827 is Dønna, and stands in the table's number
        ("Beløp 18270 tusen kroner", False),
        ("Kommune 1827 har trukket tallene.", True),
        ("1827-Dønna", True),
    ],
)
def test_only_a_note_that_names_a_municipality_excuses_it(note, is_excused):
    codes = [f"{3000 + n}" for n in range(356)] + ["1827"]
    rows = pd.DataFrame({"municipality_code": codes * 2, "year": np.repeat([2024, 2025], 357)})
    lacking = rows[(rows["year"] == 2024) | (rows["municipality_code"] != "1827")]
    assert (validate.missing_municipalities(lacking, note) == []) is is_excused


@pytest.mark.parametrize(
    ("table_id", "ask", "words"),
    [
        ("07459", ssb.population, "SSB 07459, column Tid: '2024M01'"),
        ("11342", ssb.area, "SSB 11342, column Tid: '2024M01'"),
        ("13551", ssb.operating_statement, "SSB 13551, column Tid: '2024M01'"),
    ],
)
def test_a_table_that_becomes_monthly_is_told(replay, table_id, ask, words):
    replay.world.tables[table_id].variable("Tid").labels = {"2024M01": "2024M01"}
    with pytest.raises(DataError, match=f"{words}: must be a whole number"):
        ask()


@pytest.mark.parametrize("persons", [1234.5, 1e300])
def test_half_a_person_is_told(replay, persons):
    replay.world.tables["07459"].cell = lambda codes: (persons, None)
    with pytest.raises(DataError, match=r"SSB 07459, column Personer1: .*must be a whole number"):
        ssb.population(2024)


def test_the_answer_of_another_table_is_refused(replay):
    """A cache between us and the publisher; the variables are the same ones."""
    altered(replay, "11342/data", lambda content: content["extension"]["px"].update(tableid="06913"))
    with pytest.raises(DataError, match="'06913': the answer is of another table than 11342"):
        ssb.area()


@pytest.mark.parametrize(
    ("times", "is_told"), [(1, False), (1.02, False), (2, True), (1000, True), (0.001, True)]
)
def test_figures_of_another_size_than_before_are_doubted(times, is_told):
    """Kroner for thousands, or functions and their sum: every year is wrong alike, so none leaps."""
    rows = [("0301", year, scope, "AGD50", 1_000) for year in (2024, 2025) for scope in "AB"]
    columns = ["municipality_code", "year", "scope", "ssb_code", "amount_nok_thousand"]
    before = pd.DataFrame(rows, columns=columns)
    now = before.assign(amount_nok_thousand=before["amount_nok_thousand"] * times)
    told = plausibility.revised("ssb_purchases", before.astype("str"), now)
    assert plausibility.findings("ssb_purchases", now) == []
    expected = [
        f"{s} AGD50 {y}: 1 units have {times:.3g} times what they had before"
        for y in (2024, 2025)
        for s in "AB"
    ]
    assert told == (expected if is_told else [])


@pytest.mark.parametrize("stamp", ["20.06.2026", "1782000000", "2026-13-01T06:00:00Z", "i dag"])
def test_a_stamp_in_another_form_is_told(replay, stamp):
    """As text it lies before every date: each year would be preliminary, and the table older than the one here."""
    replay.world.tables["12367"].updated = stamp
    with pytest.raises(
        DataError, match=f"column updated: .*{stamp}.*must be a moment such as 2026-03-16T07:00:00Z"
    ):
        ssb.purchases(2025)


# KLASS and Kartverket


def test_two_classes_at_the_same_time_are_refused(replay):
    """Every item comes once more with another class: whichever won, half would be wrong."""
    altered(
        replay,
        "corresponds",
        lambda content: content["correspondenceItems"].extend(
            [item | {"targetCode": "1"} for item in content["correspondenceItems"]]
        ),
    )
    with pytest.raises(DataError, match=r"KLASS 128, column centrality_class: '1\d{3} \d 1'.*two classes"):
        klass.centrality()


def test_an_item_that_comes_twice_is_one(replay):
    altered(replay, "corresponds", lambda c: c["correspondenceItems"].extend(c["correspondenceItems"]))
    assert len(klass.centrality()) == 357


@pytest.mark.parametrize("day", ["01.01.2024", "2024-13-01", "2024-02-30", "20240101", "2024"])
def test_dates_in_another_form_are_refused(replay, day):
    altered(replay, "131/codes", lambda content: content["codes"][0].update(validFromInRequestedRange=day))
    with pytest.raises(FetchError, match=f"validFromInRequestedRange that is no date: '{day}'"):
        klass.codes(131, "2024-01-01")
    altered(replay, "131/changes", lambda content: content["codeChanges"][-1].update(changeOccurred=day))
    with pytest.raises(FetchError, match=f"changeOccurred that is no date: '{day}'"):
        klass.code_changes()


def test_two_names_of_one_municipality_are_refused_and_a_repetition_is_not(replay):
    altered(replay, "fylkerkommuner", lambda counties: counties.extend(counties))
    assert len(kartverket.municipalities()) == 357
    altered(
        replay, "fylkerkommuner", lambda counties: counties[0]["kommuner"][0].update(kommunenavnNorsk="X")
    )
    with pytest.raises(FetchError, match="sent 0301 with two names"):
        kartverket.municipalities()


@pytest.mark.parametrize(
    "point",
    [
        pytest.param(lambda p: [p[1], p[0]], id="north before east"),
        pytest.param(lambda p: [10 + p[0] / 1e6, 60 + p[1] / 1e8], id="degrees"),
        pytest.param(lambda p: [p[0] / 1000, p[1] / 1000], id="kilometres"),
        pytest.param(lambda p: [p[0] + 1e6, p[1]], id="another zone"),
    ],
)
def test_boundaries_outside_norway_are_refused(replay, point):
    """Mainland Norway in EPSG:25833: 76 km west to 1 115 km east, 6 449 km to 7 940 km north."""
    redrawn(replay, point)
    with pytest.raises(DataError, match=r"\d{4}, \d{4}.*lie outside Norway; .* EPSG:25833"):
        kartverket.boundaries()


def test_municipalities_that_lie_on_each_other_are_refused(replay):
    """Squares of 10 km in twenty columns from 100 km east; folded at 200 km, the tenth lies on the eleventh."""
    redrawn(replay, lambda p: [min(p[0], 400_000 - p[0]), p[1]])
    with pytest.raises(DataError, match=r"\d{4}/\d{4}.*these pairs of municipalities overlap"):
        kartverket.boundaries()


@pytest.mark.parametrize(
    "names", [["kommuner.json"], ["a/Kommune_GeoJSON.geojson", "b/Kommune_GeoJSON.geojson"]]
)
def test_an_archive_with_no_or_two_files_of_boundaries_says_what_it_holds(replay, names):
    packed = archived(**dict.fromkeys(names, "{}"))
    replay.world.boundaries = lambda: packed
    with pytest.raises(DataError, match=rf"'{', '.join(names)}': must hold one file"):
        kartverket.boundaries()


# Brønnøysund


def test_a_register_that_does_not_say_how_many_units_it_has_is_refused(replay):
    altered(replay, "enheter", lambda content: content["page"].pop("totalElements"))
    with pytest.raises(FetchError, match="sent no list of units"):
        brreg.organisations("KOMM")


def test_more_units_than_the_register_counts_are_refused(replay):
    altered(replay, "enheter", lambda content: content["page"].update(totalElements=5))
    with pytest.raises(FetchError, match="sent 358 different units of 5"):
        brreg.organisations("KOMM")


def test_units_of_another_form_are_refused(replay):
    altered(
        replay,
        "enheter",
        lambda content: content["_embedded"]["enheter"][7]["organisasjonsform"].update(kode="AS"),
    )
    with pytest.raises(FetchError, match=r"other forms than KOMM: \['AS'\]"):
        brreg.organisations("KOMM")


def test_no_county_at_all_is_refused(replay):
    """Fourteen of 371 units: too few to be missed by their number."""
    organisations = replay.world.organisations
    replay.world.organisations = lambda form: organisations(form) if form == "KOMM" else []
    with pytest.raises(FetchError, match="no municipality, or no county"):
        brreg.municipal_organisations()


def test_another_unit_than_asked_for_is_refused(replay):
    unit = replay.world.organisations("KOMM")[0]
    good = replay.answer
    replay.answer = lambda *asked: type(good(*asked))(200, json.dumps(unit).encode())
    assert brreg.organisation("900 000 301")["organisation_number"] == "900000301"
    with pytest.raises(FetchError, match="sent another unit: 900000301"):
        brreg.organisation("123456789")


# Notices


@pytest.mark.parametrize("total", [2, 0, -1])
def test_more_notices_than_ted_counts_are_refused(replay, total):
    """Seven in pages of three: the count would end the search after the first page."""
    altered(replay, "notices", lambda content: content.update(totalNoticeCount=total))
    with pytest.raises(FetchError, match=f"sent 3 different notices of {total}"):
        notices.search(notices.BY_PROCEDURE)


@pytest.mark.parametrize("total", [True, None, "7", 7.0])
def test_a_count_that_is_none_is_refused(replay, total):
    altered(replay, "notices", lambda content: content.update(totalNoticeCount=total))
    with pytest.raises(FetchError, match="sent no list of notices"):
        notices.search(notices.BY_PROCEDURE)


@pytest.mark.parametrize("day", ["2024-99-99", "2024-02-30", "01.02.2024", "20240201"])
def test_a_day_that_is_none_is_refused(replay, day):
    altered(replay, "notices", lambda content: content["notices"][0].update({"publication-date": day}))
    with pytest.raises(FetchError, match="without number or date"):
        notices.ted()


def test_a_day_that_lies_ahead_is_refused(replay):
    """It would be the newest for ever, and every later answer would be refused for ending before it."""
    altered(
        replay, "notices", lambda content: content["notices"][0].update({"publication-date": "9999-12-31"})
    )
    (problem,) = validate.problems(DATASETS["ted_notices"], notices.ted())
    assert re.match(r"it ends with 9999-12-31, and today is 20\d\d-", problem)


@pytest.mark.parametrize(
    ("key", "value"), [("id", "../../keys"), ("id", "a b"), ("publicationDate", "2024-02-30")]
)
def test_a_doffin_notice_with_an_odd_number_or_day_is_refused(replay, monkeypatch, key, value):
    monkeypatch.setenv(doffin.KEY, "a-key")
    altered(replay, "search", lambda content: content["hits"] and content["hits"][0].update({key: value}))
    with pytest.raises(FetchError, match="a notice without number or date"):
        doffin.search(first_year=2024, last_year=2024)
    assert replay.count("download") == 0


def test_more_doffin_notices_than_it_counts_are_refused(replay, monkeypatch):
    monkeypatch.setenv(doffin.KEY, "a-key")
    altered(replay, "search", lambda content: content.update(numHitsTotal=1))
    with pytest.raises(FetchError, match="sent 2 different notices of 1"):
        doffin.search(first_year=2024, last_year=2024)


# The way there


@pytest.mark.parametrize("target", ["http://example.org\\@127.0.0.1/x", "https://127.0.0.1\\@example.org/"])
def test_an_address_that_can_be_read_as_two_hosts_is_not_followed(replay, client, target):
    good = replay.answer
    replay.answer = lambda *asked: type(good(*asked))(302, b"", headers={"location": target})
    with pytest.raises(FetchError, match="redirects to what is no address"):
        klass.codes(131, "2024-01-01", client=client)
    assert len(replay.requests) == 1


def test_a_notice_dated_some_months_ahead_may_be_true(replay):
    ahead = (datetime.now(UTC) + timedelta(days=200)).date().isoformat()
    altered(replay, "notices", lambda content: content["notices"][0].update({"publication-date": ahead}))
    assert validate.problems(DATASETS["ted_notices"], notices.ted()) == []
