"""What the register holds of each published total: found n of N.

A total belongs to a whole programme (round ``all``), to a year or span of years, or to one process (the
round is then its project_id). Only totals of people who take part are used: ``participants`` (of any type)
and ``municipalities``.
"""

from __future__ import annotations

import re

import pandas as pd

from analysis.measures.estimates import Reason
from analysis.measures.observations import municipal

MEASURES = ("participants", "municipalities")
ALL = "all"


def found_of_published(participation: pd.DataFrame, published_totals: pd.DataFrame) -> pd.DataFrame:
    """One row per programme, round and measure with the largest published value, and what is found of it.

    Returns programme_id, round, measure, published, is_lower_limit (published as "at least"), found
    (distinct participants by name, or distinct municipalities as they were), missing (published − found,
    never below 0) and reason: ``BOUNDS``, ``NOT_COMPARABLE`` where more are found than published,
    ``NO_MATCH`` where the register can't tell which rows belong to the round.
    """
    chosen = published_totals[published_totals["measure"].isin(MEASURES)]
    rows = []
    for keys, totals in chosen.groupby(["programme_id", "round", "measure"], sort=True):
        programme, name, measure = (str(key) for key in keys)
        largest = totals.sort_values("value").iloc[-1]
        value = int(largest["value"])
        members = round_rows(participation, programme, name)
        if members is None:
            found, reason = 0, Reason.NO_MATCH
        else:
            found = _distinct(members, measure)
            reason = Reason.NOT_COMPARABLE if found > value else Reason.BOUNDS
        rows.append(
            {
                "programme_id": programme,
                "round": name,
                "measure": measure,
                "published": value,
                "is_lower_limit": largest.get("qualifier", "exact") == "at_least",
                "found": found,
                "missing": max(value - found, 0),
                "reason": reason,
            }
        )
    columns = [
        "programme_id",
        "round",
        "measure",
        "published",
        "is_lower_limit",
        "found",
        "missing",
        "reason",
    ]
    return pd.DataFrame(rows, columns=columns)


def round_rows(participation: pd.DataFrame, programme_id: str, name: str) -> pd.DataFrame | None:
    """The register's rows of a round; ``None`` where they can't be told from the others."""
    rows = participation[participation["programme_id"] == programme_id]
    if name == ALL:
        return rows
    if name in set(rows["project_id"]):
        return rows[rows["project_id"] == name]
    span = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", name)
    if span is None:
        return None
    first, last = int(span[1]), int(span[2] or span[1])
    return rows[rows["year"].astype("Int64").between(first, last).fillna(False).astype(bool)]


def _distinct(rows: pd.DataFrame, measure: str) -> int:
    if measure == "participants":
        return int(rows["participant_name"].nunique())
    rows = municipal(rows)
    return int(rows["code_then"].fillna(rows["municipality_code"]).nunique())
