"""Charts: one row per group, its estimate, its interval, and its numbers written out beside it.

Every chart is drawn twice, for a page's column and for a phone, and laid out so that texts have
columns of their own: nothing can overlap, and colour never carries anything alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from analysis.figures import style
from analysis.figures.figure import Figure
from analysis.figures.html_table import html_table
from analysis.i18n import N_, _, number, number_range, percent, percent_range


@dataclass(frozen=True)
class Unit:
    """How a quantity is written: one value, an interval, and a tick of the axis (default: as a value)."""

    one: Callable[[float], str]
    span: Callable[[float, float], str]
    is_log: bool = False
    tick: Callable[[float], str] | None = None


SHARE = Unit(lambda v: percent(v, 0 if v >= 0.1 or v == 0 else 1), lambda a, b: percent_range(a, b, 0))
"""A share between 0 and 1, written as a percentage (one decimal below ten per cent)."""
SHARE_1 = Unit(lambda v: percent(v, 1), lambda a, b: percent_range(a, b, 1), tick=percent)
RATIO = Unit(lambda v: number(v, 2), lambda a, b: number_range(a, b, 2), is_log=True)
COUNT = Unit(lambda v: number(v), lambda a, b: number_range(a, b))

INTERVAL = N_("95% interval")


def rows(
    frame: pd.DataFrame,
    *,
    name: str,
    title: str,
    subtitle: str,
    source: str,
    unit: Unit = SHARE,
    heads: tuple[str, str],
    coverage: str = "",
    reference: tuple[float, str] | None = None,
    as_dots: bool = False,
    interval: str = INTERVAL,
    alt: str = "",
    data: pd.DataFrame | None = None,
) -> Figure:
    """A chart of one bar (or dot) per row, with its interval, its n, and its numbers in a column.

    ``frame``: ``label``, ``detail`` (text under the label: what n is), ``estimate``, and optionally
    ``low``, ``high`` (missing: no whisker), ``colour`` (default: the colour of all municipalities),
    ``written`` (text for the value column where the estimate alone will not do). Rows are drawn in the
    frame's order, ``nan`` estimates as "no data". ``heads`` are the names of the first column and of
    the value; ``reference`` draws a dashed line with its label over the plot. ``data`` is what the
    reader downloads (default: the frame itself).
    """
    shown = frame.copy()
    for column, default in (("low", np.nan), ("high", np.nan), ("colour", style.OTHERS), ("detail", "")):
        if column not in shown:
            shown[column] = default
    if "written" not in shown:
        shown["written"] = [_("no data") if pd.isna(v) else unit.one(v) for v in shown["estimate"]]
    shown["span"] = [
        "" if pd.isna(low) or pd.isna(high) else unit.span(low, high)
        for low, high in zip(shown["low"], shown["high"], strict=True)
    ]
    art = "".join(
        _draw(shown, unit, heads, reference, as_dots, interval, width, key=name)
        for width in (style.WIDE, style.NARROW)
    )
    table = pd.DataFrame({heads[0]: shown["label"], heads[1]: shown["written"]})
    if shown["detail"].any():
        table.insert(1, _("Basis"), shown["detail"])
    if shown["span"].any():
        table[_(interval)] = shown["span"]
    return Figure(
        name=name,
        title=title,
        subtitle=subtitle,
        art=art,
        alt=alt or _described(title, subtitle, shown),
        source=source,
        coverage=coverage,
        data=frame.drop(columns=["colour"], errors="ignore") if data is None else data,
        table=html_table(
            table, title, numeric=tuple(c for c in table.columns[1:] if c != _("Basis")), hide_caption=True
        ),
    )


def _described(title: str, subtitle: str, shown: pd.DataFrame) -> str:
    """Title, what is plotted, and every row's number: the words that stand in for the picture."""
    each = [
        f"{r.label}: {r.written}" + (f" ({r.span})" if r.span else "") for r in shown.itertuples(index=False)
    ]
    return f"{title} {subtitle} {'; '.join(each)}."


