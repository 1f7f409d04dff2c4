"""From tables and measures to what a page prints: rows for charts, regions for maps, cells for tables."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.figures import style
from analysis.i18n import _, listed, ngettext, number, percent
from analysis.measures.observations import TAKING_PART
from analysis.report import labels as words


def of_municipalities(x: float, n: float) -> str:
    """``29 of 77 municipalities``: the basis written under every bar."""
    return ngettext("{x} of {n} municipality", "{x} of {n} municipalities", int(n), x=int(x), n=int(n))


def chart_rows(
    result: pd.DataFrame,
    label: Callable[[object], str],
    detail: Callable[[float, float], str] = of_municipalities,
    colour: str | None = None,
) -> pd.DataFrame:
    """A result frame of ``measures`` as the rows of a chart; a row without estimate says "no data"."""
    rows = result[["group", "estimate", "conf_low", "conf_high", "n", "unit", "coverage"]]
    rows = rows.rename(columns={"conf_low": "low", "conf_high": "high"})
    rows.insert(0, "label", result["group"].map(label))
    rows.insert(
        1, "detail", [detail(x, n) for x, n in zip(result["numerator"], result["denominator"], strict=True)]
    )
    rows["colour"] = colour or style.OTHERS
    return rows


def both_groups(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Chart rows of several results by ``is_small_rural``: under each name small rural, then others."""
    parts = []
    for name, result in frames.items():
        ordered = result.sort_values("group", ascending=False)
        rows = chart_rows(ordered, lambda _group, name=name: name)  # type: ignore[misc]
        is_small = ordered["group"].astype(bool).to_numpy()
        rows["detail"] = [
            _("Small rural: {x} of {n}", x=int(x), n=int(n))
            if s
            else _("Others: {x} of {n}", x=int(x), n=int(n))
            for s, x, n in zip(is_small, ordered["numerator"], ordered["denominator"], strict=True)
        ]
        rows["colour"] = np.where(is_small, style.SMALL_RURAL, style.OTHERS)
        parts.append(rows)
    return pd.concat(parts, ignore_index=True)


def of_participations(x: float, n: float) -> str:
    """``71 of 88 participations``."""
    return ngettext("{x} of {n} participation", "{x} of {n} participations", int(n), x=int(x), n=int(n))


def joint_shares(result: pd.DataFrame) -> pd.DataFrame:
    """Chart rows of ``cooperation.joint_share`` by ``is_small_rural``: small rural municipalities first."""
    rows = chart_rows(
        result.sort_values("group", ascending=False),
        lambda group: words.group(bool(group)),
        of_participations,
    )
    return rows.assign(colour=[style.SMALL_RURAL, style.OTHERS])


def coverage_table(
    programmes: pd.DataFrame,
    participation: pd.DataFrame,
    projects: pd.DataFrame,
    published: pd.DataFrame,
) -> pd.DataFrame:
    """Each programme: how complete its list is, what the register holds, what the programme has published."""
    taking_part = participation[participation["stage"].isin(TAKING_PART)]
    found = taking_part.groupby("programme_id").agg(
        rows=("record_id", "size"),
        projects=("project_id", "nunique"),
        municipalities=("municipality_code", "nunique"),
    )
    found = found.reindex(programmes["programme_id"], fill_value=0)
    published = published[
        ~published["round"].isin(projects["project_id"])
    ]  # totals of one project are not its programme's
    return pd.DataFrame(
        {
            _("Programme"): words.programmes(programmes).to_numpy(),
            _("Completeness"): programmes["coverage"].map(words.coverage).to_numpy(),
            _("Projects found"): found["projects"].map(number).to_numpy(),
            _("Municipalities found"): found["municipalities"].map(number).to_numpy(),
            _("Participants found, all kinds"): found["rows"].map(number).to_numpy(),
            _("Published by the programme"): [
                totals_told(published[published["programme_id"] == p]) for p in programmes["programme_id"]
            ],
        }
    )


def totals_told(published: pd.DataFrame) -> str:
    """A programme's own totals in words: of each kind the newest of the whole programme, else of a year."""
    counted = published[published["measure"].isin(["participants", "municipalities", "projects", "winners"])]
    whole = counted[counted["round"] == "all"]
    chosen = (whole if len(whole) else counted).sort_values(["year", "value"], na_position="first")
    told = []
    for row in chosen.drop_duplicates("measure", keep="last").sort_values("measure").itertuples(index=False):
        text = words.total(row.measure, int(row.value), row.qualifier)
        told.append(text if pd.isna(row.year) else f"{text} ({row.year})")
    return "; ".join(told) or "–"


def source_table(catalogue: pd.DataFrame) -> pd.DataFrame:
    """The data's sources: title (with address), publisher, licence, date of retrieval."""
    rows = catalogue.reset_index()
    return pd.DataFrame(
        {
            _("Source"): [words.source(d, t) for d, t in zip(rows["dataset"], rows["title"], strict=True)],
            "url": rows["url"],
            _("Publisher"): rows["publisher"].map(words.publisher),
            _("Licence"): rows["licence"].map(words.licence),
            _("Retrieved"): rows["retrieved"].map(words.date),
        }
    )


