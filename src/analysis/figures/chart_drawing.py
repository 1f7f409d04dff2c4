"""Drawing of a chart's rows: bars or dots with intervals, texts in columns of their own, quantities as they are written.

Every chart is drawn twice, for a page's column and for a phone, from two named layouts: nothing can
overlap, and colour never carries anything alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from analysis.figures import style
from analysis.figures.area import Area
from analysis.figures.layout import (
    ASCENT,
    DETAIL_HEIGHT,
    LABEL_SIZE,
    LAYOUTS,
    LINE_HEIGHT,
    SMALL_SIZE,
    TICK_BASELINE,
    VALUE_SIZE,
    Layout,
    log_ticks,
    round_ticks,
    text_height,
)
from analysis.i18n import N_, _, decimals, number, number_range, percent, percent_range

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

ROWS_OF_PART, PAIRS_OF_PART = 3, 2
"""Rows, or pairs of rows, that stay together where a chart breaks between sheets of paper."""
INTERVAL = N_("95% interval")


@dataclass(frozen=True)
class Unit:
    """How a quantity is written: one value, an interval, and a tick of the axis with a number of decimals."""

    one: Callable[[float], str]
    span: Callable[[float, float], str]
    is_log: bool = False
    tick: Callable[[float, int], str] = number


def shares(values: Iterable[float]) -> Unit:
    """Shares between 0 and 1 as percentages, all with as many decimals as the smallest needs; none and all are whole."""
    digits = decimals(values)
    return Unit(
        lambda v: percent(v, 0 if v in (0, 1) else digits),
        lambda a, b: percent_range(a, b, digits),
        tick=percent,
    )


SHARE_1 = Unit(lambda v: percent(v, 1), lambda a, b: percent_range(a, b, 1), tick=percent)
"""A share between 0 and 1 as a percentage with one decimal."""
RATIO = Unit(lambda v: number(v, 2), lambda a, b: number_range(a, b, 2), is_log=True)
COUNT = Unit(lambda v: number(v), lambda a, b: number_range(a, b))


@dataclass(frozen=True)
class Row:
    """A row of the chart in its place: pixels down from the plot's top.

    ``rule``: where a line parts it from the pair of rows before; missing where there is none.
    ``is_second``: of a pair, which it shares its label with.
    """

    data: Any
    lines: list[str]
    details: list[str]
    top: float
    is_second: bool
    bar: float
    text_top: float
    value_baseline: float
    rule: float | None = None


@dataclass(frozen=True)
class Axis:
    """Where values stand across a chart, in points, and its ticks with their labels."""

    left: float
    width: float
    low: float
    high: float
    is_log: bool
    ticks: np.ndarray
    labels: list[str]

    def at(self, values: ArrayLike) -> np.ndarray:
        """Places of values; those outside stand at the plot's edge."""
        scaled, low, high = (
            np.log(np.maximum(v, self.low)) if self.is_log else np.asarray(v, dtype=float)
            for v in (values, self.low, self.high)
        )
        return self.left + self.width * np.clip((scaled - low) / (high - low), 0, 1)


def _told_apart(ticks: Iterable[float], write: Callable[[float, int], str]) -> list[str]:
    """Ticks with as few decimals as tell them apart."""
    written = ([write(tick, digits) for tick in ticks] for digits in count())
    return next(labels for labels in written if len(set(labels)) == len(labels))


