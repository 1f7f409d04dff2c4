"""The Research Council's open data: documents in the official form, and forms that must be refused."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.errors import DataError
from analysis.loaders import research_council
from analysis.tables.applications import owner_names

#: The header of soknader2 as published, in its order.
HEADER = next(
    csv.reader(
        [
            "prosjektnummer,prosjekttittel,soknadsfrist,soknadsdato,utlysnings_id,utlysningsaktivitet,utlysningtittel,"
            "prosjekttype,soknadstype,soknadstypevariant,sokstart,sokslutt,prosjektfase,prosjektstart,prosjektslutt,"
            "prosjektleder_kjonn,prosjektansvarlig_type,prosjektansvarlig_navn,kortnavn,organisasjonsnummer,kp1,kp2,"
            "sektor,kategori,kommune,kommunenummer,fylke,fylkenummer,landsdel,virkemiddel_sekvens,virkemiddel,"
            "hovedaktivitet_sekvens,hovedaktivitet,aktivitet,aktivitet_kode,fagomraade,fag,fagdisiplin,"
            "dr_stip_aarsverk,postdok_aarsverk,sokt_belop,tildelt_belop"
        ]
    )
)
EU_HEADER = next(
    csv.reader(
        [
            "Rammeprogram,Traktat kode (H2020),Programområde kode (H2020),Programområde (H2020),Program kode (H2020),"
            "Programkortnavn (H2020),Program (H2020),Programnivå 1 kortnavn (H2020),Programnivå 1 kode (H2020),"
            "Programnivå 1 (H2020),Prosjektnr,Prosjektkortnavn,Prosjektnavn,Utlysnings-id,Overordnet utlysnings-id,"
            "Topic kode,Topic,Søknadstype,Søknadstypenavn,Kontraktstatus,Kontrakt signeringsdato,Kontrakt startdato,"
            "Kontrakt sluttdato,Søknadsfrist,Søknadsdato,Varighet måneder,Vurderingspanel,Organisasjonsnummer,"
            "Organisasjonsnavn,Kortnavn,Organisasjon rolle,Organisasjon finansiell rolle,Deltakernr,FoU sektorkode,"
            "FoU sektor,FoU kategori,Kontraktspart 1,Kontraktspart 2,Adresse kommunenummer,Adresse kommune,"
            "Adresse fylkenummer,Adresse fylke,Adresse landsdel,Innvilget beløp organisasjon EUR"
        ]
    )
)
PLAIN = {
    "prosjektnummer": "300001",
    "prosjekttittel": "Varme hjem i fjellbygder",
    "soknadsfrist": "2018-04-25 13:00:00",
    "soknadsdato": "2018-04-24 09:12:44",
    "utlysningtittel": "Innovasjon i offentlig sektor",
    "soknadstype": "Innovasjonsprosjekt",
    "prosjektfase": "Avsluttet",
    "prosjektstart": "2018",
    "prosjektslutt": "2021",
    "prosjektleder_kjonn": "KVINNE",
    "prosjektansvarlig_type": "Organisasjon",
    "prosjektansvarlig_navn": "VINJE KOMMUNE",
    "organisasjonsnummer": "964964610",
    "kommunenummer": "4036",
    "hovedaktivitet": "Andre frittstående prosjekter",
    "fagomraade": "Samfunnsvitenskap",
    "sokt_belop": "6500000.0",
    "tildelt_belop": "6286158.0",
}
EU_PLAIN = {
    "Rammeprogram": "H2020",
    "Prosjektnr": "700001",
    "Prosjektkortnavn": "WARM",
    "Prosjektnavn": "Warm homes in mountain towns",
    "Kontrakt startdato": "01.06.2020 00:00",
    "Søknadsdato": "13.11.2019 00:00",
    "Organisasjonsnummer": "958935420",
    "Organisasjonsnavn": "OSLO KOMMUNE",
    "Organisasjon rolle": "PARTICIPANT",
    "Deltakernr": "4",
    "Adresse kommunenummer": "301",
    "Innvilget beløp organisasjon EUR": "626199.99999984",
}


def document(*rows: dict[str, str], header=HEADER, plain=PLAIN) -> bytes:
    """A file in the official form: comma, UTF-8, quotes where needed."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, header, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**plain, **row} for row in rows)
    return text.getvalue().encode()


def problems(content: bytes) -> list:
    with pytest.raises(DataError) as caught:
        research_council.parse_applications(content)
    return caught.value.faults


