"""How often municipalities take part: participations per municipality, and what the ratio of the groups hangs on."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd

from analysis.figures import bars
from analysis.figures.figure import Figure
from analysis.i18n import N_, _, current, ngettext, number, number_range
from analysis.measures import procurement, selection
from analysis.measures.estimates import Estimates
from analysis.measures.intensity import intensity
from analysis.measures.observations import Observations
from analysis.report import labels
from analysis.report.data import Data
from analysis.report.pages import national_lists
from analysis.report.pages.common import PART, REGISTER, by_group, compared, rows_of_two

IN_EACH = N_("A grant under two programmes counts in both of the rows that they belong to.")
PER_MUNICIPALITY = bars.Unit(lambda v: number(v, 2), lambda a, b: number_range(a, b, 2))
#: How many of the programmes with most participations are left out, one at a time.
N_LARGEST = 2


@lru_cache(maxsize=8)  # headline, findings and figure of a page say the same
def per_municipality(data: Data, scope: str) -> Estimates:
    """Participations named one by one per municipality in the programmes of a scope: rates and their ratio."""
    return intensity(data.observations.where(scopes=scope, basis="named"))


def headline(data: Data) -> str:
    """The page's title: whether small rural municipalities take part less often, in complete lists and outside."""
    national_lists.require(data)
    ratio = per_municipality(data, "procurement").set_index("term").loc["ratio"]
    lists = [by_group(national_lists.of(data, programme)) for programme in national_lists.COMPLETE]
    fewer_in_lists = all(small["estimate"] < others["estimate"] for small, others in lists)
    if fewer_in_lists and np.isnan(ratio["conf_high"]):
        return _("In the complete lists, small rural municipalities take part less often than others")
    if fewer_in_lists and ratio["conf_high"] < 1:
        return _("Small rural municipalities take part less often in innovation programmes than others")
    return _("No clear difference between small rural municipalities and others in innovation programmes")


def _owners(data: Data) -> str:
    """What the most complete list says: who has led a project of the Research Council."""
    small, others = by_group(national_lists.of(data, national_lists.OWNERS))
    return _(
        "{x} of {n} small rural municipalities ({share}) have led a project funded by the Research Council since {year}, against {x2} of {n2} other municipalities ({share2}). The list holds the projects that are registered in the municipality's own name.",
        x=int(small["numerator"]),
        n=int(small["denominator"]),
        x2=int(others["numerator"]),
        n2=int(others["denominator"]),
        **compared(small["estimate"], others["estimate"]),
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
            **compared(bought["estimate"], bought2["estimate"], digits=1),
        ),
    ]


def _both(table: pd.DataFrame, pair: int = 0) -> dict[str, str]:
    """The values of a pair of rows, small rural municipalities and the others, for a title."""
    x, x2 = (number(table["estimate"].iloc[2 * pair + side], 2) for side in (0, 1))
    return {"x": x, "x2": x2}


def _rate_rows(each: dict[str, pd.DataFrame], certain: str | None = None) -> pd.DataFrame:
    """Chart rows of the rates of both groups under each name; only one of the names has intervals where it is given."""
    rates = {name: found[found["term"] == "rate"] for name, found in each.items()}
    parts = [
        rows_of_two(name, found, lambda x, _n: number(x), intervals=certain in (None, name))
        for name, found in rates.items()
    ]
    return pd.concat(parts, ignore_index=True)


def how_often(data: Data) -> Figure:
    """Participations per municipality in both groups by scope, with intervals from resampling projects."""
    each = {labels.scope(scope): per_municipality(data, scope) for scope in national_lists.ALL_SCOPES}
    table = _rate_rows(each)
    return bars.chart(
        table,
        unit=PER_MUNICIPALITY,
        name="how-often",
        title=_(
            "Innovative procurement: {x} participations per small rural municipality, {x2} per other municipality",
            **_both(table),
        ),
        subtitle=_(
            "Documented participations per municipality by what the programme is for. Only municipalities that the source names"
        ),
        heads=(_("Programmes for, and number of participations"), _("Per municipality")),
        source=_(REGISTER),
        coverage=f"{_(PART)} {_(IN_EACH)}",
    )


