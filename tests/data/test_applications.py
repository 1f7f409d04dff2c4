"""Who owns an application, and the tables made of it, on the municipalities as they are and were."""

from __future__ import annotations

import datetime
import functools
import json
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from tests.unit.test_research_council import document

from analysis import cli, raw
from analysis.loaders import research_council as research_council_loader
from analysis.loaders.research_council import municipal_owners, parse_applications
from analysis.measures import census
from analysis.register import declarations, edit, files, quality, research_council, resolve, spreadsheet
from analysis.register.validate import check_references
from analysis.tables import applications, population, reforms

pytestmark = pytest.mark.slow  # the whole official file is read and the register checked with it

ROOT = Path(__file__).resolve().parents[2]


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
    ],
)
def test_municipal_owners(owners, owner, number, start, code, how):
    found = owners(parsed(made(owner, number, start)))
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
    found = owners(parsed(made("OSLOBYGG KF", "924599545"))).loc[0]
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


def test_the_notebook_shows_success_where_the_official_file_is(owners, few):
    cells = json.loads((ROOT / "notebooks" / "02_uptake.ipynb").read_text(encoding="utf-8"))["cells"]
    source = next("".join(cell["source"]) for cell in cells if cell["id"] == "applications")
    table, shown = applications.build(few, owners(few)), []
    official = SimpleNamespace(
        catalogue=lambda: pd.DataFrame(index=["research_council_applications"]), load=lambda name: table
    )
    panel = pd.DataFrame(
        {"municipality_code": ["0301", "4036", "5636"], "is_small_rural": [False, True, True]}
    )
    names = {"an": official, "census": census, "everything": SimpleNamespace(panel=panel)}
    exec(source, names | {"display": shown.append})
    found = shown[0].set_index(["group", "term"])["estimate"]
    # Vinje: one of two decided was granted, one is pending; Oslo: one of one.
    assert found[True].to_dict() == {"applications": 3, "per municipality": 1.5, "success rate": 0.5}
    assert found[False].to_dict() == {"applications": 1, "per municipality": 1, "success rate": 1}


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
    form, _, faults = spreadsheet.read(path, list(declarations.form()))
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


# --- the official file in place of the third party's copy ---------------------------------------------


@pytest.fixture(scope="module")
def official(owners):
    """A register with six grants of the official file, one of them a FORKOMMUNE project and one a project of 250 000."""
    asked = parsed(
        made("VINJE KOMMUNE", start="2019", prosjekttittel="Helsefremmende arbeid"),
        made("OVERHALLA KOMMUNE", tildelt_belop="6247000.0", prosjekttittel="Beslutningsstøtte"),
        made("OVERHALLA KOMMUNE", tildelt_belop="100000.0", prosjekttittel="Forprosjekt"),
        made("TRONDHEIM KOMMUNE BYUTVIKLING", start="2020", tildelt_belop="8000000.0", prosjekttittel="Rør"),
        made("TRONDHEIM KOMMUNE BYUTVIKLING", start="2020", tildelt_belop="713393.0", prosjekttittel="Annet"),
        made("OSLO KOMMUNE BYDEL 12 ALNA", tildelt_belop="4139000.0", prosjekttittel="Harde hus"),
    )
    walk = reforms.build(
        raw.read("ssb_municipalities"), raw.read("ssb_code_changes"), raw.read("ssb_split_series")
    )
    rows = applications.as_register_rows(asked, owners(asked), "2026-11-26")
    register = research_council.with_official(files.read(), rows, walk)
    people = population.build(raw.read("ssb_population"), walk)
    return register, quality.tables(register, walk, people)


def test_the_official_grants_replace_the_copy(official):
    tables = official[1]
    rows = tables["participation"].query("programme_id == 'research_council_project_owner'")
    assert len(rows) == 6  # of 492 in the copy
    projects = tables["projects"].set_index("project_id").loc[rows["project_id"]]
    assert set(projects["title"]) == {
        "Helsefremmende arbeid", "Beslutningsstøtte", "Forprosjekt", "Rør", "Annet", "Harde hus",
    }  # fmt: skip
    assert sorted(projects["external_id"]) == list("012345")
    assert sorted(rows["own_amount_nok"]) == [100_000, 713_393, 4_139_000, 6_247_000, 6_286_158, 8_000_000]
    assert set(rows["source_kind"]) == {"publisher"} and set(rows["collection_id"]) == {"research_council"}
    sources = tables["sources"].set_index("source_id")["url"]
    assert set(rows["source_id"].map(sources)) == {applications.ADDRESS}


def test_all_else_in_the_register_stays(official):
    before = files.read()
    projects = before["projects"].set_index("project_id")["programme_id"]
    others = before["participations"][
        before["participations"]["project_id"].map(projects) != applications.PROGRAMME
    ]
    made = official[0]["participations"]
    assert set(others["record_id"]) <= set(made["record_id"])
    assert len(made) == len(others) + 6


