"""What municipality and programme pages read from the tables, in the shape in which they print it."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from analysis import tables
from analysis.measures.groups import TAKING_PART
from analysis.report.data import Data

#: Scopes that count as participation; ``adoption`` and ``setting`` are shown apart.
COUNTED = ("procurement", "development")
_ROLE_ORDER = {"lead": 0, "partner": 1, "participant": 2}
_NORWEGIAN = re.compile(r"\b(og|av|til|med|i|på|som|kommune[nr]?|fra|ved|innen)\b|[æøåÆØÅ]")


@dataclass(frozen=True)
class Records:
    """Tables in the shape that the pages use.

    ``rows``: one per municipality and project, see :func:`participations`. ``programmes``: by programme_id.
    ``cooperations`` and ``purchases``: see the functions of these names.
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
    kinds = data.programmes.set_index("programme_id")
    return Records(
        rows=participations(data.participation, kinds, data.projects, data.sources, data.named.rows),
        programmes=kinds,
        cooperations=cooperations(tables.load("cooperations"), data.sources),
        purchases=purchases(tables.load("panel")),
    )


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
        ["municipality_code", "project_id", "takes_part", "is_named", "order", "record_id"],
        ascending=[True, True, False, False, True, True],
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


def purchases(panel: pd.DataFrame) -> pd.DataFrame:
    """Purchases per inhabitant at the end of the newest accounts year, own production apart.

    Parameters
    ----------
    panel : DataFrame
        The table of this name.

    Returns
    -------
    DataFrame
        On municipality_code: own_per_inhabitant, replacing_per_inhabitant (NOK), purchases_share (of
        operating expenditure) and purchases_year; missing where unknown. ``is_preliminary`` says
        whether any figure of the year is.
    """
    table = panel.set_index("municipality_code")
    return pd.DataFrame(
        {
            "own_per_inhabitant": table["purchases_own_production_nok_per_inhabitant"],
            "replacing_per_inhabitant": table["purchases_replacing_production_nok_per_inhabitant"],
            "purchases_share": table["purchases_share"],
            "purchases_year": table["purchases_year"].max(),
            "is_preliminary": bool(table["purchases_is_preliminary"].any()),
        }
    )


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
