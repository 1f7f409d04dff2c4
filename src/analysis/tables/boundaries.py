"""Municipal and county polygons for maps, in the 2024 division.

The embedded polygons are Kartverket's of 2020. All municipalities of 2024 follow from them by
recoding except where Ålesund (1507) was split into 1508 Ålesund and 1580 Haram: the two share one
polygon, ``note`` says so, and every map repeats it.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analysis.errors import AnalysisError, DataError, Fault, UnknownName
from analysis.tables import reforms as reforms_table
from analysis.tables.schema import validate

CRS = 25833  # ETRS89 / UTM zone 33N, Kartverket's own for national maps
SHARED_NOTE = "shares one polygon with {others}: the 2024 split cannot be drawn from 2020 polygons"
#: Borders are simplified together, so that neighbours stay neighbours. At 150 m the total area
#: changes by less than 0.1 % and a national map by less than a tenth of a pixel.
TOLERANCE_M = 150.0
#: What files call the municipality's number and name, where nobody says which column it is.
CODE_COLUMNS = ("municipality_code", "kommunenummer", "kommunenr", "komm", "knr", "code")
NAME_COLUMNS = ("municipality_name", "kommunenavn", "name", "navn")
_AREAS = (3, 6)  # polygon and multipolygon, as GEOS numbers them


def repair(polygons: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Published polygons made valid and clean: no self-intersection, no overlap, no sliver.

    Returns the same rows in EPSG:25833 (metres), polygons and nothing else.

    Raises
    ------
    DataError
        A municipality without an area, by its code.
    """
    frame = polygons.to_crs(CRS)
    valid = _areas(frame.geometry.values, frame["municipality_code"])
    clean = _areas(shapely.coverage_clean(valid), frame["municipality_code"])
    return frame.set_geometry(gpd.GeoSeries(clean, index=frame.index, crs=CRS))


def _areas(geometries: np.ndarray, codes: pd.Series) -> np.ndarray:
    """The geometries valid and without the lines and points that a repair may leave beside an area."""
    valid = shapely.make_valid(np.asarray(geometries))
    mixed = ~np.isin(shapely.get_type_id(valid), _AREAS)
    valid[mixed] = shapely.buffer(valid[mixed], 0)
    none = shapely.is_empty(valid) | shapely.is_missing(valid)
    if none.any():
        problem = "has no area left after repair; fetch the boundaries again, or restore the file"
        raise DataError([Fault("boundaries", None, "municipality_code", c, problem) for c in codes[none]])
    return valid


