"""A line of text on its baseline that matplotlib does not measure where whoever shows the picture aligns it."""

from __future__ import annotations

from typing import Any

from matplotlib import rcParams
from matplotlib.colors import to_rgba
from matplotlib.text import Text


class TextLine(Text):
    """A single line without mathematics or rotation, on its baseline.

    An SVG says where its text begins, ends or has its middle; only other formats, and only for text that does not
    begin at its place, need its width. Measuring took two fifths of the time of a chart.
    """

    def draw(self, renderer: Any) -> None:
        """Write the text at its place."""
        is_aligned_by_reader = hasattr(renderer, "writer") and rcParams["svg.fonttype"] == "none"
        if self.get_horizontalalignment() != "left" and not is_aligned_by_reader:
            super().draw(renderer)
        elif self.get_visible() and self.get_text():
            x, y = self.get_transform().transform(self.get_unitless_position())
            if renderer.flipy():
                y = renderer.get_canvas_width_height()[1] - y
            renderer.open_group("text", self.get_gid())
            look = renderer.new_gc()
            look.set_foreground(to_rgba(self.get_color()), isRGBA=True)
            renderer.draw_text(look, x, y, self.get_text(), self.get_fontproperties(), 0, mtext=self)
            look.restore()
            renderer.close_group("text")
