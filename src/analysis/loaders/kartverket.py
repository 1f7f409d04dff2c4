"""The Norwegian Mapping Authority: municipalities and counties of today, and their boundaries.

Contracts: https://api.kartverket.no/kommuneinfo/v1 and the ATOM feed of nedlasting.geonorge.no.
Licence CC BY 4.0, "© Kartverket".
"""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
import zipfile

import geopandas as gpd
import pandas as pd
import shapely

from analysis.errors import AnalysisError, DataError, Fault
from analysis.loaders import endpoints
from analysis.loaders.exchange import Asker, FetchError, question
from analysis.loaders.http import MEGABYTE, shared

FEED = "/geonorge/ATOM-feeds/AdministrativeEnheterKommuner_AtomFeedGeoJSON.xml"
_WHOLE_COUNTRY = re.compile(r"Basisdata_0000_Norge_(25833|4258)_Kommuner_GeoJSON\.zip$", re.IGNORECASE)
MAX_UNPACKED = 2048 * MEGABYTE


def municipalities(*, client: Asker | None = None) -> pd.DataFrame:
    """Today's municipalities with their counties: municipality_code, municipality_name (the Norwegian
    part), county_code, county_name.
    """
    wanted = "fylkesnummer,fylkesnavn,kommuner.kommunenummer,kommuner.kommunenavnNorsk"
    asked = question("kartverket", "/fylkerkommuner", {"filtrer": wanted})
    answer = (client or shared()).ask(asked)
    content = answer.json()
    try:
        rows = [
            (
                str(m["kommunenummer"]),
                str(m["kommunenavnNorsk"]),
                str(c["fylkesnummer"]),
                str(c["fylkesnavn"]),
            )
            for c in content
            for m in c["kommuner"]
        ]
    except (KeyError, TypeError):
        raise FetchError(asked, "sent no list of counties with municipalities", answer) from None
    columns = ["municipality_code", "municipality_name", "county_code", "county_name"]
    frame = pd.DataFrame(rows, columns=columns, dtype="str")
    return frame.sort_values("municipality_code", ignore_index=True)


def boundaries(*, client: Asker | None = None) -> gpd.GeoDataFrame:
    """Today's municipal boundaries in EPSG:25833, repaired; they reach out to the sea border.

    Columns municipality_code, municipality_name, geometry. For maps see :func:`clip_to_coast`.

    Raises FetchError (no download in the feed) or DataError (the file is not what it says).
    """
    asker = client or shared()
    link, epsg = _download(asker)
    archive = asker.ask(question("geonorge", link, accept="application/zip, application/octet-stream, */*"))
    try:
        with zipfile.ZipFile(io.BytesIO(archive.body)) as packed:
            inner = next(
                i for i in packed.infolist() if re.search(r"Kommune_GeoJSON\.geojson$", i.filename, re.I)
            )
            if inner.file_size > MAX_UNPACKED:
                raise _bad(link, inner.file_size, f"unpacks to more than {MAX_UNPACKED // MEGABYTE} MB")
            content = packed.read(inner)
    except (zipfile.BadZipFile, StopIteration, EOFError, NotImplementedError, RuntimeError) as error:
        raise _bad(link, None, f"is no archive with municipal boundaries ({error!r})") from None
    try:
        # The file also holds boundary lines; utf-8-sig since it may begin with a byte order mark.
        frame = gpd.read_file(io.BytesIO(content.removeprefix(b"\xef\xbb\xbf")), where="objtype = 'Kommune'")
        frame = frame.set_crs(epsg=epsg, allow_override=True)[["kommunenummer", "kommunenavn", "geometry"]]
    except Exception as error:  # pyogrio raises several kinds, some of its own
        raise _bad(link, None, f"the boundaries cannot be read ({error})") from None
    frame = frame.rename(columns={"kommunenummer": "municipality_code", "kommunenavn": "municipality_name"})
    frame = frame.astype({"municipality_code": "str", "municipality_name": "str"})
    frame["geometry"] = frame.geometry.make_valid()
    # A municipality in several features (islands) is one municipality.
    frame = frame.dissolve(by="municipality_code", as_index=False).to_crs(epsg=25833)
    return frame.sort_values("municipality_code", ignore_index=True)


def clip_to_coast(boundaries_: gpd.GeoDataFrame, land: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Boundaries without the sea: each is cut by the union of ``land`` (coast-clipped polygons).

    Adds ``is_clipped``: False for a municipality of which no land is left (an island too small for the
    land mask); it keeps its full boundary rather than vanish from the map. EPSG:25833.
    """
    mask = shapely.union_all(land.to_crs(epsg=25833).geometry.make_valid().to_numpy())
    shapely.prepare(mask)
    full = boundaries_.to_crs(epsg=25833)
    cut = full.geometry.intersection(mask)
    is_clipped = ~cut.is_empty
    return full.assign(geometry=cut.where(is_clipped, full.geometry), is_clipped=is_clipped)


def _download(asker: Asker) -> tuple[str, int]:
    """Path and EPSG code of the whole country's file, from the feed; metres before degrees."""
    asked = question("geonorge", FEED, accept="application/atom+xml, application/xml, */*")
    answer = asker.ask(asked)
    try:
        links = [e.get("href", "") for e in ET.fromstring(answer.body).iter() if e.tag.endswith("link")]
    except ET.ParseError as error:
        raise FetchError(asked, f"sent a feed that cannot be read ({error})", answer) from None
    home = endpoints.SERVICES["geonorge"].base
    found = {
        m[1]: link for link in links if (m := _WHOLE_COUNTRY.search(link)) and link.startswith(f"{home}/")
    }
    for epsg in ("25833", "4258"):
        if epsg in found:
            return found[epsg].removeprefix(home), int(epsg)
    raise FetchError(asked, f"lists no download of the whole country; links: {links[:5]}", answer)


def _bad(file: str, value: object, problem: str) -> AnalysisError:
    return DataError([Fault(file.rsplit("/", 1)[-1], None, None, value, problem)])
