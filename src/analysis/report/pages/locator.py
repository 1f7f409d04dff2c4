"""Small drawings of the country: where a municipality lies, and which municipalities took part in a programme."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from analysis.figures import maps


@dataclass(frozen=True)
class Outline:
    """The country drawn once: SVG path data of the counties in tenths of a pixel, and the way to get there."""

    width: int
    height: int
    land: str
    left: float
    top: float
    per_metre: float

    def pixels(self, geometry: np.ndarray) -> np.ndarray:
        """Geometries (EPSG:25833) in tenths of a pixel, y downwards, whole numbers."""
        origin = np.array([self.left, self.top])
        scale = np.array([self.per_metre, -self.per_metre]) * 10
        return shapely.transform(geometry, lambda xy: np.round((xy - origin) * scale))


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
    pad = 6
    per_metre = (height - 2 * pad) / (top - bottom)
    width = round((right - left) * per_metre + 2 * pad)
    drawn = Outline(width, height, "", left - pad / per_metre, top + pad / per_metre, per_metre)
    shapes = drawn.pixels(maps.simplified(counties.geometry.to_numpy(), 1 / per_metre))
    return Outline(width, height, "".join(map(maps.path, shapes)), drawn.left, drawn.top, drawn.per_metre)


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
    tolerance = 0.4 / drawn.per_metre
    shapes = drawn.pixels(shapely.simplify(boundaries.geometry.to_numpy(), tolerance))
    points = shapely.get_coordinates(drawn.pixels(shapely.point_on_surface(boundaries.geometry.to_numpy())))
    return {
        code: {"path": maps.path(shape), "x": x / 10, "y": y / 10}
        for code, shape, (x, y) in zip(boundaries["municipality_code"], shapes, points, strict=True)
    }
