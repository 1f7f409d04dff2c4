"""Who owns an application, and the tables made of it, on the municipalities as they are and were."""

from __future__ import annotations

import datetime
import functools

import pandas as pd
import pytest
from tests.unit.test_research_council import document

from analysis import raw
from analysis.loaders.research_council import municipal_owners, parse_applications
from analysis.register import edit, files, resolve, spreadsheet
from analysis.tables import applications, reforms


@pytest.fixture(scope="module")
def owners():
    """The owners of applications, with the embedded lists bound."""
    register = files.read()
    walk = reforms.build(
        raw.read("ssb_municipalities"), raw.read("ssb_code_changes"), raw.read("ssb_split_series")
    )
    return functools.partial(
        applications.owners,
        organisations=raw.read("brreg_organisations"),
        counties=raw.read("ssb_counties"),
        resolve=functools.partial(
            resolve.resolve, reforms=walk, counties=register["counties"], aliases=register["names"]
        ),
    )


def made(owner: str, number: str = "0", start: str = "2018", **more: str) -> dict[str, str]:
    return {"prosjektansvarlig_navn": owner, "organisasjonsnummer": number, "prosjektstart": start, **more}


def parsed(*rows: dict[str, str]) -> pd.DataFrame:
    return parse_applications(document(*({"prosjektnummer": str(n), **row} for n, row in enumerate(rows))))


@pytest.mark.parametrize(
    ("owner", "number", "start", "code", "how"),
    [
        ("TORSKEN KOMMUNE UNDER SLETTING FRA 01.01.2020", "0", "2006", "5530", "name"),
        ("DRAMMEN KOMMUNE", "0", "2016", "3301", "name"),
        ("STAD KOMMUNE", "0", "2019", "4649", "name"),
        ("ÅLESUND KOMMUNE UNDER SLETTING FRA 01.01.2024", "920415288", "2021", "1508", "number"),
        # Two municipalities are called Herøy: only the number tells them apart.
        ("HERØY KOMMUNE SEKTOR SAMFUNNSUTVIKLING", "964978840", "2019", "1515", "number"),
        ("BYDELSADMINISTRASJONEN BYDEL BJERKE", "974778866", "2018", "0301", "parent"),
        ("HOLMLIA SKOLE", "974590018", "2018", "0301", "parent"),
    ],
)
def test_municipal_owners(owners, owner, number, start, code, how):
    found = owners(
        parsed(made(owner, number, start)), parents={"974778866": "958935420", "974590018": "958935420"}
    )
    assert found.loc[0, ["municipality_code", "matched_by"]].tolist() == [code, how]
    assert pd.isna(found.loc[0, "problem"])


@pytest.mark.parametrize(
    ("owner", "start", "successors"),
    [
        ("VIKEN FYLKESKOMMUNE UNDER SLETTING FRA 01.01.2024", "2020", "31;32;33"),
        ("SØR-TRØNDELAG FYLKESKOMMUNE", "2012", "50"),
        ("ROGALAND FYLKESKOMMUNE OPPLÆRINGSAVDELINGEN", "2019", "11"),
        ("VESTLAND FYLKESKOMMUNE", "2018", "46"),
    ],
)
def test_county_owners(owners, owner, start, successors):
    found = owners(parsed(made(owner, start=start))).loc[0]
    assert found["participant_type"] == "county" and found["county_successors"] == successors


def test_a_company_of_a_municipality_is_not_the_municipality(owners):
    found = owners(parsed(made("OSLOBYGG KF", "924599545")), parents={"924599545": "958935420"}).loc[0]
    assert found["participant_type"] == "other" and pd.isna(found["municipality_code"])


def test_a_name_that_two_share_is_reported_not_guessed(owners):
    found = owners(parsed(made("HERØY KOMMUNE"))).loc[0]
    assert pd.isna(found["municipality_code"]) and "several" in found["problem"]


