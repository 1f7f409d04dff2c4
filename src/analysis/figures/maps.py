"""Choropleths as hand-written inline SVG: small, sharp in print, and readable region by region.

Geometry comes in metres (EPSG:25833) and leaves as whole tenths of a pixel. Every region is one path
with its name and value in ``title`` and ``aria-label``; places too small to see get a ring.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from analysis.figures import map_labels as lettering
from analysis.figures import style
from analysis.figures.figure import Figure
from analysis.figures.viewport import Frame
from analysis.i18n import N_, _

SOURCE = N_("Boundaries: Kartverket, CC BY 4.0, simplified")
SHARED_NOTE = N_("1508 Ålesund and 1580 Haram are one area on the map and have the colour of Ålesund.")
OSLO_AREA = (212_000.0, 6_596_000.0, 318_000.0, 6_702_000.0)
"""Oslo and its surroundings in EPSG:25833: left, bottom, right, top."""


@dataclass(frozen=True)
class Scale:
    """Few classes with round bounds: ``bounds`` are where each class begins, lowest first.

    ``zero`` names the class of what is exactly 0 (``None``: zero is a value like any other);
    ``write`` formats one value, ``names`` the classes for the legend.
    """

    bounds: tuple[float, ...]
    names: tuple[str, ...]
    write: Callable[[float], str]
    zero: str | None = None
    missing: str = ""

    def colour(self, value: float) -> str:
        """The fill of a value; missing values get the hatch."""
        if pd.isna(value):
            return "url(#{hatch})"
        if self.zero is not None and value == 0:
            return style.ZERO
        place = int(np.searchsorted(self.bounds, value, side="right")) - 1
        return self.colours[max(place, 0)]

    @property
    def colours(self) -> tuple[str, ...]:
        """One colour a class, spread over the whole of the sequence."""
        picks = np.linspace(0, len(style.SEQUENTIAL) - 1, len(self.bounds)).round().astype(int)
        return tuple(style.SEQUENTIAL[i] for i in picks)


def choropleth(
    regions: gpd.GeoDataFrame,
    values: pd.DataFrame,
    *,
    code: str,
    scale: Scale,
    name: str,
    title: str,
    subtitle: str,
    alt: str,
    source: str,
    coverage: str = "",
    borders: str | None = None,
    inset: tuple[float, float, float, float] | None = None,
    named: pd.Series | None = None,
    addresses: dict[str, str] | None = None,
    width: int = 640,
    data: pd.DataFrame | None = None,
) -> Figure:
    """A map of ``values`` (columns: ``code``, ``name``, ``value``, optionally ``told``) over ``regions``.

    ``regions`` holds one geometry a code; codes that share a geometry become one region that names
    both. ``told`` is what a region says besides its name (default: its value). ``borders`` names the
    column whose groups (counties) get a line between them, ``inset`` enlarges a part, ``named`` gives the texts to write on the map by code,
    the most important first, ``addresses`` makes each region a link. ``data`` is what the reader downloads (default: ``values``).
    """
    merged = _merged(regions, values, code, borders, scale)
    frame = Frame.around(merged.total_bounds, width)
    ids = f"m{lettering.digest(name)}"
    hatch = f"{ids}h"
    shapes = frame.pixels(simplified(merged.geometry.values, 0.7 / frame.per_metre))
    paths = _paths(merged, shapes, scale, hatch, merged[code].map(addresses or {}))
    body = [
        f'<pattern id="{hatch}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="6" height="6" fill="{style.PAPER}"/><path d="M0 0V6" stroke="{style.CONTEXT}" stroke-width="2.4"/></pattern>'
        f'<g stroke="{style.BORDER}" stroke-width=".5" stroke-linejoin="round">{paths}</g>'
    ]
    if borders is not None:
        body.append(_lines(shapes, merged[borders].to_numpy(), 1.1))
    if inset is not None:
        body.append(_inset(merged, borders, inset, frame, scale, hatch, ids))
    land = shapely.union_all(merged.geometry.simplify(2 / frame.per_metre).values)
    taken = [frame.inset_box()] if inset is not None else []
    if named is not None:
        body.append(lettering.written(merged, land, frame, named, code, taken))
    art = (
        f'<svg class="map" viewBox="0 0 {frame.width} {frame.height}" font-family="{style.FONTS}"'
        f' font-size="12">{"".join(body)}</svg><output class="readout" aria-hidden="true"></output>'
    )
    return Figure(
        name=name,
        title=title,
        subtitle=subtitle,
        art=_legend(scale, values.loc[values[code].isin(regions[code]), "value"], hatch) + art,
        alt=alt,
        source=f"{source}. {_(SOURCE)}.",
        coverage=coverage,
        data=values if data is None else data,
        is_map=True,
    )


def _merged(
    regions: gpd.GeoDataFrame, values: pd.DataFrame, code: str, borders: str | None, scale: Scale
) -> gpd.GeoDataFrame:
    joined = regions[[*dict.fromkeys([code, *([borders] if borders else [])]), "geometry"]].merge(
        values, on=code, how="left", validate="one_to_one"
    )
    told = (
        joined["told"]
        if "told" in joined
        else joined["value"].map(lambda v: scale.missing or _("no data") if pd.isna(v) else scale.write(v))
    )
    joined["says"] = joined["name"].astype(str) + ": " + told.astype(str)
    joined["shape"] = shapely.to_wkb(joined.geometry.values)
    joined = joined.sort_values(code)
    says = joined.groupby("shape")["says"].agg("; ".join)
    first = joined.drop_duplicates("shape").copy()
    first["says"] = first["shape"].map(says)
    return first.drop(columns="shape").reset_index(drop=True)


def _paths(
    merged: gpd.GeoDataFrame, shapes: np.ndarray, scale: Scale, hatch: str, addresses: pd.Series
) -> str:
    out = []
    for row, shape, address in zip(merged.itertuples(index=False), shapes, addresses, strict=True):
        says = escape(row.says)
        fill = scale.colour(row.value).format(hatch=hatch)
        ring = ""
        if shapely.area(shape) < 900:  # under nine square pixels nobody finds it
            x, y = (round(v) / 10 for v in shapely.get_coordinates(shapely.centroid(shape))[0])
            ring = f'<circle cx="{x:g}" cy="{y:g}" r="3" stroke="{style.COUNTY_BORDER}" stroke-width=".8"/>'
        tag = f'a href="{escape(address)}"' if isinstance(address, str) else 'g role="img" tabindex="0"'
        out.append(
            f'<{tag} class="region" aria-label="{says}" fill="{fill}"><title>{says}</title>'
            f'<path transform="scale(.1)" vector-effect="non-scaling-stroke" d="{path(shape)}"/>{ring}</{tag[0]}>'
        )
    return "".join(out)


def simplified(shapes: np.ndarray, tolerance: float) -> np.ndarray:
    """Shapes with fewer points and their shared borders still shared; islets that no eye could see go.

    The largest part of every shape stays, however small it is.
    """
    shapes = np.asarray(shapes, dtype=object)
    if not shapely.coverage_is_valid(shapes):
        shapes = np.asarray(shapely.coverage_clean(shapes), dtype=object)
    simple = shapely.coverage_simplify(shapes, tolerance)
    return np.array([_without_islets(s, tolerance**2 * 2) for s in simple], dtype=object)


def _without_islets(shape: BaseGeometry, least: float) -> BaseGeometry:
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == 3]
    areas = shapely.area(parts)
    return shapely.multipolygons(parts[(areas >= least) | (areas == areas.max(initial=0))])


def path(shape: BaseGeometry) -> str:
    """SVG path data of a polygon in whole numbers, each point relative to the last, repeats left out."""
    out = []
    for polygon in shapely.get_parts(shape):
        for ring in (polygon.exterior, *polygon.interiors):
            xy = shapely.get_coordinates(ring).astype(int)[:-1]
            steps = np.diff(xy, axis=0)
            steps = steps[np.any(steps != 0, axis=1)]
            if len(steps) < 2:
                continue
            out.append(f"M{xy[0, 0]} {xy[0, 1]}l{_moves(steps)}z")
    return "".join(out)


def _lines(shapes: np.ndarray, groups: np.ndarray, thick: float) -> str:
    """Borders between groups of shapes, without the coast: the steps that two neighbours both walk."""
    rings = [
        (shapely.get_coordinates(r), g)
        for s, g in zip(shapes, groups, strict=True)
        for r in shapely.get_rings(shapely.get_parts(s))
    ]
    if not rings:
        return ""
    steps = np.vstack([np.hstack([xy[:-1], xy[1:]]) for xy, _group in rings])
    owner = np.repeat([g for _xy, g in rings], [len(xy) - 1 for xy, _group in rings])
    backwards = (steps[:, 0] > steps[:, 2]) | ((steps[:, 0] == steps[:, 2]) & (steps[:, 1] > steps[:, 3]))
    steps[backwards] = steps[backwards][:, [2, 3, 0, 1]]
    frame = pd.DataFrame(steps, columns=["x0", "y0", "x1", "y1"]).assign(owner=owner)
    frame = frame[(frame["x0"] != frame["x1"]) | (frame["y0"] != frame["y1"])]
    owners = frame.groupby(["x0", "y0", "x1", "y1"])["owner"].nunique()
    shared = np.array(owners[owners > 1].index.to_list()).reshape(-1, 2, 2)
    if len(shared) == 0:
        return ""
    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(shared)))
    data = "".join(_open_path(line) for line in shapely.get_parts(merged))
    return (
        f'<path class="borders" transform="scale(.1)" vector-effect="non-scaling-stroke" fill="none"'
        f' stroke="{style.COUNTY_BORDER}" stroke-width="{thick}" stroke-linejoin="round" d="{data}"/>'
    )


def _open_path(line: BaseGeometry) -> str:
    xy = shapely.get_coordinates(line).astype(int)
    return f"M{xy[0, 0]} {xy[0, 1]}l{_moves(np.diff(xy, axis=0))}"


def _moves(steps: np.ndarray) -> str:
    return " ".join(f"{dx} {dy}" for dx, dy in steps.tolist()).replace(" -", "-")


def _inset(
    merged: gpd.GeoDataFrame,
    borders: str | None,
    bounds: tuple[float, float, float, float],
    frame: Frame,
    scale: Scale,
    hatch: str,
    ids: str,
) -> str:
    left, top, right, bottom = frame.inset_box()
    box = shapely.box(*bounds)
    k = (right - left) / (bounds[2] - bounds[0])
    close = Frame(bounds[0] - left / k, bounds[3] + top / k, k, frame.width, frame.height)
    inside = merged[merged.intersects(box)]
    shapes = close.pixels(simplified(shapely.intersection(inside.geometry.values, box), 0.7 / k))
    drawn = "".join(
        f'<path class="twin" d="{path(s)}" fill="{scale.colour(r.value).format(hatch=hatch)}">'
        f"<title>{escape(r.says)}</title></path>"
        for r, s in zip(inside.itertuples(index=False), shapes, strict=True)
    )
    caption = escape(_("Oslo and surroundings"))
    place = f'x="{left:g}" y="{top:g}" width="{right - left:g}" height="{bottom - top:g}"'
    over = ""
    if borders is not None:
        over = _lines(shapes, inside[borders].to_numpy(), 1.1)
    return (
        f'<clipPath id="{ids}c"><rect {place}/></clipPath><g aria-hidden="true"><rect {place} fill="{style.PAPER}"/>'
        f'<g clip-path="url(#{ids}c)"><g transform="scale(.1)" stroke="{style.BORDER}" stroke-width="5">{drawn}</g>{over}</g>'
        f'<rect {place} fill="none" stroke="{style.CONTEXT}" stroke-width="1"/>'
        f'<g fill="{style.INK}"><text class="wide" x="{left:g}" y="{top - 7:g}">{caption}</text>'
        f'<text class="narrow" x="{left:g}" y="{top - 9:g}" font-size="22" display="none">{caption}</text></g></g>'
    )


def _legend(scale: Scale, values: pd.Series, hatch: str) -> str:
    def item(fill: str, name: str, n: int) -> str:
        swatch = (
            f'<svg class="swatch" viewBox="0 0 22 14" aria-hidden="true"><rect x=".5" y=".5" width="21" height="13"'
            f' fill="{fill}" stroke="{style.CONTEXT}"/></svg>'
        )
        return f"<li>{swatch}<span>{escape(name)} <small>({n})</small></span></li>"

    fills = values.map(scale.colour)
    items = [] if scale.zero is None else [item(style.ZERO, scale.zero, int((fills == style.ZERO).sum()))]
    for colour, name in zip(scale.colours, scale.names, strict=True):
        items.append(item(colour, name, int((fills == colour).sum())))
    if values.isna().any():
        items.append(item(f"url(#{hatch})", scale.missing or _("no data"), int(values.isna().sum())))
    return f'<ul class="legend">{"".join(items)}</ul>'
