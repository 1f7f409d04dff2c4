"""What must hold of a dataset before it replaces anything: shape, meaning, and not less than before.

Every check returns the problems as sentences; an empty list means that all is well. What is wanted of each
dataset stands in ``datasets.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import geopandas as gpd
import pandas as pd

#: Municipalities by the first year of each structure since 2020.
MUNICIPALITIES = {2020: 356, 2024: 357}
#: A dataset that lost more than this share of its rows is refused.
MAX_SHRINK = 0.10
# A county and two digits: 21xx is Svalbard, 9999 unspecified.
_MUNICIPALITY = r"(?:[0134]\d|5[0-6])\d\d"


def problems(settings: Mapping[str, Any], frame: pd.DataFrame) -> list[str]:
    """What is wrong with a frame by itself.

    Parameters
    ----------
    settings : mapping
        The dataset's table in ``datasets.toml``.
    frame : DataFrame
        As its loader gives it; ``attrs["labels"]`` are the publisher's labels, ``attrs["notes"]`` its notes.

    Returns
    -------
    list of str
    """
    if frame.empty:
        return ["it holds no rows"]
    found = _shape(settings, frame) + _meaning(settings, frame)
    value, period = settings.get("value"), settings.get("period")
    if value and period:
        # SSB shows 0 or a dot while a table is being revised (05:00 to 08:00): such a year is no year.
        highest = frame.dropna(subset=value).assign(size=frame[value].abs()).groupby(period)["size"].max()
        for year in highest.index[highest == 0]:
            found.append(f"{year} holds only zeros; is the table being revised?")
    if period and (newest := newest_period(settings, frame)):
        if newest[:4] > str((now := datetime.now(UTC)).year + 1):
            found.append(
                f"it ends with {newest}, and today is {now:%Y-%m-%d}; is this machine's clock right?"
            )
        elif period == "year":
            years = set((frame.dropna(subset=value) if value else frame)[period].astype(int))
            if gone := sorted(set(range(min(years), max(years))) - years):
                found.append(f"nothing for {', '.join(map(str, gone))}, between years that are there")
    if rule := settings.get("municipalities"):
        newest = frame["year"].max()
        checked = frame if rule == "each_year" else frame[frame["year"] == newest]
        found += missing_municipalities(checked, " ".join(map(str, frame.attrs.get("notes", []))))
    if isinstance(frame, gpd.GeoDataFrame) and not (frame.geometry.is_valid & ~frame.geometry.is_empty).all():
        found.append("a geometry is broken or empty")
    return found


def _shape(settings: Mapping[str, Any], frame: pd.DataFrame) -> list[str]:
    found = []
    if key := settings.get("key"):
        if frame[key].isna().any(axis=None):
            blank = frame[key].columns[frame[key].isna().any()]
            found.append(f"{', '.join(blank)} must be filled in")
        twice = frame.loc[frame.duplicated(key), key].astype(str).agg(" ".join, axis=1)
        if len(twice):
            found.append(f"{', '.join(key)} stands twice: {', '.join(twice[:5])}")
    for column, count in settings.get("count", {}).items():
        if (n := frame[column].nunique()) != count:
            found.append(f"{n} different {column}, {count} are expected")
    for column, pattern in settings.get("patterns", {}).items():
        wrong = frame.loc[~frame[column].astype("str").str.fullmatch(pattern, na=False), column].unique()
        if len(wrong):
            found.append(f"{column} must match {pattern}; found {list(wrong[:5])}")
    for row in settings.get("contains", []):
        if not (frame[list(row)].astype("str") == pd.Series(row)).all(axis=1).any():
            found.append(f"the row {row} must be there")
    if where := settings.get("one_per_municipality"):
        units = frame[(frame[list(where)] == pd.Series(where)).all(axis=1)]
        codes = units["municipality_code"]
        if twice := sorted(codes[codes.duplicated()].astype(str).unique()):
            found.append(f"two units for municipality {', '.join(twice)}")
        elif codes.nunique() != MUNICIPALITIES[2024]:
            found.append(f"{codes.nunique()} municipalities, {MUNICIPALITIES[2024]} are expected")
    return found


def _meaning(settings: Mapping[str, Any], frame: pd.DataFrame) -> list[str]:
    """Codes alone may change their meaning: the publisher's labels must hold a word."""
    labels = frame.attrs.get("labels", {})
    known = {code: label for kind, names in labels.items() if kind != "unit" for code, label in names.items()}
    found = [
        f"the label of {code} must hold {word!r}; found {known.get(code, list(known.items())[:40])!r}"
        for code, word in settings.get("words", {}).items()
        if not re.search(word, known.get(code, "").lower())
    ]
    return found


