"""What several pages share: rows for charts, regions for maps, their scale, methods and sources."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pandas as pd

from analysis.figures import maps, style
from analysis.i18n import N_, _, current, listed, ngettext, number, number_range, percent
from analysis.measures import counting
from analysis.measures.observations import Observations
from analysis.report import labels, narrowed
from analysis.report.data import Data
from analysis.report.urls import county_file, municipality_file

REGISTER = N_("Register of municipal participation")
PART = N_("The lists are incomplete. More municipalities may have taken part.")
COUNT_CLASSES = (1, 2, 3, 5, 10)
"""Lowest number of participations of each class of a map."""
GROUP_COLOURS = {True: style.SMALL_RURAL, False: style.OTHERS}
"""By ``is_small_rural``."""


def of_municipalities(x: int, n: int) -> str:
    """``29 of 77 municipalities``, ``all 25 municipalities``: the basis written under every bar."""
    if x == n:
        return _("all {n} municipalities", n=n) if n > 1 else labels.total("municipalities", n)
    if x == 0 and n > 1:
        return _("none of {n} municipalities", n=n)
    return ngettext("{x} of {n} municipality", "{x} of {n} municipalities", n, x=x, n=n)


def of_participations(x: int, n: int) -> str:
    """``71 of 88 participations``."""
    return ngettext("{x} of {n} participation", "{x} of {n} participations", n, x=x, n=n)


def of_all_participations(x: int, n: int) -> str:
    """``26 participations, 173 municipalities``: what a rate is made of."""
    return _(
        "{participations}, {municipalities}",
        participations=labels.total("participations", x),
        municipalities=labels.total("municipalities", n),
    )


def municipality_addresses(panel: pd.DataFrame) -> dict[str, str]:
    """The page of each municipality of the panel, by municipality_code."""
    names = zip(panel["municipality_code"], panel["municipality_name"], strict=True)
    return {code: municipality_file(current(), code, name) for code, name in names}


def compared(one: float, two: float, *beside: float, digits: int | None = None) -> dict[str, str]:
    """Two shares that a text compares, as its values ``share`` and ``share2`` (see :func:`labels.share`)."""
    return {
        "share": labels.share(one, two, *beside, digits=digits),
        "share2": labels.share(two, one, *beside, digits=digits),
    }


def county_addresses(panel: pd.DataFrame) -> dict[str, str]:
    """The report of each county of the panel, by county_code."""
    return {code: county_file(current(), code, name) for code, name in county_names(panel).items()}


def county_names(panel: pd.DataFrame) -> pd.Series:
    """The names of the panel's counties, by county_code."""
    return panel.drop_duplicates("county_code").set_index("county_code")["county_name"]


