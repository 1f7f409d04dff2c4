"""The national report: where, in what and with whom municipalities have documented participations."""

from __future__ import annotations

import pandas as pd

from analysis.figures import bars, maps
from analysis.figures.figure import Figure
from analysis.i18n import _, listed, ngettext, percent
from analysis.measures import cooperation as cooperation_measures
from analysis.measures import uptake
from analysis.measures.groups import TAKING_PART
from analysis.report import labels
from analysis.report.data import Data
from analysis.report.pages import common
from analysis.report.pages.common import PART, REGISTER, by_group


def municipal_map(data: Data) -> Figure:
    """Every municipality by the number of its documented participations."""
    count = data.named.counts
    few, many = int(count.between(1, 2).sum()), int((count >= 10).sum())
    named, n = int((count > 0).sum()), len(count)
    return maps.choropleth(
        data.boundaries,
        common.count_regions(data.named),
        code="municipality_code",
        borders="county_code",
        inset=maps.OSLO_AREA,
        scale=common.count_scale(),
        addresses=common.municipality_addresses(data.panel),
        name="map-municipalities",
        title=_(
            "{x} of {n} municipalities have documented participations, {few} of them one or two",
            x=named,
            n=n,
            few=few,
        ),
        subtitle=_(
            "Documented participations in programmes for innovative procurement, research and development, by municipality. Only municipalities that the source names"
        ),
        alt=_(
            "Map of Norway's municipalities by documented participations. {none} have none, {few} have one or two, {many} have ten or more.",
            none=n - named,
            few=few,
            many=many,
        ),
        source=_(REGISTER),
        coverage=f"{_(PART)} {_(maps.SHARED_NOTE)}",
    )


def former_counties(participation: pd.DataFrame) -> pd.Series:
    """Per county of 2024: what the former county it was part of took part in, in words; never split up.

    Counties of which no former county is in the register are left out.
    """
    rows = participation[
        (participation["participant_type"] == "county")
        & participation["county_code"].isna()
        & participation["county_successors"].notna()
        & participation["stage"].isin(TAKING_PART)
    ]
    each = rows.assign(county=rows["county_successors"].str.split(";")).explode("county")
    counted = each.groupby(["county", "county_then"])["project_id"].nunique()
    texts = {
        county: ngettext(
            "through the former county {name}: {n} participation of the county administration",
            "through the former county {name}: {n} participations of the county administration",
            n,
            name=name,
            n=n,
        )
        for (county, name), n in counted.items()
    }
    return pd.Series(texts, dtype="str")


def county_shares(data: Data) -> pd.DataFrame:
    """Share of each county's municipalities that a source names, highest first.

    Municipalities that are known only as members of a group that a source names count in ``with_groups`` alone.

    Returns
    -------
    pandas.DataFrame
        county_code, name, value (share), found, municipalities, with_groups (municipalities), text (what
        the region of a map says: also what a former county took part in, which counts in no number).
    """
    result = uptake.recorded_share(data.named, by="county_code")
    all_rows = uptake.recorded_share(data.observations, by="county_code").set_index("group")["numerator"]
    names = data.panel.drop_duplicates("county_code").set_index("county_code")["county_name"]
    former = former_counties(data.participation)
    shares = pd.DataFrame(
        {
            "county_code": result["group"].astype(str),
            "name": result["group"].map(names),
            "value": result["estimate"],
            "found": result["numerator"].astype(int),
            "municipalities": result["denominator"].astype(int),
            "with_groups": result["group"].map(all_rows).astype(int),
        }
    )
    shares["text"] = [
        f"{percent(r.value)} ({common.of_municipalities(r.found, r.municipalities)})"
        + (f"; {former[r.county_code]}" if r.county_code in former.index else "")
        for r in shares.itertuples(index=False)
    ]
    return shares.sort_values("value", ascending=False, kind="stable")


def _lowest_and_highest(shares: pd.DataFrame) -> dict[str, str]:
    """The counties of several municipalities with the lowest and the highest share, ties named together."""
    several = shares[shares["municipalities"] > 1]
    low, high = several["value"].min(), several["value"].max()
    return {
        "low": labels.share(low),
        "last": listed(sorted(several.loc[several["value"] == low, "name"])),
        "high": labels.share_of(high),
        "first": listed(sorted(several.loc[several["value"] == high, "name"])),
    }


def _named_in_groups(data: Data, shares: pd.DataFrame) -> str:
    """Where municipalities are known only through a source that names a group: how many, and through how many sources."""
    groups = data.observations.rows
    groups = groups[groups["basis"] == "group"]
    sentences = []
    for row in shares[shares["with_groups"] > shares["found"]].itertuples(index=False):
        own = groups[groups["county_code"] == row.county_code]
        sentences.append(
            ngettext(
                "In {county}, sources name {x} of {n} municipalities. {k} source mentions {m} municipalities as a group. With these, {all} are included.",
                "In {county}, sources name {x} of {n} municipalities. {k} sources mention {m} municipalities as groups. With these, {all} are included.",
                own["source_id"].nunique(),
                county=row.name,
                x=row.found,
                n=row.municipalities,
                k=labels.in_words(own["source_id"].nunique()).capitalize(),
                m=own["municipality_code"].nunique(),
                all=labels.all_of(row.with_groups, row.municipalities),
            )
        )
    return " ".join(sentences)


