"""What municipality and programme pages read from the tables, in the shape in which they print it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.i18n import _, ngettext
from analysis.measures.groups import TAKING_PART
from analysis.report import labels

_ROLE_ORDER = {"lead": 0, "partner": 1, "participant": 2}
_NORWEGIAN = re.compile(r"\b(og|av|til|med|i|på|som|kommune[nr]?|fra|ved|innen)\b|[æøåÆØÅ]")


def participations(
    participation: pd.DataFrame,
    kinds: pd.DataFrame,
    projects: pd.DataFrame,
    sources: pd.DataFrame,
    counted: pd.DataFrame,
) -> pd.DataFrame:
    """One row per municipality and project, whatever the number of records or former units behind it.

    Parameters
    ----------
    participation, projects : DataFrame
        The tables of these names.
    kinds : DataFrame
        Programmes by programme_id.
    sources : DataFrame
        By source_id: url, publisher.
    counted : DataFrame
        The rows that count (``Data.named``): municipality_code, project_id.

    Returns
    -------
    DataFrame
        municipality_code, programme_id, project_id, scope, year (first; Int64), role, stage,
        outcome (completed, stopped, cancelled, declined; of the project), n_grants (that the row stands for),
        takes_part, is_named (the source names the municipality or its former unit, not only a group),
        is_counted (it is among ``counted``), is_inferred, title_nb, title_en,
        language (:func:`language_of`), names_then, source_url, publisher.
    """
    rows = participation[
        (participation["participant_type"] == "municipality") & participation["municipality_code"].notna()
    ].copy()
    rows["is_named"] = rows["basis"].eq("named")
    rows["takes_part"] = rows["stage"].isin(TAKING_PART)
    rows["is_inferred"] = rows["confidence"].eq("inferred")
    rows["order"] = rows["role"].map(_ROLE_ORDER)
    rows = rows.sort_values(
        ["municipality_code", "project_id", "takes_part", "is_named", "order", "year", "record_id"],
        ascending=[True, True, False, False, True, True, True],
    )
    keys = ["municipality_code", "project_id"]
    frame = rows.drop_duplicates(keys).set_index(keys)
    grouped = rows.groupby(keys, sort=False)
    frame["year"] = grouped["year"].min()
    frame["names_then"] = grouped["name_then"].agg(
        lambda names: tuple(dict.fromkeys(name for name in names if isinstance(name, str)))
    )
    frame = frame.reset_index()
    frame["scope"] = frame["programme_id"].map(kinds["scope"])
    frame["is_counted"] = pd.MultiIndex.from_frame(frame[keys]).isin(pd.MultiIndex.from_frame(counted[keys]))
    titles = projects.set_index("project_id")
    frame["title_en"] = frame["project_id"].map(titles["title"])
    frame["title_nb"] = frame["project_id"].map(titles["title_nb"].fillna(titles["title"]))
    frame["outcome"] = frame["project_id"].map(titles["outcome"])
    frame["n_grants"] = frame["project_id"].map(titles["n_grants"]).fillna(1).astype(int)
    frame["language"] = [
        language_of(*pair) for pair in zip(frame["title_nb"], frame["title_en"], strict=True)
    ]
    frame["source_url"] = frame["source_id"].map(sources["url"])
    frame["publisher"] = frame["source_id"].map(sources["publisher"])
    return frame[
        [
            "municipality_code",
            "programme_id",
            "project_id",
            "scope",
            "year",
            "role",
            "stage",
            "outcome",
            "n_grants",
            "takes_part",
            "is_named",
            "is_counted",
            "is_inferred",
            "title_nb",
            "title_en",
            "language",
            "names_then",
            "source_url",
            "publisher",
        ]
    ]


def part(row: Mapping[str, Any]) -> list[str]:
    """What a municipality was in a project, and what to know of the row: a word or two for each.

    Parameters
    ----------
    row : mapping
        A row of :func:`participations`.
    """
    grants = row["n_grants"]
    return [
        labels.stage(row["stage"]) or labels.role(row["role"]),
        _("indirect") if row["is_inferred"] and row["is_named"] else "",
        labels.outcome(row["outcome"]),
        ngettext("{n} grant", "{n} grants", grants, n=labels.in_words(grants)) if grants > 1 else "",
    ]


def language_of(title: str, other: str) -> str:
    """Language of a title that stands in the same words on Norwegian and English pages.

    Pages mark it for those who listen. Titles that differ are each in the page's own language; a title of
    one or two words is a name.

    Returns
    -------
    str
        ``nb``, ``en``, or nothing where it needs no mark.

    Examples
    --------
    >>> language_of("Smart Mature Resilience", "Smart Mature Resilience")
    'en'
    >>> language_of("GreenCharge", "GreenCharge"), language_of("Remote care", "Avstandsoppfølging")
    ('', '')
    """
    if title != other or len(title.split()) < 3:
        return ""
    return "nb" if _NORWEGIAN.search(title) else "en"


def cooperations(table: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    """Cooperations that each municipality is stated to be a member of, once each.

    Parameters
    ----------
    table : DataFrame
        The table ``cooperations``.
    sources : DataFrame
        By source_id: url.

    Returns
    -------
    DataFrame
        municipality_code, name, kind, as_of_year (newest), to_year, source_url.
    """
    rows = table.dropna(subset="municipality_code").sort_values("as_of_year", na_position="first")
    rows = rows.drop_duplicates(["municipality_code", "cooperation_id"], keep="last")
    rows = rows.assign(source_url=rows["source_id"].map(sources["url"])).sort_values(["name"])
    return rows[["municipality_code", "name", "kind", "as_of_year", "to_year", "source_url"]]
