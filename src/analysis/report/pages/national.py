"""The national report's findings and figures, each made from the data."""

from __future__ import annotations

import pandas as pd

from analysis.figures import bars as charts
from analysis.figures import maps
from analysis.figures.figure import Figure
from analysis.i18n import N_, _, ngettext, number, percent
from analysis.measures import cooperation as measured
from analysis.measures import gap, procurement, uptake
from analysis.report import labels as words
from analysis.report.data import Data
from analysis.report.pages import content, regions

REGISTER = N_("Register of municipal participation")
PART = N_(
    "The register holds a part of what there is: that a municipality is not found does not mean that it "
    "has not taken part."
)


def by_group(result: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The rows of a result by ``is_small_rural``: small rural municipalities, and the others."""
    rows = result.set_index("group")
    return rows.loc[True], rows.loc[False]


def headline(data: Data) -> str:
    """The report's title: whether small rural municipalities are found less often."""
    difference = gap.gap(data.observations).set_index(["term", "method"]).loc[("difference", "Newcombe")]
    if difference["conf_high"] < 0:
        return _("Small rural municipalities are found in innovation programmes less often than others")
    return _("No clear difference between small rural municipalities and others in innovation programmes")


def findings(data: Data) -> list[str]:
    """Three sentences: what is found, what the complete list says, and whether purchases explain it."""
    return [_found(data), _complete(data), _bought(data)]


def _found(data: Data) -> str:
    small, others = by_group(uptake.recorded_share(data.observations, by="is_small_rural"))
    return _(
        "The register finds {x} of {n} small rural municipalities ({share}) in at least one innovation "
        "programme, against {x2} of {n2} other municipalities ({share2}).",
        x=int(small["numerator"]),
        n=int(small["n"]),
        share=percent(small["estimate"]),
        x2=int(others["numerator"]),
        n2=int(others["n"]),
        share2=percent(others["estimate"]),
    )


def _complete(data: Data) -> str:
    result = uptake.uptake_rate(data.observations.where(programmes="horizon_2020"), by="is_small_rural")
    small, others = by_group(result)
    values = {"x2": int(others["numerator"]), "n2": int(others["n"])}
    if small["numerator"] == 0:
        return _(
            "In Horizon 2020, where the list is complete, none of the {n} small rural municipalities took "
            "part, against {x2} of the {n2} others.",
            n=int(small["n"]),
            **values,
        )
    return ngettext(
        "In Horizon 2020, where the list is complete, {x} small rural municipality took part, and {x2} of "
        "the {n2} others.",
        "In Horizon 2020, where the list is complete, {x} small rural municipalities took part, and {x2} of "
        "the {n2} others.",
        small["numerator"],
        x=int(small["numerator"]),
        **values,
    )


def _bought(data: Data) -> str:
    small, others = by_group(procurement.purchases_share(data.panel))
    values = {"share": percent(small["estimate"]), "share2": percent(others["estimate"])}
    if small["conf_high"] < others["conf_low"]:
        return _(
            "Purchases also make up less of their operating expenditure: {share}, against {share2} in the "
            "others.",
            **values,
        )
    if small["estimate"] < others["estimate"]:
        return _(
            "Purchases weigh about as much in their budgets: they make up {share} of operating expenditure in "
            "small rural municipalities and {share2} in the others.",
            **values,
        )
    return _(
        "Purchases do not weigh less in their budgets: they make up {share} of operating expenditure in small "
        "rural municipalities and {share2} in the others.",
        **values,
    )


def municipal_map(data: Data) -> Figure:
    """Every municipality by the number of participations found."""
    count = data.observations.counts
    return maps.choropleth(
        data.boundaries,
        regions.municipal_map(data.observations),
        code="municipality_code",
        borders="county_code",
        inset=maps.OSLO_AREA,
        scale=regions.counts_scale(),
        name="map-municipalities",
        title=_(
            "Participations are found in {share} of the municipalities, mostly one or two in each",
            share=percent((count > 0).mean()),
        )
        if count.between(1, 2).sum() > (count > 2).sum()
        else _(
            "Participations are found in {share} of the municipalities", share=percent((count > 0).mean())
        ),
        subtitle=_(
            "Participations found in the register, all programmes and years, by municipality (2024 division)"
        ),
        alt=_(
            "Map of Norway's municipalities by participations found. {none} have none, {few} have one or "
            "two, {many} have five or more.",
            none=int((count == 0).sum()),
            few=int(count.between(1, 2).sum()),
            many=int((count >= 5).sum()),
        ),
        source=_(REGISTER),
        coverage=f"{_(PART)} {_(maps.SHARED_NOTE)}",
    )


def county_shares(data: Data) -> pd.DataFrame:
    """Recorded share of each county's municipalities, highest first."""
    result = uptake.recorded_share(data.observations, by="county_code")
    return regions.county_map(data.panel, result, regions.through_former_county(data.participation))


def county_map(data: Data, addresses: dict[str, str] | None = None) -> Figure:
    """Every county by the share of its municipalities found; with ``addresses`` each is a link to its report."""
    shares = county_shares(data)
    ends = shares[shares["municipalities"] > 1].iloc[[0, -1]].to_dict("records")
    values = {
        "high": percent(ends[0]["value"]),
        "first": ends[0]["name"],
        "low": percent(ends[1]["value"]),
        "last": ends[1]["name"],
    }
    return maps.choropleth(
        data.counties,
        shares,
        code="county_code",
        named=(shares["name"] + "\n" + shares["value"].map(percent)).set_axis(shares["county_code"]),
        scale=regions.shares_scale(),
        addresses=addresses,
        name="map-counties",
        title=_("From {low} of the municipalities in {last} to {high} in {first}", **values),
        subtitle=_(
            "Share of each county's municipalities found in the register at least once, all programmes and years"
        ),
        alt=_(
            "Map of Norway's counties by the share of municipalities found in the register, from {low} in "
            "{last} to {high} in {first}.",
            **values,
        ),
        source=_(REGISTER),
        coverage=_(
            "Some sources name a whole region at once (the municipalities of Agder, for one), and some "
            "counties publish more than others. The map shows what was found, not who takes part most."
        ),
    )


def country_line(data: Data) -> tuple[float, str]:
    """The country's recorded share, as the line that counties and groups are compared with."""
    share = float(data.observations.found.mean())
    return share, _("Norway {share}", share=percent(share))


def counties(data: Data) -> Figure:
    """The counties' recorded shares with their intervals."""
    shares = county_shares(data)
    rows = shares.assign(
        label=shares["name"],
        estimate=shares["value"],
        detail=[
            content.of_municipalities(x, n)
            for x, n in zip(shares["found"], shares["municipalities"], strict=True)
        ],
    )
    line = country_line(data)
    return charts.rows(
        rows[["label", "detail", "estimate", "low", "high", "county_code", "found", "municipalities"]],
        name="counties",
        title=content.counties_title(shares, line[0]),
        subtitle=_("Share of each county's municipalities found in the register at least once"),
        heads=(_("County"), _("Found")),
        source=_(REGISTER),
        reference=line,
        coverage=_(PART),
    )


def size_bands(data: Data) -> Figure:
    """Recorded share by number of inhabitants."""
    shares = uptake.recorded_share(data.observations, by="size_band")
    return charts.rows(
        content.chart_rows(shares, words.size_band),
        name="size-bands",
        title=content.size_title(shares),
        subtitle=_(
            "Share of municipalities found in the register at least once, by inhabitants on 1 January 2024"
        ),
        heads=(_("Inhabitants"), _("Found")),
        source=_("Register of municipal participation; SSB table 07459"),
        reference=country_line(data),
        coverage=_(
            "Large municipalities publish more, so a part of the difference may be in the sources and not "
            "in the participation."
        ),
    )


def horizon(data: Data) -> Figure:
    """Uptake of Horizon 2020 by number of inhabitants: a census, so a true rate."""
    rates = uptake.uptake_rate(data.observations.where(programmes="horizon_2020"), by="size_band")
    return charts.rows(
        content.chart_rows(rates, words.size_band),
        name="horizon-2020",
        title=_(
            "Where the list is complete: {high} of the largest municipalities took part in Horizon 2020, "
            "{low} of the smallest",
            low=charts.SHARE.one(rates["estimate"].iloc[0]),
            high=charts.SHARE.one(rates["estimate"].iloc[-1]),
        ),
        subtitle=_(
            "Share of municipalities that took part in Horizon 2020 (2014–2020) under their own name, by "
            "inhabitants"
        ),
        heads=(_("Inhabitants"), _("Took part")),
        source=_("Research Council of Norway, open data on Horizon 2020; SSB table 07459"),
    )


def kinds(data: Data) -> Figure:
    """Recorded share in each kind of programme, small rural municipalities against the others."""
    shares = {
        words.kind(kind): uptake.recorded_share(data.observations.where(kinds=kind), by="is_small_rural")
        for kind in ("network", "project", "partnership", "grant")
    }
    return charts.rows(
        content.both_groups(shares),
        name="kinds",
        title=content.kinds_title(shares),
        subtitle=_("Share of municipalities found in each kind of programme"),
        heads=(_("Kind of programme"), _("Found")),
        source=_(REGISTER),
        coverage=_(PART),
    )


def cooperation(data: Data) -> Figure:
    """How much of what is found is together with other municipalities."""
    joint = content.joint_shares(measured.joint_share(data.observations, by="is_small_rural"))
    return charts.rows(
        joint,
        name="cooperation",
        title=content.joint_title(joint),
        subtitle=_(
            "Share of the participations found that are in projects with at least one other municipality"
        ),
        heads=(_("Municipalities"), _("With others")),
        source=_(REGISTER),
        coverage=_(
            "Joint projects are easier to find than small local ones, and sources that name whole regions "
            "count as joint."
        ),
    )


def ratio_values(data: Data) -> dict[str, str]:
    """The numbers of the sentence about the representation ratio."""
    small, others = by_group(uptake.recorded_share(data.observations, by="is_small_rural"))
    ratio, _rest = by_group(uptake.representation_ratio(data.observations))
    return {
        "all": percent(data.panel["is_small_rural"].mean()),
        "among": percent(small["numerator"] / (small["numerator"] + others["numerator"])),
        "ratio": number(ratio["estimate"], 2),
        "low": number(ratio["conf_low"], 2),
        "high": number(ratio["conf_high"], 2),
    }
