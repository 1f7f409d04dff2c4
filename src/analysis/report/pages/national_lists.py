"""The complete lists: every participant is known, so shares, counts and kroner are exact and have no interval."""

from __future__ import annotations

import calendar
import datetime
from typing import get_args

import pandas as pd

from analysis.definitions import SIZE_BAND_LIMITS
from analysis.errors import AnalysisError
from analysis.figures import bars, series, style
from analysis.figures.figure import Figure
from analysis.i18n import _, nok, number, percent
from analysis.measures import adoption, census
from analysis.measures.observations import Scope
from analysis.report import labels
from analysis.report.data import Data
from analysis.report.pages.common import by_group, chart_rows, group_name, pairs

#: Programmes whose list of participants is complete and which every municipality could join.
OWNERS, HORIZON, DIGISOS = COMPLETE = ("research_council_project_owner", "horizon_2020", "digisos")
ALL_SCOPES = get_args(Scope)
#: Other municipalities that the table of project owners shows, those with the largest amounts.
SHOWN_OTHERS = 10


def require(data: Data) -> None:
    """Refuse a register without the lists that the national report speaks of, and say what it can be used for."""
    lacking = [name for name in COMPLETE if name not in set(data.programmes["programme_id"])]
    if lacking:
        raise AnalysisError(
            f"The national report speaks of complete lists that this register lacks: {', '.join(lacking)}. "
            "`python -m analysis report --programmes NAME` makes a page on programmes that it has."
        )


def of(data: Data, programme: str) -> pd.DataFrame:
    """Share that took part in a complete list, small rural and other municipalities."""
    return census.rates(data.observations.where(programmes=programme, scopes=ALL_SCOPES), by="is_small_rural")


def years(data: Data, programme: str) -> tuple[str, str]:
    """First and last year of the participations in a programme."""
    year = data.observations.where(programmes=programme, scopes=ALL_SCOPES).rows["year"]
    return labels.year(year.min()), labels.year(year.max())


def as_of(data: Data, programme: str) -> str:
    """The day that a programme's list was as it is here: the newest date of its sources."""
    rows = data.observations.where(programmes=programme, scopes=ALL_SCOPES).rows
    newest = rows["source_id"].map(data.sources["date"]).max()
    is_day = isinstance(newest, str) and len(newest) == len("2026-04-02")
    return (labels.day(datetime.date.fromisoformat(newest)) if is_day else labels.date(newest)) or _(
        "unknown date"
    )


def shares(data: Data) -> Figure:
    """Share of both groups in the programmes whose list is complete."""
    names = labels.programmes(data.programmes)
    each = {names[programme]: of(data, programme) for programme in COMPLETE}
    small, others = by_group(each[names[OWNERS]])
    period = data.programmes.set_index("programme_id").loc[HORIZON]
    first, last = years(data, OWNERS)
    return bars.chart(
        pairs(each),
        name="complete-lists",
        title=_(
            "Research Council: {share} of small rural municipalities have led a project, {share2} of other municipalities",
            share=labels.share(small["estimate"], others["estimate"]),
            share2=labels.share(others["estimate"], small["estimate"]),
        ),
        subtitle=_(
            "Share of municipalities in three programmes with complete lists. Research Council: led a project {first}–{last} (list of {as_of}). Horizon 2020 (calls of {from_}–{to}): took part. Digisos: connected by {day}",
            as_of=as_of(data, OWNERS),
            first=first,
            last=last,
            from_=labels.year(period["period_from"]),
            to=labels.year(period["period_to"]),
            day=labels.day(adoption.DIGISOS[1].date()),
        ),
        heads=(_("Programme"), _("Share")),
        source=_(
            "Open data of the Research Council of Norway, compiled by a third party; Nav, published source code of the application"
        ),
    )


def explained(data: Data) -> list[str]:
    """What each complete list is, in a sentence or two from the table of programmes."""
    names = labels.programmes(data.programmes)
    return [
        _("{name}: {what}", name=names[programme], what=labels.description(data.programmes, programme, n))
        for programme, n in ((OWNERS, 1), (HORIZON, 2), (DIGISOS, 2))
    ]


def money(data: Data) -> list[str]:
    """What the Research Council and the EU granted to each group, in all and per inhabitant."""
    owners = data.observations.where(programmes=OWNERS)
    first, last = years(data, OWNERS)
    granted = census.amounts(owners, by="is_small_rural")
    total, per_head = (by_group(_term(granted, name)) for name in ("amount", "amount per inhabitant"))
    horizon = data.observations.where(programmes=HORIZON)
    euro = by_group(_term(census.amounts(horizon, by="is_small_rural", currency="eur"), "amount"))
    return [
        _(
            "The Research Council granted {amount} to projects led by small rural municipalities in {first}–{last}, which is {each} per inhabitant. Other municipalities were granted {amount2}, {each2} per inhabitant.",
            amount=nok(1e6 * total[0]["estimate"]),
            each=nok(round(per_head[0]["estimate"])),
            amount2=nok(1e6 * total[1]["estimate"]),
            each2=nok(round(per_head[1]["estimate"])),
            first=first,
            last=last,
        ),
        _(
            "In Horizon 2020, other municipalities were granted {amount} million euros in all.",
            amount=number(euro[1]["estimate"], 1),
        )
        if not euro[0]["estimate"]
        else _(
            "In Horizon 2020, small rural municipalities were granted {amount} million euros and other municipalities {amount2} million.",
            amount=number(euro[0]["estimate"], 1),
            amount2=number(euro[1]["estimate"], 1),
        ),
    ]


