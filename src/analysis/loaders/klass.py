"""SSB's classifications (KLASS): municipalities and counties over time, their changes, and what they map to.

Contract: https://data.ssb.no/api/klass/v1/api-guide.html . ``from`` is inclusive, ``to`` exclusive.
Licence CC BY 4.0, "Kilde: Statistisk sentralbyrå".
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.loaders.exchange import Answer, Asker, FetchError, question
from analysis.loaders.http import shared

MUNICIPALITIES, COUNTIES, CENTRALITY, KOSTRA_GROUPS = 131, 104, 128, 112
UNSPECIFIED = ("9999", "99")


def codes(
    classification: int, start: str, end: str | None = None, *, client: Asker | None = None
) -> pd.DataFrame:
    """Codes valid in a period, one row per code and name.

    Returns code, name, valid_from, valid_to (ISO dates within the period; valid_to None while valid),
    without "unspecified" (9999); ``attrs['retrieved']`` is the moment of the answer.
    """
    answer, items = _ask(f"/classifications/{classification}/codes", "codes", client, start, end)
    frame = _frame(
        answer,
        items,
        {
            "code": "code",
            "name": "name",
            "valid_from": "validFromInRequestedRange",
            "valid_to": "validToInRequestedRange",
        },
    )
    return frame[~frame["code"].isin(UNSPECIFIED)].reset_index(drop=True)


def changes(
    classification: int, start: str, end: str | None = None, *, client: Asker | None = None
) -> pd.DataFrame:
    """Changes of codes: change_date, old_code, old_name, new_code, new_name.

    A merge is several rows with one new code, a split several with one old code; KLASS gives splits no
    weights. Rows with the same code on both sides are changes of name. A missing old code is a new
    unit, a missing new code one that ceased.
    """
    answer, items = _ask(f"/classifications/{classification}/changes", "codeChanges", client, start, end)
    columns = {
        "change_date": "changeOccurred",
        "old_code": "oldCode",
        "old_name": "oldName",
        "new_code": "newCode",
        "new_name": "newName",
    }
    frame = _frame(answer, items, columns)
    return frame.sort_values(["change_date", "old_code", "new_code"], ignore_index=True)


def correspondence(
    source: int, target: int, start: str, end: str | None = None, *, client: Asker | None = None
) -> pd.DataFrame:
    """What codes of one classification map to in another: source_code, source_name, target_code, target_name,
    valid_from, valid_to.

    KLASS answers 404 where any part of the period lacks a correspondence table. That says nothing of a
    single code, so shorter periods are asked for then: from each 1 January after ``start``, and last
    the newest year's own table.

    Raises FetchError if none of them has one.
    """
    begin, last = int(start[:4]), int((end or start)[:4])
    path = f"/classifications/{source}/corresponds"
    failure: FetchError | None = None
    for year in range(begin, last + 1):
        first = start if year == begin else f"{year}-01-01"
        try:
            return _mapping(*_ask(path, "correspondenceItems", client, first, end, target))
        except FetchError as error:
            if error.status != 404:
                raise
            failure = error
    asked = question("klass", f"{path}At", {"targetClassificationId": target, "date": f"{last}-01-01"})
    try:
        return _mapping(*_items(asked, "correspondenceItems", client))
    except FetchError as error:
        raise failure or error from None


def _mapping(answer: Answer, items: list[dict[str, object]]) -> pd.DataFrame:
    columns = {
        "source_code": "sourceCode",
        "source_name": "sourceName",
        "target_code": "targetCode",
        "target_name": "targetName",
        "valid_from": "validFrom",
        "valid_to": "validTo",
    }
    frame = _frame(answer, items, columns)
    return frame[~frame["source_code"].isin(UNSPECIFIED)].reset_index(drop=True)


def two_digits(codes_: pd.Series) -> pd.Series:
    """Centrality classes come as ``1`` or ``01``: always two digits."""
    return codes_.str.zfill(2)


def _ask(
    path: str, key: str, client: Asker | None, start: str, end: str | None, target: int | None = None
) -> tuple[Answer, list[dict[str, object]]]:
    parameters = {"targetClassificationId": target, "from": start, "to": end}
    return _items(question("klass", path, parameters), key, client)


def _items(asked, key: str, client: Asker | None) -> tuple[Answer, list[dict[str, object]]]:
    answer = (client or shared()).ask(asked)
    content = answer.json()
    items = content.get(key) if isinstance(content, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise FetchError(asked, f"sent no list of {key}", answer)
    return answer, items


def _frame(answer: Answer, items: list[dict[str, object]], columns: Mapping[str, str]) -> pd.DataFrame:
    """The items as text; the first column named ``*code`` may not be empty in a list of codes."""
    rows = [[item.get(key) for key in columns.values()] for item in items]
    if any(not isinstance(cell, str | None) for row in rows for cell in row):
        raise FetchError(answer.question, "sent fields that are not text", answer)
    frame = pd.DataFrame(rows, columns=list(columns), dtype="str").replace("", pd.NA)
    frame.attrs = {"retrieved": answer.retrieved, "source_line": "Kilde: Statistisk sentralbyrå (KLASS)"}
    return frame