def test_an_application_is_read_as_published():
    row = research_council.parse_applications(document({})).iloc[0]
    assert row["project_number"] == "300001" and row["status"] == "granted"
    assert (row["start_year"], row["applied_nok"], row["granted_nok"]) == (2018, 6_500_000, 6_286_158)
    assert row["deadline"] == pd.Timestamp("2018-04-25") and row["applied_date"] == pd.Timestamp("2018-04-24")
    assert row["owner_name"] == "VINJE KOMMUNE" and row["organisation_number"] == "964964610"
    assert pd.isna(row["activity"])


def test_phases_become_statuses_and_a_grant_needs_kroner():
    phases = ["Mottatt", "Vurderes", "Avslag", "Bevilgning", "Avsluttet"]
    rows = [{"prosjektnummer": str(n), "prosjektfase": phase} for n, phase in enumerate(phases)]
    empty = {"prosjektnummer": "9", "prosjektfase": "Avsluttet", "tildelt_belop": "0.0"}
    statuses = research_council.parse_applications(document(*rows, empty))["status"].tolist()
    assert statuses == ["pending", "pending", "refused", "granted", "granted", "no_amount"]


def test_nothing_about_persons_is_kept():
    person = {"prosjektansvarlig_type": "Person", "prosjektansvarlig_navn": "Kari Nordmann"}
    frame = research_council.parse_applications(document(person))
    assert frame[["owner_name", "organisation_number"]].isna().all(axis=None)
    text = frame.to_csv()
    assert "Nordmann" not in text and "KVINNE" not in text


def test_titles_with_line_breaks_commas_and_quotes_are_one_cell():
    title = 'Trygg\nalderdom, "hjemme"\r\ni Træna – Ránát'
    frame = research_council.parse_applications(document({"prosjekttittel": title}, {"prosjektnummer": "2"}))
    assert frame["title"].tolist() == ['Trygg alderdom, "hjemme" i Træna – Ránát', PLAIN["prosjekttittel"]]


@pytest.mark.parametrize(
    "written", ["2012-10-17 13:00:00", "17.10.2012 13:00", "2012-10-17", "17.10.2012", "2012-10-17T13:00:00"]
)
def test_both_forms_of_dates(written):
    frame = research_council.parse_applications(document({"soknadsfrist": written}))
    assert frame["deadline"].tolist() == [pd.Timestamp("2012-10-17")]


def test_unknown_numbers_are_blank_and_lost_zeros_come_back():
    rows = [
        {"organisasjonsnummer": "0"},
        {"organisasjonsnummer": "SE556", "prosjektnummer": "2", "kommunenummer": "301"},
    ]
    frame = research_council.parse_applications(document(*rows))
    assert frame["organisation_number"].isna().all()
    assert frame["place_code"].tolist() == ["4036", "0301"]


def test_a_participant_in_an_eu_programme():
    row = research_council.parse_eu(document({}, header=EU_HEADER, plain=EU_PLAIN)).iloc[0]
    assert row["granted_eur"] == 626_200.0 and row["place_code"] == "0301"
    assert row["start_date"] == pd.Timestamp("2020-06-01") and row["organisation_name"] == "OSLO KOMMUNE"


def test_a_byte_order_mark_and_windows_line_ends_change_nothing():
    plain = document({"prosjekttittel": "a\nb"}, {"prosjektnummer": "2"})
    other = b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n")
    pd.testing.assert_frame_equal(
        research_council.parse_applications(other), research_council.parse_applications(plain)
    )


def test_absent_columns_are_named_all_at_once():
    header = [column for column in HEADER if column not in ("sokt_belop", "prosjektfase")]
    plain = {key: value for key, value in PLAIN.items() if key in header}
    faults = problems(document({}, header=header, plain=plain))
    assert {(fault.row, fault.column) for fault in faults} == {(1, "sokt_belop"), (1, "prosjektfase")}
    assert all("correct its name" in fault.problem for fault in faults)


def test_bad_values_are_told_with_row_line_column_and_value():
    faults = problems(
        document(
            {"prosjekttittel": "two\nlines"},
            {
                "prosjektnummer": "2",
                "sokt_belop": "mye",
                "tildelt_belop": "1e400",
                "prosjektstart": "20xx",
                "soknadsdato": "31.02.2020",
            },
        )
    )
    told = {(fault.row, fault.column, fault.value) for fault in faults}
    assert told == {
        (3, "sokt_belop", "mye"),
        (3, "tildelt_belop", "1e400"),
        (3, "prosjektstart", "20xx"),
        (3, "soknadsdato", "31.02.2020"),
    }
    assert all("(line 4)" in fault.problem for fault in faults)


