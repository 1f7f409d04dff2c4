"""How often municipalities take part: participations per municipality, and what the ratio of the groups hangs on."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from analysis import definitions
from analysis.figures import bars, style
from analysis.figures.figure import Figure
from analysis.i18n import N_, _, current, listed, ngettext, number, number_range
from analysis.measures import completeness, procurement, selection
from analysis.measures.estimates import Estimates
from analysis.measures.intensity import intensity
from analysis.measures.observations import Observations
from analysis.report import labels
from analysis.report.data import Data
from analysis.report.pages import common, national_lists
from analysis.report.pages.common import REGISTER, by_group, rows_of_two

INCOMPLETE = N_("The list is incomplete. More municipalities may have taken part.")
IN_EACH = N_("A grant under two programmes counts in both of the rows that they belong to.")
PER_MUNICIPALITY = bars.Unit(lambda v: number(v, 2), lambda a, b: number_range(a, b, 2))
#: The programme that stands for most of the participations outside the complete lists, and is shown apart.
LARGEST = "klimasats"
MOST_NAMED = 4


@lru_cache(maxsize=8)  # headline, findings and figure of a page say the same
def per_municipality(data: Data, scope: str) -> Estimates:
    """Participations named one by one per municipality in the programmes of a scope: rates and their ratio."""
    return intensity(data.observations.where(scopes=scope, basis="named"))


def headline(data: Data) -> str:
    """The page's title: whether small rural municipalities take part less often, in complete lists and outside."""
    national_lists.require(data)
    ratio = per_municipality(data, "procurement").set_index("term").loc["ratio"]
    lists = [by_group(national_lists.of(data, programme)) for programme in national_lists.COMPLETE]
    if ratio["conf_high"] < 1 and all(small["estimate"] < others["estimate"] for small, others in lists):
        return _("Small rural municipalities take part less often in innovation programmes than others")
    return _("No clear difference between small rural municipalities and others in innovation programmes")


def _owners(data: Data) -> str:
    """What the most complete list says: who has led a project of the Research Council."""
    small, others = by_group(national_lists.of(data, national_lists.OWNERS))
    return _(
        "{x} of {n} small rural municipalities ({share}) have led a project of the Research Council since {year}, against {x2} of {n2} other municipalities ({share2}). This list is complete.",
        x=int(small["numerator"]),
        n=int(small["denominator"]),
        share=labels.share(small["estimate"]),
        x2=int(others["numerator"]),
        n2=int(others["denominator"]),
        share2=labels.share(others["estimate"]),
        year=national_lists.years(data, national_lists.OWNERS)[0],
    )


def findings(data: Data) -> list[str]:
    """Three sentences: what a complete list says, how often in innovative procurement, and what purchases for own services make up."""
    found = per_municipality(data, "procurement")
    small, others = by_group(found[found["term"] == "rate"])
    bought, bought2 = by_group(procurement.purchases_share(data.panel, of="own_production"))
    return [
        _owners(data),
        _(
            "In programmes for innovative procurement, {x} participations per small rural municipality are documented, and {x2} per other municipality.",
            x=number(small["estimate"], 2),
            x2=number(others["estimate"], 2),
        ),
        _(
            "On average, purchases for own services make up {share} of operating expenditure in small rural municipalities and {share2} in others.",
            share=labels.share(bought["estimate"], 1),
            share2=labels.share(bought2["estimate"], 1),
        ),
    ]


def _both(table: pd.DataFrame, pair: int = 0) -> dict[str, str]:
    """The values of a pair of rows, small rural municipalities and the others, for a title."""
    x, x2 = (number(table["estimate"].iloc[2 * pair + side], 2) for side in (0, 1))
    return {"x": x, "x2": x2}


def _per_municipality_chart(
    table: pd.DataFrame, *, name: str, title: str, subtitle: str, counted: str, coverage: str
) -> Figure:
    """Participations per municipality: a pair of bars per row of what is counted."""
    return bars.chart(
        table,
        unit=PER_MUNICIPALITY,
        name=name,
        title=title,
        subtitle=subtitle,
        heads=(counted, _("Per municipality")),
        source=_(REGISTER),
        coverage=coverage,
    )


