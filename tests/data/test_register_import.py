"""Rows of other tables, totals and collections, imported all or none; what needs a source has one."""

from __future__ import annotations

import argparse

import pandas as pd
import pytest

from analysis import cli as command_line
from analysis.errors import AnalysisError, DataError
from analysis.register import cli, files, quality

TODAY = "2026-11-26"


def run(*words):
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    arguments = parser.parse_args([str(word) for word in words])
    return arguments.run(arguments)


@pytest.fixture
def sheet(tmp_path):
    def write(*rows):
        pd.DataFrame(rows).to_csv(tmp_path / "new.csv", index=False)
        return tmp_path / "new.csv"

    return write


def edit(file, **cells):
    path = files.folder() / file
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    for name, value in cells.items():
        frame.loc[0, name] = value
    frame.to_csv(path, index=False, lineterminator="\n")


CLAIM = {
    "claim_id": "barometer-2018-strategy",
    "topic": "survey",
    "source_url": "https://www.ks.no/fagomrader/innovasjon/barometer-2018/",
    "source_publisher": "KS",
    "source_kind": "publisher",
    "year": "2018",
    "number": "1 of 10",
    "unit": "municipalities",
    "wording_nb": "1 av 10 kommuner har en skriftlig strategi",
    "wording_en": "1 of 10 municipalities has a written strategy",
}
PROGRAMME = {
    "programme_id": "trial",
    "name_nb": "Forsøk",
    "name_en": "Trial",
    "owner_nb": "KDD",
    "owner_en": "KDD",
    "kind": "project",
    "coverage": "sample",
    "coverage_note_nb": "Ingen liste.",
    "coverage_note_en": "No list.",
    "scope": "development",
    "is_cooperation": "yes",
    "known_by_round": "no",
    "description_nb": "Forsøk",
    "description_en": "Trial",
    "status": "closed",
    "status_year": "2023",
    "status_source_url": "https://www.regjeringen.no/trial",
    "status_checked": TODAY,
    "source_url": "https://www.regjeringen.no/trial",
    "source_kind": "publisher",
}


@pytest.mark.slow
def test_claims_bring_their_sources(project, sheet, capsys):
    file = sheet(
        CLAIM,
        {**CLAIM, "claim_id": "second", "source_url": "http://ks.no/fagomrader/innovasjon/barometer-2018"},
    )
    before = len(files.read()["sources"])
    run("import", file, "--table", "claims", "--write")
    assert "2 rows of claims, 1 new source)" in capsys.readouterr().out
    tables = quality.check().tables
    assert len(tables["sources"]) == before + 1
    new = tables["claims"]["claim_id"].isin([CLAIM["claim_id"], "second"])
    assert tables["claims"].loc[new, "source_url"].nunique() == 1 and new.sum() == 2


@pytest.mark.parametrize("write", [[], ["--write"]])
def test_what_is_there_already_is_not_written(write, project, sheet, checked, capsys, monkeypatch):
    monkeypatch.setattr(quality, "check", lambda: checked)
    parts, projects, sources = (checked.register[name] for name in ("participations", "projects", "sources"))
    row = parts[parts["participant_type"] == "municipality"].iloc[0]
    source = sources.set_index("source_id").loc[row["source_id"]]
    kept = ["project_id", "year", "participant_name", "participant_type", "role", "confidence", "stage"]
    programme = projects.set_index("project_id").loc[row["project_id"], "programme_id"]
    cited = {"programme_id": programme, "source_url": source["url"], "source_kind": source["source_kind"]}
    assert run("import", sheet({**row[kept].dropna(), **cited}), *write) == 0
    said = capsys.readouterr().out
    assert "1 duplicate" in said and "Nothing was written: nothing is new (0 rows)." in said


@pytest.mark.slow
def test_a_programme_is_added_with_what_is_known_of_it(project, sheet):
    run("import", sheet(PROGRAMME), "--table", "programmes", "--write")
    made = quality.check().tables["programmes"].set_index("programme_id").loc["trial"]
    assert (made["scope"], made["status"], made["status_year"]) == ("development", "closed", 2023)
    assert made["is_cooperation"]
    assert made["status_source_id"] == made["source_id"]