def _draw(
    shown: pd.DataFrame,
    unit: Unit,
    heads: tuple[str, str],
    reference: tuple[float, str] | None,
    as_dots: bool,
    interval: str,
    width: int,
    key: str,
) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    wide = width == style.WIDE
    label_room = 212 if wide else 0
    labels = [
        [] if repeats else wrapped(str(v), label_room - 10 if wide else 230, 12.5)
        for v, repeats in zip(shown["label"], _repeats(shown), strict=True)
    ]
    blocks = [17 * len(v) + (15 if d else 0) for v, d in zip(labels, shown["detail"], strict=True)]
    least = 32 if shown["detail"].any() or shown["span"].any() else 24
    pitches = [max(b + 8, least if len(v) else 26) for b, v in zip(blocks, labels, strict=True)]
    if not wide:
        pitches = [max(b, 32) + 36 for b in blocks]
    starts = np.concatenate([[0], np.cumsum(pitches)])
    bars = [(a + b) / 2 if wide else b - 18 for a, b in pairwise(starts)]
    top, bottom = (46 if reference else 30) if wide else (24 if reference else 6), 30
    left, right = (label_room + 4, 132) if wide else (2, 8)
    height = top + starts[-1] + bottom
    with mpl.rc_context(style.RC):
        canvas = Canvas(figsize=(width / 72, height / 72))
        axes = canvas.add_axes(
            (left / width, bottom / height, (width - left - right) / width, starts[-1] / height)
        )
        axes.set_ylim(starts[-1], 0)
        # On a phone the texts stand over the plot: lines keep to the bars, so that none crosses a text.
        spans = [(0.0, float(starts[-1]))] if wide else [(y - 11.0, y + 11.0) for y in bars]
        _scale(axes, shown, unit, reference, spans, most=5 if wide else 4)

        def write(x: float, y: float, text: str, **kw: object) -> None:
            """Text at pixels from the top left corner."""
            canvas.text(x / width, 1 - y / height, text, va="baseline", **kw)  # type: ignore[arg-type]

        quiet = {"size": 11, "color": style.MUTED}
        if wide:
            write(0, 13, heads[0], **quiet)
            span = f" ({_(interval)})" if shown["span"].any() else ""
            write(width, 13, heads[1] + span, ha="right", **quiet)
        for i, row in enumerate(shown.itertuples(index=False)):
            _mark(axes, row, bars[i], 14 if wide else 12, as_dots)
            first = top + (bars[i] - blocks[i] / 2 + 13 if wide else starts[i] + 13)
            for k, line in enumerate(labels[i]):
                write(0, first + 17 * k, line, size=12.5)
            if row.detail:
                write(0, first + 17 * len(labels[i]) - (1 if labels[i] else 2), row.detail, **quiet)
            value = top + bars[i] + (-2 if row.span else 5) if wide else top + starts[i] + 13
            write(width - (0 if wide else 4), value, row.written, ha="right", size=13, weight="bold")
            if row.span:
                write(width - (0 if wide else 4), value + 15, row.span, ha="right", **quiet)
        if reference:
            x = axes.transData.transform((reference[0], 0))[0]
            half = len(reference[1]) * 3.3
            x = min(max(x, left + half), width - half - (60 if wide else 0))
            write(x, top - 6 if wide else 13, reference[1], ha="center", size=11, color=style.INK)
        return style.svg(canvas, "wide" if wide else "narrow", key)


def _repeats(shown: pd.DataFrame) -> list[bool]:
    """Whether a row has the same label as the one above: it is then drawn as the second of a pair."""
    return shown["label"].eq(shown["label"].shift()).to_list()


def _mark(axes, row, y: float, thick: float, as_dots: bool) -> None:  # type: ignore[no-untyped-def]
    if pd.isna(row.estimate):
        return
    if as_dots:
        axes.plot([row.estimate], [y], "o", ms=9, color=row.colour, zorder=3)
    else:
        axes.barh([y], [row.estimate], height=thick, color=row.colour, zorder=2)
    if row.span:
        if not as_dots:  # a white edge lets the whisker be seen over its own bar, in grey print too
            axes.plot([row.low, row.high], [y, y], color=style.PAPER, lw=3.5, zorder=3)
        line = row.colour if as_dots else style.INK
        axes.plot([row.low, row.high], [y, y], color=line, lw=2 if as_dots else 1.5, zorder=4)
        for end in (row.low, row.high):
            axes.plot([end, end], [y - 4, y + 4], color=line, lw=1.5, zorder=4)


def _scale(  # type: ignore[no-untyped-def]
    axes,
    shown: pd.DataFrame,
    unit: Unit,
    reference: tuple[float, str] | None,
    spans: list[tuple[float, float]],
    most: int,
) -> None:
    values = shown[["estimate", "low", "high"]].to_numpy(dtype=float)
    values = np.append(values[np.isfinite(values)], [reference[0]] if reference else [])
    high = float(values.max(initial=0)) or 1.0
    if unit.is_log:
        ticks = np.array([0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 1.5, 2, 3, 5, 10, 20, 50])
        low = float(values[values > 0].min(initial=1.0))
        first, last = ticks[ticks <= low].max(initial=ticks[0]), ticks[ticks >= high].min(initial=ticks[-1])
        ticks = ticks[(ticks >= first) & (ticks <= last)]
        ticks = (
            ticks
            if len(ticks) <= 7
            else ticks[np.isin(ticks, [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50])]
        )
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.set_xlim(first * 0.95, last * 1.05)
        labels = [number(t, 0 if t >= 2 or t == 1 else 1 if t >= 0.1 else 2) for t in ticks]
    else:
        ticks = round_ticks(high, most)
        axes.set_xlim(0, max(high, ticks[-1]) * 1.005)
        labels = [(unit.tick or unit.one)(t) for t in ticks]
    axes.set_xticks(ticks, labels, fontsize=11)
    if most < 5:  # on a phone the outer labels would stand half outside
        axes.get_xticklabels()[0].set_ha("left")
        axes.get_xticklabels()[-1].set_ha("right")
    axes.set_yticks([])
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, pad=6)
    for low_y, high_y in spans:
        axes.vlines(ticks, low_y, high_y, color=style.RULE, lw=1, zorder=0)
        if not unit.is_log:
            axes.vlines(0, low_y, high_y, color=style.CONTEXT, lw=1.5, zorder=5)
        if reference:
            axes.vlines(reference[0], low_y, high_y, color=style.INK, lw=1.2, ls=(0, (4, 3)), zorder=5)


def round_ticks(high: float, most: int) -> np.ndarray:
    """Ticks from 0 past or up to ``high`` in steps of 1, 2 or 5 times a power of ten, ``most`` steps at most."""
    raw = high / most
    power = 10 ** np.floor(np.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    return np.arange(0, np.ceil(high / step - 1e-9) + 1) * step


def wrapped(text: str, room: float, size: float) -> list[str]:
    """The text in lines that fit ``room`` pixels at a font size, broken at spaces and hyphens."""
    fits = max(8, int(room / (size * 0.56)))
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}".strip()
        if len(joined) <= fits or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines
