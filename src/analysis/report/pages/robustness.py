"""The national report's gap: how large it is, in what, how sure, what could have made it, and what is missing."""

from __future__ import annotations

import pandas as pd

from analysis import definitions
from analysis.figures import bars, style
from analysis.figures.figure import Figure
from analysis.i18n import _, ngettext, number, number_range, percent
from analysis.measures import bounds, decomposition, robustness, uptake
from analysis.measures import gap as measured
from analysis.measures.models import CENTRALITY, EXPENDITURE, NEED, POPULATION
from analysis.report import labels
from analysis.report.data import Data
from analysis.report.pages import common
from analysis.report.pages.common import PART, REGISTER, by_group
from analysis.report.pages.national import country_line

#: Published totals that count participants of some sort; the figure compares like with like.
COUNTED = ("participants", "municipalities", "counties", "winners")


def ratio_values(data: Data) -> dict[str, str]:
    """The numbers of the sentence about the representation ratio."""
    small, others = by_group(uptake.recorded_share(data.observations, by="is_small_rural"))
    ratio, _rest = by_group(uptake.representation_ratio(data.observations))
    return {
        "all": percent(data.panel["is_small_rural"].mean()),
        "among": percent(small["numerator"] / (small["numerator"] + others["numerator"])),
        "ratio": number(ratio["estimate"], 2),
        "low": number(ratio["conf_low"], 2),
        "high": number(ratio["conf_high"], 2),
    }


def gap(data: Data) -> list[str]:
    """The difference in share found, over the country and within counties, with intervals."""
    found = measured.gap(data.observations)
    found = found[(found["term"] == "difference") & found["estimate"].notna()].set_index("method")
    sentences = []
    if "Newcombe" in found.index:
        sentences.append(
            _(
                "The share found is {d} percentage points lower among small rural municipalities than among the others (95% interval {span}, {n} municipalities).",
                n=int(found.loc["Newcombe", "n"]),
                **_points(found.loc["Newcombe"]),
            )
        )
    if measured.MANTEL_HAENSZEL in found.index:
        sentences.append(
            _(
                "Compared only with others in the same county, the difference is {d} points ({span}).",
                **_points(found.loc[measured.MANTEL_HAENSZEL]),
            )
        )
    return sentences


def _points(row: pd.Series, sign: int = -1) -> dict[str, str]:
    """A difference in percentage points, turned so that a lower share among the small gives a positive number."""
    low, high = sorted((sign * 100 * row["conf_low"], sign * 100 * row["conf_high"]))
    return {"d": number(sign * 100 * row["estimate"]), "span": number_range(low, high)}


def size_bands(data: Data) -> Figure:
    """Share found by number of inhabitants."""
    shares = uptake.recorded_share(data.observations, by="size_band")
    first, last = shares.iloc[0], shares.iloc[-1]
    values = {"low": percent(first["estimate"]), "high": percent(last["estimate"])}
    if shares["estimate"].is_monotonic_increasing:
        title = _(
            "The larger the municipality, the more often it is found: {low} of the smallest, {high} of the largest",
            **values,
        )
    elif first["conf_high"] < last["conf_low"]:
        title = _(
            "Large municipalities are found more often than small: {low} of the smallest, {high} of the largest",
            **values,
        )
    else:
        title = _(
            "No clear pattern by size: {low} of the smallest municipalities are found, {high} of the largest",
            **values,
        )
    return bars.chart(
        common.chart_rows(shares, labels.size_band),
        name="size-bands",
        title=title,
        subtitle=_(
            "Share of municipalities found in the register at least once, by inhabitants on 1 January 2024"
        ),
        heads=(_("Inhabitants"), _("Found")),
        source=_("Register of municipal participation; SSB table 07459"),
        reference=country_line(data),
        coverage=_(
            "Large municipalities publish more, so a part of the difference may be in the sources and not in the participation."
        ),
    )