@pytest.mark.parametrize("column", ["status", "apply_url", "eligible"])
def test_what_is_said_of_a_programme_needs_its_source_and_day(project, column):
    value = {"status": "open", "apply_url": "https://example.no/apply", "eligible": "all"}[column]
    edit("programmes.csv", **{column: value, f"{column}_source_id": "", f"{column}_checked": ""})
    told = {(fault.row, fault.column, fault.problem) for fault in files.read().faults}
    assert told == {
        (2, column, f"needs {column}_source_id beside it"),
        (2, column, f"needs {column}_checked beside it"),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "cells", "column"),
    [
        ("participations.csv", {"year_from": "2015"}, "year_from"),  # its year is known
        ("participations.csv", {"year": "", "year_from": "2019", "year_to": "2017"}, "year_to"),
        ("participations.csv", {"collection_id": "nowhere"}, "collection_id"),
        ("participations.csv", {"date": "2019-02-30"}, "date"),
        ("projects.csv", {"continues_project_id": "nowhere"}, "continues_project_id"),
        ("projects.csv", {"same_grant_as": "lup-joint-procurement-electronic"}, "same_grant_as"),
        ("projects.csv", {"form": "group"}, "form"),
        ("projects.csv", {"n_grants": "0"}, "n_grants"),
        ("programmes.csv", {"scope": ""}, "scope"),
        ("programmes.csv", {"is_cooperation": "perhaps"}, "is_cooperation"),
        ("programmes.csv", {"eligible": "Nordland"}, "eligible"),
        ("programmes.csv", {"coverage_note_nb": ""}, "coverage_note_nb"),
        ("rounds.csv", {"county_codes_then": "Oppland"}, "county_codes_then"),
        ("rounds.csv", {"checked": ""}, "checked"),
        ("collections.csv", {"aimed_at_small": "true"}, "aimed_at_small"),
    ],
)
def test_the_new_columns_are_checked(project, file, cells, column):
    edit(file, **cells)
    faults = files.read().faults
    assert {(fault.file, fault.row) for fault in faults} == {(file, 2)}
    assert column in {fault.column for fault in faults}


@pytest.mark.slow
def test_totals_are_translated_or_refused_all_at_once(project, sheet, capsys):
    good = {
        "programme_id": "klimasats",
        "round": "2021",
        "year": "2021",
        "measure": "Søknader",
        "value": "331",
        "qualifier": "om lag",
        "source_url": "https://example.no/klimasats-2021",
        "source_kind": "publisher",
    }
    before = len(files.read()["published_totals"])
    bad = [{**good, "measure": "per cent of workplaces"}, {**good, "value": "1 in 10", "qualifier": "some"}]
    with pytest.raises(DataError) as caught:
        run("import-totals", sheet(good, *bad), "--write")
    told = {(fault.row, fault.column) for fault in caught.value.faults}
    assert told == {(3, "measure"), (4, "value"), (4, "qualifier")}
    assert len(files.read()["published_totals"]) == before
    run("import-totals", sheet(good), "--write")
    made = quality.check().tables["published_totals"].iloc[-1]
    assert (made["measure"], made["value"], made["qualifier"]) == ("applications", 331, "about")
    assert made["source_url"] == good["source_url"]


def test_a_total_of_a_programme_that_is_not_there_is_refused(project, sheet):
    row = {
        "programme_id": "nowhere",
        "round": "all",
        "measure": "projects",
        "value": "1",
        "qualifier": "exact",
    }
    with pytest.raises(DataError, match="nowhere"):
        run(
            "import-totals",
            sheet({**row, "source_url": "https://example.no/x", "source_kind": "press"}),
            "--write",
        )


@pytest.mark.slow
def test_records_carry_their_collection_date_and_bounds(project, sheet):
    row = {
        "programme_id": "klimasats",
        "project_title": "Nytt prosjekt",
        "participant_name": "Utsira",
        "source_url": "https://example.no/klima",
        "source_kind": "publisher",
        "form": "list",
        "n_grants": "2",
    }
    file = sheet(
        {**row, "year": "2021", "date": "2021-06"},
        {**row, "participant_name": "Bokn", "year_from": "2018", "year_to": "2020"},
        {**row, "participant_name": "Kvitsøy"},
    )
    with pytest.raises(AnalysisError, match="no such collection; there are core"):
        run("import", file, "--collection", "mine", "--write")
    run("import", file, "--collection", "small_rural", "--write")
    tables = quality.check().tables
    made = tables["participation"].tail(3).set_index("participant_name")
    assert made["collection_id"].eq("small_rural").all()
    assert made.loc["Utsira", ["date", "date_precision"]].tolist() == ["2021-06", "month"]
    assert made.loc["Bokn", ["year_from", "year_to"]].tolist() == [2018, 2020]
    assert made.loc["Kvitsøy", "year_from"] == 2016  # the programme's first year
    assert pd.isna(made.loc["Kvitsøy", "year_to"])  # it goes on
    assert made.loc["Utsira", ["year_from", "year_to"]].isna().all()
    assert tables["projects"].iloc[-1][["form", "n_grants"]].tolist() == ["list", 2]


