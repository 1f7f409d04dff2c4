"""Everything that the pages of municipalities and programmes print, prepared once for all of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any

import pandas as pd
import shapely

from analysis import raw, tables
from analysis.figures.viewport import MARGIN, Viewport, simplified, svg_path
from analysis.i18n import alphabetical, alphabetically
from analysis.measures import comparison, peers
from analysis.measures.observations import DEFAULT_SCOPES, Observations
from analysis.report.data import Data
from analysis.report.pages import records

LOCATOR_HEIGHT = 230
MAP_HEIGHT = 560
_EARLIEST, _LATEST = pd.Timestamp("1800-01-01"), pd.Timestamp("2200-01-01")


@dataclass(frozen=True)
class Merger:
    """Municipalities that became one in a year; ``parts`` are those of which only a part came in."""

    year: int
    whole: tuple[str, ...]
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Separation:
    """A municipality that was part of another between two years, and is on its own again."""

    code: str
    was_in: str
    first: int
    last: int


@dataclass(frozen=True)
class Drawing:
    """The country drawn once: SVG path data of the counties, and where each municipality stands.

    ``land`` is in tenths of a pixel; ``places`` are by municipality_code: ``path`` (tenths of a pixel), ``x`` and ``y``
    of a point inside it (pixels).
    """

    viewport: Viewport
    land: str
    places: dict[str, dict[str, object]]


@dataclass(frozen=True)
class Profiles:
    """Frames turned into look-ups by municipality code, so that a page needs no further grouping.

    ``rows``: participations by municipality; ``means``: by (municipality, group), see
    :func:`analysis.measures.comparison.means`; ``values``: the municipality's own values of the same
    columns; ``near``: neighbours; ``alike``: the most alike; ``kostra``: what defines each KOSTRA group.
    """

    data: Data
    participations: pd.DataFrame
    kinds: pd.DataFrame
    municipalities: dict[str, dict[str, Any]]
    counties: list[dict[str, Any]]
    programmes: dict[str, dict[str, Any]]
    rows: dict[str, list[dict[str, Any]]]
    means: dict[tuple[str, str], dict[str, Any]]
    values: dict[str, dict[str, Any]]
    near: dict[str, list[str]]
    islands: frozenset[str]
    alike: dict[str, list[str]]
    unlike_by_need: frozenset[str]
    mergers: dict[str, list[Merger]]
    separations: list[Separation]
    kostra: dict[str, dict[str, Any]]
    cooperations: dict[str, list[dict[str, Any]]]
    locator: Drawing
    map: Drawing
    drawn_together: dict[str, list[str]]


@lru_cache(maxsize=1)
def prepare(data: Data) -> Profiles:
    """Prepare all tables for the pages, once for each ``data``.

    Parameters
    ----------
    data : Data

    Returns
    -------
    Profiles
    """
    panel, kinds = data.panel, data.programmes.set_index("programme_id")
    rows = records.participations(data.participation, kinds, data.projects, data.sources, data.named.rows)
    borders = data.neighbours
    nearest = peers.nearest(panel)
    values = own_values(panel, data.named)
    groups = comparison.members(panel, borders[["municipality_code", "neighbour_code"]], nearest)
    names = panel.set_index("municipality_code")["municipality_name"]
    by_name = borders.assign(name=borders["neighbour_code"].map(names).map(alphabetical)).sort_values("name")
    reforms = tables.load("reforms")
    return Profiles(
        data=data,
        participations=rows,
        kinds=kinds,
        municipalities={r["municipality_code"]: r for r in panel.to_dict("records")},
        counties=_counties(panel),
        programmes=kinds.to_dict("index"),
        rows=_lists(rows.sort_values(["year", "project_id"], ascending=[False, True])),
        means=comparison.means(groups, values).to_dict("index"),
        values=values.to_dict("index"),
        near=_codes(by_name, "neighbour_code"),
        islands=frozenset(borders.loc[~borders["is_land_border"], "municipality_code"]),
        alike=_codes(nearest, "peer_code"),
        unlike_by_need=frozenset(panel.loc[panel["expenditure_need_index"].isna(), "municipality_code"]),
        mergers=mergers(reforms),
        separations=separations(reforms),
        kostra=raw.read("ssb_kostra_group_definitions").set_index("kostra_group").to_dict("index"),
        cooperations=_lists(records.cooperations(tables.load("cooperations"), data.sources)),
        locator=drawn(data, LOCATOR_HEIGHT),
        map=drawn(data, MAP_HEIGHT),
        drawn_together=comparison.drawn_together(data.boundaries),
    )


def drawn(data: Data, height: int) -> Drawing:
    """Draw the country so many pixels high.

    Parameters
    ----------
    data : Data
    height : int

    Returns
    -------
    Drawing
    """
    left, bottom, right, top = data.counties.total_bounds
    per_metre = (height - 2 * MARGIN) / (top - bottom)
    viewport = Viewport.around(data.counties.total_bounds, round((right - left) * per_metre + 2 * MARGIN))
    counties = viewport.pixels(simplified(data.counties.geometry.to_numpy(), 1 / viewport.per_metre))
    land = data.boundaries.geometry.to_numpy()
    shapes = viewport.pixels(shapely.simplify(land, 0.4 / viewport.per_metre))
    points = shapely.get_coordinates(viewport.pixels(shapely.point_on_surface(land)))
    places = {
        code: {"path": svg_path(shape), "x": x / 10, "y": y / 10}
        for code, shape, (x, y) in zip(data.boundaries["municipality_code"], shapes, points, strict=True)
    }
    return Drawing(viewport, "".join(map(svg_path, counties)), places)


def own_values(panel: pd.DataFrame, observations: Observations) -> pd.DataFrame:
    """What a municipality is compared by, on municipality_code.

    Returns
    -------
    DataFrame
        procurement and development (participations; a grant under both counts in both), is_documented, own_per_inhabitant,
        replacing_per_inhabitant (NOK) and purchases_share; missing where unknown.
    """
    counts = pd.DataFrame({scope: observations.where(scopes=scope).counts for scope in DEFAULT_SCOPES})
    counts = counts.assign(is_documented=observations.found).set_axis(panel["municipality_code"])
    amounts = {
        "purchases_own_production_nok_per_inhabitant": "own_per_inhabitant",
        "purchases_replacing_production_nok_per_inhabitant": "replacing_per_inhabitant",
        "purchases_share": "purchases_share",
    }
    return counts.join(panel.set_index("municipality_code")[[*amounts]].rename(columns=amounts))


def mergers(reforms: pd.DataFrame) -> dict[str, list[Merger]]:
    """Former municipalities that each municipality was formed of, by the year in which it happened.

    A divided municipality counts as a part where SSB's series place it nowhere else.

    Parameters
    ----------
    reforms : DataFrame
        The table of this name.

    Returns
    -------
    dict
        By municipality_code; municipalities without mergers are left out.
    """
    own = reforms[reforms["series_code"].isna() | (reforms["series_code"] == reforms["municipality_code"])]
    own = own.assign(
        first=own["valid_from"].fillna(_EARLIEST),
        last=own["valid_to"].fillna(_LATEST),
        shown=own["name"].str.replace(" - ", " – "),
        is_part=own["is_split"] & own["series_code"].isna(),
    )
    found: dict[str, list[Merger]] = defaultdict(list)
    ordered = own.sort_values("municipality_code", kind="stable").itertuples(index=False)
    for code, group in groupby(ordered, attrgetter("municipality_code")):
        units = list(group)
        for date in sorted({u.last for u in units if u.last != _LATEST}):
            before = {u.code: u for u in units if u.first < date <= u.last}.values()
            after = {u.code: u.shown for u in units if u.first <= date < u.last}
            # A unit that goes on under a new code has not merged; the merged one may keep a name or a code.
            gone = [u for u in before if len(after) == 1 or u.shown not in after.values()]
            if len(before) > len(after) > 0:
                whole = tuple(sorted((u.shown for u in gone if not u.is_part), key=alphabetical))
                parts = tuple(sorted((u.shown for u in gone if u.is_part), key=alphabetical))
                found[str(code)].append(Merger(date.year, whole, parts))
    return dict(found)


def separations(reforms: pd.DataFrame) -> list[Separation]:
    """Municipalities of today that were part of another one for some years.

    Parameters
    ----------
    reforms : DataFrame
        The table of this name.

    Returns
    -------
    list of Separation
    """
    divided = reforms[reforms["is_split"]]
    last = divided.groupby("municipality_code")["valid_to"].transform("max")
    elsewhere = divided[
        (divided["valid_to"] == last)
        & divided["series_code"].notna()
        & (divided["series_code"] != divided["municipality_code"])
        & divided["valid_from"].notna()
    ]
    return [
        Separation(row.municipality_code, row.series_code, row.valid_from.year, row.valid_to.year - 1)
        for row in elsewhere.itertuples(index=False)
    ]


def _counties(panel: pd.DataFrame) -> list[dict[str, Any]]:
    """Counties from A to Å, each with its municipalities from A to Å."""
    places = panel[["county_code", "county_name", "municipality_code", "municipality_name"]]
    ordered = places.sort_values(["county_name", "municipality_name"], key=alphabetically)
    return [
        {"county_code": code, "county_name": name, "members": members.to_dict("records")}
        for (code, name), members in ordered.groupby(["county_code", "county_name"], sort=False)
    ]


def _lists(frame: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in frame.to_dict("records"):
        found[row["municipality_code"]].append(row)
    return dict(found)


def _codes(pairs: pd.DataFrame, column: str) -> dict[str, list[str]]:
    return pairs.groupby("municipality_code")[column].agg(list).to_dict()
