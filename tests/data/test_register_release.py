"""Releases: valid by a second tool, safe in a spreadsheet, described in full, told apart from the last."""

from __future__ import annotations

import datetime
import hashlib
import html
import io as text_io
import json
import shutil
import subprocess
import zipfile
from html.parser import HTMLParser

import frictionless
import pandas as pd
import pytest

from analysis import io
from analysis.register import code_labels, codebook, files, quality, release, workbook

TODAY = datetime.date(2026, 11, 21)


@pytest.fixture(scope="module")
def folder(checked, tmp_path_factory):
    return release.release(checked, TODAY, tmp_path_factory.mktemp("dist"))


def valid(path):
    report = frictionless.Package(str(path)).validate()
    return report.valid, report.flatten(["title", "rowNumber", "fieldName", "message"])[:5]


@pytest.mark.slow
def test_the_register_and_its_release_are_valid_data_packages(folder):
    assert valid(files.folder() / "datapackage.json") == (True, [])
    assert valid(folder / "datapackage.json") == (True, [])


@pytest.mark.slow
def test_frictionless_finds_what_our_check_finds(project):
    """The same faults by the same schema: an unknown project, a bad role and a year out of range."""
    path = files.folder() / "participations.csv"
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.loc[0, "role"], frame.loc[1, "year"], frame.loc[2, "project_id"] = "boss", "1890", "nowhere"
    frame.to_csv(path, index=False, lineterminator="\n")
    report = frictionless.Package(str(files.folder() / "datapackage.json")).validate()
    theirs = {row for (row,) in report.flatten(["rowNumber"]) if row}
    ours = {fault.row for fault in files.read().faults}
    assert theirs == ours == {2, 3, 4}


@pytest.mark.slow
def test_the_release_holds_all_that_was_promised(folder, checked):
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {
        "datapackage.json",
        "CODEBOOK.md",
        "codebook.html",
        "CITATION.cff",
        "CHANGELOG.md",
        "LICENSE.txt",
        "README.md",
        "SHA256SUMS",
    } <= names
    tables = {name.removesuffix(".csv") for name in names if name.endswith(".csv")}
    assert tables == {name[8:].removesuffix(".parquet") for name in names if name.startswith("parquet/")}
    assert {"participation_resolved", "participations", "projects", "sources", "programmes"} <= tables
    assert "candidates" not in tables  # they are not confirmed
    table = pd.read_parquet(folder / "parquet" / "participation_resolved.parquet")
    assert len(table) == len(checked.tables["participation"])
    assert pd.api.types.is_integer_dtype(table["population_then"])
    text = pd.read_csv(folder / "participation_resolved.csv", dtype=str)
    assert set(text["municipality_code"].dropna().str.len()) == {4}
    assert folder.name == f"dataset-{checked.register.package['version']}"


def test_the_release_stands_alone(folder, checked):
    """Checksums hold, the zip holds the same files, the denominator is there and keys lead to their rows."""
    listed = dict(line.split("  ")[::-1] for line in (folder / "SHA256SUMS").read_text().splitlines())
    files_there = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
    assert set(listed) == set(files_there) - {"SHA256SUMS"}
    assert all(
        hashlib.sha256(files_there[name].read_bytes()).hexdigest() == said for name, said in listed.items()
    )
    with zipfile.ZipFile(folder.with_name(f"{folder.name}.zip")) as packed:
        assert {f"{folder.name}/{name}" for name in files_there} == set(packed.namelist())
        assert packed.testzip() is None
    municipalities = pd.read_csv(folder / "municipalities.csv", dtype=str)
    assert len(municipalities) == 357
    assert municipalities["population"].astype(int).sum() == 5_550_203  # SSB: Norway, 1 January 2024
    rows = pd.read_csv(folder / "participation_resolved.csv", dtype=str)
    assert rows["municipality_code"].dropna().isin(municipalities["municipality_code"]).all()
    assert "Creative Commons Attribution 4.0" in (folder / "LICENSE.txt").read_text(encoding="utf-8")
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert all(f"```{language}\n" in text for language in ("python", "r", "stata"))
    # A list is complete for a part of time, which the reader of the release is told.
    of_digisos = next(
        line for line in text.splitlines() if line.startswith("- Digital application for social")
    )
    assert of_digisos.endswith("(Digisos): the whole country, 24 April 2018 to 3 November 2019")


