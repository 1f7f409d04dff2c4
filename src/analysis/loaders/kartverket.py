"""The Norwegian Mapping Authority: municipalities and counties of today, and their boundaries.

Contracts: https://api.kartverket.no/kommuneinfo/v1 and the ATOM feed of nedlasting.geonorge.no.
Licence CC BY 4.0, "© Kartverket".
"""

from __future__ import annotations

import io
import math
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analysis.errors import AnalysisError, DataError, Fault
from analysis.loaders.client import MEGABYTE, Client, shared
from analysis.loaders.messages import SERVICES, FetchError, Request

FEED = "/geonorge/ATOM-feeds/AdministrativeEnheterKommuner_AtomFeedGeoJSON.xml"
_WHOLE_COUNTRY = re.compile(r"Basisdata_0000_Norge_(25833|4258)_Kommuner_GeoJSON\.zip$", re.IGNORECASE)
#: A file may unpack to so much: the country's boundaries take a hundred megabytes, and pack to a tenth or less.
MAX_UNPACKED = 512 * MEGABYTE
MAX_RATIO, SMALL = 30, 32 * MEGABYTE
#: As published the boundaries take a hundred megabytes; points closer to the line than this are left out.
TOLERANCE_M = 20.0
#: Where the municipalities lie in EPSG:25833, out to the sea border: west, south, east, north.
EXTENT = (-150_000, 6_400_000, 1_200_000, 8_000_000)
_AREAS = ("Polygon", "MultiPolygon")


def municipalities(*, client: Client | None = None) -> pd.DataFrame:
    """Today's municipalities with their counties.

    Returns
    -------
    DataFrame
        municipality_code, municipality_name (the Norwegian part), county_code, county_name.

    Raises
    ------
    FetchError
        Kartverket cannot be reached, refuses, sends no list, or two names of one municipality.
    """
    wanted = "fylkesnummer,fylkesnavn,kommuner.kommunenummer,kommuner.kommunenavnNorsk"
    request = Request.make("kartverket", "/fylkerkommuner", {"filtrer": wanted})
    response = (client or shared()).send(request)
    try:
        rows = [
            [m["kommunenummer"], m["kommunenavnNorsk"], c["fylkesnummer"], c["fylkesnavn"]]
            for c in response.json()
            for m in c["kommuner"]
        ]
    except (KeyError, TypeError):
        raise FetchError(request, "sent no list of counties with municipalities", response) from None
    if not all(isinstance(cell, str) for row in rows for cell in row):
        raise FetchError(request, "sent a municipality without code or name", response)
    columns = ["municipality_code", "municipality_name", "county_code", "county_name"]
    frame = pd.DataFrame(rows, columns=columns, dtype="str").drop_duplicates()
    if len(twice := frame.loc[frame["municipality_code"].duplicated(), "municipality_code"]):
        raise FetchError(request, f"sent {twice.iloc[0]} with two names or counties", response)
    frame = frame.sort_values("municipality_code", ignore_index=True)
    frame.attrs = {"retrieved": response.retrieved, "source_line": "© Kartverket"}
    return frame


