"""Procurement notices of Norwegian buyers: those of TED, the EU's database, and what is fetched of any.

Contract: https://docs.ted.europa.eu/api/latest/search.html (v3). Doffin, the national database, is asked by
:mod:`analysis.loaders.doffin`. A notice that names the procedure or only mentions it is a lead for the
register, never a participation: a person must decide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from analysis import raw
from analysis.errors import AnalysisError
from analysis.loaders.client import Client, shared
from analysis.loaders.messages import FetchError, Request, begins_with_day

#: The notice names its procedure so (eForms, from late 2023; older notices only partly).
BY_PROCEDURE = "buyer-country=NOR AND procedure-type=innovation AND publication-date>=20150101"
#: Older notices are found by the words; such a hit may only mention the procedure.
BY_TEXT = 'buyer-country=NOR AND FT ~ "innovasjonspartnerskap" AND publication-date>=20150101'
#: One row per notice and buyer.
COLUMNS = ["publication_number", "publication_date", "notice_type", "procedure_type", "procedure_id"]
COLUMNS += ["title", "buyer_name", "buyer_number", "url"]
TED_FIELDS = [
    "publication-number",
    "publication-date",
    "notice-type",
    "procedure-type",
    "procedure-identifier",
]
TED_FIELDS += ["notice-title", "buyer-name", "organisation-identifier-buyer", "links"]
# limit x fields may be at most 10 000 and limit at most 250; smaller pages follow when TED times out.
PAGE_SIZES = (250, 100, 25)
MAX_PAGES = 200
_LANGUAGES = ("nor", "nob", "nno", "eng", "mul")


def search(query: str, *, client: Client | None = None) -> pd.DataFrame:
    """All notices in TED that match an expert query.

    Parameters
    ----------
    query : str
        In TED's query language, e.g. ``BY_PROCEDURE``, without ``SORT BY``.
    client : Client, optional

    Returns
    -------
    DataFrame
        One row per notice and buyer, newest first: publication_number, publication_date (ISO), notice_type,
        procedure_type, procedure_id, title, buyer_name, buyer_number (nine digits; NA where TED does not say
        whose number it is), url. A notice without a buyer has one row with a blank name.

    Raises
    ------
    AnalysisError
        The query is no text, or empty.
    FetchError
        TED refuses the query, sends only a part even in small pages, or other notices than it counts.
    """
    if not isinstance(query, str) or not query.strip():
        raise AnalysisError(f"A query is text such as {BY_PROCEDURE!r}, not {query!r}")
    client = client or shared()
    for size in PAGE_SIZES:
        notices = _pages(query, size, client)
        if notices is not None:
            return frame([row for notice in notices for row in _ted_rows(notice)], COLUMNS)
    raise FetchError(Request("ted", "/notices/search"), "timed out at every page size; try again later")


def ted(*, client: Client | None = None) -> pd.DataFrame:
    """Innovation partnerships in TED: the columns of :func:`search`, and found_by.

    ``found_by`` is "procedure" where the notice names the procedure, "text" where only its words do.
    """
    client = client or shared()
    queries = {"procedure": BY_PROCEDURE, "text": BY_TEXT}
    found = [search(query, client=client).assign(found_by=by) for by, query in queries.items()]
    only = found[1][~found[1]["publication_number"].isin(found[0]["publication_number"])]
    return pd.concat([found[0], only], ignore_index=True)


def fetched() -> pd.DataFrame:
    """The notices that ``fetch`` has put in data/raw.

    Returns
    -------
    DataFrame
        source ("TED" or "Doffin") and the columns of :func:`ted`; empty where nothing was fetched.
    """
    known = raw.catalogue().index
    frames = [
        raw.read(source_id).assign(source=source)
        for source_id, source in (("ted_notices", "TED"), ("doffin_notices", "Doffin"))
        if source_id in known
    ]
    columns = ["source", *COLUMNS, "found_by"]
    return pd.concat([pd.DataFrame(columns=columns, dtype="str"), *frames], ignore_index=True)[columns]


def organisation_number(text: str) -> str:
    """Nine digits out of ``NO 958 935 420 MVA`` and the like; empty where there are none.

    Examples
    --------
    >>> organisation_number("NO-958-935-420 MVA")
    '958935420'
    """
    digits = re.sub(r"(?<=\d)[\s.\-\u2010-\u2015]+(?=\d)", "", text)
    # 0192 and 9908 before a colon say that the number is of the Norwegian register (ISO 6523, Peppol).
    found = re.fullmatch(r"(?:(?:0192|9908):)?\D*(\d{9})\D*", digits)
    return found[1] if found else ""


def frame(rows: list[list[object]], columns: list[str]) -> pd.DataFrame:
    """Notices as a frame of text: blank is NA, one line a cell, no row twice."""
    table = pd.DataFrame(rows, columns=columns, dtype="str")
    # A line break would tear the row that a person reads.
    for column in ("title", "buyer_name"):
        table[column] = table[column].str.replace(r"\s+", " ", regex=True).str.strip()
    return table.replace("", pd.NA).drop_duplicates(ignore_index=True)


def _pages(query: str, size: int, client: Client) -> list[dict[str, Any]] | None:
    """All notices in pages of a size; None where TED gave up on one (its answer is then a part)."""
    notices: dict[str, dict[str, Any]] = {}
    token: str | None = None
    for _ in range(MAX_PAGES):
        body: dict[str, object] = {
            "query": f"{query} SORT BY publication-date DESC",
            "fields": TED_FIELDS,
            "limit": size,
            "scope": "ALL",
            "checkQuerySyntax": False,
            "paginationMode": "ITERATION",
            "onlyLatestVersions": True,
        }
        if token:
            body["iterationNextToken"] = token
        request = Request.make("ted", "/notices/search", body=body)
        response = client.send(request)
        content = response.json()
        page = content.get("notices") if isinstance(content, dict) else None
        total = content.get("totalNoticeCount") if isinstance(content, dict) else None
        if not isinstance(page, list) or type(total) is not int:
            raise FetchError(request, "sent no list of notices", response)
        if content.get("timedOut"):
            return None
        if not all(map(_is_notice, page)):
            raise FetchError(request, "sent a notice without number or date", response)
        before = len(notices)
        for notice in page:
            notices.setdefault(_first(notice["publication-number"]), notice)
        following = content.get("iterationNextToken")
        token = following if isinstance(following, str) else None
        # The token goes on after the last notice: only a page without a new notice or the count ends the search.
        if len(notices) == before or len(notices) >= total or not token:
            if len(notices) != total:
                raise FetchError(request, f"sent {len(notices)} different notices of {total}", response)
            return list(notices.values())
    raise FetchError(Request("ted", "/notices/search"), f"has more than {MAX_PAGES} pages")


def _is_notice(notice: object) -> bool:
    if not isinstance(notice, Mapping):
        return False
    dated = begins_with_day(_first(notice.get("publication-date")))
    return dated and bool(_first(notice.get("publication-number")))


def _ted_rows(notice: Mapping[str, Any]) -> list[list[object]]:
    numbers = [organisation_number(text) for text in texts(notice.get("organisation-identifier-buyer"))]
    numbers = list(dict.fromkeys(n for n in numbers if n))
    names = list(dict.fromkeys(texts(notice.get("buyer-name")))) or [""]
    # Names and numbers are separate lists in any order; they belong together only where each holds one.
    buyer_number = numbers[0] if len(numbers) == len(names) == 1 else ""
    links = notice.get("links")
    html = links.get("html") if isinstance(links, Mapping) else None
    number = _first(notice.get("publication-number"))
    about = [
        number,
        # Dates carry an offset: "2026-12-01+01:00".
        _first(notice.get("publication-date"))[:10],
        _first(notice.get("notice-type")),
        _first(notice.get("procedure-type")),
        _first(notice.get("procedure-identifier")),
        _first(notice.get("notice-title")),
    ]
    url = _first(html) or f"https://ted.europa.eu/en/notice/-/detail/{number}"
    return [[*about, name, buyer_number, url] for name in names]


def texts(value: Any) -> list[str]:
    """A field of TED as a list of texts, whether it is a scalar, a list, or a map by language of either.

    Of a map, one language is taken: Norwegian, else English, else the first there is.

    Examples
    --------
    >>> texts({"eng": "Oslo municipality", "nor": ["Oslo kommune"]})
    ['Oslo kommune']
    """
    if isinstance(value, Mapping):
        lowered = {str(key).lower(): content for key, content in value.items()}
        chosen = next((lowered[language] for language in _LANGUAGES if language in lowered), None)
        return texts(next(iter(lowered.values()), None) if chosen is None else chosen)
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    return [] if value is None else [str(value)]


def _first(value: Any) -> str:
    return next(iter(texts(value)), "")