def missing_municipalities(frame: pd.DataFrame, notes: str = "") -> list[str]:
    """Years since 2020 in which a table lacks municipalities.

    Parameters
    ----------
    frame : DataFrame
        municipality_code and year; a row counts as there whether it has a value or a reason.
    notes : str
        A municipality that the table's own notes name is excused: SSB tells of withdrawn figures there.
    """
    there = frame[["municipality_code", "year"]].drop_duplicates().astype({"year": int})
    there = there[there["municipality_code"].str.fullmatch(_MUNICIPALITY)]
    era = there["year"].map(lambda year: max((first for first in MUNICIPALITIES if first <= year), default=0))
    found = []
    for (first, year), rows in there[era > 0].groupby([era[era > 0], "year"]):
        members = set(there.loc[era == first, "municipality_code"])
        lacks = members - set(rows["municipality_code"])
        absent = sorted(code for code in lacks if not re.search(rf"\b{code}\b", notes))
        count = len(members) - len(absent)
        if count != MUNICIPALITIES[first]:
            named = f"; missing: {', '.join(absent[:10])}" if absent else ""
            found.append(f"{year} has {count} municipalities, {MUNICIPALITIES[first]} are expected{named}")
    return found


def compared(
    settings: Mapping[str, Any],
    before: pd.DataFrame,
    labels: Mapping[str, Mapping[str, str]],
    new: pd.DataFrame,
) -> list[str]:
    """What a new frame has lost or changed against the one in force.

    Parameters
    ----------
    settings : mapping
        The dataset's table in ``datasets.toml``.
    before, new : DataFrame
        The frame in force as data/raw holds it, and the one that would replace it.
    labels : mapping
        The publisher's labels of the frame in force; codes that had none are not compared.
    """
    found = []
    rows, kept = count(settings, before), count(settings, new)
    if kept < rows * (1 - MAX_SHRINK):
        found.append(f"only {kept} rows where {rows} are in force (over 10 % fewer)")
    if (ends := newest_period(settings, new) or "") < (ended := newest_period(settings, before) or ""):
        found.append(f"ends with {ends}, before {ended}")
    now = new.attrs.get("labels", {})
    for kind, known in labels.items():
        for code, label in known.items():
            if code not in now.get(kind, {}):
                found.append(f"{kind} {code} ({label!r}) is no longer there")
            elif now[kind][code] != label:
                found.append(f"{kind} {code} meant {label!r} and is now {now[kind][code]!r}")
    return found


def count(settings: Mapping[str, Any], frame: pd.DataFrame) -> int:
    """Rows that have a value, where the dataset has one."""
    value = settings.get("value")
    return int(frame[value].notna().sum()) if value else len(frame)


def newest_period(settings: Mapping[str, Any], frame: pd.DataFrame) -> str | None:
    """The newest period that has a value; None where the dataset has no periods."""
    period, value = settings.get("period"), settings.get("value")
    if not period or frame.empty:
        return None
    valued = frame.dropna(subset=value) if value else frame
    return str(valued[period].astype("str").max()) if len(valued) else None