def boundaries(*, tolerance_m: float = TOLERANCE_M, client: Client | None = None) -> gpd.GeoDataFrame:
    """Today's municipal boundaries in EPSG:25833, repaired; they reach out to the sea border.

    Parameters
    ----------
    tolerance_m : float
        Shared borders are simplified together within this distance; 0 keeps them as published.
    client : Client, optional

    Returns
    -------
    GeoDataFrame
        municipality_code, geometry. For maps see :func:`analysis.tables.boundaries.clip_to_coast`.

    Raises
    ------
    AnalysisError
        The tolerance is no distance.
    FetchError
        No download in the feed.
    DataError
        The file is not what it says, or its boundaries lie outside Norway.
    """
    if not isinstance(tolerance_m, int | float) or not 0 <= tolerance_m < math.inf:
        raise AnalysisError(f"tolerance_m is a distance in metres, 0 or more, not {tolerance_m!r}")
    client = client or shared()
    link, epsg = _download(client)
    archive = client.send(Request("geonorge", link, accept="application/zip, application/octet-stream, */*"))
    try:
        with zipfile.ZipFile(io.BytesIO(archive.body)) as packed:
            named = [
                i for i in packed.infolist() if re.search(r"Kommune_GeoJSON\.geojson$", i.filename, re.I)
            ]
            if len(named) != 1:
                held = ", ".join(packed.namelist())[:200]
                raise _bad(link, held, "must hold one file that ends with Kommune_GeoJSON.geojson")
            inner = named[0]
            allowed = min(MAX_UNPACKED, max(SMALL, MAX_RATIO * len(archive.body)))
            if inner.file_size > allowed:
                raise _bad(link, inner.file_size, f"unpacks to more than {allowed // MEGABYTE} MB")
            content = packed.read(inner)
    except (  # all that zipfile raises for a damaged archive
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
        ValueError,
        OSError,
    ) as error:
        raise _bad(link, None, f"is no archive with municipal boundaries ({error!r})") from None
    try:
        # The file also holds boundary lines; it may begin with a byte order mark.
        frame = gpd.read_file(io.BytesIO(content.removeprefix(b"\xef\xbb\xbf")), where="objtype = 'Kommune'")
        frame = frame.set_crs(epsg=epsg, allow_override=True)[["kommunenummer", "geometry"]].to_crs(
            epsg=25833
        )
        frame = frame.rename(columns={"kommunenummer": "municipality_code"})
        frame = frame.astype({"municipality_code": "str"})
        frame["geometry"] = frame.geometry.make_valid()
        # A municipality in several features (islands) is one municipality.
        frame = frame.dissolve(by="municipality_code", as_index=False)
        # A repair may leave lines beside an area, or no area at all.
        frame["geometry"] = frame.geometry.where(frame.geom_type.isin(_AREAS), frame.geometry.buffer(0))
        if (none := frame.geometry.is_empty | frame.geometry.isna()).any():
            codes = ", ".join(frame.loc[none, "municipality_code"])
            raise _bad(link, codes, "these municipalities have no area in it; fetch it again")
        west, south, east, north = frame.bounds.to_numpy().T
        inside = (west > EXTENT[0]) & (south > EXTENT[1]) & (east < EXTENT[2]) & (north < EXTENT[3])
        if not inside.all():
            codes = ", ".join(frame.loc[~inside, "municipality_code"])
            problem = (
                f"lie outside Norway; are the coordinates EPSG:{epsg}, east before north, as its name says?"
            )
            raise _bad(link, codes, problem)
        if tolerance_m:
            simple = shapely.coverage_simplify(frame.geometry.values, tolerance_m)
            simple[shapely.is_empty(simple)] = frame.geometry.values[shapely.is_empty(simple)]
            frame["geometry"] = gpd.GeoSeries(shapely.make_valid(simple), index=frame.index, crs=25833)
        if pairs := _overlapping(frame):
            raise _bad(link, ", ".join(pairs), "these pairs of municipalities overlap; fetch it again")
    except DataError:
        raise
    except Exception as error:  # pyogrio raises several kinds, some of its own
        raise _bad(link, None, f"the boundaries cannot be read ({error})") from None
    frame = frame.sort_values("municipality_code", ignore_index=True)
    frame.attrs = {"retrieved": archive.retrieved, "source_line": "© Kartverket"}
    return frame


def _overlapping(frame: gpd.GeoDataFrame) -> list[str]:
    """Pairs of municipalities that share more than a hundredth of the smaller one's area."""
    shapes, codes = frame.geometry.values, frame["municipality_code"].to_numpy()
    a, b = frame.sindex.query(shapes, predicate="intersects")
    a, b = a[a < b], b[a < b]
    smaller = np.minimum(shapes[a].area, shapes[b].area)
    is_shared = shapes[a].intersection(shapes[b]).area > 0.01 * smaller
    return [
        f"{first}/{second}" for first, second in zip(codes[a[is_shared]], codes[b[is_shared]], strict=True)
    ]


def _download(client: Client) -> tuple[str, int]:
    """Path and EPSG code of the whole country's file, from the feed; metres before degrees."""
    request = Request("geonorge", FEED, accept="application/atom+xml, application/xml, */*")
    response = client.send(request)
    try:
        links = [e.get("href", "") for e in ET.fromstring(response.body).iter() if e.tag.endswith("link")]
    except (ET.ParseError, LookupError, ValueError) as error:  # the last two for an odd encoding
        raise FetchError(request, f"sent a feed that cannot be read ({error})", response) from None
    home = SERVICES["geonorge"]["base"]
    found = {
        m[1]: link for link in links if (m := _WHOLE_COUNTRY.search(link)) and link.startswith(f"{home}/")
    }
    for epsg in ("25833", "4258"):
        if epsg in found:
            return found[epsg].removeprefix(home), int(epsg)
    raise FetchError(request, f"lists no download of the whole country; links: {links[:5]}", response)


def _bad(file: str, value: object, problem: str) -> DataError:
    return DataError([Fault(file.rsplit("/", 1)[-1], None, None, value, problem)])
