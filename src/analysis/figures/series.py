"""Small charts along an axis of numbers (years, shares): columns or lines, one panel for each part of a frame.

Panels stand beside each other on a page and below each other on a phone, share one scale, and are told
apart by their heading; lines carry the name of their group at the end, so that colour says nothing alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from analysis.figures import style
from analysis.figures.area import Area, drawings
from analysis.figures.figure import Figure, LegendItem, described
from analysis.figures.html_table import html_table
from analysis.figures.layout import LABEL_SIZE, SMALL_SIZE, TICK_BASELINE, round_ticks
from analysis.i18n import number

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Mark = Literal["columns", "line", "step"]
WIDTHS = {"wide": 720, "narrow": 344}
PANEL_HEIGHT, HEADING, BELOW, LEFT, GAP = 132, 26, 26, 45, 28
#: Height of a further line of a heading; how much wider its letters are than usual ones (headings are of small letters).
LINE, BOLD = 16, 1.06
#: Room for the names at the ends of lines.
NAMES = {"wide": 150, "narrow": 117}

#: Share of its place that a column takes, and what is left free beside the outer ones.
COLUMN, COLUMN_ROOM = 0.78, 0.6
#: Between the plot and its values; from the middle of a letter of theirs to its baseline.
PAD, HALF_LETTER = 5, 4.3
#: Height of a line of a name at the end of a line.
NAME_LINE = 14


@dataclass(frozen=True)
class Plot:
    """A panel: where its numbers stand in the area that it fills."""

    area: Area
    low: float
    high: float
    ticks: np.ndarray
    top: float

    def across(self, values: ArrayLike) -> np.ndarray:
        """Points from the area's left edge."""
        return (np.asarray(values, float) - self.low) / (self.high - self.low) * self.area.width

    def down(self, values: ArrayLike) -> np.ndarray:
        """Points from the area's top."""
        return (1 - np.asarray(values, float) / self.top) * self.area.height


