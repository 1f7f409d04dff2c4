"""A rectangle of a matplotlib figure that is drawn in by points from its top left corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from analysis.figures import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas
    from numpy.typing import ArrayLike

SHEET = 1100
"""Height in points of a wide drawing that a sheet of paper has room for, below its title and above its notes."""


@dataclass(frozen=True)
class Area:
    """A rectangle of a sheet; places and sizes are points (72 an inch) from its top left corner.

    Parameters
    ----------
    canvas : matplotlib.figure.Figure
    width, height : float
        Size of the rectangle.
    left, top : float
        Place of its corner on the sheet.
    """

    canvas: Canvas
    width: float
    height: float
    left: float = 0
    top: float = 0

    @classmethod
    def sheet(cls, width: float, height: float) -> Area:
        """A new figure, all of it."""
        from matplotlib.figure import Figure as Canvas

        return cls(Canvas(figsize=(width / 72, height / 72)), width, height)

    def part(self, left: float, top: float, width: float, height: float) -> Area:
        """A rectangle inside this one."""
        return Area(self.canvas, width, height, self.left + left, self.top + top)

    def axes(self, left: float, top: float, width: float, height: float) -> Axes:
        """New axes in a rectangle of the area."""
        across, down = self.canvas.get_size_inches() * 72
        bottom = 1 - (self.top + top + height) / down
        return self.canvas.add_axes(((self.left + left) / across, bottom, width / across, height / down))

    def write(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        *,
        color: str | None = None,
        weight: str = "normal",
        ha: Literal["left", "center", "right"] = "left",
    ) -> None:
        """A line of text whose baseline stands at a height; without a colour in that of the sheet."""
        assert "\n" not in text  # nobody would break it
        from analysis.figures.text_line import TextLine

        across, down = self._shares([(x, y)])[0]
        line = TextLine(across, down, text, color=color, horizontalalignment=ha, size=size, weight=weight)
        line.set_transform(self.canvas.transFigure)
        self.canvas.add_artist(line)

    def rule(self, y: float) -> None:
        """A line across the area."""
        from matplotlib.lines import Line2D

        ends = self._shares([(0, y), (self.width, y)])
        self.canvas.add_artist(Line2D(*ends.T, color=style.RULE, lw=1))

    def swatch(self, x: float, y: float, width: float, height: float, color: str, zorder: float = 1) -> None:
        """A filled rectangle without an edge."""
        from matplotlib.patches import Rectangle

        (left, bottom), (right, top) = self._shares([(x, y + height), (x + width, y)])
        box = Rectangle((left, bottom), right - left, top - bottom, facecolor=color, lw=0, zorder=zorder)
        box.set_transform(self.canvas.transFigure)
        self.canvas.add_artist(box)

    def lines(
        self, ends: ArrayLike, colors: str | list[str], lw: float, zorder: float, ls: Any = "solid"
    ) -> None:
        """Straight lines, (lines, 2, 2): from and to which place each; ``ls`` is dashes as matplotlib has them."""
        from matplotlib.collections import LineCollection

        places = np.asarray(ends, dtype=float)
        segments = list(self._shares(places.reshape(-1, 2)).reshape(-1, 2, 2))
        self.canvas.add_artist(
            LineCollection(
                segments, colors=colors, lw=lw, ls=ls, zorder=zorder, transform=self.canvas.transFigure
            )
        )

    def polygons(
        self, corners: ArrayLike, color: str, zorder: float, *, alpha: float | None = None, edge: float = 0
    ) -> None:
        """Filled polygons, (polygons, corners, 2), with an edge of this width in the colour of the paper."""
        from matplotlib.collections import PolyCollection

        places = np.asarray(corners, dtype=float)
        shapes = self._shares(places.reshape(-1, 2)).reshape(places.shape)
        patches = PolyCollection(
            list(shapes),
            facecolor=color,
            edgecolor=style.PAPER if edge else None,
            lw=edge,
            alpha=alpha,
            zorder=zorder,
            transform=self.canvas.transFigure,
        )
        self.canvas.add_artist(patches)

    def curve(self, places: ArrayLike, color: str, lw: float, zorder: float) -> None:
        """A line through places."""
        from matplotlib.lines import Line2D

        x, y = self._shares(places).T
        self.canvas.add_artist(Line2D(x, y, lw=lw, color=color, zorder=zorder, solid_capstyle="butt"))

    def dot(self, x: float, y: float, size: float, color: str, zorder: float) -> None:
        """A filled circle around a place."""
        from matplotlib.lines import Line2D

        place = self._shares([(x, y)]).T
        self.canvas.add_artist(Line2D(*place, ls="", marker="o", ms=size, color=color, zorder=zorder))

    def _shares(self, places: ArrayLike) -> np.ndarray:
        """Places in the area as matplotlib takes them: shares of the canvas, from its bottom left corner."""
        across, down = self.canvas.get_size_inches() * 72
        x, y = np.asarray(places, dtype=float).T
        return np.column_stack([(self.left + x) / across, 1 - (self.top + y) / down])


class Drawn(Protocol):
    """A chart or a map that can be drawn at one of its widths (``wide``, ``narrow``)."""

    def size(self, width: str) -> tuple[float, float]:
        """Width and height in points."""

    def paint(self, area: Area, width: str) -> None:
        """Draw it in an area of this size."""


def canvas_of(drawn: Drawn, width: str) -> Canvas:
    """A drawing as a matplotlib figure of its own."""
    import matplotlib as mpl

    with mpl.rc_context(style.RC):
        sheet = Area.sheet(*drawn.size(width))
        drawn.paint(sheet, width)
    return sheet.canvas


def drawings(drawn: Drawn, name: str, cuts: Sequence[tuple[float, float]] = ()) -> tuple[str, ...]:
    """A chart as inline SVG for both widths; one higher than a sheet then in parts (top and height of each), for print."""
    width, height = drawn.size("wide")
    whole = (style.svg(canvas_of(drawn, layout), layout, name) for layout in ("wide", "narrow"))
    return (*whole, *style.parts(name, width, cuts if height > SHEET else ()))