def largest(data: Data) -> list[str]:
    """The programmes with most participations named one by one, the largest first."""
    return _parts(data).index[:N_LARGEST].tolist()


def _parts(data: Data) -> pd.Series:
    """The programmes' shares of what is named one by one, the largest first; 0 where nothing is."""
    parts = data.named.rows["programme_id"].value_counts(normalize=True)
    return parts.reindex(data.named.programme_ids, fill_value=0.0).sort_values(ascending=False, kind="stable")


def selections(data: Data) -> dict[str, Observations]:
    """The same count on other choices of rows: without each of the largest programmes, and with groups included."""
    names, chosen = labels.programmes(data.programmes), {_("Named one by one"): data.named}
    for programme in largest(data):
        others = [p for p in data.named.programme_ids if p != programme]
        chosen[_("Without {name}", name=names[programme])] = data.named.where(programmes=others)
    return {**chosen, _("Groups of municipalities included"): data.observations}


def with_and_without(data: Data) -> Figure:
    """Participations per municipality without each of the largest programmes, and with the rows that name a group."""
    table = _rate_rows({name: intensity(chosen) for name, chosen in selections(data).items()})
    return bars.chart(
        table,
        unit=PER_MUNICIPALITY,
        name="with-and-without",
        title=_(
            "Without {name}: {x} participations per small rural municipality, {x2} per other municipality",
            name=labels.programmes(data.programmes)[largest(data)[0]],
            **_both(table, pair=1),
        ),
        subtitle=_(
            "Documented participations per municipality in programmes for innovative procurement, research and development"
        ),
        heads=(_("What is counted, and number of participations"), _("Per municipality")),
        source=_(REGISTER),
        coverage=_(PART),
    )


def by_collection(data: Data) -> Figure:
    """Participations per municipality in each collection of records, and in those not aimed at small ones together."""
    found = selection.by_collection(data.named, data.collections)
    names = data.collections.set_index("collection_id")[f"name_{current()}"].to_dict()
    names = {selection.NOT_AIMED: _("Without the search for small rural municipalities"), **names}
    each = {name: rows for key, name in names.items() if len(rows := found[found["collection"] == key])}
    # Each collection is shown as it is; what could have gone otherwise is asked of all of them together.
    table = _rate_rows(each, certain=names[selection.NOT_AIMED])
    return bars.chart(
        table,
        unit=PER_MUNICIPALITY,
        name="by-collection",
        title=_(
            "Without our search for small rural municipalities: {x} participations per small rural municipality, {x2} per other municipality",
            **_both(table),
        ),
        subtitle=_(
            "Documented participations per municipality by collection of records. Only municipalities that the source names"
        ),
        heads=(_("Collection, and number of participations"), _("Per municipality")),
        source=_(REGISTER),
        coverage=_(
            "One of the collections was a search for small rural municipalities. It raises their number of participations."
        )
        + f" {_(IN_EACH)}",
    )


def largest_programmes(data: Data) -> list[str]:
    """What the largest programmes are, and how much of what is documented comes from them."""
    names, parts = labels.programmes(data.programmes), _parts(data)
    return [
        *(
            _(
                "{name} ({share} of the documented participations): {what}",
                name=names[programme],
                share=labels.share(float(parts[programme])),
                what=labels.description(data.programmes, programme, 1),
            )
            for programme in largest(data)
        ),
        _in_groups(len(data.observations.rows) - len(data.named.rows)),
    ]


def _in_groups(groups: int) -> str:
    return ngettext(
        "In all programmes together, for {n} participation the source names a group of municipalities and not its members. They are counted only where the page says so.",
        "In all programmes together, for {n} participations the source names a group of municipalities and not its members. They are counted only where the page says so.",
        groups,
        n=groups,
    )