@pytest.mark.slow
def test_members_of_cooperations_have_codes_and_unnamed_groups_a_county(project, sheet):
    row = {
        "cooperation_id": "purchasing-of-the-test",
        "name": "Nordmøre Interkommunale Innkjøpssamarbeid",
        "kind": "standing",
        "from_year": "2002",
        "source_url": "https://nii.as/om-nii",
        "source_kind": "participant",
    }
    file = sheet(
        {**row, "member_name": "Aure", "as_of_year": "2020"},
        {**row, "member_name": "Skedsmo", "as_of_year": "2018"},
        {**row, "unnamed_members": "7", "county_hint": "Trøndelag"},
    )
    before = len(files.read()["cooperations"])
    run("import", file, "--table", "cooperations", "--write")
    made = quality.check().tables["cooperations"]
    made = made[made["cooperation_id"] == row["cooperation_id"]]
    assert made["municipality_code"].fillna("").tolist() == ["1576", "3205", ""]
    assert made["county_code"].tolist() == ["15", "32", "50"]
    assert made["unnamed_members"].isna().tolist() == [True, True, False]
    with pytest.raises(DataError, match=r"Os.+county_hint"):  # two places had the name; nothing is written
        run(
            "import",
            sheet({**row, "member_name": "Os", "as_of_year": "2019"}),
            "--table",
            "cooperations",
            "--write",
        )
    assert len(files.read()["cooperations"]) == before + 3
    edit("cooperations.csv", member_name="", unnamed_members="")
    with pytest.raises(DataError, match="either a member or"):
        quality.check()


def test_a_template_is_the_header_of_its_form(capsys):
    run("template", "claims")
    assert capsys.readouterr().out.startswith("claim_id,topic,source_id,source_url,page,")
    run("template")
    assert "participant_name" in capsys.readouterr().out


@pytest.mark.slow
def test_an_unknown_programme_is_told_once_with_the_next_step(project, capsys):
    form = project / "form.csv"
    form.write_text(
        "programme_id,project_title,year,participant_name,role,confidence,source_url,source_kind\n"
        "klimasat,Sensors,2023,Vang,lead,stated,https://example.org/scheme,publisher\n",
        encoding="utf-8",
    )
    assert command_line.main(["register", "import", str(form)]) == 1
    printed = capsys.readouterr()
    said = printed.out + printed.err
    assert said.count("no such programme; near ids: klimasats") == 1
    assert "`register add-programme`" in said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["review", "--accept"], "Say which candidate"),
        (["review", "C9999"], "There is no candidate 'C9999'"),
    ],
)
def test_a_decision_names_a_candidate_that_is_there(command, said, capsys):
    assert command_line.main(["register", *command]) == 1
    assert said in capsys.readouterr().err


def test_a_column_that_is_not_there_is_answered_in_one_line(tmp_path, capsys):
    form = tmp_path / "form.csv"
    form.write_text("kommune,participantname,year\nVang,Vang,2020\n", encoding="utf-8")
    assert command_line.main(["register", "import", str(form)]) == 1
    said = capsys.readouterr().err
    assert "did you mean participant_name?" in said and "register template" in said
    assert max(map(len, said.splitlines())) < 140


def test_an_unknown_column_of_a_table_points_to_the_explanation_of_that_table(project, tmp_path, capsys):
    path = tmp_path / "new.csv"
    path.write_text("url,utgiver_xyz\nhttps://example.no,A\n", encoding="utf-8")
    assert command_line.main(["register", "import", str(path), "--table", "sources"]) == 1
    assert "`register template sources --explain` says what there is" in capsys.readouterr().err
    assert command_line.main(["register", "template", "sources", "--explain"]) == 0
