"""Editing as people do it: add, import, review, tidy; all or nothing, and every row accounted for."""

from __future__ import annotations

import argparse
import csv
import datetime
import random
import unicodedata

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.data.records import GOOD

from analysis import io
from analysis.errors import AnalysisError, DataError
from analysis.register import cli, commands, declarations, edit, files, review, spreadsheet
from analysis.tables import reforms

FORM = list(declarations.form())
TODAY = datetime.date(2026, 11, 21)


def rows(*items):
    return pd.DataFrame(items, index=range(2, len(items) + 2), columns=FORM, dtype="str")


def plan(checked, *items):
    return edit.plan(rows(*items), checked.register, checked.reforms, "new.csv", TODAY)


def run(*words):
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    arguments = parser.parse_args(words)
    return arguments.run(arguments)


def folder(project):
    return project / "data" / "raw" / "participation"


def snapshot(project):
    return {path.name: path.read_bytes() for path in folder(project).iterdir()}


def test_a_new_record_brings_its_project_and_source(checked):
    made = plan(checked, GOOD)
    assert made.faults == []
    assert made.records["outcome"].tolist() == ["added"]
    record, project, cited = (
        made.additions[name].iloc[0] for name in ("participations", "projects", "sources")
    )
    assert record["project_id"] == project["project_id"] == "klimasats-nytt-prosjekt"
    assert record["source_id"] == cited["source_id"]
    assert (record["confidence"], record["stage"], record["batch"]) == ("stated", "taking_part", "2026-11-21")
    assert record["record_id"] > checked.register["participations"]["record_id"].max()


def test_a_bokmal_title_is_taken_and_not_asked_for(checked):
    made = plan(
        checked, GOOD, {**GOOD, "project_title": "Reuse centre", "project_title_nb": " Ombrukssenter "}
    )
    assert made.faults == []
    titles = made.additions["projects"].set_index("title")["title_nb"]
    assert pd.isna(titles["Nytt prosjekt"])
    assert titles["Reuse centre"] == "Ombrukssenter"
    assert "project_title_nb" not in commands.ASKED


def test_one_project_in_two_sources_is_one_project(checked):
    made = plan(
        checked,
        GOOD,
        {
            **GOOD,
            "participant_name": "Utsira kommune",
            "source_url": "https://avis.no/sak",
            "source_kind": "press",
        },
        {**GOOD, "project_title": "nytt  PROSJEKT", "source_url": "http://www.example.no/klima/"},
    )
    assert made.records["outcome"].tolist() == ["added", "source added", "duplicate"]
    assert [len(made.additions[name]) for name in ("participations", "projects", "sources")] == [1, 1, 2]


def test_a_known_record_is_named_as_the_duplicate(checked):
    """Gjøvik takes part in the reuse centre of 2022 in the register already, by this very page."""
    parts, sources = checked.register["participations"], checked.register["sources"]
    known = parts[
        parts["project_id"].str.contains("reuse-centre") & (parts["participant_name"] == "Gjøvik")
    ].iloc[0]
    url = sources.set_index("source_id").loc[known["source_id"], "url"]
    made = plan(
        checked,
        {
            **GOOD,
            "project_id": known["project_id"],
            "year": known["year"],
            "participant_name": "GJØVIK KOMMUNE",
            "source_url": url,
        },
    )
    assert made.records["outcome"].tolist() == ["duplicate"]
    assert made.records["record_id"].tolist() == [known["record_id"]]


def test_two_old_units_of_one_municipality_are_two_participants(checked):
    made = plan(
        checked,
        {**GOOD, "year": "2018", "participant_name": "Skedsmo"},
        {**GOOD, "year": "2018", "participant_name": "Fet"},
    )
    assert made.records["outcome"].tolist() == ["added", "added"]


def test_nearest_candidates_are_offered_and_not_taken(checked):
    made = plan(
        checked,
        {**GOOD, "participant_name": "Utsirra"},
        {**GOOD, "project_title": None, "programme_id": None, "project_id": "gnist-gnist-202"},
    )
    text = "\n".join(map(str, made.faults))
    assert "near names: 1151 Utsira" in text
    assert "near ids: gnist-gnist-2021" in text
    assert made.records["outcome"].tolist() == ["refused", "refused"]
    with pytest.raises(DataError):
        edit.apply(made, checked.register)


