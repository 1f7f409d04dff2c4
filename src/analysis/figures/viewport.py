"""Map viewport: from metres of EPSG:25833 to pixels of the drawing, and from shapes to SVG path data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels."""
MARGIN, TALLEST = 10, 860


@dataclass(frozen=True)
class Viewport:
    """Which part of the country a map shows, and how large: ``left`` and ``top`` in metres, size in pixels."""

    left: float
    top: float
    per_metre: float
    width: int
    height: int

    @classmethod
    def around(cls, bounds: Sequence[float], width: int) -> Viewport:
        """The viewport that shows bounds (left, bottom, right, top in metres) as large as the page allows."""
        left, bottom, right, top = bounds
        k = min((width - 2 * MARGIN) / (right - left), (TALLEST - 2 * MARGIN) / (top - bottom))
        aside = (width - (right - left) * k) / 2
        return cls(left - aside / k, top + MARGIN / k, k, width, round((top - bottom) * k + 2 * MARGIN))

    def pixels(self, geometry: np.ndarray) -> np.ndarray:
        """Geometries in tenths of a pixel, y downwards, whole numbers."""
        shift = np.array([self.left, self.top])
        turn = np.array([self.per_metre, -self.per_metre]) * 10
        return shapely.transform(geometry, lambda xy: np.round((xy - shift) * turn))

    def inset_box(self, share: float) -> Box:
        """Where an inset of this share of the width stands: the lower right corner, which mainland Norway leaves free."""
        side = self.width * share
        return (self.width - side - 2, self.height - side - 2, self.width - 2, self.height - 2)

    def inset(self, bounds: Box, share: float) -> Viewport:
        """The viewport that shows bounds inside the inset's box of this one."""
        left, top, right, _bottom = self.inset_box(share)
        k = (right - left) / (bounds[2] - bounds[0])
        return Viewport(bounds[0] - left / k, bounds[3] + top / k, k, self.width, self.height)


def simplified(shapes: np.ndarray, tolerance: float) -> np.ndarray:
    """Shapes with fewer points and their shared borders still shared; islets that no eye could see go.

    The largest part of every shape stays, however small it is.
    """
    return _simplified(tuple(shapes), tolerance).copy()


@lru_cache(maxsize=8)  # a page shows the same land on several maps
def _simplified(land: tuple[BaseGeometry, ...], tolerance: float) -> np.ndarray:
    shapes = np.asarray(land, dtype=object)
    if not shapely.coverage_is_valid(shapes):
        shapes = np.asarray(shapely.coverage_clean(shapes), dtype=object)
    simple = shapely.coverage_simplify(shapes, tolerance)
    return np.array([_without_islets(s, tolerance**2 * 2) for s in simple], dtype=object)


def areas(shapes: np.ndarray) -> np.ndarray:
    """The shapes without the lines and points that a cut may leave; empty where a shape only touches its edge."""
    shapes = np.array(shapes, dtype=object)
    for k in np.flatnonzero(~np.isin(shapely.get_type_id(shapes), (3, 6))):  # polygon and multipolygon
        shapes[k] = shapely.multipolygons(_polygons(shapes[k]))
    return shapes


def _polygons(shape: BaseGeometry) -> np.ndarray:
    parts = shapely.get_parts(shape)
    return parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]


def _without_islets(shape: BaseGeometry, least: float) -> BaseGeometry:
    parts = _polygons(shape)
    areas = shapely.area(parts)
    return shapely.multipolygons(parts[(areas >= least) | (areas == areas.max(initial=0))])


def svg_path(shape: BaseGeometry) -> str:
    """SVG path data of a polygon: each point relative to the last, repeats left out."""
    out = []
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        xy = shapely.get_coordinates(ring).astype(int)[:-1]
        steps = np.diff(xy, axis=0)
        steps = steps[np.any(steps != 0, axis=1)]
        if len(steps) >= 2:
            out.append(f"M{xy[0, 0]} {xy[0, 1]}l{_moves(steps)}z")
    return "".join(out)


def borders_path(shapes: np.ndarray, groups: np.ndarray) -> str:
    """SVG path data of the borders between groups of shapes."""
    return "".join(_open_path(line) for line in borders(shapes, groups))


def borders(shapes: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The borders between groups of shapes as lines: the edges that two groups share, not the coast."""
    rings = [
        (shapely.get_coordinates(ring), group)
        for shape, group in zip(shapes, groups, strict=True)
        for ring in shapely.get_rings(shapely.get_parts(shape))
    ]
    if not rings:
        return np.array([])
    edges = pd.DataFrame(
        np.vstack([np.hstack([xy[:-1], xy[1:]]) for xy, _group in rings]), columns=["x0", "y0", "x1", "y1"]
    )
    edges["group"] = np.repeat([group for _xy, group in rings], [len(xy) - 1 for xy, _group in rings])
    # Neighbours walk their border in opposite directions: every edge is turned to start at its lower end.
    is_backward = (edges["x0"] > edges["x1"]) | ((edges["x0"] == edges["x1"]) & (edges["y0"] > edges["y1"]))
    edges.loc[is_backward, ["x0", "y0", "x1", "y1"]] = edges.loc[
        is_backward, ["x1", "y1", "x0", "y0"]
    ].to_numpy()
    edges = edges[(edges["x0"] != edges["x1"]) | (edges["y0"] != edges["y1"])]
    owners = edges.groupby(["x0", "y0", "x1", "y1"])["group"].nunique()
    shared = np.array(owners[owners > 1].index.to_list()).reshape(-1, 2, 2)
    if len(shared) == 0:
        return np.array([])
    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(shared)))
    return shapely.get_parts(merged)


def _open_path(line: BaseGeometry) -> str:
    xy = shapely.get_coordinates(line).astype(int)
    return f"M{xy[0, 0]} {xy[0, 1]}l{_moves(np.diff(xy, axis=0))}"


def _moves(steps: np.ndarray) -> str:
    return " ".join(f"{dx} {dy}" for dx, dy in steps.tolist()).replace(" -", "-")
