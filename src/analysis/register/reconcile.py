"""What has been published on the size of each programme, and how far the register reaches."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.register.files import Register
from analysis.tables.schema import validate

SCHEMA = pa.DataFrameSchema(
    {
        "programme_id": pa.Column(str),
        "round": pa.Column(str),
        "year": pa.Column("Int64", nullable=True),
        "measure": pa.Column(str),
        "value": pa.Column("int64", pa.Check.ge(0)),
        "qualifier": pa.Column(str, pa.Check.isin(["exact", "about", "at_least", "at_most"])),
        "source_url": pa.Column(str),
        "note": pa.Column(str, nullable=True),
    },
    strict=True,
    coerce=True,
)


def build(register: Register) -> pd.DataFrame:
    """One row per published total; contradicting ones stand side by side.

    Returns programme_id, round (a call, "all" for the whole programme, or the project_id of one process),
    year, measure (projects, participants, municipalities, counties, winners, applications, applicants,
    companies, networks, candidates), value, qualifier (exact, about, at_least, at_most), source_url, note.

    Raises:
        DataError: all faults of the register's files.
    """
    register.raise_faults()
    frame = register["published_totals"].reset_index(drop=True)
    for column, dtype in (("year", "Int64"), ("value", "int64")):
        frame[column] = pd.to_numeric(frame[column]).astype(dtype)
    frame["source_url"] = frame["source_id"].map(register["sources"].set_index("source_id")["url"])
    return validate(frame[list(SCHEMA.columns)], SCHEMA, "published_totals")


#: Measures that the register can be counted by; the others (applications, companies …) it does not hold.
COUNTED = ("projects", "participants", "municipalities", "counties", "winners", "candidates")


def reconcile(published: pd.DataFrame, participation: pd.DataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    """Every published total beside what the register holds of the same thing.

    A participation belongs to a round by its project's round (else by its year), to the round "all" if
    it began no later than the year the total speaks of, and to a round such as 2016-2018 by its year.
    Participants of one year are counted as the units they were then, those of several years as the
    units of 2024. Oslo counts as a county and as a municipality, as it is both. A winner is one that leads.

    Returns programme_id, round, year, measure, published, qualifier, found (distinct in the register;
    NA where it holds no such thing), found_named (without members of groups that the source does not name
    one by one), contradicts (another source gives another number for the same thing), source_url, note.
    """
    rows = participation.merge(projects[["project_id", "round"]], on="project_id", how="left")
    body = ("county " + rows["county_code_then"]).fillna(rows["participant_name"].str.casefold())
    rows["unit_now"] = rows["municipality_code"].fillna(body)
    is_town = rows["participant_type"] == "municipality"
    rows["unit_then"] = rows["code_then"].where(is_town).fillna(rows["unit_now"])
    found = []
    of_programme = dict(list(rows.groupby("programme_id")))
    for total in published.itertuples():
        mine = of_programme.get(total.programme_id, rows.iloc[:0])
        years = mine["year"].astype("Float64")
        span = str(total.round).split("-")
        if total.round == "all":
            held = years.le(total.year).fillna(False) if pd.notna(total.year) else pd.Series(True, mine.index)
        elif len(span) == 2 and all(part.isdigit() for part in span):
            held = mine["round"].eq(total.round) | years.between(*map(int, span)).fillna(False)
        else:
            by_year = mine["round"].isna() & mine["year"].astype("str").eq(total.round)
            held = mine["round"].eq(total.round) | mine["project_id"].eq(total.round) | by_year
        chosen = mine[held.astype(bool)]
        named = chosen[~chosen["is_expanded"]]
        found.append({"found": _count(chosen, total.measure), "found_named": _count(named, total.measure)})
    frame = published.reset_index(drop=True).join(pd.DataFrame(found).astype("Int64"))
    said = frame[frame["qualifier"] == "exact"].groupby(
        ["programme_id", "round", "year", "measure"], dropna=False
    )
    frame["contradicts"] = said["value"].transform("nunique").reindex(frame.index).gt(1)
    order = [
        "programme_id",
        "round",
        "year",
        "measure",
        "value",
        "qualifier",
        "found",
        "found_named",
        "contradicts",
    ]
    return frame[[*order, "source_url", "note"]].rename(columns={"value": "published"})


def _count(rows: pd.DataFrame, measure: str) -> int | None:
    """Distinct things of a measure in some rows; None where the register holds no such thing."""
    if measure not in COUNTED:
        return None
    if measure == "projects":
        return rows["project_id"].nunique()
    chosen = {
        "participants": slice(None),
        "municipalities": rows["participant_type"] == "municipality",
        "counties": (rows["participant_type"] == "county") | (rows["municipality_code"] == "0301"),
        "winners": (rows["role"] == "lead") & rows["stage"].isin(["taking_part", "winner"]),
        "candidates": rows["stage"].isin(["candidate", "nominee", "winner"]),
    }[measure]
    unit = "unit_then" if rows["year"].nunique() < 2 else "unit_now"
    return rows.loc[chosen, unit].nunique()
