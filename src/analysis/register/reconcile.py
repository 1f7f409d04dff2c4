"""Published totals beside what the register holds of the same thing: found n of published N.

A participation belongs to a round by its project's round (else by its year; a county's part of a year's awards
belongs to that year), to the round ``all`` if it began no later than the year the total speaks of, and to a round
such as ``2016-2018`` by its year. A round may also be the ``project_id`` of one process.
"""

from __future__ import annotations

import re

import pandas as pd

#: The round that stands for a whole programme.
ALL = "all"
#: Measures that the register can be counted by; the others (applications, companies …) it does not hold.
COUNTED = (
    "projects",
    "participants",
    "participations",
    "municipalities",
    "counties",
    "winners",
    "candidates",
)
#: Measures that count those who take part, so that published minus found are participants not named.
TAKING_PART = ("participants", "municipalities")


def round_rows(
    participation: pd.DataFrame,
    projects: pd.DataFrame,
    programme_id: str,
    round_name: str,
    year: float | None = None,
) -> pd.DataFrame | None:
    """Rows of participation that a published total speaks of.

    Parameters
    ----------
    participation, projects : DataFrame
        The tables of the register.
    programme_id : str
    round_name : str
        ``all``, a year, a span of years (``2016-2018``), a call's name or a project_id.
    year : number, optional
        Year that the total speaks of: the round ``all`` then holds rows up to that year, and none without
        a year. With None or NA it holds every row of the programme.

    Returns
    -------
    DataFrame or None
        The rows, columns as given; None where nothing tells which rows belong to the round.
    """
    rows = participation[participation["programme_id"] == programme_id]
    called = rows["project_id"].map(projects.set_index("project_id")["round"])
    return _of_round(rows.assign(called=called), _names(projects), round_name, year, list(rows.columns))


def _names(projects: pd.DataFrame) -> set[str]:
    """Rounds and projects by which a total can be told apart."""
    return set(projects["project_id"]) | set(projects["round"].dropna())


def _of_round(
    rows: pd.DataFrame, names: set[str], round_name: str, year: float | None, columns: list[str]
) -> pd.DataFrame | None:
    """Rows of one programme (with ``called``, their project's round) that belong to a round."""
    years = rows["year"].astype("Float64")
    if round_name == ALL:
        held = pd.Series(True, rows.index) if year is None or pd.isna(year) else years.le(float(year))
        return rows.loc[held.fillna(False).astype(bool), columns]
    span = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", round_name)
    if span is None and round_name not in names:
        return None
    held = rows["called"].eq(round_name) | rows["project_id"].eq(round_name)
    if span is not None:
        dated = years.between(int(span[1]), int(span[2] or span[1])).fillna(False).astype(bool)
        # Where a project names its call, a single year is that call's and not the row's: a county's part of it
        # ("Nordland 2016") belongs to it, another call of the year ("2016 first") does not.
        of_county = rows["called"].astype("str").str.fullmatch(rf"\D+ {span[1]}").fillna(False).astype(bool)
        held |= dated if span[2] else of_county | (dated & rows["called"].isna())
    return rows.loc[held.fillna(False).astype(bool), columns]


def count(rows: pd.DataFrame, measure: str) -> int | None:
    """Distinct things that a measure counts in rows of participation; None where the register holds none.

    Candidates and nominees count among candidates only, those that turned a grant down nowhere. Participants of
    one year are counted as the units they were then, those of several years as the units of 2024. Oslo
    counts as a county and as a municipality, as it is both. A winner is one that leads. Participations are pairs of a
    participant and a project: one in two projects counts twice.

    Parameters
    ----------
    rows : DataFrame
        Rows of participation, e.g. those of :func:`round_rows`.
    measure : str
        As in published_totals.csv.
    """
    if measure not in COUNTED:
        return None
    reached = ["candidate", "nominee"] if measure == "candidates" else ["taking_part"]
    rows = rows[rows["stage"].isin([*reached, "winner"])]
    if measure == "projects":
        return rows["project_id"].nunique()
    is_municipality = rows["participant_type"] == "municipality"
    if measure == "municipalities":
        chosen = rows[is_municipality]
    elif measure == "counties":
        chosen = rows[(rows["participant_type"] == "county") | (rows["municipality_code"] == "0301")]
    elif measure == "winners":
        chosen = rows[rows["role"] == "lead"]
    else:
        chosen = rows
    body = ("county " + chosen["county_code_then"]).fillna(chosen["participant_name"].str.casefold())
    unit = chosen["municipality_code"].fillna(body)
    if rows["year"].nunique() < 2:
        unit = chosen["code_then"].where(is_municipality).fillna(unit)
    if measure == "participations":
        unit += " in " + chosen["project_id"].astype(str)
    return unit.nunique()


