"""A rectangle of a matplotlib figure that is drawn in by points from its top left corner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from analysis.figures import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


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

    def write(self, x: float, y: float, text: str, **options: Any) -> None:
        """A text whose baseline stands at a height."""
        across, down = self.canvas.get_size_inches() * 72
        place = ((self.left + x) / across, 1 - (self.top + y) / down)
        self.canvas.text(*place, text, **{"va": "baseline", **options})

    def rule(self, y: float, color: str = style.RULE, thickness: float = 1) -> None:
        """A line across the area."""
        from matplotlib.lines import Line2D

        across, down = self.canvas.get_size_inches() * 72
        level = 1 - (self.top + y) / down
        ends = [self.left / across, (self.left + self.width) / across]
        self.canvas.add_artist(Line2D(ends, [level, level], color=color, lw=thickness))

    def swatch(self, x: float, y: float, width: float, height: float, **look: Any) -> None:
        """A filled rectangle."""
        from matplotlib.patches import Rectangle

        across, down = self.canvas.get_size_inches() * 72
        corner = ((self.left + x) / across, 1 - (self.top + y + height) / down)
        box = Rectangle(corner, width / across, height / down, transform=self.canvas.transFigure, **look)
        self.canvas.add_artist(box)


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
