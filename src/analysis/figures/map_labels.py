"""Names on a map: placed one by one, the most important first, none over another."""

from __future__ import annotations

import hashlib
from html import escape

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from analysis.figures import style
from analysis.figures.viewport import Frame

Box = tuple[float, float, float, float]
SIZES = {"wide": 12.5, "narrow": 22.0}
"""Font sizes in map pixels: the narrow set is shown where the map is shrunk to a phone's width."""


def digest(text: str) -> str:
    """A short id made from a text, the same every time."""
    return hashlib.sha256(text.encode()).hexdigest()[:6]


def written(
    regions: gpd.GeoDataFrame, land: BaseGeometry, frame: Frame, named: pd.Series, code: str, taken: list[Box]
) -> str:
    """The texts of ``named`` (indexed by code, most important first) as SVG, once for each size of screen.

    A text goes on its region's most inner point, or beside it over the sea with a thin line back;
    where there is no room at all it is left out (its region still says it). On a phone, where many names
    crowd, only those that fit on or close to their own region are written.
    """
    points = regions.set_index(code).geometry.map(lambda g: _inner(g))
    shapely.prepare(land)
    return "".join(_set(cls, size, points, land, frame, named, list(taken)) for cls, size in SIZES.items())


def _inner(shape: BaseGeometry) -> tuple[float, float]:
    parts = shapely.get_parts(shape)
    largest = parts[int(np.argmax(shapely.area(parts)))]
    line = shapely.maximum_inscribed_circle(largest, tolerance=500)
    return tuple(shapely.get_coordinates(line)[0])  # type: ignore[return-value]


def _set(
    cls: str,
    size: float,
    points: pd.Series,
    land: BaseGeometry,
    frame: Frame,
    named: pd.Series,
    boxes: list[Box],
) -> str:
    texts, lines = [], []
    placed: list[Box] = list(boxes)
    for code, text in named.items():
        if code not in points.index:
            continue
        x = (points[code][0] - frame.left) * frame.per_metre
        y = (frame.top - points[code][1]) * frame.per_metre
        rows = str(text).split("\n")
        wide = max(len(r) for r in rows) * size * 0.56
        tall = size * 1.15 * len(rows)
        reach = 1.5 if cls == "narrow" and len(named) > 20 else 4.4
        spot = _spot(x, y, wide, tall, land, frame, placed, reach)
        if spot is None:
            continue
        cx, cy, box = spot
        placed.append(box)
        if abs(cx - x) > wide / 2 + 2 or abs(cy - y) > tall / 2 + 2:
            end = min(max(x, box[0]), box[2]), min(max(y, box[1]), box[3])
            lines.append(f"M{x:.0f} {y:.0f}L{end[0]:.0f} {end[1]:.0f}")
        for i, row in enumerate(rows):
            base = cy - tall / 2 + size * (0.9 + 1.15 * i)
            weight = ' font-weight="600"' if i == 0 and len(rows) > 1 else ""
            texts.append(f'<text x="{cx:.0f}" y="{base:.0f}"{weight}>{escape(row)}</text>')
    hidden = ' display="none"' if cls == "narrow" else ""
    return (
        f'<g class="names {cls}" aria-hidden="true" font-size="{size:g}" text-anchor="middle" fill="{style.INK}"'
        f' pointer-events="none"{hidden}><path d="{"".join(lines)}" fill="none" stroke="{style.INK}" stroke-width=".8"/>'
        f'<g stroke="{style.PAPER}" stroke-width="{size * 0.26:.1f}" stroke-linejoin="round" paint-order="stroke">'
        f"{''.join(texts)}</g></g>"
    )


def _spot(
    x: float,
    y: float,
    wide: float,
    tall: float,
    land: BaseGeometry,
    frame: Frame,
    placed: list[Box],
    reach: float,
) -> tuple[float, float, Box] | None:
    around = ((1, 0), (-1, 0), (1, 0.7), (-1, 0.7), (1, -0.7), (-1, -0.7), (0, 1), (0, -1))
    steps = [(0.0, 0.0), (0.0, -tall * 0.6), (0.0, tall * 0.6)]
    for radius in (0.75, 1.1, 1.5, 2.0, 2.6, 3.4, 4.4):
        if radius <= reach:
            side, up = wide / 2 + radius * tall, radius * tall * 1.4
            steps += [(a * side, b * up) for a, b in around]
    best, least = None, float("inf")
    for i, (dx, dy) in sorted(enumerate(steps), key=lambda step: float(np.hypot(*step[1]))):
        far = float(np.hypot(dx, dy)) / 40
        if far >= least:
            break
        cx, cy = x + dx, y + dy
        box = (cx - wide / 2 - 2, cy - tall / 2 - 1, cx + wide / 2 + 2, cy + tall / 2 + 1)
        if box[0] < 0 or box[1] < 0 or box[2] > frame.width or box[3] > frame.height:
            continue
        if any(box[0] < b[2] and box[2] > b[0] and box[1] < b[3] and box[3] > b[1] for b in placed):
            continue
        metres = shapely.box(
            frame.left + box[0] / frame.per_metre,
            frame.top - box[3] / frame.per_metre,
            frame.left + box[2] / frame.per_metre,
            frame.top - box[1] / frame.per_metre,
        )
        covers = 0.0 if i < 3 else shapely.area(shapely.intersection(land, metres)) / metres.area
        cost = far + covers * 4
        if cost < least:
            best, least = (cx, cy, box), cost
    return best
