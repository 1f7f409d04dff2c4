"""Charts of one bar or dot per row: its estimate, its interval, and its numbers written beside it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.figures import style
from analysis.figures.area import drawings
from analysis.figures.chart_drawing import COUNT, INTERVAL, RATIO, SHARE_1, Chart, Unit, shares
from analysis.figures.figure import Figure, LegendItem, described
from analysis.figures.html_table import html_table
from analysis.i18n import _

__all__ = ["COUNT", "RATIO", "SHARE_1", "Unit", "chart", "shares"]


def chart(
    frame: pd.DataFrame,
    *,
    name: str,
    title: str,
    subtitle: str,
    source: str,
    heads: tuple[str, str],
    unit: Unit | None = None,
    coverage: str = "",
    reference: tuple[float, str] | None = None,
    as_dots: bool = False,
    series_in_rows: bool = True,
    data: pd.DataFrame | None = None,
) -> Figure:
    """A chart of one bar (or dot) per row of a frame, in the frame's order.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``label`` (the same as in the row above: second of a pair), ``estimate`` (missing: "no data"), and
        optionally ``detail`` (text under the label: what n is), ``series`` (name of the group that
        the row belongs to: before the detail, in the legend, in the alt text), ``conf_low`` and ``conf_high`` (missing: no interval), ``n`` and
        ``coverage`` (one unit, or a census: no interval, since there is no chance in it), ``colour``, and
        ``written`` (text for the value where the estimate alone will not do).
    name, title, subtitle, source, coverage : str
        See :class:`~analysis.figures.figure.Figure`.
    heads : tuple of str
        Names of the first column and of the value.
    unit : Unit, optional
        Default: shares between 0 and 1 (:func:`shares`).
    reference : tuple of float and str, optional
        Place and label of a dashed line over the plot.
    as_dots : bool
        Dots instead of bars, for quantities without a meaningful zero.
    series_in_rows : bool
        Whether each row of the drawing names its group; a long chart leaves that to legend, table and alt text.
    data : pandas.DataFrame, optional
        What the reader downloads; default is the frame without ``colour``.
    """
    frame, unit = frame.copy(), unit or shares(frame["estimate"])
    limits = frame.columns.intersection(["conf_low", "conf_high"])
    frame.loc[_without_chance(frame), limits] = np.nan
    defaults = {"conf_low": np.nan, "conf_high": np.nan, "colour": style.OTHERS, "detail": "", "series": ""}
    shown = frame.assign(**{column: value for column, value in defaults.items() if column not in frame})
    legend = _legend(shown)
    parts = zip(shown["series"] if legend else [""] * len(shown), shown["detail"], strict=True)
    shown["basis"] = [": ".join(filter(None, pair)) for pair in parts]
    if series_in_rows:
        shown["detail"] = shown["basis"]
    if "written" not in shown:
        shown["written"] = [_("no data") if pd.isna(v) else unit.one(v) for v in shown["estimate"]]
    shown["span"] = [
        "" if pd.isna(low) or pd.isna(high) else unit.span(low, high)
        for low, high in zip(shown["conf_low"], shown["conf_high"], strict=True)
    ]
    drawn = Chart(shown, unit, heads, reference, as_dots)
    table = pd.DataFrame({heads[0]: shown["label"], heads[1]: shown["written"]})
    if shown["basis"].any():
        table.insert(1, _("Basis"), shown["basis"])
    if drawn.has_intervals:
        table[_(INTERVAL)] = shown["span"]
    numeric = tuple(c for c in table.columns[1:] if c != _("Basis"))
    return Figure(
        name=name,
        title=title,
        subtitle=subtitle,
        alt=described(title, subtitle, _columns(drawn), "; ".join(_said(shown))),
        source=source,
        coverage=coverage,
        data=frame.drop(columns=["colour", "series"], errors="ignore") if data is None else data,
        legend=legend,
        drawings=drawings(drawn, name, drawn.parts()),
        table=html_table(table, title, numeric=numeric, hide_caption=True),
        drawn=drawn,
    )


def _without_chance(shown: pd.DataFrame) -> pd.Series:
    """Rows for which an interval says nothing: a single unit, and a complete list."""
    none = pd.Series(False, index=shown.index)
    is_single = shown["n"].eq(1).fillna(False).astype(bool) if "n" in shown else none
    is_census = shown["coverage"].eq("census") if "coverage" in shown else none
    return is_single | is_census


def _legend(shown: pd.DataFrame) -> tuple[LegendItem, ...]:
    """The groups and their colours where there are several; whoever cannot see colour reads them in each row."""
    groups = shown[shown["series"].ne("")].drop_duplicates("series")
    if groups["colour"].nunique() < 2:
        return ()
    return tuple(LegendItem(r.colour, r.series) for r in groups.itertuples(index=False))


def _columns(drawn: Chart) -> str:
    """What the columns hold, as whoever hears the chart needs to know before the first number."""
    interval = f" ({_(INTERVAL)})" if drawn.has_intervals else ""
    return f"{drawn.heads[0]}: {drawn.heads[1]}{interval}"


def _said(shown: pd.DataFrame) -> Iterator[str]:
    """Every row's group and number, as the text that stands in for the picture says them."""
    for row in shown.itertuples(index=False):
        about = ", ".join(filter(None, (str(row.label), row.basis.replace(": ", ", "))))
        yield f"{about}: {row.written}" + (f" ({row.span})" if row.span else "")
