"""Greedy placement of names on a map: the most important first, none over another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from analysis.figures.viewport import Box, Viewport

SIZES = {"wide": 12.5, "narrow": 22.0}
"""Font sizes in map pixels: the narrow set is shown where the map is shrunk to a phone's width."""
LETTER_WIDTH, LINE_HEIGHT, BASELINE = 0.56, 1.15, 0.9
"""Shares of the font size: a letter's mean width, a line's height, and the way down to its baseline."""
RADII = (0.75, 1.1, 1.5, 2.0, 2.6, 3.4, 4.4)
DIRECTIONS = ((1, 0), (-1, 0), (1, 0.7), (-1, 0.7), (1, -0.7), (-1, -0.7), (0, 1), (0, -1))
"""Where a name is tried beside its place: distances in text heights, and directions."""
CROWDED, NEAR = 20, 1.5
"""On a phone, where more names than this are on a map, only those that fit close to their region are set."""


@dataclass(frozen=True)
class Label:
    """A name in its place: centre, lines of text with their baselines, and a line back to its region."""

    x: float
    lines: list[tuple[float, str]]
    leader: tuple[float, float, float, float] | None


def place(
    regions: gpd.GeoDataFrame,
    land: BaseGeometry,
    viewport: Viewport,
    names: pd.Series,
    code: str,
    taken: list[Box],
) -> dict[str, list[Label]]:
    """Places for names, for each of the ``SIZES``.

    A name goes on its region's most inner point, or beside it over the sea with a line back; where there
    is no room at all it is left out.

    Parameters
    ----------
    regions : geopandas.GeoDataFrame
        In metres (EPSG:25833), with the column ``code``.
    land : geometry
        Where a name beside its region hides something.
    viewport : Viewport
    names : pandas.Series
        By code, most important first; line breaks are kept.
    code : str
    taken : list of Box
        Boxes in pixels that must stay free.
    """
    points = regions.set_index(code).geometry.map(_inner_point)
    shapely.prepare(land)
    placed = {}
    for css_class, size in SIZES.items():
        reach = NEAR if css_class == "narrow" and len(names) > CROWDED else max(RADII)
        boxes, labels = list(taken), []
        for key, text in names.items():
            if key in points.index:
                label = _label(str(text), size, viewport.pixel(*points[key]), land, viewport, boxes, reach)
                labels += [label] if label else []
        placed[css_class] = labels
    return placed


def _inner_point(shape: BaseGeometry) -> tuple[float, float]:
    parts = shapely.get_parts(shape)
    largest = parts[int(np.argmax(shapely.area(parts)))]
    line = shapely.maximum_inscribed_circle(largest, tolerance=500)
    return tuple(shapely.get_coordinates(line)[0])  # type: ignore[return-value]


def _label(
    text: str,
    size: float,
    point: tuple[float, float],
    land: BaseGeometry,
    viewport: Viewport,
    boxes: list[Box],
    reach: float,
) -> Label | None:
    """The label at its cheapest free place; its box is added to ``boxes``."""
    (x, y), lines = point, text.split("\n")
    width = max(len(line) for line in lines) * size * LETTER_WIDTH
    height = size * LINE_HEIGHT * len(lines)
    best, least = None, float("inf")
    for dx, dy, may_hide_land in _offsets(width, height, reach):
        distance = float(np.hypot(dx, dy)) / 40
        if distance >= least:
            break
        cx, cy = x + dx, y + dy
        box = (cx - width / 2 - 2, cy - height / 2 - 1, cx + width / 2 + 2, cy + height / 2 + 1)
        if _is_outside(box, viewport) or any(_overlap(box, other) for other in boxes):
            continue
        ground = viewport.ground(box)
        hidden = 0.0 if may_hide_land else shapely.area(shapely.intersection(land, ground)) / ground.area
        cost = distance + hidden * 4
        if cost < least:
            best, least = (cx, cy, box), cost
    if best is None:
        return None
    cx, cy, box = best
    boxes.append(box)
    is_beside = abs(cx - x) > width / 2 + 2 or abs(cy - y) > height / 2 + 2
    leader = (x, y, min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3])) if is_beside else None
    top = cy - height / 2
    baselines = [top + size * (BASELINE + LINE_HEIGHT * i) for i in range(len(lines))]
    return Label(cx, list(zip(baselines, lines, strict=True)), leader)


def _offsets(width: float, height: float, reach: float) -> Iterator[tuple[float, float, bool]]:
    """Ways to shift a label from its point, nearest first, and whether it stands on its own region there."""
    on_region = [(0.0, 0.0, True), (0.0, -height * 0.6, True), (0.0, height * 0.6, True)]
    beside = [
        (a * (width / 2 + radius * height), b * radius * height * 1.4, False)
        for radius in RADII
        if radius <= reach
        for a, b in DIRECTIONS
    ]
    yield from sorted(on_region + beside, key=lambda step: float(np.hypot(step[0], step[1])))


def _is_outside(box: Box, viewport: Viewport) -> bool:
    return box[0] < 0 or box[1] < 0 or box[2] > viewport.width or box[3] > viewport.height


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and a[2] > b[0] and a[1] < b[3] and a[3] > b[1]
