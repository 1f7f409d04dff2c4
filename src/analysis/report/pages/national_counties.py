"""The counties beside each other in the national report: who is documented, and how often."""

from __future__ import annotations

import pandas as pd

from analysis.figures import bars, style
from analysis.figures.figure import Figure
from analysis.i18n import N_, _, alphabetical, listed, ngettext, number, number_range
from analysis.measures import uptake
from analysis.report import labels
from analysis.report.data import Data
from analysis.report.pages import common, national
from analysis.report.pages.common import PART, REGISTER

#: Below this, corrected for the number of counties, a county is said to differ.
SIGNIFICANT = 0.05
_CLEAR = N_(
    "The blue dots are the counties in the title. They differ from the rest of the country by more than chance would explain, also when all counties are compared."
)
PER_MUNICIPALITY = bars.Unit(lambda v: number(v, 1), lambda a, b: number_range(a, b, 1))


def county_shares(data: Data) -> pd.DataFrame:
    """Share of each county's municipalities that a source names, highest first.

    Municipalities that are known only as members of a group that a source names count in ``with_groups`` alone.

    Returns
    -------
    pandas.DataFrame
        county_code, name, value (share), found, municipalities, with_groups (municipalities).
    """
    result = uptake.recorded_share(data.named, by="county_code")
    all_rows = uptake.recorded_share(data.observations, by="county_code").set_index("group")["numerator"]
    shares = pd.DataFrame(
        {
            "county_code": result["group"].astype(str),
            "name": result["group"].map(common.county_names(data.panel)),
            "value": result["estimate"],
            "found": result["numerator"].astype(int),
            "municipalities": result["denominator"].astype(int),
            "with_groups": result["group"].map(all_rows).astype(int),
        }
    )
    return shares.sort_values("value", ascending=False, kind="stable")


def finding(shares: pd.DataFrame) -> str:
    """The counties of several municipalities with the lowest and the highest share, ties named together."""
    several = shares[shares["municipalities"] > 1]
    low, high = several["value"].min(), several["value"].max()
    return _(
        "In {last}, {low} of the municipalities have documented participations. In {first}, {high} have",
        low=labels.share(low, high),
        last=listed(sorted(several.loc[several["value"] == low, "name"])),
        high=labels.share_of(high, low),
        first=listed(sorted(several.loc[several["value"] == high, "name"])),
    )


def left_out(shares: pd.DataFrame) -> str:
    """That a county of one municipality is not in :func:`finding`, where there is one."""
    return (
        _("The title leaves out a county of one municipality.")
        if (shares["municipalities"] == 1).any()
        else ""
    )


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


def counties(data: Data) -> Figure:
    """The counties' municipalities that a source names, and those known through a group beside them."""
    shares = county_shares(data)
    detail = [
        _("{x} of {n}, with groups {all}", x=r.found, n=r.municipalities, all=r.with_groups)
        if r.with_groups > r.found
        else common.of_municipalities(r.found, r.municipalities)
        for r in shares.itertuples(index=False)
    ]
    rows = shares.assign(detail=detail).rename(columns={"name": "label", "value": "estimate"})
    columns = ["label", "detail", "estimate", "county_code", "found", "municipalities", "with_groups"]
    return bars.chart(
        rows[columns],
        name="counties",
        title=finding(shares),
        subtitle=_(
            "Share of each county's municipalities with at least one documented participation. Only municipalities that the source names"
        ),
        heads=(_("County"), _("Documented")),
        source=_(REGISTER),
        reference=national.country_line(data),
        coverage=" ".join(
            filter(
                None,
                [
                    _(PART),
                    _named_in_groups(data, shares),
                    _("Some counties publish more than others."),
                    left_out(shares),
                ],
            )
        ),
    )


def how_often(data: Data) -> Figure | None:
    """Participations per municipality in each county, drawn towards what is usual, with intervals; nothing from few projects."""
    found = data.county_rates.set_index(["term", "group"])
    shrunken = found.loc["shrunken rate"].dropna(subset="estimate")
    if shrunken.empty:
        return None
    size = shrunken["estimate"]
    shrunken = shrunken.loc[sorted(shrunken.index, key=lambda name: (-size[name], alphabetical(name)))]
    counted = found.loc["rate"].loc[shrunken.index]
    ratio = found.loc["ratio to the others"].loc[shrunken.index]
    is_clear = ratio["p_value"] < SIGNIFICANT
    rows = pd.DataFrame(
        {
            "label": shrunken.index,
            "detail": [
                ngettext(
                    "{n} participation: {rate} each",
                    "{n} participations: {rate} each",
                    int(x),
                    n=int(x),
                    rate=number(x / n, 1),
                )
                for x, n in zip(counted["numerator"], counted["denominator"], strict=True)
            ],
            **{name: shrunken[name].to_numpy() for name in ("estimate", "conf_low", "conf_high", "n")},
            "colour": is_clear.map({True: style.OTHERS, False: style.CONTEXT}).to_numpy(),
        }
    )
    return bars.chart(
        rows,
        name="counties-how-often",
        as_dots=True,
        unit=PER_MUNICIPALITY,
        title=_how_often_title(ratio[is_clear]["estimate"]),
        subtitle=_(
            "Documented participations per municipality by county, smoothed: where projects are few, the estimate is moved towards what is usual in the country, so that it differs from participations divided by municipalities"
        ),
        heads=(_("County"), _("Smoothed estimate per municipality")),
        source=_(REGISTER),
        data=rows.drop(columns="colour").assign(
            participations=counted["numerator"].to_numpy(),
            municipalities=counted["denominator"].to_numpy(),
            counted=counted["estimate"].to_numpy(),
            p_value=ratio["p_value"].to_numpy(),
        ),
        coverage=" ".join(
            [
                _(PART),
                *([_(_CLEAR)] if is_clear.any() else []),
                _(
                    "A county of one municipality is left out. The figure does not take account of how large the municipalities are."
                ),
                _("Some counties publish more than others."),
                _("Where intervals overlap, the order of the counties is uncertain."),
            ]
        ),
    )


def _how_often_title(ratios: pd.Series) -> str:
    """The counties that differ clearly, those with fewer participations and those with more, in the ratios' order."""
    fewer, more = (listed(list(ratios.index[side])) for side in (ratios < 1, ratios > 1))
    if fewer and more:
        return _(
            "Municipalities in {fewer} have fewer documented participations each than those in the rest of the country, municipalities in {more} have more",
            fewer=fewer,
            more=more,
        )
    if fewer:
        return _(
            "Municipalities in {fewer} have fewer documented participations each than those in the rest of the country",
            fewer=fewer,
        )
    if more:
        return _(
            "Municipalities in {more} have more documented participations each than those in the rest of the country",
            more=more,
        )
    return _(
        "No county differs clearly from the rest of the country in how often its municipalities take part"
    )