def horizon(data: Data) -> Figure:
    """Uptake of Horizon 2020 by number of inhabitants: a census, so a true rate."""
    rates = uptake.uptake_rate(data.observations.where(programmes="horizon_2020"), by="size_band")
    return bars.chart(
        common.chart_rows(rates, labels.size_band),
        name="horizon-2020",
        title=_(
            "Where the list is complete: {high} of the largest municipalities took part in Horizon 2020, {low} of the smallest",
            low=bars.SHARE.one(rates["estimate"].iloc[0]),
            high=bars.SHARE.one(rates["estimate"].iloc[-1]),
        ),
        subtitle=_(
            "Share of municipalities that took part in Horizon 2020 (2014–2020) under their own name, by inhabitants"
        ),
        heads=(_("Inhabitants"), _("Took part")),
        source=_("Research Council of Norway, open data on Horizon 2020; SSB table 07459"),
    )


def kinds(data: Data) -> Figure:
    """Share found in each kind of programme, small rural municipalities against the others."""
    shares = {
        labels.kind(kind): uptake.recorded_share(data.observations.where(kinds=kind), by="is_small_rural")
        for kind in ("network", "project", "partnership", "grant")
    }
    ratios = {}
    for name, estimates in shares.items():
        small, others = by_group(estimates)
        if others["estimate"] > 0:
            ratios[name] = float(small["estimate"] / others["estimate"])
    closest, widest = max(ratios, key=lambda k: ratios[k]), min(ratios, key=lambda k: ratios[k])
    return bars.chart(
        common.pairs(shares),
        name="kinds",
        title=_(
            "Small rural municipalities are found {high} times as often as others in {closest}, {low} times in {widest}",
            high=number(ratios[closest], 2),
            low=number(ratios[widest], 2),
            closest=closest.lower(),
            widest=widest.lower(),
        ),
        subtitle=_("Share of municipalities found in each kind of programme"),
        heads=(_("Kind of programme"), _("Found")),
        source=_(REGISTER),
        coverage=_(PART),
    )


def ways_to_count(data: Data) -> Figure:
    """The representation ratio under every definition of small and rural, and every choice of rows."""
    observations = data.observations
    choices = {d.label: observations.with_definition(key) for key, d in definitions.SMALL_RURAL.items()}
    choices[_("Main definition, only rows that the source states")] = observations.where(stated_only=True)
    choices[_("Main definition, only participants named one by one")] = observations.where(basis="named")
    parts = []
    for name, chosen in choices.items():
        ratio = uptake.representation_ratio(chosen)
        parts.append(common.chart_rows(ratio[ratio["group"].astype(bool)], lambda _group, name=name: name))  # type: ignore[misc]
    rows = pd.concat(parts, ignore_index=True)
    rows.loc[0, "colour"] = style.SMALL_RURAL
    below, n = int((rows["conf_high"] < 1).sum()), len(rows)
    return bars.chart(
        rows,
        name="definitions",
        as_dots=True,
        unit=bars.RATIO,
        title=_(
            "Below 1 in {x} of {n} ways to count: the finding does not hang on the definition", x=below, n=n
        )
        if below > 0.7 * n
        else _("The finding hangs on how one counts: clearly below 1 in {x} of {n} ways", x=below, n=n),
        subtitle=_(
            "Representation ratio: share among municipalities found over share of all municipalities (logarithmic scale)"
        ),
        heads=(_("Who counts as small and rural"), _("Ratio")),
        source=_("Register of municipal participation; SSB"),
        reference=(1.0, _("1: as often as their number")),
        coverage=_(PART),
    )


def specifications(data: Data) -> list[str]:
    """The gap under every combination of defensible choices, in one sentence."""
    five = robustness.summary(robustness.specification_curve(data.observations)).set_index("term")
    if five["estimate"].isna().any():
        return []
    low, high = sorted(-100 * five.loc[["smallest", "largest"], "estimate"])
    values = {
        "n": int(five["n"].iloc[0]),
        "low": number(low),
        "high": number(high),
        "clear": percent(five.loc["interval without no gap", "estimate"]),
    }
    if five.loc["same sign", "estimate"] == 1:
        return [
            _(
                "Definition, programmes, period and unit were varied in {n} combinations. The small rural municipalities are found less often in all of them, by {low} to {high} percentage points; in {clear} of them the 95% interval excludes zero.",
                **values,
            )
        ]
    return [
        _(
            "Definition, programmes, period and unit were varied in {n} combinations. {same} have the same sign; the difference runs from {low} to {high} percentage points, and in {clear} of them the 95% interval excludes zero.",
            same=percent(five.loc["same sign", "estimate"]),
            **values,
        )
    ]