def county_map(data: Data, addresses: dict[str, str] | None = None) -> Figure:
    """Every county by the share of its municipalities named; with ``addresses`` each is a link to its report."""
    shares = county_shares(data)
    values = _lowest_and_highest(shares)
    return maps.choropleth(
        data.counties,
        shares,
        code="county_code",
        named=(shares["name"] + "\n" + shares["value"].map(percent)).set_axis(shares["county_code"]),
        scale=common.share_scale(),
        inset=maps.OSLOFJORD,
        addresses=addresses or common.county_addresses(data.panel),
        name="map-counties",
        title=_(
            "In {last}, {low} of the municipalities have documented participations. In {first}, {high} have",
            **values,
        ),
        subtitle=_(
            "Share of each county's municipalities with at least one documented participation. Only municipalities that the source names"
        ),
        alt=_(
            "Map of Norway's counties by the share of municipalities with documented participations, from {low} in {last} to {high} in {first}.",
            **values,
        ),
        source=_(REGISTER),
        coverage=" ".join(
            filter(
                None, [_(PART), _named_in_groups(data, shares), _("Some counties publish more than others.")]
            )
        ),
    )


def country_line(data: Data) -> tuple[float, str]:
    """The country's share of municipalities documented, as the line that groups are compared with."""
    share = float(data.named.found.mean())
    return share, _("Norway {share}", share=percent(share))


def counties(data: Data) -> Figure:
    """The counties' municipalities that a source names, and those known through a group beside them."""
    shares = county_shares(data)
    named = float(data.named.found.mean())
    detail = [
        _("{x} of {n}, with groups {all}", x=r.found, n=r.municipalities, all=r.with_groups)
        if r.with_groups > r.found
        else common.of_municipalities(r.found, r.municipalities)
        for r in shares.itertuples(index=False)
    ]
    rows = shares.assign(detail=detail).rename(columns={"name": "label", "value": "estimate"})
    columns = ["label", "detail", "estimate", "county_code", "found", "municipalities", "with_groups"]
    above = int((shares["value"] >= 0.5).sum())
    return bars.chart(
        rows[columns],
        name="counties",
        title=_(
            "In {x} of {n} counties, at least half of the municipalities have documented participations",
            x=above,
            n=len(shares),
        ),
        subtitle=_(
            "Share of each county's municipalities with at least one documented participation. Only municipalities that the source names"
        ),
        heads=(_("County"), _("Documented")),
        source=_(REGISTER),
        reference=(named, _("Norway {share}", share=percent(named))),
        coverage=" ".join(filter(None, [_(PART), _named_in_groups(data, shares)])),
    )


def size_bands(data: Data) -> Figure:
    """Share documented at least once by number of inhabitants; it describes, so it has no interval."""
    shares = uptake.recorded_share(data.named, by="size_band")
    first, last = shares.iloc[0], shares.iloc[-1]
    values = {
        "low": labels.share(first["estimate"]),
        "band": labels.inhabitants(first["group"]),
        "high": labels.share_of(last["estimate"]),
        "band2": labels.inhabitants(last["group"]),
    }
    return bars.chart(
        common.chart_rows(shares, labels.size_band).drop(columns=["conf_low", "conf_high"]),
        name="size-bands",
        title=_(
            "{low} of municipalities with {band} have documented participations, and all of those with {band2}",
            **values,
        )
        if last["estimate"] == 1
        else _(
            "{low} of municipalities with {band} have documented participations, {high} of those with {band2}",
            **values,
        ),
        subtitle=_("Share of municipalities with at least one documented participation, by inhabitants"),
        heads=(_("Inhabitants"), _("Documented")),
        source=_("Register of municipal participation; SSB table 07459"),
        reference=country_line(data),
        coverage=_(
            "Large municipalities publish more about themselves. Part of the difference may be in the sources."
        ),
    )


def kinds(data: Data) -> Figure:
    """Share documented in each type of programme, small rural municipalities and the others."""
    shares = {
        labels.kind(kind): uptake.recorded_share(data.named.where(kinds=kind), by="is_small_rural")
        for kind in ("network", "project", "partnership", "grant")
    }
    # The type with most municipalities; to look for the largest difference would be to pick a finding.
    largest = max(shares, key=lambda name: shares[name]["numerator"].sum())
    small, others = by_group(shares[largest])
    return bars.chart(
        common.pairs(shares, intervals=False),
        name="kinds",
        title=_(
            "{kind}: {share} of small rural municipalities are documented, {share2} of other municipalities",
            kind=largest,
            share=labels.share(small["estimate"]),
            share2=labels.share(others["estimate"]),
        ),
        subtitle=_("Share of municipalities with documented participation in each type of programme"),
        heads=(_("Type of programme"), _("Documented")),
        source=_(REGISTER),
        coverage=_(PART),
    )


def cooperation(data: Data) -> Figure | None:
    """How many of the documented participations are together with others; None where a group has none."""
    joint = cooperation_measures.joint_share(data.named, by="is_small_rural", units="now")
    if joint["group"].nunique() < 2:
        return None
    small, others = by_group(joint)
    rows = common.chart_rows(
        joint.sort_values("group", ascending=False), lambda g: labels.group(bool(g)), common.of_participations
    )
    title = _(
        "Joint projects make up {share} of small rural municipalities' participations and {share2} of other municipalities'",
        share=labels.share(small["estimate"]),
        share2=labels.share(others["estimate"]),
    )
    return common.joint_chart(rows.assign(colour=common.GROUP_COLOURS), title, _("Municipalities"))
