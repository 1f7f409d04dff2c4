"""Placement of names on a map: a name never stands on another region than its own, nor on another name.

A name goes on its own region, or beside it over the sea or a foreign country with a short line back that
crosses no other region. Where neither can be had it is left out: the region says its name all the same to
pointer, keyboard and screen reader.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
import shapely

from analysis.figures.style import text_width
from analysis.figures.viewport import Box

SIZES = {"wide": 12.5, "narrow": 23.0}
"""Font sizes in map pixels: the narrow set is shown where the map is shrunk to a phone's width."""
LINE_HEIGHT, BASELINE, CLEAR = 1.15, 0.9, 0.12
"""Shares of the font size: a line's height, the way down to its baseline, and what stays blank above it."""
STEPS, ANCHORS = 14, 48
"""How finely places on a region are tried (steps across it), and how many points of its outline."""
GAPS = (3.0, 9.0, 18.0)
"""Distances in pixels of a name beside its region."""
DIRECTIONS = np.array([(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1)], dtype=float)
FIRST = 16
"""Places that are tried before all others: one of them is mostly good."""
INSIDE = 4.0
"""How far into its region a line back reaches, in pixels."""


@dataclass(frozen=True)
class Label:
    """A name in its place: centre, lines of text with their baselines, and a line back to its region."""

    key: str
    x: float
    lines: list[tuple[float, str]]
    leader: tuple[float, float, float, float] | None


@dataclass
class Sheet:
    """A part of the drawing on which names are placed: the map itself, or its inset.

    Parameters
    ----------
    shapes : pandas.Series
        By code: the regions as they are drawn, in pixels.
    frame : tuple of float
        Left, top, right, bottom that no name may leave.
    taken : list of tuple
        Boxes that must stay free.
    """

    shapes: pd.Series
    frame: Box
    taken: list[Box] = field(default_factory=list)
    leaders: list[shapely.Geometry] = field(default_factory=list)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """The regions, to be searched by place."""
        shapes = self.shapes.to_numpy()
        shapely.prepare(shapes)
        return shapely.STRtree(shapes)

    def on_others(self, geometries: np.ndarray, own: int) -> np.ndarray:
        """Which of the geometries touch another region than the one at the place ``own``."""
        which, regions = self.tree.query(geometries)
        is_other = regions != own
        which, regions = which[is_other], regions[is_other]
        out = np.zeros(len(geometries), dtype=bool)
        out[which[shapely.intersects(self.tree.geometries[regions], geometries[which])]] = True
        return out

    def is_free(self, boxes: np.ndarray) -> np.ndarray:
        """Which boxes (rows of left, top, right, bottom) lie in the frame and on nothing taken."""
        left, top, right, bottom = self.frame
        free = (boxes[:, 0] >= left) & (boxes[:, 1] >= top) & (boxes[:, 2] <= right) & (boxes[:, 3] <= bottom)
        for a in self.taken:
            free &= (
                (boxes[:, 0] >= a[2]) | (boxes[:, 2] <= a[0]) | (boxes[:, 1] >= a[3]) | (boxes[:, 3] <= a[1])
            )
        if self.leaders:
            rows = np.flatnonzero(free)
            lines = shapely.multilinestrings(self.leaders)
            free[rows] = ~shapely.intersects(shapely.box(*boxes[rows].T), lines)
        return free

    def is_crossing(self, leaders: np.ndarray) -> np.ndarray:
        """Which lines cross a name or another line."""
        there = shapely.STRtree([shapely.box(*box) for box in self.taken] + self.leaders)
        out = np.zeros(len(leaders), dtype=bool)
        out[there.query(leaders, predicate="intersects")[0]] = True
        return out


def place(sheets: list[Sheet], names: pd.Series, size: float) -> list[Label]:
    """Places for names.

    Parameters
    ----------
    sheets : list of Sheet
        A name goes on its region on the first where there is room for it, else beside it likewise.
    names : pandas.Series
        By code, most important first; line breaks are kept.
    size : float
        Of the font, in pixels.
    """
    placed = []
    for key, text in names.items():
        own = [sheet for sheet in sheets if key in sheet.shapes.index]
        lines = str(text).split("\n")
        tries = (
            _label(str(key), shown, size, sheet, is_beside)
            for shown in (
                [lines, lines[:1]] if len(lines) > 1 else [lines]
            )  # the name alone is better than nothing
            for is_beside in (False, True)
            for sheet in own
        )
        label = next(filter(None, tries), None)
        if label:
            placed.append(label)
    return placed


