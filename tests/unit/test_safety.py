"""What others write reaches neither another host, nor the terminal, nor a spreadsheet's engine."""

from __future__ import annotations

import csv
import errno
import unicodedata
from io import StringIO

import geopandas as gpd
import pandas as pd
import pytest
from shapely import GeometryCollection, LineString, Point, Polygon, box

from analysis import cli, io
from analysis.errors import AnalysisError, DataError, Fault, printable
from analysis.figures.html_table import safe_address
from analysis.register import cells
from analysis.tables import boundaries


@pytest.mark.parametrize(
    "address",
    [r"\\evil.example\x", r"/\evil.example", "//evil.example", "/\t/evil.example", " //evil.example",
     "\x01//evil.example", "\u00a0//evil.example", "java\nscript:alert(1)", "data:text/html,x", "vbscript:x",
     "file:///etc/passwd", "HTTPS:\\\\evil.example", "blob:x", None, float("nan"), 3],
)  # fmt: skip
def test_a_page_never_links_to_a_disguised_address(address):
    assert safe_address(address) == ""


@pytest.mark.parametrize("address", ["https://ssb.no/a?b=c#d", "../county/03.html", "#figure-1", "a/b.csv"])
def test_ordinary_addresses_are_links(address):
    assert safe_address(address) == address


@pytest.mark.parametrize(
    "text", ["\x1b[2J\x1b]0;owned\x07title", "a\u202eb\u2066c", "a\x9bb", "\ud800x", "\r\x08hidden"]
)
def test_a_publishers_escapes_do_not_reach_the_terminal(monkeypatch, capsys, text):
    def refuse(_):
        raise AnalysisError(f"ssb: {text}")

    monkeypatch.setattr(cli, "_status", refuse)
    assert cli.main(["status"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("ssb: ") and told.rstrip("\n").isprintable()


def test_what_people_write_is_printed_as_it_is():
    text = "Kárášjohka – 1\u202f000\u00a0kr\n\t«æøå» 😀"
    assert printable(text) == text


def test_a_message_of_very_many_faults_can_be_read():
    error = DataError(Fault("a.csv", row, "b", "x" * 1000, "must be y") for row in range(12_240))
    assert len(error.faults) == 12_240
    assert len(str(error)) < 100_000 and str(error).endswith("and 11740 more; put these right first")


def _full(*_, **__):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_with_the_file(tmp_path, monkeypatch, capsys):
    path = tmp_path / "a.csv"
    path.write_text("old")
    monkeypatch.setattr(io.os, "fsync", _full)
    with pytest.raises(OSError, match="No space left") as caught:
        io.write_atomically(path, "new")
    assert caught.value.filename == str(path)
    assert path.read_text() == "old" and [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def polygons(**shapes):
    return gpd.GeoDataFrame({"municipality_code": list(shapes)}, geometry=list(shapes.values()), crs=25833)


@pytest.mark.parametrize(
    "shape",
    [
        GeometryCollection([box(0, 0, 9, 9), LineString([(9, 0), (20, 0)])]),
        GeometryCollection([box(0, 0, 9, 9), GeometryCollection([Point(30, 30), box(40, 0, 49, 9)])]),
        Polygon([(0, 0), (9, 9), (9, 0), (0, 9)]),  # a bow tie
        Polygon([(0, 0), (9, 0), (9, 9), (0, 9), (0, 0), (-5, 0), (0, 0)]),  # a spike
    ],
)
def test_whatever_a_repair_leaves_areas_come_out(shape):
    frame = boundaries.repair(polygons(a=shape, b=box(100, 0, 110, 10)))
    assert set(frame.geom_type) <= {"Polygon", "MultiPolygon"}
    assert (frame.area > 0).all()


@pytest.mark.parametrize(
    "shape", [LineString([(0, 0), (1, 1)]), Point(0, 0), Polygon(), None, Polygon([(0, 0), (1, 1), (2, 2)])]
)
def test_a_municipality_without_an_area_is_named(shape):
    with pytest.raises(DataError, match=r"municipality_code: '1103': has no area"):
        boundaries.repair(polygons(**{"0301": box(0, 0, 1, 1), "1103": shape}))


@pytest.mark.parametrize(
    "land",
    [
        box(0, 0, 10, 5),
        box(5, 5, 10, 15),
        GeometryCollection([box(0, 0, 10, 5), LineString([(10, 0), (20, 0)])]),
    ],
)
def test_what_only_touches_the_land_keeps_its_polygon(land):
    frame = polygons(**{"0301": box(0, 0, 10, 10), "1103": box(10, 0, 20, 10)})
    cut = boundaries.clip_to_coast(frame, gpd.GeoDataFrame(geometry=[land], crs=25833))
    assert cut["is_clipped"].tolist() == [True, False]
    assert cut.geometry.iloc[1].equals(box(10, 0, 20, 10))
    assert set(boundaries.repair(cut).geom_type) == {"Polygon"}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_every_start_of_a_formula_is_stilled_in_every_csv(start):
    frame = pd.DataFrame({"a": [f"{start}1+1"], f"{start}b": ["x"]})
    rows = list(csv.reader(StringIO(io.csv_text(frame), newline="")))
    assert rows[1][0].startswith("'") and rows[0][1].startswith("'")
    assert len(rows) == 2


def test_text_that_is_passed_at_a_glance_holds_nothing_unsafe():
    letters = [chr(number) for number in range(0x110000) if not 0xD800 <= number < 0xE000]
    plain = [text for letter in letters for text in (f"a{letter}a", letter) if cells._PLAIN.fullmatch(text)]
    assert {"a<a", "a@a", "=", " ", "å", "a\u00a0a", "a\u0301a"} & set(plain) == {"å"}
    assert len(plain) > 100
    assert not [text for text in plain if cells.ANY_UNSAFE.search(text)]
    assert all(unicodedata.is_normalized("NFC", text) for text in plain)