def test_the_same_grant_points_to_the_official_project(official):
    projects = official[1]["projects"].set_index("project_id")
    titles = projects["title"]
    link = projects["same_grant_as"].dropna().map(titles)
    assert link["forkommune-decision-support-operation"] == "Beslutningsstøtte"  # by its amount
    assert link["forkommune-hard-house-persons-housing-services"] == "Harde hus"
    assert link["forkommune-health-promoting-cooperation-work"] == "Helsefremmende arbeid"
    assert link["pcp-renvann-trenchless-renewal-water"] == "Rør"  # one of two: the larger
    assert "forkommune-place-be-young" not in link  # not in the file: points to nothing
    assert projects["same_grant_as"].isna().equals(projects["same_grant_certainty"].isna())


def test_the_programme_says_what_the_list_is_now(official):
    row = official[1]["programmes"].set_index("programme_id").loc[applications.PROGRAMME]
    assert "egne åpne data" in row["coverage_note_nb"] and "own open data" in row["coverage_note_en"]
    assert row["source_url"] == applications.ADDRESS


def test_the_files_stay_as_they_are_and_have_no_faults(official):
    assert files.read().faults == [] and official[0].faults == []
    assert check_references(official[0].frames, official[0].package) == []


# --- EU participants --------------------------------------------------------------------------------------

#: Rows of the official file bevilgningereu as it was in August 2024, all municipalities of a sample of it.
OFFICIAL_EU = [
    ("818120", "WASTE2ROAD", "Biofuels from WASTE TO ROAD transport", "958935420", "OSLO KOMMUNE", "165757.5", 2018),
    ("769016", "GreenCharge", "GreenCharge", "958935420", "OSLO KOMMUNE", "302167.49999982", 2018),
    (
        "101036599", "REACHOUT",
        "RESILIENCE IN EUROPE THROUGH ACTIVATING CITY HUBS REACHING OUT TO USERS WITH TRIPLE-A CLIMATE ADAPTATION TOOLS",
        "820710592", "LILLESTRØM KOMMUNE", "118374.9999999", 2021,
    ),
    (
        "883286", "IMPETUS", "Intelligent Management of Processes, Ethics and Technology for Urban Safety",
        "958935420", "OSLO KOMMUNE", "786375", 2020,
    ),
]  # fmt: skip


def eu_file(*more):
    """A file in the official form."""
    header = [*research_council_loader.DECLARED["eu"]]
    lines = []
    for number, acronym, title, organisation, name, euro, year in [*OFFICIAL_EU, *more]:
        cells = {
            "Rammeprogram": "H2020", "Prosjektnr": number, "Prosjektkortnavn": acronym, "Prosjektnavn": title,
            "Organisasjonsnummer": organisation, "Organisasjonsnavn": name, "Organisasjon rolle": "COORDINATOR",
            "Deltakernr": "1", "Innvilget beløp organisasjon EUR": euro, "Kontrakt startdato": f"01.06.{year} 00:00",
        }  # fmt: skip
        lines.append(",".join(f'"{cells.get(column, "")}"' for column in header))
    text = "\n".join([",".join(header), *lines]) + "\n"
    return research_council_loader.parse_eu(text.encode())


def test_the_registers_rows_of_horizon_2020_are_those_of_the_official_file(made):
    rows = made["participation"].merge(made["projects"], on="project_id", suffixes=("", "_project"))
    rows = rows.set_index(["external_id", "participant_name"])
    for number, acronym, title, _, name, euro, year in OFFICIAL_EU:
        row = rows.loc[(number, name)]
        assert (row["year"], round(row["own_amount_eur"], 2)) == (year, round(float(euro), 2))
        assert row["title"] == (title if title == acronym else f"{acronym}: {title}")


def test_what_a_newer_file_adds_is_a_form_of_import():
    register = files.read()
    assert research_council.missing_eu(register, eu_file()).empty
    new = research_council.missing_eu(
        register,
        eu_file(("818120", "WASTE2ROAD", OFFICIAL_EU[0][2], "964964610", "VINJE KOMMUNE", "1000.5", 2018)),
    )
    assert new[["participant_name", "participant_type", "role", "own_amount_eur"]].to_numpy().tolist() == [
        ["VINJE KOMMUNE", "municipality", "lead", 1000.5]
    ]
    assert set(new) <= set(declarations.form())
    names = ("KOMMUNESEKTORENS ORGANISASJON", "KOMMUNEKRAFT AS", "NORSK INSTITUTT FOR BY- OG REGIONFORSKNING")
    others = [
        ("818120", "WASTE2ROAD", OFFICIAL_EU[0][2], f"91000000{k}", n, "1", 2018) for k, n in enumerate(names)
    ]
    assert research_council.missing_eu(register, eu_file(*others)).empty, (
        "no municipality, whatever the name holds"
    )
    title = register["projects"].set_index("external_id").loc["818120", "title"]
    assert new.loc[0, "project_title"] == title


def test_the_command_prints_what_is_missing(monkeypatch, capsys):
    monkeypatch.setattr(research_council_loader, "fetch_eu", eu_file)
    assert cli.main(["register", "official-grants", "--eu"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "programme_id,project_title,year,participant_name,participant_type,role,stage,confidence,"
        "organisation_number,own_amount_eur,external_id,source_url,source_kind"
    ]
