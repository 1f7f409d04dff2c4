"""The register's files: every fault of a person's slip told with its row; nothing half written; no record lost."""

from __future__ import annotations

import datetime
import multiprocessing
import os
import shutil
from pathlib import Path

import pandas as pd
import pytest
from tests.data.records import GOOD

from analysis import raw
from analysis.errors import DataError
from analysis.register import declarations, edit, files, quality, spreadsheet


def edit_file(file, change):
    path = files.folder() / file
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    change(frame).to_csv(path, index=False, lineterminator="\n")


TODAY = datetime.date(2026, 11, 26)
REQUIRED = [
    (resource["path"], field["name"])
    for resource in files.package()["resources"]
    for field in resource["schema"]["fields"]
    if field.get("constraints", {}).get("required")
]


def test_a_blank_required_cell_is_a_fault_of_its_row(project):
    """Every required column of every file at once, also those that names are resolved by."""
    blanked = set()
    for resource in files.package()["resources"]:
        frame = pd.read_csv(files.folder() / resource["path"], dtype=str, keep_default_na=False)
        names = [column for file, column in REQUIRED if file == resource["path"]]
        if len(frame):
            edit_file(resource["path"], lambda f, n=names: f.assign(**{c: ["", *f[c][1:]] for c in n}))
            blanked |= {(resource["path"], 2, name) for name in names}
    with pytest.raises(DataError) as caught:
        quality.check()
    told = {(f.file, f.row, f.column) for f in caught.value.faults if f.problem == "must be filled in"}
    assert told == blanked


#: What is written into the first records of each column, one below the other, and what is told of each.
LOOKS_RIGHT = {
    ("sources", "url"): [("https://[::1", "no web address"), ("https:///x", "no web address")],
    ("sources", "date"): [("2019-02-31", "no such day")],
    ("sources", "retrieved"): [("2023-02-29", "no such day")],
    ("participations", "note"): [
        ("Porsá?gu gielda", "a letter is lost"),
        ("hid\u2066den", "invisible"),
        ("tag\U000e0041", "invisible"),
        ("x" * 10_000, "longer than"),
        ("x" * 140_000, "longer than"),
    ],
}


def test_what_only_looks_right_is_a_fault_of_its_row(project):
    for (file, column), cells in LOOKS_RIGHT.items():
        values = [value for value, _ in cells]
        edit_file(f"{file}.csv", lambda f, c=column, v=values: f.assign(**{c: [*v, *f[c][len(v) :]]}))
    found = files.read().faults
    for (file, column), cells in LOOKS_RIGHT.items():
        of = [fault for fault in found if (fault.file, fault.column) == (f"{file}.csv", column)]
        assert [fault.row for fault in of] == list(range(2, 2 + len(cells)))
        assert all(problem in fault.problem for fault, (_, problem) in zip(of, cells, strict=True))


@pytest.mark.slow
@pytest.mark.parametrize("url", ["https://[::1", "https:///x"])
def test_a_broken_address_in_an_import_is_a_fault_of_its_row(url):
    checked = quality.check()
    row = {"programme_id": "klimasats", "project_title": "X", "year": "2021", "participant_name": "Utsira"}
    rows = pd.DataFrame([row, row], index=[2, 3], columns=list(declarations.form()), dtype="str")
    rows["source_url"], rows["source_kind"] = ["https://example.no/a", url], "press"
    made = edit.plan(rows, checked.register, checked.reforms, "new.csv", TODAY)
    assert [(fault.row, fault.column) for fault in made.faults] == [(3, "source_url")]
    assert made.records["outcome"].tolist() == ["added", "refused"]


def test_one_file_that_cannot_be_read_is_one_fault(project):
    path = files.folder() / "counties.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    with pytest.raises(DataError) as caught:
        quality.check()
    assert [(fault.file, fault.row) for fault in caught.value.faults] == [("counties.csv", 1)]


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp850"])
def test_norwegian_letters_survive_the_encodings_that_spreadsheets_save(tmp_path, encoding):
    path = tmp_path / "x.csv"
    path.write_bytes("note\nBedre kjøp av sjøbad og bøker på Åsane\n".encode(encoding))
    frame, repairs, faults = spreadsheet.read(path, ["note"])
    assert frame["note"].tolist() == ["Bedre kjøp av sjøbad og bøker på Åsane"]
    assert [item.rule for item in repairs] == ["encoding"]
    assert faults == []


def test_leftovers_of_a_spreadsheet_are_repaired_in_the_registers_own_files(project):
    clean = {path.name: path.read_bytes() for path in files.folder().iterdir()}
    counties = files.folder() / "counties.csv"
    frame = pd.read_csv(counties, dtype=str, keep_default_na=False)
    for column in ("county_code", "successors_2024"):
        frame[column] = frame[column].str.lstrip("0")
    counties.write_text(frame.to_csv(index=False) + "\n\n", encoding="utf-8")
    groups = files.folder() / "groups.csv"
    groups.write_text(
        "sep=;\n" + pd.read_csv(groups, dtype=str).to_csv(index=False, sep=";"), encoding="utf-8"
    )
    months = {f"2019-{number:02d}": f"{name}.19" for number, name in [(4, "apr"), (5, "mai"), (10, "okt")]}
    edit_file("sources.csv", lambda frame: frame.assign(date=frame["date"].replace(months)))
    repairs, tables = spreadsheet.tidy()
    assert {item.rule for item in repairs} == {"blank rows", "delimiter", "leading zero", "date"}
    files.write(tables)
    assert {path.name: path.read_bytes() for path in files.folder().iterdir()} == clean


