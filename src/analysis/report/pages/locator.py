"""Small drawings of the country: where a municipality lies, and which municipalities took part in a programme."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import shapely

from analysis.figures.viewport import MARGIN, Viewport, simplified, svg_path


@dataclass(frozen=True)
class Outline:
    """The country drawn once: ``land`` is the SVG path data of the counties in tenths of a pixel."""

    viewport: Viewport
    land: str


def outline(counties: gpd.GeoDataFrame, height: int) -> Outline:
    """Draw the counties as one path.

    Parameters
    ----------
    counties : GeoDataFrame
        Geometry in metres (EPSG:25833).
    height : int
        Pixels.

    Returns
    -------
    Outline
    """
    left, bottom, right, top = counties.total_bounds
    per_metre = (height - 2 * MARGIN) / (top - bottom)
    viewport = Viewport.around(counties.total_bounds, round((right - left) * per_metre + 2 * MARGIN))
    shapes = viewport.pixels(simplified(counties.geometry.to_numpy(), 1 / viewport.per_metre))
    return Outline(viewport, "".join(map(svg_path, shapes)))


def places(drawn: Outline, boundaries: gpd.GeoDataFrame) -> dict[str, dict[str, object]]:
    """Where each municipality stands in the drawing.

    Parameters
    ----------
    drawn : Outline
    boundaries : GeoDataFrame
        municipality_code and geometry (EPSG:25833).

    Returns
    -------
    dict
        By municipality_code: ``path`` (tenths of a pixel), ``x`` and ``y`` of a point inside it (pixels).
    """
    land, viewport = boundaries.geometry.to_numpy(), drawn.viewport
    shapes = viewport.pixels(shapely.simplify(land, 0.4 / viewport.per_metre))
    points = shapely.get_coordinates(viewport.pixels(shapely.point_on_surface(land)))
    return {
        code: {"path": svg_path(shape), "x": x / 10, "y": y / 10}
        for code, shape, (x, y) in zip(boundaries["municipality_code"], shapes, points, strict=True)
    }
