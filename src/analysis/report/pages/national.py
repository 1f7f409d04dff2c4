"""The national report: its findings, and where, in what and with whom municipalities take part."""

from __future__ import annotations

import pandas as pd

from analysis.figures import bars, maps
from analysis.figures.figure import Figure
from analysis.i18n import _, ngettext, number, percent
from analysis.measures import cooperation as cooperation_measures
from analysis.measures import uptake
from analysis.measures.groups import TAKING_PART
from analysis.report import labels
from analysis.report.data import Data
from analysis.report.pages import common
from analysis.report.pages.common import PART, REGISTER, by_group


def municipal_map(data: Data) -> Figure:
    """Every municipality by the number of participations found."""
    count = data.observations.counts
    few, many, share = count.between(1, 2).sum(), (count > 2).sum(), percent((count > 0).mean())
    return maps.choropleth(
        data.boundaries,
        common.count_regions(data.observations),
        code="municipality_code",
        borders="county_code",
        inset=maps.OSLO_AREA,
        scale=common.count_scale(),
        addresses=common.municipality_addresses(data.panel),
        name="map-municipalities",
        title=_(
            "Participations are found in {share} of the municipalities, mostly one or two in each",
            share=share,
        )
        if few > many
        else _("Participations are found in {share} of the municipalities", share=share),
        subtitle=_(
            "Participations found in the register, all programmes and years, by municipality (2024 division)"
        ),
        alt=_(
            "Map of Norway's municipalities by participations found. {none} have none, {few} have one or two, {many} have five or more.",
            none=int((count == 0).sum()),
            few=int(few),
            many=int((count >= 5).sum()),
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
    """Share of each county's municipalities found, highest first.

    Returns
    -------
    pandas.DataFrame
        county_code, name, value (share) with conf_low and conf_high, found, municipalities, text (what
        the region of a map says: also what a former county took part in, which counts in no number).
    """
    result = uptake.recorded_share(data.observations, by="county_code")
    names = data.panel.drop_duplicates("county_code").set_index("county_code")["county_name"]
    former = former_counties(data.participation)
    shares = pd.DataFrame(
        {
            "county_code": result["group"].astype(str),
            "name": result["group"].map(names),
            "value": result["estimate"],
            "conf_low": result["conf_low"],
            "conf_high": result["conf_high"],
            "found": result["numerator"].astype(int),
            "municipalities": result["denominator"].astype(int),
        }
    )
    shares["text"] = [
        f"{percent(r.value)} ({common.of_municipalities(r.found, r.municipalities)})"
        + (f"; {former[r.county_code]}" if r.county_code in former.index else "")
        for r in shares.itertuples(index=False)
    ]
    return shares.sort_values("value", ascending=False, kind="stable")


def _share_scale() -> maps.Scale:
    spans = (f"{low}–{percent(low / 100 + 0.2)}" for low in (20, 40, 60))
    names = (_("under {p}", p=percent(0.2)), *spans, _("{p} or more", p=percent(0.8)))
    return maps.Scale((0, 0.2, 0.4, 0.6, 0.8), names, percent)


def county_map(data: Data, addresses: dict[str, str] | None = None) -> Figure:
    """Every county by the share of its municipalities found, each a link to its report."""
    shares = county_shares(data)
    first, last = shares[shares["municipalities"] > 1].iloc[[0, -1]].to_dict("records")
    values = {
        "high": percent(first["value"]),
        "first": first["name"],
        "low": percent(last["value"]),
        "last": last["name"],
    }
    return maps.choropleth(
        data.counties,
        shares,
        code="county_code",
        named=(shares["name"] + "\n" + shares["value"].map(percent)).set_axis(shares["county_code"]),
        scale=_share_scale(),
        inset=maps.OSLOFJORD,
        addresses=addresses or common.county_addresses(data.panel),
        name="map-counties",
        title=_("From {low} of the municipalities in {last} to {high} in {first}", **values),
        subtitle=_(
            "Share of each county's municipalities found in the register at least once, all programmes and years"
        ),
        alt=_(
            "Map of Norway's counties by the share of municipalities found in the register, from {low} in {last} to {high} in {first}.",
            **values,
        ),
        source=_(REGISTER),
        coverage=_(
            "Some sources name a whole region at once (the municipalities of Agder, for one), and some counties publish more than others. The map shows what was found, not who takes part most."
        ),
    )


def country_line(data: Data) -> tuple[float, str]:
    """The country's share found, as the line that counties and groups are compared with."""
    share = float(data.observations.found.mean())
    return share, _("Norway {share}", share=percent(share))


def counties(data: Data) -> Figure:
    """The counties' shares found with their intervals."""
    shares, line = county_shares(data), country_line(data)
    basis = zip(shares["found"], shares["municipalities"], strict=True)
    rows = shares.assign(detail=[common.of_municipalities(x, n) for x, n in basis])
    # A county of one municipality has no share that chance could have made another.
    rows.loc[rows["municipalities"] == 1, ["conf_low", "conf_high"]] = None
    rows = rows.rename(columns={"name": "label", "value": "estimate"})
    apart = int(((shares["conf_low"] > line[0]) | (shares["conf_high"] < line[0])).sum())
    return bars.chart(
        rows[
            ["label", "detail", "estimate", "conf_low", "conf_high", "county_code", "found", "municipalities"]
        ],
        name="counties",
        title=ngettext(
            "Only {n} of {all} counties can be told from the country as a whole",
            "{n} of {all} counties can be told from the country as a whole; the others' intervals include it",
            apart,
            n=apart,
            all=len(shares),
        ),
        subtitle=_("Share of each county's municipalities found in the register at least once"),
        heads=(_("County"), _("Found")),
        source=_(REGISTER),
        reference=line,
        coverage=_(PART),
    )


def cooperation(data: Data) -> Figure:
    """How much of what is found is together with other municipalities."""
    joint = cooperation_measures.joint_share(data.observations, by="is_small_rural")
    small, others = by_group(joint)
    values = {"share": percent(small["estimate"]), "share2": percent(others["estimate"])}
    title = (
        _(
            "Small rural municipalities are found together with others: {share} of their participations, against {share2}",
            **values,
        )
        if small["conf_low"] > others["conf_high"]
        else _(
            "Joint projects are {share} of what is found for small rural municipalities, and {share2} for the others",
            **values,
        )
    )
    rows = common.chart_rows(
        joint.sort_values("group", ascending=False), lambda g: labels.group(bool(g)), common.of_participations
    )
    return common.joint_chart(rows.assign(colour=common.GROUP_COLOURS), title, _("Municipalities"))


def coverage_table(data: Data) -> pd.DataFrame:
    """Each programme: how complete its list is, what the register holds, what the programme has published."""
    rows = data.participation[data.participation["stage"].isin(TAKING_PART)]
    found = rows.groupby("programme_id").agg(
        rows=("record_id", "size"),
        projects=("project_id", "nunique"),
        municipalities=("municipality_code", "nunique"),
    )
    found = found.reindex(data.programmes["programme_id"], fill_value=0)
    # Totals of one project are not its programme's.
    published = data.published[~data.published["round"].isin(data.projects["project_id"])]
    return pd.DataFrame(
        {
            _("Programme"): labels.programmes(data.programmes).to_numpy(),
            _("Completeness"): data.programmes["coverage"].map(labels.coverage).to_numpy(),
            _("Projects found"): found["projects"].map(number).to_numpy(),
            _("Municipalities found"): found["municipalities"].map(number).to_numpy(),
            _("Participants found, all kinds"): found["rows"].map(number).to_numpy(),
            _("Published by the programme"): [
                _totals(published[published["programme_id"] == p]) for p in data.programmes["programme_id"]
            ],
        }
    )


def _totals(published: pd.DataFrame) -> str:
    """A programme's own totals in words: of each kind the newest of the whole programme, else of a year."""
    counted = published[published["measure"].isin(["participants", "municipalities", "projects", "winners"])]
    whole = counted[counted["round"] == "all"]
    chosen = (whole if len(whole) else counted).sort_values(["year", "value"], na_position="first")
    newest = chosen.drop_duplicates("measure", keep="last").sort_values("measure")
    texts = [
        labels.total(r.measure, int(r.value), r.qualifier) + ("" if pd.isna(r.year) else f" ({r.year})")
        for r in newest.itertuples(index=False)
    ]
    return "; ".join(texts) or "–"
