"""Names that find a municipality: official, former and other-language names, and numbers old and new."""

from __future__ import annotations

import pandas as pd

from analysis.i18n import current
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
    reforms = reforms[own]
    parts = [
        _terms(panel, "municipality_name", "name"),
        _terms(panel, "municipality_name_official", "name"),
        pd.DataFrame(
            {
                "municipality_code": panel["municipality_code"],
                "term": panel["municipality_code"],
                "kind": "number",
            }
        ),
        _terms(reforms, "name", "former"),
        pd.DataFrame(
            {
                "municipality_code": reforms["municipality_code"],
                "term": reforms["code"],
                "kind": "former_number",
            }
        ),
    ]
    known = pd.concat(parts)
    towns = names[names["participant_type"] == "municipality"]
    code = known[known["kind"].isin(["name", "former"])].drop_duplicates("term").set_index("term")
    other = pd.DataFrame(
        {
            "municipality_code": towns["resolves_to"].map(code["municipality_code"]),
            "term": towns["name"],
            "kind": "former",
        }
    ).dropna(subset="municipality_code")
    found = pd.concat([known, other])
    found = found[found["municipality_code"].isin(panel["municipality_code"])]
    return found.drop_duplicates(["municipality_code", "term"]).reset_index(drop=True)


def _terms(frame: pd.DataFrame, column: str, kind: str) -> pd.DataFrame:
    """Each language's part of a name as a term of its own: ``Snåase - Snåsa`` gives two."""
    rows = frame[["municipality_code", column]].dropna()
    rows = rows.assign(term=rows[column].str.split(" - ")).explode("term")
    return pd.DataFrame(
        {
            "municipality_code": rows["municipality_code"],
            "term": rows["term"].str.strip().map(short_name),
            "kind": kind,
        }
    )


def search_index(panel: pd.DataFrame, terms: pd.DataFrame) -> list[dict[str, object]]:
    """The search terms as a small structure for a page's script, in the language in use.

    Parameters
    ----------
    panel : DataFrame
        municipality_code, municipality_name, county_name.
    terms : DataFrame
        :func:`search_terms`.

    Returns
    -------
    list of dict
        One per municipality: ``n`` (name), ``c`` (county), ``f`` (file of its page), ``t`` (terms, names in
        force first).
    """
    by_code = terms.groupby("municipality_code", sort=False)["term"].agg(list)
    return [
        {"n": name, "c": county, "f": municipality_file(current(), code, name), "t": by_code[code]}
        for code, name, county in zip(
            panel["municipality_code"], panel["municipality_name"], panel["county_name"], strict=True
        )
    ]