@pytest.mark.slow
def test_the_pandas_example_of_the_release_runs(folder, monkeypatch):
    """Horizon 2020 reaches 13 municipalities, as the Research Council's data has it."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    lines = text.split("```python\n")[1].split("```")[0].strip().splitlines()
    monkeypatch.chdir(folder)
    space: dict = {}
    exec("\n".join(lines[:-2]), space)  # what the release itself prints for a reader
    assert eval(lines[-2], space)["horizon_2020"] == 13
    assert eval(lines[-1], space) == 357


def stata(path):
    """A table for Stata as pandas reads it, and its labels."""
    with pd.io.stata.StataReader(path) as reader:
        return reader.read(), reader.variable_labels()


@pytest.mark.slow
def test_the_stata_files_say_what_the_csv_says(folder):
    """Codes keep their zero, unknown is missing and never 0, letters are Norwegian, every variable has a label."""
    for path in sorted((folder / "stata").glob("*.dta")):
        table, labels = stata(path)
        text = pd.read_csv(folder / f"{path.stem}.csv", dtype=str)
        assert list(table) == list(text) and len(table) == len(text) and all(labels.values())
        for name in table:
            if pd.api.types.is_numeric_dtype(table[name]):
                unknown = text[name].isna()
                assert (table[name].isna() == unknown).all(), (path.stem, name)
            else:
                assert (table[name] == text[name].fillna("")).all(), (path.stem, name)
    table, _ = stata(folder / "stata/municipalities.dta")
    assert "0301" in set(table["municipality_code"]) and "Bærum" in set(table["municipality_name"])
    assert table["population"].sum() == 5_550_203  # SSB: Norway, 1 January 2024


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("Rscript"), reason="R is not installed")
def test_a_second_reader_opens_the_stata_files(folder):
    """R's haven, where it is installed, counts the 13 municipalities of Horizon 2020."""
    code = (
        'if (!requireNamespace("haven", quietly = TRUE)) quit(status = 77);'
        'd <- haven::read_dta("stata/participation_resolved.dta");'
        'taken <- d$programme_id == "horizon_2020" & d$municipality_code != "";'
        "cat(length(unique(d$municipality_code[taken])), attr(d$year, 'label'))"
    )
    done = subprocess.run(
        ["Rscript", "--vanilla", "-e", code], cwd=folder, capture_output=True, text=True, timeout=60
    )
    if done.returncode == 77:
        pytest.skip("haven is not installed")
    assert done.stdout.startswith("13 Year"), done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("Rscript"), reason="R is not installed")
def test_the_r_example_of_the_release_runs(folder):
    """Base R counts what pandas counts: 13 municipalities in Horizon 2020, 97 project owners, 104 with Digisos."""
    code = (folder / "README.md").read_text(encoding="utf-8").split("```r\n")[1].split("```")[0]
    command = ["Rscript", "--vanilla", "-e", code]
    out = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=60).stdout
    assert {"13", "97", "104"} <= set(out.split()) and "[1] 357" in out


@pytest.mark.slow
def test_a_second_release_of_the_same_data_is_the_same_to_the_byte(folder, checked, tmp_path):
    again = release.release(checked, TODAY, tmp_path)
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            assert path.read_bytes() == (again / path.relative_to(folder)).read_bytes(), path.name
    zips = [where.with_name(f"{where.name}.zip").read_bytes() for where in (folder, again)]
    assert zips[0] == zips[1]


@pytest.mark.parametrize("text", ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_exported_text_cannot_run_as_a_formula(text):
    frame = pd.DataFrame({"note": [text, "fine", None], text: ["a", "b", "c"], "n": [-1, 2, 3]})
    back = pd.read_csv(text_io.StringIO(io.csv_text(frame)), dtype=str, keep_default_na=False)
    cells = [*back["note"], *back.columns]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "＝"))]
    assert back["note"].tolist()[1:] == ["fine", ""]
    assert back["n"].tolist() == ["-1", "2", "3"]  # a number is a number