def _rate_rows(name: str, found: pd.DataFrame, *, intervals: bool = True) -> pd.DataFrame:
    """Chart rows of the rates of both groups under one name."""
    rates = found[found["term"] == "rate"]
    return rows_of_two(name, rates, lambda x, _n: number(x), intervals=intervals)


def how_often(data: Data) -> Figure:
    """Participations per municipality in both groups by scope, with intervals from resampling projects."""
    table = pd.concat(
        [
            _rate_rows(labels.scope(scope), per_municipality(data, scope))
            for scope in national_lists.ALL_SCOPES
        ],
        ignore_index=True,
    )
    return _per_municipality_chart(
        table,
        name="how-often",
        title=_(
            "Innovative procurement: {x} participations per small rural municipality, {x2} per other municipality",
            **_both(table),
        ),
        subtitle=_(
            "Documented participations per municipality by what the programme is for. Only municipalities that the source names"
        ),
        counted=_("Programmes for, and number of participations"),
        coverage=f"{_(INCOMPLETE)} {_(IN_EACH)}",
    )


def selections(data: Data) -> dict[str, Observations]:
    """The same count on four choices of rows: all, without the largest programme, named one by one, both."""
    whole = data.observations
    without = [p for p in whole.programme_ids if p != LARGEST]
    name = labels.programmes(data.programmes)[LARGEST]
    return {
        _("Groups of municipalities included"): whole,
        _("Groups included, without {name}", name=name): whole.where(programmes=without),
        _("Named one by one"): whole.where(basis="named"),
        _("Named one by one, without {name}", name=name): whole.where(programmes=without, basis="named"),
    }


def with_and_without(data: Data) -> Figure:
    """Participations per municipality with and without the largest programme and the rows that name a group."""
    each = {name: intensity(chosen) for name, chosen in selections(data).items()}
    table = pd.concat([_rate_rows(name, found) for name, found in each.items()], ignore_index=True)
    return _per_municipality_chart(
        table,
        name="with-and-without",
        title=_(
            "Without {name}: {x} participations per small rural municipality, {x2} per other municipality",
            name=labels.programmes(data.programmes)[LARGEST],
            **_both(table, pair=3),
        ),
        subtitle=_(
            "Documented participations per municipality in programmes for innovative procurement, research and development"
        ),
        counted=_("What is counted, and number of participations"),
        coverage=_(INCOMPLETE),
    )


def by_collection(data: Data) -> Figure:
    """Participations per municipality in each collection of records, and in those not aimed at small ones together."""
    found = selection.by_collection(data.named, data.collections)
    names = data.collections.set_index("collection_id")[f"name_{current()}"].to_dict()
    names = {selection.NOT_AIMED: _("Without the search for small rural municipalities"), **names}
    each = {name: found[found["collection"] == key] for key, name in names.items()}
    # Each collection is shown as it is; what could have gone otherwise is asked of all of them together.
    together = next(iter(each))
    parts = [_rate_rows(name, rows, intervals=name == together) for name, rows in each.items() if len(rows)]
    table = pd.concat(parts, ignore_index=True)
    return _per_municipality_chart(
        table,
        name="by-collection",
        title=_(
            "Without the search for small municipalities: {x} participations per small rural municipality, {x2} per other municipality",
            **_both(table),
        ),
        subtitle=_(
            "Documented participations per municipality by collection of records. Only municipalities that the source names"
        ),
        counted=_("Collection, and number of participations"),
        coverage=_(
            "One of the collections was a search for small rural municipalities. It raises their number of participations."
        )
        + f" {_(IN_EACH)}",
    )


