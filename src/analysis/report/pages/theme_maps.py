"""Maps of purchases and of each complete list of participants, for the pages that call them."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd

from analysis.figures import maps
from analysis.figures.figure import Figure
from analysis.i18n import _, ngettext, number
from analysis.measures.census import require_census
from analysis.report import labels
from analysis.report.data import Data
from analysis.report.pages import common

PER_INHABITANT = "purchases_own_production_nok_per_inhabitant"
BOUNDS = (0.0, 10_000.0, 15_000.0, 20_000.0, 25_000.0)


def purchases(data: Data) -> Figure:
    """Every municipality by its purchases for own services, NOK per inhabitant.

    Parameters
    ----------
    data : Data
    """
    panel = data.panel
    values = pd.DataFrame(
        {
            "municipality_code": panel["municipality_code"],
            "name": panel["municipality_name"],
            "value": panel[PER_INHABITANT].astype("Float64").astype(float),
        }
    )
    known = values["value"].dropna()
    first, last = values.loc[known.idxmax()], values.loc[known.idxmin()]
    told = {
        "median": number(known.median()),
        "high": number(first["value"]),
        "first": labels.short_name(first["name"]),
        "low": number(last["value"]),
        "last": labels.short_name(last["name"]),
        "year": labels.purchases_year(panel),
    }
    names = [_("under NOK {amount}", amount=number(BOUNDS[1]))]
    names += [f"{number(a)}–{number(b)}" for a, b in pairwise(BOUNDS[1:])]
    names.append(_("NOK {amount} or more", amount=number(BOUNDS[-1])))
    return maps.choropleth(
        data.boundaries,
        values,
        code="municipality_code",
        borders="county_code",
        inset=maps.OSLO_AREA,
        scale=maps.Scale(BOUNDS, tuple(names), lambda v: _("NOK {amount}", amount=number(v))),
        addresses=common.municipality_addresses(panel),
        name="map-purchases",
        title=_(
            "Half of the municipalities bought for more than NOK {median} per inhabitant for their own services in {year}",
            **told,
        ),
        subtitle=_("Purchases for own services, NOK per inhabitant, {year}", year=told["year"]),
        alt=_(
            "Map of Norway's municipalities by purchases for own services, NOK per inhabitant, {year}: from {low} in {last} to {high} in {first}; the median is {median}.",
            **told,
        ),
        source=_("SSB, municipal accounts"),
        coverage=_(maps.SHARED_NOTE),
    )


def complete_list(data: Data, programme_id: str) -> Figure:
    """Every municipality by the number of its participations in a programme whose list is complete.

    Parameters
    ----------
    data : Data
    programme_id : str

    Raises
    ------
    CoverageError
        The list of the programme is not complete: a municipality that is not on it may have taken part.
    """
    chosen = data.observations.where(programmes=programme_id)
    require_census(chosen)
    panel, count = chosen.panel, chosen.counts
    programme = labels.programmes(data.programmes)[programme_id]
    values = pd.DataFrame(
        {
            "municipality_code": panel["municipality_code"],
            "name": panel["municipality_name"],
            "value": count.astype(float),
            "text": [
                ngettext("{n} participation", "{n} participations", n, n=n) if n else _("did not take part")
                for n in count
            ],
        }
    )
    most = panel.assign(count=count).nlargest(3, "count", keep="first").query("count > 0")
    top = "; ".join(
        f"{labels.short_name(n)}: {number(c)}"
        for n, c in zip(most["municipality_name"], most["count"], strict=True)
    )
    told = {"programme": programme, "n": int((count > 0).sum()), "all": len(panel), "top": top}
    return maps.choropleth(
        data.boundaries,
        values,
        code="municipality_code",
        borders="county_code",
        inset=maps.OSLO_AREA,
        scale=_count_scale(int(count.max())),
        addresses=common.municipality_addresses(panel),
        name=f"map-{programme_id.replace('_', '-')}",
        title=_("{n} of {all} municipalities took part in {programme}", **told),
        subtitle=_(
            "Participations in {programme} by municipality (2024 division); the list is complete", **told
        ),
        alt=_(
            "Map of Norway's municipalities by participations in {programme}: {n} of {all} took part. Most: {top}.",
            **told,
        ),
        source=_(common.REGISTER),
        coverage=_(maps.SHARED_NOTE),
    )


def _count_scale(most: int) -> maps.Scale:
    """Classes from one participation up to the most, four where there are so many."""
    bounds = tuple(b for b in (1, 2, 5, 10) if b <= max(most, 1))
    ends = [*(b - 1 for b in bounds[1:]), None]
    names = [
        _("{n} or more", n=number(low))
        if high is None and most > low
        else number(low)
        if high in (None, low)
        else f"{number(low)}–{number(high)}"
        for low, high in zip(bounds, ends, strict=True)
    ]
    return maps.Scale(bounds, tuple(names), number, zero=_("did not take part"))
