"""SSB's classifications (KLASS): municipalities and counties over time, their changes, and what they map to.

Contract: https://data.ssb.no/api/klass/v1/api-guide.html . ``from`` is inclusive, ``to`` exclusive.
Licence CC BY 4.0, "Kilde: Statistisk sentralbyrå".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError, DataError, Fault
from analysis.loaders import kartverket
from analysis.loaders.client import Client, shared
from analysis.loaders.messages import FetchError, Request, Response, begins_with_day

MUNICIPALITIES, COUNTIES, CENTRALITY, KOSTRA_GROUPS = 131, 104, 128, 112
UNSPECIFIED = ("9999", "99")
#: The first date whose changes the tables walk; older units are taken as they stood then.
FIRST_CHANGE = "2017-01-01"


def codes(
    classification: int, start: str, end: str | None = None, *, client: Client | None = None
) -> pd.DataFrame:
    """Codes valid in a period, one row per code and name.

    Parameters
    ----------
    classification : int
        E.g. 131 for municipalities.
    start, end : str
        ISO dates; ``end`` is exclusive, without it the period is open.
    client : Client, optional

    Returns
    -------
    DataFrame
        code, name, valid_from, valid_to (ISO dates within the period; NA while valid), without
        "unspecified" (9999). ``attrs["retrieved"]`` is the moment of the response.

    Raises
    ------
    AnalysisError
        A classification that is no number, or dates that are none or are in the wrong order.
    FetchError
        KLASS cannot be reached, refuses, or sends no list of codes.
    """
    columns = {"code": "code", "name": "name", "valid_from": "validFromInRequestedRange"}
    columns["valid_to"] = "validToInRequestedRange"
    frame = _ask(classification, "codes", "codes", columns, client, _period(start, end))
    return frame[~frame["code"].isin(UNSPECIFIED)].reset_index(drop=True)


def changes(
    classification: int, start: str, end: str | None = None, *, client: Client | None = None
) -> pd.DataFrame:
    """Changes of codes: change_date, old_code, old_name, new_code, new_name; arguments as :func:`codes`.

    A merge is several rows with one new code, a split several with one old code; KLASS gives splits no
    weights. Rows with the same code on both sides are changes of name. A missing old code is a new
    unit, a missing new code one that ceased.
    """
    columns = {"change_date": "changeOccurred", "old_code": "oldCode", "old_name": "oldName"}
    columns |= {"new_code": "newCode", "new_name": "newName"}
    frame = _ask(classification, "changes", "codeChanges", columns, client, _period(start, end))
    return frame.sort_values(["change_date", "old_code", "new_code"], ignore_index=True)


def correspondence(
    source: int, target: int, start: str, end: str | None = None, *, client: Client | None = None
) -> pd.DataFrame:
    """What codes of one classification map to in another.

    KLASS answers 404 where any part of the period lacks a correspondence table. That says nothing of a
    single code, so shorter periods are asked for then: from each 1 January after ``start``, and last
    the newest year's own table.

    Returns
    -------
    DataFrame
        source_code, source_name, target_code, target_name, valid_from, valid_to.

    Raises
    ------
    FetchError
        None of the periods has a correspondence table.
    """
    start, end = _period(start, end).values()
    begin, last = int(start[:4]), int((end or start)[:4])
    firsts = [start, *(f"{year}-01-01" for year in range(begin + 1, last + 1))]
    asked = [("corresponds", {"from": first, "to": end}) for first in firsts]
    asked.append(("correspondsAt", {"date": f"{last}-01-01"}))
    columns = {"source_code": "sourceCode", "source_name": "sourceName", "target_code": "targetCode"}
    columns |= {"target_name": "targetName", "valid_from": "validFrom", "valid_to": "validTo"}
    failure: FetchError | None = None
    for path, period in asked:
        parameters = {"targetClassificationId": target} | period
        try:
            frame = _ask(source, path, "correspondenceItems", columns, client, parameters)
        except FetchError as error:
            if error.status != 404:
                raise
            failure = failure or error
        else:
            return frame[~frame["source_code"].isin(UNSPECIFIED)].reset_index(drop=True)
    assert failure is not None
    raise failure


def municipalities(*, client: Client | None = None) -> pd.DataFrame:
    """Municipalities in force, with the Norwegian part of their names from Kartverket.

    Returns
    -------
    DataFrame
        municipality_code, municipality_name, municipality_name_official (all its languages, as KLASS writes
        it), county_code (the code's first two digits).
    """
    listed = _in_force(MUNICIPALITIES, client)
    norwegian = kartverket.municipalities(client=client).set_index("municipality_code")["municipality_name"]
    frame = pd.DataFrame(
        {
            "municipality_code": listed["code"],
            "municipality_name": listed["code"].map(norwegian),
            "municipality_name_official": listed["name"],
            "county_code": listed["code"].str[:2],
        }
    )
    frame.attrs = listed.attrs
    return frame


def counties(*, client: Client | None = None) -> pd.DataFrame:
    """Counties in force: county_code, county_name (the Norwegian part comes first), county_name_official."""
    listed = _in_force(COUNTIES, client)
    norwegian = listed["name"].str.split(" - ").str[0]
    frame = pd.DataFrame(
        {"county_code": listed["code"], "county_name": norwegian, "county_name_official": listed["name"]}
    )
    frame.attrs = listed.attrs
    return frame


def code_changes(*, client: Client | None = None) -> pd.DataFrame:
    """Changes of municipal codes and names since 2017: the columns of :func:`changes`."""
    return changes(MUNICIPALITIES, FIRST_CHANGE, client=client)


def centrality(*, client: Client | None = None) -> pd.DataFrame:
    """Centrality of the municipalities in force: municipality_code, centrality_class (01 most to 06 least)."""
    frame = _newest(CENTRALITY, "centrality_class", client)
    # Classes come as ``1`` or ``01``.
    frame["centrality_class"] = frame["centrality_class"].str.zfill(2)
    return frame


def kostra_groups(*, client: Client | None = None) -> pd.DataFrame:
    """KOSTRA groups of the municipalities in force: municipality_code, kostra_group (EKG01 …)."""
    frame = _newest(KOSTRA_GROUPS, "kostra_group", client)
    number = frame["kostra_group"].str.extract(r"^(?:EKG)?(\d{1,2})$")[0]
    frame["kostra_group"] = ("EKG" + number.str.zfill(2)).fillna(frame["kostra_group"])
    return frame


def _in_force(classification: int, client: Client | None) -> pd.DataFrame:
    listed = codes(classification, "2020-01-01", client=client)
    attrs = listed.attrs
    frame = listed[listed["valid_to"].isna()].sort_values("code", ignore_index=True)
    frame.attrs = attrs
    return frame


def _newest(target: int, column: str, client: Client | None) -> pd.DataFrame:
    """The class that each municipality in force has now: municipality_code and ``column``."""
    listed = _in_force(MUNICIPALITIES, client)
    today = listed.attrs["retrieved"][:10]
    found = correspondence(MUNICIPALITIES, target, "2020-01-01", today, client=client)
    found = found.drop_duplicates(["source_code", "target_code", "valid_from", "valid_to"])
    twice = found[found.duplicated(["source_code", "valid_from", "valid_to"], keep=False)]
    if len(twice):
        code = twice["source_code"].iloc[0]
        said = " ".join([code, *twice.loc[twice["source_code"] == code, "target_code"]])
        problem = "a municipality has two classes at the same time; fetch it again, or tell the publisher"
        raise DataError([Fault(f"KLASS {target}", None, column, said, problem)])
    # Open-ended rows last, so that they win over what a municipality was classed as before.
    rows = found.sort_values(["valid_to", "valid_from"], na_position="last")
    newest = rows.drop_duplicates("source_code", keep="last").set_index("source_code")["target_code"]
    frame = pd.DataFrame({"municipality_code": listed["code"], column: listed["code"].map(newest)})
    frame.attrs = listed.attrs
    return frame


def _period(start: str, end: str | None) -> dict[str, Any]:
    """The period as KLASS wants it; a date that it would read otherwise, or not at all, is refused."""
    days = [str(day) for day in (start, end) if day is not None]
    for day in days or ["None"]:
        if not (len(day) == 10 and begins_with_day(day) and "1900" < day < "2101"):
            raise AnalysisError(f"KLASS takes dates from 1900 to 2100 such as '2024-01-01', not {day!r}")
    if start is None or days != sorted(set(days)):
        raise AnalysisError(f"KLASS: the period must end after it begins, not {start!r} to {end!r}")
    return {"from": days[0], "to": days[1] if end is not None else None}


def _ask(
    classification: int,
    path: str,
    key: str,
    columns: Mapping[str, str],
    client: Client | None,
    parameters: Mapping[str, object],
) -> pd.DataFrame:
    """The items of a response as text."""
    for number in (classification, parameters.get("targetClassificationId", 1)):
        if not re.fullmatch(r"[0-9]+", str(number)):
            raise AnalysisError(f"KLASS has no classification {number!r}; they are numbers such as 131")
    request = Request.make("klass", f"/classifications/{classification}/{path}", parameters)
    response: Response = (client or shared()).send(request)
    content = response.json()
    items: Any = content.get(key) if isinstance(content, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise FetchError(request, f"sent no list of {key}", response)
    rows = [[item.get(field) for field in columns.values()] for item in items]
    if any(not isinstance(cell, str | None) for row in rows for cell in row):
        raise FetchError(request, "sent fields that are not text", response)
    frame = pd.DataFrame(rows, columns=list(columns), dtype="str").replace("", pd.NA)
    for column in {"valid_from", "valid_to", "change_date"} & set(columns):
        wrong = [day for day in frame[column].dropna().unique() if not begins_with_day(day)]
        if wrong:
            raise FetchError(request, f"sent a {columns[column]} that is no date: {wrong[0]!r}", response)
    frame.attrs = {
        "retrieved": response.retrieved,
        "source_line": "Kilde: Statistisk sentralbyrå (KLASS)",
        "table_id": f"KLASS {classification}",
    }
    return frame
