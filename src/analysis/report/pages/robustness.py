"""What stands behind the finding: how large the gap is, what could have made it, and how much was found."""

from __future__ import annotations

import pandas as pd

from analysis import definitions
from analysis.figures import bars as charts
from analysis.figures import style
from analysis.figures.figure import Figure
from analysis.i18n import _, ngettext, number, number_range, percent
from analysis.measures import bounds, decomposition, robustness, uptake
from analysis.measures import gap as measured
from analysis.measures.models import CENTRALITY, EXPENDITURE, NEED, POPULATION
from analysis.report import labels as words
from analysis.report.data import Data
from analysis.report.pages import content
from analysis.report.pages.national import PART

#: Published totals that count participants of some sort; the figure compares like with like.
COUNTED = ("participants", "municipalities", "counties", "winners")


def gap(data: Data) -> list[str]:
    """The difference in recorded share, over the country and within counties, with intervals."""
    found = measured.gap(data.observations)
    found = found[(found["term"] == "difference") & found["estimate"].notna()].set_index("method")
    sentences = []
    if "Newcombe" in found.index:
        sentences.append(
            _(
                "The share found is {d} percentage points lower among small rural municipalities than among "
                "the others (95% interval {span}, {n} municipalities).",
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
    return {"d": number(round(sign * 100 * row["estimate"]) + 0), "span": number_range(low, high)}


def tipping(data: Data) -> list[str]:
    """How unequal recording would have to be for the gap to be nothing but recording."""
    found = bounds.tipping_point(data.observations).set_index("term")
    ratio = found.loc["recording ratio"]
    if pd.isna(ratio["estimate"]):
        return []
    return [
        _(
            "The register does not record all participants equally often. For recording alone to make the "
            "whole gap, participants among the other municipalities would have to be recorded {times} times "
            "as often as the small rural ones ({span}). The register itself cannot rule that out.",
            times=number(ratio["estimate"], 1),
            span=number_range(ratio["conf_low"], ratio["conf_high"], 1),
        )
    ]


def specifications(data: Data) -> list[str]:
    """The gap under every combination of defensible choices, in one sentence."""
    five = robustness.summary(robustness.specification_curve(data.observations)).set_index("term")
    if five["estimate"].isna().any():
        return []
    ends = sorted(-100 * five.loc[["smallest", "largest"], "estimate"])
    values = {
        "n": int(five["n"].iloc[0]),
        "low": number(ends[0]),
        "high": number(ends[1]),
        "clear": percent(five.loc["interval without no gap", "estimate"]),
    }
    if five.loc["same sign", "estimate"] == 1:
        return [
            _(
                "Definition, programmes, period and unit were varied in {n} combinations. The small rural "
                "municipalities are found less often in all of them, by {low} to {high} percentage points; in "
                "{clear} of them the 95% interval excludes zero.",
                **values,
            )
        ]
    return [
        _(
            "Definition, programmes, period and unit were varied in {n} combinations. {same} have the same "
            "sign; the difference runs from {low} to {high} percentage points, and in {clear} of them the 95% "
            "interval excludes zero.",
            same=percent(five.loc["same sign", "estimate"]),
            **values,
        )
    ]


def ways_to_count(data: Data) -> Figure:
    """The representation ratio under every definition of small and rural, and every choice of rows."""
    rows = _ways_to_count(data)
    below, n = int((rows["high"] < 1).sum()), len(rows)
    title = (
        _("Below 1 in {x} of {n} ways to count: the finding does not hang on the definition", x=below, n=n)
        if below > 0.7 * n
        else _("The finding hangs on how one counts: clearly below 1 in {x} of {n} ways", x=below, n=n)
    )
    return charts.rows(
        rows,
        name="definitions",
        as_dots=True,
        unit=charts.RATIO,
        title=title,
        subtitle=_(
            "Representation ratio: share among municipalities found over share of all municipalities "
            "(logarithmic scale)"
        ),
        heads=(_("Who counts as small and rural"), _("Ratio")),
        source=_("Register of municipal participation; SSB"),
        reference=(1.0, _("1: as often as their number")),
        coverage=_(PART),
    )


def _ways_to_count(data: Data) -> pd.DataFrame:
    observations, frames = data.observations, {}
    for key in definitions.SMALL_RURAL:
        frames[words.definition(key)] = uptake.representation_ratio(observations.with_definition(key))
    frames[_("Main definition, only rows that the source states")] = uptake.representation_ratio(
        observations.where(stated_only=True)
    )
    frames[_("Main definition, only participants named one by one")] = uptake.representation_ratio(
        observations.where(basis="named")
    )
    parts = [
        content.chart_rows(f[f["group"].astype(bool)], lambda _group, name=name: name)  # type: ignore[misc]
        for name, f in frames.items()
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows.loc[0, "colour"] = style.SMALL_RURAL
    return rows


def explained(data: Data) -> list[str]:
    """What of the gap goes with population size, centrality and purse (Yun's decomposition)."""
    parts = decomposition.oaxaca(data.observations).set_index("term")
    names = {"population": POPULATION, "centrality": CENTRALITY, "purse": EXPENDITURE, "need": NEED}
    if parts["estimate"].isna().any() or not set(names.values()) <= set(parts.index):
        return []
    need, purse = parts.loc[NEED], parts.loc[EXPENDITURE]
    eases = need["estimate"] > 0
    burden = _points(need, 1 if eases else -1)
    told = {name: _points(parts.loc[term]) for name, term in names.items()}
    narrows = purse["estimate"] > 0
    spending = _points(purse, 1 if narrows else -1)
    rest = _points(parts.loc["rest"])
    return [
        _(
            "Split by what the two groups differ in, {p} points of the gap go with fewer inhabitants ({p_span}) "
            "and {c} with a less central place ({c_span}).",
            p=told["population"]["d"],
            p_span=told["population"]["span"],
            c=told["centrality"]["d"],
            c_span=told["centrality"]["span"],
        ),
        _("Higher spending per inhabitant narrows it by {d} ({span}).", **spending)
        if narrows
        else _("Higher spending per inhabitant widens it by {d} ({span}).", **spending),
        _("Their need for expenditure narrows it by {d} ({span}).", **burden)
        if eases
        else _("Their need for expenditure widens it by {d} ({span}).", **burden),
        _("{d} points ({span}) are left. This describes what goes together, not causes.", **rest),
    ]


def found_of_published(data: Data) -> Figure | None:
    """Of the participants that a programme or round itself has counted: how many the register names."""
    table = data.reconciliation
    table = table[
        table["measure"].isin(COUNTED)
        & table["found"].notna()
        & ~table["round"].isin(data.projects["project_id"])
        & table["qualifier"].isin(["exact", "about"])
    ]
    table = table.drop_duplicates(["programme_id", "round", "year", "measure", "published"])
    if table.empty:
        return None
    names = words.programmes(data.programmes)
    order = table["programme_id"].map({key: place for place, key in enumerate(names.index)})
    table = table.assign(order=order).sort_values(["order", "year", "round"], kind="stable")
    rows = pd.DataFrame(
        {
            "label": [
                f"{names[r.programme_id]}, {words.year(r.year)}"
                if pd.notna(r.year)
                else names[r.programme_id]
                for r in table.itertuples()
            ],
            "detail": [words.total(r.measure, int(r.published), r.qualifier) for r in table.itertuples()],
            "estimate": table["found"].astype(float) / table["published"].astype(float),
            "written": [_("{x} of {n}", x=int(r.found), n=int(r.published)) for r in table.itertuples()],
        }
    )
    whole = int((table["found"] >= table["published"]).sum())
    return charts.rows(
        rows,
        name="found-of-published",
        title=ngettext(
            "{x} of {n} published count is fully found in the register",
            "{x} of {n} published counts are fully found in the register",
            len(rows),
            x=whole,
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
        data=table.drop(columns=["order", "source_url"]).assign(source_url=table["source_url"]),
    )
