"""The figures of a county report: its map, and its shares against the country's."""

from __future__ import annotations

import pandas as pd

from analysis.figures import bars as charts
from analysis.figures import maps, style
from analysis.figures.figure import Figure
from analysis.i18n import _, ngettext, nok, percent, percent_range
from analysis.measures import cooperation as measured
from analysis.measures import gap, procurement, uptake
from analysis.report import labels as words
from analysis.report.pages import content, regions
from analysis.report.pages.county import County
from analysis.report.pages.national import PART, REGISTER

ALIKE, CITIES, MANY = 4, 6, 18
"""With how many counties a county is compared, beside how many cities Oslo stands, how many rows are many."""


def municipal_map(county: County) -> Figure:
    """The county's municipalities by the number of participations found; for Oslo with its neighbours."""
    data = county.country.near(maps.OSLO_AREA) if county.is_one else county.own
    panel = data.panel.sort_values("population", ascending=False)
    observations = data.observations.with_panel(panel)
    count = observations.counts
    none = int((count == 0).sum())
    return maps.choropleth(
        data.boundaries,
        regions.municipal_map(observations),
        code="municipality_code",
        borders="county_code" if county.is_one else None,
        named=panel.set_index("municipality_code")["municipality_name"].map(words.short_name),
        scale=regions.counts_scale(),
        name="map",
        title=_map_title(county, panel, count),
        subtitle=_("Participations found in the register, all programmes and years, Oslo and surroundings")
        if county.is_one
        else _(
            "Participations found in the register, all programmes and years, {county}", county=county.name
        ),
        alt=_(
            "Map of the municipalities in and around {county} by participations found: {none} have none, {few} "
            "have one or two, {many} have three or more.",
            county=county.name,
            none=none,
            few=int(count.between(1, 2).sum()),
            many=int((count > 2).sum()),
        ),
        source=_(REGISTER),
        coverage=f"{_(PART)} {_(maps.SHARED_NOTE)}"
        if (panel["municipality_code"] == "1508").any()
        else _(PART),
    )


def _map_title(county: County, panel: pd.DataFrame, count: pd.Series) -> str:
    if county.is_one:
        near = panel.assign(count=count)[panel["county_code"] != county.code].nlargest(1, "count").iloc[0]
        return _(
            "{county} has {n} participations; of its surroundings, {name} has most: {m}",
            county=county.name,
            n=int(county.count.sum()),
            name=near["municipality_name"],
            m=int(near["count"]),
        )
    none = int((count == 0).sum())
    if none == 0:
        return _("Every municipality is found in the register at least once")
    return ngettext(
        "{n} municipality has nothing in the register",
        "{n} municipalities have nothing in the register",
        none,
        n=none,
    )


def _alike(county: County) -> list[str]:
    """The counties whose share of small rural municipalities is nearest; single-municipality counties left out."""
    panel = county.country.panel
    shares = panel.groupby("county_code")["is_small_rural"].agg(["mean", "size"])
    others = shares[(shares["size"] > 1) & (shares.index != county.code)]
    own = shares.loc[county.code, "mean"]
    return list((others["mean"] - own).abs().sort_values(kind="stable").index[:ALIKE])