def _term(estimates: pd.DataFrame, term: str) -> pd.DataFrame:
    return estimates[estimates["term"] == term]


def owners(data: Data, shown_others: int | None = SHOWN_OTHERS) -> pd.DataFrame:
    """Project owners at the Research Council: every small rural one, and ``shown_others`` (all: None) others.

    Returns
    -------
    pandas.DataFrame
        Ready-made texts: municipality, group, participations, years, amount; largest amount first in each group.
    """
    chosen = data.observations.where(programmes=OWNERS)
    rows = chosen.records.groupby("municipality_code").agg(
        projects=("project_id", "nunique"),
        first=("year", "min"),
        last=("year", "max"),
        amount=("own_amount_nok", "sum"),
    )
    place = data.panel.set_index("municipality_code")[["municipality_name", "is_small_rural"]]
    rows = rows.join(place, how="inner").sort_values(
        ["is_small_rural", "amount"], ascending=[False, False], kind="stable"
    )
    rows = pd.concat([rows[rows["is_small_rural"]], rows[~rows["is_small_rural"]].iloc[:shown_others]])
    return pd.DataFrame(
        {
            _("Municipality"): rows["municipality_name"],
            _("Group"): rows["is_small_rural"].map(group_name),
            _("Participations"): rows["projects"].map(number),
            _("Years"): [
                labels.year(a) if a == b else f"{labels.year(a)}–{labels.year(b)}"
                for a, b in zip(rows["first"], rows["last"], strict=True)
            ],
            _("Granted (NOK million)"): (rows["amount"].astype(float) / 1e6).map(lambda v: number(v, 1)),
        }
    )


def horizon(data: Data) -> Figure:
    """Horizon 2020 by number of inhabitants."""
    rates = census.rates(data.observations.where(programmes=HORIZON), by="size_band")
    is_none = rates["numerator"] == 0
    last = rates.iloc[-1]
    values = {"share": labels.share(last["estimate"]), "band": labels.inhabitants(last["group"])}
    # The bands without participants, where they are the smallest ones, said as one limit.
    n_none = int(is_none.cummin().sum())
    return bars.chart(
        chart_rows(rates, labels.size_band, intervals=False),
        name="horizon-2020",
        title=_(
            "Horizon 2020: {share} of municipalities with {band} took part, none of those with under {limit}",
            limit=SIZE_BAND_LIMITS[n_none],
            **values,
        )
        if 0 < n_none < len(rates)
        else _(
            "Horizon 2020: {share} of municipalities with {band} took part, {low} of the smallest",
            low=labels.share(rates["estimate"].iloc[0], last["estimate"]),
            **values,
        ),
        subtitle=_(
            "Share of municipalities that took part in Horizon 2020 under their own name, by inhabitants"
        ),
        heads=(_("Inhabitants"), _("Share")),
        source=_("Research Council of Norway, open data on Horizon 2020; SSB table 07459"),
    )


def digisos(data: Data) -> Figure:
    """Share of both groups connected to Digisos, day by day until the last day on which the list is complete."""
    rows = data.observations.where(programmes=DIGISOS, scopes=ALL_SCOPES).records
    curve = adoption.share_adopted(data.panel, adoption.dates_of(rows))
    start, end = (day.year + (day.day_of_year - 1) / 365 for day in adoption.DIGISOS)
    frame = pd.DataFrame(
        {
            "panel": _("Connected to Digisos"),
            "series": curve["group"].map(lambda g: labels.group(bool(g))),
            "x": curve["x"],
            "estimate": curve["estimate"],
            "colour": curve["group"].map({True: style.SMALL_RURAL, False: style.OTHERS}),
        }
    )
    nothing = frame.drop_duplicates("series").assign(x=start, estimate=0.0)
    frame = pd.concat([nothing, frame], ignore_index=True).sort_values(["series", "x"], kind="stable")
    small, others = by_group(curve.groupby("group", as_index=False).last())
    day = labels.day(adoption.DIGISOS[1].date())
    halves = [half / 2 for half in range(int(2 * start) + 1, int(2 * end) + 1)]
    return series.chart(
        frame,
        name="digisos",
        mark="step",
        title=_(
            "Digisos: {share} of small rural municipalities were connected by {day}, {share2} of other municipalities",
            share=labels.share(small["estimate"], others["estimate"]),
            share2=labels.share(others["estimate"], small["estimate"]),
            day=day,
        ),
        subtitle=_(
            "Share of municipalities whose inhabitants could apply for social assistance online, by day"
        ),
        heads=(_("Time"), _("Share")),
        ticks=halves,
        tick=lambda x: labels.month(_day(x)),
        at=lambda x: labels.day(_day(x)),
        value=percent,
        source=_("Nav, published source code of the application"),
        coverage=_(
            "The list is complete until {day}. After that a municipality could connect in another way.",
            day=day,
        ),
        data=frame.drop(columns=["colour", "panel"]),
    )


def _day(at: float) -> datetime.date:
    """The day of a year with its fraction, as ``share_adopted`` gives it."""
    year = int(at)
    length = 366 if calendar.isleap(year) else 365
    return datetime.date(year, 1, 1) + datetime.timedelta(days=round((at - year) * length))