def largest_programme(data: Data) -> list[str]:
    """What the largest programme is, and how much of what is documented comes from it."""
    share = float((data.named.rows["programme_id"] == LARGEST).mean())
    groups = len(data.observations.rows) - len(data.named.rows)
    return [
        _(
            "{name}: {what}",
            name=labels.programmes(data.programmes)[LARGEST],
            what=labels.description(data.programmes, LARGEST),
        ),
        _(
            "{name} accounts for {share} of the documented participations.",
            name=labels.programmes(data.programmes)[LARGEST],
            share=labels.share(share),
        ),
        ngettext(
            "In all programmes together, for {n} participation the source names a group of municipalities and not its members. They are counted only where the page says so.",
            "In all programmes together, for {n} participations the source names a group of municipalities and not its members. They are counted only where the page says so.",
            groups,
            n=groups,
        ),
    ]


def uncertainty(data: Data) -> list[str]:
    """The ratio in procurement: over the country, within counties and without the four most named."""
    named = data.observations.where(scopes="procurement", basis="named")
    ratio, within, fewer = (
        intensity(named, within=column, without_most_named=k).set_index("term").loc["ratio"]
        for column, k in ((None, 0), ("county_code", 0), (None, MOST_NAMED))
    )
    needed = completeness.sensitivity(named).iloc[0]
    most = data.panel.assign(count=named.counts).nlargest(MOST_NAMED, "count")["municipality_name"]
    return [
        _(
            "The ratio is participations per small rural municipality divided by participations per other municipality. In innovative procurement it is {ratio} (95% interval {span}).",
            **_ratio(ratio),
        ),
        _("Compared only with others in the same county, the ratio is {ratio} ({span}).", **_ratio(within)),
        _(
            "Without the {k} municipalities with most of these participations ({names}), it is {ratio} ({span}).",
            k=labels.in_words(MOST_NAMED),
            names=listed(list(most)),
            **_ratio(fewer),
        ),
        _(
            "Could the difference come from other municipalities' participations being easier to document? Then each of them would have to be {times} times as likely to be documented ({span}).",
            times=number(needed["estimate"], 1),
            span=number_range(needed["conf_low"], needed["conf_high"], 1),
        ),
    ]


def _ratio(row: pd.Series) -> dict[str, str]:
    span = number_range(row["conf_low"], row["conf_high"], 2)
    return {"ratio": number(row["estimate"], 2), "span": span}


def ways_to_count(data: Data) -> Figure:
    """The ratio under every definition of small and rural, and with fewer or more rows."""
    named = data.observations.where(basis="named")
    choices = {d.label: named.with_definition(key) for key, d in definitions.SMALL_RURAL.items()}
    choices[_("Main definition, only what the source states directly")] = named.where(stated_only=True)
    choices[_("Main definition, groups of municipalities included")] = data.observations
    found = {name: intensity(chosen).set_index("term").loc["ratio"] for name, chosen in choices.items()}
    rows = pd.DataFrame(
        {
            "label": list(found),
            "detail": [
                common.of_all_participations(r["numerator"], r["denominator"]) for r in found.values()
            ],
            **{
                name: [r[name] for r in found.values()] for name in ("estimate", "conf_low", "conf_high", "n")
            },
        }
    ).assign(colour=style.OTHERS)
    rows.loc[0, "colour"] = style.SMALL_RURAL
    low, high = rows["estimate"].min(), rows["estimate"].max()
    clear = int((rows["conf_high"] < 1).sum())
    values = {"low": number(low, 2), "high": number(high, 2)}
    return bars.chart(
        rows,
        name="definitions",
        as_dots=True,
        unit=bars.RATIO,
        title=_(
            "The result is the same however “small rural” is defined: the ratio is between {low} and {high}",
            **values,
        )
        if clear == len(rows)
        else _(
            "The ratio is between {low} and {high}, and clearly below 1 in {x} of {n} ways to count",
            x=clear,
            n=len(rows),
            **values,
        ),
        subtitle=_(
            "Participations per small rural municipality divided by participations per other municipality in innovative procurement, research and development (logarithmic scale)"
        ),
        heads=(_("Who counts as small and rural"), _("Ratio")),
        source=_("Register of municipal participation; SSB"),
        reference=(1.0, _("1: equally often")),
        coverage=_(INCOMPLETE),
    )