def compared(county: County) -> Figure:
    """The county's recorded share against the country's and against counties alike; Oslo against other cities."""
    if county.is_one:
        return _cities(county)
    data = county.country
    result = uptake.recorded_share(data.observations, by="county_code").set_index("group", drop=False)
    country = uptake.recorded_share(data.observations)
    names = data.panel.drop_duplicates("county_code").set_index("county_code")["county_name"]
    alike = result.loc[_alike(county)].sort_values("estimate", ascending=False)
    own = result.loc[[county.code]]
    rows = pd.concat(
        [
            content.chart_rows(own, names.get),
            content.chart_rows(country, lambda _group: _("Norway"), colour=style.CONTEXT),
            content.chart_rows(alike, names.get, colour=style.CONTEXT),
        ],
        ignore_index=True,
    )
    low, high, share = own["conf_low"].iloc[0], own["conf_high"].iloc[0], country["estimate"].iloc[0]
    values = {"county": county.name, "share": percent(own["estimate"].iloc[0]), "share2": percent(share)}
    if low > share:
        title = _(
            "More municipalities are found in {county} than in the country: {share} against {share2}",
            **values,
        )
    elif high < share:
        title = _(
            "Fewer municipalities are found in {county} than in the country: {share} against {share2}",
            **values,
        )
    else:
        title = _(
            "{county} cannot be told from the country: {share}, with an interval of {span}, against {share2}",
            span=percent_range(low, high),
            **values,
        )
    expected = _expected(county)
    return charts.rows(
        rows,
        name="compared",
        title=title,
        subtitle=_(
            "Share of municipalities found in the register, {county}, the country and the {n} counties most alike "
            "in their share of small rural municipalities",
            county=county.name,
            n=len(alike),
        ),
        heads=(_("Area"), _("Found")),
        source=_(REGISTER),
        reference=(expected, _("Expected by size {share}", share=percent(expected))),
        coverage=_(
            "The dashed line is what the county would have if its municipalities of each size were found as "
            "often as in the country. {part}",
            part=_(PART),
        ),
    )


def _cities(county: County) -> Figure:
    """A county of one municipality beside the largest municipalities of the country."""
    panel = county.country.panel
    panel = panel.assign(count=county.country.observations.counts)
    rows = panel.nlargest(CITIES, "population")
    own, next_one = (
        rows[rows["county_code"] == county.code].iloc[0],
        rows[rows["county_code"] != county.code].iloc[0],
    )
    frame = pd.DataFrame(
        {
            "label": rows["municipality_name"].to_numpy(),
            "detail": [_("{n} inhabitants", n=int(v)) for v in rows["population"]],
            "estimate": rows["count"].to_numpy(float),
            "colour": [style.OTHERS if c == county.code else style.CONTEXT for c in rows["county_code"]],
        }
    )
    return charts.rows(
        frame,
        name="compared",
        unit=charts.COUNT,
        title=_(
            "{county} is found {n} times, {name}, the next largest municipality, {m} times",
            county=county.name,
            n=int(own["count"]),
            name=next_one["municipality_name"],
            m=int(next_one["count"]),
        ),
        subtitle=_("Participations found in the register, the {n} largest municipalities", n=CITIES),
        heads=(_("Municipality"), _("Participations found")),
        source=_(REGISTER),
        coverage=_(PART),
    )


def _expected(county: County) -> float:
    """The country's recorded share by size band, weighted with the county's own mix of sizes."""
    shares = uptake.recorded_share(county.country.observations, by="size_band").set_index("group")["estimate"]
    return float(county.panel["size_band"].astype(str).map(shares).mean())


def groups(county: County) -> Figure | None:
    """Small rural municipalities and others, in the county and in the country; nothing where one is missing."""
    is_small = county.panel["is_small_rural"]
    if is_small.all() or not is_small.any():
        return None
    own = uptake.recorded_share(county.observations, by="is_small_rural")
    country = uptake.recorded_share(county.country.observations, by="is_small_rural")
    rows = content.both_groups({county.name: own, _("Norway"): country})
    small, others = (own.set_index("group").loc[k] for k in (True, False))
    values = {
        "share": percent(small["estimate"]),
        "share2": percent(others["estimate"]),
        "county": county.name,
    }
    # Two intervals may overlap and the shares still differ: the difference has an interval of its own.
    difference = gap.gap(county.observations)
    newcombe = difference.set_index(["term", "method"]).loc[("difference", "Newcombe")]
    apart = newcombe["conf_low"] > 0 or newcombe["conf_high"] < 0
    title = (
        _("Small rural municipalities in {county}: {share} found, against {share2} of the others", **values)
        if apart
        else _(
            "Too few municipalities in {county} to tell small rural from others: {share} and {share2}",
            **values,
        )
    )
    return charts.rows(
        rows,
        name="groups",
        title=title,
        subtitle=_("Share of municipalities found in the register at least once, by group"),
        heads=(_("Area"), _("Found")),
        source=_(REGISTER),
        coverage=_(PART),
    )


