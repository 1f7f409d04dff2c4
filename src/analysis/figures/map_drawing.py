"""A map laid out in pixels, its names in their places, written as SVG or drawn with matplotlib."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analysis.figures import map_labels, markup, style
from analysis.figures.area import Area
from analysis.figures.figure import LegendItem
from analysis.figures.viewport import (
    INSET_SHARE,
    Box,
    Viewport,
    areas,
    borders,
    borders_path,
    simplified,
    svg_path,
)
from analysis.i18n import _

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDTH = 640
TOLERANCE = 0.7
"""How far, in pixels, a simplified border may lie from the true one."""
INVISIBLE = 9.0
"""Regions of fewer square pixels get a ring: nobody would find them."""
MISSING, UNKNOWN = "url(#{hatch})", "url(#{hatch}z)"
"""No data: crossed lines. Nothing documented, which is not the same as nothing: lines in one direction."""
MOSTLY = 0.9
"""A region of which the inset shows more than this share has its name there."""
SHARED = "url(#{hatch}s)"
LEGEND_SIZE, LEAST = 12, 8.5
"""Of the legend's type in a file of its own; it gets smaller with the map, but not below the second."""
ROOM_FOR_NAMES = 0.14
"""How much wider than the land a map with names is, for those that stand over the sea in the west."""


@dataclass(frozen=True)
class Inset:
    """A part of the map to be enlarged.

    Parameters
    ----------
    bounds : tuple of float
        Left, bottom, right, top in metres (EPSG:25833); a square.
    caption : str
        A message.
    share : float
        Side of the enlarged part as a share of the map's width.
    """

    bounds: Box
    caption: str
    share: float = INSET_SHARE


@dataclass(frozen=True)
class DrawnMap:
    """A map ready to be written: its regions, and how they look in pixels, on the map and in its inset."""

    merged: gpd.GeoDataFrame
    code: str
    viewport: Viewport
    pixels: np.ndarray
    frame: Box
    inset_box: Box | None = None
    inset_rows: np.ndarray | None = None
    inset_pixels: np.ndarray | None = None
    inset_part: np.ndarray | None = None

    def sheet(self, in_inset: bool) -> map_labels.Sheet:
        """Where names may stand: on the map, without the regions that the inset shows whole, or in the inset."""
        codes = self.merged[self.code].to_numpy()
        if in_inset and self.inset_box is not None:
            left, top, right, bottom = self.inset_box
            shapes = pd.Series(shapely.transform(self.inset_pixels, _tenth), codes[self.inset_rows])
            return map_labels.Sheet(shapes, (left + 2, top + 2, right - 2, bottom - 2))
        taken = [] if self.inset_box is None else [_grown(self.inset_box)]
        shapes = pd.Series(shapely.transform(self.pixels, _tenth), codes)
        return map_labels.Sheet(shapes, self.frame, taken)

    @property
    def in_inset(self) -> set[str]:
        """Codes of the regions that the inset shows (almost) whole: their names stand there alone."""
        if self.inset_rows is None or self.inset_part is None:
            return set()
        return set(self.merged[self.code].to_numpy()[self.inset_rows[self.inset_part > MOSTLY]])


def _tenth(xy: np.ndarray) -> np.ndarray:
    return xy / 10


def _grown(box: Box) -> Box:
    """The inset's box with its caption above."""
    return (box[0] - 4, box[1] - 34, box[2], box[3])


def draw(merged: gpd.GeoDataFrame, code: str, inset: Inset | None, names_beside: bool) -> DrawnMap:
    """Lay the map out for its width, with room in the west where names may stand beside the land, over the sea."""
    left, bottom, right, top = merged.total_bounds
    if names_beside:
        left -= (right - left) * ROOM_FOR_NAMES
    viewport = Viewport.around((left, bottom, right, top), WIDTH)
    land = merged.geometry.to_numpy()
    pixels = viewport.pixels(simplified(land, TOLERANCE / viewport.per_metre))
    frame = (1.0, 1.0, viewport.width - 1.0, viewport.height - 1.0)
    if not names_beside:
        frame = tuple((shapely.total_bounds(pixels) / 10).tolist())
    if inset is None:
        return DrawnMap(merged, code, viewport, pixels, frame)
    near, box = viewport.inset(inset.bounds, inset.share), shapely.box(*inset.bounds)
    clipped = areas(shapely.intersection(land, box))
    rows = np.flatnonzero(~shapely.is_empty(clipped))
    clipped = clipped[rows]
    close = near.pixels(simplified(clipped, TOLERANCE / near.per_metre))
    part = shapely.area(clipped) / shapely.area(land[rows])
    return DrawnMap(merged, code, viewport, pixels, frame, viewport.inset_box(inset.share), rows, close, part)


def place_names(drawn: DrawnMap, named: pd.Series | None) -> dict[str, list[map_labels.Label]]:
    """The names in their places, for each size of type."""
    if named is None:
        return {}
    placed = {}
    for css_class, size in map_labels.SIZES.items():
        near = [] if drawn.inset_rows is None else [drawn.sheet(in_inset=True)]
        is_near = named.index.isin(drawn.in_inset)
        placed[css_class] = map_labels.place(near, named[is_near], size)
        placed[css_class] += map_labels.place([drawn.sheet(in_inset=False), *near], named[~is_near], size)
    return placed


