"""The participations that pages count, found here with plain pandas and nothing of the package's measures."""

from __future__ import annotations

import pandas as pd


def counted_rows(
    participation: pd.DataFrame, programmes: pd.DataFrame, projects: pd.DataFrame, *, grants_once: bool = True
) -> pd.DataFrame:
    """One row per municipality and project of procurement and development; one grant of two programmes once."""
    rows = participation[
        (participation["participant_type"] == "municipality") & participation["municipality_code"].notna()
    ]
    rows = rows[rows["stage"].isin(["taking_part", "winner"])]
    scope = programmes.set_index("programme_id")["scope"]
    rows = rows[rows["programme_id"].map(scope).isin(["procurement", "development"])]
    known = projects.set_index("project_id")
    rows = rows[rows["project_id"].map(known["form"]) != "scheme"]
    rows = rows.drop_duplicates(["municipality_code", "project_id"])
    if not grants_once:
        return rows
    there = set(zip(rows["municipality_code"], rows["project_id"], strict=True))
    same = rows["project_id"].map(known["same_grant_as"])
    twice = [(code, other) in there for code, other in zip(rows["municipality_code"], same, strict=True)]
    return rows[[not is_twice for is_twice in twice]]