def tipping(data: Data) -> list[str]:
    """How unequal recording would have to be for the gap to be nothing but recording."""
    ratio = bounds.tipping_point(data.observations).set_index("term").loc["recording ratio"]
    if pd.isna(ratio["estimate"]):
        return []
    return [
        _(
            "The register does not record all participants equally often. For recording alone to make the whole gap, participants among the other municipalities would have to be recorded {times} times as often as the small rural ones ({span}). The register itself cannot rule that out.",
            times=number(ratio["estimate"], 1),
            span=number_range(ratio["conf_low"], ratio["conf_high"], 1),
        )
    ]


def explained(data: Data) -> list[str]:
    """What of the gap goes with population, centrality, expenditure and need (Yun's decomposition)."""
    parts = decomposition.oaxaca(data.observations).set_index("term")
    if parts["estimate"].isna().any() or not {POPULATION, CENTRALITY, EXPENDITURE, NEED} <= set(parts.index):
        return []
    population, centrality = _points(parts.loc[POPULATION]), _points(parts.loc[CENTRALITY])
    spending_narrows, need_narrows = (parts.loc[t, "estimate"] > 0 for t in (EXPENDITURE, NEED))
    spending = _points(parts.loc[EXPENDITURE], 1 if spending_narrows else -1)
    need = _points(parts.loc[NEED], 1 if need_narrows else -1)
    return [
        _(
            "Split by what the two groups differ in, {p} points of the gap go with fewer inhabitants ({p_span}) and {c} with a less central place ({c_span}).",
            p=population["d"],
            p_span=population["span"],
            c=centrality["d"],
            c_span=centrality["span"],
        ),
        _("Higher spending per inhabitant narrows it by {d} ({span}).", **spending)
        if spending_narrows
        else _("Higher spending per inhabitant widens it by {d} ({span}).", **spending),
        _("Their need for expenditure narrows it by {d} ({span}).", **need)
        if need_narrows
        else _("Their need for expenditure widens it by {d} ({span}).", **need),
        _(
            "{d} points ({span}) are left. This describes what goes together, not causes.",
            **_points(parts.loc["rest"]),
        ),
    ]


def found_of_published(data: Data) -> Figure | None:
    """Of the participants that a programme or round itself has counted: how many the register names."""
    table = data.reconciliation
    table = table[
        table["measure"].isin(COUNTED)
        & table["found"].notna()
        & ~table["round"].isin(data.projects["project_id"])
        & table["qualifier"].isin(["exact", "about"])
    ].drop_duplicates(["programme_id", "round", "year", "measure", "published"])
    if table.empty:
        return None
    names = labels.programmes(data.programmes)
    table = table.assign(
        order=table["programme_id"].map({key: place for place, key in enumerate(names.index)})
    )
    table = table.sort_values(["order", "year", "round"], kind="stable").drop(columns="order")
    rows = pd.DataFrame(
        {
            "label": [
                ", ".join(filter(None, [names[r.programme_id], labels.year(r.year)]))
                for r in table.itertuples()
            ],
            "detail": [labels.total(r.measure, int(r.published), r.qualifier) for r in table.itertuples()],
            "estimate": table["found"].astype(float) / table["published"].astype(float),
            "written": [_("{x} of {n}", x=int(r.found), n=int(r.published)) for r in table.itertuples()],
        }
    )
    return bars.chart(
        rows,
        name="found-of-published",
        title=ngettext(
            "{x} of {n} published count is fully found in the register",
            "{x} of {n} published counts are fully found in the register",
            len(rows),
            x=int((table["found"] >= table["published"]).sum()),
            n=len(rows),
        ),
        subtitle=_(
            "Participants found in the register over the number published by the programme, by programme and round"
        ),
        heads=(_("Programme and round"), _("Found of published")),
        source=_("Register of municipal participation; published totals as named in its sources"),
        reference=(1.0, _("all found")),
        coverage=_(
            "Published counts may count differently from the register, and some contradict each other; all are shown."
        ),
        data=table,
    )
