"""Procurement notices in Doffin, the national database of public procurement.

Contract: https://api.doffin.no/public . It wants a key in ``DOFFIN_API_KEY``.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.loaders.client import Client
from analysis.loaders.messages import FetchError, Request, begins_with_day
from analysis.loaders.notices import COLUMNS, frame, organisation_number

KEY = "DOFFIN_API_KEY"
FIRST_YEAR = 2017
_PAGE, _REACHABLE = 100, 1000


def search(
    *, first_year: int = FIRST_YEAR, last_year: int | None = None, client: Client | None = None
) -> pd.DataFrame:
    """Notices in Doffin that mention an innovation partnership; columns as :func:`analysis.loaders.notices.ted`.

    ``found_by`` is "procedure" where the notice's own XML names the procedure: the search has no filter for it.

    Raises
    ------
    AnalysisError
        The years are none, or in the wrong order.
    FetchError
        No key is set, Doffin refuses, or a year has more hits than can be reached.
    """
    last_year = datetime.now(UTC).year if last_year is None else last_year
    if not all(isinstance(year, int) for year in (first_year, last_year)) or not (
        2000 <= first_year <= last_year <= 2100
    ):
        raise AnalysisError(
            f"Doffin is asked from one year to a later one, not {first_year!r} to {last_year!r}"
        )
    client = client or Client(secrets=secrets())
    hits = [hit for year in range(first_year, last_year + 1) for hit in _year(year, client)]
    hits = list({str(hit["id"]): hit for hit in hits}.values())
    return frame([row for hit in hits for row in _rows(hit, client)], [*COLUMNS, "found_by"])


def secrets() -> dict[str, dict[str, str]]:
    """The header that Doffin wants, or nothing where no key is set."""
    key = os.environ.get(KEY, "").strip()
    return {"doffin": {"Ocp-Apim-Subscription-Key": key}} if key else {}


def _year(year: int, client: Client) -> list[dict[str, Any]]:
    hits: dict[str, dict[str, Any]] = {}
    total = 0
    for page in range(1, _REACHABLE // _PAGE + 1):
        parameters = {
            "searchString": "innovasjonspartnerskap",
            "issueDateFrom": date(year, 1, 1).isoformat(),
            "issueDateTo": date(year, 12, 31).isoformat(),
            "numHitsPerPage": _PAGE,
            "page": page,
            "sortBy": "PUBLICATIONISO_DATE_ASC",
        }
        request = Request.make("doffin", "/v2/search", parameters)
        response = client.send(request)
        content = response.json()
        try:
            total, found = max(total, int(content["numHitsTotal"])), list(content["hits"])
        except (KeyError, TypeError, ValueError):
            raise FetchError(request, "sent no list of hits", response) from None
        if not all(
            isinstance(hit, dict)
            and re.fullmatch(r"[\w-]+", str(hit.get("id") or ""))
            and begins_with_day(_published(hit))
            for hit in found
        ):
            raise FetchError(request, "sent a notice without number or date", response)
        # Unknown parameters are ignored without a word: a filter that has no effect must not pass. Times are
        # in UTC, so a notice of New Year's night bears the date of the day before.
        first, last = f"{year - 1}-12-31", f"{year}-12-31"
        if not all(first <= str(hit.get("issueDate") or last)[:10] <= last for hit in found):
            problem = f"sent notices from outside {year}: the date filter has no effect"
            raise FetchError(request, problem, response)
        before = len(hits)
        hits |= {str(hit["id"]): hit for hit in found}
        if len(hits) == before or len(hits) >= total:
            if len(hits) != total:
                raise FetchError(request, f"sent {len(hits)} different notices of {total}", response)
            return list(hits.values())
    raise FetchError(request, f"has {total} hits in {year}, and only {_REACHABLE} can be reached")


def _published(hit: dict[str, Any]) -> str:
    return str(hit.get("publicationDate") or hit.get("issueDate") or "")


def _rows(hit: dict[str, Any], client: Client) -> list[list[object]]:
    number = str(hit.get("id", ""))
    listed = hit.get("buyer")
    buyers = [buyer for buyer in listed if isinstance(buyer, dict)] if isinstance(listed, list) else []
    is_partnership, folder = _notice(number, client)
    about = [
        number,
        _published(hit)[:10],
        str(hit.get("type") or ""),
        "innovation" if is_partnership else "",
        folder,
        str(hit.get("heading") or ""),
    ]
    url = f"https://www.doffin.no/notices/{number}"
    found_by = "procedure" if is_partnership else "text"
    return [
        [
            *about,
            str(b.get("name") or ""),
            organisation_number(str(b.get("organizationId") or "")),
            url,
            found_by,
        ]
        for b in buyers or [{}]
    ]


def _notice(number: str, client: Client) -> tuple[bool, str]:
    """Whether the notice's eForms XML names the procedure ``innovation``, and the procedure's identifier."""
    try:
        asked = Request("doffin", f"/v2/download/{number}", accept="application/octet-stream")
        body = client.send(asked).body
    except FetchError as error:
        if error.status == 404:
            return False, ""
        raise
    folder = re.search(rb"<cbc:ContractFolderID[^>]*>\s*([^<\s]+)\s*<", body)
    is_partnership = re.search(rb"<cbc:ProcedureCode[^>]*>\s*innovation\s*<", body) is not None
    return is_partnership, folder[1].decode("utf-8", "replace") if folder else ""
