"""What spreadsheets and people do to the register's files: put right and told, or refused in their row."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis import cli
from analysis.errors import DataError
from analysis.register import files, quality, spreadsheet


def read(path, text, encoding=None):
    path.write_bytes(text)
    frame, repairs, faults = spreadsheet.read(path, ["name", "note"], encoding)
    return frame["note"].tolist(), [item.rule for item in repairs], [fault.problem for fault in faults]


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp850"])
@pytest.mark.parametrize("note", ["Smørås skole på Ås", "Ærfugl – «prøv»", "Idé på Östlandet ved sjø"])
def test_an_encoding_that_shows_itself_is_read_and_told(tmp_path, encoding, note):
    try:
        content = f"name,note\nx,{note}\n".encode(encoding)
    except UnicodeEncodeError:
        pytest.skip("this encoding lacks one of the letters")
    assert read(tmp_path / "x.csv", content) == ([note], ["encoding"], [])


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp850"])
@pytest.mark.parametrize("note", ["Café og idé", "Universität Zürich"])
def test_an_encoding_that_cannot_be_told_is_asked_about(tmp_path, encoding, note):
    content = f"name,note\nx,{note}\n".encode(encoding)
    notes, repairs, faults = read(tmp_path / "x.csv", content)
    assert (notes, repairs) == ([], [])
    assert len(faults) == 1 and "--encoding" in faults[0] and "Mac Roman" in faults[0]
    # What it reads in the right encoding is among what is shown, and saying so is enough.
    assert note in faults[0]
    assert read(tmp_path / "x.csv", content, encoding) == ([note], ["encoding"], [])


@pytest.mark.parametrize("encoding", ["utf-7x", "ascii"])
def test_a_wrong_answer_about_the_encoding_is_a_fault(tmp_path, encoding):
    notes, _, faults = read(tmp_path / "x.csv", "name,note\nx,Idé\n".encode("cp1252"), encoding)
    assert notes == [] and len(faults) == 1


def test_a_workbook_is_refused_in_words(tmp_path):
    pd.DataFrame({"name": ["x"], "note": ["y"]}).to_excel(tmp_path / "x.xlsx", index=False)
    notes, repairs, faults = read(tmp_path / "x.xlsx", (tmp_path / "x.xlsx").read_bytes())
    assert (notes, repairs, len(faults)) == ([], [], 1)
    assert (
        "an Excel or LibreOffice file (.xlsx, .ods), not a CSV" in faults[0]
        and "save it as CSV UTF-8" in faults[0]
    )
    assert "PK" not in faults[0]


@pytest.mark.slow
def test_the_command_line_takes_the_answer(project, tmp_path, capsys):
    header = "programme_id;project_title;year;participant_name;role;source_url;source_kind;note"
    row = "startoff;Trinnvis rehabilitering;2021;Trondheim;lead;https://example.no/a;press;Idé"
    form = tmp_path / "form.csv"
    form.write_bytes(f"{header}\n{row}\n".encode("mac_roman"))
    assert cli.main(["register", "import", str(form)]) == 1
    assert "--encoding" in capsys.readouterr().err
    assert cli.main(["register", "import", str(form), "--encoding", "Mac Roman"]) == 0
    assert "1 added" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("written", "date"),
    [("apr.19", "2019-04"), ("Apr-19", "2019-04"), ("May-20", "2020-05"), ("des.07", "2007-12"),
     ("oct-21", "2021-10"), ("14.06.2019", "2019-06-14"), ("mar.98", "mar.98"), ("31.02.2019", "2019-02-31")],
)  # fmt: skip
def test_months_as_spreadsheets_show_them_become_dates_again(written, date):
    sources = next(item for item in files.package()["resources"] if item["name"] == "sources")
    frame = pd.DataFrame(columns=files.columns(sources), index=[2], dtype="str").assign(date=written)
    repaired, _ = spreadsheet.repair(frame, sources, "sources.csv")
    assert repaired.loc[2, "date"] == date


def edit(file, change):
    path = files.folder() / file
    frame = change(pd.read_csv(path, dtype=str, keep_default_na=False))
    path.write_text(frame.to_csv(index=False, lineterminator="\n"), encoding="utf-8")


def told(register):
    return [(fault.file, fault.row, fault.column) for fault in register.faults]


@pytest.mark.parametrize(("column", "text"), [("round", "jan.20"), ("round", "2-Jan"), ("note", "01.feb")])
def test_a_text_that_became_a_date_is_told(project, column, text):
    edit("projects.csv", lambda frame: frame.assign(**{column: [text, *frame[column][1:]]}))
    assert told(files.read()) == [("projects.csv", 2, column)]


@pytest.mark.parametrize("length", [6_000, 131_073, 2_000_000])
def test_a_cell_of_any_length_is_a_fault_of_its_row_and_column(project, length):
    edit("projects.csv", lambda frame: frame.assign(note=["x" * length, *frame["note"][1:]]))
    assert told(files.read()) == [("projects.csv", 2, "note")]
    frame, _, faults = spreadsheet.read(files.folder() / "projects.csv", files.columns(resource("projects")))
    assert not faults and len(frame.loc[2, "note"]) == length


def resource(name):
    return next(item for item in files.package()["resources"] if item["name"] == name)


@pytest.mark.parametrize("lost", ["note", "topic"])
def test_a_deleted_column_is_not_put_back_as_a_blank_one(project, lost):
    path = files.folder() / "projects.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False).drop(columns=lost)
    path.write_text(frame.to_csv(index=False) + ",\n,\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        spreadsheet.tidy()
    assert [(fault.file, fault.column) for fault in caught.value.faults] == [("projects.csv", lost)]


def test_columns_that_were_moved_are_put_back(project):
    path = files.folder() / "counties.csv"
    clean = path.read_bytes()
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame = frame[frame.columns[::-1]].rename(columns=str.upper)
    path.write_text(frame.to_csv(index=False, lineterminator="\n"), encoding="utf-8")
    repairs, tables = spreadsheet.tidy()
    assert [item.rule for item in repairs] == ["header"]
    files.write(tables)
    assert path.read_bytes() == clean


LEFT_BLANK = ["\n" * 40, ",\n" * 3, ' , \n"",\n']


@pytest.mark.parametrize("blank", LEFT_BLANK)
def test_blank_rows_of_every_kind_are_left_out(tmp_path, blank):
    notes, repairs, faults = read(tmp_path / "x.csv", f"name,note\nx,y\n{blank}".encode())
    assert (notes, repairs, faults) == (["y"], ["blank rows"], [])


@pytest.mark.parametrize("text", ["name,note,,\nx,y,,\n", "name,,note\nx,,y\n", ",name,note\n,x,y\n"])
def test_nameless_empty_columns_are_left_out_wherever_they_stand(tmp_path, text):
    assert read(tmp_path / "x.csv", text.encode()) == (["y"], ["blank rows"], [])


@pytest.mark.parametrize("text", ["name,note,\nx,y,z\n", "name,,note\nx,z,y\n", "name,note\nx,y,z\n"])
def test_a_cell_without_a_column_is_a_fault_of_its_row(tmp_path, text):
    _, _, faults = read(tmp_path / "x.csv", text.encode())
    assert faults == ["more cells than the header's 2 names"]


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "sep=;\r"])
def test_a_line_that_names_the_delimiter_is_left_out(tmp_path, first):
    notes, repairs, faults = read(tmp_path / "x.csv", f"{first}\nname;note\nx;y, z\n".encode())
    assert (notes, repairs, faults) == (["y, z"], ["delimiter"], [])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "make"),
    [
        ("names.csv", lambda raw: b"\xef\xbb\xbf" + raw),
        ("groups.csv", lambda raw: raw.replace(b",", b";")),
        ("sources.csv", lambda raw: raw.decode().encode("utf-16")),
        ("projects.csv", lambda raw: raw.decode().encode("cp1252", "replace")),
        ("former_units.csv", lambda raw: None),
        ("participations.csv", lambda raw: b""),
    ],
)
def test_a_file_that_cannot_be_read_is_told_once_and_nothing_else_for_it(project, file, make):
    path = files.folder() / file
    content = make(path.read_bytes())
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        quality.check()
    assert {fault.file for fault in caught.value.faults} == {file}
    assert len(caught.value.faults) < 30


@pytest.mark.parametrize(
    ("name", "column", "value", "repaired"),
    [
        ("counties", "county_code", "3", "03"),
        ("counties", "successors_2024", "3;31", "03;31"),
        ("counties", "successors_2024", "31; 3", "31; 3"),
        ("former_units", "code", "104", "0104"),
        ("former_units", "code", "1804", "1804"),
    ],
)
def test_a_zero_that_was_lost_comes_back(name, column, value, repaired):
    frame = pd.DataFrame(columns=files.columns(resource(name)), index=[2], dtype="str")
    done, _ = spreadsheet.repair(frame.assign(**{column: value}), resource(name), f"{name}.csv")
    assert done.loc[2, column] == repaired


@pytest.mark.parametrize("note", ["Porsá?gu gielda", "Kár??johka", "M?re og Romsdal", "Lule?"])
def test_a_letter_that_was_lost_is_told(project, note):
    edit("projects.csv", lambda frame: frame.assign(note=[note, *frame["note"][1:]]))
    assert told(files.read()) == ([("projects.csv", 2, "note")] if note != "Lule?" else [])


@pytest.mark.parametrize("note", ["Company® café", "Norway’s café", "3¾ år", "© Näringsdepartementet"])
def test_a_sign_that_is_a_norwegian_letter_elsewhere_is_no_evidence(tmp_path, note):
    notes, _, faults = read(tmp_path / "x.csv", f"name,note\nx,{note}\n".encode("cp1252"))
    assert notes == [note] or len(faults) == 1


def test_one_odd_letter_does_not_hide_what_many_show(tmp_path):
    rows = "x,sjøbad på øya\ny,BÃ¦rum\n"
    notes, repairs, faults = read(tmp_path / "x.csv", f"name,note\n{rows}".encode("cp1252"))
    assert (notes, repairs, faults) == (["sjøbad på øya", "BÃ¦rum"], ["encoding"], [])
