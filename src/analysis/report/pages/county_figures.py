"""The figures of a county report: its map, and its shares against the country's."""

from __future__ import annotations

import pandas as pd

from analysis.figures import bars, maps, style
from analysis.figures.figure import Figure
from analysis.i18n import _, decimals, percent
from analysis.measures import cooperation as cooperation_measures
from analysis.measures import uptake
from analysis.measures.groups import ALL
from analysis.report import labels
from analysis.report.data import County
from analysis.report.pages import common, county_brief, national
from analysis.report.pages.common import REGISTER, by_group

CITIES = 6
"""Beside how many cities Oslo stands."""
SHARED = "1508"
"""Ålesund, whose area on the map is also Haram's."""


def municipal_map(county: County) -> Figure:
    """The county's municipalities by the number of documented participations; for Oslo with its neighbours."""
    data = county.country.near(maps.OSLO_AREA.bounds) if county.is_one else county.own
    panel = data.panel.sort_values("population", ascending=False)
    observations = data.named.with_panel(panel)
    count = observations.counts
    coverage = _(common.PART)
    if (panel["municipality_code"] == SHARED).any():
        coverage = f"{coverage} {_(maps.SHARED_NOTE)}"
    return maps.choropleth(
        data.boundaries,
        common.count_regions(observations),
        code="municipality_code",
        borders="county_code" if county.is_one else None,
        named=panel.set_index("municipality_code")["municipality_name"].map(labels.short_name),
        is_cut_out=county.is_one,
        scale=common.count_scale(),
        addresses=common.municipality_addresses(data.panel),
        name="map",
        title=_map_title(county, panel, count),
        subtitle=_("Documented participations, Oslo and surroundings")
        if county.is_one
        else _("Documented participations in {county}", county=county.name),
        alt=_(
            "Map of the municipalities of {area} by documented participations: {none} with none, {few} with one or two, {many} with three or more.",
            area=_("Oslo and its surroundings") if county.is_one else county.name,
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
            "{county} has {n} documented participations, {name} has most of its surroundings: {m}",
            county=county.name,
            n=int(county.count.sum()),
            name=near["municipality_name"],
            m=int(near["count"]),
        )
    return _(
        "In {county}, {who} municipalities have documented participation, {many} of them at least three times",
        who=labels.all_of(county.found, len(county.panel)),
        county=county.name,
        many=labels.in_words(int((count > 2).sum())),
    )


def compared(county: County) -> Figure:
    """The county's documented share beside the other counties', together and those alike; Oslo beside other cities."""
    if county.is_one:
        return _cities(county)
    alike = county_brief.alike(county)
    by_county = uptake.recorded_share(county.country.named, by="county_code").set_index("group", drop=False)
    rest = uptake.recorded_share(county.others)
    ordered = by_county.loc[alike].sort_values("estimate", ascending=False)
    areas = pd.concat([by_county.loc[[county.code]], rest, ordered], ignore_index=True)
    labelled = {**common.county_names(county.country.panel), ALL: _("Rest of the country")}
    rows = common.chart_rows(areas, lambda area: labelled[area], colour=style.CONTEXT, intervals=False)
    rows.loc[0, "colour"] = style.OTHERS
    expected = _expected(county)
    return bars.chart(
        rows,
        name="compared",
        title=_compared_title(county, *areas["estimate"]),
        subtitle=_(
            "Share of municipalities with documented participation: the county, the rest of the country, and the {n} counties whose share of small rural municipalities is most alike",
            n=labels.in_words(len(alike)),
        ),
        heads=(_("Area"), _("Documented")),
        source=_(REGISTER),
        reference=(
            expected,
            _("Expected by size {share}", share=percent(expected, decimals(areas["estimate"]))),
        ),
        coverage=_(
            "The dashed line shows what the county would have if its municipalities had documented participation as often as those of the same size in the rest of the country. {part}",
            part=_(common.PART),
        ),
    )


def _compared_title(county: County, own: float, rest: float, *others: float) -> str:
    values = {"county": county.name, **common.compared(own, rest, *others)}
    if own == 1:
        return _(
            "All municipalities in {county} have documented participation, {share2} in the rest of the country",
            **values,
        )
    if own == 0:
        return _(
            "No municipality in {county} has documented participation, {share2} have in the rest of the country",
            **values,
        )
    return _(
        "{share} of the municipalities in {county} have documented participation, {share2} in the rest of the country",
        **values,
    )


def _expected(county: County) -> float:
    """The other counties' documented share by size band, weighted with the county's own mix of sizes."""
    shares = uptake.recorded_share(county.others, by="size_band").set_index("group")["estimate"]
    return float(county.panel["size_band"].astype(str).map(shares).mean())


def _cities(county: County) -> Figure:
    """A county of one municipality beside the largest municipalities of the country."""
    panel = county.country.panel.assign(count=county.country.named.counts)
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
            "{county} has {n} documented participations, {name}, the next largest municipality, has {m}",
            county=county.name,
            n=int(own["count"]),
            name=next_one["municipality_name"],
            m=int(next_one["count"]),
        ),
        subtitle=_("Documented participations of the {n} largest municipalities", n=labels.in_words(CITIES)),
        heads=(_("Municipality"), _("Participations")),
        source=_(REGISTER),
        coverage=_(common.PART),
    )