def test_other_owners_have_no_code(owners):
    found = owners(parsed(made("SINTEF AS", "919303808"))).loc[0]
    assert found[["participant_type", "municipality_code", "county_code"]].isna().all()


@pytest.fixture(scope="module")
def few():
    refused = {"prosjektfase": "Avslag", "tildelt_belop": "0.0"}
    return parsed(
        made("VINJE KOMMUNE"),
        made("VINJE KOMMUNE", **refused),
        made("VINJE KOMMUNE", prosjektfase="Vurderes", tildelt_belop="0.0"),
        made("ROGALAND FYLKESKOMMUNE", prosjekttittel="Ein annan tittel"),
        made("OSLOBYGG KF"),
        made("SINTEF AS"),
        made("OSLO KOMMUNE BYDEL 12 ALNA", soknadsdato="", soknadsfrist=""),
    )


def test_applications_are_counted_by_owner_and_outcome(owners, few):
    table = applications.build(few, owners(few))
    vinje = table[table["municipality_code"] == "4036"].iloc[0]
    assert vinje[["n_applied", "n_granted", "n_refused", "n_pending"]].tolist() == [3, 1, 1, 1]
    assert (vinje["applied_nok"], vinje["granted_nok"]) == (3 * 6_500_000, 6_286_158)
    assert table["owner_type"].value_counts().to_dict() == {"municipality": 2, "county": 1}
    assert table.loc[table["municipality_code"] == "0301", "year"].tolist() == [2018]  # no date: its start
    outcomes = table[["n_granted", "n_refused", "n_no_amount", "n_pending"]].sum(axis=1)
    assert outcomes.equals(table["n_applied"])


def test_grants_become_rows_of_the_import_form(owners, few):
    rows = applications.as_register_rows(few, owners(few), "2026-11-26")
    assert set(rows["participant_type"]) == {"municipality", "county", "other"}
    assert (
        len(rows) == 4 and rows["amount_nok"].eq(6_286_158).all()
    )  # neither refusals nor a research institute
    assert rows["project_title"].is_unique
    assert "Ein annan tittel" in rows["project_title"].tolist()
    alna = rows[rows["participant_name"] == "OSLO KOMMUNE"].iloc[0]
    assert alna["note"].startswith('registered as "OSLO KOMMUNE BYDEL 12 ALNA"; project owner')
    assert alna["external_id"] == "6"
    assert alna["project_title"].endswith("(6)")


def test_the_register_takes_the_rows_as_they_are(owners, few, tmp_path):
    rows = applications.as_register_rows(few, owners(few), "2026-11-26")
    register = files.read()
    held = register["programmes"]["programme_id"].tolist()
    programme = applications.PROGRAMME if applications.PROGRAMME in held else held[0]
    path = tmp_path / "official.csv"
    rows.assign(programme_id=programme).to_csv(path, index=False)
    form, _, faults = spreadsheet.read(path, list(edit.form()))
    assert faults == []
    walk = reforms.build(
        raw.read("ssb_municipalities"), raw.read("ssb_code_changes"), raw.read("ssb_split_series")
    )
    plan = edit.plan(form, register, walk, path.name, datetime.date(2026, 11, 26))
    assert plan.faults == [] and plan.records["outcome"].eq("added").all()
    assert set(plan.additions["projects"]["external_id"]) == {"0", "3", "4", "6"}


def test_no_applications_give_an_empty_table(owners, few):
    none = few[few["owner_name"] == "SINTEF AS"]
    assert applications.build(none, owners(none)).empty


def test_data_raw_keeps_municipal_owners_and_gives_them_back_as_they_were(few, tmp_path):
    kept = municipal_owners(few)
    assert set(few.index) - set(kept.index) == {5}
    path = tmp_path / "applications.csv"
    kept.to_csv(path, index=False)
    read = applications.typed(pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[""]))
    pd.testing.assert_frame_equal(read, kept.reset_index(drop=True), check_dtype=False)
