"""Participation over time: by year and what the programmes are for, and first-time participants of complete lists."""

from __future__ import annotations

from itertools import product

import pandas as pd

from analysis.figures import series, style
from analysis.figures.figure import Figure, LegendItem
from analysis.i18n import _, ngettext
from analysis.measures import census
from analysis.measures.estimates import Coverage
from analysis.report import labels
from analysis.report.data import Data
from analysis.report.pages import national_lists
from analysis.report.pages.common import GROUP_COLOURS, REGISTER, group_name
from analysis.report.pages.national_lists import OWNERS

#: Fill of the part of a column that comes from incomplete lists, by group: the group's colour, lighter.
LIGHT = {True: style.SMALL_RURAL_LIGHT, False: style.OTHERS_LIGHT}


def dated(data: Data) -> pd.DataFrame:
    """Every participation, one row each: scope, is_small_rural, year, is_complete, source_id."""
    rows = data.named.rows
    programme = data.programmes.set_index("programme_id")
    small = data.panel.set_index("municipality_code")["is_small_rural"]
    return pd.DataFrame(
        {
            "scope": rows["programme_id"].map(programme["scope"]).to_numpy(),
            "is_small_rural": rows["municipality_code"].map(small).astype(bool).to_numpy(),
            "year": rows["year"].astype("Int64").to_numpy(),
            "is_complete": (rows["programme_id"].map(programme["coverage"]) == Coverage.CENSUS).to_numpy(),
            "source_id": rows["source_id"].to_numpy(),
        }
    )


def by_year(data: Data) -> Figure | None:
    """Participations by year, group and what the programmes are for; below, how many sources are behind them."""
    rows = dated(data).dropna(subset="year").astype({"year": int})
    if rows.empty:
        return None
    years = range(rows["year"].min(), rows["year"].max() + 1)
    kinds = ["scope", "is_small_rural", "is_complete"]
    counted = rows.groupby([*kinds, "year"]).size().unstack(fill_value=0).reindex(columns=years, fill_value=0)
    parts = [
        {
            "panel": _("{group}: {what}", group=group_name(is_small), what=labels.scope(scope)),
            "series": _("complete lists") if is_complete else _("incomplete lists"),
            "x": years,
            "estimate": counted.loc[(scope, is_small, is_complete)],
            "colour": (GROUP_COLOURS if is_complete else LIGHT)[is_small],
        }
        for scope, is_small, is_complete in product(data.observations.scopes, (True, False), (True, False))
        if (scope, is_small, is_complete) in counted.index
    ]
    sources = {
        "panel": _("Number of sources, on the same axis"),
        "series": _("sources"),
        "x": years,
        "estimate": rows.groupby("year")["source_id"].nunique().reindex(years, fill_value=0),
        "colour": style.CONTEXT,
    }
    frame = pd.concat(map(pd.DataFrame, (*parts, sources)), ignore_index=True)
    return series.chart(
        frame.astype({"estimate": float}),
        name="by-year",
        title=_by_year_title(rows),
        subtitle=_("Documented participations by the year they began, and the number of different sources"),
        heads=(_("Year"), _("Participations")),
        source=_(REGISTER),
        coverage=_(
            "A change from one year to the next can come from what has been collected. Only the part marked “complete lists” comes from lists with every participant."
        ),
        legend=tuple(
            LegendItem(
                (GROUP_COLOURS if is_complete else LIGHT)[is_small],
                _("{group}: {what}", group=labels.group(is_small), what=kind),
                int(((rows["is_small_rural"] == is_small) & (rows["is_complete"] == is_complete)).sum()),
            )
            for is_small in (True, False)
            for is_complete, kind in ((True, _("complete lists")), (False, _("incomplete lists")))
        ),
    )


def _by_year_title(rows: pd.DataFrame) -> str:
    """The year in which most participations of both groups began; else both groups in the year of most of the others."""
    most = rows.groupby(["is_small_rural", "year"]).size().unstack(0, fill_value=0)
    most = most.reindex(columns=[True, False], fill_value=0)
    top = int(most[False].idxmax())
    values = {"x": int(most.at[top, True]), "x2": int(most.at[top, False]), "year": labels.year(top)}
    # A year that shares the highest number has not the most.
    if all((most[group] >= most.at[top, group]).sum() == 1 for group in (True, False)):
        return _(
            "Most documented participations began in {year}: {x} of small rural municipalities, {x2} of other municipalities",
            **values,
        )
    return _(
        "{year}: {x} participations documented for small rural municipalities, {x2} for other municipalities",
        **values,
    )


def recording(data: Data) -> list[str]:
    """What is known of how the years were recorded: participations without a year, and the part in complete lists."""
    rows = dated(data)
    unknown = int(rows["year"].isna().sum())
    return [
        ngettext(
            "The year is unknown for {x} of {n} participation.",
            "The year is unknown for {x} of {n} participations.",
            len(rows),
            x=unknown,
            n=len(rows),
        ),
        _(
            "Complete lists hold {share} of the participations with a known year.",
            share=labels.share(float(rows.dropna(subset="year")["is_complete"].mean())),
        ),
    ]


def first_time(data: Data) -> Figure | None:
    """Municipalities that lead a project of the Research Council for the first time, by year."""
    table = census.first_and_repeat(data.observations.where(programmes=OWNERS), by="is_small_rural")
    table = table.sort_values(["group", "term"], ascending=[False, True], kind="stable")
    names = {"first time": _("first time"), "repeat": _("have led before")}
    is_small = table["group"].astype(bool)
    frame = pd.DataFrame(
        {
            "panel": is_small.map(labels.group),
            "series": table["term"].map(names),
            "x": table["x"],
            "estimate": table["estimate"],
            "colour": is_small.map(GROUP_COLOURS).where(table["term"] == "first time", is_small.map(LIGHT)),
        }
    )
    first = table[table["term"] == "first time"]
    if not (first["estimate"] > 0).any():
        return None
    middle = sorted(first.loc[first["estimate"] > 0, "x"])[-1] - 4
    recent = first[first["x"] >= middle].groupby("group")["estimate"].sum()
    return series.chart(
        frame,
        name="first-time",
        title=_(
            "Since {year}, {x} small rural municipalities and {x2} other municipalities have led their first project funded by the Research Council",
            year=labels.year(middle),
            x=labels.in_words(int(recent[True])),
            x2=int(recent[False]),
        ),
        subtitle=_(
            "Municipalities that led a project funded by the Research Council, by the year the project began. The list is of {day}",
            day=national_lists.as_of(data, OWNERS),
        ),
        heads=(_("Year"), _("Municipalities")),
        source=_("Open data of the Research Council of Norway, compiled by a third party"),
        legend=tuple(
            LegendItem(
                (GROUP_COLOURS if term == "first time" else LIGHT)[is_small],
                _("{group}: {what}", group=group_name(is_small), what=name),
            )
            for is_small in (True, False)
            for term, name in names.items()
        ),
    )