@dataclass(frozen=True)
class Chart:
    """What a chart shows, before it is laid out for a width."""

    rows: pd.DataFrame
    unit: Unit
    heads: tuple[str, str]
    reference: tuple[float, str] | None
    as_dots: bool

    @property
    def has_intervals(self) -> bool:
        """Whether any row has an interval."""
        return bool(self.rows["span"].any())

    @cached_property
    def placed(self) -> dict[Layout, tuple[list[Row], float]]:
        """By layout the rows in their places, and the height of the plot."""
        return {layout: self._place(layout) for layout in LAYOUTS.values()}

    def _place(self, layout: Layout) -> tuple[list[Row], float]:
        has_second_line = bool(self.rows["detail"].any()) or self.has_intervals
        repeats = self.rows["label"].eq(self.rows["label"].shift())  # drawn as the second of a pair
        placed: list[Row] = []
        top = 0.0
        for row, is_repeat in zip(self.rows.itertuples(index=False), repeats, strict=True):
            rule = None
            if repeats.any() and placed and not is_repeat:
                rule = top + layout.pair_gap / 2 - layout.row_gap / 2
                top += layout.pair_gap
            lines = [] if is_repeat else style.wrapped(str(row.label), layout.label_width, LABEL_SIZE)
            details = style.fitted(str(row.detail), layout.detail_width, SMALL_SIZE)
            height = layout.row_height(len(lines), len(details), str(row.span), has_second_line)
            if layout.labels_beside:
                bar = top + height / 2
                text_top = bar - text_height(len(lines), len(details)) / 2
                value = bar - 2 if row.span else bar + 5
            else:
                bar, text_top, value = top + height - layout.row_gap / 2, top, top + ASCENT
            placed.append(Row(row, lines, details, top, bool(is_repeat), bar, text_top, value, rule))
            top += height
        return placed, top

    def size(self, width: str) -> tuple[float, float]:
        """Width and height of the chart in points."""
        layout = LAYOUTS[width]
        return layout.width, self._top(layout) + self.placed[layout][1] + layout.plot_bottom

    def parts(self) -> list[tuple[float, float]]:
        """Top and height of the parts between rows."""
        layout, height = LAYOUTS["wide"], self.size("wide")[1]
        starts = [row.top for row in self.placed[layout][0] if not row.is_second]
        per_part = ROWS_OF_PART if len(starts) == len(self.rows) else PAIRS_OF_PART
        cuts = [self._top(layout) + y for y in starts[per_part:-1:per_part]]
        return [(a, b - a) for a, b in pairwise([0.0, *cuts, height])]

    def _top(self, layout: Layout) -> float:
        """Where the plot begins."""
        return layout.plot_top + (layout.reference_height if self.reference else 0)

    def paint(self, area: Area, width: str) -> None:
        """Draw the chart in an area, all at places in points: with matplotlib's axes it takes half as long again."""
        layout = LAYOUTS[width]
        rows, height = self.placed[layout]
        top = self._top(layout)
        axis = self._axis(layout, area.width - layout.plot_left - layout.plot_right)
        # Above bars, texts stand over the plot: lines keep to the bars, so that none crosses a text.
        spans = (
            [(top, top + height)]
            if layout.labels_beside
            else [(top + row.bar - layout.bar_height, top + row.bar + layout.bar_height) for row in rows]
        )
        self._draw_axis(area, axis, spans)
        _draw_marks(area, axis, rows, top, layout.bar_height, self.as_dots)
        self._write(area, layout, axis, rows, top)
        self._write_ticks(area, layout, axis, top + height + TICK_BASELINE)

    def _axis(self, layout: Layout, width: float) -> Axis:
        """Where values stand, and the ticks."""
        values = self.rows[["estimate", "conf_low", "conf_high"]].to_numpy(dtype=float)
        values = np.append(values[np.isfinite(values)], [self.reference[0]] if self.reference else [])
        high = float(values.max(initial=0)) or 1.0
        if self.unit.is_log:
            ticks = log_ticks(float(values[values > 0].min(initial=1.0)), high)
            labels = [number(t, len(f"{t:g}".partition(".")[2])) for t in ticks]
            low, high = ticks[0] * 0.95, ticks[-1] * 1.05
        else:
            ticks = round_ticks(high, layout.max_ticks)
            labels = _told_apart(ticks, self.unit.tick)
            low, high = 0.0, max(high, ticks[-1]) * 1.005
        return Axis(layout.plot_left, width, low, high, self.unit.is_log, ticks, labels)

    def _write(self, area: Area, layout: Layout, axis: Axis, rows: list[Row], top: float) -> None:
        """All texts but the axis's, at pixels from the top left corner."""
        write, width = area.write, area.width
        small = partial(write, size=SMALL_SIZE, color=style.MUTED)
        right = width - layout.value_right
        if layout.labels_beside:
            small(0, ASCENT, self.heads[0])
            interval = f" ({_(INTERVAL)})" if self.has_intervals else ""
            small(right, ASCENT, self.heads[1] + interval, ha="right")
        for row in rows:
            if row.rule is not None:
                area.rule(top + row.rule)
            baseline = top + row.text_top + ASCENT
            for i, line in enumerate(row.lines):
                write(0, baseline + LINE_HEIGHT * i, line, size=LABEL_SIZE)
            under = baseline + LINE_HEIGHT * len(row.lines) - (1 if row.lines else 2)
            for i, line in enumerate(row.details):
                small(0, under + DETAIL_HEIGHT * i, line)
            value = top + row.value_baseline
            write(right, value, row.data.written, ha="right", size=VALUE_SIZE, weight="bold")
            if row.data.span:
                small(right, value + DETAIL_HEIGHT, row.data.span, ha="right")
        if self.reference:
            place, text = self.reference
            half = len(text) * SMALL_SIZE * 0.3
            x = min(
                max(float(axis.at(place)), layout.plot_left + half), width - half - layout.reference_right
            )
            write(x, layout.reference_baseline, text, ha="center", size=SMALL_SIZE, color=style.INK)

    def _write_ticks(self, area: Area, layout: Layout, axis: Axis, baseline: float) -> None:
        """The values of the ticks under the plot."""
        places: list[Literal["left", "center", "right"]] = ["center"] * len(axis.ticks)
        if not layout.labels_beside:  # the outer labels would stand half outside
            places[0], places[-1] = "left", "right"
        for x, label, place in zip(axis.at(axis.ticks), axis.labels, places, strict=True):
            area.write(x, baseline, label, ha=place, size=SMALL_SIZE, color=style.MUTED)

    def _draw_axis(self, area: Area, axis: Axis, spans: list[tuple[float, float]]) -> None:
        """Grid, base line and reference line."""

        def across(at: np.ndarray | list[float]) -> list[list[tuple[float, float]]]:
            return [[(x, low), (x, high)] for x in axis.at(at) for low, high in spans]

        area.lines(across(axis.ticks), style.RULE, lw=1, zorder=0)
        if not self.unit.is_log:
            area.lines(across([0.0]), style.CONTEXT, lw=1.5, zorder=1.5)
        if self.reference:
            area.lines(across([self.reference[0]]), style.INK, lw=1.2, zorder=1.5, ls=(0, (4, 3)))


