"""What municipality and programme pages read from the tables: one adapter for columns that not every build has."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from analysis import tables
from analysis.measures.observations import TAKING_PART
from analysis.report.data import Data

#: Scopes that count as participation; ``adoption`` and ``setting`` are shown apart.
COUNTED = ("procurement", "development")
#: Scope of programmes in a build without the column ``scope``; all others are development.
_PROCUREMENT = {
    "innovation_partnership",
    "startoff",
    "regional_startoff",
    "lup_partner",
    "lup_project",
    "lup_network",
    "lup_award",
    "pre_commercial_procurement",
}
_OPTIONAL = ("status", "status_year", "apply_url", "eligible", "complete_for")
_ROLE_ORDER = {"lead": 0, "partner": 1, "participant": 2}
_NORWEGIAN = re.compile(r"\b(og|av|til|med|i|på|som|kommune[nr]?|fra|ved|innen)\b|[æøåÆØÅ]")


@dataclass(frozen=True)
class Records:
    """Tables in the one shape that the pages use.

    ``rows``: one per municipality and project (``participation`` of the 2024 municipality, counted once),
    see :func:`participations`. ``programmes``: by programme_id, with scope and the optional columns (NA
    where a build lacks them). ``cooperations``: municipality_code, cooperation_name, kind, source_url;
    empty where there is no such table.
    """

    rows: pd.DataFrame
    programmes: pd.DataFrame
    cooperations: pd.DataFrame
    purchases: pd.DataFrame


def read(data: Data) -> Records:
    """The tables as the pages use them.

    Parameters
    ----------
    data : Data

    Returns
    -------
    Records
    """
    kinds = programmes(data.programmes)
    return Records(
        rows=participations(data.participation, kinds, data.projects, data.sources),
        programmes=kinds,
        cooperations=_cooperations(),
        purchases=purchases(tables.load("procurement"), tables.load("population")),
    )


def programmes(table: pd.DataFrame) -> pd.DataFrame:
    """Programmes by programme_id with ``scope`` and the optional columns present."""
    frame = table.set_index("programme_id").copy()
    if "scope" not in frame:
        is_procurement = frame.index.isin(_PROCUREMENT)
        frame["scope"] = pd.Series("development", index=frame.index).mask(is_procurement, "procurement")
    for column in _OPTIONAL:
        if column not in frame:
            frame[column] = pd.NA
    return frame


def participations(
    participation: pd.DataFrame, kinds: pd.DataFrame, projects: pd.DataFrame, sources: pd.DataFrame
) -> pd.DataFrame:
    """One row per municipality and project, whatever the number of records or former units behind it.

    Parameters
    ----------
    participation, projects : DataFrame
        The tables of these names.
    kinds : DataFrame
        :func:`programmes`.
    sources : DataFrame
        By source_id: url, title, publisher.

    Returns
    -------
    DataFrame
        municipality_code, programme_id, project_id, scope, year (first; Int64), role, stage,
        takes_part, is_named (the source names the municipality or its former unit, not only a group), is_counted
        (takes_part, in a scope that counts, and named), title_nb, title_en, language (:func:`language_of`),
        names_then, is_inferred, source_url, source_title, publisher,
        n_sources.
    """
    rows = participation[
        (participation["participant_type"] == "municipality") & participation["municipality_code"].notna()
    ].copy()
    rows["is_named"] = (
        rows["basis"].eq("named") if "basis" in rows else ~rows["is_expanded"].astype(bool)
    ).astype(bool)
    rows["takes_part"] = rows["stage"].isin(TAKING_PART)
    rows["is_inferred"] = rows["confidence"].eq("inferred")
    rows["order"] = rows["role"].map(_ROLE_ORDER)
    rows = rows.sort_values(
        ["municipality_code", "project_id", "takes_part", "is_named", "order", "record_id"],
        ascending=[True, True, False, False, True, True],
    )
    keys = ["municipality_code", "project_id"]
    frame = rows.drop_duplicates(keys).set_index(keys)
    grouped = rows.groupby(keys, sort=False)
    frame["year"] = grouped["year"].min()
    frame["names_then"] = grouped["name_then"].agg(lambda names: tuple(dict.fromkeys(names.dropna())))
    frame["n_sources"] = grouped["source_id"].nunique()
    frame = frame.reset_index()
    frame["scope"] = frame["programme_id"].map(kinds["scope"])
    frame["is_counted"] = frame["takes_part"] & frame["is_named"] & frame["scope"].isin(COUNTED)
    titles = projects.set_index("project_id")
    frame["title_en"] = frame["project_id"].map(titles["title"])
    frame["title_nb"] = frame["project_id"].map(titles["title_nb"].fillna(titles["title"]))
    frame["language"] = [
        language_of(*pair) for pair in zip(frame["title_nb"], frame["title_en"], strict=True)
    ]
    frame["source_url"] = frame["source_id"].map(sources["url"])
    frame["source_title"] = frame["source_id"].map(sources["title"])
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
            "takes_part",
            "is_named",
            "is_counted",
            "is_inferred",
            "title_nb",
            "title_en",
            "language",
            "names_then",
            "source_url",
            "source_title",
            "publisher",
            "n_sources",
        ]
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


def purchases(procurement: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """Purchases per inhabitant at the end of the newest accounts year, own production apart.

    Parameters
    ----------
    procurement, population : DataFrame
        The tables of these names.

    Returns
    -------
    DataFrame
        On municipality_code: own_per_inhabitant, replacing_per_inhabitant (NOK), purchases_share (of
        operating expenditure) and purchases_year; missing where unknown. ``is_preliminary`` says
        whether any figure of the year is.
    """
    group = procurement[procurement["scope"] == "A"] if "scope" in procurement else procurement
    bought = group[group["measure"] == "purchases_own_production"].dropna(subset="amount_nok_thousand")
    year = int(bought["year"].max())
    group = group[group["year"] == year]
    wide = group.pivot_table(index="municipality_code", columns="measure", values="amount_nok_thousand")
    people = population[population["year"] == year + 1].set_index("municipality_code")["population"]
    people = people.reindex(wide.index).astype("Float64").astype(float)
    own, replacing = wide["purchases_own_production"], wide["purchases_replacing_production"]
    return pd.DataFrame(
        {
            "own_per_inhabitant": own * 1000 / people,
            "replacing_per_inhabitant": replacing * 1000 / people,
            "purchases_share": (own + replacing) / wide["operating_expenditure"],
            "purchases_year": year,
            "is_preliminary": bool(group["is_preliminary"].any()) if "is_preliminary" in group else False,
        }
    )


def _cooperations() -> pd.DataFrame:
    """The table of standing cooperations, empty where this build has none."""
    columns = ["municipality_code", "cooperation_name", "kind", "source_url"]
    if not (tables.paths.processed() / "cooperations.parquet").exists():
        return pd.DataFrame(columns=columns, dtype="str")
    frame = tables.load("cooperations")
    return frame.reindex(columns=columns).dropna(subset=["municipality_code", "cooperation_name"])