def test_a_new_phase_and_a_repeated_number_are_refused():
    faults = problems(document({"prosjektfase": "Trukket"}, {}))
    assert {(fault.column, fault.value) for fault in faults} == {
        ("prosjektfase", "Trukket"),
        ("prosjektnummer", "300001"),
    }


def test_many_faults_of_a_kind_are_counted_not_listed():
    faults = problems(document(*({"prosjektnummer": str(n), "sokt_belop": "x"} for n in range(50))))
    assert len(faults) == 10
    assert any("40 more" in fault.problem for fault in faults)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "absent"),
        (b"<html><body>Not found</body></html>", "absent"),
        (",".join(HEADER).encode() + b"\n", "no rows"),
        (document({}, {"prosjektnummer": "2"})[:-60], "cells where the header has 42"),
        (document({}).replace(b"Varme", b'"Varme'), "quoting"),
        (document({}).replace(b"Varme", b"V\xe6rme"), "not UTF-8 from line 2"),
        (b"x" * 3_000_000, "field larger than field limit"),
    ],
)
def test_what_is_cut_short_damaged_or_another_file_is_refused(content, says):
    assert any(says in fault.problem for fault in problems(content))


@pytest.mark.slow
@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_arbitrary_bytes_give_rows_or_a_fault(tail):
    content = document({}) + tail
    try:
        frame = research_council.parse_applications(content)
    except DataError as error:
        assert error.faults
    else:
        assert frame["project_number"].is_unique


@pytest.mark.parametrize(
    ("registered", "name", "kind", "year"),
    [
        ("TORSKEN KOMMUNE UNDER SLETTING FRA 01.01.2020", "TORSKEN KOMMUNE", "municipality", 2019),
        ("OSLO KOMMUNE, BYRÅDSAVDELING FOR UTDANNING", "OSLO KOMMUNE", "municipality", None),
        ("SKIEN KOMMUNE - HELSE OG MESTRING", "SKIEN KOMMUNE", "municipality", None),
        ("SORTLAND KOMMUNE / SUORTTÁ SOUHKAN", "SORTLAND KOMMUNE", "municipality", None),
        ("GÁIVUONA SUOHKAN KÅFJORD KOMMUNE", "KÅFJORD KOMMUNE", "municipality", None),
        ("VOSS HERAD", "VOSS", "municipality", None),
        ("MØRE OG ROMSDAL FYLKESKOMMUNE KULTUROMRÅDET", "MØRE OG ROMSDAL FYLKESKOMMUNE", "county", None),
        ("Sentraladministrasjonen Akershus fylkeskommune", "Akershus fylkeskommune", "county", None),
        ("VIKEN FYLKESKOMMUNE UNDER SLETTING FRA 01.01.2024", "VIKEN FYLKESKOMMUNE", "county", 2023),
        ("OSLOBYGG KF", "OSLOBYGG KF", "other", None),
        ("TANNHELSE ROGALAND FKF", "TANNHELSE ROGALAND FKF", "other", None),
        ("IVAR IKS", "IVAR IKS", "other", None),
        ("REGIONRÅDET FOR NORD-GUDBRANDSDAL", "REGIONRÅDET FOR NORD-GUDBRANDSDAL", "other", None),
        ("SINTEF AS", None, None, None),
        ("KOMMUNENES SENTRALFORBUND", None, None, None),
    ],
)
def test_owners_by_their_registered_name(registered, name, kind, year):
    found = owner_names(pd.Series([registered])).astype(object).iloc[0]
    assert [None if pd.isna(cell) else cell for cell in found] == [name, kind, year]


@pytest.mark.parametrize("number", ["964964610", "964 964 610", "964964610.0"])
@pytest.mark.parametrize("place", ["4036", "4036.0", "4036 "])
def test_codes_keep_their_meaning_when_a_publisher_writes_them_as_numbers(number, place):
    """A column with a blank becomes one of decimals in many programmes; every owner would be without a number."""
    row = research_council.parse_applications(
        document({"organisasjonsnummer": number, "kommunenummer": place})
    ).iloc[0]
    assert (row["organisation_number"], row["place_code"]) == ("964964610", "4036")


def test_two_columns_of_one_name_are_told():
    (fault,) = problems(document({}).replace(b"prosjekttype", b"tildelt_belop", 1))
    assert (fault.row, fault.column) == (1, "tildelt_belop")
    assert "two columns have this name" in fault.problem
