"""Names that find a municipality: official, former and other-language names, and numbers old and new."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from pathlib import Path

import pandas as pd

from analysis import tables
from analysis.i18n import alphabetically, current
from analysis.register import files
from analysis.report.data import Data
from analysis.report.labels import short_name
from analysis.report.urls import municipality_file


def search_terms(panel: pd.DataFrame, reforms: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """List every name and number by which a reader may look for a municipality.

    A municipality that was divided leads to where SSB's series place it, else to each of its parts.

    Parameters
    ----------
    panel : DataFrame
        municipality_code, municipality_name, municipality_name_official.
    reforms : DataFrame
        The table of this name: code, name, municipality_code (2024), series_code.
    names : DataFrame
        ``names.csv`` of the register: name, participant_type, resolves_to (a name in force).

    Returns
    -------
    DataFrame
        municipality_code, term, kind: ``name`` (in force, in any official language), ``former``
        (name of an earlier time, or what the register knows as one), ``number``, ``former_number``.
        A term stands once for a municipality, under the first of these kinds.
    """
    own = reforms["series_code"].isna() | (reforms["series_code"] == reforms["municipality_code"])
    reforms, columns = reforms[own], ["municipality_code", "term", "kind"]
    parts = [
        _terms(panel, "municipality_name", "name"),
        _terms(panel, "municipality_name_official", "name"),
        panel.assign(term=panel["municipality_code"], kind="number")[columns],
        _terms(reforms, "name", "former"),
        reforms.assign(term=reforms["code"], kind="former_number")[columns],
    ]
    known = pd.concat(parts)
    towns = names[names["participant_type"] == "municipality"]
    code = known[known["kind"].isin(["name", "former"])].drop_duplicates("term").set_index("term")
    led_to = towns["resolves_to"].map(code["municipality_code"])
    other = towns.assign(municipality_code=led_to, term=towns["name"], kind="former")[columns]
    found = pd.concat([known, other.dropna(subset="municipality_code")])
    found = found[found["municipality_code"].isin(panel["municipality_code"])]
    return found.drop_duplicates(["municipality_code", "term"]).reset_index(drop=True)


def _terms(frame: pd.DataFrame, column: str, kind: str) -> pd.DataFrame:
    """Each language's part of a name as a term of its own: ``Snåase - Snåsa`` gives two."""
    rows = frame[["municipality_code", column]].dropna()
    rows = rows.assign(term=rows[column].str.split(" - ")).explode("term")
    rows = rows.assign(term=rows["term"].str.strip().map(short_name), kind=kind)
    return rows[["municipality_code", "term", "kind"]]


@cache
def districts() -> pd.DataFrame:
    """Traditional districts and their municipalities.

    Returns
    -------
    DataFrame
        municipality_code, term.
    """
    known = tomllib.loads((Path(__file__).parent / "districts.toml").read_text(encoding="utf-8"))
    pairs = [(code, name) for name, codes in known["municipalities"].items() for code in codes]
    return pd.DataFrame(pairs, columns=["municipality_code", "term"])


def search_texts(panel: pd.DataFrame, terms: pd.DataFrame) -> pd.Series:
    """The terms of each municipality as a page's script reads them.

    Parameters
    ----------
    panel : DataFrame
        municipality_code, municipality_name, labour_market_region_name.
    terms : DataFrame
        :func:`search_terms`.

    Returns
    -------
    Series
        On municipality_code: names in force besides the page's own, ``||``, then numbers, former names,
        labour-market region and district, each set off by ``|``.

    Examples
    --------
    >>> panel = pd.DataFrame({"municipality_code": ["3454"], "municipality_name": ["Vang"],
    ...                       "labour_market_region_name": ["Nord-Aurdal"]})
    >>> terms = pd.DataFrame({"municipality_code": "3454", "term": ["Vang", "3454", "0545"],
    ...                       "kind": ["name", "number", "former_number"]})
    >>> search_texts(panel, terms)["3454"]
    '||3454|0545|Nord-Aurdal|Valdres'
    """
    shown = panel.set_index("municipality_code")["municipality_name"]
    regions = panel[["municipality_code", "labour_market_region_name"]].dropna()
    regions = regions.assign(term=regions["labour_market_region_name"].str.split(" - |/")).explode("term")
    frame = pd.concat([terms, regions[["municipality_code", "term"]], districts()]).drop_duplicates(
        ["municipality_code", "term"]
    )
    frame = frame[frame["term"] != frame["municipality_code"].map(shown)]
    in_force = frame["kind"].eq("name")
    own, others = (
        rows.groupby("municipality_code", sort=False)["term"].agg("|".join).reindex(shown.index).fillna("")
        for rows in (frame[in_force], frame[~in_force])
    )
    return own + "||" + others


def search_list(data: Data) -> list[dict[str, str]]:
    """All municipalities from A to Å with what finds each, in the language in use.

    Returns
    -------
    list of dict
        ``code``, ``name``, ``county``, ``href`` (its page), ``terms`` (:func:`search_texts`).
    """
    texts = search_texts(data.panel, _terms_of(data))
    panel = data.panel.sort_values(["municipality_name", "municipality_code"], key=alphabetically)
    return [
        {
            "code": code,
            "name": name,
            "county": county,
            "href": municipality_file(current(), code, name),
            "terms": texts[code],
        }
        for code, name, county in zip(
            panel["municipality_code"], panel["municipality_name"], panel["county_name"], strict=True
        )
    ]


@lru_cache(maxsize=1)
def _terms_of(data: Data) -> pd.DataFrame:
    names = pd.read_csv(files.folder() / "names.csv", dtype=str)
    return search_terms(data.panel, tables.load("reforms"), names)
