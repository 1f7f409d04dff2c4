"""What municipalities buy: the national and the county report's sentence and figures."""

from __future__ import annotations

from itertools import pairwise

import pandas as pd

from analysis.figures import bars, maps
from analysis.figures.figure import Figure
from analysis.i18n import _, ngettext, nok, number, percent
from analysis.measures import procurement
from analysis.report import labels
from analysis.report.data import County, Data
from analysis.report.pages import common

MANY = 18
"""With more rows than this a figure leaves the amounts out, so that it still fits a printed page."""
PER_INHABITANT = "purchases_own_production_nok_per_inhabitant"
BOUNDS = (0.0, 10_000.0, 15_000.0, 20_000.0, 25_000.0)
"""Lowest purchases per inhabitant (NOK) of each class of the map."""


def bought(data: Data) -> str:
    """How much the municipalities whose purchases are known bought for, and how many these are."""
    known = data.panel[data.panel["purchases_share"].notna()]
    values = {
        "year": labels.purchases_year(data.panel),
        "amount": nok(1000 * float(known["purchases_nok_thousand"].sum())),
        "spent": nok(1000 * float(known["purchases_operating_expenditure_nok_thousand"].sum())),
    }
    if len(known) == len(data.panel):
        return _(
            "Together the municipalities purchased goods and services for {amount} in {year}, out of an operating expenditure of {spent}.",
            **values,
        )
    return _(
        "Purchases are known for {x} of {n} municipalities. Together they purchased goods and services for {amount} in {year}, out of an operating expenditure of {spent}.",
        x=len(known),
        n=len(data.panel),
        **values,
    )


def parts(data: Data) -> Figure:
    """Purchases for own services and instead of own services, as shares of expenditure in both groups."""
    each = {
        _("Purchases for own services"): procurement.purchases_share(data.panel, of="own_production"),
        _("Purchased instead of own services"): procurement.purchases_share(
            data.panel, of="replacing_production"
        ),
    }
    small, others = common.by_group(each[_("Purchases for own services")])
    return bars.chart(
        common.pairs(each),
        name="purchases-parts",
        unit=bars.SHARE_1,
        title=_(
            "Purchases for own services: {share} of expenditure in small rural municipalities, {share2} in other municipalities",
            **common.compared(small["estimate"], others["estimate"], digits=1),
        ),
        subtitle=_(
            "Purchases as a share of gross operating expenditure, mean of the municipalities, {year}",
            year=labels.purchases_year(data.panel),
        ),
        heads=(_("Purchases"), _("Share")),
        source=_("SSB, KOSTRA municipal group accounts"),
        coverage=_(
            "Purchases for own services are goods and services that the municipality uses itself. The other part replaces its own services, and other municipalities, inter-municipal companies and the state are among the suppliers. Innovative procurement mostly concerns the first part."
        ),
    )


def by_size(data: Data) -> Figure:
    """Purchases for own services as a share of operating expenditure by number of inhabitants."""
    shares = procurement.purchases_share(data.panel, by="size_band", of="own_production")
    known = data.panel["purchases_own_production_share"].notna()
    first, last = shares.iloc[0], shares.iloc[-1]
    return bars.chart(
        common.chart_rows(shares, labels.size_band),
        name="purchases",
        unit=bars.SHARE_1,
        title=_(
            "Purchases for own services: {low} of expenditure in municipalities with {band}, {high} in those with {band2}",
            low=labels.share(first["estimate"], digits=1),
            band=labels.inhabitants(first["group"]),
            high=labels.share(last["estimate"], digits=1),
            band2=labels.inhabitants(last["group"]),
        ),
        subtitle=_(
            "Purchases for own services as a share of gross operating expenditure, mean of the municipalities, {year}",
            year=labels.purchases_year(data.panel),
        ),
        heads=(_("Inhabitants"), _("Share")),
        source=_("SSB, KOSTRA municipal group accounts"),
        coverage=""
        if known.all()
        else _(
            "Known for {x} of {n} municipalities. The others are unknown.",
            x=int(known.sum()),
            n=len(known),
        ),
    )


def municipal_map(data: Data) -> Figure:
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
        "median": number(known.median().round(-2)),
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
        coverage=f"{_(maps.SHARED_NOTE)} {common.partial_purchases(panel)}".rstrip(),
    )


