"""Charts: one row per group, its estimate, its interval, and its numbers written out beside it.

Every chart is drawn twice, for a page's column and for a phone, and laid out so that texts have
columns of their own: nothing can overlap, and colour never carries anything alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.figures import style
from analysis.figures.figure import Figure
from analysis.figures.tables import html_table
from analysis.language import N_, _, number, number_range, percent, percent_range


@dataclass(frozen=True)
class Unit:
    """How a quantity is written: one value, an interval, and the axis's name (a marked message)."""

    one: Callable[[float], str]
    span: Callable[[float, float], str]
    is_log: bool = False


SHARE = Unit(lambda v: percent(v, 0 if v >= 0.1 or v == 0 else 1), lambda a, b: percent_range(a, b, 0))
"""A share between 0 and 1, written as a percentage (one decimal below ten per cent)."""
SHARE_1 = Unit(lambda v: percent(v, 1), lambda a, b: percent_range(a, b, 1))
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
    table = pd.DataFrame({heads[0]: shown["label"], _("Basis"): shown["detail"], heads[1]: shown["written"]})
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
        table=html_table(table, title, numeric=tuple(table.columns[2:]), hide_caption=True),
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
    label_room = 196 if wide else 0
    labels = [wrapped(str(v), label_room - 10 if wide else 230, 12.5) for v in shown["label"]]
    lines = max(len(v) for v in labels)
    pitch = (max(30, 17 * lines + 19) if shown["detail"].any() else max(30, 17 * lines + 12)) if wide else 17 * lines + 42
    top, bottom = (46 if reference else 30) if wide else (40 if reference else 22), 30
    left, right = (label_room + 4, 132) if wide else (2, 8)
    height = top + pitch * len(shown) + bottom
    with mpl.rc_context(style.RC):
        canvas = Canvas(figsize=(width / 72, height / 72))
        axes = canvas.add_axes(
            (left / width, bottom / height, (width - left - right) / width, pitch * len(shown) / height)
        )
        axes.set_ylim(pitch * len(shown), 0)
        _scale(axes, shown, unit, reference, wide)

        def write(x: float, y: float, text: str, **kw: object) -> None:
            """Text at pixels from the top left corner."""
            canvas.text(x / width, 1 - y / height, text, va="baseline", **kw)  # type: ignore[arg-type]

        quiet = {"size": 11, "color": style.MUTED}
        if wide:
            write(0, 13, heads[0], **quiet)
            span = f" ({_(interval)})" if shown["span"].any() else ""
            write(width, 13, heads[1] + span, ha="right", **quiet)
        for i, row in enumerate(shown.itertuples(index=False)):
            y = top + i * pitch
            bar = (i + 0.5) * pitch if wide else i * pitch + 17 * lines + 22
            _mark(axes, row, bar, 14 if wide else 12, as_dots)
            if wide:
                block = 17 * len(labels[i]) + (15 if row.detail else 0)
                y += (pitch - block) / 2 + 13
                for k, line in enumerate(labels[i]):
                    write(0, y + 17 * k, line, size=12.5)
                if row.detail:
                    write(0, y + 17 * len(labels[i]) - 1, row.detail, **quiet)
                middle = top + (i + 0.5) * pitch
                write(width, middle + (-2 if row.span else 5), row.written, ha="right", size=13, weight="bold")
                if row.span:
                    write(width, middle + 13, row.span, ha="right", **quiet)
            else:
                for k, line in enumerate(labels[i]):
                    write(2, y + 13 + 17 * k, line, size=12.5)
                write(width - 4, y + 13, row.written, ha="right", size=13, weight="bold")
                last = y + 13 + 17 * (lines - 1) + 15
                write(2, last - 17 * (lines - len(labels[i])), row.detail, **quiet)
                write(width - 4, last - 17 * (lines - 1), row.span, ha="right", **quiet)
        if reference:
            x = axes.transData.transform((reference[0], 0))[0]
            room = width - 60 if wide else width - 4
            half = len(reference[1]) * 3.3
            x = min(max(x, left + half if wide else half + 2), room - half)
            write(x, top - 6, reference[1], ha="center", size=11, color=style.INK)
        return style.svg(canvas, "wide" if wide else "narrow", key)


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


def _scale(axes, shown: pd.DataFrame, unit: Unit, reference: tuple[float, str] | None, wide: bool) -> None:  # type: ignore[no-untyped-def]
    values = shown[["estimate", "low", "high"]].to_numpy(dtype=float)
    values = np.append(values[np.isfinite(values)], [reference[0]] if reference else [])
    high = float(values.max(initial=0)) or 1.0
    if unit.is_log:
        ticks = np.array([0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20])
        low = float(values[values > 0].min(initial=1.0))
        first = ticks[ticks <= low].max(initial=ticks[0])
        ticks = ticks[(ticks >= first) & (ticks <= ticks[ticks >= high].min(initial=ticks[-1]))]
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.set_xlim(ticks[0] * 0.95, ticks[-1] * 1.05)
    else:
        ticks = round_ticks(high, 5 if wide else 4)
        axes.set_xlim(0, max(high, ticks[-1]) * 1.005)
    labels = [number(t, 0 if t >= 1 else 1 if t >= 0.1 else 2) for t in ticks] if unit.is_log else None
    axes.set_xticks(ticks, labels or [unit.one(t) if t else unit.one(0) for t in ticks], fontsize=11)
    axes.set_yticks([])
    for side in ("left", "right", "top", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0, pad=6)
    axes.grid(axis="x", color=style.RULE, lw=1, zorder=0)
    axes.set_axisbelow(True)
    if not unit.is_log:
        axes.axvline(0, color=style.CONTEXT, lw=1.5, zorder=5)
    if reference:
        axes.axvline(reference[0], color=style.INK, lw=1.2, dashes=(4, 3), zorder=5)


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