def svg(
    drawn: DrawnMap,
    labels: dict[str, list[map_labels.Label]],
    inset: Inset | None,
    borders: str | None,
    addresses: pd.Series,
    hatch: str,
) -> str:
    """The map as inline SVG; regions with an address are links."""

    def lines(pixels: np.ndarray, frame: gpd.GeoDataFrame) -> str:
        return "" if borders is None else borders_path(pixels, frame[borders].to_numpy())

    merged, shown = drawn.merged, None
    if inset is not None and drawn.inset_rows is not None and drawn.inset_pixels is not None:
        inside = merged.iloc[drawn.inset_rows]
        shown = {
            "box": drawn.inset_box,
            "regions": _regions(inside, drawn.inset_pixels, hatch, addresses.iloc[drawn.inset_rows]),
            "borders": lines(drawn.inset_pixels, inside),
            "caption": _(inset.caption),
        }
    return markup.render(
        "map.svg.j2",
        style=style,
        viewport=drawn.viewport,
        hatch=hatch,
        clip=f"{hatch}c",
        borders=lines(drawn.pixels, merged),
        names=[(css_class, map_labels.SIZES[css_class], placed) for css_class, placed in labels.items()],
        regions=_regions(merged, drawn.pixels, hatch, addresses),
        has_shared=bool(merged["shared"].any()),
        inset=shown,
    )


def _regions(
    merged: gpd.GeoDataFrame, pixels: np.ndarray, hatch: str, addresses: pd.Series
) -> list[dict[str, Any]]:
    """What the template writes of each region; ``ring`` marks the place of one too small to see."""
    out = []
    for row, shape, address in zip(merged.itertuples(index=False), pixels, addresses, strict=True):
        centre = np.round(shapely.get_coordinates(shapely.centroid(shape))[0]) / 10
        out.append(
            {
                "label": row.label,
                "fill": row.fill.format(hatch=hatch),
                "path": svg_path(shape),
                "ring": tuple(centre) if shapely.area(shape) < 100 * INVISIBLE else None,
                "address": address if isinstance(address, str) else None,
                "is_shared": bool(row.shared),
            }
        )
    return out


@dataclass(frozen=True)
class Painted:
    """The map with its names as matplotlib draws it, for a file of its own or a part of a sheet."""

    map: DrawnMap
    labels: list[map_labels.Label]
    legend: tuple[LegendItem, ...]
    county: str | None
    caption: str = ""

    def size(self, width: str) -> tuple[float, float]:
        """Width and height in points; maps have one width."""
        return self.map.viewport.width, self.map.viewport.height

    def paint(self, area: Area, width: str) -> None:
        """Draw the map in an area, all of it larger or smaller as the area is."""
        from matplotlib.patches import Patch, Rectangle

        across, down = self.size(width)
        scale = area.width / across
        axes = area.axes(0, 0, area.width, area.height)
        axes.set(xlim=(0, across), ylim=(down, 0))
        axes.set_axis_off()
        merged, text = self.map.merged, map_labels.SIZES["wide"]
        self._land(axes, merged, self.map.pixels, scale)
        if self.map.inset_box is not None and self.map.inset_pixels is not None:
            left, top, right, bottom = self.map.inset_box
            box = Rectangle((left, top), right - left, bottom - top, lw=0.8, ec=style.CONTEXT, fc=style.PAPER)
            axes.add_patch(box)
            self._land(axes, merged.iloc[self.map.inset_rows], self.map.inset_pixels, scale)
            axes.text(left, top - 6, self.caption, size=max(text * scale, LEAST), color=style.INK)
        for label in self.labels:
            if label.leader:
                axes.plot(label.leader[::2], label.leader[1::2], color=style.INK, lw=0.8)
            for y, line in label.lines:
                axes.text(label.x, y, line, size=text * scale, ha="center", path_effects=_halo(scale))
        patches = [Patch(edgecolor=style.BORDER, label=i.text, **_look(i.fill)) for i in self.legend]
        axes.legend(
            handles=patches,
            loc="upper left",
            frameon=False,
            borderpad=0,
            fontsize=max(LEGEND_SIZE * scale, LEAST),
        )

    def _land(self, axes: Axes, rows: gpd.GeoDataFrame, pixels: np.ndarray, scale: float) -> None:
        """Regions in their classes, and the lines between counties."""
        shapes = gpd.GeoSeries(shapely.transform(pixels, _tenth))
        for fill, group in shapes.groupby(rows["fill"].to_numpy()):
            group.plot(
                ax=axes, edgecolor=style.BORDER, linewidth=0.5 * scale, aspect=None, **_look(str(fill))
            )
        striped = shapes[rows["shared"].ne("").to_numpy()]
        if len(striped):
            striped.plot(ax=axes, edgecolor=style.BORDER, linewidth=0, aspect=None, **_look(SHARED))
        if self.county is not None:
            lines = gpd.GeoSeries(shapely.transform(borders(pixels, rows[self.county].to_numpy()), _tenth))
            lines.plot(ax=axes, color=style.COUNTY_BORDER, linewidth=scale, aspect=None)


def _look(fill: str) -> dict[str, Any]:
    """A fill of the legend as matplotlib knows it."""
    hatches = {MISSING: (style.PAPER, "xxxx"), UNKNOWN: (style.ZERO, "////"), SHARED: ("none", "\\\\\\")}
    colour, hatch = hatches.get(fill, (fill, ""))
    return {"facecolor": colour, "hatch": hatch}


def _halo(scale: float) -> list[Any]:
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=3 * scale, foreground=style.PAPER)]
