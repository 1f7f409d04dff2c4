"""data/raw: provenance is complete, bytes are checked, nothing slips in."""

from __future__ import annotations

import os
import shutil

import pandas as pd
import pytest

from analysis import raw
from analysis.errors import DataError


def test_every_file_has_a_complete_record():
    records = raw.catalogue()
    required = ["title_nb", "title_en", "publisher_nb", "publisher_en", "table_or_query", "url", "licence"]
    required += ["attribution", "retrieved", "obtained_from", "sha256"]
    assert (records[required] != "").all().all()
    assert records["url"].str.startswith("https://").all()
    assert raw.verify() == []


def test_recorded_rows_are_those_of_the_files():
    for source_id, record in raw.catalogue().iterrows():
        read = raw.read_geometry if record["file"].endswith(".parquet") else raw.read
        assert len(read(source_id)) == record["rows"]


def test_embedded_data_stays_small():
    assert sum(raw.locate(source_id).stat().st_size for source_id in raw.catalogue().index) < 6_000_000


@pytest.mark.parametrize("dataset", list(raw.catalogue().index))
def test_one_flipped_byte_is_refused_by_name(project, dataset):
    path = raw.locate(dataset)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        raw.locate(dataset)
    message = str(caught.value)
    assert path.name in message
    assert "expected" in message and "got" in message


def test_missing_and_unrecorded_files_are_named(project):
    (project / "data/raw/ssb/area.csv").unlink()
    (project / "data/raw/ssb/stray.csv").write_text("a\n1\n")
    text = " ".join(map(str, raw.verify()))
    assert "ssb/area.csv" in text and "ssb/stray.csv" in text


def test_unknown_dataset_lists_the_known():
    with pytest.raises(DataError, match="ssb_population"):
        raw.locate("ssb_populaton")


def test_what_systems_leave_in_a_folder_is_passed_over(project):
    for name in (".DS_Store", "ssb/.DS_Store", "ssb/Thumbs.db", ".register-x1/participations.csv"):
        path = project / "data/raw" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    assert raw.verify() == []


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe", None])
def test_a_damaged_catalogue_is_told_in_a_sentence(project, content):
    path = project / "data/raw/catalogue.csv"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(DataError, match=r"catalogue\.csv.*git checkout"):
        raw.catalogue()


def record(**changes):
    """A complete record of a source."""
    return dict.fromkeys(set(raw.COLUMNS) - {"source_id", "sha256", "rows"}, "") | changes


@pytest.mark.slow
def test_a_file_and_its_record_are_replaced_together(project):
    frame = pd.DataFrame({"municipality_code": ["0301"], "year": [2026], "status": [":"]})
    raw.replace("ssb_new", frame, record(file="ssb/new.csv", updated="2026-02-25"))
    assert raw.read("ssb_new").to_dict("records") == [
        {"municipality_code": "0301", "year": "2026", "status": ":"}
    ]
    found = raw.catalogue().loc["ssb_new"]
    assert (found["rows"], found["updated"]) == (1, "2026-02-25")
    assert raw.verify() == []
    again = pd.concat([frame, frame.assign(year=2027)])
    raw.replace("ssb_new", again, record(file="ssb/new.csv"))
    assert raw.catalogue().loc["ssb_new", "rows"] == 2
    assert raw.verify() == []


def test_an_embedded_file_read_and_written_again_is_the_same(project):
    for source_id, row in raw.catalogue().iterrows():
        if row["file"].endswith(".csv"):
            assert raw.encode(raw.read(source_id)) == raw.locate(source_id).read_bytes(), source_id


@pytest.mark.slow
@pytest.mark.parametrize(
    "moves", [pytest.param(n, marks=[] if n in (0, 3) else [pytest.mark.slow]) for n in range(5)]
)
def test_a_replacement_that_was_killed_is_finished_by_the_next_reader_or_never_began(
    project, monkeypatch, moves
):
    """The process ends before the first, second … renaming."""
    original, left = os.replace, [moves]

    def dying(source, target):
        if not left[0]:
            raise SystemExit
        left[0] -= 1
        original(source, target)

    before = raw.catalogue()
    monkeypatch.setattr(os, "replace", dying)
    monkeypatch.setattr(shutil, "rmtree", lambda *_, **__: None)  # a killed process tidies nothing up
    changed = raw.read("ssb_area").assign(land_area_km2="1")
    if moves < 4:
        with pytest.raises(SystemExit):
            raw.replace("ssb_area", changed, before.loc["ssb_area"].drop(["sha256", "rows"]).to_dict())
    else:
        raw.replace("ssb_area", changed, before.loc["ssb_area"].drop(["sha256", "rows"]).to_dict())
    monkeypatch.undo()
    monkeypatch.setenv("ANALYSIS_ROOT", str(project))
    assert raw.verify() == []
    assert set(raw.read("ssb_area")["land_area_km2"] == "1") == {moves > 0}
    raw.replace("ssb_area", changed, before.loc["ssb_area"].drop(["sha256", "rows"]).to_dict())
    assert raw.verify() == []
    assert [path.name for path in (project / "data/raw").glob(".*")] == [".lock"]


def test_a_full_disk_leaves_file_and_record_as_they_were(project, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    before = {path: path.read_bytes() for path in raw.files().values()}
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        raw.replace("ssb_new", pd.DataFrame({"a": [1]}), record(file="ssb/new.csv"))
    assert {path: path.read_bytes() for path in raw.files().values()} == before
    assert not list((project / "data/raw").glob(".new-*"))
