"""Boundaries of another year from a file: what is read, what is repaired, what is refused."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Polygon, box

import analysis as an
from analysis.errors import AnalysisError
from analysis.tables import boundaries

BOW_TIE = Polygon(
    [(0, 0), (1000, 1000), (1000, 0), (0, 1000)]
)  # crosses itself: two triangles of 250 000 m² each


@pytest.fixture
def old():
    """Three municipalities of 2019 in metres, one of them in two parts and one that crosses itself."""
    shapes = [box(0, 2000, 1000, 3000), box(0, 4000, 1000, 5000), box(2000, 2000, 3000, 3000), BOW_TIE]
    names = ["Vang", "Vang", "Øystre Slidre", "Etnedal"]
    return gpd.GeoDataFrame({"kommunenr": [545, 545, 544, 541], "navn": names}, geometry=shapes, crs=25833)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["geojson", "gpkg", "shp"])
def test_any_common_format_gives_codes_names_and_whole_areas(kind, old, tmp_path):
    path = tmp_path / f"old.{kind}"
    (old.to_crs(4326) if kind == "geojson" else old).to_file(path)
    read = boundaries.from_file(path).set_index("municipality_code")
    assert read["name"].to_dict() == {"0545": "Vang", "0544": "Øystre Slidre", "0541": "Etnedal"}
    assert read.crs.to_epsg() == 25833
    assert read.geometry.is_valid.all()
    areas = {"0545": 2e6, "0544": 1e6, "0541": 0.5e6}  # m², by hand
    assert read.area.to_dict() == pytest.approx(areas, rel=0.01)


def test_a_column_draws_as_a_map_on_them(old, tmp_path):
    path = tmp_path / "old.gpkg"
    old.to_file(path)
    frame = pd.DataFrame({"municipality_code": ["0544", "0545"], "projects": [1, 4]})
    figure = an.map(frame, "projects", boundaries=path)
    assert figure.source.startswith("Data given to an.map. Boundaries: ")
    assert "Øystre Slidre: 1" in figure.drawings[0]
    assert "Etnedal: no data" in figure.drawings[0]
    assert figure.drawings[0] == an.map(frame, "projects", boundaries=boundaries.from_file(path)).drawings[0]


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (lambda f: f.rename(columns={"kommunenr": "nummer"}), None, "did you mean|kommunenr|nummer"),
        (lambda f: f, "knr", "kommunenr"),
        (lambda f: f.assign(kommunenr="Vang"), None, "no municipality number of four digits"),
        (lambda f: f.set_crs(None, allow_override=True), None, "no coordinate system"),
        (lambda f: f.set_geometry(f.boundary), None, "has no area left"),
    ],
)
@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_what_is_not_sound_is_refused_with_what_to_do(change, code, said, old, tmp_path):
    path = tmp_path / "old.gpkg"
    change(old).to_file(path)
    with pytest.raises(AnalysisError, match=said):
        boundaries.from_file(path, code)


def test_codes_of_another_year_than_the_boundaries_are_refused(old, tmp_path):
    (tmp_path / "mine.txt").write_text("no map", encoding="utf-8")
    with pytest.raises(AnalysisError, match="cannot be read as boundaries"):
        boundaries.from_file(tmp_path / "mine.txt")
    old.to_file(tmp_path / "old.gpkg")
    frame = pd.DataFrame({"municipality_code": ["3454"], "projects": [1]})  # Vang's code since 2024
    with pytest.raises(AnalysisError, match="must be of the same year"):
        an.map(frame, "projects", boundaries=tmp_path / "old.gpkg")