@pytest.mark.slow
def test_no_record_without_a_source(project, capsys):
    before = snapshot(project)
    with pytest.raises(DataError, match="source_url: must be filled in"):
        run(
            "add",
            "--programme-id",
            "klimasats",
            "--project-title",
            "X",
            "--participant-name",
            "Utsira",
            "--year",
            "2021",
            "--write",
        )
    assert snapshot(project) == before


@pytest.mark.slow
def test_add_is_a_dry_run_until_it_is_told_to_write(project, capsys):
    words = [f"--{key.replace('_', '-')}={value}" for key, value in GOOD.items()]
    before = snapshot(project)
    assert run("add", *words) == 0
    assert snapshot(project) == before
    assert "Nothing is written yet" in capsys.readouterr().out
    assert run("add", *words, "--write") == 0
    after = snapshot(project)
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"participations.csv", "projects.csv", "sources.csv"}
    # Git shows one new line per file and nothing else.
    for name in changed:
        assert after[name].startswith(before[name])
        assert after[name].count(b"\n") == before[name].count(b"\n") + 1
    capsys.readouterr()
    assert run("add", *words, "--write") == 0
    assert "1 duplicate" in capsys.readouterr().out
    assert snapshot(project)["participations.csv"] == after["participations.csv"]


@pytest.mark.slow
def test_nothing_is_half_imported(project):
    file = project / "new.csv"
    pd.DataFrame([GOOD, {**GOOD, "participant_name": "Atlantis"}]).to_csv(file, index=False)
    before = snapshot(project)
    with pytest.raises(DataError, match="row 3, column participant_name"):
        run("import", str(file), "--write")
    assert snapshot(project) == before


def test_what_cannot_be_read_back_is_not_kept(project):
    before = snapshot(project)
    register = files.read()
    spoiled = register["participations"].assign(role="boss")
    with pytest.raises(DataError, match="boss"):
        files.write({"participations": spoiled})
    assert snapshot(project) == before
    assert list(project.rglob(".register-*")) == []


@pytest.mark.slow
def test_review_keeps_the_reason(checked, project, capsys):
    open_ones = review.open_candidates(checked)
    assert len(open_ones) == 53
    first = open_ones["candidate_id"].iloc[0]
    with pytest.raises(AnalysisError, match="reason"):
        run("review", first, "--reject", "--write")
    run("review", first, "--reject", "--reason", "no programme named", "--write")
    run(
        "review",
        "C0002",
        "--accept",
        "--reason",
        "confirmed by the page",
        "--source-kind",
        "participant",
        "--write",
    )
    candidates = files.read()["candidates"].set_index("candidate_id")
    assert candidates.loc[first, ["status", "reason"]].tolist() == ["rejected", "no programme named"]
    assert candidates.loc["C0002", "status"] == "accepted"
    parts = files.read()["participations"].set_index("record_id")
    assert (
        parts.loc[candidates.loc["C0002", "record_id"], "participant_name"]
        == candidates.loc["C0002", "participant_name"]
    )
    with pytest.raises(AnalysisError, match="no such open candidate"):
        run("review", first, "--accept", "--reason", "x")


@pytest.mark.slow
def test_a_rejected_candidate_does_not_come_back(project, capsys):
    file = project / "candidates.csv"
    pd.DataFrame([{**GOOD, "project_title": "A"}, {**GOOD, "project_title": "B"}]).to_csv(file, index=False)
    run("import", str(file), "--candidates", "--write")
    added = files.read()["candidates"]
    assert added["project_title"].tolist()[-2:] == ["A", "B"]
    run("review", added["candidate_id"].iloc[-1], "--reject", "--reason", "not this programme", "--write")
    capsys.readouterr()
    run("import", str(file), "--candidates", "--write")
    assert "0 new candidates, 2 known already" in capsys.readouterr().out


@pytest.mark.slow
def test_tidy_puts_right_what_excel_did(project, capsys):
    clean = snapshot(project)
    path = folder(project) / "groups.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[0, "member_name"] += " \u00a0"
    frame.to_csv(path, index=False, sep=";", encoding="utf-8-sig")
    with pytest.raises(DataError, match="register tidy"):
        run("check")
    run("tidy", "--write")
    assert snapshot(project) == clean
    assert "byte-order mark" in capsys.readouterr().out
    assert run("check") == 0


