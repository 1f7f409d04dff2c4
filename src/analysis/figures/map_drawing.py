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
from analysis.figures.viewport import Box, Viewport, areas, borders, borders_path, simplified, svg_path
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
    share: float = 0.42


@dataclass(frozen=True)
class DrawnInset:
    """The inset ready to be written: its box on the map, its regions in pixels, and how much of each it shows."""

    box: Box
    caption: str
    regions: gpd.GeoDataFrame
    pixels: np.ndarray
    parts: np.ndarray


@dataclass(frozen=True)
class DrawnMap:
    """A map ready to be written: its regions, and how they look in pixels, on the map and in its inset."""

    merged: gpd.GeoDataFrame
    code: str
    viewport: Viewport
    pixels: np.ndarray
    frame: Box
    inset: DrawnInset | None = None

    def sheets(self) -> list[map_labels.Sheet]:
        """Where names may stand: on the map, and in its inset where it has one."""
        if self.inset is None:
            return [self._sheet(self.merged, self.pixels, self.frame)]
        left, top, right, bottom = self.inset.box
        with_caption = (left - 4, top - 34, right, bottom)
        inside = (left + 2, top + 2, right - 2, bottom - 2)
        return [
            self._sheet(self.merged, self.pixels, self.frame, with_caption),
            self._sheet(self.inset.regions, self.inset.pixels, inside),
        ]

    def _sheet(
        self, regions: gpd.GeoDataFrame, pixels: np.ndarray, frame: Box, *taken: Box
    ) -> map_labels.Sheet:
        shapes = pd.Series(shapely.transform(pixels, _tenth), regions[self.code].to_numpy())
        return map_labels.Sheet(shapes, frame, list(taken))

    @property
    def in_inset(self) -> set[str]:
        """Codes of the regions that the inset shows (almost) whole: their names stand there alone."""
        return set() if self.inset is None else set(self.inset.regions[self.code][self.inset.parts > MOSTLY])


def _tenth(xy: np.ndarray) -> np.ndarray:
    return xy / 10


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
    near = viewport.inset(inset.bounds, inset.share)
    clipped = areas(shapely.intersection(land, shapely.box(*inset.bounds)))
    is_inside = ~shapely.is_empty(clipped)
    clipped = clipped[is_inside]
    shown = DrawnInset(
        box=viewport.inset_box(inset.share),
        caption=_(inset.caption),
        regions=merged[is_inside],
        pixels=near.pixels(simplified(clipped, TOLERANCE / near.per_metre)),
        parts=shapely.area(clipped) / shapely.area(land[is_inside]),
    )
    return DrawnMap(merged, code, viewport, pixels, frame, shown)


def place_names(drawn: DrawnMap, named: pd.Series | None) -> dict[str, list[map_labels.Label]]:
    """The names in their places, for each size of type."""
    if named is None:
        return {}
    is_near = named.index.isin(drawn.in_inset)
    placed = {}
    for css_class, size in map_labels.SIZES.items():
        whole, *near = drawn.sheets()
        placed[css_class] = map_labels.place(near, named[is_near], size)
        placed[css_class] += map_labels.place([whole, *near], named[~is_near], size)
    return placed


def svg(drawn: DrawnMap, labels: dict[str, list[map_labels.Label]], borders: str | None, hatch: str) -> str:
    """The map as inline SVG; regions with an address are links."""

    def land(regions: gpd.GeoDataFrame, pixels: np.ndarray) -> dict[str, Any]:
        lines = "" if borders is None else borders_path(pixels, regions[borders].to_numpy())
        return {"regions": _regions(regions, pixels, hatch), "borders": lines}

    near = drawn.inset
    return markup.render(
        "map.svg.j2",
        style=style,
        viewport=drawn.viewport,
        hatch=hatch,
        clip=f"{hatch}c",
        names=[(css_class, map_labels.SIZES[css_class], placed) for css_class, placed in labels.items()],
        has_shared=bool(drawn.merged["shared"].any()),
        **land(drawn.merged, drawn.pixels),
        inset=near and {"box": near.box, "caption": near.caption, **land(near.regions, near.pixels)},
    )


def _regions(regions: gpd.GeoDataFrame, pixels: np.ndarray, hatch: str) -> list[dict[str, Any]]:
    """What the template writes of each region; ``ring`` marks the place of one too small to see."""
    out = []
    for row, shape in zip(regions.itertuples(index=False), pixels, strict=True):
        centre = np.round(shapely.get_coordinates(shapely.centroid(shape))[0]) / 10
        out.append(
            {
                "label": row.label,
                "fill": row.fill.format(hatch=hatch),
                "path": svg_path(shape),
                "ring": tuple(centre) if shapely.area(shape) < 100 * INVISIBLE else None,
                "address": row.address,
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
        text = map_labels.SIZES["wide"]
        self._land(axes, self.map.merged, self.map.pixels, scale)
        if inset := self.map.inset:
            left, top, right, bottom = inset.box
            box = Rectangle((left, top), right - left, bottom - top, lw=0.8, ec=style.CONTEXT, fc=style.PAPER)
            axes.add_patch(box)
            self._land(axes, inset.regions, inset.pixels, scale)
            axes.text(left, top - 6, inset.caption, size=max(text * scale, LEAST), color=style.INK)
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
