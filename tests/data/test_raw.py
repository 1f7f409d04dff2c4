"""data/raw: provenance is complete, bytes are checked, nothing slips in."""

from __future__ import annotations

import pytest

from analysis import raw as snapshots
from analysis.errors import DataError


def test_every_file_has_a_complete_record():
    records = snapshots.catalogue()
    required = ["publisher", "title", "url", "licence", "attribution", "retrieved", "obtained_from", "sha256"]
    assert (records[required] != "").all().all()
    assert records["url"].str.startswith("https://").all()
    assert snapshots.verify() == []


def test_recorded_rows_and_bytes_are_those_of_the_files():
    for dataset, record in snapshots.catalogue().iterrows():
        read = snapshots.read_geometry if record["file"].endswith(".parquet") else snapshots.read
        assert len(read(dataset)) == record["rows"]
        assert snapshots.locate(dataset).stat().st_size == record["bytes"]


def test_embedded_data_stays_small():
    assert sum(snapshots.catalogue()["bytes"]) < 6_000_000


@pytest.mark.parametrize("dataset", list(snapshots.catalogue().index))
def test_one_flipped_byte_is_refused_by_name(project, dataset):
    path = snapshots.locate(dataset)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        snapshots.locate(dataset)
    message = str(caught.value)
    assert path.name in message
    assert "expected" in message and "got" in message


def test_missing_and_unrecorded_files_are_named(project):
    (project / "data/raw/ssb/area.csv").unlink()
    (project / "data/raw/ssb/stray.csv").write_text("a\n1\n")
    text = " ".join(map(str, snapshots.verify()))
    assert "ssb/area.csv" in text and "ssb/stray.csv" in text


def test_unknown_dataset_lists_the_known():
    with pytest.raises(DataError, match="ssb_population"):
        snapshots.locate("ssb_populaton")


def test_what_systems_leave_in_a_folder_is_passed_over(project):
    for name in (".DS_Store", "ssb/.DS_Store", "ssb/Thumbs.db", ".register-x1/participations.csv"):
        path = project / "data/raw" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    assert snapshots.verify() == []
