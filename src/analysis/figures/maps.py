"""Choropleth maps as inline SVG: small, sharp in print, and readable region by region.

Every region is one path with its name and value in ``title`` and ``aria-label`` (matplotlib's SVG has
neither); places too small to see get a ring. Geometry comes in metres (EPSG:25833) and leaves as whole
tenths of a pixel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analysis.figures import map_labels, markup, style
from analysis.figures.figure import Figure, LegendItem
from analysis.figures.viewport import Box, Viewport, borders_path, simplified, svg_path
from analysis.i18n import N_, _

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

SOURCE = N_("Boundaries: Kartverket, CC BY 4.0, simplified")
SHARED_NOTE = N_("1508 Ålesund and 1580 Haram are one area on the map and have the colour of Ålesund.")
OSLO_AREA = (212_000.0, 6_596_000.0, 318_000.0, 6_702_000.0)
"""Oslo and its surroundings in EPSG:25833: left, bottom, right, top."""
WIDTH = 640
TOLERANCE = 0.7
"""How far, in pixels, a simplified border may lie from the true one."""
INVISIBLE = 9.0
"""Regions of fewer square pixels get a ring: nobody would find them."""
MISSING = "url(#{hatch})"


@dataclass(frozen=True)
class Scale:
    """Classes of a map, few and with round bounds.

    Parameters
    ----------
    bounds : tuple of float
        Where each class begins, lowest first.
    names : tuple of str
        The classes in the legend.
    write : callable
        Formats one value.
    zero : str, optional
        Name of the class of what is exactly 0; without it zero is a value like any other.
    """

    bounds: tuple[float, ...]
    names: tuple[str, ...]
    write: Callable[[float], str]
    zero: str | None = None

    def colour(self, value: float) -> str:
        """The fill of a value; missing values get the hatch."""
        if pd.isna(value):
            return MISSING
        if self.zero is not None and value == 0:
            return style.ZERO
        place = int(np.searchsorted(self.bounds, value, side="right")) - 1
        return self.colours[max(place, 0)]

    @property
    def colours(self) -> tuple[str, ...]:
        """One colour a class, spread over the whole of the sequence."""
        picks = np.linspace(0, len(style.SEQUENTIAL) - 1, len(self.bounds)).round().astype(int)
        return tuple(style.SEQUENTIAL[i] for i in picks)

    def legend(self, values: pd.Series) -> tuple[LegendItem, ...]:
        """The classes with the number of values in each."""
        classes = dict(zip(self.colours, self.names, strict=True))
        if self.zero is not None:
            classes = {style.ZERO: self.zero, **classes}
        if values.isna().any():
            classes[MISSING] = _("no data")
        fills = values.map(self.colour)
        return tuple(LegendItem(fill, name, int((fills == fill).sum())) for fill, name in classes.items())


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
    inset: Box | None = None,
    named: pd.Series | None = None,
    addresses: dict[str, str] | None = None,
    data: pd.DataFrame | None = None,
) -> Figure:
    """A map of values by region.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        One geometry a code, in metres; codes that share a geometry become one region that names both.
    values : pandas.DataFrame
        ``code``, ``name``, ``value``, and optionally ``text``: what a region says besides its name
        (default: its value).
    code : str
        Column of codes in both frames.
    scale : Scale
    name, title, subtitle, alt, source, coverage : str
        See :class:`~analysis.figures.figure.Figure`.
    borders : str, optional
        Column of ``regions`` whose groups (counties) get a line between them.
    inset : Box, optional
        A part to be enlarged: left, bottom, right, top in metres.
    named : pandas.Series, optional
        Texts to write on the map by code, the most important first.
    addresses : dict, optional
        By code: makes the region a link.
    data : pandas.DataFrame, optional
        What the reader downloads (default: ``values``).
    """
    merged = _merged(regions, values, code, borders, scale)
    viewport = Viewport.around(merged.total_bounds, WIDTH)
    labels: dict[str, list[map_labels.Label]] = {}
    if named is not None:
        land = shapely.union_all(merged.geometry.simplify(2 / viewport.per_metre).values)
        taken = [viewport.inset_box()] if inset is not None else []
        labels = map_labels.place(merged, land, viewport, named, code, taken)
    hatch = style.short_id(name, "m") + "h"
    legend = scale.legend(values.loc[values[code].isin(regions[code]), "value"])
    drawing = _svg(merged, viewport, labels, inset, borders, merged[code].map(addresses or {}), hatch)
    return Figure(
        name=name,
        title=title,
        subtitle=subtitle,
        alt=alt,
        source=f"{source}. {_(SOURCE)}.",
        coverage=coverage,
        data=values if data is None else data,
        drawings=(drawing,),
        legend=tuple(item._replace(fill=item.fill.format(hatch=hatch)) for item in legend),
        canvas=lambda: _canvas(merged, viewport, labels.get("wide", []), legend),
        is_map=True,
    )


def _merged(
    regions: gpd.GeoDataFrame, values: pd.DataFrame, code: str, borders: str | None, scale: Scale
) -> gpd.GeoDataFrame:
    """One row a shape: code, value, label, fill and geometry; of codes that share a shape the first."""
    columns = list(dict.fromkeys([code, *([borders] if borders else []), "geometry"]))
    joined = regions[columns].merge(values, on=code, how="left", validate="one_to_one")
    if "text" not in joined:
        joined["text"] = [_("no data") if pd.isna(v) else scale.write(v) for v in joined["value"]]
    joined["label"] = joined["name"].astype(str) + ": " + joined["text"].astype(str)
    joined["fill"] = joined["value"].map(scale.colour)
    joined["shape"] = shapely.to_wkb(joined.geometry.values)
    joined = joined.sort_values(code)
    first = joined.drop_duplicates("shape").set_index("shape")
    first["label"] = joined.groupby("shape")["label"].agg("; ".join)
    return first.reset_index(drop=True)


def _svg(
    merged: gpd.GeoDataFrame,
    viewport: Viewport,
    labels: dict[str, list[map_labels.Label]],
    inset: Box | None,
    borders: str | None,
    addresses: pd.Series,
    hatch: str,
) -> str:
    def lines(drawn: np.ndarray, frame: gpd.GeoDataFrame) -> str:
        return "" if borders is None else borders_path(drawn, frame[borders].to_numpy())

    pixels = viewport.pixels(simplified(merged.geometry.values, TOLERANCE / viewport.per_metre))
    context: dict[str, Any] = {"regions": _regions(merged, pixels, hatch, addresses), "inset": None}
    if inset is not None:
        near, box = viewport.inset(inset), shapely.box(*inset)
        inside = merged[merged.intersects(box)]
        clipped = shapely.intersection(inside.geometry.values, box)
        close = near.pixels(simplified(clipped, TOLERANCE / near.per_metre))
        context["inset"] = {
            "box": viewport.inset_box(),
            "regions": _regions(inside, close, hatch),
            "borders": lines(close, inside),
            "caption": _("Oslo and surroundings"),
        }
    return markup.render(
        "map.svg.j2",
        style=style,
        viewport=viewport,
        hatch=hatch,
        clip=f"{hatch}c",
        borders=lines(pixels, merged),
        names=[(css_class, map_labels.SIZES[css_class], placed) for css_class, placed in labels.items()],
        **context,
    )


def _regions(
    merged: gpd.GeoDataFrame, pixels: np.ndarray, hatch: str, addresses: pd.Series | None = None
) -> list[dict[str, Any]]:
    """What the template writes of each region; ``ring`` marks the place of one too small to see."""
    links = [None] * len(merged) if addresses is None else addresses
    out = []
    for row, shape, address in zip(merged.itertuples(index=False), pixels, links, strict=True):
        centre = np.round(shapely.get_coordinates(shapely.centroid(shape))[0]) / 10
        out.append(
            {
                "label": row.label,
                "fill": row.fill.format(hatch=hatch),
                "path": svg_path(shape),
                "ring": tuple(centre) if shapely.area(shape) < 100 * INVISIBLE else None,
                "address": address if isinstance(address, str) else None,
            }
        )
    return out


def _canvas(
    merged: gpd.GeoDataFrame,
    viewport: Viewport,
    labels: list[map_labels.Label],
    legend: tuple[LegendItem, ...],
) -> Canvas:
    """The map as a matplotlib figure, for a file of its own; without the inset."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas
    from matplotlib.patches import Patch
    from matplotlib.patheffects import withStroke

    def look(fill: str) -> dict[str, Any]:
        if fill != MISSING:
            return {"facecolor": fill}
        return {"facecolor": style.PAPER, "hatch": "////"}

    size = (viewport.width, viewport.height)
    with mpl.rc_context(style.RC):
        canvas = Canvas(figsize=(size[0] / 72, size[1] / 72))
        axes = canvas.add_axes((0, 0, 1, 1), xlim=(0, size[0]), ylim=(size[1], 0))
        axes.set_axis_off()
        pixels = viewport.pixels(merged.geometry.simplify(TOLERANCE / viewport.per_metre).values)
        drawn = gpd.GeoSeries(shapely.transform(pixels, lambda xy: xy / 10))
        for fill, group in drawn.groupby(merged["fill"].to_numpy()):
            group.plot(ax=axes, edgecolor=style.BORDER, linewidth=0.5, aspect=None, **look(str(fill)))
        halo = [withStroke(linewidth=3, foreground=style.PAPER)]
        for label in labels:
            if label.leader:
                axes.plot(label.leader[::2], label.leader[1::2], color=style.INK, lw=0.8)
            for baseline, line in label.lines:
                axes.text(
                    label.x, baseline, line, size=map_labels.SIZES["wide"], ha="center", path_effects=halo
                )
        patches = [Patch(edgecolor=style.CONTEXT, label=f"{i.name} ({i.n})", **look(i.fill)) for i in legend]
        axes.legend(handles=patches, loc="upper left", frameon=False)
    return canvas
