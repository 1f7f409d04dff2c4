"""Projects and who is in them: ties to municipalities, leads, and what projects have in common."""

from __future__ import annotations

from typing import Literal, get_args
from urllib.parse import urlsplit

import numpy as np
import pandas as pd

from analysis.errors import one_of
from analysis.measures.municipal_rows import awards_apart
from analysis.measures.observations import Observations

Weight = Literal["project", "split"]


def tie_table(observations: Observations, weight: Weight = "project") -> pd.DataFrame:
    """Participations of the panel's municipalities: municipality_code, project_id, weight.

    Single awards that share a list (``form`` list) are projects of their own here, ``project_id/municipality``:
    they are recorded, and resampled, one by one. The weight of ``split`` is 1 over the number of municipalities
    of the project in the whole country.
    """
    rows = observations.municipal_rows
    ties, share = tie_places(observations, weight)
    return pd.DataFrame(
        {
            "municipality_code": rows.municipalities.take(rows.municipality[ties]),
            "project_id": rows.awards.take(rows.award[ties]),
            "weight": share,
        },
        index=rows.frame.index[ties],
    )


def tie_places(observations: Observations, weight: Weight = "project") -> tuple[np.ndarray, np.ndarray]:
    """Places of the ties in ``municipal_rows``, and their weights: ``tie_table`` without its texts."""
    one_of("weight", weight, get_args(Weight))
    rows, is_row = observations.municipal_rows, observations.is_row
    ties = np.flatnonzero(is_row)[~_repeated(observations, is_row)]
    if weight == "project":
        return ties, np.ones(len(ties))
    in_country = np.flatnonzero(observations.is_record)[~_repeated(observations, observations.is_record)]
    return ties, 1 / np.bincount(rows.award[in_country], minlength=len(rows.awards))[rows.award[ties]]


def incidence(observations: Observations) -> np.ndarray:
    """Which of the panel's municipalities are in which project, (projects, municipalities): 1 or 0.

    Only projects with a municipality of the panel, in the order of their first row.
    """
    rows, (ties, _share) = observations.municipal_rows, tie_places(observations)
    project, names = pd.factorize(rows.award[ties])
    codes = pd.Index(observations.panel["municipality_code"])
    found = np.zeros((len(names), len(codes)))
    found[project, codes.get_indexer(rows.municipalities)[rows.municipality[ties]]] = 1
    return found


def _repeated(observations: Observations, chosen: np.ndarray) -> np.ndarray:
    """Which of the chosen rows are of a municipality and project that an earlier one has."""
    rows = observations.municipal_rows
    pair = rows.award[chosen] * len(rows.municipalities) + rows.municipality[chosen]
    return pd.Series(pair).duplicated().to_numpy()


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