def groups(county: County) -> Figure | None:
    """Small rural municipalities and others, in the county and in the rest of the country; nothing where one is missing."""
    if county.panel["is_small_rural"].nunique() < 2:
        return None
    own = uptake.recorded_share(county.observations, by="is_small_rural")
    rest = uptake.recorded_share(county.others, by="is_small_rural")
    small, others = by_group(own)
    return bars.chart(
        common.pairs({county.name: own, _("Rest of the country"): rest}, intervals=False),
        name="groups",
        title=_groups_title(county, small, others),
        subtitle=_("Share of municipalities with documented participation, by group"),
        heads=(_("Area"), _("Documented")),
        source=_(REGISTER),
        coverage=_(common.PART),
    )


def _groups_title(county: County, small: pd.Series, others: pd.Series) -> str:
    x, n = int(small["numerator"]), int(small["denominator"])
    rest = labels.all_of(int(others["numerator"]), int(others["denominator"]))
    values = {"county": county.name, "others": rest}
    if n > 1:
        return _(
            "In {county}, {small} small rural municipalities and {others} other municipalities have documented participation",
            small=labels.all_of(x, n),
            **values,
        )
    if x:
        return _(
            "In {county}, the only small rural municipality and {others} other municipalities have documented participation",
            **values,
        )
    return _(
        "In {county}, {others} other municipalities have documented participation, the only small rural municipality has none",
        **values,
    )


def cooperation(county: County) -> Figure | None:
    """How many of the county's participations are in projects of several municipalities; nothing if it has none."""
    joint = cooperation_measures.joint_share(county.country.named, by="county_code", units="now")
    sums = joint.set_index("group")[["numerator", "denominator"]].fillna(0).astype(int)
    is_here = sums.index == county.code
    parts = pd.DataFrame([sums[is_here].sum(), sums[~is_here].sum()])
    if (parts["denominator"] == 0).any():
        return None
    frame = pd.DataFrame(
        {
            "label": [county.name, _("Rest of the country")],
            "detail": [common.of_participations(x, n) for x, n in parts.to_numpy().tolist()],
            "estimate": parts["numerator"] / parts["denominator"],
            "colour": [style.OTHERS, style.CONTEXT],
        }
    )
    title = _(
        "{share} of the participations in {county} are together with other municipalities, {share2} in the rest of the country",
        county=county.name,
        **common.compared(*frame["estimate"]),
    )
    return national.joint_chart(frame, title, _("Area"))