def published(data: Data) -> pd.DataFrame:
    """Published national totals beside this project's sum, each with what it includes.

    Returns
    -------
    pandas.DataFrame
        Ready-made texts: year, amount, what it includes, source; oldest first.
    """
    totals = data.national_purchases.sort_values("year")
    newest = totals[totals["status"].str.startswith("published")].drop_duplicates("measure", keep="last")
    newest = newest.set_index("measure")
    local, whole = newest.loc["local_government"], newest.loc["all_public_purchases"]
    year, source = labels.year(data.panel["purchases_year"].max()), _("SSB, KOSTRA; our sum")
    own, replacing = (
        1000 * float(data.panel[f"purchases_{kind}_production_nok_thousand"].sum())
        for kind in ("own", "replacing")
    )
    rows = [
        (
            _(
                "Municipalities and county councils: goods and services, investments and social benefits in kind"
            ),
            labels.year(local["year"]),
            nok(local["amount_nok_million"] * 1e6),
            _("SSB, public procurement"),
        ),
        (
            _("The whole public sector, the state included"),
            labels.year(whole["year"]),
            nok(whole["amount_nok_million"] * 1e6),
            _("DFØ and SSB, rounded to billions"),
        ),
        (
            _("Municipalities: purchases for own services, operating expenditure only"),
            year,
            nok(own, 0),
            source,
        ),
        (
            _("Municipalities: purchased instead of own services, operating expenditure only"),
            year,
            nok(replacing, 0),
            source,
        ),
        (_("Municipalities: both parts"), year, nok(own + replacing, 0), source),
    ]
    return pd.DataFrame(rows, columns=[_("What is included"), _("Year"), _("Amount"), _("Source")])


def typical(data: Data) -> str:
    """The median purchases of both groups in kroner."""
    panel = data.panel[data.panel["purchases_nok_thousand"].notna()]
    median = panel.groupby("is_small_rural")["purchases_nok_thousand"].median().astype(float) * 1000
    return _(
        "A typical small rural municipality purchased for {small} in {year}, and a typical other municipality for {others} (medians). The fixed cost of a tender or an application may therefore matter more to small rural municipalities.",
        small=nok(median[True]),
        others=nok(median[False]),
        year=labels.purchases_year(data.panel),
    )


def of_county(county: County) -> Figure | None:
    """Purchases as a share of operating expenditure in each municipality of a county where they are known."""
    panel = county.panel
    known = panel[panel["purchases_share"].notna()].sort_values("purchases_share", ascending=False)
    if known.empty:
        return None
    shows_amounts = len(known) <= MANY
    amounts = known["purchases_nok_thousand"].to_numpy(int)
    rows = pd.DataFrame(
        {
            "label": known["municipality_name"].to_numpy(),
            "detail": [nok(1000 * float(v)) if shows_amounts else "" for v in amounts],
            "estimate": known["purchases_share"].to_numpy(float),
            "purchases_nok_thousand": amounts,
            "series": known["is_small_rural"].astype(bool).map(common.group_name).to_numpy(),
            "colour": known["is_small_rural"].map(common.GROUP_COLOURS).to_numpy(),
        }
    )
    mean = float(procurement.purchases_share(county.country.panel, by=None)["estimate"].iloc[0])
    first, last = rows.iloc[0], rows.iloc[-1]
    high, year = labels.share(first["estimate"], digits=1), labels.purchases_year(known)
    return bars.chart(
        rows,
        name="purchases",
        unit=bars.SHARE_1,
        title=_(
            "{name}: published purchases make up {share} of operating expenditure",
            name=first["label"],
            share=high,
        )
        if len(rows) == 1
        else _(
            "Purchases make up {low} of operating expenditure in {last} and {high} in {first}",
            low=labels.share(last["estimate"], digits=1),
            last=last["label"],
            high=high,
            first=first["label"],
        ),
        series_in_rows=False,
        subtitle=_("Purchases as a share of gross operating expenditure (KOSTRA), {year}", year=year),
        heads=(_("Municipality, purchases") if shows_amounts else _("Municipality"), _("Share")),
        source=_("SSB, KOSTRA municipal group accounts"),
        reference=(mean, _("Mean of the country {share}", share=percent(mean, 1))),
        coverage=common.partial_purchases(known)
        if len(known) == len(panel)
        else ngettext(
            "Known for {x} of {n} municipality; the others are unknown, not zero.",
            "Known for {x} of {n} municipalities; the others are unknown, not zero.",
            len(panel),
            x=len(known),
            n=len(panel),
        ),
    )
