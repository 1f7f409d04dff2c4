"""How complete the list is: what more projects would show, what programmes have published, and other ways to reckon."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pandas as pd

from analysis.figures import bars, series
from analysis.figures.figure import Figure
from analysis.i18n import N_, _, current, number, number_range, percent
from analysis.measures import claims, completeness
from analysis.measures.groups import TAKING_PART
from analysis.report import labels
from analysis.report.data import Data
from analysis.report.pages.common import GROUP_COLOURS, REGISTER, compared

#: Published totals that count participants of some sort; the figure compares like with like.
COUNTED = ("participants", "participations", "municipalities", "counties", "winners")
#: Shares of the projects kept in the curve of completeness.
KEPT = (0.05, 0.1, 0.25, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0)

#: Topics of the literature's statements.
TOPICS = {
    "adoption": N_("Digisos"),
    "survey": N_("Surveys"),
    "LUP": N_("LUP"),
    "procurement": N_("Procurement"),
    "procurement cooperation": N_("Procurement cooperation"),
    "regional research funds": N_("Regional research funds"),
    "small rural municipalities": N_("Small rural municipalities"),
    "size": N_("Size of the municipality"),
    "digitalisation": N_("Digitalisation"),
    "capacity to apply": N_("Capacity to apply"),
    "cooperation": N_("Cooperation"),
    "trials": N_("Trials in health and care"),
    "Research Council": N_("Research Council"),
}


def rarefaction(data: Data) -> Figure | None:
    """Share documented at least once if only some of the projects had been collected; None where there are none."""
    if data.named.rows.empty:
        return None
    kept = completeness.rarefaction(data.named, kept=KEPT)
    kept = kept[kept["term"] == "found"].sort_values(["group", "x"], ascending=[False, True])
    frame = pd.DataFrame(
        {
            "panel": _("Documented at least once"),
            "series": kept["group"].map(lambda g: labels.group(bool(g))),
            "x": kept["x"],
            "estimate": kept["estimate"],
            "conf_low": kept["conf_low"],
            "conf_high": kept["conf_high"],
            "colour": kept["group"].map(GROUP_COLOURS),
        }
    )
    small = kept[kept["group"].astype(bool)].set_index("x")["estimate"]
    half, whole = small[0.5], small[1.0]
    return series.chart(
        frame,
        name="rarefaction",
        mark="line",
        title=_(
            "Half of the collected projects document {share} of small rural municipalities, all of them {share2}",
            **compared(half, whole),
        ),
        subtitle=_(
            "Share of municipalities documented at least once, by how many of the collected projects are kept. The band holds 95% of draws"
        ),
        heads=(_("Projects kept"), _("Documented")),
        ticks=[0.1, 0.25, 0.5, 0.75, 1.0],
        tick=percent,
        value=percent,
        source=_(REGISTER),
        coverage=_(
            "The curves still rise, so more projects would document more municipalities in both groups."
        ),
        data=frame.drop(columns=["colour", "panel"]),
    )


def ever(data: Data) -> list[str]:
    """How many have ever taken part, as an order of magnitude, and what does not change with more projects."""
    if data.named.rows.empty:
        return []
    ratio = completeness.rarefaction(data.named, kept=(0.1, 1.0))
    ratio = ratio[ratio["term"] == "ratio of participations"].set_index("x")["estimate"]
    table = completeness.ever_taking_part(data.named)
    table = table[table["term"] == "ever taking part"]
    methods = table.groupby(table["group"].astype(bool)).agg({"estimate": ["min", "max"], "n": "first"})
    small_first = methods.sort_index(ascending=False).to_numpy()
    (span, n), (span2, n2) = ((number_range(low, high), int(all_)) for low, high, all_ in small_first)
    return [
        _(
            "The ratio of participations per municipality in innovative procurement, research and development stays the same: {ratio} with a tenth of the projects and {ratio2} with all of them. That is why this page compares how often municipalities take part.",
            ratio=number(ratio[0.1], 2),
            ratio2=number(ratio[1.0], 2),
        ),
        _(
            "By three methods of estimation, {span} of {n} small rural municipalities and {span2} of {n2} others have ever taken part. The methods assume that participations are documented independently of each other. Joint projects break that assumption, so read the numbers as orders of magnitude.",
            span=span,
            n=n,
            span2=span2,
            n2=n2,
        ),
    ]


def found_of_published(data: Data) -> Figure | None:
    """Of the participants that a programme or round itself has counted: how many the register names."""
    table = data.reconciled(COUNTED).drop_duplicates(
        ["programme_id", "round", "year", "measure", "published", "qualifier"]
    )
    if table.empty:
        return None
    names = labels.programmes(data.programmes)
    table = table.assign(order=names.index.get_indexer(table["programme_id"]))
    table = table.sort_values(["order", "year", "round"], kind="stable").drop(columns="order")
    rows = pd.DataFrame(
        {
            "label": [
                ", ".join(filter(None, [names[r.programme_id], labels.period(r.round, r.year)]))
                for r in table.itertuples()
            ],
            "detail": [_published(r) for r in table.itertuples()],
            "estimate": (table["found_named"].astype(float) / table["published"].astype(float)).to_numpy(),
            "written": [labels.all_of(int(r.found_named), int(r.published)) for r in table.itertuples()],
        }
    )
    is_drawn = _is_largest(table)
    coverage = [
        _(
            "The figure shows the largest count of each programme, and the table all {n}. Programmes may count differently from us, and some published counts contradict each other.",
            n=len(rows),
        ),
        _("Counts of a single project are left out."),
    ]
    if (table["found"] > table["found_named"]).any():
        coverage.append(
            _("The bars count participants that a source names one by one, not those known through a group.")
        )
    chart = partial(
        bars.chart,
        name="found-of-published",
        title=_(
            "In {who} programmes, all participants of the largest published count are documented",
            who=labels.all_of(
                int((is_drawn & (table["found_named"] >= table["published"])).sum()), int(is_drawn.sum())
            ),
        ),
        subtitle=_(
            "Participants documented, out of the number that the programme has published, by programme and round"
        ),
        heads=(_("Programme and round"), _("Documented")),
        source=_("Register of municipal participation; published totals as named in its sources"),
        reference=(1.0, _("all")),
        coverage=" ".join(coverage),
        data=table,
    )
    return replace(chart(rows[is_drawn.to_numpy()]), table=chart(rows).table)


def _is_largest(table: pd.DataFrame) -> pd.Series:
    """The row of each programme whose published count is the largest, the newest of several."""
    last = table.sort_values(["published", "year"], kind="stable").drop_duplicates(
        "programme_id", keep="last"
    )
    return pd.Series(table.index.isin(last.index), index=table.index)


def _published(row: Any) -> str:
    """What a programme has counted, and how many are documented with those known through a group."""
    said = labels.total(row.measure, int(row.published), row.qualifier)
    return (
        said
        if row.found == row.found_named
        else _("{total}; {n} documented with groups", total=said, n=row.found)
    )


def literature(checked: pd.DataFrame) -> pd.DataFrame:
    """What others have written and our data can check, as ready-made texts.

    Parameters
    ----------
    checked : DataFrame
        From :func:`analysis.measures.claims.against_literature`.

    Returns
    -------
    pandas.DataFrame
        The source's statement, ``url`` (its address), year, our number where the data are complete, whether it agrees.
    """
    rows = checked[checked["verdict"] != claims.Verdict.CANNOT_SAY]
    verdicts = {claims.Verdict.AGREES: _("agrees"), claims.Verdict.CONTRADICTS: _("does not agree")}
    numbers = [
        "–"
        if r.basis != claims.Basis.COMPLETE
        else labels.share(r.estimate)
        if r.claimed < 1
        else number(r.estimate)
        for r in rows.itertuples(index=False)
    ]
    return pd.DataFrame(
        {
            _("What the source says"): rows[f"wording_{current()}"],
            "url": rows["source_url"],
            _("Topic"): [_(TOPICS.get(key, key)) for key in rows["topic"]],
            _("Year"): rows["year"].map(labels.year),
            _("Our number"): numbers,
            _("Our data"): rows["verdict"].map(verdicts),
        }
    )


def literature_counted(checked: pd.DataFrame) -> str:
    """How many statements of the literature the data can check, and how many of them agree."""
    known = checked[checked["verdict"] != claims.Verdict.CANNOT_SAY]
    return _(
        "We have collected {n} statements from reports and web pages. The data can check {x} of them, and {agree} agree. A number agrees when it is within one, or within {part}, of ours: the source may have counted on another day, or rounded.",
        n=len(checked),
        x=labels.in_words(len(known)),
        agree=labels.in_words(int((known["verdict"] == claims.Verdict.AGREES).sum())),
        part=labels.share(claims.PART),
    )


def coverage_table(data: Data) -> pd.DataFrame:
    """Each programme: how complete its list is, what is documented, what the programme has published.

    Municipalities named one by one are those that the programme's page counts; of the others, sources name a group
    that they belong to.
    """
    rows = data.participation[data.participation["stage"].isin(TAKING_PART)]
    by_programme = rows.groupby("programme_id")
    found = pd.DataFrame(
        {
            "projects": by_programme["project_id"].nunique(),
            "with_groups": by_programme["municipality_code"].nunique(),
            "named": rows[rows["basis"] == "named"].groupby("programme_id")["municipality_code"].nunique(),
        },
        index=data.programmes["programme_id"],
    )
    found = found.fillna(0).astype(int)
    # Totals of one project are not its programme's.
    published = data.published[~data.published["round"].isin(data.projects["project_id"])]
    return pd.DataFrame(
        {
            _("Programme"): labels.programmes(data.programmes).to_numpy(),
            _("How complete"): data.programmes["coverage"].map(labels.coverage).to_numpy(),
            _("Projects, all participants"): found["projects"].map(number).to_numpy(),
            _("Municipalities named"): found["named"].map(number).to_numpy(),
            _("Only in a group"): (found["with_groups"] - found["named"]).map(number).to_numpy(),
            _("Published by the programme"): [
                _totals(published[published["programme_id"] == p]) for p in data.programmes["programme_id"]
            ],
        }
    )


def _totals(published: pd.DataFrame) -> str:
    """A programme's own totals in words: of each kind the newest of the whole programme, else of a year."""
    counted = published[published["measure"].isin(labels.OF_PROGRAMMES)]
    whole = counted[counted["round"] == "all"]
    chosen = (whole if len(whole) else counted).sort_values(["year", "value"], na_position="first")
    newest = chosen.drop_duplicates("measure", keep="last").sort_values("measure")
    texts = [
        labels.total(r.measure, int(r.value), r.qualifier)
        + (f" ({when})" if (when := labels.period(r.round, r.year)) else "")
        for r in newest.itertuples(index=False)
    ]
    return "; ".join(texts) or "–"