def test_tidy_changes_nothing_in_the_files_as_they_are():
    assert spreadsheet.tidy() == ([], {})


# --- 1 000 generated faulty rows: each repaired by a stated rule, or refused with row and column.

REFUSED = (
    [
        ("participant_name", value)
        for value in (
            '=HYPERLINK("http://x.no","se")',
            "+1+1",
            "@SUM(A1:A9)",
            "-2+3",
            "=cmd|' /C calc'!A0",
            "<script>alert(1)</script>",
            "Utsira<img src=x>",
            "B\u00c3\u00a6rum",
            "Utopia",
            "",
            "post@utsira.kommune.no",
            "Uts\x07ira",
            "Herøy",
            "1151",
            "Utsira og Bokn",
        )
    ]
    + [
        ("year", value)
        for value in ("43831", "20", "1890", "3021", "to tusen", "2020,5", "45/46", "-2020", "20 21")
    ]
    + [
        ("role", "boss"),
        ("role", "leder"),
        ("confidence", "sure"),
        ("participant_type", "kommune"),
        ("stage", "vant"),
        ("programme_id", "klimasatt"),
        ("project_title", ""),
        ("source_kind", "avis"),
        ("source_url", ""),
        ("source_url", "ftp://x.no"),
        ("source_url", "www.x.no"),
        ("source_url", "javascript:alert(1)"),
        ("source_url", "https://x.no/a b"),
        ("own_amount_nok", "1,5"),
        ("own_amount_nok", "1.500"),
        ("own_amount_nok", "ca. 5"),
        ("own_amount_nok", "-5"),
        ("own_amount_nok", "1.03E+06"),
        ("own_amount_eur", "1,2,3"),
        ("own_amount_eur", "12 34"),
        ("own_amount_nok", "0"),
        ("source_date", "43831"),
        ("source_date", "14/06/2019"),
        ("source_date", "2019-13-01"),
        ("source_date", "juni"),
        ("municipality_code", "9999"),
        ("municipality_code", "1.1E+03"),
        ("organisation_number", "95893542"),
        ("organisation_number", "9,59E+08"),
        ("note", "=1+1"),
        ("note", "ring <b>nå</b>"),
        ("note", "ola@example.no"),
    ]
)
REPAIRED = [
    ("participant_name", "Utsira ", "Utsira"),
    ("participant_name", "\u00a0Utsira\u00a0kommune", "Utsira kommune"),
    ("participant_name", "Utsira  kommune", "Utsira kommune"),
    ("year", "2021.0", "2021"),
    ("year", "2021,0", "2021"),
    ("year", "01.02.2021", "2021"),
    ("year", "2021-02-01", "2021"),
    ("year", " 2021", "2021"),
    ("role", "Lead", "lead"),
    ("role", "PARTNER", "partner"),
    ("confidence", "Stated", "stated"),
    ("participant_type", "Municipality ", "municipality"),
    ("own_amount_nok", "1 500 000", "1500000"),
    ("own_amount_nok", "1\u00a0500\u00a0000", "1500000"),
    ("own_amount_nok", "1.500.000", "1500000"),
    ("own_amount_nok", "1500000,00", "1500000"),
    ("own_amount_nok", "1500000,-", "1500000"),
    ("own_amount_eur", "96250,50", "96250.50"),
    ("own_amount_eur", "96\u00a0250,5", "96250.5"),
    ("source_date", "14.06.2019", "2019-06-14"),
    ("source_date", "1.6.2019", "2019-06-01"),
    ("note", "to  mellomrom\u00a0 her ", "to mellomrom her"),
]
ONLY_UNICODE = [
    ("participant_name", "Utsira\u200b", "Utsira"),
    ("participant_name", "\ufeffUtsira", "Utsira"),
    ("own_amount_nok", "1\u202f500\u202f000", "1500000"),
    ("note", unicodedata.normalize("NFD", "på øya"), "på øya"),
]
SAVED = [
    ("utf-8-sig", ";"),
    *(
        pytest.param(*how, marks=pytest.mark.slow)
        for how in (("utf-8", ","), ("cp1252", ";"), ("utf-16", "\t"))
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("encoding", "delimiter"), SAVED)
def test_generated_faulty_rows_are_repaired_or_refused_and_none_is_lost(
    checked, tmp_path, encoding, delimiter
):
    draw = random.Random(encoding)
    repaired = REPAIRED + ([] if encoding == "cp1252" else ONLY_UNICODE)
    refused = REFUSED + ([] if encoding == "cp1252" else [("participant_name", "B\ufffdrum")])
    items, expected = [], []
    for number in range(250):
        item = {**GOOD, "project_title": f"Prosjekt {number}", "source_url": f"https://example.no/{number}"}
        if draw.random() < 0.5:
            column, value = draw.choice(refused)
            expected.append((column, None))
        else:
            column, value, becomes = draw.choice(repaired)
            expected.append((column, becomes))
        items.append({**item, column: value})
    path = tmp_path / "from_excel.csv"
    pd.DataFrame(items).to_csv(path, index=False, sep=delimiter, encoding=encoding)
    said = encoding if encoding == "cp1252" else None  # letters alone do not tell it from Mac Roman
    frame, repairs, faults = spreadsheet.read(path, FORM, encoding=said)
    assert faults == []
    assert len(repairs) == {"utf-8": 0, "utf-8-sig": 2, "cp1252": 2, "utf-16": 2}[encoding]
    made = edit.plan(frame, checked.register, checked.reforms, path.name, TODAY)
    assert made.records.index.tolist() == list(range(2, 252))
    told = {(fault.row, fault.column) for fault in made.faults}
    added = made.additions["participations"].assign(
        row=made.records.index[made.records["outcome"] == "added"]
    )
    sources = made.additions["sources"].set_index("source_id")["date"]
    added = added.assign(source_date=added["source_id"].map(sources)).set_index("row")
    mended = {(item.row, item.column) for item in made.repairs}
    for row, (column, becomes) in enumerate(expected, 2):
        if becomes is None:
            assert made.records.loc[row, "outcome"] == "refused", items[row - 2]
            assert (row, column) in told, items[row - 2]
        else:
            assert made.records.loc[row, "outcome"] == "added", (items[row - 2], made.faults)
            assert (row, column) in mended, items[row - 2]
            assert added.loc[row, column] == becomes
    assert {row for row, _ in told} == {
        row for row, (_, becomes) in enumerate(expected, 2) if becomes is None
    }


def test_a_code_that_lost_its_zero_is_mended_and_checked_against_the_name(checked):
    oslo = {**GOOD, "participant_name": "Oslo", "municipality_code": "301"}
    made = plan(checked, oslo, {**oslo, "municipality_code": "1103"})
    assert made.records["outcome"].tolist() == ["added", "refused"]
    assert [(item.rule, item.after) for item in made.repairs] == [("leading zero", "0301")]
    assert made.faults[0].column == "municipality_code"


def test_columns_that_are_unknown_or_too_many_are_told(tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("participant_name;rolle;year\nUtsira;lead;2021;overs;x\n\n;;\n", encoding="utf-8")
    frame, _, faults = spreadsheet.read(path, FORM)
    assert {(fault.row, fault.column) for fault in faults} == {(1, "rolle"), (2, None)}
    assert len(frame) == 1


def test_reforms_are_those_of_the_snapshot(checked):
    assert reforms.crosswalk(checked.reforms, 2024)["municipality_code"].nunique() == 357


CELLS = st.one_of(st.text(max_size=30), st.from_regex(r"[\d .,:\u00a0-]{1,14}", fullmatch=True))


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.sampled_from(FORM), CELLS), min_size=5, max_size=10))
def test_what_was_repaired_needs_no_repair(checked, cells):
    form = files.resource(checked.register.package, "form")
    once, _ = spreadsheet.repair(rows(*({column: cell} for column, cell in cells)), form, "new.csv")
    twice, again = spreadsheet.repair(once, form, "new.csv")
    assert again == []
    assert twice.equals(once)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cell=st.text(max_size=30))
def test_any_exported_cell_is_inert_and_stays_one_cell(tmp_path_factory, cell):
    path = tmp_path_factory.mktemp("export") / "x.csv"
    frame = pd.DataFrame({"note": [cell, "after"], "n": [1, 2]}, dtype=object)
    io.write_atomically(path, io.csv_text(frame))
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert [len(line) for line in lines] == [2, 2, 2]
    assert lines[2] == ["after", "2"]
    assert not lines[1][0].startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