def purchases(county: County) -> Figure | None:
    """Purchases as a share of operating expenditure in the municipalities where they are known."""
    known = county.panel[county.panel["purchases_share"].notna()].sort_values(
        "purchases_share", ascending=False
    )
    if known.empty:
        return None
    rows = pd.DataFrame(
        {
            "label": known["municipality_name"].to_numpy(),
            # Many rows are drawn without their amounts, so that the figure still fits a printed page.
            "detail": [
                nok(1000 * float(v)) if len(known) <= MANY else "" for v in known["purchases_nok_thousand"]
            ],
            "estimate": known["purchases_share"].to_numpy(float),
            "purchases_nok_thousand": known["purchases_nok_thousand"].to_numpy(int),
            "colour": [style.SMALL_RURAL if s else style.OTHERS for s in known["is_small_rural"]],
        }
    )
    mean = float(procurement.purchases_share(county.country.panel, by=None)["estimate"].iloc[0])
    first, last = rows.iloc[0], rows.iloc[-1]
    title = (
        _(
            "{name} buys for {share} of its operating expenditure",
            name=first["label"],
            share=percent(first["estimate"]),
        )
        if len(rows) == 1
        else _(
            "From {low} of operating expenditure in {last} to {high} in {first}",
            low=percent(last["estimate"]),
            last=last["label"],
            high=percent(first["estimate"]),
            first=first["label"],
        )
    )
    return charts.rows(
        rows,
        name="purchases",
        unit=charts.SHARE_1,
        title=title,
        subtitle=_(
            "Purchases (KOSTRA AGD50 and AGD51) as a share of gross operating expenditure, {year}; small rural "
            "municipalities in orange",
            year=words.purchases_year(known),
        ),
        heads=(_("Municipality, purchases") if len(known) <= MANY else _("Municipality"), _("Share")),
        source=_("SSB, KOSTRA municipal group accounts"),
        reference=(mean, _("Mean of those known {share}", share=percent(mean))),
        coverage=ngettext(
            "Known for {x} of {n} municipality; the others are unknown, not zero.",
            "Known for {x} of {n} municipalities; the others are unknown, not zero.",
            len(county.panel),
            x=len(known),
            n=len(county.panel),
        )
        if len(known) < len(county.panel)
        else "",
    )


def cooperation(county: County) -> Figure | None:
    """How much of what is found in the county is together with other municipalities; nothing if nothing is."""
    observations = county.country.observations
    by_county = measured.joint_share(observations, by="county_code")
    own = by_county[by_county["group"] == county.code]
    if own.empty or own["estimate"].isna().all():
        return None
    whole = measured.joint_share(observations, by=None)
    shares = pd.concat(
        [
            content.chart_rows(own, lambda _group: county.name, content.of_participations),
            content.chart_rows(whole, lambda _group: _("Norway"), content.of_participations, style.CONTEXT),
        ],
        ignore_index=True,
    )
    return charts.rows(
        shares,
        name="cooperation",
        title=_(
            "{share} of the county's participations are in projects with other municipalities, against {share2} in "
            "the country",
            share=percent(shares["estimate"].iloc[0]),
            share2=percent(shares["estimate"].iloc[1]),
        ),
        subtitle=_(
            "Share of the participations found that are in projects with at least one other municipality"
        ),
        heads=(_("Area"), _("With others")),
        source=_(REGISTER),
        coverage=_(
            "Joint projects are easier to find than small local ones, and sources that name whole regions "
            "count as joint."
        ),
    )