def by_group(estimates: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The rows of estimates by ``is_small_rural``: small rural municipalities, and the others."""
    is_small = estimates["group"].astype(bool)
    return estimates[is_small].iloc[0], estimates[~is_small].iloc[0]


def chart_rows(
    estimates: pd.DataFrame,
    label: Callable[[object], str],
    detail: Callable[[int, int], str] = of_municipalities,
    colour: str = style.OTHERS,
    *,
    intervals: bool = True,
) -> pd.DataFrame:
    """Estimates as the rows of a chart (see :func:`analysis.figures.bars.chart`).

    Parameters
    ----------
    estimates : Estimates
    label : callable
        From a group to its name.
    detail : callable
        From numerator and denominator to the text under the name.
    colour : str
    intervals : bool
        Whether the limits are shown; a share of what is documented has none.
    """
    limits = ["conf_low", "conf_high"] if intervals else []
    rows = estimates[["group", "estimate", *limits, "n", "unit", "coverage"]].copy()
    basis = zip(estimates["numerator"], estimates["denominator"], strict=True)
    rows.insert(0, "label", estimates["group"].map(label))
    rows.insert(1, "detail", [detail(int(x), int(n)) for x, n in basis])
    return rows.assign(colour=colour)


def group_name(is_small_rural: bool) -> str:
    """The two groups under a bar or in a cell, in few words."""
    return _("Small and rural") if is_small_rural else _("Others")


def rows_of_two(
    name: str, estimates: pd.DataFrame, detail: Callable[[int, int], str], *, intervals: bool = True
) -> pd.DataFrame:
    """Chart rows of both groups under one name: small rural municipalities, then the others.

    Parameters
    ----------
    name : str
        What both rows are about.
    estimates : DataFrame
        Two rows by ``is_small_rural``.
    detail : callable
        From numerator and denominator to the text beside the bar.
    intervals : bool
        Whether the limits are shown.
    """
    ordered = estimates.sort_values("group", ascending=False)
    is_small = ordered["group"].astype(bool)
    rows = chart_rows(ordered, lambda _group: name, detail, intervals=intervals)
    rows.insert(2, "series", is_small.map(group_name))
    return rows.assign(colour=is_small.map(GROUP_COLOURS))


def pairs(estimates: dict[str, pd.DataFrame], *, intervals: bool = True) -> pd.DataFrame:
    """Chart rows of several estimates by ``is_small_rural``: under each name small rural, then the others."""
    parts = [rows_of_two(name, each, labels.out_of, intervals=intervals) for name, each in estimates.items()]
    return pd.concat(parts, ignore_index=True)


def count_regions(observations: Observations) -> pd.DataFrame:
    """Regions of the map of documented participations: municipality_code, name, value, text."""
    panel, count = observations.panel, observations.counts
    return pd.DataFrame(
        {
            "municipality_code": panel["municipality_code"],
            "name": panel["municipality_name"],
            "value": count.astype(float),
            "text": [
                ngettext("{n} documented participation", "{n} documented participations", n, n=n)
                if n
                else _("none documented")
                for n in count
            ],
        }
    )


def count_scale() -> maps.Scale:
    """Classes for the number of documented participations of a municipality."""
    spans = (number(a) if b == a + 1 else number_range(a, b - 1) for a, b in pairwise(COUNT_CLASSES))
    names = (*spans, _("{n} or more", n=COUNT_CLASSES[-1]))
    return maps.Scale(COUNT_CLASSES, names, number, zero=_("none documented"), zero_is_unknown=True)


def share_scale() -> maps.Scale:
    """Classes of a fifth for the share of a county's municipalities."""
    spans = (f"{low}–{percent(low / 100 + 0.2)}" for low in (20, 40, 60))
    names = (_("under {share}", share=percent(0.2)), *spans, _("{share} or more", share=percent(0.8)))
    return maps.Scale((0.0, 0.2, 0.4, 0.6, 0.8), names, percent)


def most_named(panel: pd.DataFrame, count: pd.Series, top: int = 4) -> str:
    """The municipalities with most participations, with their numbers; those level with the last are counted.

    Examples
    --------
    >>> panel = pd.DataFrame({"municipality_name": ["Arna", "Bø", "Os", "Ås"]})
    >>> most_named(panel, pd.Series([9, 2, 2, 1]), top=2)
    'Arna (9); two others have 2 each'
    """
    most = panel.assign(count=count).sort_values("count", ascending=False, kind="stable")
    most = most[most["count"] > 0]
    if most.empty:
        return ""
    least = most["count"].iloc[min(top, len(most)) - 1]
    is_tied = int((most["count"] >= least).sum()) > top
    named = most[most["count"] > least] if is_tied else most.head(top)
    text = listed(
        [f"{n} ({number(c)})" for n, c in zip(named["municipality_name"], named["count"], strict=True)]
    )
    if not is_tied:
        return text
    tied = int((most["count"] == least).sum())
    level = _("{n} others have {count} each", n=labels.in_words(tied), count=int(least))
    return _("{names}; {others}", names=text, others=level) if text else level


def methods(panel: pd.DataFrame) -> list[str]:
    """How the figures are made, a sentence or two for each choice."""
    main = narrowed.definition()
    return [
        _("Small rural municipality: {definition} ({source}).", definition=main.label, source=_(main.source)),
        _(
            "A participation is one municipality in one project, counted once whatever its roles. Former municipalities count as those they are part of today (SSB's list of changes, KLASS 131). Candidates, nominees, municipalities that turned a grant down, and county councils are not counted."
        ),
        _(
            "Participations in projects that were stopped or cancelled are counted. Grants by the Research Council to one municipality in one starting year, activity and field stand in one row of the list and count as one participation."
        ),
        _(
            "Complete lists have no interval: they hold everyone who took part. Elsewhere intervals are 95% and rest on the projects, since projects are what is documented or missed: projects are drawn anew, or left out one at a time where counties are compared. Means have Student's t interval."
        ),
        _(
            "Intervals show how much chance can affect a figure. They say nothing of what is missing from the lists."
        ),
        _(
            "Purchases are the KOSTRA items AGD50 (own services) and AGD51 (instead of own services) as shares of gross operating expenditure (AGD9)."
        ),
        _(
            "Population and size are of 1 January {year}; accounts of {year2}; purchases of {year3}. Purchases are divided by the operating expenditure of their own year and by the population of 1 January {year4}, as KOSTRA does.",
            year=labels.year(panel["population_year"].max()),
            year2=labels.year(panel["accounts_year"].max()),
            year3=labels.purchases_year(panel),
            year4=labels.year(panel["purchases_year"].max() + 1),
        )
        + f" {partial_purchases(panel)}".rstrip(),
    ]


def partial_purchases(panel: pd.DataFrame) -> str:
    """Whose published purchases leave out a part of their functions; empty where nobody's do."""
    partial = panel[panel["purchases_is_partial"].fillna(False).astype(bool)]
    if partial.empty:
        return ""
    return _(
        "The published purchases of {names} cover only a part of its functions. They are included in means and sums, but cannot be compared with the purchases of other municipalities.",
        names=listed(partial["municipality_name"].map(labels.short_name).tolist()),
    )


def source_table(catalogue: pd.DataFrame) -> pd.DataFrame:
    """The data's sources: title (with address), publisher, licence, date of retrieval."""
    rows = catalogue.reset_index()
    return pd.DataFrame(
        {
            _("Source"): rows[f"title_{current()}"],
            "url": rows["url"],
            _("Publisher"): rows[f"publisher_{current()}"],
            _("Licence"): rows["licence"],
            _("Retrieved"): rows["retrieved"].map(labels.date),
        }
    )


DOWNLOADED = [
    "record_id",
    "programme_id",
    "project_id",
    "year",
    "participant_name",
    "participant_type",
    "municipality_code",
    "county_code",
    "name_then",
    "role",
    "stage",
    "confidence",
    "basis",
    "note",
]


def with_source(participation: pd.DataFrame, data: Data, counted: Observations) -> pd.DataFrame:
    """The register's rows as a reader downloads them, with programme and project by name and the source's address.

    Parameters
    ----------
    participation : DataFrame
        Rows of ``data.participation``, on its index.
    data : Data
    counted : Observations
        What the page counts: a column says of each row whether it is among them, or why not.
    """
    rows = participation[DOWNLOADED].assign(source_url=participation["source_id"].map(data.sources["url"]))
    rows.insert(1, "programme", rows["programme_id"].map(labels.programmes(data.programmes)))
    rows.insert(2, "project", rows["project_id"].map(labels.titles(data.projects)))
    # On their own index: into a frame without rows pandas would insert those of the whole register.
    rows.insert(3, "why_not_counted", counting.why_not_counted(counted).reindex(rows.index))
    return rows