@dataclass(frozen=True)
class Chart:
    """What is drawn, before it is laid out for a width."""

    rows: pd.DataFrame
    mark: Mark
    ticks: list[float]
    tick: Callable[[float], str]
    value: Callable[[float], str]
    top: float

    def _grid(self, width: str) -> tuple[list[str], int]:
        """The panels, and how many stand beside each other: two on a page, one on a phone."""
        panels = list(dict.fromkeys(self.rows["panel"]))
        return panels, min(2, len(panels)) if width == "wide" else 1

    def _headings(self, width: str) -> tuple[list[list[str]], float, int]:
        """The lines of each panel's heading, the room that all of them get, and their size: one line if it can be."""
        panels, across = self._grid(width)
        room = (WIDTHS[width] / across - (GAP / 2 if across > 1 else 0)) / BOLD
        for size in (LABEL_SIZE, SMALL_SIZE):
            lines = [style.wrapped(panel, room, size) for panel in panels]
            if max(map(len, lines)) == 1:
                break
        return lines, HEADING + (max(map(len, lines)) - 1) * LINE, size

    def size(self, width: str) -> tuple[float, float]:
        """Width and height of the chart in points."""
        panels, across = self._grid(width)
        return WIDTHS[width], -(-len(panels) // across) * (self._headings(width)[1] + PANEL_HEIGHT + BELOW)

    def paint(self, area: Area, width: str) -> None:
        """Draw the panels in an area, all at places in points: with matplotlib's axes it takes several times as long."""
        panels, across = self._grid(width)
        headings, room, size = self._headings(width)
        total, gap = area.width, GAP / 2 if across > 1 else 0
        names = 0 if self.mark == "columns" else NAMES[width]
        each = total / across - LEFT - names - (gap or 6)
        for k, panel in enumerate(panels):
            left = (k % across) * (total / across + gap) + LEFT
            top = (k // across) * (room + PANEL_HEIGHT + BELOW) + room
            plot = self._plot(area.part(left, top, each, PANEL_HEIGHT))
            rows = self.rows[self.rows["panel"] == panel]
            self._frame(plot)
            (self._columns if self.mark == "columns" else self._lines)(plot, rows)
            for above, line in enumerate(reversed(headings[k])):
                area.write(left - LEFT, top - 10 - above * LINE, line, size=size, weight="bold")

    def _plot(self, area: Area) -> Plot:
        """Where the numbers of a panel stand."""
        low, high = self.rows["x"].min(), self.rows["x"].max()
        room = COLUMN_ROOM if self.mark == "columns" or low == high else 0.0
        ticks = round_ticks(self.top, 3)
        return Plot(area, low - room, high + room, ticks, ticks[-1] * 1.02)

    def _frame(self, plot: Plot) -> None:
        """Lines across at round values, which stand left of them, and the numbers below."""
        area = plot.area
        for value, y in zip(plot.ticks, plot.down(plot.ticks), strict=True):
            area.write(-PAD, y + HALF_LETTER, self.value(value), SMALL_SIZE, color=style.MUTED, ha="right")
        shown = self.ticks[:: 2 if area.width < 240 and len(self.ticks) > 4 else 1]
        for value, x in zip(shown, plot.across(shown), strict=True):
            area.write(
                x, area.height + TICK_BASELINE, self.tick(value), SMALL_SIZE, color=style.MUTED, ha="center"
            )
        ends = np.array([0, area.width])
        grid = np.stack([np.column_stack([ends, [y, y]]) for y in plot.down(plot.ticks)])
        area.lines(grid, style.RULE, lw=1, zorder=0)
        area.lines([[(0, area.height), (area.width, area.height)]], style.CONTEXT, lw=1.5, zorder=5)

    def _columns(self, plot: Plot, rows: pd.DataFrame) -> None:
        """Columns, the parts of a year on top of each other in the frame's order."""
        base = pd.Series(0.0, index=np.sort(rows["x"].unique()))
        left, right = (plot.across(base.index.to_numpy(float) + side * COLUMN / 2) for side in (-1, 1))
        for _name, part in rows.groupby("series", sort=False):
            height = part.set_index("x")["estimate"].reindex(base.index).fillna(0.0)
            low, high = plot.down(base.to_numpy()), plot.down((base + height).to_numpy())
            corners = np.stack([left, low, left, high, right, high, right, low], axis=1).reshape(-1, 4, 2)
            plot.area.polygons(corners[height.to_numpy() > 0], part["colour"].iloc[0], zorder=2, edge=0.6)
            base = base + height

    def _lines(self, plot: Plot, rows: pd.DataFrame) -> None:
        """A line for each series, its band where it has one, and its name and last value at its end."""
        ends = []
        for name, part in rows.groupby("series", sort=False):
            colour = part["colour"].iloc[0]
            low, high, y = (
                self._stepped(plot, part["x"], part[column])
                for column in ("conf_low", "conf_high", "estimate")
            )
            plot.area.curve(y, color=colour, lw=2.4, zorder=3)
            if part[["conf_low", "conf_high"]].notna().all(axis=None):
                band = np.concatenate([low, high[::-1]])[None]
                plot.area.polygons(band, colour, zorder=1, alpha=0.16)
            ends.append((part["estimate"].iloc[-1], str(name), colour))
        x = float(plot.across(plot.high + (plot.high - plot.low) * 0.02))
        placed: list[float] = []
        for y, name, colour in sorted(ends):
            # Names of lines that end close to each other are moved apart.
            at = max(y, placed[-1] + 0.2 * plot.top) if placed else y
            placed.append(at)
            lines = [*style.wrapped(name, 100, SMALL_SIZE), self.value(y)]
            first = float(plot.down(at)) - (len(lines) - 1) / 2 * NAME_LINE + HALF_LETTER
            for k, line in enumerate(lines):
                plot.area.write(x, first + k * NAME_LINE, line, color=colour, size=SMALL_SIZE)

    def _stepped(self, plot: Plot, x: pd.Series, y: pd.Series) -> np.ndarray:
        """Places of a line, which keeps its height until the next value where it is one of steps."""
        across, down = plot.across(x), plot.down(y)
        if self.mark == "step":
            across, down = np.repeat(across, 2)[1:], np.repeat(down, 2)[:-1]
        return np.column_stack([across, down])


def chart(
    frame: pd.DataFrame,
    *,
    name: str,
    title: str,
    subtitle: str,
    source: str,
    heads: tuple[str, str],
    mark: Mark = "columns",
    ticks: list[float] | None = None,
    tick: Callable[[float], str] = lambda v: f"{v:g}",
    at: Callable[[float], str] | None = None,
    value: Callable[[float], str] = number,
    coverage: str = "",
    legend: tuple[LegendItem, ...] = (),
    data: pd.DataFrame | None = None,
) -> Figure:
    """Columns or lines along ``x``, one panel for each value of ``panel``.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``panel`` (its heading), ``series`` (name of the line or part of the column), ``x``, ``estimate``,
        ``colour``, and optionally ``conf_low`` and ``conf_high`` (a band around a line).
    name, title, subtitle, source, coverage : str
        See :class:`~analysis.figures.figure.Figure`.
    heads : tuple of str
        Names of the axis and of the value.
    mark : {"columns", "line", "step"}
    ticks : list of float, optional
        Places on the axis that are written; default every fifth whole number.
    tick, value : callable
        How a place on the axis and a value are written.
    at : callable, optional
        How a place is written in the table and the alt text; default as on the axis.
    legend : tuple of LegendItem
    data : pandas.DataFrame, optional
        What the reader downloads; default is the frame without ``colour``.
    """
    at = at or tick
    rows = frame.assign(**{c: np.nan for c in ("conf_low", "conf_high") if c not in frame})
    if ticks is None:
        low, high = int(rows["x"].min()), int(rows["x"].max())
        ticks = [float(x) for x in range(low, high + 1) if x % 5 == 0]
    stacked = rows.groupby(["panel", "x"])["estimate"].sum() if mark == "columns" else rows["estimate"]
    top = float(np.nanmax([stacked.max(), 0 if mark == "columns" else rows["conf_high"].max()])) or 1.0
    drawn = Chart(rows, mark, ticks, tick, value, top)
    column = rows["series"]
    if rows["panel"].nunique() > 1:
        column = rows["panel"] + (": " + column if column.nunique() > 1 else "")
    written = rows.assign(column=column, written=rows["estimate"].map(value))
    told = written if mark == "columns" else _at_ticks(written, ticks)
    table = written.pivot_table("written", "x", "column", "first", sort=False).sort_index()
    table = (table.ffill() if mark == "step" else table).fillna("–")
    table = table[list(dict.fromkeys(column))].rename_axis(columns=None)
    table.insert(0, heads[0], [at(x) for x in table.index])
    return Figure(
        name=name,
        title=title,
        subtitle=subtitle,
        alt=described(title, subtitle, "; ".join(_said(told, at))),
        source=source,
        coverage=coverage,
        legend=legend,
        data=frame.drop(columns=["colour"], errors="ignore") if data is None else data,
        drawings=drawings(drawn, name),
        table=html_table(table, f"{title} ({heads[1]})", numeric=tuple(table.columns[1:]), hide_caption=True),
        drawn=drawn,
    )


def _at_ticks(written: pd.DataFrame, ticks: list[float]) -> pd.DataFrame:
    """Of each line the last values up to the places that are written, and its end."""
    places = [*ticks, np.inf]
    kept = [
        part[part["x"] <= place].tail(1)
        for _name, part in written.groupby("column", sort=False)
        for place in places
    ]
    return pd.concat(kept).drop_duplicates(["column", "x"])


def _said(written: pd.DataFrame, at: Callable[[float], str]) -> Iterator[str]:
    """Each group's values but zero, as the text that stands in for the picture says them."""
    for column, part in written.groupby("column", sort=False):
        values = [f"{at(r.x)} {r.written}" for r in part[part["estimate"] != 0].itertuples(index=False)]
        yield f"{column}: {', '.join(values) or '0'}"