def record(checked=None, **cells):
    checked = checked or quality.check()
    rows = pd.DataFrame([{**GOOD, **cells}], index=[2], columns=list(declarations.form()), dtype="str")
    made = edit.plan(rows, checked.register, checked.reforms, "new.csv", TODAY)
    return edit.apply(made, checked.register)


def test_files_are_replaced_within_their_folder_which_may_be_a_file_system_of_its_own(project, monkeypatch):
    replace, moved = os.replace, []
    monkeypatch.setattr(
        os, "replace", lambda old, new: (moved.append((Path(old), Path(new))), replace(old, new))
    )
    files.write({"names": files.read()["names"]})
    assert files.folder() / "names.csv" in [new for _, new in moved]
    assert all(files.folder() in old.parents for old, _ in moved)


class Killed(BaseException):
    pass


@pytest.mark.parametrize("after", [pytest.param(n, marks=pytest.mark.slow) for n in range(3)])
def test_a_kill_between_files_leaves_a_sound_register_and_the_import_can_be_repeated(
    checked, project, monkeypatch, after
):
    tables, n_records = record(checked), len(files.read()["participations"])
    replace, done = os.replace, []

    def stop(old, new):
        if str(new).startswith(str(files.folder())) and not os.path.basename(old).startswith("."):
            if len(done) == after:
                raise Killed
            done.append(new)
        replace(old, new)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", stop)
        # A killed process removes nothing.
        patched.setattr(shutil, "rmtree", lambda *args, **kwargs: None)
        with pytest.raises(Killed):
            files.write(tables)
    assert len(quality.check().register["participations"]) == n_records
    assert raw.verify() == []
    with files.locked():
        assert list(project.rglob(".register-*")) == []  # what the killed process left is removed
        files.write(record())
    assert len(quality.check().register["participations"]) == n_records + 1


def _import(number, root):
    os.environ["ANALYSIS_ROOT"] = root
    with files.locked():
        files.write(record(project_title=f"Prosjekt {number}", source_url=f"https://example.no/{number}"))


@pytest.mark.slow
def test_two_imports_at_once_lose_no_record(project):
    n_records = len(files.read()["participations"])
    context = multiprocessing.get_context("fork")
    running = [context.Process(target=_import, args=(number, str(project))) for number in range(2)]
    for process in running:
        process.start()
    for process in running:
        process.join()
    assert [process.exitcode for process in running] == [0, 0]
    register = quality.check().register
    assert len(register["participations"]) == n_records + 2
    assert register["participations"]["record_id"].is_unique


def cut_at(path, at):
    path.write_bytes(path.read_bytes()[:at])


def test_a_register_that_lost_its_records_is_no_empty_register(project):
    path = files.folder() / "participations.csv"
    n_projects = len(files.read()["projects"])
    path.write_bytes(path.read_bytes().split(b"\n")[0] + b"\n")
    with pytest.raises(DataError) as caught:
        quality.check()
    assert [str(fault) for fault in caught.value.faults] == [
        f"participations.csv: holds no record, but projects.csv has {n_projects} projects: has it been emptied?"
    ]
    cut_at(path, 0)
    assert (
        "participations.csv: the file is empty; restore it with `git checkout data/raw/participation/"
        in str(files.read().faults[0])
    )


@pytest.mark.parametrize("at", [-1, -200])
def test_a_file_cut_in_its_last_row_is_told(project, at):
    path = files.folder() / "participations.csv"
    n_rows = len(files.read()["participations"]) + 1
    cut_at(path, at)
    told = [fault for fault in files.read().faults if fault.file == "participations.csv"]
    assert [(fault.row, "has the file been cut off?" in fault.problem) for fault in told] == [(n_rows, True)]
    if at == -1:  # nothing of the row is missing
        repairs, tables = spreadsheet.tidy()
        assert [(item.row, item.rule) for item in repairs] == [(n_rows, "line break")]
        files.write(tables)
        assert files.read().faults == []
    else:
        with pytest.raises(DataError, match="has the file been cut off"):
            spreadsheet.tidy()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b"\n \n", "the file is empty"),
        (
            b"year,participant_name,role\n2021,Vang,lead\n2021,Va",
            "row 3: 2 cells of 3, and ends without a line break",
        ),
    ],
)
def test_an_import_file_without_content_or_with_half_a_row_is_told(tmp_path, content, problem):
    path = tmp_path / "new.csv"
    path.write_bytes(content)
    faults = spreadsheet.read(path, list(declarations.form()))[2]
    assert len(faults) == 1 and problem in str(faults[0])


def test_an_import_file_may_end_without_a_line_break(tmp_path):
    """As some programs save: every row is whole."""
    path = tmp_path / "new.csv"
    path.write_bytes(b"year,participant_name\n2021,Vang")
    rows, repairs, faults = spreadsheet.read(path, list(declarations.form()))
    assert (len(rows), repairs, faults) == (1, [], [])
