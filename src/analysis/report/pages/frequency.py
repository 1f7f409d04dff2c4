"""The national finding: what complete lists say, and how often municipalities take part."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.figures import bars, style
from analysis.figures.figure import Figure
from analysis.i18n import N_, _, ngettext, number, number_range, percent
from analysis.measures import census, completeness, procurement
from analysis.measures.estimates import Estimates
from analysis.measures.intensity import intensity
from analysis.report import labels
from analysis.report.data import Data
from analysis.report.pages.common import REGISTER, by_group, pairs

#: Programmes whose list of participants is complete and which every municipality could join.
COMPLETE = ("research_council_project_owner", "horizon_2020", "digisos")
SCOPES = {
    "procurement": N_("Innovative procurement"),
    "development": N_("Research and development"),
    "adoption": N_("Taking new solutions into use"),
}
INCOMPLETE = N_("The list is incomplete. More municipalities may have taken part.")
PER_MUNICIPALITY = bars.Unit(lambda v: number(v, 2), lambda a, b: number_range(a, b, 2))


def per_municipality(data: Data, scope: str) -> Estimates:
    """Participations named one by one per municipality in the programmes of a scope: rates and their ratio."""
    return intensity(data.observations.where(scopes=scope, basis="named"))


def headline(data: Data) -> str:
    """The page's title: whether small rural municipalities take part less often in innovative procurement."""
    ratio = per_municipality(data, "procurement").set_index("term").loc["ratio"]
    if ratio["conf_high"] < 1:
        return _("Small rural municipalities take part less often in innovation programmes than others")
    return _("No clear difference between small rural municipalities and others in innovation programmes")


def findings(data: Data) -> list[str]:
    """Three sentences: how often in procurement, what a complete list says, and what purchases weigh."""
    return [_how_often(data), _owners(data), _bought(data)]


def _how_often(data: Data) -> str:
    found = per_municipality(data, "procurement")
    small, others = by_group(found[found["term"] == "rate"])
    ratio = found.set_index("term").loc["ratio"]
    return _(
        "In programmes for innovative procurement, {x} participations per small rural municipality are documented, and {x2} per other municipality (ratio {ratio}, 95% interval {low}–{high}).",
        x=number(small["estimate"], 2),
        x2=number(others["estimate"], 2),
        ratio=number(ratio["estimate"], 2),
        low=number(ratio["conf_low"], 2),
        high=number(ratio["conf_high"], 2),
    )


def _owners(data: Data) -> str:
    chosen = data.observations.where(programmes=COMPLETE[0])
    small, others = by_group(census.rates(chosen, by="is_small_rural"))
    return _(
        "{x} of {n} small rural municipalities have led a project of the Research Council since {year}, against {x2} of {n2} other municipalities. This list is complete.",
        x=int(small["numerator"]),
        n=int(small["denominator"]),
        x2=int(others["numerator"]),
        n2=int(others["denominator"]),
        year=labels.year(chosen.rows["year"].min()),
    )


def _bought(data: Data) -> str:
    small, others = by_group(procurement.purchases_share(data.panel))
    return _(
        "Purchases make up {share} of operating expenditure in small rural municipalities and {share2} in the others.",
        share=percent(small["estimate"]),
        share2=percent(others["estimate"]),
    )


def complete_lists(data: Data) -> Figure:
    """Share of both groups in the programmes whose list is complete: a census, so no interval."""
    names = labels.programmes(data.programmes)
    shares = {
        names[programme]: census.rates(
            data.observations.where(programmes=programme, scopes=("procurement", "development", "adoption")),
            by="is_small_rural",
        )
        for programme in COMPLETE
    }
    small, others = by_group(shares[names[COMPLETE[0]]])
    return bars.chart(
        pairs(shares),
        name="complete-lists",
        title=_(
            "Research Council projects: {share} of small rural municipalities have led one, {share2} of the others",
            share=percent(small["estimate"], 1),
            share2=percent(others["estimate"], 1),
        ),
        subtitle=_(
            "Share of municipalities in three programmes whose lists are complete: projects led 2006–2026, participants 2014–2020, adoption until 3 November 2019"
        ),
        heads=(_("Programme"), _("Took part")),
        source=_("Research Council of Norway; Nav, published source code of the application"),
    )


def how_often(data: Data) -> Figure:
    """Participations per municipality in both groups by scope, with intervals from resampling projects."""
    parts = []
    for scope, name in SCOPES.items():
        found = per_municipality(data, scope)
        rates = found[found["term"] == "rate"].sort_values("group", ascending=False)
        is_small = rates["group"].astype(bool).to_numpy()
        rows = rates[["group", "estimate", "conf_low", "conf_high", "n", "unit", "coverage"]].copy()
        rows.insert(0, "label", _(name))
        rows.insert(
            1,
            "detail",
            [
                _("{group}: {x} in {n} municipalities", group=labels.group(s), x=int(x), n=int(n))
                for s, x, n in zip(is_small, rates["numerator"], rates["denominator"], strict=True)
            ],
        )
        parts.append(rows.assign(colour=np.where(is_small, style.SMALL_RURAL, style.OTHERS)))
    table = pd.concat(parts, ignore_index=True)
    small, others = table.iloc[0], table.iloc[1]
    return bars.chart(
        table,
        unit=PER_MUNICIPALITY,
        name="how-often",
        title=_(
            "Innovative procurement: {x} participations per small rural municipality, {x2} per other municipality",
            x=number(small["estimate"], 2),
            x2=number(others["estimate"], 2),
        ),
        subtitle=_(
            "Documented participations per municipality, those named one by one, by what the programme is for"
        ),
        heads=(_("Programmes for"), _("Participations per municipality")),
        source=_(REGISTER),
        coverage=_(INCOMPLETE),
    )


def uncertainty(data: Data) -> list[str]:
    """What an incomplete list allows: the ratio within counties, and what recording would have to do."""
    named = data.observations.where(scopes="procurement", basis="named")
    within = intensity(named, within="county_code").set_index("term").loc["ratio"]
    needed = completeness.sensitivity(named).iloc[0]
    return [
        _(
            "Compared only with others in the same county, the ratio is {ratio} ({low}–{high}).",
            ratio=number(within["estimate"], 2),
            low=number(within["conf_low"], 2),
            high=number(within["conf_high"], 2),
        ),
        _(
            "Could the difference come from large municipalities being easier to find? Only if each of their participations is {times} times as likely to be documented ({low}–{high}).",
            times=number(needed["estimate"], 1),
            low=number(needed["conf_low"], 1),
            high=number(needed["conf_high"], 1),
        ),
        ngettext(
            "The intervals come from resampling {n} project, since projects are what is found or missed.",
            "The intervals come from resampling {n} projects, since projects are what is found or missed.",
            int(within["n"]),
            n=int(within["n"]),
        ),
    ]
