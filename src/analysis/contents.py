"""What each file of data/raw must hold: columns, years and codes, declared once in ``contents.toml``.

A file is judged when it is put in force and whenever it is read, so that a table is never built from what only has
the right hash; each fault names file, row, column and value.
"""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

import pandas as pd

from analysis.errors import DataError, Fault

#: No series of data/raw begins before.
FIRST_YEAR = 1980
NO_MUNICIPALITY = "no municipality has had this code; codes are four digits as text, e.g. '0301'"


@cache
def _content() -> dict[str, dict[str, Any]]:
    return tomllib.loads((resources.files("analysis") / "contents.toml").read_text(encoding="utf-8"))


def declared() -> dict[str, dict[str, Any]]:
    """What ``contents.toml`` wants of each source, by its id."""
    return _content()["sources"]


def kinds() -> dict[str, dict[str, str]]:
    """Kinds of cells: their pattern, and how it is said."""
    return _content()["kinds"]


def parse(source_id: str, name: str, content: bytes, retrieved: str = "") -> pd.DataFrame:
    """The bytes of a CSV of data/raw as text, blanks as NA.

    Parameters
    ----------
    source_id : str
    name : str
        The file, for messages.
    content : bytes
    retrieved : str, optional
        ISO date: figures of later years than the next one are none.

    Returns
    -------
    DataFrame

    Raises
    ------
    DataError
        It is no CSV, or not what ``contents.toml`` says; every fault with its row, column and value.
    """

    def refused(problem: str) -> DataError:
        return DataError([Fault(name, None, None, None, problem)], "data/raw cannot be used as it is")

    try:
        content.decode("utf-8")
        frame = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False, na_values=[""])
    except UnicodeDecodeError as error:
        raise refused(f"not UTF-8 (byte {error.start + 1}); save it as CSV UTF-8") from None
    except pd.errors.EmptyDataError:
        raise refused("the file is empty") from None
    except pd.errors.ParserError as error:
        raise refused(f"cannot be read as CSV ({error})") from None
    if len(frame.columns) == 1 and ";" in frame.columns[0]:
        raise refused("separated by semicolons; columns are separated by commas")
    if found := list(_faults(declared().get(source_id, {}), name, frame, retrieved)):
        raise DataError(found, "data/raw cannot be used as it is")
    return frame


def _faults(wanted: Mapping[str, Any], name: str, frame: pd.DataFrame, retrieved: str) -> Iterator[Fault]:
    columns = wanted.get("columns", {})
    if missing := [column for column in columns if column not in frame]:
        problem = f"this column is missing; the file has {', '.join(frame.columns)}"
        yield from (Fault(name, 1, column, None, problem) for column in missing)
        return
    last = int(retrieved[:4]) + 1 if retrieved else 9999
    for column, kind in columns.items():
        pattern, said = kinds()[kind.removesuffix("?")].values()
        cells = frame[column] if not kind.endswith("?") else frame[column].dropna()
        distinct = cells.unique()
        wrong = {text for text in distinct if pd.isna(text) or not re.fullmatch(pattern, text)}
        if kind == "year":
            said = f"a year from {FIRST_YEAR} to {last}"
            wrong |= {text for text in set(distinct) - wrong if not FIRST_YEAR <= int(text) <= last}
        if wrong:
            yield from faults_at(name, cells[cells.isin(wrong) | cells.isna()], f"must be {said}")
    key = wanted.get("key", [])
    rows = frame[frame.duplicated(key, keep=False)] if key else frame.iloc[:0]
    first: dict[tuple[str, ...], int] = {}
    for row in rows[key].itertuples():
        place, values = int(row[0]) + 2, tuple(map(str, row[1:]))
        if values in first:
            problem = f"stands in row {first[values]} already; each {', '.join(key)} has one row"
            yield Fault(name, place, ", ".join(key), " ".join(values), problem)
        first.setdefault(values, place)


def disagreements(frames: Mapping[str, pd.DataFrame], names: Mapping[str, str]) -> list[Fault]:
    """Find codes that the lists of municipalities, counties and groups do not know, and municipalities left out.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        The sources that are sound by themselves, by id.
    names : mapping of str to str
        Their files in data/raw.

    Returns
    -------
    list of Fault
    """
    if not {"ssb_municipalities", "ssb_code_changes"} <= set(frames):
        return []
    present = set(frames["ssb_municipalities"]["municipality_code"])
    changes = frames["ssb_code_changes"]
    known = {*present, *changes["old_code"], *changes["new_code"]}
    faults: list[Fault] = []
    for source_id, frame in frames.items():
        wanted, name = declared().get(source_id, {}), names[source_id]
        for column in wanted.get("known", []):
            cells = frame[column].dropna()
            faults += faults_at(name, cells[~cells.isin(known)].drop_duplicates(), NO_MUNICIPALITY)
        for column, other in wanted.get("among", {}).items():
            if other in frames:
                unknown = frame.loc[~frame[column].isin(frames[other][column]), column]
                faults += faults_at(name, unknown, f"no row of {names[other]} has this {column}")
        if wanted.get("each"):
            absent = sorted(present - set(frame["municipality_code"]))
            problem = "this municipality has no row; each has one"
            faults += [Fault(name, None, "municipality_code", code, problem) for code in absent]
    return faults


def faults_at(name: str, cells: pd.Series, problem: str) -> list[Fault]:
    """One fault for each cell of a column of a file of data/raw, whose name is the series'."""
    return [
        Fault(name, int(str(row)) + 2, str(cells.name), None if pd.isna(cell) else cell, problem)
        for row, cell in cells.items()
    ]