def clip_to_coast(boundaries: gpd.GeoDataFrame, land: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Cut the sea off municipal boundaries.

    Parameters
    ----------
    boundaries : GeoDataFrame
        Polygons that reach out to the sea border.
    land : GeoDataFrame
        Coast-clipped polygons; their union is the land.

    Returns
    -------
    GeoDataFrame
        The same rows in EPSG:25833 with ``is_clipped``: False for a municipality of which no land is left (an
        island too small for the land polygons); it keeps its full boundary rather than vanish from the map.
    """
    mask = shapely.union_all(land.to_crs(CRS).geometry.make_valid().to_numpy())
    shapely.prepare(mask)
    full = boundaries.to_crs(CRS)
    pieces = map(shapely.get_parts, shapely.intersection(full.geometry.values, mask))
    # Where a polygon only touches the land, the cut is a line or holds one: no part of an area.
    areas = [shapely.union_all(parts[shapely.get_dimensions(parts) == 2]) for parts in pieces]
    cut = gpd.GeoSeries(areas, index=full.index, crs=CRS)
    is_clipped = ~cut.is_empty
    return full.assign(geometry=cut.where(is_clipped, full.geometry), is_clipped=is_clipped)


def simplify(polygons: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Fewer points with shared borders kept shared; islands smaller than the tolerance keep their shape."""
    simple = shapely.coverage_simplify(polygons.geometry.values, TOLERANCE_M)
    lost = shapely.is_empty(simple)
    simple[lost] = polygons.geometry.values[lost]
    return polygons.set_geometry(gpd.GeoSeries(shapely.make_valid(simple), index=polygons.index, crs=CRS))


def build(
    polygons: gpd.GeoDataFrame, reforms: pd.DataFrame, municipalities: pd.DataFrame, year: int
) -> gpd.GeoDataFrame:
    """One polygon per municipality of 2024, simplified for maps.

    Parameters
    ----------
    polygons : GeoDataFrame
        municipality_code as in force on 1 January of ``year``, geometry in any known system.
    reforms : DataFrame
        See :mod:`analysis.tables.reforms`.
    municipalities : DataFrame
        The 2024 table (municipality_code, county_code).
    year : int

    Returns
    -------
    GeoDataFrame
        municipality_code, county_code, note (NA, or with whom a polygon is shared), geometry
        (EPSG:25833, clipped at the coast as published).

    Raises
    ------
    DataError
        A municipality without a polygon, or a polygon of an unknown code.
    """
    links = reforms_table.crosswalk(reforms, year)[["code", "municipality_code"]]
    drawn, known = set(polygons["municipality_code"]), set(links["code"])
    wrong = dict.fromkeys(drawn - known, f"not in force in {year}")
    wrong |= dict.fromkeys(known - drawn, "has no polygon")
    if wrong:
        name = f"boundaries {year}"
        raise DataError(
            [Fault(name, None, "municipality_code", c, said) for c, said in sorted(wrong.items())]
        )
    shapes = simplify(repair(polygons)).rename(columns={"municipality_code": "code"})
    frame = shapes.merge(links, on="code").merge(
        municipalities[["municipality_code", "county_code"]], on="municipality_code"
    )
    sharing = links.groupby("code")["municipality_code"].agg(list)
    others = {
        code: SHARED_NOTE.format(others=", ".join(c for c in codes if c != code))
        for codes in sharing[sharing.str.len() > 1]
        for code in codes
    }
    frame["note"] = frame["municipality_code"].map(others).astype("str")
    frame = frame.sort_values("municipality_code")[["municipality_code", "county_code", "note", "geometry"]]
    checked = validate(pd.DataFrame(frame.drop(columns="geometry")), "boundaries")
    return gpd.GeoDataFrame(checked, geometry=frame.geometry.to_numpy(), crs=CRS)


def counties(boundaries: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The 15 counties as unions of their municipalities: county_code, geometry (EPSG:25833)."""
    # Shared polygons would count twice in a coverage; the union method takes them as they are.
    dissolved = boundaries[["county_code", "geometry"]].dissolve("county_code", method="unary")
    return dissolved.reset_index().set_geometry("geometry")


def from_file(path: str | Path, code: str | None = None) -> gpd.GeoDataFrame:
    """Municipal boundaries of any year from a file of one's own, checked and repaired.

    Parameters
    ----------
    path : str or Path
        GeoJSON, GeoPackage, Shapefile or what else GDAL reads; several areas of one code become one.
    code : str, optional
        Column of municipality numbers; by default the first of ``CODE_COLUMNS``, in any case of letters.

    Returns
    -------
    GeoDataFrame
        municipality_code (four-digit text, as in force in the file's year), county_code, name (where the file
        has one, else the code), geometry (EPSG:25833, metres; simplified for maps).

    Raises
    ------
    AnalysisError
        The file cannot be read, lacks the column or its coordinate system, or has a code that is none or a
        municipality without an area.
    """
    try:
        frame = gpd.read_file(path)
    except Exception as error:  # pyogrio raises several kinds, some of its own
        raise AnalysisError(f"{path}: cannot be read as boundaries ({error}).") from None
    by_lower = {str(column).lower(): column for column in frame}
    column = code or next((by_lower[name] for name in CODE_COLUMNS if name in by_lower), None)
    if column is None or column not in frame:
        raise UnknownName(f"column of municipality numbers in {Path(path).name}", str(code), map(str, frame))
    if frame.crs is None:
        raise AnalysisError(
            f"{Path(path).name}: says no coordinate system; set it first (geopandas: frame.set_crs(epsg=25833))."
        )
    # A number has lost its leading zero, and every code of a municipality has four digits.
    codes = frame[column].astype("str").str.removesuffix(".0").str.zfill(4)
    bad = ~codes.str.fullmatch(r"\d{4}")
    if bad.any():
        problem = "is no municipality number of four digits; name the column with boundaries_code="
        raise DataError([Fault(Path(path).name, None, str(column), c, problem) for c in codes[bad].unique()])
    named = next((by_lower[name] for name in NAME_COLUMNS if name in by_lower), None)
    rows = frame[["geometry"]].assign(municipality_code=codes, name=frame[named] if named else codes)
    rows["geometry"] = rows.geometry.make_valid()
    rows = rows.dissolve("municipality_code", aggfunc="first", method="unary").reset_index()
    rows["county_code"] = rows["municipality_code"].str[:2]
    return simplify(repair(rows))[["municipality_code", "county_code", "name", "geometry"]]