class Outline(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.ids, self.links, self.open = [], [], [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.tags.append((tag, attrs))
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.links += [attrs["href"]] if "href" in attrs else []
        if tag not in ("meta", "br", "img", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_codebook_says_every_column(folder, checked):
    package, frames = codebook.describe(checked)
    page = (folder / "codebook.html").read_text(encoding="utf-8")
    text = (folder / "CODEBOOK.md").read_text(encoding="utf-8")
    outline = Outline()
    outline.feed(page)
    assert outline.open == []
    assert {link.removeprefix("#") for link in outline.links} == set(outline.ids)
    assert ("html", {"lang": "en"}) in outline.tags
    for resource in package["resources"]:
        assert [field["name"] for field in resource["schema"]["fields"]] == list(
            frames[resource["name"]].columns
        )
        for field in resource["schema"]["fields"]:
            assert len(field["description"]) >= 3
            assert f"<code>{field['name']}</code>" in page
            assert f"| `{field['name']}` |" in text
    # The share filled is that of the data: only rows of groups have a group.
    share = checked.register["participations"]["group_id"].notna().mean()
    line = next(line for line in text.splitlines() if "The group, for rows of type group" in line)
    assert line.endswith(f"| {share:.0%} |")


def test_a_description_cannot_break_the_page(checked):
    package, frames = codebook.describe(checked)
    package = {**package, "title": "<script>alert(1)</script> & more"}
    page = codebook.html(package, frames)
    assert "<script>" not in page
    policy = page.split('Content-Security-Policy" content="')[1].split('"')[0]
    assert (
        "default-src 'none'" in html.unescape(policy)
        and "unsafe" not in policy
        and "script-src" not in policy
    )


@pytest.mark.slow
def test_the_changelog_tells_new_changed_and_gone_records(project):
    first = quality.check()
    assert set(release.changes(first)["change"]) <= {"new"}
    release.seal(first)
    assert release.changes(quality.check()).empty
    parts = files.read()["participations"]
    kept = parts.iloc[1:].copy()
    kept.loc[kept["record_id"] == "R0002", "note"] = "another note"
    extra = kept.iloc[[0]].assign(record_id="R9999", participant_name="Utsira", note=None)
    # A project's title is no part of what a record says: another one changes no record.
    titled = files.read()["projects"].assign(title_nb="Et annet navn")
    files.write({"participations": pd.concat([kept, extra]), "projects": titled})
    told = release.changes(quality.check()).set_index("change")["record_id"].to_dict()
    assert told == {"new": "R9999", "changed": "R0002", "gone": "R0001"}


def test_quality_tells_what_rests_on_one_press_source():
    parts = pd.DataFrame(
        {
            "record_id": ["R1", "R2", "R3"],
            "project_id": ["p", "p", "q"],
            "participant_name": ["A", "B", "C"],
            "confidence": ["stated", "stated", "inferred"],
            "source_id": ["paper", "paper", "owner"],
            "further_source_ids": [None, "owner", None],
        }
    )
    sources = pd.DataFrame(
        {
            "source_id": ["paper", "owner"],
            "url": ["https://a.no", "https://b.no"],
            "publisher": ["a", "b"],
            "source_kind": ["press", "publisher"],
            "date": [None, None],
            "retrieved": ["2026-11-21"] * 2,
        }
    )
    table = quality.records(parts, sources).set_index("record_id")
    assert table["is_single_press"].tolist() == [True, False, False]
    assert table["n_sources"].tolist() == [1, 2, 1]
    assert table["best_source_kind"].tolist() == ["press", "publisher", "publisher"]
    links = quality.links(parts, sources).set_index("source_id")["n_records"]
    assert links.to_dict() == {"paper": 2, "owner": 2}


def test_every_column_and_code_of_the_workbook_has_a_label(folder):
    """Also for Stata, which takes no more than 80 characters."""
    labels, columns = code_labels.by_column(), code_labels.columns()
    package = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    for resource in package["resources"]:
        if resource["name"] not in workbook.SHEETS:
            continue
        for field in resource["schema"]["fields"]:
            assert 0 < len(columns[field["name"]]["en"]) <= 80 and columns[field["name"]]["nb"], field["name"]
            codes = field.get("constraints", {}).get("enum", [])
            if field["name"] != "size_band_then":  # its codes are their own names: 0-1999
                assert set(codes) <= set(labels.get(field["name"], {})), field["name"]