def _label(key: str, lines: list[str], size: float, sheet: Sheet, is_beside: bool) -> Label | None:
    """The label at its best free place on its region or beside it; its box is taken from then on."""
    own = int(sheet.shapes.index.get_loc(key))
    shape = sheet.shapes.iloc[own]
    parts = shapely.get_parts(shape)
    if len(parts) == 0:
        return None
    width = max(text_width(line, size) for line in lines) + 2
    height = size * LINE_HEIGHT * len(lines)
    largest = parts[int(np.argmax(shapely.area(parts)))]
    inner = shapely.get_coordinates(shapely.maximum_inscribed_circle(largest, tolerance=1.0))[0]

    def boxes_at(centres: np.ndarray) -> np.ndarray:
        half = np.array([width / 2, height / 2])
        return np.hstack([centres - half + (0, size * CLEAR), centres + half])

    leader = None
    if not is_beside:
        centres = _on_region(largest, inner, height)
        centres = centres[np.argsort(np.hypot(*(centres - inner).T), kind="stable")]
        found = _first(sheet, own, boxes_at(centres))
    else:
        centres, anchors = _beside_region(shape, width, height - size * CLEAR)
        boxes = boxes_at(centres)
        order = np.flatnonzero(sheet.is_free(boxes))
        starts = _inwards(anchors, inner)
        ends = np.clip(anchors, boxes[:, :2], boxes[:, 2:])
        leaders = shapely.linestrings(np.stack([starts, ends], axis=1))
        order = order[~sheet.is_crossing(leaders[order])]
        order = order[~sheet.on_others(leaders[order], own)]
        order = order[
            np.argsort(
                shapely.length(leaders[order]) + np.hypot(*(starts[order] - inner).T) / 4, kind="stable"
            )
        ]
        found = _first(sheet, own, boxes[order])
        if found is not None:
            found = int(order[found])
            leader = (*starts[found], *ends[found])
            sheet.leaders.append(leaders[found])
    if found is None:
        return None
    box = boxes_at(centres[found : found + 1])[0]
    sheet.taken.append(tuple(box))
    x, y = centres[found]
    baselines = [y - height / 2 + size * (BASELINE + LINE_HEIGHT * i) for i in range(len(lines))]
    return Label(key, float(x), list(zip(baselines, lines, strict=True)), leader)


def _first(sheet: Sheet, own: int, boxes: np.ndarray) -> int | None:
    """The first box that is free and on no other region."""
    free = np.flatnonzero(sheet.is_free(boxes))
    for some in (free[:FIRST], free[FIRST:]):
        good = some[~sheet.on_others(shapely.box(*boxes[some].T), own)]
        if len(good):
            return int(good[0])
    return None


def _on_region(shape: shapely.Geometry, inner: np.ndarray, height: float) -> np.ndarray:
    """Points of a region that a name may be centred on, its most inner one first."""
    left, top, right, bottom = shape.bounds
    step = max((right - left) / STEPS, (bottom - top) / STEPS, height / 5)
    grid = np.stack(np.meshgrid(np.arange(left, right, step), np.arange(top, bottom, step)), axis=-1).reshape(
        -1, 2
    )
    return np.vstack([inner, grid[shapely.contains_xy(shape, grid)]])


def _beside_region(shape: shapely.Geometry, width: float, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Centres of names beside a region, and the point of its outline that each belongs to."""
    outline = shapely.boundary(shape)
    at = np.linspace(0, shapely.length(outline), ANCHORS, endpoint=False)
    lines = shapely.get_parts(outline)
    ends = np.cumsum(shapely.length(lines))
    which = np.minimum(np.searchsorted(ends, at, side="right"), len(lines) - 1)
    points = shapely.line_interpolate_point(lines[which], at - np.concatenate([[0], ends])[which])
    anchors = shapely.get_coordinates(points)
    steps = np.concatenate([DIRECTIONS * (np.array([width, height]) / 2 + gap) for gap in GAPS])
    return (
        (anchors[:, None, :] + steps[None, :, :]).reshape(-1, 2),
        np.repeat(anchors, len(steps), axis=0),
    )


def _inwards(anchors: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """The points of the outline moved a little towards the region's most inner point."""
    way = inner - anchors
    length = np.maximum(np.hypot(*way.T), 1e-9)
    return anchors + way / length[:, None] * np.minimum(INSIDE, length)[:, None]
