"""A sheet of A3 with a headline, large numbers, a map, pairs of bars and columns of text, as PDF and PNG.

Everything stands in a named layout of points; texts are measured before they are broken into lines, and
set smaller where they would not fit the sheet.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from analysis.figures import style
from analysis.figures.area import Area
from analysis.figures.figure import Drawn, Figure

A3 = (841.89, 1190.55)
MARGIN, GUTTER, PADDING = 46.0, 30.0, 14.0
LINE = 1.36
"""Height of a line of text over its size."""
BAR, BAR_STEP, PAIR_GAP, VALUE_ROOM = 13.0, 16.0, 11.0, 130.0
MAP_WIDTH = 345.0
PNG_DPI = 150
BAND = "#f1f5f8"
COLOURS = (style.SMALL_RURAL, style.OTHERS)
"""Of the two groups, in the order of a pair."""


class Type(NamedTuple):
    """Sizes of type in points."""

    title: float = 36.0
    lead: float = 12.5
    huge: float = 36.0
    heading: float = 12.5
    body: float = 9.8
    small: float = 8.4


#: The sheet is set in the first of these in which all its texts fit.
TYPES = tuple(Type(*(size * part for size in Type())) for part in (1.0, 0.95, 0.9, 0.85, 0.8))


@dataclass(frozen=True)
class Pair:
    """Two numbers to be compared, written large: of small rural municipalities and of the others."""

    small: str
    others: str
    about: str
    note: str


@dataclass(frozen=True)
class Poster:
    """What the sheet says.

    Parameters
    ----------
    kicker, title, lead : str
        Line above the title, the finding, and what its words mean.
    groups : tuple of str
        Names of the two groups, in the order of a pair.
    pairs : sequence of Pair
        Three comparisons under the title.
    map : Figure
    charts : sequence of tuple
        Figures whose data are pairs of rows (label, detail, estimate, and where there are such conf_low and
        conf_high), with the way their values and their details are written.
    columns : sequence of tuple
        Heading and paragraphs.
    footer : sequence of str
    """

    kicker: str
    title: str
    lead: str
    groups: tuple[str, str]
    pairs: Sequence[Pair]
    map: Figure
    charts: Sequence[tuple[Figure, Callable[[float], str], Callable[[str], str]]]
    columns: Sequence[tuple[str, Sequence[str]]]
    footer: Sequence[str]

    def files(self) -> tuple[bytes, bytes]:
        """The sheet as PDF (text can be searched and copied) and as PNG; the same bytes every time."""
        import matplotlib as mpl

        with mpl.rc_context(style.RC | {"pdf.fonttype": 42, "text.parse_math": False}):
            for sizes in TYPES:
                sheet = Area.sheet(*A3)
                fits, room_of_map = self._draw(sheet, sizes)
                if fits:
                    break
            self._drawing.paint(room_of_map, "wide")  # once, as it takes longest
            pdf, png = io.BytesIO(), io.BytesIO()
            said: dict[str, Any] = {"Title": self.title, "Author": self.kicker, "CreationDate": None}
            sheet.canvas.savefig(pdf, format="pdf", facecolor=style.PAPER, metadata=said)
            sheet.canvas.savefig(
                png, format="png", dpi=PNG_DPI, facecolor=style.PAPER, metadata={"Software": None}
            )
        return pdf.getvalue(), png.getvalue()

    @property
    def _drawing(self) -> Drawn:
        assert self.map.drawn is not None
        return self.map.drawn

    def _draw(self, sheet: Area, t: Type) -> tuple[bool, Area]:
        """Draw everything but the map; returns whether it fits, and the room of the map."""
        width = sheet.width - 2 * MARGIN
        page = sheet.part(MARGIN, 0, width, sheet.height)
        top = _Flow(page, MARGIN)
        for k, color in enumerate(COLOURS):
            page.swatch(36 * k, MARGIN, 36, 5, color)
        top.skip(12).text(self.kicker, t.body, style.MUTED)
        top.skip(4).text(self.title, t.title, weight="bold", line=1.2)
        top.skip(6).text(self.lead, t.lead)
        y = self._numbers(page, top.y + 16, t) + 26
        map_end, room_of_map = self._map(page.part(0, y, MAP_WIDTH, 0), t)
        right = _Flow(page.part(MAP_WIDTH + GUTTER, 0, width - MAP_WIDTH - GUTTER, 0), y)
        for figure, write, about in self.charts:
            right.text(figure.title, t.heading, weight="bold", line=1.25)
            right.skip(2).text(figure.subtitle, t.small, style.MUTED)
            self._legend(right.skip(5 + t.small), t)
            right.y = _bars(right.area, right.y + 10, figure.data, write, about, t)
            right.skip(4).text(
                " ".join(filter(None, (figure.coverage, figure.source + "."))), t.small, style.MUTED
            )
            right.skip(20)
        below = max(right.y, y + map_end) + 4
        page.part(0, 0, width, 0).rule(below)
        each = (width - GUTTER * (len(self.columns) - 1)) / len(self.columns)
        ends = []
        for k, (heading, paragraphs) in enumerate(self.columns):
            column = _Flow(page.part(k * (each + GUTTER), 0, each, 0), below + 14)
            column.text(heading, t.heading, weight="bold")
            for paragraph in paragraphs:
                column.skip(4).text(paragraph, t.body)
            ends.append(column.y)
        lines = [line for text in self.footer for line in broken(text, width, t.small)]
        start = sheet.height - MARGIN - len(lines) * t.small * LINE
        page.rule(start - 4)
        foot = _Flow(page, start)
        for text in self.footer:
            foot.text(text, t.small, style.MUTED)
        return max(ends) + 12 <= start, room_of_map

    def _legend(self, flow: _Flow, t: Type) -> None:
        """The colours of the two groups, by name."""
        x = 0.0
        for name, color in zip(self.groups, COLOURS, strict=True):
            flow.area.swatch(x, flow.y - 7, 14, 8, color)
            flow.area.write(x + 20, flow.y, name, size=t.small)
            x += 34 + _width(name, t.small, "normal")

    def _numbers(self, page: Area, y: float, t: Type) -> float:
        """The comparisons side by side on a band of colour; returns where it ends."""
        each = page.width / len(self.pairs)
        inner = each - 2 * PADDING
        about = max(len(broken(p.about, inner, t.heading, "bold")) for p in self.pairs)
        notes = max(len(broken(p.note, inner, t.small)) for p in self.pairs)
        base = y + PADDING + about * t.heading * LINE + t.huge * 1.05
        size = fitting(self.pairs, inner, t.huge)
        end = base + (notes + 1) * t.small * LINE + PADDING + 4
        page.swatch(0, y, page.width, end - y, BAND, zorder=0)
        for k, pair in enumerate(self.pairs):
            flow = _Flow(page.part(k * each + PADDING, 0, inner, 0), y + PADDING)
            flow.text(pair.about, t.heading, weight="bold")
            numbers = zip((pair.small, pair.others), self.groups, COLOURS, strict=True)
            x = 0.0
            for number, name, color in numbers:
                flow.area.write(x, base, number, size=size, weight="bold", color=color)
                flow.area.write(x, base + t.small * LINE + 4, name, size=t.small, color=color)
                x = max(inner / 2, _width(number, size, "bold") + PADDING)
            flow.y = base + t.small * LINE + 4
            flow.skip(4).text(pair.note, t.small, style.MUTED)
        return end + 4

    def _map(self, area: Area, t: Type) -> tuple[float, Area]:
        """The words of the map; returns where it ends, and the room that they leave it."""
        across, down = self._drawing.size("wide")
        height = down * MAP_WIDTH / across
        flow = _Flow(area, 0)
        flow.text(self.map.title, t.heading, weight="bold", line=1.25)
        flow.skip(2).text(self.map.subtitle, t.small, style.MUTED)
        room = area.part(0, flow.y + 6, MAP_WIDTH, height)
        flow.skip(height + 10).text(f"{self.map.coverage} {self.map.source}", t.small, style.MUTED)
        return flow.y, room


@dataclass
class _Flow:
    """Texts below each other in an area."""

    area: Area
    y: float

    def skip(self, height: float) -> _Flow:
        self.y += height
        return self

    def text(
        self, text: str, size: float, color: str = style.INK, weight: str = "normal", line: float = LINE
    ) -> None:
        for part in broken(text, self.area.width, size, weight):
            self.y += size * line
            self.area.write(
                0, self.y - size * (line - 1) / 2 - size * 0.2, part, size=size, color=color, weight=weight
            )


def broken(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """The text in lines no wider than ``width`` points, as measured in the sheet's type.

    Examples
    --------
    >>> broken("Small rural municipalities", 80, 10)
    ['Small rural', 'municipalities']
    """
    lines: list[str] = []
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _width(longer, size, weight) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def fitting(pairs: Sequence[Pair], room: float, size: float) -> float:
    """The size of type, at most ``size``, in which the two numbers of every pair stand side by side in the room.

    Examples
    --------
    >>> fitting([Pair("16.5%", "14.4%", about="", note="")], 200, 36) < 36
    True
    """
    widths = [[_width_per_point(number, "bold") for number in (pair.small, pair.others)] for pair in pairs]
    return min(size, *(min((room - PADDING) / (one + two), room / 2 / two) for one, two in widths))


def _width(text: str, size: float, weight: str) -> float:
    return size * _width_per_point(text, weight)


@cache  # a text is tried in several sizes
def _width_per_point(text: str, weight: str) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", size=1, weight=weight)
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def _bars(
    area: Area,
    y: float,
    rows: pd.DataFrame,
    write: Callable[[float], str],
    about: Callable[[str], str],
    t: Type,
) -> float:
    """Pairs of bars, each under its label, with the value and what it is made of; returns where they end."""
    rows = rows.assign(**{end: np.nan for end in ("conf_low", "conf_high") if end not in rows})
    rows.loc[rows["coverage"] == "census", ["conf_low", "conf_high"]] = np.nan
    reach = rows[["estimate", "conf_high"]].max(axis=1).to_numpy(float)
    room = area.width - VALUE_ROOM
    per_unit = room / max(float(np.nanmax(reach)), 1e-9)
    for label, pair in rows.assign(reach=reach).groupby("label", sort=False):
        y += t.body * LINE
        area.write(0, y - 3, str(label), size=t.body)
        for k, (row, color) in enumerate(zip(pair.itertuples(index=False), COLOURS, strict=False)):
            middle = y + BAR_STEP * (k + 0.5)
            width = row.estimate * per_unit
            area.swatch(0, middle - BAR / 2, width, BAR, color)
            if pd.notna(row.conf_high):
                span = [[(row.conf_low * per_unit, middle), (row.conf_high * per_unit, middle)]]
                area.lines(span, style.PAPER, lw=3.4, zorder=1.1)
                area.lines(span, style.INK, lw=1.3, zorder=1.2)
            x, base = row.reach * per_unit + 7, middle + t.body * 0.36
            value = write(row.estimate)
            area.write(x, base, value, size=t.body, weight="bold")
            x += _width(value, t.body, "bold") + 7
            area.write(x, base, about(row.detail), size=t.small, color=style.MUTED)
        y += BAR_STEP * len(pair) + PAIR_GAP
    return y - PAIR_GAP