def most_named(panel: pd.DataFrame, count: pd.Series, top: int = 4) -> str:
    """The municipalities found most often, as a sentence lists them with their numbers."""
    most = panel.assign(count=count).nlargest(top, "count", keep="first")
    return listed(
        [f"{n} ({number(c)})" for n, c in zip(most["municipality_name"], most["count"], strict=True)]
    )


def kinds_title(kinds: dict[str, pd.DataFrame]) -> str:
    """What the kinds of programme say: the highest and lowest ratio of the two groups' shares."""
    ratio = {
        name: float(
            f.loc[f["group"].astype(bool), "estimate"].iloc[0]
            / f.loc[~f["group"].astype(bool), "estimate"].iloc[0]
        )
        for name, f in kinds.items()
        if f.loc[~f["group"].astype(bool), "estimate"].iloc[0] > 0
    }
    closest, widest = max(ratio, key=lambda k: ratio[k]), min(ratio, key=lambda k: ratio[k])
    return _(
        "Small rural municipalities are found {high} times as often as others in {closest}, {low} times in {widest}",
        high=number(ratio[closest], 2),
        low=number(ratio[widest], 2),
        closest=closest.lower(),
        widest=widest.lower(),
    )


def purchases_title(shares: pd.DataFrame) -> str:
    """Whether the smallest municipalities buy for a smaller share of their expenditure than the largest."""
    first, last = shares.iloc[0], shares.iloc[-1]
    values = {"low": percent(first["estimate"]), "high": percent(last["estimate"])}
    if first["conf_high"] < last["conf_low"]:
        return _(
            "The smallest municipalities buy for a smaller share of their expenditure: {low}, against {high}",
            **values,
        )
    if first["conf_low"] > last["conf_high"]:
        return _(
            "The smallest municipalities buy for a larger share of their expenditure: {low}, against {high}",
            **values,
        )
    return _(
        "Purchases weigh about as much in small budgets as in large: {low} of expenditure in the smallest municipalities, {high} in the largest",
        **values,
    )


def joint_title(joint: pd.DataFrame) -> str:
    """Whether small rural municipalities take part together with others more often."""
    small, others = joint.iloc[0], joint.iloc[1]
    values = {"share": percent(small["estimate"]), "share2": percent(others["estimate"])}
    if small["low"] > others["high"]:
        return _(
            "Small rural municipalities are found together with others: {share} of their participations, against {share2}",
            **values,
        )
    return _(
        "Joint projects are {share} of what is found for small rural municipalities, and {share2} for the others",
        **values,
    )


def size_title(shares: pd.DataFrame) -> str:
    """What the size bands say, smallest first: a gradient, a difference of the ends, or neither."""
    first, last = shares.iloc[0], shares.iloc[-1]
    values = {"low": percent(first["estimate"]), "high": percent(last["estimate"])}
    if shares["estimate"].is_monotonic_increasing:
        return _(
            "The larger the municipality, the more often it is found: {low} of the smallest, {high} of the largest",
            **values,
        )
    if first["conf_high"] < last["conf_low"]:
        return _(
            "Large municipalities are found more often than small: {low} of the smallest, {high} of the largest",
            **values,
        )
    return _(
        "No clear pattern by size: {low} of the smallest municipalities are found, {high} of the largest",
        **values,
    )


def counties_title(by_county: pd.DataFrame, country: float) -> str:
    """How many counties can be told from the country by what was found."""
    apart = int(((by_county["low"] > country) | (by_county["high"] < country)).sum())
    return ngettext(
        "Only {n} of {all} counties can be told from the country as a whole",
        "{n} of {all} counties can be told from the country as a whole; the others' intervals include it",
        apart,
        n=apart,
        all=len(by_county),
    )


def with_source(participation: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """The register's rows as a reader downloads them, each with the address of its source."""
    columns = [
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
        "is_expanded",
        "note",
    ]
    return participation[columns].assign(source_url=participation["source_id"].map(sources["url"]))


def methods(panel: pd.DataFrame) -> list[str]:
    """How the figures are made, in four sentences."""
    return [
        _(
            "Small rural municipality: fewer than 5,000 inhabitants (SSB's limit for a small municipality) "
            "and centrality class 4–6 (the ministry's district municipalities). The combination is this "
            "project's choice; the national report shows others."
        ),
        _(
            "Intervals are 95%: Wilson's for shares, a score interval for ratios, Student's t for means. "
            "They say how far chance alone could move a figure, not what is missing in the register."
        ),
        _(
            "A participation is one municipality in one project, counted once whatever its roles. Old "
            "municipalities are carried to those of 2024 by SSB's list of changes (KLASS 131)."
        ),
        _(
            "Population and size are of 1 January 2024; accounts of {year}; purchases of {year2}.",
            year=words.year(panel["accounts_year"].max()),
            year2=words.purchases_year(panel),
        ),
    ]
