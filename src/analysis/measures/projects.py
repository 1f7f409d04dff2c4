"""Projects and who is in them: ties to municipalities, leads, and what projects have in common."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

import pandas as pd

from analysis.measures.observations import Observations

Weight = Literal["project", "split"]


def tie_table(observations: Observations, weight: Weight = "project") -> pd.DataFrame:
    """Participations of the panel's municipalities: municipality_code, project_id, weight.

    Single awards that share a list (``form`` list) are projects of their own here, ``project_id/municipality``:
    they are recorded, and resampled, one by one. The weight of ``split`` is 1 over the number of municipalities
    of the project in the whole country.
    """
    ties = _pairs(observations.rows)
    if weight == "project":
        return ties.assign(weight=1.0)
    size = _pairs(observations.records)["project_id"].value_counts()
    return ties.assign(weight=1 / ties["project_id"].map(size).astype(float))


def _pairs(rows: pd.DataFrame) -> pd.DataFrame:
    """Municipality and project of each row, every pair once; single awards on a list apart."""
    needed = rows.filter(items=["municipality_code", "project_id", "form"]).drop_duplicates()
    return awards_apart(needed)[["municipality_code", "project_id"]].drop_duplicates()


def awards_apart(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of participation with a project_id of its own for each municipality on a list (``form`` list)."""
    if "form" not in rows:
        return rows
    is_list = rows["form"].eq("list").fillna(False).astype(bool)
    if not is_list.any():
        return rows
    own = rows["project_id"].astype(str) + "/" + rows["municipality_code"].astype(str)
    return rows.assign(project_id=rows["project_id"].astype(str).mask(is_list, own))


def web_domains(observations: Observations, sources: pd.DataFrame) -> pd.Series:
    """Web domain of the first source of each project, by project_id (for ``clusters``)."""
    address = sources.set_index("source_id")["url"]
    first = awards_apart(observations.records).groupby("project_id")["source_id"].first().map(address)
    return first.map(lambda url: urlsplit(str(url)).netloc.removeprefix("www.")).rename("web domains")


def lead_counties(observations: Observations) -> pd.Series:
    """County of the municipality that leads each project, by project_id (for ``clusters``)."""
    return (
        leads(observations)
        .map(observations.panel.set_index("municipality_code")["county_code"])
        .rename("counties of the lead")
    )


def leads(observations: Observations) -> pd.Series:
    """The municipality that leads each project, by project_id; the most populous where none is named as lead."""
    rows = awards_apart(observations.rows)
    people = rows["municipality_code"].map(observations.panel.set_index("municipality_code")["population"])
    rows = rows.assign(is_lead=rows["role"] == "lead", size=people)
    order, ascending = ["project_id", "is_lead", "size", "municipality_code"], [True, False, False, True]
    rows = rows.sort_values(order, ascending=ascending, kind="stable")
    return rows.groupby("project_id")["municipality_code"].first().rename("lead")