def _draw_marks(area: Area, axis: Axis, rows: list[Row], top: float, height: float, as_dots: bool) -> None:
    """The rows' bars or dots, and their intervals."""
    known = [row for row in rows if not pd.isna(row.data.estimate)]
    for row in known:
        at, colour = float(axis.at(row.data.estimate)), row.data.colour
        if as_dots:
            area.dot(at, top + row.bar, 9, color=colour, zorder=1.3)
        else:
            start = top + row.bar - height / 2
            area.swatch(axis.left, start, at - axis.left, height, color=colour, zorder=1)
    sure = [row for row in known if row.data.span]
    if not sure:
        return
    y = np.array([top + row.bar for row in sure])
    low, high = axis.at([(row.data.conf_low, row.data.conf_high) for row in sure]).T
    across = np.stack([np.column_stack([low, y]), np.column_stack([high, y])], axis=1)
    if not as_dots:  # a white edge lets the interval be seen over its own bar, in grey print too
        area.lines(across, style.PAPER, lw=3.5, zorder=1.1)
    ink = [row.data.colour if as_dots else style.INK for row in sure]
    area.lines(across, ink, lw=2.0 if as_dots else 1.5, zorder=1.2)
    ends = np.column_stack([np.append(low, high), np.tile(y, 2)])
    whisker = np.array([0, 4])
    area.lines(np.stack([ends - whisker, ends + whisker], axis=1), ink * 2, lw=1.5, zorder=1.2)