def reconcile(published: pd.DataFrame, participation: pd.DataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    """Put every published total beside what the register holds of the same thing.

    Parameters
    ----------
    published, participation, projects : DataFrame
        The tables of the register.

    Returns
    -------
    DataFrame
        One row per published total: programme_id, round, year, measure, published, qualifier, found
        (distinct in the register; NA where it holds no such thing), found_named (without members of groups
        that the source does not name one by one), contradicts (another source gives another number for
        the same thing), source_url, note.
    """
    found: list[tuple[int | None, int | None]] = []
    columns = ["programme_id", "project_id", "year", "participant_name", "participant_type", "role", "stage"]
    columns += ["municipality_code", "code_then", "county_code_then", "basis"]
    participation = participation[participation["programme_id"].isin(published["programme_id"])]
    called = participation["project_id"].map(projects.set_index("project_id")["round"])
    # Objects: for hundreds of small selections, pandas' text type costs more than it saves.
    rows_of = participation[columns].assign(called=called).astype(object)
    of_programme = dict(list(rows_of.groupby("programme_id")))
    names = _names(projects)
    for total in published.itertuples():
        rows = None
        if total.measure in COUNTED:
            programme = of_programme.get(total.programme_id, rows_of.iloc[:0])
            rows = _of_round(programme, names, total.round, total.year, columns)
        if rows is None:
            found.append((None, None))
            continue
        named = rows[rows["basis"] == "named"]
        found.append((count(rows, total.measure), count(named, total.measure)))
    counted = pd.DataFrame(found, columns=["found", "found_named"], index=published.index).astype("Int64")
    frame = published.rename(columns={"value": "published"}).join(counted)
    same = frame[frame["qualifier"] == "exact"].groupby(
        ["programme_id", "round", "year", "measure"], dropna=False
    )
    frame["contradicts"] = same["published"].transform("nunique").reindex(frame.index).gt(1)
    columns = ["programme_id", "round", "year", "measure", "published", "qualifier"]
    columns += ["found", "found_named", "contradicts", "source_url", "note"]
    return frame[columns].reset_index(drop=True)


def found_of_published(
    published: pd.DataFrame, participation: pd.DataFrame, projects: pd.DataFrame
) -> pd.DataFrame:
    """Compare the largest published number of participants of each round with what is found.

    Parameters
    ----------
    published, participation, projects : DataFrame
        The tables of the register.

    Returns
    -------
    DataFrame
        One row per programme, round and measure of :data:`TAKING_PART`: programme_id, round, measure, year
        (of the total; hand it to :func:`round_rows`), published, is_lower_limit (published as "at least"),
        found (NA where nothing tells which rows belong to the round), missing (published minus found,
        never below 0).
    """
    counted = published[published["measure"].isin(TAKING_PART)]
    table = reconcile(counted, participation, projects)
    key = ["programme_id", "round", "measure"]
    largest = table.sort_values([*key, "published"], kind="stable").drop_duplicates(key, keep="last")
    largest = largest.assign(
        is_lower_limit=largest["qualifier"] == "at_least",
        missing=(largest["published"] - largest["found"]).clip(lower=0),
    )
    columns = [*key, "year", "published", "is_lower_limit", "found", "missing"]
    return largest[columns].reset_index(drop=True)
