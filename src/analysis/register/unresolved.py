"""Why a name has no code: what was near, and what to do about it. Nothing is guessed; a person decides."""

from __future__ import annotations

import difflib
import re

import pandas as pd

PLURAL = {"municipality": "municipalities", "county": "counties"}
_NUMBER = re.compile(r"(?:kommune|k|knr|nr)?[\s.-]*(\d{2,4})\b", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*[,;/&+]\s*|\s+(?:og|and|-|–)\s+")
_LAST = 9999


def problem(row: pd.Series, found: pd.DataFrame, anywhere: pd.DataFrame, names: pd.DataFrame) -> str:
    """Why a row has no code, what was near, and what to do.

    Parameters
    ----------
    row : Series
        participant_name, participant_type, year, name_year and keys (:func:`analysis.register.resolve.parts`).
    found, anywhere : DataFrame
        Entries of the directory that fit the row in its year and county; and in any.
    names : DataFrame
        :func:`analysis.register.resolve.directory`.

    Returns
    -------
    str
    """
    kind = row["participant_type"]
    year = row["name_year"] if pd.notna(row["name_year"]) else row["year"]
    when = "in any year" if pd.isna(year) else f"on 1 January {int(year)}"
    own = names[names["kind"] == kind]
    if said := _number(row["participant_name"], own, kind) or _several(row["participant_name"], own, kind):
        return said
    if len(found):
        listed = sorted(found["code"] + " " + found["name"] + " in " + found["county_then"].fillna("?"))
        return f"several {PLURAL[kind]} have this name {when} ({'; '.join(listed)}): state county_hint"
    if len(anywhere):
        listed = sorted(
            f"{unit.code} {unit.name} {unit.from_year or 'before'}–"
            f"{'now' if unit.to_year == _LAST else unit.to_year}"
            for unit in anywhere.itertuples()
        )
        remedy = "state the name of that year, name_year, or county_hint"
        return f"no {kind} had this name {when}, but: {'; '.join(listed)}; {remedy}"
    other = names[(names["kind"] != kind) & names["key"].isin(row["keys"])]
    if len(other):
        its = other["kind"].iloc[0]
        return f"no {kind}, but a {its} ({_listed(other)}): write {its} as its participant_type"
    own = own.drop_duplicates(["key", "code", "name"])
    likes = [like for name in row["keys"] for like in difflib.get_close_matches(name, own["key"], 3, 0.75)]
    near = _listed(own[own["key"].isin(likes)])
    said = f"; near names: {near}" if near else ""
    return f"no {kind} has this name {when}{said}; correct it or add it to names.csv"


def _listed(names: pd.DataFrame) -> str:
    shown = names.drop_duplicates(["code", "name"])
    return "; ".join(f"{unit.code} {unit.name}" for unit in shown.itertuples())


def _number(name: str, names: pd.DataFrame, kind: str) -> str:
    """What a number in the place of a name, or before it, stands for."""
    given = _NUMBER.match(name)
    if given is None:
        return ""
    number = given[1].zfill(len(names["code"].iloc[0]))
    known = names[names["code"] == number]
    what = (
        f"{number} is {_listed(known).removeprefix(f'{number} ')}" if len(known) else f"no {kind} has had it"
    )
    return f"write the name, without the number: {what}"


def _several(name: str, names: pd.DataFrame, kind: str) -> str:
    """Whether a text names several units, of which no year's names are one and the same."""
    keys = [part.strip().casefold() for part in _SEPARATOR.split(name)]
    codes = [set(names.loc[names["key"] == key, "code"]) for key in keys]
    if len(keys) < 2 or not all(codes) or set.intersection(*codes):
        return ""
    return f"names several {PLURAL[kind]}: write one row for each"
