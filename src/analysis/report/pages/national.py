"""The national report: where, in what and with whom municipalities have documented participations."""

from __future__ import annotations

import pandas as pd

from analysis.figures import bars, maps
from analysis.figures.figure import Figure
from analysis.i18n import _, current, percent
from analysis.measures import cooperation as cooperation_measures
from analysis.measures import uptake
from analysis.report import labels
from analysis.report.data import Data
from analysis.report.pages import common
from analysis.report.pages.common import PART, REGISTER, by_group, compared


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


def country_line(data: Data) -> tuple[float, str]:
    """The country's share of municipalities documented, as the line that groups are compared with."""
    share = float(data.named.found.mean())
    return share, _("Norway {share}", share=percent(share))


def size_bands(data: Data) -> Figure:
    """Share documented at least once by number of inhabitants; it describes, so it has no interval."""
    shares = uptake.recorded_share(data.named, by="size_band")
    first, last = shares.iloc[0], shares.iloc[-1]
    values = {
        "low": labels.share(first["estimate"], last["estimate"]),
        "band": labels.inhabitants(first["group"]),
        "high": labels.share_of(last["estimate"], first["estimate"]),
        "band2": labels.inhabitants(last["group"]),
    }
    return bars.chart(
        common.chart_rows(shares, labels.size_band, intervals=False),
        name="size-bands",
        title=_(
            "{low} of municipalities with {band} and all of those with {band2} have documented participations",
            **values,
        )
        if last["estimate"] == 1
        else _(
            "{low} of municipalities with {band} and {high} of those with {band2} have documented participations",
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
    beside = pd.concat(shares.values())["estimate"]
    return bars.chart(
        common.pairs(shares, intervals=False),
        name="kinds",
        title=_(
            "{kind}: {share} of small rural municipalities have documented participation, {share2} of other municipalities",
            kind=largest,
            **compared(small["estimate"], others["estimate"], *beside),
        ),
        subtitle=_(
            "Share of municipalities with documented participation in each type of programme for innovative procurement, research and development"
        ),
        heads=(_("Type of programme"), _("Documented")),
        source=_(REGISTER),
        coverage=_(PART),
    )


def joint_chart(rows: pd.DataFrame, title: str, head: str) -> Figure:
    """The chart of participations together with other municipalities; ``head`` names its first column."""
    return bars.chart(
        rows,
        name="cooperation",
        title=title,
        subtitle=_(
            "Share of the documented participations that are in projects with at least one other municipality, in programmes where municipalities can take part together"
        ),
        heads=(head, _("With others")),
        source=_(REGISTER),
        coverage=_(
            "Joint projects are easier to document than small local ones. Left out are programmes whose lists name only who leads a project, awards, memberships, and grants and trials that share a list."
        ),
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
    colours = rows["group"].astype(bool).map(common.GROUP_COLOURS)
    title = _(
        "Joint projects make up {share} of small rural municipalities' participations and {share2} of other municipalities'",
        **compared(small["estimate"], others["estimate"]),
    )
    return joint_chart(rows.assign(colour=colours), title, _("Municipalities"))


#: What a reader downloads of the programmes; those in both languages in the one in use.
_DOWNLOADED = (
    "programme_id",
    "name",
    "owner",
    "description",
    "kind",
    "scope",
    "coverage",
    "coverage_note",
    "complete_for",
    "period_from",
    "period_to",
    "status",
    "status_year",
    "status_checked",
    "eligible_note",
    "eligible_checked",
    "apply_url",
    "apply_url_checked",
    "source_url",
)


def programmes(data: Data) -> pd.DataFrame:
    """The table of programmes as a reader downloads it: texts in the language in use, no ids of sources."""
    columns = {f"{name}_{current()}": name for name in _DOWNLOADED}
    return data.programmes.rename(columns=columns)[list(_DOWNLOADED)]
