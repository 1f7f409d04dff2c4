"""The figures of a county report: its map, and its shares against the country's."""

from __future__ import annotations

import pandas as pd

from analysis.figures import bars, maps, style
from analysis.figures.figure import Figure
from analysis.i18n import _, ngettext, percent, percent_range
from analysis.measures import cooperation as cooperation_measures
from analysis.measures import gap, uptake
from analysis.report import labels
from analysis.report.data import County
from analysis.report.pages import common
from analysis.report.pages.common import PART, REGISTER, by_group

ALIKE, CITIES = 4, 6
"""With how many counties a county is compared, and beside how many cities Oslo stands."""
SHARED = "1508"
"""Ålesund, whose area on the map is also Haram's."""


def municipal_map(county: County) -> Figure:
    """The county's municipalities by the number of participations found; for Oslo with its neighbours."""
    data = county.country.near(maps.OSLO_AREA.bounds) if county.is_one else county.own
    panel = data.panel.sort_values("population", ascending=False)
    observations = data.observations.with_panel(panel)
    count = observations.counts
    coverage = _(PART)
    if (panel["municipality_code"] == SHARED).any():
        coverage = f"{coverage} {_(maps.SHARED_NOTE)}"
    return maps.choropleth(
        data.boundaries,
        common.count_regions(observations),
        code="municipality_code",
        borders="county_code" if county.is_one else None,
        named=panel.set_index("municipality_code")["municipality_name"].map(labels.short_name),
        scale=common.count_scale(),
        addresses=common.municipality_addresses(data.panel),
        name="map",
        title=_map_title(county, panel, count),
        subtitle=_("Participations found in the register, all programmes and years, Oslo and surroundings")
        if county.is_one
        else _(
            "Participations found in the register, all programmes and years, {county}", county=county.name
        ),
        alt=_(
            "Map of the municipalities in and around {county} by participations found: {none} have none, {few} have one or two, {many} have three or more.",
            county=county.name,
            none=int((count == 0).sum()),
            few=int(count.between(1, 2).sum()),
            many=int((count > 2).sum()),
        ),
        source=_(REGISTER),
        coverage=coverage,
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


def compared(county: County) -> Figure:
    """The county's share found against the country's and against counties alike; Oslo against other cities."""
    if county.is_one:
        return _cities(county)
    observations, alike = county.country.observations, _alike(county)
    by_county = uptake.recorded_share(observations, by="county_code").set_index("group", drop=False)
    country = uptake.recorded_share(observations)
    names = county.country.panel.drop_duplicates("county_code").set_index("county_code")["county_name"]
    others = by_county.loc[alike].sort_values("estimate", ascending=False)
    rows = pd.concat(
        [
            common.chart_rows(by_county.loc[[county.code]], names.get),
            common.chart_rows(country, lambda _group: _("Norway"), colour=style.CONTEXT),
            common.chart_rows(others, names.get, colour=style.CONTEXT),
        ],
        ignore_index=True,
    )
    expected = _expected(county)
    return bars.chart(
        rows,
        name="compared",
        title=_compared_title(county.name, rows.iloc[0], float(country["estimate"].iloc[0])),
        subtitle=_(
            "Share of municipalities found in the register, {county}, the country and the {n} counties most alike in their share of small rural municipalities",
            county=county.name,
            n=len(alike),
        ),
        heads=(_("Area"), _("Found")),
        source=_(REGISTER),
        reference=(expected, _("Expected by size {share}", share=percent(expected))),
        coverage=_(
            "The dashed line is what the county would have if its municipalities of each size were found as often as in the country. {part}",
            part=_(PART),
        ),
    )


def _compared_title(name: str, own: pd.Series, country: float) -> str:
    values = {"county": name, "share": percent(own["estimate"]), "share2": percent(country)}
    if own["conf_low"] > country:
        return _(
            "More municipalities are found in {county} than in the country: {share} against {share2}",
            **values,
        )
    if own["conf_high"] < country:
        return _(
            "Fewer municipalities are found in {county} than in the country: {share} against {share2}",
            **values,
        )
    return _(
        "{county} cannot be told from the country: {share}, with an interval of {span}, against {share2}",
        span=percent_range(own["conf_low"], own["conf_high"]),
        **values,
    )


def _alike(county: County) -> list[str]:
    """The counties whose share of small rural municipalities is nearest; single-municipality counties left out."""
    shares = county.country.panel.groupby("county_code")["is_small_rural"].agg(["mean", "size"])
    others = shares[(shares["size"] > 1) & (shares.index != county.code)]
    distance = (others["mean"] - shares.loc[county.code, "mean"]).abs()
    return list(distance.sort_values(kind="stable").index[:ALIKE])


def _expected(county: County) -> float:
    """The country's share found by size band, weighted with the county's own mix of sizes."""
    shares = uptake.recorded_share(county.country.observations, by="size_band").set_index("group")["estimate"]
    return float(county.panel["size_band"].astype(str).map(shares).mean())


def _cities(county: County) -> Figure:
    """A county of one municipality beside the largest municipalities of the country."""
    panel = county.country.panel.assign(count=county.country.observations.counts)
    rows = panel.nlargest(CITIES, "population")
    is_own = rows["county_code"] == county.code
    own, next_one = rows[is_own].iloc[0], rows[~is_own].iloc[0]
    frame = pd.DataFrame(
        {
            "label": rows["municipality_name"].to_numpy(),
            "detail": [_("{n} inhabitants", n=int(v)) for v in rows["population"]],
            "estimate": rows["count"].to_numpy(float),
            "colour": is_own.map({True: style.OTHERS, False: style.CONTEXT}).to_numpy(),
        }
    )
    return bars.chart(
        frame,
        name="compared",
        unit=bars.COUNT,
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


def groups(county: County) -> Figure | None:
    """Small rural municipalities and others, in the county and in the country; nothing where one is missing."""
    if county.panel["is_small_rural"].nunique() < 2:
        return None
    own = uptake.recorded_share(county.observations, by="is_small_rural")
    country = uptake.recorded_share(county.country.observations, by="is_small_rural")
    small, others = by_group(own)
    values = {
        "share": percent(small["estimate"]),
        "share2": percent(others["estimate"]),
        "county": county.name,
    }
    # Two intervals may overlap and the shares still differ: the difference has an interval of its own.
    difference = gap.gap(county.observations).set_index(["term", "method"]).loc[("difference", "Newcombe")]
    is_clear = difference["conf_low"] > 0 or difference["conf_high"] < 0
    return bars.chart(
        common.pairs({county.name: own, _("Norway"): country}),
        name="groups",
        title=_(
            "Small rural municipalities in {county}: {share} found, against {share2} of the others", **values
        )
        if is_clear
        else _(
            "Too few municipalities in {county} to tell small rural from others: {share} and {share2}",
            **values,
        ),
        subtitle=_("Share of municipalities found in the register at least once, by group"),
        heads=(_("Area"), _("Found")),
        source=_(REGISTER),
        coverage=_(PART),
    )


def cooperation(county: County) -> Figure | None:
    """How much of what is found in the county is together with other municipalities; nothing if nothing is."""
    observations = county.country.observations
    by_county = cooperation_measures.joint_share(observations, by="county_code")
    own = by_county[by_county["group"] == county.code]
    if own.empty or own["estimate"].isna().all():
        return None
    whole = cooperation_measures.joint_share(observations, by=None)
    rows = pd.concat(
        [
            common.chart_rows(own, lambda _group: county.name, common.of_participations),
            common.chart_rows(whole, lambda _group: _("Norway"), common.of_participations, style.CONTEXT),
        ],
        ignore_index=True,
    )
    title = _(
        "{share} of the county's participations are in projects with other municipalities, against {share2} in the country",
        share=percent(rows["estimate"].iloc[0]),
        share2=percent(rows["estimate"].iloc[1]),
    )
    return common.joint_chart(rows, title, _("Area"))
