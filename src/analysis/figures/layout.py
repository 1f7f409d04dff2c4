"""Layouts of charts: sizes and places in pixels for a page's column and for a phone, and round ticks."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources

import numpy as np

LABEL_SIZE, VALUE_SIZE, SMALL_SIZE = 13, 13, 12
LINE_HEIGHT, DETAIL_HEIGHT = 17, 16
ASCENT = 13
"""From the top of a line of text to its baseline."""
TICK_BASELINE = 15
"""How far under the plot the values of its ticks stand."""
LOG_TICKS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50)
FEW_LOG_TICKS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50)


@dataclass(frozen=True)
class Layout:
    """Where things stand in a chart, in pixels: one instance for each width that charts are drawn for.

    ``labels_beside``: rows have their texts in columns left and right of the plot, else above the bar.
    ``pair_gap``: extra room between pairs of rows, with a line in it.
    """

    width: int
    labels_beside: bool
    label_width: int
    detail_width: int
    plot_left: int
    plot_right: int
    plot_top: int
    reference_height: int
    reference_baseline: int
    reference_right: int
    row_gap: int
    pair_gap: int
    one_line_row: int
    two_line_row: int
    unlabelled_row: int
    bar_height: int
    value_right: int
    max_ticks: int
    plot_bottom: int = 30

    def row_height(self, lines: int, details: int, span: str, has_second_line: bool) -> float:
        """Height of a row with so many lines of label and of detail under them, and an interval under its value or not."""
        least = self.two_line_row if has_second_line else self.one_line_row
        if not (lines or span):
            least = self.unlabelled_row
        return max(text_height(lines, details), least) + self.row_gap


#: By width: ``wide`` and ``narrow``.
LAYOUTS = {
    name: Layout(**sizes)
    for name, sizes in tomllib.loads(
        (resources.files("analysis.figures") / "layouts.toml").read_text(encoding="utf-8")
    ).items()
}


def text_height(lines: int, details: int) -> float:
    """Height of a row's texts: the lines of its label and those of the detail under them."""
    return LINE_HEIGHT * lines + DETAIL_HEIGHT * details


def log_ticks(low: float, high: float) -> np.ndarray:
    """Ticks of a logarithmic axis that holds two values, not more than seven where that is possible."""
    ticks = np.array(LOG_TICKS)
    first = ticks[ticks <= low].max(initial=ticks[0])
    last = ticks[ticks >= high].min(initial=ticks[-1])
    ticks = ticks[(ticks >= first) & (ticks <= last)]
    return ticks if len(ticks) <= 7 else ticks[np.isin(ticks, FEW_LOG_TICKS)]


def round_ticks(high: float, most: int) -> np.ndarray:
    """Ticks from 0 past or up to ``high`` in steps of 1, 2 or 5 times a power of ten, ``most`` steps at most.

    Examples
    --------
    >>> round_ticks(7, 4).tolist()
    [0.0, 2.0, 4.0, 6.0, 8.0]
    """
    raw = high / most
    power = 10 ** np.floor(np.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    return np.arange(0, np.ceil(high / step - 1e-9) + 1) * step
